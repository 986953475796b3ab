"""FilterCorpus as a task runs it."""

from pathlib import Path
from typing import Any

from components.filter_corpus import FilterCorpus
from hagane.storage.documents import SHARD, ShardWriter, batches, document, shards

PROSE = "この文書は、インストールの手順を説明します。コマンドは端末から実行してください。" * 5


def test_kept_and_rejected(tmp_path: Path, run_component: Any) -> None:
    for number, texts in enumerate(([PROSE, "No Japanese here. " * 20], ["短い。", f"{PROSE}２"])):
        with ShardWriter(tmp_path / SHARD.format(number)) as writer:
            writer.add(document(text, "manual", text, "MIT") for text in texts)
    settings = {"inputs": {"documents": tmp_path}, "profile": "japanese-technical"}
    out, again = (run_component(FilterCorpus, **settings, workers=1) for _ in range(2))
    kept, rejected = (
        [row for shard in shards(out[name]) for batch in batches(shard) for row in batch]
        for name in ("kept", "rejected")
    )
    assert [row["text"] for row in kept] == [PROSE, f"{PROSE}2"]
    assert [row["rule"] for row in rejected] == ["DiscardRareKana", "DocumentLengthFilter"]
    assert out["result"].metrics["kept_documents"] == 2
    for folder in ("kept", "rejected"):
        assert [f.read_bytes() for f in shards(out[folder])] == [f.read_bytes() for f in shards(again[folder])]


def test_a_profile_file_enters_as_a_source() -> None:
    types = {port.name: port.type for port in FilterCorpus.ports("param")}
    assert "Source" in str(types["profile_file"])
