"""What every file of components/ and pipelines/ must keep to, written once."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from workbench import ROOT

from hagane.cli import EXIT_CODES
from hagane.core.component import Component
from hagane.core.graph import pipeline_params, trace
from hagane.project import Project, snake
from hagane.runners import kubeflow
from hagane.runners.describe import describe, text_of
from hagane.runners.values import pipeline_values

PROJECT = Project(ROOT)
COMPONENTS = PROJECT.names("components")
PIPELINES = PROJECT.names("pipelines")
HEAVY = (
    "torch",
    "transformers",
    "pyarrow",
    "numpy",
    "hojichar",
    "sentencepiece",
    "kfp",
    "mlflow",
    "ray",
    "fsspec",
    "rich",
)


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_is_named_after_its_file_and_explains_itself(name: str) -> None:
    component = PROJECT.component(name)
    assert component.name() == name and PROJECT.listing("components")[name]
    assert (component.__doc__ or "").split("\n")[0].endswith(".")
    for port in component.ports():
        assert port.help.endswith("."), f"{name}.{port.name} has no help"
    assert component.environment in PROJECT.extras()
    assert (component.reuse == "version") == (component.version > 0)


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_has_a_test_of_its_own(name: str) -> None:
    text = (ROOT / f"tests/components/test_{snake(name)}.py").read_text(encoding="utf-8")
    assert "run_component(" in text and PROJECT.component(name).__name__ in text


@pytest.mark.parametrize("folder", ["components", "pipelines"])
def test_imports_are_light(folder: str) -> None:
    """Heavy libraries belong into ``run()``: listing, planning and a HIT must not pay for them."""
    modules = ", ".join(f"{folder}.{snake(name)}" for name in PROJECT.names(folder))
    code = f"import sys, {modules}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_compiles_to_kubeflow_under_the_same_names(name: str, tmp_path: Path) -> None:
    pipeline, presets = PROJECT.pipeline(name)
    graph = trace(pipeline, pipeline_values(pipeline, first_preset(presets)))
    content = compiled(graph, tmp_path)
    tasks = content["root"]["dag"]["tasks"]
    assert set(tasks) == set(graph.tasks)
    parameters = content["root"]["inputDefinitions"]["parameters"]
    assert set(parameters) == {p.name for p in pipeline_params(pipeline).values() if not p.static}
    for task, component in graph.tasks.items():
        wanted = content["components"][tasks[task]["componentRef"]["name"]]
        assert set(wanted["outputDefinitions"]["artifacts"]) == {port.name for port in component.ports("output")}
        given = set(wanted["inputDefinitions"]["parameters"])
        assert {name.split("__")[0] for name in given} <= {port.name for port in component.ports("param")}


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_alone_compiles_to_kubeflow(name: str, tmp_path: Path) -> None:
    from kfp import compiler

    component = PROJECT.component(name)
    settings: dict[str, Any] = {port.name: "x" for port in component.ports("param") if port.name == "source"}
    inputs = {p.name: (p.artifact(),) if p.many else p.artifact() for p in component.ports("input")}
    placed = component(**inputs, **settings)
    kinds = {key: kind for key, kind, _ in kubeflow.flat_settings(placed)}
    template = kubeflow.kubeflow_component(placed, kinds, lambda _: "registry.example/image:test")
    compiler.Compiler().compile(template, str(tmp_path / "component.yaml"))


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_is_as_its_golden_plan(name: str) -> None:
    """To renew: hagane pipelines NAME > tests/golden/NAME.txt, and read the difference."""
    golden = (ROOT / f"tests/golden/{name}.txt").read_text(encoding="utf-8")
    assert text_of(describe(PROJECT, "pipelines", name)) == golden.rstrip("\n")


@pytest.mark.parametrize("name", PIPELINES)
def test_every_preset_fits_its_pipeline(name: str) -> None:
    pipeline, presets = PROJECT.pipeline(name)
    for values in presets.values():
        trace(pipeline, pipeline_values(pipeline, values))


def first_preset(presets: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return next(iter(presets.values()), {})


def compiled(graph: Any, folder: Path) -> Any:
    def image(component: type[Component]) -> str:
        return f"registry.example/{component.name()}:test"

    kubeflow.compile_pipeline(graph, folder / "pipeline.yaml", image, "s3://bucket/store")
    return yaml.safe_load((folder / "pipeline.yaml").read_text(encoding="utf-8").split("\n---\n")[0])


def test_the_readme_shows_the_code_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / "components/filter_corpus.py").read_text(encoding="utf-8").strip() in readme
    pipeline = (ROOT / "pipelines/japanese_gpt.py").read_text(encoding="utf-8")
    assert pipeline[pipeline.index("    raw = IngestCorpus(") :].strip() in readme


def test_the_readme_lists_every_exit_code() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert " ".join(EXIT_CODES.split()) in readme
