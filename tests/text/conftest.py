"""Real Japanese text: the rows of the shipped sample, and documents made of them."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hagane.storage.documents import SHARD, ShardWriter, document

SAMPLE = Path(__file__).parents[2] / "samples" / "japanese.jsonl.gz"
MakeDocuments = Callable[..., Path]


@pytest.fixture(scope="session")
def sample() -> list[str]:
    """The texts of every sixth document of the sample."""
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as stream:
        return [json.loads(line)["text"] for number, line in enumerate(stream) if number % 6 == 0]


@pytest.fixture
def make_documents(tmp_path: Path) -> MakeDocuments:
    def make(texts: Sequence[str], shards: int = 1, **columns: Any) -> Path:
        folder = tmp_path / "documents"
        folder.mkdir()
        size = -(-len(texts) // shards)
        for number in range(shards):
            with ShardWriter(folder / SHARD.format(number)) as writer:
                for place in range(number * size, min((number + 1) * size, len(texts))):
                    writer.add([document(texts[place], "sample", str(place), "MIT") | columns])
        return folder

    return make
