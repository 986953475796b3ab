"""Documents that hold texts of evaluation files: found, told and dropped."""

import json
import pickle
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from hagane.blocks import EXCERPT, Block, table, texts
from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.events import warn
from hagane.storage.documents import SHARD, Row, ShardWriter, record_batches, schema_of, shards, with_verdict
from hagane.storage.files import write_whole
from hagane.storage.shards import Shard, gather, map_shards
from hagane.text.decontamination.evaluation_items import Passage, passages
from hagane.text.ngrams import Index, folded, index, letter_places

RULE = "contamination"
INDEX = "index.pickle"
CLEAN, CONTAMINATED = "clean.parquet", "contaminated.parquet"
AMOUNTS = ("documents", "bytes", "contaminated_documents", "contaminated_bytes")
LISTED = 20  # items too short to test, in the report (ours)

Items = set[tuple[str, int]]  # files and numbers of evaluation items


@dataclass(frozen=True)
class Criterion:
    """When a document holds a passage; sizes in folded letters, ``overlap`` the least share of its n-grams."""

    ngram: int = 13
    shortest: int = 20
    overlap: float = 0.7


@dataclass(frozen=True)
class Hit:
    """A passage in a document."""

    passage: int
    overlap: float
    document: str
    source: str
    excerpt: str  # of the document, from about where the first common n-gram starts


@dataclass(frozen=True)
class Evaluation:
    """The passages long enough to be tested, equal ones once, and by the same numbers where each stands."""

    index: Index
    places: list[list[Passage]]


def decontaminate(
    documents: Path,
    clean: Path,
    contaminated: Path,
    work: Path,
    sources: Sequence[str],
    fields: Sequence[str],
    criterion: Criterion,
    drop: bool,
    workers: int = 0,
) -> Result:
    """Write the documents that hold an evaluation passage to ``contaminated``; to ``clean`` the others, or all.

    Memory: a batch of documents, and some 100 bytes a letter of the evaluation files. Raises UsageError for a
    criterion that makes no sense, BadInput for evaluation files that cannot be read or tested and if nothing is clean.
    """
    check(criterion, sources)
    found = passages(sources, fields)
    evaluation = prepared(found, criterion)
    write_whole(work / INDEX, pickle.dumps(evaluation))
    task = partial(check_shard, evaluation=work / INDEX, overlap=criterion.overlap, drop=drop)
    results = map_shards(task, shards(documents), work / "shards", workers)
    gather(work / "shards", CLEAN, clean, SHARD)
    gather(work / "shards", CONTAMINATED, contaminated, SHARD)
    return report(results, found, evaluation, drop)


def check(criterion: Criterion, sources: Sequence[str]) -> None:
    if not sources:
        warn("no evaluation file is given, so every document counts as clean")
    if criterion.ngram < 1 or criterion.shortest < 1:
        raise UsageError("ngram and shortest want 1 letter or more", min(criterion.ngram, criterion.shortest))
    if not 0 <= criterion.overlap <= 1:
        raise UsageError("overlap wants a share from 0 to 1", criterion.overlap)


def prepared(found: Sequence[Passage], criterion: Criterion) -> Evaluation:
    places: dict[bytes, list[Passage]] = {}
    longest = 0
    for passage in found:
        letters = folded(passage.text)
        longest = max(longest, len(letters))
        if len(letters) >= criterion.shortest:
            places.setdefault(letters.tobytes(), []).append(passage)
    if found and not places:
        raise BadInput(f"no evaluation text has shortest={criterion.shortest} letters", f"{longest} in the longest")
    if found and longest < criterion.ngram:
        warn(f"no evaluation text has ngram={criterion.ngram} letters, the longest {longest}: each counts as a whole")
    letters_of = [np.frombuffer(key, np.uint32) for key in places]
    return Evaluation(index(letters_of, criterion.ngram), list(places.values()))


def check_shard(shard: Path, folder: Path, evaluation: Path, overlap: float, drop: bool) -> Shard:
    """Split one shard; its amounts, the documents that each file stands in, and the best hit of each passage."""
    known: Evaluation = pickle.loads(evaluation.read_bytes())
    schema, judged = schema_of(shard), with_verdict(schema_of(shard))
    amounts, files, best = Counter(dict.fromkeys(AMOUNTS, 0)), Counter[str](), dict[int, Hit]()
    with ShardWriter(folder / CLEAN, schema) as clean, ShardWriter(folder / CONTAMINATED, judged) as contaminated:
        for batch in record_batches(shard):
            details: list[str | None] = []
            for row in batch.select(["id", "source", "text"]).to_pylist():
                hits = list(hits_of(row, known.index, overlap))
                size = len(row["text"].encode())
                amounts.update(documents=1, bytes=size)
                if hits:
                    amounts.update(contaminated_documents=1, contaminated_bytes=size)
                files.update({place.file for hit in hits for place in known.places[hit.passage]})
                for hit in hits:
                    best[hit.passage] = max(best.get(hit.passage, hit), hit, key=lambda each: each.overlap)
                details.append(detail(max(hits, key=lambda each: each.overlap), known) if hits else None)
            clean.add_batch(batch.filter(pa.array([not (drop and found) for found in details])))
            contaminated.add_batch(with_details(batch, details, judged))
    return {"amounts": amounts, "files": files, "best": [asdict(best[passage]) for passage in sorted(best)]}


