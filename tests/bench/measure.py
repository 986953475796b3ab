"""Pairs of timings in one run, and the texts that they are taken on."""

import gzip
import json
import os
import statistics
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "japanese.jsonl.gz"
FOLDER = "BENCH_TEXT"  # of aozora.zip, works in the markup of Aozora Bunko, and debian-docs-ja.jsonl.gz
PAIRS = 5
CUT = 2_000  # characters at which novels are cut, at the next line's end
Work = Callable[[], Any]


@dataclass(frozen=True)
class Corpus:
    name: str
    texts: list[str]

    @property
    def megabytes(self) -> float:
        """10^6 bytes of UTF-8."""
        return sum(len(text.encode()) for text in self.texts) / 1e6


@cache
def corpora() -> tuple[Corpus, ...]:
    """Novels and manuals from the folder that BENCH_TEXT names; else the shipped sample."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return (Corpus("sample", texts_of(SAMPLE)),)
    novels = list(novel_pieces(Path(folder) / "aozora.zip"))
    return Corpus("aozora", novels), Corpus("debian", texts_of(Path(folder) / "debian-docs-ja.jsonl.gz"))


def texts_of(file: Path) -> list[str]:
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        return [json.loads(line)["text"] for line in stream]


def novel_pieces(archive: Path) -> Iterator[str]:
    from hagane.text.ingestion.aozora import plain_text
    from hagane.text.ingestion.encodings import decode

    with zipfile.ZipFile(archive) as works:
        for name in sorted(name for name in works.namelist() if name.endswith(".txt")):
            piece = ""
            for line in plain_text(decode(works.read(name))).splitlines(keepends=True):
                piece += line
                if len(piece) >= CUT:
                    yield piece
                    piece = ""
            if piece:
                yield piece


def seconds(work: Work) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


@dataclass(frozen=True)
class Pair:
    """Medians over the pairs; ``ratio`` is theirs by ours, so above 1 is faster."""

    ours: float
    theirs: float
    ratio: float


def paired(ours: Work, theirs: Work, same: Callable[[Any, Any], bool] | None = None, pairs: int = PAIRS) -> Pair:
    """Time both in turns, so that a machine that drifts slows both; with ``same`` their answers must agree."""
    timings = []
    for number in range(pairs):
        first, second = (ours, theirs) if number % 2 == 0 else (theirs, ours)
        a, b = seconds(first), seconds(second)
        mine, other = (a, b) if first is ours else (b, a)
        if same and not same(mine[1], other[1]):
            raise SystemExit("the answers differ: there is nothing to time")
        timings.append((mine[0], other[0]))
    return Pair(*map(statistics.median, zip(*((a, b, b / a) for a, b in timings), strict=True)))


def row(what: str, figure: str) -> None:
    print(f"| {what} | {figure} |", flush=True)


def rates(what: str, corpus: Corpus, pair: Pair, peer: str) -> None:
    ours, theirs = corpus.megabytes / pair.ours, corpus.megabytes / pair.theirs
    row(f"{what}, {corpus.name}", f"{ours:.1f} MB/s, {pair.ratio:.1f} times {peer} ({theirs:.1f} MB/s)")
