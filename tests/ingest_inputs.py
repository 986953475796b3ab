"""Sources for ingestion, and what became of them."""

import json
from pathlib import Path
from typing import Any

from hagane.core.component import Result
from hagane.storage.documents import batches, shards
from hagane.text.ingestion.conversion import Defaults
from hagane.text.ingestion.corpus import QUARANTINE, ingest
from hagane.text.ingestion.readers import Reading

NEKO = "吾輩は猫である。名前はまだ無い。"
BOTCHAN = "親譲りの無鉄砲で小供の時から損ばかりしている。"
SANSHIRO = "うとうととして目がさめると女はいつのまにか、隣のじいさんと話を始めている。"
OWN = ("corpus", "license", "language")


class Ingested:
    """A source, ingested in one process unless told otherwise; keeps a work folder that is there already."""

    def __init__(
        self, home: Path, source: object, megabytes: int = 1, files: str = "*", workers: int = 1, **settings: Any
    ) -> None:
        self.documents, self.quarantine, self.work = home / "documents", home / "quarantine", home / "work"
        self.documents.mkdir(parents=True)
        self.quarantine.mkdir()
        defaults = Defaults(**{name: settings.pop(name) for name in OWN if name in settings})
        folders = (self.documents, self.quarantine, self.work)
        self.result: Result = ingest(str(source), *folders, Reading(**settings), defaults, files, megabytes, workers)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [row for shard in shards(self.documents) for batch in batches(shard) for row in batch]

    @property
    def texts(self) -> list[str]:
        return [row["text"] for row in self.rows]

    @property
    def faults(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.quarantine / QUARANTINE).read_text(encoding="ascii").splitlines()]

    @property
    def places(self) -> list[tuple[str, int, str]]:
        return [(fault["file"], fault["offset"], fault["unit"]) for fault in self.faults]

    @property
    def reasons(self) -> list[str]:
        return [fault["reason"] for fault in self.faults]

    @property
    def files(self) -> dict[str, bytes]:
        return {
            file.name: file.read_bytes() for folder in (self.documents, self.quarantine) for file in folder.iterdir()
        }


def jsonl(*rows: object) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def texts(*them: str) -> bytes:
    return jsonl(*({"text": text} for text in them))
