"""What a pipeline may do with its parameters, and what tracing makes of it."""

from collections.abc import Callable
from typing import Any

import pytest

from hagane.artifacts import Documents, Tokenizer
from hagane.core.component import Component, Input, Output, Param, Result, Source
from hagane.core.errors import UsageError
from hagane.core.graph import Static, trace, wired
from hagane.runners.values import pipeline_values


class Read(Component):
    """Read."""

    environment = "text"

    documents: Documents = Output("Read.")
    source: Source = Param("Where.")

    def run(self) -> Result:
        return Result()


class Learn(Component):
    """Learn."""

    environment = "text"

    corpora: tuple[Documents, ...] = Input("Read.")
    tokenizer: Tokenizer = Output("Learned.")
    size: int = Param("How many.", default=10)

    def run(self) -> Result:
        return Result()


def several(corpora: Static[list[Source]], size: int = 1, ratio: float = 0.5) -> None:
    """Learn from several corpora."""
    Learn(corpora=tuple(Read(source=corpus).documents for corpus in corpora), size=size)


USES: list[Callable[[Any], object]] = [
    bool,
    str,
    len,
    list,
    lambda value: f"{value:3}",
    lambda value: f"{value}",
    lambda value: value == 3,
    lambda value: value < 3,
    lambda value: value + 1,
    lambda value: 1 - value,
    lambda value: value[0],
    lambda value: range(value),
]


@pytest.mark.parametrize("use", USES)
def test_a_run_parameter_has_no_value_while_tracing(use: Callable[[Any], object]) -> None:
    def pipeline(seed: int) -> None:
        use(seed)

    with pytest.raises(UsageError, match="seed is known only when the run starts"):
        trace(pipeline, {"seed": 3})


def test_a_static_list_fans_out() -> None:
    graph = trace(several, {"corpora": [Source("a"), Source("b"), Source("c")]})
    assert list(graph.tasks) == ["read", "read-2", "read-3", "learn"]
    inputs = {name: artifact.producer for name, artifact in wired(graph.tasks["learn"])}
    assert inputs["corpora_2"] == "read-3.documents"


def test_a_missing_static_value_is_named() -> None:
    with pytest.raises(UsageError, match="several needs a value for corpora"):
        trace(several, {})


def test_a_wrong_artifact_is_named_with_its_producer() -> None:
    def pipeline(corpus: Source) -> None:
        learned = Learn(corpora=(Read(source=corpus).documents,))
        Learn(corpora=(learned.tokenizer,))  # type: ignore[arg-type]

    with pytest.raises(UsageError, match=r"learn-2\.corpora wants Documents, got Tokenizer from learn\.tokenizer"):
        trace(pipeline, {})


def test_an_empty_port_for_many_is_refused() -> None:
    with pytest.raises(UsageError, match="wants a tuple of at least one Documents"):
        trace(several, {"corpora": []})


def test_a_component_needs_a_docstring_and_typed_ports() -> None:
    with pytest.raises(TypeError, match="needs a docstring"):
        type("Silent", (Component,), {})
    with pytest.raises(TypeError, match=r"Odd\.size must be an Input, Output or Param"):
        type("Odd", (Component,), {"__doc__": "Odd.", "__annotations__": {"size": int}, "size": 3})


def test_values_are_decoded_by_type_and_choices_are_named() -> None:
    values = pipeline_values(several, {"corpora": "a,b"}, {"size": "7"}, {"ratio": 1})
    assert values == {"corpora": ["a", "b"], "size": 7, "ratio": 1.0}
    assert isinstance(values["corpora"][0], Source)
    with pytest.raises(UsageError, match=r"several\.size wants int, got '1\.5'"):
        pipeline_values(several, {"corpora": "a", "size": "1.5"})
    with pytest.raises(UsageError, match="has no parameter sice: it has corpora, size, ratio"):
        pipeline_values(several, {"sice": "1"})
    with pytest.raises(UsageError, match="several needs a value for corpora: give corpora=VALUE"):
        pipeline_values(several)
