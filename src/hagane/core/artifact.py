"""What flows between components: typed artifacts and their manifests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hagane.core.errors import CorruptArtifact


@dataclass(frozen=True)
class File:
    """One file of an artifact; ``stamp`` (modification time or ETag) only spares a rehash."""

    path: str
    size: int
    sha256: str
    stamp: str


@dataclass(frozen=True)
class Manifest:
    """What an artifact holds; its ``record`` says where it came from and never enters the digest."""

    kind: str
    version: int
    files: tuple[File, ...]
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        content = [self.kind, self.version, sorted([f.path, f.size, f.sha256] for f in self.files)]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()

    def to_json(self) -> str:
        return json.dumps({"schema": 1, "digest": self.digest, **asdict(self)}, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> Manifest:
        try:
            content = json.loads(text)
            files = tuple(File(**file) for file in content["files"])
            manifest = cls(content["kind"], content["version"], files, content["record"])
            stated = content["digest"]
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptArtifact(f"{where} is not a manifest", fix=repr(error)) from error
        if manifest.digest != stated:
            raise CorruptArtifact(f"{where} was edited: its content digest is {manifest.digest}", stated)
        return manifest


@dataclass(frozen=True)
class Artifact:
    """A folder that one component writes and others read."""

    kind: ClassVar[str] = "artifact"
    version: ClassVar[int] = 1
    headline: ClassVar[bool] = False  # whether a run's last words name its metrics
    usage: ClassVar[str] = ""  # a command that shows its use, with ``{path}`` and ``{hagane}``

    producer: str = ""  # "task.output", while a pipeline is traced
    folder: Path | None = None  # while a component runs

    @property
    def path(self) -> Path:
        if self.folder is None:
            raise LookupError(f"{self.kind} from {self.producer} has a path only while a component runs")
        return self.folder
