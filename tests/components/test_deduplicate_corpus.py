"""DeduplicateCorpus as a task runs it."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from components.deduplicate_corpus import DeduplicateCorpus
from hagane.core.errors import UsageError
from hagane.storage.documents import SHARD, ShardWriter, batches, document, shards

BOTCHAN = (
    "親譲りの無鉄砲で小供の時から損ばかりしている。小学校に居る時分学校の二階から飛び降りて一週間ほど腰を抜かした。"
)
TEXTS = ["吾輩は猫である。", BOTCHAN, "吾輩は 猫である。\n", "名前はまだない。", BOTCHAN + "なぜ"]


@pytest.fixture
def corpora(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder, texts in zip(folders, (TEXTS[:2], TEXTS[2:]), strict=True):
        folder.mkdir()
        with ShardWriter(folder / SHARD.format(0)) as writer:
            writer.add(document(text, "neko", text, "MIT") for text in texts)
    return folders


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for shard in shards(folder) for batch in batches(shard) for row in batch]


def test_what_stays_what_does_not_and_for_whom(corpora: list[Path], run_component: Any) -> None:
    out, again = (run_component(DeduplicateCorpus, inputs={"corpora": corpora}, workers=1) for _ in range(2))
    unique, duplicates = rows(out["unique"]), rows(out["duplicates"])
    assert [row["text"] for row in unique] == [TEXTS[0], TEXTS[1], TEXTS[3]]
    verdicts = [(row["rule"], row["detail"]) for row in duplicates]
    assert verdicts == [("exact_duplicate", unique[0]["id"]), ("near_duplicate", unique[1]["id"])]
    size = len(BOTCHAN) - 4
    assert [row["similarity"] for row in duplicates] == [1.0, size / (size + 2)]
    members = pq.read_table(out["clusters"] / "clusters.parquet").to_pylist()
    assert [(row["survivor"], row["document"]) for row in members] == [(row["detail"], row["id"]) for row in duplicates]
    assert out["result"].metrics["near_duplicates"] == out["result"].metrics["exact_duplicates"] == 1
    assert out["result"] == again["result"]
    for name in ("unique", "duplicates", "clusters"):
        files = [sorted(each[name].iterdir()) for each in (out, again)]
        assert [f.read_bytes() for f in files[0]] == [f.read_bytes() for f in files[1]]


def test_equal_texts_only(corpora: list[Path], run_component: Any) -> None:
    out = run_component(DeduplicateCorpus, inputs={"corpora": corpora}, method="exact", workers=1)
    assert [row["text"] for row in rows(out["duplicates"])] == [TEXTS[2]]


def test_a_threshold_out_of_range(corpora: list[Path], run_component: Any) -> None:
    with pytest.raises(UsageError, match=r"threshold wants a Jaccard similarity above 0 and at most 1, got 80\.0"):
        run_component(DeduplicateCorpus, inputs={"corpora": corpora}, threshold=80.0)