def hits_of(row: Row, known: Index, overlap: float) -> Iterator[Hit]:
    for found in known.matches(folded(row["text"])):
        starts = letter_places(row["text"])
        matched = zip(found.passages.tolist(), found.overlaps.tolist(), found.places.tolist(), strict=True)
        for passage, share, place in matched:
            if share >= overlap:
                start = int(starts[min(place, len(starts) - 1)])
                yield Hit(passage, share, row["id"], row["source"], row["text"][start : start + EXCERPT])


def detail(hit: Hit, known: Evaluation) -> str:
    place = known.places[hit.passage][0]
    told = {"file": place.file, "item": place.item, "field": place.field, "overlap": round(hit.overlap, 4)}
    return json.dumps(told, ensure_ascii=False)


def with_details(batch: pa.RecordBatch, details: Sequence[str | None], schema: pa.Schema) -> pa.RecordBatch:
    """The documents that have a detail, with it and the rule."""
    told = [found for found in details if found]
    held = batch.filter(pa.array([bool(found) for found in details]))
    columns = {name: held.column(name) for name in held.schema.names} | {"rule": [RULE] * len(told), "detail": told}
    arrays = [pa.array(columns[field.name], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def report(results: Sequence[Shard], found: Sequence[Passage], evaluation: Evaluation, drop: bool) -> Result:
    amounts = {name: float(sum(result["amounts"][name] for result in results)) for name in AMOUNTS}
    if drop and 0 < amounts["contaminated_documents"] == amounts["documents"]:
        raise BadInput("every document holds an evaluation text", fix="look at the documents and the evaluation files")
    files: Counter[str] = sum((Counter(result["files"]) for result in results), Counter())
    best: dict[int, Hit] = {}
    for hit in (Hit(**each) for result in results for each in result["best"]):
        best[hit.passage] = max(best.get(hit.passage, hit), hit, key=lambda each: each.overlap)
    items = {(passage.file, passage.item) for passage in found}
    tested = {(place.file, place.item) for places in evaluation.places for place in places}
    contaminated = {(place.file, place.item) for passage in best for place in evaluation.places[passage]}
    counts = {"evaluation_items": len(items), "tested_items": len(tested), "contaminated_items": len(contaminated)}
    metrics = amounts | {name: float(count) for name, count in counts.items()}
    blocks = (by_file(items, tested, contaminated, files), examples(best, evaluation), too_short(found, tested))
    return Result(metrics, blocks)


def by_file(items: Items, tested: Items, contaminated: Items, documents: Counter[str]) -> Block:
    all_items, long, held = (Counter(file for file, _ in group) for group in (items, tested, contaminated))
    columns = ["file", "items", "tested", "contaminated", "share of the tested", "documents"]
    rows = [
        [file, count, long[file], held[file], held[file] / max(long[file], 1), documents[file]]
        for file, count in sorted(all_items.items())
    ]
    return table("Evaluation items in the documents", columns, rows)


def examples(best: Mapping[int, Hit], evaluation: Evaluation) -> Block:
    """The greatest, the middle and the least overlap of each file: the evaluation's text, then the document's."""
    of_file: dict[str, list[tuple[Passage, Hit]]] = {}
    for hit in sorted(best.values(), key=lambda each: (-each.overlap, each.passage)):
        place = evaluation.places[hit.passage][0]
        of_file.setdefault(place.file, []).append((place, hit))
    shown = []
    for file, hits in sorted(of_file.items()):
        for number in sorted({0, len(hits) // 2, len(hits) - 1}):
            place, hit = hits[number]
            shown.append((f"{file}, item {place.item} {place.field}", place.text))
            shown.append((f"overlap {hit.overlap:.2f}, {hit.source}, document {hit.document}", hit.excerpt))
    return texts("Examples: greatest, middle and least overlap", shown)


def too_short(found: Sequence[Passage], tested: Items) -> Block:
    """The first items of which no text is long enough."""
    short = ([each.file, each.item, each.text] for each in found if (each.file, each.item) not in tested)
    return table("Too short to test, the first", ["file", "item", "text"], islice(short, LISTED))
