"""Near-duplicates against a comparison of every pair, and what must not show in the result."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rensa

from hagane.core.errors import UsageError
from hagane.storage.documents import SHARD, ShardWriter, batches, document, shards
from hagane.text.deduplication import near_duplicates
from hagane.text.deduplication.comparison import normalised
from hagane.text.deduplication.corpus import deduplicate

Found = dict[int, tuple[int, str, float]]  # a removed document's number: its survivor's, rule and similarity


def write(texts: Sequence[str], folder: Path, count: int = 1) -> Path:
    folder.mkdir(parents=True)
    for shard in range(count):
        with ShardWriter(folder / SHARD.format(shard)) as writer:
            numbers = range(len(texts) * shard // count, len(texts) * (shard + 1) // count)
            writer.add(document(texts[number], "sample", str(number), "MIT", url=str(number)) for number in numbers)
    return folder


def run(home: Path, *corpora: Path, **settings: Any) -> tuple[Found, list[bytes]]:
    """What was removed, and the bytes of all outputs."""
    outputs = [home / name for name in ("unique", "duplicates", "clusters")]
    for folder in (*outputs, home / "work"):
        folder.mkdir(parents=True, exist_ok=True)
    deduplicate(corpora, *outputs, home / "work", **({"workers": 1} | settings))
    numbers = {row["id"]: int(row["url"]) for corpus in corpora for row in rows(corpus)}
    gone = {
        int(row["url"]): (numbers[row["detail"]], row["rule"], row["similarity"]) for row in rows(home / "duplicates")
    }
    kept = {int(row["url"]) for row in rows(home / "unique")}
    assert kept.isdisjoint(gone) and len(kept) + len(gone) == len(numbers)
    assert {survivor for survivor, _, _ in gone.values()} <= kept
    return gone, [file.read_bytes() for folder in outputs for file in sorted(folder.iterdir())]


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    return (row for shard in shards(folder) for batch in batches(shard) for row in batch)


def gram_set(text: str, ngram: int = 5) -> frozenset[str]:
    text = normalised(text)
    return frozenset(text[start : start + ngram] for start in range(max(1, len(text) - ngram + 1)))


def similarities_of(sets: Sequence[frozenset[str]]) -> npt.NDArray[np.float64]:
    """The Jaccard similarity of every pair: ``(sets, sets)``."""
    holders = Counter(gram for each in sets for gram in each)
    columns = {gram: number for number, gram in enumerate(gram for gram, held in holders.items() if held > 1)}
    held = np.zeros((len(sets), len(columns)), np.float32)
    for number, each in enumerate(sets):
        held[number, [columns[gram] for gram in each if gram in columns]] = 1
    shared, sizes = (held @ held.T).astype(np.float64), np.array([len(each) for each in sets])
    return shared / (sizes[:, None] + sizes - shared)


def greedy(similar: npt.NDArray[np.bool_]) -> set[int]:
    """Which documents are similar to an earlier one that stays."""
    removed: set[int] = set()
    for number, row in enumerate(similar):
        if any(earlier not in removed for earlier in np.flatnonzero(row[:number]).tolist()):
            removed.add(number)
    return removed


def candidates_of_rensa(sets: Sequence[frozenset[str]]) -> npt.NDArray[np.bool_]:
    """RMinHash 128 and LSH of 16 bands: which pairs it would compare."""
    signatures = [rensa.RMinHash(128, 42) for _ in sets]
    for signature, each in zip(signatures, sets, strict=True):
        signature.update(sorted(each))
    index = rensa.RMinHashLSH(0.8, 128, 16)
    index.insert_many(signatures)
    candidates = np.zeros((len(sets), len(sets)), bool)
    for number, found in enumerate(index.query_all(signatures)):
        candidates[number, found] = True
    return candidates


def near_copy(text: str, drawn: random.Random) -> str:
    """The text with letters changed, cut short, in a page's frame, or written in another width."""
    kind, letters = drawn.randrange(4), list(text)
    if kind == 0:
        for _ in range(1 + len(text) // drawn.choice((300, 100, 40))):
            letters[drawn.randrange(len(letters))] = drawn.choice("猫犬鳥魚")
        return "".join(letters)
    if kind == 1:
        return text[: round(len(text) * drawn.uniform(0.75, 1))]
    if kind == 2:
        return "ホーム　＞　記事一覧\n" + text + "\nこのページの先頭へ戻る　著作権表示"
    return text.replace("。", "｡").replace("、", "､ ")


@pytest.fixture(scope="module")
def texts(sample: list[str]) -> list[str]:
    """A thousand: pieces of real text, and near copies of a third of them, in any order."""
    drawn = random.Random(0)
    pieces = [text[start : start + 700] for text in sample for start in range(0, len(text), 700)][:650]
    copies = [near_copy(drawn.choice(pieces[:200]), drawn) for _ in range(1_000 - len(pieces))]
    mixed = pieces + copies
    drawn.shuffle(mixed)
    return mixed


def test_recall_is_no_worse_than_rensa_s_and_what_is_removed_is_similar(tmp_path: Path, texts: list[str]) -> None:
    gone, _ = run(tmp_path / "out", write(texts, tmp_path / "documents", 3))
    sets = [gram_set(text) for text in texts]
    similarities = similarities_of(sets)
    for number, (survivor, _, similarity) in gone.items():
        assert survivor < number and similarity == similarities[number, survivor] >= 0.8
    every = greedy(similarities >= 0.8)
    by_rensa = greedy((similarities >= 0.8) & candidates_of_rensa(sets))
    assert len(every) > 150
    assert len(every & gone.keys()) >= max(0.99 * len(every), len(every & by_rensa))


@pytest.mark.parametrize(("ngram", "threshold"), [(1, 0.7), (3, 0.4), (5, 0.9), (20, 0.6)])
def test_other_ngrams_and_thresholds(tmp_path: Path, texts: list[str], ngram: int, threshold: float) -> None:
    documents = write(texts[:300], tmp_path / "documents")
    gone, _ = run(tmp_path / "out", documents, ngram=ngram, threshold=threshold)
    similarities = similarities_of([gram_set(text, ngram) for text in texts[:300]])
    every = greedy(similarities >= threshold)
    assert len(every & gone.keys()) >= 0.97 * len(every) > 0
    for number, (survivor, _, similarity) in gone.items():
        assert similarity == similarities[number, survivor] >= threshold


def test_the_first_stays_in_any_order(tmp_path: Path, sample: list[str]) -> None:
    drawn = random.Random(1)
    groups = [[text[:900], text[:890] + "終", "序" + text[:895]] for text in sample[:20]]
    for turn in range(3):
        for group in groups:
            drawn.shuffle(group)
        members = [(number, text) for number, group in enumerate(groups) for text in group]
        drawn.shuffle(members)
        gone, _ = run(tmp_path / f"{turn}", write([text for _, text in members], tmp_path / f"{turn}-documents", 2))
        first: dict[int, int] = {}
        for place, (group_number, _) in enumerate(members):
            survivor = first.setdefault(group_number, place)
            assert (place in gone) == (survivor != place)
            if place in gone:
                assert gone[place][:2] == (survivor, "near_duplicate")


def test_exact_ones_are_told_from_near_ones(tmp_path: Path, sample: list[str]) -> None:
    text = sample[0][:500]
    near = text[:-3] + "。以上"
    other = sample[1][:500]
    gone, _ = run(tmp_path / "out", write([text, near, other, near, text, other.upper() + " "], tmp_path / "documents"))
    rules = {number: (survivor, rule) for number, (survivor, rule, _) in gone.items()}
    assert rules == {
        1: (0, "near_duplicate"),
        3: (0, "near_duplicate"),
        4: (0, "exact_duplicate"),
        5: (2, "exact_duplicate"),
    }
    assert gone[1][2] == gone[3][2] < 1 == gone[4][2]


def test_threshold_one_removes_equal_sets_only(tmp_path: Path) -> None:
    texts = ["あいうえお" * 9, "あいうえお" * 12, "あいうえお" * 9 + "か", "猫である"]
    gone, _ = run(tmp_path / "out", write(texts, tmp_path / "documents"), threshold=1.0)
    assert gone == {1: (0, "near_duplicate", 1.0)}


def test_documents_shorter_than_the_ngram(tmp_path: Path) -> None:
    texts = ["猫", "", "犬", "猫 ", "　", "猫で", "猫である", "猫である。"]
    gone, _ = run(tmp_path / "out", write(texts, tmp_path / "documents"), threshold=0.01)
    assert gone == {3: (0, "exact_duplicate", 1.0), 4: (1, "exact_duplicate", 1.0)}
    gone, _ = run(tmp_path / "long", tmp_path / "documents", ngram=100)
    assert gone.keys() == {3, 4}


def test_all_the_same_and_all_but(tmp_path: Path, sample: list[str]) -> None:
    same = sample[2][:2_000]
    gone, _ = run(tmp_path / "same", write([same] * 500, tmp_path / "all", 2))
    assert gone == dict.fromkeys(range(1, 500), (0, "exact_duplicate", 1.0))
    almost = [same[:number] + "★" + same[number:] for number in range(0, 2_000, 4)]
    gone, _ = run(tmp_path / "almost", write(almost, tmp_path / "but", 2))
    assert {number: survivor for number, (survivor, _, _) in gone.items()} == dict.fromkeys(range(1, 500), 0)


def test_copies_are_found_among_pages_of_one_template(tmp_path: Path, sample: list[str]) -> None:
    """Pages that are 0.6 to 0.75 alike, each twice with one letter changed, the second ones far behind."""
    frame, letters, drawn = sample[3][:400], "".join(sample[4:40]), random.Random(2)
    pages = [frame + letters[start : start + drawn.randrange(60, 120)] for start in range(0, 300 * 150, 150)]
    gone, _ = run(tmp_path / "out", write([*pages, *(page[:-1] + "終" for page in pages)], tmp_path / "documents"))
    found = sum(number - 300 in (gone[number][0], *gone.get(number - 300, ())) for number in gone if number >= 300)
    assert found >= 0.97 * 300


def test_nothing_to_find_and_nothing_at_all(tmp_path: Path, sample: list[str]) -> None:
    gone, _ = run(tmp_path / "few", write(sample[:3], tmp_path / "documents"))
    assert gone == {}
    gone, _ = run(tmp_path / "none", write([], tmp_path / "empty", 2), tmp_path / "documents")
    assert gone == {}


def test_across_corpora_the_first_corpus_stays(tmp_path: Path, sample: list[str]) -> None:
    first = write(sample[:6], tmp_path / "first", 2)
    second = tmp_path / "second"
    second.mkdir()
    with ShardWriter(second / SHARD.format(0)) as writer:
        writer.add(document(t + "追記", "other", str(n), "MIT", url=str(n + 6)) for n, t in enumerate(sample[4:9]))
    gone, _ = run(tmp_path / "out", first, second)
    assert {number: survivor for number, (survivor, _, _) in gone.items()} == {6: 4, 7: 5}


def test_a_corpus_given_twice(tmp_path: Path, sample: list[str]) -> None:
    documents = write(sample[:2], tmp_path / "documents")
    with pytest.raises(UsageError, match=r"each of them once, got .*documents"):
        run(tmp_path / "out", documents, documents)


def test_workers_and_small_blocks_do_not_show(
    tmp_path: Path, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = write(texts[:200], tmp_path / "documents", 3)
    one = run(tmp_path / "one", documents)
    assert run(tmp_path / "two", documents, workers=2) == one
    monkeypatch.setattr(near_duplicates, "BUCKET", 7)
    monkeypatch.setattr(near_duplicates, "BLOCK", 11)
    monkeypatch.setattr("hagane.text.deduplication.comparison.CHARACTERS", 100)
    assert run(tmp_path / "small", documents) == one
    assert run(tmp_path / "other", write(texts[:200], tmp_path / "one-shard"))[0] == one[0]


@pytest.mark.parametrize(
    "task",
    [
        "corpus.sign_shard",
        "near_duplicates.compare_shard",
        "near_duplicates.read_shard",
        "near_duplicates.decide_bucket",
        "corpus.split_shard",
    ],
)
def test_a_killed_run_goes_on(tmp_path: Path, texts: list[str], task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "BUCKET", 5)
    documents = write(texts[:150], tmp_path / "documents", 3)
    whole = run(tmp_path / "whole", documents)
    real, calls = resolve_name(f"hagane.text.deduplication.{task}"), count()

    def killed(*given: Any, **named: Any) -> Any:
        if next(calls) == 1:
            raise KeyboardInterrupt
        return real(*given, **named)

    monkeypatch.setattr(f"hagane.text.deduplication.{task}", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", documents)
    assert run(tmp_path / "killed", documents) == whole
    assert next(calls) >= 3
