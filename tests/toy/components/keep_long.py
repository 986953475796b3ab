"""Drop short lines."""

from hagane.core.component import Component, Input, Output, Param, Resources, Result
from toylib.kinds import Lines


class KeepLong(Component):
    """Drop lines that are too short."""

    environment = "plain"
    resources = Resources(cpu=2, memory="1Gi")

    lines: Lines = Input("Lines to filter.")
    kept: Lines = Output("Lines that are long enough.")
    short: Lines = Output("Lines that are too short.")
    minimum: int = Param("Shortest line to keep, in characters.", default=5)
    workers: int = Param("Processes.", default=0, semantic=False)

    def run(self) -> Result:
        from toylib.lines import keep_long

        return keep_long(self.lines.path, self.kept.path, self.short.path, self.minimum)
