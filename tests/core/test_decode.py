"""Values from text, JSON and KFP's doubles, by their declared types."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from hagane.core.component import Source
from hagane.core.decode import decode, encode
from hagane.core.errors import UsageError


@dataclass(frozen=True)
class Sampling:
    lines: int = 5
    seed: int = 0


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (int, "7", 7),
        (int, 7.0, 7),
        (float, "1e-4", 1e-4),
        (float, 3, 3.0),
        (bool, "true", True),
        (bool, 0, False),
        (str, "日本語", "日本語"),
        (str, "=a,b", "=a,b"),
        (Source, "corpus.txt", Source("corpus.txt")),
        (Literal["a", "b"], "b", "b"),
        (list[str], "a,b", ["a", "b"]),
        (list[str], '["a,b"]', ["a,b"]),
        (list[int], [1.0, 2.0], [1, 2]),
        (tuple[float, ...], "0.9,0.95", (0.9, 0.95)),
        (int | None, "", None),
        (int | None, "3", 3),
        (Sampling, '{"seed": 7.0}', Sampling(seed=7)),
        (Sampling, {"lines": "9"}, Sampling(lines=9)),
    ],
)
def test_a_value_becomes_its_declared_type(kind: Any, value: Any, expected: Any) -> None:
    decoded = decode(kind, value, "it")
    assert decoded == expected and type(decoded) is type(expected)
    assert decode(kind, encode(decoded), "it") == expected, "what is encoded is decoded again"


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (int, "seven", "it wants int, got 'seven'"),
        (int, 1.5, "it wants int, got 1.5"),
        (int, True, "it wants int, got True"),
        (float, "nan-ish", "it wants float"),
        (bool, "perhaps", "it wants bool, got 'perhaps'"),
        (Literal["a", "b"], "c", "it has no such choice, got 'c': choose from a, b"),
        (Sampling, '{"seeed": 1}', "it has no seeed: it has lines, seed"),
        (Sampling, "[1]", "it wants an object with lines, seed"),
        (list[str], "[1", "it is not JSON"),
        (str, 3, "it wants text, got 3"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_wanted(kind: Any, value: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        decode(kind, value, "it")
    assert message in str(caught.value)
