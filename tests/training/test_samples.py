from pathlib import Path

import numpy as np
import pytest

from hagane.storage.names import Layout
from hagane.storage.tokens import SPLITS, TokensMeta, TokenStream, TokenWriter, write_meta
from hagane.training.samples import IGNORED, Samples, validation_batches

LENGTHS = (4, 1, 9, 2, 6, 1, 12, 3, 5)  # of documents, whose ids run on: every stretch of the stream is unique
ENDS = np.cumsum(LENGTHS).tolist()
CONTEXT = 5


@pytest.fixture(params=["packed", "windows"])
def layout(request: pytest.FixtureRequest) -> Layout:
    chosen: Layout = request.param
    return chosen


def stream(folder: Path, layout: Layout, split: str = "train") -> TokenStream:
    """Both splits hold the same documents, in three shards."""
    ids = np.split(np.arange(ENDS[-1]), ENDS[:-1])
    for name in SPLITS:
        for number in range(3):
            with TokenWriter(folder / name / f"part-{number:05}", "<u2") as writer:
                writer.append(ids[3 * number : 3 * number + 3], np.zeros(3, int), np.zeros(3, int))
    write_meta(folder, TokensMeta(layout, "<u2", ENDS[-1], None, 3, ()))
    return TokenStream(folder, split)


def samples_of(samples: Samples, epoch: int) -> list[list[int]]:
    first = epoch * samples.size
    return [samples.sample(number).tolist() for number in range(first, first + samples.size)]


def test_packed_samples_cover_the_stream_and_share_only_a_target(tmp_path: Path) -> None:
    samples = Samples(stream(tmp_path, "packed"), CONTEXT, seed=1)
    for epoch in (0, 1, 7):
        assert sorted(samples_of(samples, epoch)) == [list(range(n, n + 6)) for n in range(0, ENDS[-1] - CONTEXT, 5)]


def test_windows_are_stretches_of_each_document_once_an_epoch(tmp_path: Path) -> None:
    samples = Samples(stream(tmp_path, "windows"), CONTEXT, seed=1)
    for epoch in (0, 1, 7):
        found = sorted(samples_of(samples, epoch))
        for sample, length, end in zip(found, [n for n in LENGTHS if n > 1], [4, 14, 16, 22, 35, 38, 43], strict=True):
            assert sample == list(range(sample[0], sample[0] + min(length, CONTEXT + 1)))
            assert end - length <= sample[0] and sample[-1] < end


def test_windows_start_anywhere_that_leaves_a_whole_one(tmp_path: Path) -> None:
    """By rinna's rule from 0 to below max(1, length - context); the seven of the document of twelve equally often."""
    samples = Samples(stream(tmp_path, "windows"), CONTEXT, seed=1)
    starts = [min(ids) - 23 for epoch in range(700) for ids in samples_of(samples, epoch) if 23 <= ids[0] < 35]
    counts = np.bincount(starts, minlength=7)
    assert len(counts) == 7 and counts.sum() == 700
    assert ((counts - 100) ** 2 / 100).sum() < 22.46  # chi-squared of 6 degrees of freedom, p = 0.001


def test_a_sample_depends_on_seed_epoch_and_number_alone(tmp_path: Path, layout: Layout) -> None:
    data = stream(tmp_path, layout)
    one, again, other = (Samples(data, CONTEXT, seed) for seed in (1, 1, 2))
    whole = one.batch(0, 5 * one.size)
    for start in reversed(range(5 * one.size - 2)):
        part = again.batch(start, start + 3)
        assert np.array_equal(part, whole[start : start + 3, : part.shape[1]])
        assert (whole[start : start + 3, part.shape[1] :] == IGNORED).all()
    epochs = [samples_of(one, epoch) for epoch in range(5)]
    assert len({str(epoch) for epoch in [*epochs, samples_of(other, 0)]}) == 6


def test_targets_are_what_a_batch_predicts(tmp_path: Path, layout: Layout) -> None:
    samples = Samples(stream(tmp_path, layout), CONTEXT, seed=1)
    for start in range(3 * samples.size):
        for stop in range(start + 1, 3 * samples.size):
            assert samples.targets(start, stop) == np.count_nonzero(samples.batch(start, stop)[:, 1:] != IGNORED)


def test_short_samples_are_filled_up_to_the_longest_of_their_batch(tmp_path: Path) -> None:
    samples = Samples(stream(tmp_path, "windows"), CONTEXT, seed=1)
    batch = samples.batch(0, samples.size)
    assert batch.shape == (7, CONTEXT + 1)
    for row, number in zip(batch.tolist(), range(samples.size), strict=True):
        sample = samples.sample(number).tolist()
        assert row == sample + [IGNORED] * (CONTEXT + 1 - len(sample))


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_packed_validation_predicts_every_token_after_the_first_once(tmp_path: Path, batch_size: int) -> None:
    batches = list(validation_batches(stream(tmp_path, "packed", "validation"), CONTEXT, batch_size))
    targets = np.concatenate([batch[:, 1:].ravel() for batch in batches])
    assert targets[targets != IGNORED].tolist() == list(range(1, ENDS[-1]))
    assert max(map(len, batches)) <= batch_size


def test_validation_of_windows_takes_the_first_tokens_of_each_document(tmp_path: Path) -> None:
    (batch,) = validation_batches(stream(tmp_path, "windows", "validation"), CONTEXT, 100)
    found = [row[row != IGNORED].tolist() for row in batch]
    documents = [(end - n, n) for n, end in zip(LENGTHS, ENDS, strict=True) if n > 1]
    assert found == [list(range(start, start + min(n, CONTEXT))) for start, n in documents]


def test_a_validation_ends_before_it_takes_too_long(
    tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_out = stream(tmp_path, layout, "validation")
    whole = np.concatenate([row[row != IGNORED] for batch in validation_batches(held_out, CONTEXT, 1) for row in batch])
    for most in (1, 11):
        monkeypatch.setattr("hagane.training.samples.VALIDATION_TOKENS", most)
        rows = [row[row != IGNORED] for batch in validation_batches(held_out, CONTEXT, 1) for row in batch]
        assert sum(len(row) - 1 for row in rows[1:]) < most
        assert np.array_equal(np.concatenate(rows), whole[: sum(map(len, rows))])


def test_an_empty_split_gives_no_validation(tmp_path: Path, layout: Layout) -> None:
    write_meta(tmp_path, TokensMeta(layout, "<u2", 10, 2, 3, ()))
    assert list(validation_batches(TokenStream(tmp_path, "validation"), CONTEXT, 2)) == []
