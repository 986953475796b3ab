"""A team's own kinds of artifacts."""

from hagane.core.artifact import Artifact


class Lines(Artifact):
    """lines.txt: one document a line."""

    kind = "lines"


class Table(Artifact):
    """table.txt: one entry a line."""

    kind = "table"
    headline = True
    usage = "cat {path}/table.txt"
