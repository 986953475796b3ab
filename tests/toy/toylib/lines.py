"""Lines of text on disk."""

from collections import Counter
from pathlib import Path

from hagane.core.component import Result
from hagane.core.errors import BadInput


def read(folder: Path) -> list[str]:
    return (folder / "lines.txt").read_text(encoding="utf-8").splitlines()


def write(folder: Path, lines: list[str]) -> Result:
    (folder / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
    return Result({"lines": len(lines)})


def keep_long(source: Path, kept: Path, short: Path, minimum: int) -> Result:
    lines = read(source)
    good = [line for line in lines if len(line) >= minimum]
    if not good:
        raise BadInput("no line is left", minimum, "lower minimum")
    write(short, [line for line in lines if len(line) < minimum])
    return write(kept, good)


def count(corpora: list[Path], table: Path, top: int) -> Result:
    counts = Counter(character for corpus in corpora for line in read(corpus) for character in line)
    entries = sorted(counts, key=lambda character: (-counts[character], character))[:top]
    (table / "table.txt").write_text("\n".join(entries), encoding="utf-8")
    return Result({"entries": len(entries)})
