"""Copy slowly."""

from hagane.core.component import Component, Input, Output, Param, Result
from toylib.kinds import Lines


class SlowCopy(Component):
    """Copy lines in two pieces, slowly, and note every process that does."""

    environment = "plain"

    lines: Lines = Input("Lines.")
    copied: Lines = Output("The same.")
    seconds: float = Param("How long.", default=0.0, semantic=False)
    journal: str = Param("Where to note the process.", semantic=False)

    def run(self) -> Result:
        import os
        import time
        from pathlib import Path

        from toylib.lines import read, write

        with Path(self.journal).open("a") as journal:
            journal.write(f"{os.getpid()}\n")
        (self.work / "started").touch()
        (self.copied.path / "first.txt").write_text("one")
        time.sleep(self.seconds)
        return write(self.copied.path, read(self.lines.path))
