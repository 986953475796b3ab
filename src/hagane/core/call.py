"""KFP's executor input and output: what one task was told, and what it tells back."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any

from hagane.core.artifact import Manifest
from hagane.core.component import Component
from hagane.core.decode import decode
from hagane.core.errors import CorruptArtifact, UsageError


@dataclass(frozen=True)
class Reference:
    """An artifact as its producer named it."""

    kind: str
    digest: str
    uri: str


@dataclass(frozen=True)
class Call:
    """One task: its component with settings decoded and inputs referred to."""

    component: type[Component]
    settings: dict[str, Any]
    inputs: dict[str, Reference]
    output_files: dict[str, Path]
    result_file: Path


def read_call(component: type[Component], told: Mapping[str, Any]) -> Call:
    inputs, outputs = told.get("inputs", {}), told["outputs"]
    read, written = inputs.get("artifacts", {}), outputs.get("artifacts", {})
    return Call(
        component,
        read_settings(component, inputs.get("parameterValues", {})),
        {name: read_reference(name, read) for port in component.ports("input") for name in port.names(read)},
        {name: Path(listed["artifacts"][0]["uri"]) for name, listed in written.items()},
        Path(outputs["outputFile"]),
    )


def read_settings(component: type[Component], values: Mapping[str, Any]) -> dict[str, Any]:
    ports = component.ports("param")
    if unknown := values.keys() - {port.name for port in ports}:
        raise UsageError(f"{component.name()} has no parameter {min(unknown)}")
    if missing := [port.name for port in ports if port.default is MISSING and port.name not in values]:
        raise UsageError(f"{component.name()} needs a value for {', '.join(missing)}", fix=f"give {missing[0]}=VALUE")
    settings = {port.name: port.default for port in ports}
    return settings | {
        p.name: decode(p.type, values[p.name], f"{component.name()}.{p.name}") for p in ports if p.name in values
    }


def read_reference(name: str, artifacts: Mapping[str, Any]) -> Reference:
    try:
        metadata = artifacts[name]["artifacts"][0]["metadata"]
        return Reference(metadata["kind"], metadata["digest"], metadata["uri"])
    except (KeyError, IndexError):
        raise CorruptArtifact(f"input {name} was never written", fix="its producer failed") from None


def write_result(call: Call, manifests: Mapping[str, Manifest], references: Mapping[str, Reference]) -> None:
    """Each output's file is its manifest; the metadata is what consumers are told."""
    artifacts = {name: {"artifacts": [{"metadata": vars(reference)}]} for name, reference in references.items()}
    texts = {call.output_files[name]: manifest.to_json() for name, manifest in manifests.items()}
    for file, text in (texts | {call.result_file: json.dumps({"artifacts": artifacts})}).items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
