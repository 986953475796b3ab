"""mypy refuses every wrong wiring, and nothing else."""

import re
import subprocess
import sys

from workbench import ROOT

WRONG = "tests/typing/wrong_wirings.py"


def test_mypy_refuses_exactly_the_wrong_wirings() -> None:
    lines = (ROOT / WRONG).read_text().splitlines()
    expected = {(n, m[1]) for n, line in enumerate(lines, 1) if (m := re.search(r"# wrong: ([\w-]+)", line))}
    mypy = subprocess.run([sys.executable, "-m", "mypy", WRONG], cwd=ROOT, capture_output=True, text=True)
    found = {(int(n), code) for n, code in re.findall(rf"{WRONG}:(\d+): error: .* \[([\w-]+)\]", mypy.stdout)}
    assert found == expected and len(expected) >= 10, mypy.stdout
