"""Blocks of a report: what a component shows beside its metrics, as data that the report lays out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Block = dict[str, Any]
EXCERPT = 300  # characters of a text that a block shows (ours)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Block:
    """Rows of text and numbers under the columns' names."""
    return {"type": "table", "title": title, "columns": list(columns), "rows": [list(row) for row in rows]}


def series(title: str, x: str, y: str, lines: Mapping[str, Iterable[Sequence[float]]]) -> Block:
    """Named lines of (x, y) points; lines without points are left out."""
    drawn = [{"name": name, "points": [list(point) for point in points]} for name, points in lines.items()]
    return {"type": "series", "title": title, "x": x, "y": y, "series": [line for line in drawn if line["points"]]}


def histogram(title: str, x: str, y: str, edges: Sequence[float], counts: Sequence[float]) -> Block:
    """Bars between neighbouring edges, one fewer than these; the last bin is open where its edge is the greatest."""
    return {"type": "histogram", "title": title, "x": x, "y": y, "edges": list(edges), "counts": list(counts)}


def texts(title: str, samples: Iterable[tuple[str, str]]) -> Block:
    """Excerpts of texts, each with a label: foreign text, which whoever shows it must not take for markup."""
    rows = [{"label": label, "text": excerpt(text)} for label, text in samples]
    return {"type": "texts", "title": title, "samples": rows}


def excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
