"""Bring text in."""

from hagane.core.component import Component, Output, Param, Result, Source
from toylib.kinds import Lines


class ReadLines(Component):
    """Bring text in, one document a line."""

    environment = "plain"

    lines: Lines = Output("The lines.")
    source: Source = Param("Where the text is.")

    def run(self) -> Result:
        from pathlib import Path

        from toylib.lines import write

        return write(self.lines.path, Path(self.source).read_text(encoding="utf-8").splitlines())
