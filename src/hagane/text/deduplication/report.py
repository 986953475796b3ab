"""What deduplication found: the clusters as a file, and amounts, similarities and examples for the report."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hagane import blocks
from hagane.core.component import Result
from hagane.storage.shards import Shard

CLUSTERS = "clusters.parquet"
KINDS = ("unique", "exact_duplicate", "near_duplicate")
UNIQUE, EXACT, NEAR = range(len(KINDS))
VERDICT = np.dtype([("survivor", np.int64), ("similarity", np.float64), ("kind", np.int8)])  # kind: a place in KINDS
SIMILARITY = pa.field("similarity", pa.float64())
MEMBER = pa.schema([pa.field("survivor", pa.large_string()), pa.field("document", pa.large_string()), SIMILARITY])
MEMBERS = 100_000  # in a row group (ours)
LARGEST = 10  # clusters that the report shows (ours)
BINS = 10  # of similarities (ours)

Digests = npt.NDArray[np.uint64]  # (documents, 2): 16 bytes each, as numpy can sort them
Verdicts = npt.NDArray[np.void]  # (documents,) of VERDICT


def hexadecimal(digests: Digests) -> list[str]:
    return [digest.tobytes().hex() for digest in digests]


def cluster_sizes(verdicts: Verdicts) -> dict[int, int]:
    """Documents of each survivor that has others, itself included: the largest first, of equal ones the earlier."""
    survivors, others = np.unique(verdicts["survivor"][verdicts["kind"] != UNIQUE], return_counts=True)
    order = np.argsort(-others, kind="stable")
    return dict(zip(survivors[order].tolist(), (others[order] + 1).tolist(), strict=True))


def write_clusters(file: Path, verdicts: Verdicts, ids: Digests) -> None:
    """A row for each removed document, by the order of those that stay, then by its own."""
    gone = np.flatnonzero(verdicts["kind"] != UNIQUE)
    gone = gone[np.argsort(verdicts["survivor"][gone], kind="stable")]
    with pq.ParquetWriter(file, MEMBER, compression="zstd") as writer:
        for start in range(0, len(gone), MEMBERS):
            part = gone[start : start + MEMBERS]
            survivors, similarities = verdicts["survivor"][part], verdicts["similarity"][part]
            columns = [hexadecimal(ids[survivors]), hexadecimal(ids[part]), similarities]
            writer.write_table(pa.table(columns, schema=MEMBER))


class Tally:
    """Amounts of one shard by kind, and how the survivors of the ``largest`` clusters begin."""

    def __init__(self, largest: Sequence[int]) -> None:
        self.largest = frozenset(largest)
        self.amounts = np.zeros((len(KINDS), 2), np.int64)  # documents and bytes
        self.excerpts: dict[int, str] = {}

    def add(self, batch: pa.RecordBatch, start: int, kinds: npt.NDArray[np.int8]) -> None:
        """Count a batch whose first document has the number ``start``."""
        texts = batch.column("text")
        np.add.at(self.amounts[:, 0], kinds, 1)
        np.add.at(self.amounts[:, 1], kinds, pc.binary_length(texts).to_numpy(zero_copy_only=False))
        for number in self.largest.intersection(range(start, start + len(batch))):
            self.excerpts[number] = blocks.excerpt(texts[number - start].as_py())

    def result(self) -> Shard:
        return {"amounts": self.amounts.tolist(), "excerpts": {str(n): text for n, text in self.excerpts.items()}}


def report(
    results: Sequence[Shard], sizes: dict[int, int], similarities: npt.NDArray[np.float64], threshold: float
) -> Result:
    """Amounts by kind; ``similarities`` are those of the near-duplicates to the documents that stay for them."""
    amounts = np.sum([result["amounts"] for result in results], axis=0).tolist()
    documents, size = map(sum, zip(*amounts, strict=True))
    metrics = {
        "documents": documents,
        "bytes": size,
        "kept_documents": amounts[UNIQUE][0],
        "kept_bytes": amounts[UNIQUE][1],
        "duplicates": documents - amounts[UNIQUE][0],
        "exact_duplicates": amounts[EXACT][0],
        "near_duplicates": amounts[NEAR][0],
        "clusters": len(sizes),
    }
    excerpts = {int(number): text for result in results for number, text in result["excerpts"].items()}
    rows = [[kind, *amount] for kind, amount in zip(KINDS, amounts, strict=True)]
    shown = [blocks.table("Documents", ["kind", "documents", "bytes"], rows)]
    if len(similarities):
        shown.append(similarity_histogram(similarities, threshold))
    if sizes:
        shown += [size_histogram(list(sizes.values())), largest_clusters(sizes, excerpts)]
    return Result({name: float(value) for name, value in metrics.items()}, tuple(shown))


def similarity_histogram(similarities: npt.NDArray[np.float64], threshold: float) -> blocks.Block:
    edges = np.linspace(min(threshold, 1 - BINS / 100), 1, BINS + 1)
    counts, _ = np.histogram(similarities, edges)
    title = "Similarity of near-duplicates to the documents that stay"
    return blocks.histogram(title, "Jaccard similarity", "documents", edges.tolist(), counts.tolist())


def size_histogram(sizes: Sequence[int]) -> blocks.Block:
    edges = [2**power for power in range(1, max(sizes).bit_length() + 1)]
    counts, _ = np.histogram(sizes, edges)
    return blocks.histogram("Sizes of clusters", "documents", "clusters", edges, counts.tolist())


def largest_clusters(sizes: dict[int, int], excerpts: dict[int, str]) -> blocks.Block:
    shown = [(f"{sizes[number]:,} documents", excerpts[number]) for number in list(sizes)[:LARGEST]]
    return blocks.texts("Largest clusters, by the document that stays", shown)
