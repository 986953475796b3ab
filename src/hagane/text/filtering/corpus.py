"""Filter documents by a HojiChar profile, shard by shard; other limits are replayed on the scores of an earlier run."""

from collections.abc import Sequence
from functools import partial
from itertools import compress, repeat
from pathlib import Path

import pyarrow as pa

from hagane.core.component import Result
from hagane.core.errors import BadInput
from hagane.storage.documents import (
    SHARD,
    ShardWriter,
    digest,
    record_batches,
    schema_of,
    shards,
    with_columns,
    with_verdict,
)
from hagane.storage.shards import Shard, gather, map_shards
from hagane.text.filtering.profiles import load_profile
from hagane.text.filtering.replay import replay, replayable
from hagane.text.filtering.report import Tally, report
from hagane.text.filtering.scores import Known, ScoreWriter, read_scores
from hagane.text.filtering.screening.screen import KEPT, FilterFailed, Screen, Screened
from hagane.text.filtering.verdicts import evidence, verdicts

ACCEPTED, REJECTED, SCORES = "kept.parquet", "rejected.parquet", "scores.parquet"
Settings = tuple[str, str, tuple[str, ...]]  # profile, profile file, thresholds


def filter_documents(
    documents: Path,
    kept: Path,
    rejected: Path,
    scores: Path,
    work: Path,
    profile: str,
    profile_file: str = "",
    thresholds: Sequence[str] = (),
    earlier: Path | None = None,
    workers: int = 0,
) -> Result:
    """Write each shard's documents to ``kept``, as the filters leave them, or as they were to ``rejected``.

    ``scores`` gets what each filter that a document came to compared with its limits. ``earlier`` are the scores of
    the same documents and profile at other thresholds, which spare the filters the text. Raises UsageError for an
    unknown profile or threshold, BadInput for a profile or filter that fails and if nothing is kept.
    """
    settings = (profile, profile_file, tuple(thresholds))
    screen = load_screen(settings)  # a mistake is told before any worker starts
    results = map_shards(partial(filter_shard, settings=settings, earlier=earlier), shards(documents), work, workers)
    for name, output in ((ACCEPTED, kept), (REJECTED, rejected), (SCORES, scores)):
        gather(work, name, output, SHARD)
    return report(results, screen.filters, profile_file or profile)


def load_screen(settings: Settings) -> Screen:
    return Screen(load_profile(*settings).filters)


def filter_shard(shard: Path, folder: Path, settings: Settings, earlier: Path | None) -> Shard:
    """Filter one shard; what each filter rejected of it."""
    screen = load_screen(settings)
    schema, tally = schema_of(shard), Tally(screen.filters)
    with (
        ShardWriter(folder / ACCEPTED, schema) as kept,
        ShardWriter(folder / REJECTED, with_verdict(schema)) as rejected,
        ScoreWriter(folder / SCORES, screen) as scores,
    ):
        known = read_scores(earlier / shard.name, screen) if earlier and replayable(screen) else repeat(None)
        for batch in record_batches(shard):
            texts = batch.column("text").to_pylist()
            screened, replayed = screen_batch(screen, batch, texts, next(known))
            found = evidence(screen.filters, screened)
            scores.write(batch, screened, found)
            passed = screened.rejected_by == KEPT
            good, bad = batch.filter(pa.array(passed)), batch.filter(pa.array(~passed))
            good = with_texts(good, list(compress(texts, passed)), list(compress(screened.texts, passed)))
            rules = verdicts(screen.filters, screened, found)
            kept.add_batch(good)
            rejected.add_batch(with_columns(bad, rejected.schema, **rules))
            tally.add(batch, good, bad, screened, rules["detail"], replayed)
    return tally.result()


def screen_batch(screen: Screen, batch: pa.RecordBatch, texts: list[str], known: Known | None) -> tuple[Screened, int]:
    """The batch's texts, screened, and how many of them no filter had to read."""
    try:
        return replay(screen, texts, known) if known else (screen.apply(texts), 0)
    except FilterFailed as failed:
        what = f"{failed.filter} failed on document {batch.column('id')[failed.number]}"
        raise BadInput(what, fix=repr(failed.error)) from failed.error


def with_texts(batch: pa.RecordBatch, before: list[str], texts: list[str]) -> pa.RecordBatch:
    """The batch, whose texts were ``before``, with others and their digests."""
    if texts == before:
        return batch
    digests = [
        old if text == was else digest(text)
        for text, was, old in zip(texts, before, batch.column("text_digest").to_pylist(), strict=True)
    ]
    return with_columns(batch, batch.schema, text=texts, text_digest=digests)
