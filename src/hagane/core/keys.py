"""When may an earlier output be reused? Reuse keys and what they are made of."""

import ast
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hagane.core.component import Component

NOT_DATA = (".py", ".pyc", ".typed")
ROOMS = ("artifacts", "blocks", "cli", "core", "events", "lineage", "project", "report", "runners", "tracking")
MACHINERY = tuple(f"hagane.{room}." for room in ROOMS)


@dataclass(frozen=True)
class ReuseKey:
    """Everything that may change a task's output, each part by name so that a difference can be told."""

    component: str
    settings: dict[str, Any]
    inputs: dict[str, str]  # content digests
    code: dict[str, str]  # module -> digest, or the hand-bumped version
    environment: dict[str, str]  # library -> version without its local tag

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


def code_digests(component: type[Component]) -> dict[str, str]:
    """Digest of every module that the component reaches and of the data files beside it."""
    found: dict[str, str] = {}
    waiting = [component.__module__]
    while waiting:
        module = waiting.pop()
        file = module_file(module)
        if file is None or module in found or f"{module}.".startswith(MACHINERY):
            continue
        digests, reached = read_module(module, file)
        found |= digests
        waiting += reached
    return found


@cache
def read_module(module: str, file: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The digests of a module and its package's data files, and the modules that it may import."""
    tree = ast.parse(file.read_bytes(), str(file))
    digests = {module: short_digest(json.dumps(shape(tree)).encode())}
    reached = set(imports(tree, module, is_package=file.name == "__init__.py"))
    if file.name == "__init__.py":
        data = (f for f in file.parent.iterdir() if f.is_file() and f.suffix not in NOT_DATA and f.name != "README.md")
        digests |= {f"{module}/{f.name}": short_digest(f.read_bytes()) for f in data}
    if "." in module:
        reached.add(module.rpartition(".")[0])  # importing it runs its package first
    return digests, tuple(reached)


def short_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@cache
def module_file(module: str) -> Path | None:
    """The file of a module of hagane or of the project, found without importing it; None for libraries."""
    packages = (sys.modules.get(package) for package in ("hagane", "components"))
    homes = [Path(package.__path__[0]).parent for package in packages if package]
    paths = [home.joinpath(*module.split(".")) for home in homes]
    files = (file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py"))
    return next((file for file in files if file.is_file()), None)


def imports(tree: ast.AST, module: str, is_package: bool) -> Iterator[str]:
    """Every module that the code may import, inside functions too."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join(start + ([node.module] if node.module else []))
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def shape(node: Any) -> Any:
    """The tree without empty fields, which differ between Python versions, and without docstrings."""
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []))
        return [type(node).__name__, *([name, shape(value)] for name, value in fields)]
    if isinstance(node, list):
        return [shape(item) for item in node if not (isinstance(item, ast.Expr) and is_text(item.value))]
    return node if isinstance(node, str | int | bool) else repr(node)


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
