"""Real documents of the shipped sample, and tokenizers of every recipe trained on some of them once a session."""

import gzip
import json
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from hagane.core.component import Result
from hagane.storage.documents import SHARD, ShardWriter, document
from hagane.tokenizers.names import RecipeName
from hagane.tokenizers.training import train_tokenizer

SAMPLE = Path(__file__).parent.parent / "samples" / "japanese.jsonl.gz"
SETTINGS: dict[str, Any] = {
    "extra_symbols": (),
    "vocab_size": 2_000,
    "character_coverage": 0.9995,
    "sample_megabytes": 1,
    "seed": 42,
    "threads": 2,
}


@cache
def rows(count: int) -> tuple[dict[str, Any], ...]:
    """Documents of the sample, one in twelve so that they come from several packages."""
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        chosen = [json.loads(line) for line in islice(lines, 0, 12 * count, 12)]
    return tuple(document(row["text"], row["source"], row["id"], row["license"], row["language"]) for row in chosen)


def write_documents(folder: Path, documents: Sequence[dict[str, Any]], shards: int = 1) -> Path:
    """A documents artifact of that many shards, which may be unequal or empty."""
    folder.mkdir(parents=True, exist_ok=True)
    size = -(-len(documents) // shards)
    for number in range(shards):
        with ShardWriter(folder / SHARD.format(number)) as writer:
            writer.add(documents[number * size : (number + 1) * size])
    return folder


@cache
def trained(recipe: RecipeName = "hagane") -> tuple[Path, Result]:
    folder = Path(tempfile.mkdtemp())
    corpus = write_documents(folder / "documents", rows(60))
    (folder / "tokenizer").mkdir()
    return folder / "tokenizer", train_tokenizer([corpus], folder / "tokenizer", recipe=recipe, **SETTINGS)
