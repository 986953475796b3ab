"""Mask, drop or count the personal information of a corpus, shard by shard."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hagane.blocks import table
from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.storage.documents import (
    SHARD,
    ShardWriter,
    digest,
    record_batches,
    schema_of,
    shards,
    with_columns,
    with_verdict,
)
from hagane.storage.shards import Shard, gather, map_shards
from hagane.text.names import PersonalInformation, PersonalInformationAction
from hagane.text.personal_information.detection import Finding, find, mask, placeholder
from hagane.text.personal_information.folding import KANJI_DIGITS

KEPT, REJECTED = "kept.parquet", "rejected.parquet"
RULE = "personal_information"
SHAPES = 10  # of a kind that the report shows (ours)
SHARD_SHAPES = 1_000  # that a shard tells: its most frequent, so that memory is bounded (ours)


@dataclass(frozen=True)
class Settings:
    """What to look for, and what to do where it is found."""

    kinds: Sequence[PersonalInformation]
    action: PersonalInformationAction = "mask"
    reserved: bool = False  # also mail addresses at names reserved for documentation


def detect_personal_information(
    documents: Path, kept: Path, rejected: Path, work: Path, settings: Settings, workers: int = 0
) -> Result:
    """Write each shard's documents to ``kept``: masked, without those that have findings, or as they were.

    Dropped documents go to ``rejected`` with the findings of each kind, counted, as their detail. What was found is
    told nowhere else than as counts and shapes. Raises UsageError for no kind, BadInput if every document is dropped.
    """
    if not settings.kinds:
        raise UsageError("kinds wants one or more", list(settings.kinds))
    results = map_shards(partial(treat_shard, settings=settings), shards(documents), work / "shards", workers)
    gather(work / "shards", KEPT, kept, SHARD)
    gather(work / "shards", REJECTED, rejected, SHARD)
    return report(results, settings)


def treat_shard(shard: Path, folder: Path, settings: Settings) -> Shard:
    """Treat one shard; its amounts, and by kind the findings, the documents that have some, and their shapes."""
    schema, documents = schema_of(shard), 0
    findings, holders, shapes = Counter[str](), Counter[str](), Counter[str]()
    with (
        ShardWriter(folder / KEPT, schema) as kept,
        ShardWriter(folder / REJECTED, with_verdict(schema)) as rejected,
    ):
        for batch in record_batches(shard):
            texts = batch.column("text").to_pylist()
            found = [find(text, settings.kinds, settings.reserved) for text in texts]
            good, bad = treated(batch, texts, found, settings.action)
            kept.add_batch(good)
            rejected.add_batch(bad)
            documents += len(batch)
            for text, each in zip(texts, found, strict=True):
                findings.update(one.kind for one in each)
                holders.update({"any", *(one.kind for one in each)} if each else ())
                shapes.update(f"{one.kind} {shape(text[one.start : one.end])}" for one in each)
    told = dict(sorted(shapes.items(), key=lambda item: (-item[1], item[0]))[:SHARD_SHAPES])
    return {"documents": documents, "findings": findings, "holders": holders, "shapes": told}


def treated(
    batch: pa.RecordBatch, texts: list[str], found: list[list[Finding]], action: PersonalInformationAction
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """The documents that stay, as they stay, and those that are dropped, with the reason."""
    drop = pa.array([action == "drop" and bool(each) for each in found], pa.bool_())
    bad = batch.filter(drop)
    details = [detail(each) for each in found if each] if len(bad) else []
    verdicts = with_columns(bad, with_verdict(batch.schema), rule=[RULE] * len(bad), detail=details)
    if action == "mask" and any(found):
        return masked(batch, texts, found), verdicts
    return batch.filter(pc.invert(drop)), verdicts


def masked(batch: pa.RecordBatch, texts: list[str], found: list[list[Finding]]) -> pa.RecordBatch:
    clean = [mask(text, each) if each else text for text, each in zip(texts, found, strict=True)]
    digests = [
        digest(text) if each else old
        for text, each, old in zip(clean, found, batch.column("text_digest").to_pylist(), strict=True)
    ]
    return with_columns(batch, batch.schema, text=clean, text_digest=digests)


def detail(found: Sequence[Finding]) -> str:
    return json.dumps(Counter(one.kind for one in found))


def shape(value: str) -> str:
    """The value with 9 for each digit, 〇 for each kanji digit and one ``a`` for a run of letters."""
    digits = re.sub(r"\d", "9", re.sub(f"[零{KANJI_DIGITS}]", "〇", value))
    return re.sub(r"[^\W\d_〇]+", "a", digits)


def report(results: Sequence[Shard], settings: Settings) -> Result:
    documents = sum(result["documents"] for result in results)
    findings, holders, shapes = (total(results, name) for name in ("findings", "holders", "shapes"))
    if settings.action == "drop" and documents and holders["any"] == documents:
        raise BadInput(f"all {documents:,} documents hold personal information", list(settings.kinds), "mask it")
    metrics = {f"{kind}_findings": float(findings[kind]) for kind in settings.kinds}
    metrics |= {"documents": float(documents), "documents_with_findings": float(holders["any"])}
    rows = [[kind, placeholder(kind), findings[kind], holders[kind]] for kind in settings.kinds]
    blocks = (
        table("Personal information", ["kind", "placeholder", "findings", "documents"], rows),
        table("Most frequent shapes", ["kind", "shape", "findings"], frequent(shapes, settings.kinds)),
    )
    return Result(metrics, blocks)


def total(results: Sequence[Shard], name: str) -> Counter[str]:
    return sum((Counter(result[name]) for result in results), Counter())


def frequent(shapes: Mapping[str, int], kinds: Sequence[str]) -> list[list[str | int]]:
    """The ``SHAPES`` most frequent shapes of each kind."""
    rows: list[list[str | int]] = []
    for kind in kinds:
        own = [(count, key.removeprefix(f"{kind} ")) for key, count in shapes.items() if key.startswith(f"{kind} ")]
        rows += [[kind, form, count] for count, form in sorted(own, key=lambda one: (-one[0], one[1]))[:SHAPES]]
    return rows
