"""DeduplicateCorpus as a task runs it."""

from pathlib import Path
from typing import Any

from components.deduplicate_corpus import DeduplicateCorpus
from hagane.storage.documents import SHARD, ShardWriter, batches, document, shards


def test_unique_and_duplicates(tmp_path: Path, run_component: Any) -> None:
    texts = ["吾輩は猫である。", "名前はまだ無い。", "吾輩は 猫である。\n", "名前はまだない。"]
    for number in range(2):
        with ShardWriter(tmp_path / SHARD.format(number)) as writer:
            writer.add(document(text, "neko", text, "MIT") for text in texts[2 * number : 2 * number + 2])
    out, again = (run_component(DeduplicateCorpus, inputs={"documents": tmp_path}, workers=1) for _ in range(2))
    unique, duplicates = (
        [row for shard in shards(out[name]) for batch in batches(shard) for row in batch]
        for name in ("unique", "duplicates")
    )
    assert [row["text"] for row in unique] == [texts[0], texts[1], texts[3]]
    assert [(row["rule"], row["detail"]) for row in duplicates] == [("duplicate", unique[0]["id"])]
    assert out["result"].metrics["duplicates"] == 1
    for folder in ("unique", "duplicates"):
        assert [f.read_bytes() for f in shards(out[folder])] == [f.read_bytes() for f in shards(again[folder])]
