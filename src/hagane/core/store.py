"""What the kernel needs from a store."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from hagane.core.artifact import Manifest


class Store(Protocol):
    def find(self, key: str, outputs: tuple[str, ...]) -> dict[str, Manifest] | None:
        """The key's outputs, None if they were never committed; CorruptArtifact if they changed since."""

    def lease(self, key: str) -> AbstractContextManager[None]:
        """Wait until no other run works on the key, then hold it."""

    def workspace(self, key: str) -> AbstractContextManager[tuple[Path, Path]]:
        """An empty folder for this attempt and one that stays until a commit; a store that fails is told as such."""

    def commit(self, key: str, attempt: Path, drafts: dict[str, Manifest]) -> dict[str, Manifest]:
        """Move the outputs into the store together, each draft completed with its files."""

    def uri(self, key: str, output: str) -> str:
        """Where the output lies, for its consumers."""

    def open(self, uri: str, digest: str) -> Path:
        """The data of an artifact; CorruptArtifact if it is not there with that digest."""

    def used(self, digest: str, key: str) -> None:
        """Note that the key's task read the artifact, or has the replay key."""

    def users(self, digest: str) -> list[str]:
        """The keys that ``used`` noted."""

    def fingerprint(self, source: str) -> str | None:
        """What identifies the content at an address; None if nothing does."""
