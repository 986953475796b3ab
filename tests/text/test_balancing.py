"""Passes over groups, against rinna's choices and by hand."""

import math
from typing import Any

import pytest

from hagane.core.errors import BadInput, UsageError
from hagane.text.mixing.balancing import epochs, parse_weights

CORPORA = ["corpora_0", "corpora_1"]
SIZES = {"cc100": 900, "wiki": 100}


@pytest.mark.parametrize(
    ("balance", "weights", "expected"),
    [
        ("none", {}, {"cc100": 1, "wiki": 1}),
        ("undersample", {}, {"cc100": 1 / 9, "wiki": 1}),
        ("oversample", {}, {"cc100": 1, "wiki": 9}),
        ("custom", {"cc100": 1, "wiki": 5}, {"cc100": 1, "wiki": 5}),
        ("undersample", {"cc100": 6, "wiki": 4}, {"cc100": 150 / 900, "wiki": 1}),
        ("oversample", {"cc100": 6, "wiki": 4}, {"cc100": 1, "wiki": 6}),
        ("oversample", {"cc100": 99, "wiki": 1}, {"cc100": 11, "wiki": 1}),
    ],
)
def test_passes(balance: Any, weights: dict[str, float], expected: dict[str, float]) -> None:
    assert epochs(SIZES, balance, weights, math.inf) == pytest.approx(expected)
    total = sum(SIZES[name] * passes for name, passes in expected.items())
    halved = epochs(SIZES, balance, weights, total / 2)
    assert halved == pytest.approx({name: passes / 2 for name, passes in expected.items()})


def test_weights_by_name_and_in_order() -> None:
    assert parse_weights(["1", "2.5"], "corpus", "custom", CORPORA) == {"corpora_0": 1, "corpora_1": 2.5}
    assert parse_weights(["a=b=2", "en=1"], "source", "oversample", CORPORA) == {"a=b": 2, "en": 1}
    assert parse_weights([], "language", "undersample", CORPORA) == {}


@pytest.mark.parametrize(
    ("weights", "by", "balance", "message"),
    [
        (["1", "0"], "corpus", "custom", "a weight wants a positive number, got '0': leave a corpus out"),
        (["1", "-2"], "corpus", "custom", "positive number, got '-2'"),
        (["1", "nan"], "corpus", "custom", "positive number, got 'nan'"),
        (["1", "inf"], "corpus", "custom", "positive number, got 'inf'"),
        (["ja=x"], "language", "custom", "positive number, got 'x'"),
        (["1", "2", "3"], "corpus", "custom", r"weights wants 2 numbers, one a corpus in their order, got \['1', '2'"),
        (["1", "2"], "language", "custom", "weights by language are given as NAME=NUMBER, got '1'"),
        (["ja=1", "ja=2"], "language", "custom", "weights names a language twice, got"),
        ([], "corpus", "custom", "balance=custom wants weights: give"),
        (["1", "2"], "corpus", "none", "balance=none takes no weights, got"),
    ],
)
def test_wrong_weights(weights: list[str], by: Any, balance: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_weights(weights, by, balance, CORPORA)


def test_weights_that_do_not_fit_the_corpora() -> None:
    with pytest.raises(BadInput, match="names what is not in the corpora, got 'en': there are ja, zh"):
        epochs({"ja": 1, "zh": 1}, "custom", {"ja": 1, "en": 1}, math.inf)
    with pytest.raises(BadInput, match="leaves out what is in the corpora, got 'zh'"):
        epochs({"ja": 1, "zh": 1}, "custom", {"ja": 1}, math.inf)
