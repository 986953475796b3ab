"""The one typed definition of a pipeline component."""

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from dataclasses import MISSING, Field, dataclass, field
from functools import cache
from itertools import count, takewhile
from pathlib import Path
from typing import Any, ClassVar, Literal, dataclass_transform, get_args, get_origin, get_type_hints

Role = Literal["input", "output", "param"]


class Source(str):
    """The address of foreign data; its fingerprint, not its text, enters the reuse key."""


@dataclass(frozen=True)
class Resources:
    cpu: int = 1
    memory: str = "4Gi"
    gpu: int = 0
    pool: str = "cpu"


@dataclass(frozen=True)
class Result:
    """What a component found out beside its artifacts."""

    metrics: dict[str, float] = field(default_factory=dict)
    blocks: tuple[dict[str, Any], ...] = ()  # for the report


@dataclass(frozen=True)
class Port:
    name: str
    type: Any
    role: Role
    help: str
    default: Any
    semantic: bool = True
    replayed: bool = False

    @property
    def many(self) -> bool:
        return self.role == "input" and get_origin(self.type) is tuple

    @property
    def artifact(self) -> Any:
        """The artifact type of an input or output."""
        return get_args(self.type)[0] if self.many else self.type

    def names(self, given: Collection[str]) -> list[str]:
        """The port's own name, or ``corpora_0``, ``corpora_1``, ... of a port for many."""
        numbered = (f"{self.name}_{i}" for i in count())
        return list(takewhile(given.__contains__, numbered)) if self.many else [self.name]


def Input(help: str) -> Any:
    """An artifact that the component reads."""
    return field(metadata={"role": "input", "help": help})


def Output(help: str, *, replayed: bool = False, init: Literal[False] = False) -> Any:
    """An artifact that the component writes; one that is replayed is what ``earlier`` gives."""
    return field(init=init, metadata={"role": "output", "help": help, "replayed": replayed})


def Param(help: str, *, default: Any = MISSING, semantic: bool = True, replayed: bool = False) -> Any:
    """A setting; one that cannot change the output's bytes is not semantic; for replayed ones see ``earlier``."""
    return field(default=default, metadata={"role": "param", "help": help, "semantic": semantic, "replayed": replayed})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Input, Output, Param))
class Component:
    """Subclass it: declare inputs, outputs and params, and write ``run``."""

    environment: ClassVar[str]
    resources: ClassVar[Resources] = Resources()
    reuse: ClassVar[Literal["code", "version"]] = "code"
    version: ClassVar[int] = 0  # bumped by hand where reuse is "version"

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True, eq=False)(cls)
        if "__doc__" not in cls.__dict__ or cls.__doc__ is None or cls.__doc__.startswith(f"{cls.__name__}("):
            raise TypeError(f"{cls.__name__} needs a docstring: its first line describes the component")
        for name, port in cls.__dataclass_fields__.items():
            if "role" not in port.metadata or "__" in name:
                raise TypeError(f"{cls.__name__}.{name} must be an Input, Output or Param, without __ in its name")

    def __post_init__(self) -> None:
        if (place := placing.get()) is not None:
            place(self)

    def run(self) -> Result:
        """Read the inputs, write the outputs, return the metrics."""
        raise NotImplementedError

    @property
    def work(self) -> Path:
        """While it runs: a folder that outlives a killed attempt, for finished shards and checkpoints."""
        folder: Path = self.__dict__["work_folder"]
        return folder

    @property
    def earlier(self) -> Mapping[str, Path]:
        """While it runs: the replayed outputs, if a run made them that differed in replayed settings only."""
        folders: Mapping[str, Path] = self.__dict__["earlier_folders"]
        return folders

    @classmethod
    def name(cls) -> str:
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    @cache
    def ports(cls, role: Role | None = None) -> tuple[Port, ...]:
        hints = get_type_hints(cls)
        ports = (Port(f.name, hints[f.name], default=f.default, **f.metadata) for f in dataclasses.fields(cls))
        return tuple(port for port in ports if role in (None, port.role))


placing: ContextVar[Callable[[Component], None] | None] = ContextVar("placing", default=None)


def fill(component: Component, name: str, value: object) -> None:
    """Set an output port or the work folder, which no caller may set."""
    object.__setattr__(component, name, value)
