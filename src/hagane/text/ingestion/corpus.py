"""Foreign text into documents; what cannot be read goes to the quarantine, with its place and reason."""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.events import progress, warn
from hagane.storage.documents import SHARD
from hagane.storage.files import write_whole
from hagane.storage.shards import Shard, link_or_copy, map_shards
from hagane.text.ingestion.conversion import UNKNOWN, Defaults, Ids, to_document
from hagane.text.ingestion.document_shards import Document, DocumentShards
from hagane.text.ingestion.encodings import check_encoding
from hagane.text.ingestion.readers import Reading, read
from hagane.text.ingestion.records import Fault, Record
from hagane.text.ingestion.source_files import SourceFile, file_system, source_files
from hagane.text.ingestion.statistics import Statistics

QUARANTINE = "quarantine.jsonl"
NEWS = 1_000  # records between two reports of progress (ours)
TOLD = 3  # faults that an error message quotes (ours)
REASON = re.compile(r"[:;]| from byte | at character | U\+")  # ends the part of a reason that the report counts by


def ingest(
    source: str,
    documents: Path,
    quarantine: Path,
    work: Path,
    reading: Reading,
    defaults: Defaults,
    files: str = "*",
    shard_megabytes: int = 128,
    workers: int = 0,
) -> Result:
    """Write the documents of the source's files as shards, and their faults as ``quarantine.jsonl``.

    Small files are read in groups, so that neither shards nor order depend on the number of ``workers``. A process
    holds a batch, one document, and a bit for each of 2^28 ids. Raises UsageError for an unknown encoding, BadInput
    if there is no such source or nothing in it can be read.
    """
    check_encoding(reading.encoding)
    if shard_megabytes < 1:
        raise UsageError("shard_megabytes wants 1 or more", shard_megabytes)
    limit = shard_megabytes * 1_000_000
    found = source_files(source, files)
    groups = write_groups(work / "files", grouped(found, limit))
    task = partial(ingest_group, source=source, reading=reading, defaults=defaults, limit=limit)
    results = map_shards(task, groups, work / "groups", workers, "groups of files")
    gather(work / "groups", documents, quarantine)
    statistics = Statistics()
    for result in results:
        statistics.merge(result)
    tell(statistics, quarantine, source)
    return report(statistics, len(found))


def grouped(files: Sequence[SourceFile], limit: int) -> Iterator[list[SourceFile]]:
    """Neighbouring files of up to ``limit`` bytes together."""
    group: list[SourceFile] = []
    size = 0
    for file in files:
        if group and size + file.size > limit:
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    yield group


def write_groups(folder: Path, groups: Iterable[Sequence[SourceFile]]) -> list[Path]:
    places = []
    for number, group in enumerate(groups):
        places.append(folder / f"{number:05}.json")
        write_whole(places[-1], json.dumps([[file.name, file.size, file.address] for file in group]))
    return places


def read_group(place: Path, source: str) -> list[SourceFile]:
    system, _ = file_system(source)
    return [SourceFile(name, size, address, system) for name, size, address in json.loads(place.read_bytes())]


def ingest_group(place: Path, folder: Path, source: str, reading: Reading, defaults: Defaults, limit: int) -> Shard:
    """Ingest one group of files into a folder; what its documents and faults amount to."""
    files, statistics, ids = read_group(place, source), Statistics(), Ids()
    total = sum(file.size for file in files)
    done = 0
    with (
        (folder / QUARANTINE).open("w", encoding="ascii") as quarantine,
        DocumentShards(folder, limit, statistics.add) as shards,
    ):
        for file in files:
            named = replace(defaults, corpus=defaults.corpus or file.own_name)
            for number, item in enumerate(records(file, reading, done, total), 1):
                document = to_document(item, number, named, ids) if isinstance(item, Record) else item
                if isinstance(document, Document):
                    shards.add(document)
                else:
                    statistics.reasons[REASON.split(document.reason, 1)[0]] += 1
                    quarantine.write(json.dumps(document._asdict(), ensure_ascii=True) + "\n")
            done += file.size
    return statistics.as_json()


def records(file: SourceFile, reading: Reading, done: int, total: int) -> Iterator[Record | Fault]:
    """The file's records, with news of how far the reading is."""
    with file.opened() as stream:
        for number, item in enumerate(read(file, stream, reading), 1):
            yield item
            if number % NEWS == 0:
                progress(min(done + stream.tell(), total), total, "bytes", f"{file.name}: {number:,} records")


def gather(groups: Path, documents: Path, quarantine: Path) -> None:
    """The shards of all groups, numbered through, and their faults in one file."""
    for number, shard in enumerate(sorted(groups.glob("[0-9]*/*.parquet"))):
        link_or_copy(shard, documents / SHARD.format(number))
    with (quarantine / QUARANTINE).open("wb") as whole:
        for part in sorted(groups.glob(f"[0-9]*/{QUARANTINE}")):
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, whole)


def tell(statistics: Statistics, quarantine: Path, source: str) -> None:
    """Warn of faults and of texts without a license; BadInput if nothing could be read."""
    written, faults = statistics.totals[0], statistics.reasons.total()
    quoted = "; ".join(first_faults(quarantine / QUARANTINE))
    if not written:
        raise BadInput(f"no document could be read, {faults:,} faults", source, quoted or "it is empty")
    if faults:
        warn(f"{faults:,} records went to quarantine beside {written:,} documents: {quoted}")
    if unlicensed := sum(count for (_, license), (count, *_) in statistics.amounts.items() if license == UNKNOWN):
        warn(f"{unlicensed:,} documents name no license, so no model of them will be released: give license=SPDX-ID")


def first_faults(quarantine: Path) -> Iterator[str]:
    with quarantine.open(encoding="ascii") as stream:
        for fault in map(json.loads, islice(stream, TOLD)):
            yield f"{fault['file']} {fault['unit']} {fault['offset']}: {fault['reason']}"


def report(statistics: Statistics, files: int) -> Result:
    amounts = dict(zip(("documents", "bytes", "characters"), statistics.totals, strict=True))
    metrics = {"files": files, **amounts, "quarantined": statistics.reasons.total()}
    return Result({name: float(value) for name, value in metrics.items()}, statistics.blocks())
