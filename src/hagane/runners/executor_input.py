"""KFP's executor input, as the kernel reads it."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hagane.core.errors import UsageError

MOUNTS = {"gs": "gcs", "minio": "minio", "s3": "s3"}


def read_executor_input(given: str) -> dict[str, Any]:
    """The input, given as JSON or as ``@file``: settings nested again, outputs where they are mounted."""
    try:
        told: dict[str, Any] = json.loads(Path(given[1:]).read_bytes() if given.startswith("@") else given)
    except (OSError, ValueError) as error:
        raise UsageError("the executor input cannot be read", given[:200], str(error)) from None
    inputs = told.setdefault("inputs", {})
    inputs["parameterValues"] = nested(inputs.get("parameterValues", {}))
    for listed in told["outputs"].get("artifacts", {}).values():
        listed["artifacts"][0]["uri"] = mounted(listed["artifacts"][0]["uri"])
    return told


def nested(told: Mapping[str, Any]) -> dict[str, Any]:
    """Put ``sampling__seed`` back into ``sampling``: KFP passes run parameters only at the top."""
    values = {name: copy.deepcopy(value) for name, value in told.items() if "__" not in name}
    for name in told.keys() - values.keys():
        *path, last = name.split("__")
        inner = values
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = told[name]
    return values


def mounted(uri: str) -> str:
    """The path at which KFP mounts a remote artifact."""
    scheme, mark, rest = uri.partition("://")
    return f"/{MOUNTS[scheme]}/{rest}" if mark and scheme in MOUNTS else uri
