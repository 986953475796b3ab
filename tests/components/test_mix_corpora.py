"""MixCorpora as a task runs it."""

from collections import Counter
from pathlib import Path
from typing import Any

from components.mix_corpora import MixCorpora
from hagane.storage.documents import SHARD, ShardWriter, batches, document, shards


def test_mixture(tmp_path: Path, run_component: Any) -> None:
    corpora = []
    for source, count in (("cc100", 8), ("wiki", 3)):
        corpora.append(tmp_path / source)
        corpora[-1].mkdir()
        with ShardWriter(corpora[-1] / SHARD.format(0)) as writer:
            writer.add(document(f"{source}の文書{number}", source, str(number), "MIT") for number in range(count))
    settings = {"inputs": {"corpora": corpora}, "balance": "custom", "weights": "1,5", "workers": 1}
    out, again = (run_component(MixCorpora, **settings) for _ in range(2))
    rows = [row for shard in shards(out["mixture"]) for batch in batches(shard) for row in batch]
    assert Counter(row["source"] for row in rows) == {"cc100": 8, "wiki": 15}
    assert sorted(row["copy"] for row in rows if row["source"] == "wiki") == sorted([*range(5)] * 3)
    assert out["result"].metrics["unique_documents"] == 11
    assert [f.read_bytes() for f in shards(out["mixture"])] == [f.read_bytes() for f in shards(again["mixture"])]
