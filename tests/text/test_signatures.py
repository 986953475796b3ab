"""Signatures agree as far as sets of n-grams are similar; the sets themselves are exact."""

import random

import numpy as np
import pytest

from hagane.core.errors import UsageError
from hagane.text.deduplication.comparison import letters, normalised
from hagane.text.deduplication.signatures import (
    BINS,
    EMPTY,
    FOUND,
    LONGEST,
    Similarity,
    band_keys,
    densified,
    grams,
    jaccard,
    signatures,
)


def gram_set(text: str, ngram: int) -> set[str]:
    text = normalised(text)
    return {text[start : start + ngram] for start in range(max(1, len(text) - ngram + 1))}


@pytest.mark.parametrize("ngram", [1, 2, 5, 13, 100])
def test_sets_have_the_sizes_and_the_similarity_of_sets_of_strings(ngram: int, sample: list[str]) -> None:
    texts = ["", "猫", "猫である", *sample[:8], "", *(text[40:] for text in sample[:8]), "猫", "猫で"]
    found = grams(*letters(texts), ngram)
    sets, wanted = [found.distinct(number) for number in range(len(texts))], [gram_set(text, ngram) for text in texts]
    assert [len(each) for each in sets] == [len(each) for each in wanted]
    for a in range(len(texts)):
        for b in range(len(texts)):
            assert jaccard(sets[a], sets[b]) == len(wanted[a] & wanted[b]) / len(wanted[a] | wanted[b])


@pytest.mark.parametrize("characters", [30, 120, 1_000, 5_000])
def test_bins_agree_as_often_as_the_sets_are_similar(characters: int, sample: list[str]) -> None:
    drawn = random.Random(characters)
    text, errors = "".join(sample), []
    for _ in range(150):
        start = drawn.randrange(len(text) - characters)
        one = list(text[start : start + characters])
        other = list(one)
        for _ in range(max(1, round(characters * drawn.choice((0.01, 0.03, 0.06))))):
            other[drawn.randrange(characters)] = drawn.choice(text)
        found = grams(*letters(["".join(one), "".join(other)]), 5)
        similarity = jaccard(found.distinct(0), found.distinct(1))
        signed = signatures(found)
        errors.append(float((signed[0] == signed[1]).mean()) - similarity)
    # a binomial of BINS draws, or of as many as a short text has n-grams
    deviation = 0.4 / min(BINS, characters) ** 0.5
    assert abs(np.mean(errors)) < 4 * deviation / len(errors) ** 0.5 and np.std(errors) < 1.5 * deviation


def test_a_document_has_one_signature_in_any_company(sample: list[str]) -> None:
    texts = ["", "猫", *sample[:30]]
    together = signatures(grams(*letters(texts), 5))
    alone = np.concatenate([signatures(grams(*letters([text]), 5)) for text in texts])
    assert (together == alone).all() and (together != EMPTY).all()


def test_densified_leaves_what_is_there() -> None:
    sparse = np.full((2, BINS), EMPTY)
    sparse[0, 7], sparse[1, ::2] = 70, np.arange(BINS // 2)
    full = densified(sparse)
    assert (full[0] == 70).all() and (full[1, ::2] == sparse[1, ::2]).all() and (full != EMPTY).all()


@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.5, 0.8, 0.85, 0.9, 0.99, 1.0])
def test_bands_find_pairs_at_the_threshold(threshold: float) -> None:
    similarity = Similarity(threshold, 5)
    rows, bands = similarity.rows, similarity.bands
    assert rows * bands <= BINS and (rows == 1 or 1 - (1 - threshold**rows) ** bands >= FOUND)
    rng = np.random.default_rng(0)
    one = rng.integers(0, 2**32, (2_000, BINS), dtype=np.uint32)
    other = np.where(rng.random(one.shape) < threshold, one, one + np.uint32(1))
    shared = (band_keys(one, similarity) == band_keys(other, similarity)).any(axis=0)
    assert shared.mean() >= (FOUND if rows > 1 else threshold) - 0.01
    assert ((one == other).sum(axis=1) >= similarity.least).mean() > 0.99


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.0001, float("nan")])
def test_a_threshold_out_of_range(threshold: float) -> None:
    with pytest.raises(UsageError, match=f"above 0 and at most 1, got {threshold}"):
        Similarity(threshold, 5)


@pytest.mark.parametrize("ngram", [0, -1, LONGEST + 1])
def test_an_ngram_out_of_range(ngram: int) -> None:
    with pytest.raises(UsageError, match=f"1 to {LONGEST} characters, got {ngram}"):
        Similarity(0.8, ngram)
