"""From the words of a command to a planner: a pipeline, or one component alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hagane.core.artifact import Artifact
from hagane.core.call import Reference, read_settings
from hagane.core.component import Component, Port
from hagane.core.errors import UsageError
from hagane.core.execute import Surroundings
from hagane.core.graph import Graph, trace
from hagane.project import Project, kebab
from hagane.runners import values as v
from hagane.runners.planner import Planner
from hagane.storage.store import Store


@dataclass(frozen=True)
class Wish:
    """What a user asks to plan or run."""

    name: str
    preset: str = ""
    params: Path | None = None
    settings: Sequence[str] = ()


def prepare(wish: Wish, project: Project, store: Store) -> tuple[Planner, str]:
    """The planner, and where the store remembers the last keys."""
    made: dict[str, Reference] = {}
    given = (v.file_values(wish.params), v.command_line_values(wish.settings))
    if kebab(wish.name) in project.names("pipelines"):
        pipeline, presets = project.pipeline(wish.name)
        values = v.pipeline_values(pipeline, v.preset_values(pipeline, presets, wish.preset, project.root), *given)
        graph = trace(pipeline, values)
    elif kebab(wish.name) in project.names("components"):
        if wish.preset:
            raise UsageError("a component alone has no presets", wish.preset)
        values = {}
        graph = single(project.component(wish.name), {**given[0], **given[1]}, store, made)
    else:
        choices = ", ".join(project.names("pipelines") + project.names("components"))
        raise UsageError("no such pipeline or component", wish.name, f"choose from {choices}")
    environments = {task.environment for task in graph.tasks.values()}
    around = {name: Surroundings(store, project.libraries(name)) for name in environments}
    remember = f"last/{graph.name}/{wish.preset or 'default'}.json"
    return Planner(graph, values, around, store.read_json(remember) or {}, made), remember


def single(component: type[Component], given: Mapping[str, Any], store: Store, made: dict[str, Reference]) -> Graph:
    """A graph of one task whose inputs are artifacts that exist, each noted in ``made``."""
    inputs, params = component.ports("input"), component.ports("param")
    v.check_names(component.name(), given, [port.name for port in (*inputs, *params)])
    if missing := [port.name for port in inputs if port.name not in given]:
        fix = f"give {missing[0]}=ARTIFACT, its folder in a store or its digest"
        raise UsageError(f"{component.name()} needs a value for {', '.join(missing)}", fix=fix)
    placed = {port.name: find_artifacts(port, given[port.name], store, made) for port in inputs}
    settings = read_settings(component, {name: given[name] for name in given if name not in placed})
    graph = Graph(component.name(), component.__doc__ or "", {})
    graph.place(component(**settings, **placed))
    return graph


def find_artifacts(port: Port, given: str, store: Store, made: dict[str, Reference]) -> Any:
    """The artifacts that the words for an input name."""
    found: list[Artifact] = []
    for word in given.split(",") if port.many else [given]:
        uri, manifest = store.locate(word)
        if manifest.kind != port.artifact.kind:
            raise UsageError(f"{port.name} wants {port.artifact.kind}, but {word} is {manifest.kind}")
        producer = f"given.{port.name}-{len(found)}"
        made[producer] = Reference(manifest.kind, manifest.digest, uri)
        found.append(port.artifact(producer=producer))
    return tuple(found) if port.many else found[0]
