"""What hagane costs beside its peers, as rows of README's table: ``python tests/bench [TOPIC...]``.

Nothing here passes or fails by its speed. BENCH_TEXT=FOLDER takes the novels and manuals there instead of the sample.
"""

import sys
from importlib import import_module
from pathlib import Path

TOPICS = sorted(file.stem for file in Path(__file__).parent.glob("*.py") if file.stem not in ("__main__", "measure"))


def main() -> None:
    if unknown := set(sys.argv[1:]) - set(TOPICS):
        raise SystemExit(f"no such topic: {', '.join(unknown)}; choose from {', '.join(TOPICS)}")
    for topic in sys.argv[1:] or TOPICS:
        import_module(topic).main()


if __name__ == "__main__":
    main()
