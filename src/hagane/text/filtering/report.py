"""What filters did to a corpus: amounts, scores and examples by filter."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from hojichar import Filter

from hagane import blocks
from hagane.core.component import Result
from hagane.core.errors import BadInput
from hagane.events import warn
from hagane.storage.shards import Shard
from hagane.text.filtering.screening.screen import Screened
from hagane.text.filtering.thresholds import limits_of

AMOUNTS = ("documents", "bytes", "kept_documents", "kept_bytes", "replayed_documents")
RULES_NAMED = 3  # in one message (ours)
LOW_YIELD = 0.1  # of the bytes, under which the profile is probably the wrong one (ours)
EXAMPLES = 3  # rejected documents that are shown of each filter (ours)
SHARES = [edge / 20 for edge in range(21)]  # bins of scores that are shares (ours)
COUNTS = [0, *(2**power for power in range(25))]  # and of scores that count (ours)


class Tally:
    """Amounts of one shard. Sums and the choice of examples do not depend on how documents are dealt to shards."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self.filters = filters
        self.amounts = dict.fromkeys(AMOUNTS, 0)
        self.rejected = np.zeros((len(filters), 2), np.int64)  # documents and bytes
        self.bins = {number: np.zeros(len(edges) - 1, np.int64) for number, edges in limited(filters)}
        self.examples: defaultdict[int, list[list[str]]] = defaultdict(list)

    def add(
        self,
        batch: pa.RecordBatch,
        good: pa.RecordBatch,
        bad: pa.RecordBatch,
        screened: Screened,
        details: Sequence[str],
        replayed: int,
    ) -> None:
        """Count a batch, of which ``good`` was kept and ``bad`` rejected with ``details``."""
        sizes = (len(batch), size(batch), len(good), size(good), replayed)
        for name, amount in zip(AMOUNTS, sizes, strict=True):
            self.amounts[name] += amount
        rules = screened.rejected_by[screened.rejected_by >= 0]
        sizes_of_bad = pc.binary_length(bad.column("text")).to_numpy(zero_copy_only=False)
        np.add.at(self.rejected, rules, np.stack([np.ones(len(bad), np.int64), sizes_of_bad], axis=1))
        for number, edges in limited(self.filters):
            self.bins[number] += histogram(screened.scores[:, number], edges)
        digests = bad.column("text_digest").to_pylist()
        for row, number in enumerate(rules.tolist()):
            self.offer(number, [digests[row], details[row]], bad, row)

    def offer(self, number: int, example: list[str], bad: pa.RecordBatch, row: int) -> None:
        """Keep the examples of the least digests: a sample that any order of the documents gives."""
        known = self.examples[number]
        if len(known) < EXAMPLES or example < known[-1]:
            known.append([*example, bad.column("id")[row].as_py(), blocks.excerpt(bad.column("text")[row].as_py())])
            known.sort()
            del known[EXAMPLES:]

    def result(self) -> Shard:
        return self.amounts | {
            "rejected": self.rejected.tolist(),
            "bins": {number: counts.tolist() for number, counts in self.bins.items()},
            "examples": self.examples,
        }


def size(batch: pa.RecordBatch) -> int:
    """Bytes of the batch's texts."""
    return pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0


def limited(filters: Sequence[Filter]) -> Iterator[tuple[int, list[float]]]:
    """The filters with limits, and the bins of their scores."""
    for number, each in enumerate(filters):
        if limits := limits_of(each):
            yield number, SHARES if "threshold" in limits and limits["threshold"] <= 1 else COUNTS


def histogram(scores: npt.NDArray[np.float64], edges: Sequence[float]) -> npt.NDArray[np.int64]:
    """Scores above the last edge count in the last bin, unknown ones nowhere."""
    known = scores[~np.isnan(scores)]
    return np.histogram(np.clip(known, edges[0], edges[-1]), edges)[0]


def report(results: Sequence[Shard], filters: Sequence[Filter], profile: str) -> Result:
    """The amounts of all shards, with a warning if little is left; BadInput if nothing is."""
    amounts = {name: float(sum(result[name] for result in results)) for name in AMOUNTS}
    rejected = np.array([result["rejected"] for result in results], np.int64).reshape(len(results), -1, 2).sum(axis=0)
    if not amounts["kept_documents"]:
        found = f"all {amounts['documents']:,.0f} documents were rejected"
        raise BadInput(found, profile, f"most by {biggest(filters, rejected)}; choose another profile")
    byte_yield = amounts["kept_bytes"] / amounts["bytes"]
    if byte_yield < LOW_YIELD:
        most = biggest(filters, rejected)
        warn(f"{profile} keeps only {byte_yield:.1%} of the bytes; most were rejected by {most}")
    shown = (
        funnel(amounts, filters, rejected, profile),
        *score_blocks(results, filters),
        *example_blocks(results, filters),
    )
    return Result(amounts | {"byte_yield": byte_yield}, shown)


def funnel(
    amounts: dict[str, float], filters: Sequence[Filter], rejected: npt.NDArray[np.int64], profile: str
) -> blocks.Block:
    """What came to each filter and what it rejected: documents, and bytes as they were before any filter."""
    columns = ["filter", "limits", "documents", "bytes", "rejected documents", "rejected bytes"]
    came = np.array([amounts["documents"], amounts["bytes"]], np.int64)
    before = came - (np.cumsum(rejected, axis=0) - rejected)
    rows = [
        [type(each).__name__, words(limits_of(each)), *left.tolist(), *gone.tolist()]
        for each, left, gone in zip(filters, before, rejected, strict=True)
    ]
    return blocks.table(f"Filters of {profile}", columns, rows)


def words(limits: dict[str, float]) -> str:
    return ", ".join(f"{name} {limit:,}" for name, limit in limits.items())


def score_blocks(results: Sequence[Shard], filters: Sequence[Filter]) -> Iterator[blocks.Block]:
    """How the documents that came to a filter score, to choose its limits by."""
    for number, edges in limited(filters):
        counts = np.sum([result["bins"][str(number)] for result in results], axis=0)
        title = f"Scores of {type(filters[number]).__name__} ({words(limits_of(filters[number]))})"
        if counts.any():
            yield blocks.histogram(title, "score", "documents", edges, counts.tolist())


def example_blocks(results: Sequence[Shard], filters: Sequence[Filter]) -> Iterator[blocks.Block]:
    for number, each in enumerate(filters):
        found = sorted(example for result in results for example in result["examples"].get(str(number), []))
        samples = [(f"{id} {detail}", text) for _, detail, id, text in found[:EXAMPLES]]
        if samples:
            yield blocks.texts(f"Rejected by {type(each).__name__}", samples)


def biggest(filters: Sequence[Filter], rejected: npt.NDArray[np.int64]) -> str:
    """The filters that rejected most, with their counts of documents."""
    counts = [
        (type(each).__name__, count) for each, (count, _) in zip(filters, rejected.tolist(), strict=True) if count
    ]
    return ", ".join(f"{name} ({count:,})" for name, count in sorted(counts, key=lambda pair: -pair[1])[:RULES_NAMED])
