"""What KFP cannot carry as it is: nested run parameters, ports for many, choices."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from hagane.artifacts import Documents, Tokenizer
from hagane.core.call import read_settings
from hagane.core.component import Component, Input, Output, Param, Result, Source
from hagane.core.errors import UsageError
from hagane.core.graph import Pipeline, Static, trace
from hagane.runners import kubeflow
from hagane.runners.executor_input import read_executor_input


@dataclass(frozen=True)
class Sampling:
    documents: int = 1_000
    seed: int = 0


class Fetch(Component):
    """Fetch."""

    environment = "text"

    documents: Documents = Output("Fetched.")
    source: Source = Param("Where.")
    languages: list[str] = Param("Which.", default=())

    def run(self) -> Result:
        return Result()


class Study(Component):
    """Study."""

    environment = "text"

    corpora: tuple[Documents, ...] = Input("Fetched.")
    tokenizer: Tokenizer = Output("Learned.")
    model: Literal["unigram", "bpe"] = Param("How.", default="unigram")
    limit: int | None = Param("At most.", default=None)
    sampling: Sampling = Param("What.", default=Sampling())

    def run(self) -> Result:
        return Result()


def studies(corpora: Static[list[Source]], seed: int = 1, title: str = '「鋼」の"名"') -> None:
    """Study several corpora."""
    fetched = [Fetch(source=corpus) for corpus in corpora]
    Study(corpora=tuple(f.documents for f in fetched), sampling=Sampling(documents=500, seed=seed))


def compiled(pipeline: Pipeline, values: dict[str, Any], folder: Path) -> Any:
    graph = trace(pipeline, values)
    kubeflow.compile_pipeline(graph, folder / "p.yaml", lambda c: f"registry.example/{c.name()}:1", "s3://bucket/store")
    return yaml.safe_load((folder / "p.yaml").read_text(encoding="utf-8").split("\n---\n")[0])


CORPORA = {"corpora": [Source("a"), Source("b")]}


def test_a_nested_run_parameter_is_lifted_and_put_back(tmp_path: Path) -> None:
    content = compiled(studies, CORPORA, tmp_path)
    told = content["root"]["dag"]["tasks"]["study"]["inputs"]["parameters"]
    assert told["sampling__seed"] == {"componentInputParameter": "seed"}
    assert told["sampling"]["runtimeValue"]["constant"] == {"documents": 500.0}
    told_back = {
        "inputs": {"parameterValues": {"sampling": {"documents": 500.0}, "sampling__seed": 7.0}},
        "outputs": {},
    }
    executor_input = read_executor_input(json.dumps(told_back))
    settings = read_settings(Study, executor_input["inputs"]["parameterValues"])
    assert settings["sampling"] == Sampling(documents=500, seed=7) and settings["limit"] is None


def test_a_port_for_many_is_spelled_out(tmp_path: Path) -> None:
    tasks = compiled(studies, CORPORA, tmp_path)["root"]["dag"]["tasks"]
    assert set(tasks["study"]["inputs"]["artifacts"]) == {"corpora_0", "corpora_1"}
    assert tasks["study"]["dependentTasks"] == ["fetch", "fetch-2"]


def test_defaults_survive_with_quotes_and_japanese(tmp_path: Path) -> None:
    parameters = compiled(studies, CORPORA, tmp_path)["root"]["inputDefinitions"]["parameters"]
    assert parameters["title"]["defaultValue"] == '「鋼」の"名"' and parameters["seed"]["defaultValue"] == 1


def test_the_container_is_told_its_run_task_and_executor_input(tmp_path: Path) -> None:
    content = compiled(studies, CORPORA, tmp_path)
    container = content["deploymentSpec"]["executors"]["exec-study"]["container"]
    assert container["command"] == ["hagane", "execute", "study"]
    assert container["args"] == ["--run", "{{$.pipeline_job_uuid}}", "--task", "{{$.pipeline_task_name}}", "{{$}}"]
    assert container["env"] == [{"name": "HAGANE_STORE", "value": "s3://bucket/store"}]


def test_a_run_parameter_inside_a_list_is_refused(tmp_path: Path) -> None:
    def wrong(language: str) -> None:
        Fetch(source=Source("a"), languages=[language])

    with pytest.raises(UsageError, match="KFP passes no run parameter inside a list"):
        compiled(wrong, {}, tmp_path)
