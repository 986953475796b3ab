"""A project: the folder with components/ and pipelines/, hagane's own or a team's."""

from __future__ import annotations

import importlib
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hagane.core.errors import InfrastructureError, UsageError

if TYPE_CHECKING:
    from hagane.core.component import Component
    from hagane.core.graph import Pipeline

FOLDERS = ("components", "pipelines")
CONSTRAINTS = "constraints.txt"


class Project:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        for folder in FOLDERS:
            if not (self.root / folder).is_dir():
                raise UsageError(f"a project has {' and '.join(FOLDERS)}, but there is no {folder}/ in it", str(root))

    def listing(self, folder: str) -> dict[str, str]:
        """Kebab-case name and first docstring line of every file, without importing it."""
        import ast

        return {
            name: (ast.get_docstring(ast.parse((self.root / folder / f"{snake(name)}.py").read_bytes())) or "").split(
                "\n"
            )[0]
            for name in self.names(folder)
        }

    def names(self, folder: str) -> list[str]:
        return sorted(kebab(file.stem) for file in (self.root / folder).glob("[a-z]*.py"))

    def component(self, name: str) -> type[Component]:
        from hagane.core.component import Component

        module = self.load("components", name)
        own = [c for c in vars(module).values() if isinstance(c, type) and c.__module__ == module.__name__]
        found = [c for c in own if issubclass(c, Component)]
        if [c.name() for c in found] != [kebab(name)]:
            classes = ", ".join(c.__name__ for c in found) or "none"
            raise UsageError(f"components/{snake(name)}.py wants one component named after the file", classes)
        return found[0]

    def pipeline(self, name: str) -> tuple[Pipeline, dict[str, dict[str, Any]]]:
        """The pipeline function and its presets."""
        module = self.load("pipelines", name)
        function = getattr(module, snake(name), None)
        if function is None:
            raise UsageError(f"pipelines/{snake(name)}.py wants a function named after the file", snake(name))
        return function, getattr(module, "PRESETS", {})

    def load(self, folder: str, name: str) -> Any:
        if kebab(name) not in self.names(folder):
            raise UsageError(f"no such {folder[:-1]}", name, f"choose from {', '.join(self.names(folder))}")
        if str(self.root) not in sys.path:
            sys.path.insert(0, str(self.root))
        return importlib.import_module(f"{folder}.{snake(name)}")

    @cache  # noqa: B019 - a command has one project
    def libraries(self, environment: str) -> dict[str, str]:
        """The environment's libraries at the versions that the project pins, so that a plan needs none installed."""
        extras, pins = self.extras(), self.pins()
        if environment not in extras:
            raise UsageError("no such environment", environment, f"pyproject.toml has {', '.join(extras)}")
        return {library: pins.get(library) or installed(library, environment) for library in extras[environment]}

    def extras(self) -> dict[str, list[str]]:
        """Each environment's libraries: the extras of the project's pyproject.toml, else hagane's own."""
        file = self.root / "pyproject.toml"
        if file.is_file():
            import tomllib

            listed = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}).get("optional-dependencies")
            if listed:
                return {extra: sorted(map(library_name, libraries)) for extra, libraries in listed.items()}
        from importlib import metadata

        extras: dict[str, list[str]] = {}
        for requirement in metadata.requires("hagane") or []:
            if extra := re.search(r"extra == ['\"]([\w-]+)", requirement):
                extras.setdefault(extra[1], []).append(library_name(requirement))
        return {extra: sorted(libraries) for extra, libraries in extras.items()}

    def pins(self) -> dict[str, str]:
        file = self.root / CONSTRAINTS
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        pinned = (line.partition("#")[0].partition(";")[0].partition("==") for line in lines)
        return {library_name(name): version.strip() for name, equals, version in pinned if equals}

    def check_installed(self, environment: str) -> None:
        """InfrastructureError if this machine does not have what the reuse key says that it has."""
        for library, version in self.libraries(environment).items():
            if (here := installed(library, environment).partition("+")[0]) != version.partition("+")[0]:
                fix = f"{CONSTRAINTS} pins {version}: install it, or change the pin"
                raise InfrastructureError(f"environment {environment}: {library} is another version", here, fix)


def installed(library: str, environment: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        fix = f"pip install 'hagane[{environment}]' -c {CONSTRAINTS}"
        raise InfrastructureError(f"environment {environment} lacks {library}", fix=fix) from None


def library_name(requirement: str) -> str:
    """The normalised name (PEP 503) at the start of a requirement."""
    name = re.match(r"[\w.-]+", requirement.strip())
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""


def kebab(name: str) -> str:
    return name.replace("_", "-")


def snake(name: str) -> str:
    return name.replace("-", "_")


def find_project(start: Path) -> Project:
    """The nearest folder upwards that has components and pipelines."""
    for folder in (start, *start.parents):
        if all((folder / name).is_dir() for name in FOLDERS):
            return Project(folder)
    raise UsageError("no project here or above: no folder has components/ and pipelines/", str(start), "use --project")
