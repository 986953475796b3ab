"""What each task of a pipeline would do, and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from hagane.core.artifact import Manifest
from hagane.core.call import Call, Reference, read_call
from hagane.core.component import Component
from hagane.core.decode import encode
from hagane.core.errors import CorruptArtifact
from hagane.core.execute import Surroundings, output_names, references, reuse_key
from hagane.core.graph import Graph, RunParam, wired
from hagane.core.keys import ReuseKey, code_digests

Status = Literal["hit", "run", "stale", "wait"]


@dataclass(frozen=True)
class Planned:
    task: str
    component: str
    status: Status
    reason: str
    parts: ReuseKey | None = None

    @property
    def key(self) -> str:
        return self.parts.key if self.parts else ""


@dataclass
class Planner:
    graph: Graph
    values: Mapping[str, Any]
    around: Mapping[str, Surroundings]  # by environment
    last: Mapping[str, Any]  # task -> the parts of its key in the last run
    made: dict[str, Reference] = field(default_factory=dict)  # "task.output" -> what it is

    def look(self, task: str) -> Planned:
        """What the task would do now; a hit's outputs count as made."""
        component = self.graph.tasks[task]
        name = component.name()
        if waited := [a.producer for _, a in wired(component) if a.producer not in self.made]:
            return Planned(task, name, "wait", f"{', '.join(waited)} not made yet")
        around = self.around[component.environment]
        parts = reuse_key(self.call(task), around)
        try:
            manifests = around.store.find(parts.key, output_names(type(component)))
        except CorruptArtifact as error:
            return Planned(task, name, "stale", str(error), parts)
        if manifests is None:
            return Planned(task, name, *self.miss(task, parts), parts)
        self.note(task, references(parts.key, manifests, around.store))
        return Planned(task, name, "hit", newer_code(component, manifests), parts)

    def miss(self, task: str, parts: ReuseKey) -> tuple[Status, str]:
        if task not in self.last:
            return "run", "first run"
        return "stale", difference(self.last[task], asdict(parts)) or "its output is gone"

    def note(self, task: str, outputs: Mapping[str, Reference]) -> None:
        self.made |= {f"{task}.{name}": reference for name, reference in outputs.items()}

    def call(self, task: str) -> Call:
        return read_call(type(self.graph.tasks[task]), self.executor_input(task, Path("unused")))

    def executor_input(self, task: str, folder: Path) -> dict[str, Any]:
        """KFP's executor input for the task, with its results in the folder."""
        component = self.graph.tasks[task]
        return {
            "inputs": {
                "parameterValues": self.settings(component),
                "artifacts": {name: listed(vars(self.made[a.producer])) for name, a in wired(component)},
            },
            "outputs": {
                "artifacts": {name: listed({}, folder / f"{name}.json") for name in output_names(type(component))},
                "outputFile": str(folder / "output.json"),
            },
        }

    def settings(self, component: Component) -> dict[str, Any]:
        settings = {port.name: getattr(component, port.name) for port in component.ports("param")}
        looked_up: dict[str, Any] = self.look_up(encode(settings))
        return looked_up

    def look_up(self, value: Any) -> Any:
        """The setting with the values of run parameters in their places."""
        if isinstance(value, RunParam):
            return encode(self.values[value.name])
        if isinstance(value, dict):
            return {key: self.look_up(item) for key, item in value.items()}
        return [self.look_up(item) for item in value] if isinstance(value, list) else value


def newer_code(component: Component, manifests: Mapping[str, Manifest]) -> str:
    """What changed in the code of a component that is reused by its version: told, not acted on."""
    if component.reuse == "code":
        return ""
    now, then = code_digests(type(component)), next(iter(manifests.values())).record["code"]
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    return f"version {component.version}, though {', '.join(changed)} changed" if changed else ""


def difference(last: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Why this key is not the last one."""
    return "; ".join(
        f"{part} {name} {change(last[part].get(name), now[part].get(name), part)}"
        for part in ("settings", "inputs", "code", "environment")
        for name in sorted(now[part].keys() | last[part].keys())
        if now[part].get(name) != last[part].get(name)
    )


def change(old: Any, new: Any, part: str) -> str:
    return "changed" if part in ("inputs", "code") else f"{old!r} -> {new!r}"


def listed(metadata: dict[str, str], uri: Path | None = None) -> dict[str, Any]:
    """One artifact as KFP writes it."""
    return {"artifacts": [{"uri": str(uri or ""), "metadata": metadata}]}


def plan(planner: Planner) -> list[Planned]:
    return [planner.look(task) for task in planner.graph.tasks]
