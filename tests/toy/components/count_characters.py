"""Count characters."""

from dataclasses import dataclass
from typing import Literal

from hagane.core.component import Component, Input, Output, Param, Result
from toylib.kinds import Lines, Table


@dataclass(frozen=True)
class Sampling:
    """What is counted."""

    lines: int = 1_000
    seed: int = 0


class CountCharacters(Component):
    """List the most frequent characters of one or more corpora."""

    environment = "plain"

    corpora: tuple[Lines, ...] = Input("Lines to count.")
    table: Table = Output("The most frequent characters.")
    top: int = Param("How many.", default=100)
    order: Literal["frequency", "code"] = Param("How they are listed.", default="frequency")
    sampling: Sampling = Param("What is counted.", default=Sampling())

    def run(self) -> Result:
        from toylib.lines import count

        return count([corpus.path for corpus in self.corpora], self.table.path, self.top)
