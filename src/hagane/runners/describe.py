"""Components and pipelines in words, from their definitions alone."""

import inspect
import re
from dataclasses import MISSING
from typing import Any

from hagane.core.component import Component
from hagane.core.decode import encode
from hagane.core.graph import Pipeline, RunParam, pipeline_name, pipeline_params, trace, wired
from hagane.project import Project
from hagane.runners.values import pipeline_values

Description = dict[str, Any]


def describe(project: Project, folder: str, name: str) -> Description:
    """One component or pipeline, as JSON has it."""
    if folder == "components":
        return describe_component(project.component(name))
    return describe_pipeline(*project.pipeline(name))


def describe_component(component: type[Component]) -> Description:
    ports = [described(port.name, port.role, port.type, port.default, port.help) for port in component.ports()]
    about = {"environment": component.environment, "reuse": component.reuse}
    return {"name": component.name(), "description": inspect.getdoc(component) or "", **about, "ports": ports}


def describe_pipeline(pipeline: Pipeline, presets: dict[str, dict[str, Any]]) -> Description:
    params = [described(p.name, "param", p.type, p.default, "") for p in pipeline_params(pipeline).values()]
    graph = trace(pipeline, pipeline_values(pipeline, next(iter(presets.values()), {})))
    tasks = [described_task(name, task) for name, task in graph.tasks.items()]
    about = {"name": pipeline_name(pipeline), "description": inspect.getdoc(pipeline) or ""}
    return about | {"ports": params, "presets": presets, "tasks": tasks}


def described_task(name: str, task: Component) -> Description:
    """A task with where each input comes from and which settings the pipeline's parameters set."""
    settings = {port.name: getattr(task, port.name) for port in task.ports("param")}
    given = {name: value.name for name, value in settings.items() if isinstance(value, RunParam)}
    return {"task": name, "inputs": {port: artifact.producer for port, artifact in wired(task)}, "given": given}


def described(name: str, role: str, kind: Any, default: Any, help: str) -> Description:
    port = {"name": name, "role": role, "type": type_name(kind), "help": help}
    return port if default is MISSING or role != "param" else port | {"default": encode(default)}


def type_name(kind: Any) -> str:
    """``int``, ``Documents``, ``tuple[Documents, ...]``, ``Literal['auto', 'bf16']``: as it is written in the code."""
    if isinstance(kind, type) and not hasattr(kind, "__origin__"):
        return kind.__name__
    return re.sub(r"\b[\w.]+\.(?=[A-Z])", "", str(kind))


def text_of(content: Description) -> str:
    lines = [content["name"], *(f"  {line}".rstrip() for line in content["description"].splitlines()), ""]
    for port in content["ports"]:
        default = f" (default: {port['default']})" if "default" in port else ""
        lines.append(f"  {port['role']:6} {port['name']:24} {port['type']:14} {port['help']}{default}".rstrip())
    lines += [f"  task   {task_line(task)}" for task in content.get("tasks", ())]
    for preset, values in content.get("presets", {}).items():
        lines.append(f"  preset {preset}: {', '.join(f'{name}={value}' for name, value in values.items())}")
    return "\n".join(lines)


def task_line(task: Description) -> str:
    inputs = " ".join(f"{port}={producer}" for port, producer in task["inputs"].items())
    given = " ".join(f"{setting}={{{name}}}" for setting, name in task["given"].items())
    return f"{task['task']:26} {inputs} {given}".rstrip()
