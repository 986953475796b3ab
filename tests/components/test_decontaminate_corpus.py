"""DecontaminateCorpus as a task runs it."""

import json
from pathlib import Path
from typing import Any

from components.decontaminate_corpus import DecontaminateCorpus
from hagane.storage.documents import SHARD, ShardWriter, batches, document, shards

QUESTION = "吾輩は猫である。名前はまだ無い。どこで生れたか見当がつくか。"
TEXTS = ["この文書は手順を説明します。", f"「{QUESTION}」と書いてある。", "端末から実行してください。"]


def test_clean_and_contaminated(tmp_path: Path, run_component: Any) -> None:
    evaluation = tmp_path / "test.jsonl"
    evaluation.write_text(json.dumps({"question": QUESTION, "answer": "つかぬ"}), encoding="utf-8")
    with ShardWriter(tmp_path / SHARD.format(0)) as writer:
        writer.add(document(text, "manual", text, "MIT") for text in TEXTS)
    settings = {"inputs": {"documents": tmp_path}, "evaluation": str(evaluation), "fields": "question", "workers": 1}
    out, again = (run_component(DecontaminateCorpus, **settings) for _ in range(2))
    clean, contaminated = (
        [row for shard in shards(out[name]) for batch in batches(shard) for row in batch]
        for name in ("clean", "contaminated")
    )
    assert [row["text"] for row in clean] == [TEXTS[0], TEXTS[2]]
    assert [json.loads(row["detail"])["item"] for row in contaminated] == [1]
    assert out["result"].metrics["contaminated_documents"] == 1
    for folder in ("clean", "contaminated"):
        assert [f.read_bytes() for f in shards(out[folder])] == [f.read_bytes() for f in shards(again[folder])]
    reported = run_component(DecontaminateCorpus, **settings, action="report")
    assert sum(len(batch) for shard in shards(reported["clean"]) for batch in batches(shard)) == 3


def test_evaluation_files_enter_as_sources() -> None:
    types = {port.name: port.type for port in DecontaminateCorpus.ports("param")}
    assert "Source" in str(types["evaluation"])
