"""What ingest-corpus costs beside bare reading and writing."""

import gzip
import json
import tempfile
from functools import partial
from itertools import islice
from pathlib import Path

from measure import Corpus, corpora, paired, rates


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for corpus in corpora():
            beside_the_floor(corpus, Path(folder))


def beside_the_floor(corpus: Corpus, folder: Path) -> None:
    source = folder / f"{corpus.name}.jsonl.gz"
    write(source, corpus.texts)

    def ours() -> int:
        with tempfile.TemporaryDirectory(dir=folder) as home:
            return ingested(source, Path(home))

    pair = paired(ours, partial(floor, source, folder / "floor.parquet"), same=int.__eq__)
    rates("gzip JSONL to parquet with its report", corpus, pair, "bare reading and writing")


def write(file: Path, texts: list[str]) -> None:
    """The texts as JSON lines."""
    with gzip.open(file, "wb", compresslevel=1) as stream:
        for number, text in enumerate(texts):
            stream.write(json.dumps({"id": number, "text": text}, ensure_ascii=False).encode() + b"\n")


def floor(source: Path, output: Path) -> int:
    """The least that any program must do: decompress, parse, make columns, compress; the number of documents."""
    import orjson
    import pyarrow as pa
    import pyarrow.parquet as pq
    from isal import igzip

    count = 0
    schema = pa.schema({"id": pa.int64(), "text": pa.large_string()})
    with (
        igzip.open(source, "rb") as stream,
        pq.ParquetWriter(output, schema, compression="zstd", compression_level=3) as writer,
    ):
        while rows := [orjson.loads(line) for line in islice(stream, 1_000)]:
            writer.write_table(pa.Table.from_pylist(rows, schema))
            count += len(rows)
    return count


def ingested(source: Path, home: Path) -> int:
    """The number of documents, by the component's own function on one process, into ``home/documents``."""
    from hagane.text.ingestion.conversion import Defaults
    from hagane.text.ingestion.corpus import ingest
    from hagane.text.ingestion.readers import Reading

    documents, quarantine, work = (home / name for name in ("documents", "quarantine", "work"))
    documents.mkdir()
    quarantine.mkdir()
    result = ingest(str(source), documents, quarantine, work, Reading(), Defaults(license="MIT"), workers=1)
    return int(result.metrics["documents"])
