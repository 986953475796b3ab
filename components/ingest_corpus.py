"""Read text of any common format into documents."""

from hagane.artifacts import Documents, Quarantine
from hagane.core.component import Component, Output, Param, Resources, Result, Source
from hagane.text.names import FormatName


class IngestCorpus(Component):
    """Read files of many formats into documents; what cannot be read is quarantined, with its place and reason."""

    environment = "text"
    resources = Resources(cpu=4, memory="8Gi")

    documents: Documents = Output("Documents of the corpus.")
    quarantine: Quarantine = Output("quarantine.jsonl: what could not be read, each with file, offset and reason.")
    source: Source = Param("A file, a folder or an fsspec URL: hf://datasets/OWNER/NAME, s3://..., https://...")
    format: FormatName = Param("Format of the files; auto goes by their extensions.", default="auto")
    files: str = Param("Which files of the source: a pattern of their names, such as data/train-*.", default="*")
    encoding: str = Param(
        "Encoding of the text, strictly; auto tells UTF-8, Shift_JIS and EUC-JP, and asks web pages.", default="auto"
    )
    license: str = Param("SPDX id of the texts that do not name their own.", default="unknown")
    language: str = Param("BCP 47 tag of the texts that do not name their own.", default="ja")
    corpus: str = Param("Name of the corpus for texts that name none; each file's own by default.", default="")
    text_field: str = Param("Field or column of the text.", default="text")
    shard_megabytes: int = Param("Megabytes of text in a shard, the unit of parallel work.", default=128)
    workers: int = Param("Processes, each reading files of its own; 0: one per core.", default=0, semantic=False)

    def run(self) -> Result:
        from hagane.text.ingestion.conversion import Defaults
        from hagane.text.ingestion.corpus import ingest
        from hagane.text.ingestion.readers import Reading

        reading = Reading(self.format, self.encoding, self.text_field)
        defaults = Defaults(self.corpus, self.license, self.language)
        folders = (self.documents.path, self.quarantine.path, self.work)
        return ingest(self.source, *folders, reading, defaults, self.files, self.shard_megabytes, self.workers)
