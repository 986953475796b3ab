"""A pipeline, traced: its tasks and what flows between them."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from typing import Annotated, Any, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from hagane.core.artifact import Artifact
from hagane.core.component import Component, Port, fill, placing
from hagane.core.errors import UsageError

Pipeline = Callable[..., None]
T = TypeVar("T")
Static = Annotated[T, "static"]  # a pipeline parameter whose value shapes the graph


@dataclass(frozen=True)
class PipelineParam:
    name: str
    type: Any
    static: bool
    default: Any


class RunParam:
    """Stands for a pipeline parameter while its value is not known yet."""

    def __init__(self, name: str, kind: Any, pipeline: str) -> None:
        self.name, self.kind, self.pipeline = name, kind, pipeline

    def _unknown(self, *_: Any) -> NoReturn:
        raise UsageError(
            f"{self.pipeline}: the value of {self.name} is known only when the run starts",
            fix="pass it on as it is, or type it Static[...] if it shapes the pipeline",
        )


USES = "bool str format iter len int float index getitem contains eq ne lt le gt ge neg abs round"
ARITHMETIC = "add sub mul truediv floordiv mod pow"
for use in (*USES.split(), *ARITHMETIC.split(), *(f"r{operator}" for operator in ARITHMETIC.split())):
    setattr(RunParam, f"__{use}__", RunParam._unknown)


@dataclass
class Graph:
    name: str
    description: str
    params: dict[str, PipelineParam]
    tasks: dict[str, Component] = field(default_factory=dict)

    def place(self, component: Component) -> None:
        """Make a task of the component and hand out its outputs."""
        same = sum(type(task) is type(component) for task in self.tasks.values())
        task = component.name() + (f"-{same + 1}" if same else "")
        for port in component.ports("input"):
            check_wiring(f"{task}.{port.name}", port, getattr(component, port.name))
        for port in component.ports("output"):
            fill(component, port.name, port.type(producer=f"{task}.{port.name}"))
        self.tasks[task] = component


def check_wiring(where: str, port: Port, given: Any) -> None:
    wanted = port.artifact
    if port.many and not (isinstance(given, tuple) and given):
        raise UsageError(f"{where} wants a tuple of at least one {wanted.__name__}", given)
    for artifact in given if port.many else (given,):
        if not isinstance(artifact, wanted):
            origin = f" from {artifact.producer}" if isinstance(artifact, Artifact) else ""
            raise UsageError(f"{where} wants {wanted.__name__}, got {type(artifact).__name__}{origin}")


def pipeline_name(pipeline: Pipeline) -> str:
    return pipeline.__name__.replace("_", "-")


def pipeline_params(pipeline: Pipeline) -> dict[str, PipelineParam]:
    hints = get_type_hints(pipeline, include_extras=True)
    params = {}
    for name, p in inspect.signature(pipeline).parameters.items():
        static = get_origin(hints[name]) is Annotated
        kind = get_args(hints[name])[0] if static else hints[name]
        params[name] = PipelineParam(name, kind, static, MISSING if p.default is p.empty else p.default)
    return params


def trace(pipeline: Pipeline, values: Mapping[str, Any]) -> Graph:
    """Call the pipeline once, with the values of its static parameters and placeholders for the rest."""
    params = pipeline_params(pipeline)
    graph = Graph(pipeline_name(pipeline), inspect.getdoc(pipeline) or "", params)
    static = {p.name: values.get(p.name, p.default) for p in params.values() if p.static}
    later = {p.name: RunParam(p.name, p.type, graph.name) for p in params.values() if not p.static}
    if missing := [name for name, value in static.items() if value is MISSING]:
        raise UsageError(f"{graph.name} needs a value for {', '.join(missing)}")
    token = placing.set(graph.place)
    try:
        pipeline(**static, **later)
    finally:
        placing.reset(token)
    return graph


def wired(component: Component) -> Iterator[tuple[str, Artifact]]:
    """Every input with its artifact; a port for many counts them from 0."""
    for port in component.ports("input"):
        given = getattr(component, port.name)
        if port.many:
            yield from ((f"{port.name}_{i}", artifact) for i, artifact in enumerate(given))
        else:
            yield port.name, given
