"""Seconds and peak memory of the text components as the corpus grows: both should stay flat by document."""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measure import ROOT, corpora, row

SIZES = (10, 100, 1_000)  # megabytes of text
KANJI = range(0x4E00, 0x9FA0)
STEPS = {
    "ingest-corpus": {"source": "SOURCE", "license": "CC0-1.0"},
    "filter-corpus": {"documents": "ingest-corpus.documents", "profile": "japanese-technical"},
    "deduplicate-corpus": {"corpora": "ingest-corpus.documents"},
    "train-tokenizer": {"corpora": "ingest-corpus.documents", "vocab_size": "16000", "sample_megabytes": "2"},
    "pack-tokens": {"documents": "ingest-corpus.documents", "tokenizer": "train-tokenizer.tokenizer"},
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            source = Path(folder) / f"{size}.jsonl"
            count = write(source, size * 1_000_000)
            run_steps(source, count, f"{size:,} MB, {count:,} documents", Path(folder) / f"store-{size}")
            source.unlink()


def write(file: Path, size: int) -> int:
    """Write so many bytes of distinct documents; how many they are."""
    count = written = 0
    with file.open("w", encoding="utf-8") as stream:
        for text in distinct():
            stream.write(json.dumps({"id": count, "text": text}, ensure_ascii=False) + "\n")
            count += 1
            written += len(text.encode())
            if written >= size:
                return count
    return count


def distinct() -> Iterator[str]:
    """The corpora without end, their kanji moved on each time, so that no copy is near another."""
    texts = [text for corpus in corpora() for text in corpus.texts]
    copy = 0
    while True:
        copy += 1
        moved = {code: KANJI[(code - KANJI[0] + 97 * copy) % len(KANJI)] for code in KANJI}
        yield from (text.translate(moved) for text in texts)


def run_steps(source: Path, count: int, what: str, store: Path) -> None:
    made = {"SOURCE": str(source)}
    for component, settings in STEPS.items():
        given = [f"{name}={made.get(value, value)}" for name, value in settings.items()]
        task, peak = run(component, *given, store=store)
        made |= {f"{component}.{name}": output["uri"] for name, output in task["outputs"].items()}
        cost = task["seconds"] / count * 1e6
        row(f"{component}, {what}", f"{task['seconds']:.1f} s, {cost:.0f} µs a document, {peak:.0f} MB at the most")


def run(*arguments: str, store: Path) -> tuple[dict[str, Any], float]:
    """The task of a component run alone, and the peak memory in MB of the largest process."""
    command = [sys.executable, __file__, "-m", "hagane", "run", *arguments, "--json", "--store", str(store)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)
    report, peak = done.stdout.rstrip().rsplit("\n", 1)
    return json.loads(report)["tasks"][0], int(peak) / 1e3


def measured() -> None:
    """In a process of its own: run Python with the arguments and print the peak memory of its descendants in kB."""
    code = subprocess.run([sys.executable, *sys.argv[1:]]).returncode
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    sys.exit(code)


if __name__ == "__main__":
    measured()
