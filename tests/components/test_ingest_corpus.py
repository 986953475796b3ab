"""IngestCorpus as a task runs it."""

import gzip
import json
from pathlib import Path
from typing import Any

from components.ingest_corpus import IngestCorpus
from hagane.storage.documents import batches, shards


def test_files_become_documents_and_faults(tmp_path: Path, run_component: Any) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.txt").write_bytes("吾輩は猫である。\r\n".encode("cp932"))
    rows = [{"text": "名前はまだ無い。", "license": "CC0-1.0"}, {"body": "どこで生れたか"}]
    (source / "b.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    settings = {"source": str(source), "corpus": "neko", "license": "LicenseRef-PublicDomain"}
    out, again = (run_component(IngestCorpus, **settings) for _ in range(2))
    (batch,) = batches(shards(out["documents"])[0])
    assert [(row["text"], row["source"], row["license"]) for row in batch] == [
        ("吾輩は猫である。\n", "neko", "LicenseRef-PublicDomain"),
        ("名前はまだ無い。", "neko", "CC0-1.0"),
    ]
    (fault,) = (json.loads(line) for line in (out["quarantine"] / "quarantine.jsonl").read_text().splitlines())
    assert (fault["file"], fault["offset"], fault["unit"]) == ("b.jsonl.gz", 2, "line")
    assert out["result"].metrics["documents"] == 2
    for name in ("documents/part-00000.parquet", "quarantine/quarantine.jsonl"):
        folder, file = name.split("/")
        assert (out[folder] / file).read_bytes() == (again[folder] / file).read_bytes()
