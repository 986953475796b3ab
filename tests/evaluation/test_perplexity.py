import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from hagane.evaluation.perplexity import DataSet, Document, score, windows
from hagane.models.shapes import SpecialTokens, build_model, model_config
from hagane.training.device import reproducible

VOCABULARY, CONTEXT = 300, 32


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with reproducible(1):
        yield


@pytest.fixture(scope="module", params=["gpt2-smoke", "gpt-neox-smoke"])
def model(request: pytest.FixtureRequest) -> Any:
    return build_model(model_config(request.param, VOCABULARY, SpecialTokens(2, 3), context=CONTEXT), 3).eval()


def documents(*lengths: int) -> Iterator[Document]:
    random = np.random.default_rng(sum(lengths))
    return (Document(random.integers(0, VOCABULARY, length), 2 * length, 6 * length) for length in lengths)


def data(*lengths: int) -> DataSet:
    return DataSet("held out", sum(lengths) - len(lengths), documents(*lengths))


def test_a_document_within_the_context_has_transformers_own_loss(model: Any) -> None:
    (document,) = documents(CONTEXT)
    ids = torch.from_numpy(document.ids)[None]
    with torch.no_grad():
        loss = float(model(ids, labels=ids).loss)
    result = score(model, data(CONTEXT), CONTEXT, 16, 4, 0)
    assert result.tokens == CONTEXT - 1
    assert result.perplexity == pytest.approx(math.exp(loss), rel=1e-5)


def test_a_long_document_is_scored_by_sliding_windows(model: Any) -> None:
    """Against the plainest way: the log-likelihood of each token by itself, given what its window shows before it."""
    (document,) = documents(90)
    ids, stride, expected = torch.from_numpy(document.ids), 10, 0.0
    for target in range(1, 90):
        end = CONTEXT if target <= CONTEXT else min(89, CONTEXT + stride * math.ceil((target - CONTEXT) / stride))
        with torch.no_grad():
            logits = model(ids[None, max(0, end - CONTEXT) : target]).logits[0, -1]
        expected -= float(logits.log_softmax(-1)[ids[target]])
    result = score(model, data(90), CONTEXT, stride, 4, 0)
    assert result.negative_log_likelihood == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("length", [2, 31, 32, 33, 34, 48, 49, 50, 200])
@pytest.mark.parametrize("stride", [1, 7, 16, 32])
def test_each_token_after_the_first_is_scored_once_and_has_context(length: int, stride: int) -> None:
    ids = np.arange(length)
    covered = list(windows(ids, CONTEXT, stride))
    assert [n for window in covered for n in window.ids[len(window.ids) - window.scored :]] == list(range(1, length))
    assert all(len(window.ids) <= CONTEXT + 1 for window in covered)
    assert all(len(window.ids) - window.scored > CONTEXT - stride for window in covered[1:])


def test_a_uniform_model_needs_log2_of_the_vocabulary_a_token() -> None:
    model = build_model(model_config("gpt-neox-smoke", VOCABULARY, SpecialTokens(2, 3), context=CONTEXT), 0).eval()
    torch.nn.init.zeros_(model.get_output_embeddings().weight)
    result = score(model, data(20, 70), CONTEXT, 16, 2, 0)
    bits = (19 + 69) * math.log2(VOCABULARY)
    assert result.perplexity == pytest.approx(VOCABULARY)
    assert result.bits_per_character == pytest.approx(bits / (2 * 90))
    assert result.bits_per_byte == pytest.approx(bits / (6 * 90))


def test_the_batch_size_changes_nothing_but_rounding(model: Any) -> None:
    one, many = (score(model, data(5, 40, 90, 33), CONTEXT, 16, size, 0) for size in (1, 7))
    assert (one.documents, one.tokens, one.characters, one.bytes) == (4, 164, 336, 1008)
    assert many.negative_log_likelihood == pytest.approx(one.negative_log_likelihood, rel=1e-6)


def test_a_limit_takes_whole_documents(model: Any) -> None:
    assert [score(model, data(5, 40, 90), CONTEXT, 16, 4, limit).documents for limit in (1, 4, 5, 43, 44, 0)] == [
        1,
        1,
        2,
        2,
        3,
        3,
    ]
