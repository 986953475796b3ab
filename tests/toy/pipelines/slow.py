"""A pipeline with a slow task."""

from components.read_lines import ReadLines
from components.slow_copy import SlowCopy
from hagane.core.component import Source


def slow(corpus: Source, journal: str, seconds: float = 0.0) -> None:
    """Read, then copy slowly."""
    SlowCopy(lines=ReadLines(source=corpus).lines, seconds=seconds, journal=journal)
