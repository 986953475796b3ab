"""Evaluation of a language model on held-out documents and on given text files."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import numpy as np

from hagane import blocks
from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.evaluation.perplexity import DataSet, Document, Score, score
from hagane.models.folder import load_model
from hagane.storage.files import sha256, write_whole
from hagane.storage.tokens import TokenStream
from hagane.tokenizers.folder import MODEL, load
from hagane.training.device import best_device, memory_errors, reproducible

HELD_OUT = "validation"
RECORD = "scores.json"
MEASURES = ("perplexity", "bits_per_character", "bits_per_byte")


@dataclass(frozen=True)
class Settings:
    """The settings of EvaluateLanguageModel, under their names there."""

    context: int | None
    stride: int | None
    limit: int
    batch_size: int
    threads: int


def evaluate(
    model_folder: Path, tokenizer: Path, tokens: Path, files: Sequence[str], output: Path, settings: Settings
) -> Result:
    """Score the held-out split and every file in fp32, and write ``scores.json``."""
    sets = data_sets(TokenStream(tokens, HELD_OUT), tokenizer, files)
    with reproducible(settings.threads), memory_errors("lower batch_size"):
        model = fitting_model(model_folder, load(tokenizer).get_piece_size())
        context, stride = window(settings, int(model.config.max_position_embeddings))
        scores = [score(model, data, context, stride, settings.batch_size, settings.limit) for data in sets]
    comparable = {"context": context, "stride": stride, "dtype": "float32", "tokenizer": sha256(tokenizer / MODEL)}
    settled = comparable | {"limit": settings.limit, "batch_size": settings.batch_size, "threads": settings.threads}
    content = {"schema": 1, "settings": settled, "scores": [row(result) for result in scores]}
    write_whole(output / RECORD, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True))
    return Result(metrics(scores), (table(scores),))


def data_sets(held_out: TokenStream, tokenizer: Path, files: Sequence[str]) -> list[DataSet]:
    """The held-out split, unless it is empty, and each file as one document; BadInput if nothing is left."""
    processor, begin = load(tokenizer), first_id(held_out)
    if processor.get_piece_size() != held_out.meta.vocab_size:
        fix = f"the tokenizer has {processor.get_piece_size()} pieces: pack the tokens with it"
        raise BadInput(
            "the tokens were packed with another tokenizer, of so many pieces", held_out.meta.vocab_size, fix
        )
    names = [PurePosixPath(file).name for file in files]
    if twice := sorted({name for name in names if [*names, HELD_OUT].count(name) > 1}):
        raise UsageError("each file needs a name of its own", ", ".join(twice), "rename one")
    sets = [held_out_set(held_out)] if len(held_out) else []
    for name, file in zip(names, files, strict=True):
        text = read_text(file)
        ids = np.array([begin, *processor.encode(text), held_out.meta.eos], np.int64)
        sets.append(DataSet(name, len(ids) - 1, [Document(ids, len(text), len(text.encode("utf-8")))]))
    if not sets:
        raise BadInput("there is nothing to evaluate on", fix="raise validation_fraction of pack-tokens, or give files")
    return sets


def first_id(held_out: TokenStream) -> int:
    """What stands before a document: its beginning-of-text id, or the end of the one before."""
    return held_out.meta.eos if held_out.meta.bos is None else held_out.meta.bos


def held_out_set(held_out: TokenStream) -> DataSet:
    given = 0 if held_out.meta.bos is None else 1  # whether the stream holds the beginning-of-text ids
    return DataSet(HELD_OUT, len(held_out) - given * len(held_out.index), held_out_documents(held_out))


def held_out_documents(held_out: TokenStream) -> Iterator[Document]:
    start, before = 0, [held_out.meta.eos] if held_out.meta.bos is None else []
    for tokens, characters, size in held_out.index.tolist():
        yield Document(np.array([*before, *held_out.read(start, tokens)], np.int64), characters, size)
        start += tokens


def read_text(address: str) -> str:
    """A whole UTF-8 text; BadInput if it is missing, empty or in another encoding."""
    try:
        with fsspec.open(address, "rb") as stream:
            text: str = stream.read().decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise BadInput("no such text file", address) from None
    except UnicodeDecodeError as error:
        raise BadInput("the file is not UTF-8", address, f"byte {error.start}: convert it first") from error
    if not text.strip():
        raise BadInput("the file holds no text", address)
    return text


def fitting_model(folder: Path, pieces: int) -> Any:
    """The model, ready to score; BadInput if the tokenizer has ids that it does not know."""
    model = load_model(folder)
    if pieces > model.config.vocab_size:
        fix = f"the model knows {model.config.vocab_size}: use the tokenizer that it was trained with"
        raise BadInput("the tokenizer has more pieces than the model", pieces, fix)
    return model.to(best_device())


def window(settings: Settings, longest: int) -> tuple[int, int]:
    """Context and stride: the model's own context, and half of it (ours), unless they are given."""
    context = longest if settings.context is None else settings.context
    stride = max(1, context // 2) if settings.stride is None else settings.stride
    for name, value, most in (("context", context, longest), ("stride", stride, context)):
        if not 1 <= value <= most:
            raise UsageError(f"{name} wants a number from 1 to {most}", value)
    if settings.batch_size < 1:
        raise UsageError("batch_size wants 1 or more", settings.batch_size)
    return context, stride


def row(result: Score) -> dict[str, Any]:
    return asdict(result) | {measure: getattr(result, measure) for measure in MEASURES}


def metrics(scores: Sequence[Score]) -> dict[str, float]:
    """Each measure of the first data set by its own name, of the others with the data set's."""
    prefixed = [(f"{result.name}." if number else "", result) for number, result in enumerate(scores)]
    return {f"{prefix}{measure}": getattr(result, measure) for prefix, result in prefixed for measure in MEASURES}


def table(scores: Sequence[Score]) -> blocks.Block:
    columns = ["name", "documents", "tokens", "characters", "bytes", *MEASURES]
    return blocks.table("Scores", columns, ([getattr(result, column) for column in columns] for result in scores))
