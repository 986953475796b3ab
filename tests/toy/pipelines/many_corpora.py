"""The frequent characters of several texts."""

from components.count_characters import CountCharacters, Sampling
from components.keep_long import KeepLong
from components.read_lines import ReadLines
from hagane.core.component import Source
from hagane.core.graph import Static


def many_corpora(corpora: Static[list[Source]], seed: int = 1, workers: int = 0) -> None:
    """Read and filter each corpus, then count over all."""
    raw = [ReadLines(source=corpus) for corpus in corpora]
    clean = [KeepLong(lines=r.lines, workers=workers) for r in raw]
    CountCharacters(corpora=tuple(c.kept for c in clean), sampling=Sampling(lines=500, seed=seed))
