"""Filter documents with HojiChar, shard by shard."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from hojichar import Compose, Document

from hagane.core.component import Result
from hagane.core.errors import BadInput
from hagane.events import warn
from hagane.storage.documents import SHARD, ShardWriter, batches, digest, schema_of, shards, with_verdict
from hagane.storage.shards import Shard, gather, map_shards
from hagane.text.profiles import load_profile

KEPT, REJECTED = "kept.parquet", "rejected.parquet"
AMOUNTS = ("documents", "bytes", "kept_documents", "kept_bytes")
RULES_NAMED = 3  # in one message (ours)
LOW_YIELD = 0.1  # of the bytes, under which the profile is probably the wrong one (ours)
SETTINGS = ("name", "p", "skip_rejected", "use_batch", "batch_size")  # of every filter: no news in a rejection


def filter_documents(
    documents: Path, kept: Path, rejected: Path, work: Path, profile: str, profile_file: str = "", workers: int = 0
) -> Result:
    """Write each shard's documents to ``kept``, as the filters leave them, or as they were to ``rejected``.

    Raises UsageError for an unknown profile, BadInput for a profile or filter that fails and if nothing is kept.
    """
    load_profile(profile, profile_file)  # a mistake is told before any worker starts
    task = partial(filter_shard, profile=profile, profile_file=profile_file)
    results = map_shards(task, shards(documents), work / "shards", workers)
    gather(work / "shards", KEPT, kept, SHARD)
    gather(work / "shards", REJECTED, rejected, SHARD)
    return report(results, profile_file or profile)


def filter_shard(shard: Path, folder: Path, profile: str, profile_file: str) -> Shard:
    """Filter one shard; its amounts, and the statistics of each filter."""
    compose = load_profile(profile, profile_file)
    amounts = dict.fromkeys(AMOUNTS, 0)
    schema = schema_of(shard)
    with (
        ShardWriter(folder / KEPT, schema) as kept,
        ShardWriter(folder / REJECTED, with_verdict(schema)) as rejected,
    ):
        for row in (row for batch in batches(shard) for row in batch):
            size = len(row["text"].encode())
            amounts["documents"] += 1
            amounts["bytes"] += size
            document = apply(compose, row)
            if document.is_rejected:
                rejected.add([row | verdict(document)])
                continue
            if document.text != row["text"]:
                row |= {"text": document.text, "text_digest": digest(document.text)}
                size = len(document.text.encode())
            amounts["kept_documents"] += 1
            amounts["kept_bytes"] += size
            kept.add([row])
    return amounts | {"filters": [asdict(each.get_statistics()) for each in compose.filters]}


def apply(compose: Compose, row: dict[str, Any]) -> Document:
    """The document as HojiChar's ``Compose.apply`` leaves it.

    The loop is Compose's, but filters that would skip a rejected document are not called for it: their statistics
    would count it as one that they passed.
    """
    document = Document(row["text"])
    for each in compose.filters:
        if document.is_rejected and each.skip_rejected:
            continue
        try:
            document = each._apply(document)
        except (MemoryError, OSError):
            raise
        except Exception as error:  # whatever a user's filter raises
            raise BadInput(f"{each.name} failed on document {row['id']}", fix=repr(error)) from error
    return document


def verdict(document: Document) -> dict[str, str]:
    """The rule that rejected a document, and the settings and matches that it left."""
    reason = document.reject_reason
    detail = {name: value for name, value in reason.items() if name not in SETTINGS}
    return {"rule": rule(reason["name"]), "detail": json.dumps(detail, ensure_ascii=False)}


def rule(name: str) -> str:
    """HojiChar numbers its filters: ``3-DiscardRareKuten``."""
    return name.partition("-")[2]


def report(results: Sequence[Shard], profile: str) -> Result:
    """The amounts of all shards, with a warning if little is left; BadInput if nothing is."""
    amounts = {name: float(sum(result[name] for result in results)) for name in AMOUNTS}
    filters = [merged(parts) for parts in zip(*(result["filters"] for result in results), strict=True)]
    if not amounts["kept_documents"]:
        found = f"all {amounts['documents']:,.0f} documents were rejected"
        raise BadInput(found, profile, f"most by {biggest(filters)}; choose another profile")
    byte_yield = amounts["kept_bytes"] / amounts["bytes"]
    if byte_yield < LOW_YIELD:
        warn(f"{profile} keeps only {byte_yield:.1%} of the bytes; most were rejected by {biggest(filters)}")
    return Result(amounts | {"byte_yield": byte_yield}, (table(filters, profile),))


def table(filters: Sequence[dict[str, Any]], profile: str) -> dict[str, Any]:
    """What came to each filter, what it discarded and left, and the seconds that it took on all processes together."""
    counts = ("input_num", "discard_num", "input_bytes", "output_bytes", "input_chars", "output_chars")
    rows = [
        [rule(each["name"]), *(each[name] for name in counts), each["cumulative_time_ns"] / 1e9] for each in filters
    ]
    columns = ["filter", *counts, "seconds"]
    return {"type": "table", "title": f"Filters of {profile}", "columns": columns, "rows": rows}


def merged(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One filter's statistics over all shards."""
    return {name: value if name == "name" else sum(part[name] for part in parts) for name, value in parts[0].items()}


def biggest(filters: Sequence[dict[str, Any]]) -> str:
    """The rules that rejected most, with their counts."""
    worst = sorted(filters, key=lambda each: -each["discard_num"])[:RULES_NAMED]
    return ", ".join(f"{rule(each['name'])} ({each['discard_num']:,})" for each in worst if each["discard_num"])
