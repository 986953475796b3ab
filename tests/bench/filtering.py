"""Filtering by HojiChar's profile for web pages: beside HojiChar, on two workers, and from gzip to parquet."""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ingestion import floor, ingested, write
from measure import Corpus, corpora, paired, rates, row

PROFILE = "japanese-web"
TIMES = 8  # each text in the corpus that workers share, in which their start counts for less
SHARD = 16  # megabytes


def main() -> None:
    for corpus in corpora():
        beside_hojichar(corpus)
        with tempfile.TemporaryDirectory() as folder:
            on_two_workers(corpus, Path(folder))
            from_gzip(corpus, Path(folder))


def beside_hojichar(corpus: Corpus) -> None:
    """Texts in memory to decisions and texts, in one process."""
    from hojichar import Compose, Document

    from hagane.text.filtering.profiles import PROFILES
    from hagane.text.filtering.screening.screen import KEPT, Screen, Screened

    screen, compose = Screen(PROFILES[PROFILE]()), Compose(PROFILES[PROFILE]())

    def by_hojichar(texts: Sequence[str]) -> list[Any]:
        return [compose.apply(Document(text)) for text in texts]

    def same(ours: Screened, theirs: list[Any]) -> bool:
        rules = [screen.names[place] if place != KEPT else "" for place in ours.rejected_by]
        theirs_rules = [each.reject_reason.get("name", "-").partition("-")[2] for each in theirs]
        return rules == theirs_rules and ours.texts == [each.text for each in theirs]

    pair = paired(partial(screen.apply, corpus.texts), partial(by_hojichar, corpus.texts), same)
    rates(f"Filtering by `{PROFILE}`, in memory", corpus, pair, "HojiChar's Compose")


def on_two_workers(corpus: Corpus, folder: Path) -> None:
    from hagane.storage.documents import document, write_shards

    documents = folder / "documents"
    documents.mkdir()
    rows = (document(text, corpus.name, str(number), "MIT") for number, text in enumerate(TIMES * corpus.texts))
    write_shards(documents, rows, SHARD)
    pair = paired(partial(filtered, documents, 2), partial(filtered, documents, 1), dict.__eq__)
    rate = TIMES * corpus.megabytes / pair.ours
    row(f"filter-corpus, two workers, {corpus.name}", f"{rate:.1f} MB/s, {pair.ratio:.2f} times one worker")


def filtered(documents: Path, workers: int) -> dict[str, float]:
    """The component's own function; what it counted."""
    from hagane.text.filtering.corpus import filter_documents

    with tempfile.TemporaryDirectory(dir=documents.parent) as home:
        folders = [Path(home) / name for name in ("kept", "rejected", "scores", "work")]
        for folder in folders:
            folder.mkdir()
        return filter_documents(documents, *folders, PROFILE, workers=workers).metrics


def from_gzip(corpus: Corpus, folder: Path) -> None:
    """ingest-corpus and filter-corpus one after the other, in one process."""
    source = folder / "corpus.jsonl.gz"
    write(source, corpus.texts)

    def ours() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as home:
            ingested(source, Path(home))
            filtered(Path(home) / "documents", 1)

    pair = paired(ours, partial(floor, source, folder / "floor.parquet"))
    rates("gzip JSONL to filtered parquet with its report", corpus, pair, "bare reading and writing")


if __name__ == "__main__":
    main()
