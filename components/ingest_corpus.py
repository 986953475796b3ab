"""Read text of any common format into documents."""

from typing import Literal

from hagane.artifacts import Documents, Quarantine
from hagane.core.component import Component, Output, Param, Resources, Result, Source


class IngestCorpus(Component):
    """Read plain text, JSONL, parquet or Aozora archives into documents; what cannot be read is quarantined."""

    environment = "text"
    resources = Resources(cpu=1, memory="4Gi")

    documents: Documents = Output("Documents of the corpus.")
    quarantine: Quarantine = Output("quarantine.jsonl: what could not be read, each with file, offset and reason.")
    source: Source = Param("A file, a folder or an fsspec URL.")
    format: Literal["auto", "text", "jsonl", "parquet", "aozora"] = Param(
        "Format of the files; auto goes by their extensions.", default="auto"
    )
    encoding: str = Param("Encoding of text files, strictly; auto tells UTF-8, Shift_JIS and EUC-JP.", default="auto")
    license: str = Param("SPDX id of the texts that do not name their own.", default="unknown")
    language: str = Param("BCP 47 tag of the texts that do not name their own.", default="ja")
    corpus: str = Param("Name of the corpus for texts that name none; each file's own by default.", default="")
    text_field: str = Param("Field or column of the text.", default="text")
    shard_megabytes: int = Param("Megabytes of text in a shard, the unit of parallel work.", default=128)

    def run(self) -> Result:
        from hagane.text.ingest import Reading, ingest

        reading = Reading(self.format, self.encoding, self.text_field, self.corpus, self.license, self.language)
        return ingest(self.source, self.documents.path, self.quarantine.path, reading, self.shard_megabytes)
