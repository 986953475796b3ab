"""The frequent characters of one text."""

from components.count_characters import CountCharacters
from components.keep_long import KeepLong
from components.read_lines import ReadLines
from hagane.core.component import Source

PRESETS = {"few": {"top": 3, "minimum": 2}, "shipped": {"corpus": "corpus.txt"}}


def frequent_characters(corpus: Source, top: int = 100, minimum: int = 5) -> None:
    """Read, filter, and count."""
    raw = ReadLines(source=corpus)
    clean = KeepLong(lines=raw.lines, minimum=minimum)
    CountCharacters(corpora=(clean.kept,), top=top)
