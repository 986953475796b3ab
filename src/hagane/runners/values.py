"""The values of a pipeline's parameters: default < preset < file < command line."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from hagane.core.component import Source
from hagane.core.decode import decode
from hagane.core.errors import BadInput, UsageError
from hagane.core.graph import Pipeline, pipeline_name, pipeline_params

Presets = Mapping[str, Mapping[str, Any]]


def pipeline_values(pipeline: Pipeline, *layers: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter with its value; a later layer wins."""
    name, params = pipeline_name(pipeline), pipeline_params(pipeline)
    given = {key: value for layer in layers for key, value in layer.items()}
    check_names(name, given, list(params))
    if missing := [p.name for p in params.values() if p.default is MISSING and p.name not in given]:
        raise UsageError(f"{name} needs a value for {', '.join(missing)}", fix=f"give {missing[0]}=VALUE")
    return {
        p.name: decode(p.type, given[p.name], f"{name}.{p.name}") if p.name in given else p.default
        for p in params.values()
    }


def check_names(name: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    if unknown := given.keys() - set(known):
        raise UsageError(f"{name} has no parameter {min(unknown)}", fix=f"it has {', '.join(known)}")


def preset_values(pipeline: Pipeline, presets: Presets, preset: str, root: Path) -> dict[str, Any]:
    """The preset's values; its sources are relative to the project, wherever the command is given."""
    if preset and preset not in presets:
        raise UsageError("no such preset", preset, f"choose from {', '.join(presets) or 'none'}")
    types = {p.name: p.type for p in pipeline_params(pipeline).values()}
    return {name: rooted(types.get(name), value, root) for name, value in presets.get(preset, {}).items()}


def rooted(kind: Any, value: Any, root: Path) -> Any:
    """The value with every relative source in it starting at ``root``."""
    if kind is Source:
        return value if "://" in value else str(root / value)
    if is_dataclass(kind) and isinstance(value, Mapping):
        hints = get_type_hints(kind)
        return {name: rooted(hints.get(name), item, root) for name, item in value.items()}
    if get_origin(kind) in (list, tuple) and isinstance(value, list | tuple):
        return [rooted(get_args(kind)[0], item, root) for item in value]
    return value


def file_values(file: Path | None) -> dict[str, Any]:
    """Parameters from a file: a JSON object, or TOML."""
    if file is None:
        return {}
    try:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".toml":
            import tomllib

            return tomllib.loads(text)
        values = json.loads(text)
    except (OSError, ValueError) as error:
        raise BadInput("cannot read the parameters", str(file), str(error)) from None
    if not isinstance(values, dict):
        raise BadInput("the parameters want a JSON object", str(file), 'for example {"vocab_size": 8000}')
    return {name.replace("-", "_"): value for name, value in values.items()}


def command_line_values(settings: Sequence[str]) -> dict[str, str]:
    values = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError("a parameter is given as name=value", setting)
        values[name.replace("-", "_")] = value
    return values
