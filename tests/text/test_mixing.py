"""A mixture holds what it was asked to, in an order that hides where it came from."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.events import listen
from hagane.storage.documents import COPY, SCHEMA, SHARD, ShardWriter, batches, document, schema_of, shards
from hagane.text.mixing import corpus as mixing
from hagane.text.mixing.corpus import Recipe, mix


class Mixture:
    def __init__(self, home: Path, corpora: Sequence[Path], workers: int = 1, **recipe: Any) -> None:
        self.folder = home / "mixture"
        for name in ("mixture", "work"):
            (home / name).mkdir(parents=True, exist_ok=True)
        self.warnings: list[str] = []
        with listen(self):
            self.result: Result = mix(corpora, self.folder, home / "work", Recipe(**recipe), workers)
        self.shards = [[row for batch in batches(shard) for row in batch] for shard in shards(self.folder)]
        self.rows = [row for shard in self.shards for row in shard]
        self.bytes = [shard.read_bytes() for shard in shards(self.folder)]

    def emit(self, event: dict[str, Any]) -> None:
        if event["event"] == "warning":
            self.warnings.append(event["message"])

    def share(self, column: str, value: str, rows: Sequence[dict[str, Any]] = ()) -> float:
        sizes: Counter[str] = Counter()
        for row in rows or self.rows:
            sizes[row[column]] += len(row["text"].encode())
        return sizes[value] / sizes.total()


def corpus(
    folder: Path, texts: Sequence[str], source: str, parts: int = 1, language: str = "ja", **columns: Any
) -> Path:
    folder.mkdir()
    schema = pa.schema([*SCHEMA, *(pa.field(name, pa.array([value]).type) for name, value in columns.items())])
    rows = [document(text, source, str(n), "MIT", language) | columns for n, text in enumerate(texts)]
    for part in range(parts):
        with ShardWriter(folder / SHARD.format(part), schema) as writer:
            writer.add(rows[part * len(rows) // parts : (part + 1) * len(rows) // parts])
    return folder


@pytest.fixture
def books(tmp_path: Path, sample: list[str]) -> Path:
    return corpus(tmp_path / "books", sample[:120], "books", parts=3)


@pytest.fixture
def pages(tmp_path: Path, sample: list[str]) -> Path:
    return corpus(tmp_path / "pages", sample[120:150], "pages")


def test_passes_and_copies(tmp_path: Path, books: Path, pages: Path, sample: list[str]) -> None:
    mixture = Mixture(tmp_path / "out", [books, pages], balance="custom", weights=("0.5", "2.25"))
    ids = [row["id"] for row in mixture.rows]
    copies = defaultdict(list)
    for row in mixture.rows:
        copies[row["text"]].append(row["copy"])
    assert len(set(ids)) == len(ids)
    assert set(sample[120:150]) < set(copies) < set(sample[:150])
    assert all(sorted(numbers) == list(range(len(numbers))) for numbers in copies.values())
    assert {len(copies[text]) for text in sample[120:150]} == {2, 3}
    assert {len(copies[text]) for text in sample[:120] if text in copies} == {1}
    size = {text: len(text.encode()) for text in sample[:150]}
    for texts, passes in ((sample[:120], 0.5), (sample[120:150], 2.25)):
        asked = passes * sum(size[text] for text in texts)
        reached = sum(size[text] * len(copies[text]) for text in texts)
        assert 0 <= asked - reached <= max(size[text] for text in texts)
    originals = {row["id"] for folder in (books, pages) for s in shards(folder) for b in batches(s) for row in b}
    assert {row["id"] for row in mixture.rows if row["copy"] == 0} == originals & set(ids)
    assert {row["text"]: row["text_digest"] for row in mixture.rows} == {
        row["text"]: row["text_digest"] for row in mixture.rows if row["copy"] == 0
    }


def test_a_greater_weight_only_adds(tmp_path: Path, books: Path) -> None:
    taken: set[str] = set()
    for number, weight in enumerate(("0.1", "0.4", "0.9", "1", "1.3", "2")):
        mixture = Mixture(tmp_path / str(number), [books], balance="custom", weights=(weight,))
        ids = {row["id"] for row in mixture.rows}
        assert taken < ids
        taken = ids


def test_bilingual_shares_by_bytes(tmp_path: Path, sample: list[str]) -> None:
    japanese = corpus(tmp_path / "ja", sample[:100], "ja-web", parts=2)
    english = corpus(
        tmp_path / "en", [f"Number {n} is a line of English. " * 9 for n in range(300)], "en-web", language="en"
    )
    settings = {"by": "language", "weights": ("ja=0.6", "en=0.4")}
    for balance in ("undersample", "oversample"):
        mixture = Mixture(tmp_path / balance, [japanese, english], balance=balance, **settings)
        assert mixture.share("language", "ja") == pytest.approx(0.6, abs=0.02)
        table = {row[0]: row for row in mixture.result.blocks[0]["rows"]}
        assert table["ja"][-2:] == pytest.approx([0.6, mixture.share("language", "ja")])
        repeated = [row for row in mixture.rows if row["copy"]]
        assert bool(repeated) == (balance == "oversample")


def test_repetition_is_told(tmp_path: Path, books: Path, pages: Path) -> None:
    assert Mixture(tmp_path / "4", [books, pages], balance="custom", weights=("1", "4")).warnings == []
    (warning,) = Mixture(tmp_path / "5", [books, pages], balance="custom", weights=("1", "5")).warnings
    assert warning.startswith("corpora_1 is passed over 5.0 times")


def test_rinnas_balances_by_bytes(tmp_path: Path, books: Path, pages: Path) -> None:
    under = Mixture(tmp_path / "under", [books, pages], balance="undersample")
    over = Mixture(tmp_path / "over", [books, pages], balance="oversample")
    for mixture in (under, over):
        assert mixture.share("source", "books") == pytest.approx(0.5, abs=0.05)
    assert len({row["text"] for row in over.rows}) == 150 and {row["copy"] for row in under.rows} == {0}
    everything = Mixture(tmp_path / "none", [books, pages])
    assert sorted(row["id"] for row in everything.rows) == sorted({row["id"] for row in over.rows if row["copy"] == 0})


def test_the_order_hides_the_corpora_and_their_shards(tmp_path: Path, sample: list[str]) -> None:
    texts = [text[:900] + str(n) for n in range(8) for text in sample[:150]]
    one = corpus(tmp_path / "one", texts[:900], "one", parts=1)
    three = corpus(tmp_path / "three", texts[:900], "one", parts=3)
    other = corpus(tmp_path / "other", texts[900:], "other")
    settings = {"balance": "custom", "weights": ("2", "2"), "shard_megabytes": 1}
    mixture = Mixture(tmp_path / "out", [one, other], **settings)
    assert mixture.bytes == Mixture(tmp_path / "again", [three, other], **settings).bytes
    assert mixture.bytes != Mixture(tmp_path / "seed", [three, other], **settings, seed=1).bytes
    assert len(mixture.shards) >= 2
    for shard in mixture.shards:
        assert mixture.share("source", "one", shard) == pytest.approx(mixture.share("source", "one"), abs=0.06)
    places = {row["id"]: place for place, row in enumerate(mixture.rows)}
    first = {row["text_digest"]: places[row["id"]] for row in mixture.rows if row["copy"] == 0}
    apart = [abs(places[row["id"]] - first[row["text_digest"]]) for row in mixture.rows if row["copy"] == 1]
    assert all(0.4 < distance / len(mixture.rows) < 0.6 for distance in apart)


def test_a_limit_shrinks_all_alike(tmp_path: Path, sample: list[str]) -> None:
    texts = [text + str(n) for n in range(8) for text in sample[:150]]
    first = corpus(tmp_path / "first", texts[:800], "first")
    second = corpus(tmp_path / "second", texts[800:], "second")
    whole = Mixture(tmp_path / "whole", [first, second])
    assert whole.result.metrics["bytes"] > 3_000_000
    part = Mixture(tmp_path / "part", [first, second], limit_megabytes=2)
    assert 1_900_000 < part.result.metrics["bytes"] <= 2_000_000
    assert part.share("source", "first") == pytest.approx(whole.share("source", "first"), abs=0.03)


def test_a_mixture_may_be_mixed_again(tmp_path: Path, books: Path, pages: Path) -> None:
    inner = Mixture(tmp_path / "inner", [pages], balance="custom", weights=("2",))
    outer = Mixture(tmp_path / "outer", [books, inner.folder], balance="custom", weights=("1", "1.5"))
    assert len({row["id"] for row in outer.rows}) == len(outer.rows)
    copies = defaultdict(list)
    for row in outer.rows:
        copies[row["text"]].append(row["copy"])
    assert all(sorted(numbers) == list(range(len(numbers))) for numbers in copies.values())
    assert {len(numbers) for numbers in copies.values()} == {1, 2, 4}
    assert outer.result.metrics["unique_documents"] == len(copies) == 150


def test_the_report_adds_up(tmp_path: Path, books: Path, pages: Path) -> None:
    mixture = Mixture(tmp_path / "out", [books, pages], balance="custom", weights=("1", "3"))
    metrics = mixture.result.metrics
    assert metrics["documents"] == len(mixture.rows) == 120 + 90 and metrics["unique_documents"] == 150
    assert metrics["bytes"] == sum(len(row["text"].encode()) for row in mixture.rows)
    assert metrics["characters"] == sum(len(row["text"]) for row in mixture.rows)
    by_group, by_source = mixture.result.blocks
    assert {row[0]: row[3:5] for row in by_group["rows"]} == {"corpora_0": [1, 1], "corpora_1": [3, 3]}
    assert {tuple(row[:5]) for row in by_source["rows"]} == {
        ("books", "MIT", "ja", 120, 120),
        ("pages", "MIT", "ja", 90, 30),
    }
    for row in by_source["rows"]:
        assert row[-1] == pytest.approx(mixture.share("source", row[0]))


def test_columns_of_some_corpora_are_null_in_the_others(tmp_path: Path, books: Path, sample: list[str]) -> None:
    scored = corpus(tmp_path / "scored", sample[200:210], "scored", score=0.5)
    mixture = Mixture(tmp_path / "out", [books, scored])
    assert schema_of(shards(mixture.folder)[0]) == pa.schema([*SCHEMA, pa.field("score", pa.float64()), COPY])
    assert Counter(row["score"] for row in mixture.rows) == {None: 120, 0.5: 10}
    named = corpus(tmp_path / "named", sample[210:220], "named", score="high")
    with pytest.raises(BadInput, match=r"a column in two types: .*score"):
        Mixture(tmp_path / "both", [scored, named])


def test_neither_workers_nor_a_kill_show(
    tmp_path: Path, books: Path, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"balance": "oversample", "shard_megabytes": 1}
    whole = Mixture(tmp_path / "one", [books, pages], **settings)
    assert Mixture(tmp_path / "two", [books, pages], workers=2, **settings).bytes == whole.bytes
    for name in ("measure_shard", "scatter_shard", "collect_shard"):
        function, calls = getattr(mixing, name), []

        def killed(*arguments: Any, calls: list[int] = calls, function: Any = function, **named: Any) -> Any:
            calls.append(1)
            if len(calls) == 2 or function.__name__ == "collect_shard":
                raise KeyboardInterrupt
            return function(*arguments, **named)

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(mixing, name, killed)
            Mixture(tmp_path / "killed", [books, pages], **settings)
    again = Mixture(tmp_path / "killed", [books, pages], **settings)
    assert again.bytes == whole.bytes and again.result == whole.result


@pytest.mark.parametrize(
    ("recipe", "error", "message"),
    [
        ({"weights": ("1",), "balance": "custom"}, UsageError, "weights wants 2 numbers"),
        (
            {"weights": ("ja=1", "en=1"), "balance": "custom", "by": "language"},
            BadInput,
            "not in the corpora, got 'en'",
        ),
        ({"weights": ("books=1",), "balance": "custom", "by": "source"}, BadInput, "leaves out .*got 'pages'"),
        (
            {"weights": ("1", "900"), "balance": "custom"},
            UsageError,
            "corpora_1 would be passed over .*got 900.0: weigh",
        ),
        ({"shard_megabytes": 0}, UsageError, "shard_megabytes wants 1 or more, got 0"),
        ({"limit_megabytes": 0}, UsageError, "limit_megabytes wants 1 or more, got 0"),
        ({"weights": ("1e-9", "1e-9"), "balance": "custom"}, BadInput, "no document fits into the mixture"),
    ],
)
def test_what_makes_no_sense(
    tmp_path: Path, books: Path, pages: Path, recipe: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Mixture(tmp_path / "out", [books, pages], **recipe)


def test_corpora_that_are_empty_or_share_documents(tmp_path: Path, books: Path, sample: list[str]) -> None:
    empty = corpus(tmp_path / "empty", [], "empty")
    with pytest.raises(BadInput, match="there is no text in a corpus, got 'corpora_1'"):
        Mixture(tmp_path / "one", [books, empty])
    with pytest.raises(BadInput, match="no document in the corpora"):
        Mixture(tmp_path / "two", [empty], by="language")
    overlapping = corpus(tmp_path / "overlapping", [*sample[:3], "猫"], "books")
    with pytest.raises(
        BadInput, match=r"4 documents have the id of another, got '[0-9a-f]{32}': give each corpus once"
    ):
        Mixture(tmp_path / "three", [books, overlapping])
    with pytest.raises(BadInput, match="120 documents have the id of another"):
        Mixture(tmp_path / "four", [books, books])
