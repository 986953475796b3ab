"""A component as it runs in a task: real ports in real folders, with neither store nor process."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hagane.core.component import Component, fill
from hagane.core.decode import decode

RunComponent = Callable[..., dict[str, Any]]


@pytest.fixture
def run_component(tmp_path_factory: pytest.TempPathFactory) -> RunComponent:
    """``run_component(FilterCorpus, inputs={"documents": folder}, profile="none")``: output folders and ``result``.

    Each call runs in a new folder unless it is given one as ``at``; then the work folder of an earlier call stays.
    """

    def run(
        component: type[Component],
        inputs: Mapping[str, Any] | None = None,
        at: Path | None = None,
        earlier: Mapping[str, Path] | None = None,
        **settings: Any,
    ) -> dict[str, Any]:
        home = at or tmp_path_factory.mktemp(component.name())
        types = {port.name: port.type for port in component.ports("param")}
        decoded = {name: decode(types[name], value, name) for name, value in settings.items()}
        placed = component(**decoded, **{p.name: opened(p, (inputs or {})[p.name]) for p in component.ports("input")})
        folders: dict[str, Any] = {}
        for port in component.ports("output"):
            folders[port.name] = home / port.name
            folders[port.name].mkdir(parents=True)
            fill(placed, port.name, port.type(folder=folders[port.name]))
        (home / "work").mkdir(exist_ok=True)
        fill(placed, "work_folder", home / "work")
        fill(placed, "earlier_folders", earlier or {})
        return folders | {"result": placed.run()}

    return run


def opened(port: Any, given: Any) -> Any:
    return tuple(port.artifact(folder=folder) for folder in given) if port.many else port.artifact(folder=given)
