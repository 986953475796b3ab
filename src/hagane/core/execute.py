"""Run one task: reuse what is there, or run the component and commit what it wrote."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from hagane.core.artifact import Artifact, Manifest
from hagane.core.call import Call, Reference, write_result
from hagane.core.component import Component, Port, Result, Source, fill
from hagane.core.decode import encode
from hagane.core.errors import CorruptArtifact
from hagane.core.keys import ReuseKey, code_digests
from hagane.core.store import Store

Status = Literal["hit", "done"]


@dataclass(frozen=True)
class Surroundings:
    """What the entry point hands in."""

    store: Store
    libraries: Mapping[str, str]  # the environment's compute libraries and their versions
    run: str = ""


def reuse_key(call: Call, around: Surroundings) -> ReuseKey:
    component = call.component
    semantic = [port.name for port in component.ports("param") if port.semantic]
    return ReuseKey(
        component.name(),
        {name: fingerprinted(call.settings[name], around.store) for name in semantic},
        {name: reference.digest for name, reference in call.inputs.items()},
        code_digests(component) if component.reuse == "code" else {"version": str(component.version)},
        {library: version.split("+")[0] for library, version in around.libraries.items()},
    )


def fingerprinted(value: Any, store: Store) -> Any:
    """The setting as it enters the key; a source without a fingerprint never matches."""
    if isinstance(value, Source):
        return store.fingerprint(value) or os.urandom(16).hex()
    if isinstance(value, list | tuple):
        return [fingerprinted(item, store) for item in value]
    return encode(value)


def execute(call: Call, around: Surroundings) -> Status:
    """Commit the task's outputs, or find that another run has."""
    parts = reuse_key(call, around)
    with around.store.lease(parts.key):
        manifests = reusable(call, parts.key, around.store)
        status: Status = "hit" if manifests else "done"
        manifests = manifests or perform(call, parts, around)
    write_result(call, manifests, references(parts.key, manifests, around.store))
    return status


def output_names(component: type[Component]) -> tuple[str, ...]:
    return tuple(port.name for port in component.ports("output"))


def reusable(call: Call, key: str, store: Store) -> dict[str, Manifest] | None:
    try:
        return store.find(key, output_names(call.component))
    except CorruptArtifact:
        return None  # plan tells it; commit replaces it


def references(key: str, manifests: Mapping[str, Manifest], store: Store) -> dict[str, Reference]:
    return {name: Reference(m.kind, m.digest, store.uri(key, name)) for name, m in manifests.items()}


def perform(call: Call, parts: ReuseKey, around: Surroundings) -> dict[str, Manifest]:
    with around.store.workspace(parts.key) as (attempt, work):
        component = bind(call, around.store, attempt)
        fill(component, "work_folder", work)
        fill(component, "earlier_folders", earlier(call.component, parts, around.store))
        record = provenance(call, parts, around, component.run())
        drafts = {p.name: Manifest(p.type.kind, p.type.version, (), record) for p in component.ports("output")}
        manifests = around.store.commit(parts.key, attempt, drafts)
    for read in (*(reference.digest for reference in call.inputs.values()), replay_key(call.component, parts)):
        around.store.used(read, parts.key)
    return manifests


def replay_key(component: type[Component], parts: ReuseKey) -> str:
    """The key but for replayed settings."""
    replayed = {port.name for port in component.ports("param") if port.replayed}
    return replace(parts, settings={k: v for k, v in parts.settings.items() if k not in replayed}).key


def earlier(component: type[Component], parts: ReuseKey, store: Store) -> dict[str, Path]:
    """The replayed outputs of a key that shares the replay key."""
    names = tuple(port.name for port in component.ports("output") if port.replayed)
    for key in store.users(replay_key(component, parts)) if names else ():
        with suppress(CorruptArtifact):
            if found := store.find(key, names):
                return {name: store.open(store.uri(key, name), found[name].digest) for name in names}
    return {}


def bind(call: Call, store: Store, attempt: Path) -> Component:
    """The component with its settings, opened inputs and empty outputs."""
    inputs = {port.name: open_input(port, call, store) for port in call.component.ports("input")}
    component = call.component(**call.settings, **inputs)
    for port in component.ports("output"):
        data = attempt / port.name / "data"
        data.mkdir(parents=True)
        fill(component, port.name, port.type(folder=data))
    return component


def open_input(port: Port, call: Call, store: Store) -> Artifact | tuple[Artifact, ...]:
    given = [call.inputs[name] for name in port.names(call.inputs)]
    opened = tuple(port.artifact(folder=store.open(reference.uri, reference.digest)) for reference in given)
    return opened if port.many else opened[0]


def provenance(call: Call, parts: ReuseKey, around: Surroundings, result: Result) -> dict[str, Any]:
    """Where an artifact came from: everything that is not its content."""
    return {
        "key": parts.key,
        "component": parts.component,
        "settings": encode(call.settings),
        "inputs": encode(call.inputs),
        "code": code_digests(call.component),
        "environment": dict(around.libraries),
        "run": around.run,
        "result": encode(result),
    }
