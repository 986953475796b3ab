"""What a corpus is made of: amounts by source and license, classes of characters, lengths, and a few texts."""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from hagane.blocks import Block, excerpt, histogram, table, texts
from hagane.scripts import CLASSES, count_classes
from hagane.text.ingestion.document_shards import Document

CHUNK = 1 << 16  # characters that are counted at once (ours): what fits in a core's cache
EXAMPLES = 5  # documents that the report quotes (ours)
SOURCES = 20  # pairs of source and license that the report names (ours)


class Statistics:
    """Sums over documents and faults: they add up in any order, and travel as JSON."""

    def __init__(self) -> None:
        self.amounts: dict[tuple[str, str], list[int]] = {}  # documents, bytes and characters by source and license
        self.classes = np.zeros(len(CLASSES), np.int64)  # characters
        self.lengths: Counter[int] = Counter()  # documents by the bits of their number of characters
        self.examples: list[tuple[str, str, str]] = []  # least digests, their sources and excerpts
        self.reasons: Counter[str] = Counter()  # of faults

    def add(self, documents: Sequence[Document]) -> None:
        for document in documents:
            amount = self.amounts.setdefault((document.source, document.license), [0, 0, 0])
            amount[0] += 1
            amount[1] += len(document.content)
            amount[2] += len(document.text)
            self.lengths[len(document.text).bit_length()] += 1
        together = "".join(document.text for document in documents)
        for start in range(0, len(together), CHUNK):
            self.classes += count_classes(together[start : start + CHUNK])
        least = heapq.nsmallest(EXAMPLES, documents, key=lambda document: document.text_digest)
        self.keep([(document.text_digest, document.source, excerpt(document.text)) for document in least])

    def keep(self, examples: Iterable[tuple[str, str, str]]) -> None:
        self.examples = heapq.nsmallest(EXAMPLES, {*self.examples, *examples})

    def as_json(self) -> dict[str, Any]:
        return {
            "amounts": [[*pair, *amount] for pair, amount in self.amounts.items()],
            "classes": self.classes.tolist(),
            "lengths": list(self.lengths.items()),
            "examples": self.examples,
            "reasons": list(self.reasons.items()),
        }

    def merge(self, other: dict[str, Any]) -> None:
        """Add what ``as_json`` gave."""
        for source, license, *amount in other["amounts"]:
            before = self.amounts.get((source, license), [0, 0, 0])
            self.amounts[source, license] = [a + b for a, b in zip(before, amount, strict=True)]
        self.classes += np.array(other["classes"])
        self.lengths.update(dict(other["lengths"]))
        self.keep(tuple(example) for example in other["examples"])
        self.reasons.update(dict(other["reasons"]))

    @property
    def totals(self) -> list[int]:
        """Documents, bytes and characters."""
        return [sum(column) for column in zip(*self.amounts.values(), strict=True)] or [0, 0, 0]

    def blocks(self) -> tuple[Block, ...]:
        """The report; what is empty is left out."""
        total = self.classes.sum()
        shares = [[name, int(n), f"{n / total:.1%}"] for name, n in zip(CLASSES, self.classes, strict=True)]
        samples = [(source, text) for _, source, text in self.examples]
        found = [
            table("Documents", ("source", "license", "documents", "bytes", "characters"), self.rows()),
            table("Characters", ("class", "characters", "share"), shares),
            self.histogram(),
            texts("Examples", samples),
        ]
        quarantined = table("Quarantine", ("reason", "records"), self.reasons.most_common())
        return (*found, quarantined) if self.reasons else tuple(found)

    def rows(self) -> list[list[Any]]:
        """The largest sources first, the many small ones together."""
        ordered = sorted(self.amounts.items(), key=lambda item: (-item[1][1], item[0]))
        rest = [amount for _, amount in ordered[SOURCES:]]
        others = [[f"{len(rest):,} others", "", *map(sum, zip(*rest, strict=True))]] if rest else []
        return [[*pair, *amount] for pair, amount in ordered[:SOURCES]] + others

    def histogram(self) -> Block:
        first, last = min(self.lengths), max(self.lengths)
        edges = [2 ** (bits - 1) for bits in range(first, last + 2)]
        counts = [self.lengths[bits] for bits in range(first, last + 1)]
        return histogram("Lengths", "characters", "documents", edges, counts)
