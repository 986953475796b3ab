"""Tokenizers side by side on the same text."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec

from hagane.blocks import Block, table
from hagane.core.component import Result
from hagane.core.errors import BadInput, InfrastructureError, UsageError
from hagane.events import progress
from hagane.storage.files import write_whole
from hagane.tokenizers.costs import WHOLE, Cost, costs
from hagane.tokenizers.folder import MODEL, load
from hagane.tokenizers.round_trips import hard_comparison, hard_outcomes
from hagane.tokenizers.sampling import passages
from hagane.tokenizers.subwords import Subwords, open_subwords

OWN = "tokenizer"
RECORD = "tokenizers.json"
FILES = (MODEL, "tokenizer.model", "sentencepiece.bpe.model", "tokenizer.json")  # of a folder, the first that is there


@dataclass(frozen=True)
class Measured:
    subwords: Subwords
    sha256: str  # of the file
    costs: dict[str, Cost]  # by class
    outcomes: dict[str, str]  # of the hard texts


def compare(documents: Path, tokenizer: Path, others: Sequence[str], output: Path, megabytes: int, seed: int) -> Result:
    """Measure the tokenizer and the others on the same passages and write ``tokenizers.json``.

    BadInput for a missing or broken tokenizer among the others and for documents without text.
    """
    load(tokenizer)  # which tells a broken one of ours from others
    contents = {OWN: fetch(str(tokenizer))} | dict(zip(names(others), map(fetch, others), strict=True))
    opened = {name: open_subwords(content, file) for name, (file, content) in contents.items()}
    texts = passages(documents, megabytes, seed)
    found = {}
    for done, (name, subwords) in enumerate(opened.items()):
        progress(done, len(opened), "tokenizers", name)
        digest = hashlib.sha256(contents[name][1]).hexdigest()
        found[name] = Measured(subwords, digest, costs(subwords, texts), hard_outcomes(subwords))
    sizes = {"passages": len(texts), "characters": sum(map(len, texts)), "bytes": sum(len(t.encode()) for t in texts)}
    settings = {"sample_megabytes": megabytes, "seed": seed, **sizes}
    content = {"schema": 1, "settings": settings, "tokenizers": [row(name, one) for name, one in found.items()]}
    write_whole(output / RECORD, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True))
    return Result(found[OWN].costs[WHOLE].measures(), tuple(blocks(found)))


def names(others: Sequence[str]) -> list[str]:
    """The shortest ends of the addresses, from two parts on, that tell them apart: OWNER/NAME on the Hub."""
    parts = [PurePosixPath(address).parts for address in others]
    for length in range(2, max(map(len, parts), default=1) + 2):
        found = ["/".join(part[-length:]) for part in parts]
        if len({OWN, *found}) == 1 + len(found):
            return found
    raise UsageError("each of the others needs an address of its own", ", ".join(others), f"no other is {OWN!r}")


def fetch(address: str) -> tuple[str, bytes]:
    """Name and content of the file that holds a tokenizer: the address itself, or in the folder there."""
    try:
        system, path = fsspec.core.url_to_fs(address)
        files = [path] if system.isfile(path) else [f"{path.rstrip('/')}/{name}" for name in FILES]
        file = next((file for file in files if system.isfile(file)), None)
        content: bytes = system.cat_file(file) if file else b""
    except (ImportError, ValueError) as error:
        raise UsageError("no such kind of address", address, str(error)) from error
    except Exception as error:  # each of fsspec's libraries fails in its own way
        raise InfrastructureError("cannot reach", address, str(error) or type(error).__name__) from error
    if file is None:
        raise BadInput("no tokenizer that can be read", address, f"give a folder with {' or '.join(FILES)}, or a file")
    return PurePosixPath(file).name, content


def row(name: str, one: Measured) -> dict[str, Any]:
    kind, pieces = one.subwords.kind, len(one.subwords.pieces)
    by_class = {label: asdict(cost) | cost.measures() for label, cost in one.costs.items()}
    named = {"name": name, "kind": kind, "pieces": pieces, "sha256": one.sha256}
    return {**named, "costs": by_class, "hard_texts": one.outcomes}


def blocks(found: Mapping[str, Measured]) -> Iterator[Block]:
    rates = {name: {label: cost.measures() for label, cost in one.costs.items()} for name, one in found.items()}
    measures = list(rates[OWN][WHOLE])
    rows = [
        [name, one.subwords.kind, len(one.subwords.pieces), *(round(rates[name][WHOLE][m], 4) for m in measures)]
        for name, one in found.items()
    ]
    yield table("Tokenizers on the same text", ["name", "kind", "pieces", *measures], rows)
    for measure in measures:
        by_class = [
            [label, cost.characters, *(round(rates[name][label][measure], 4) for name in found)]
            for label, cost in found[OWN].costs.items()
        ]
        title = f"{measure.replace('_', ' ').capitalize()} by class of characters"
        yield table(title, ["class", "characters", *found], by_class)
    yield hard_comparison({name: one.outcomes for name, one in found.items()})
