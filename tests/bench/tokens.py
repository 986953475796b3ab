"""Encoding and packing on two cores, from parquet, beside SentencePiece and Hugging Face tokenizers from memory.

All encode with one model of 8,000 pieces, trained here on some megabytes of the corpora.
"""

import random
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measure import Corpus, corpora, paired, rates, row
from tokenizers import Tokenizer

from hagane.storage.documents import document, write_shards
from hagane.storage.tokens import TokenStream
from hagane.text.packing import pack_documents
from hagane.tokenizers.fast import write_fast
from hagane.tokenizers.folder import FAST, MODEL, load
from hagane.tokenizers.sampling import sentences
from hagane.tokenizers.unigram import train_unigram

PIECES = 8_000
TRAINING = 5_000_000  # bytes
TIMES = 3  # each text in the larger corpus, in which a worker's start counts for less
SHARD = 8  # megabytes
TIES = 0.02  # of the documents may hold a tie, where a path through the text scores equal to another's
Ids = npt.NDArray[np.integer[Any]]


def train(folder: Path) -> Path:
    folder.mkdir()
    texts = [text for corpus in corpora() for text in corpus.texts]
    random.Random(0).shuffle(texts)
    lines, size = [], 0
    while texts and size < TRAINING:
        drawn = list(sentences(texts.pop()))
        lines += drawn
        size += sum(len(line.encode()) for line in drawn)
    (folder / MODEL).write_bytes(train_unigram(lines, PIECES, 0.9995, 2)[0])
    write_fast(folder)
    return folder


def write(folder: Path, corpus: Corpus) -> Path:
    folder.mkdir()
    rows = (document(text, corpus.name, str(number), "MIT") for number, text in enumerate(corpus.texts))
    write_shards(folder, rows, SHARD)
    return folder


def pack(documents: Path, tokenizer: Path, workers: int) -> Ids:
    """The ids of all documents as they lie on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "tokens"
        output.mkdir()
        pack_documents(documents, tokenizer, output, Path(folder) / "work", 0.0, workers, "packed")
        return np.concatenate(TokenStream(output, "train").parts)


def sentencepiece(texts: list[str], times: int, tokenizer: Path) -> Ids:
    """SentencePiece on two threads of its own, each document appended to a memory map."""
    processor = load(tokenizer)
    size = sum(len(text) for text in texts) * times + 2 * times * len(texts)
    with tempfile.NamedTemporaryFile() as file:
        packed = np.memmap(file.name, "<u2", "w+", shape=3 * size)
        end = 0
        for _ in range(times):
            for ids in processor.encode(texts, add_bos=True, add_eos=True, num_threads=2):
                packed[end : end + len(ids)] = ids
                end += len(ids)
        packed.flush()
        return packed[:end].copy()


def hugging_face(texts: list[str], tokenizer: Path) -> list[list[int]]:
    fast = Tokenizer.from_file(str(tokenizer / FAST))
    return [encoding.ids for encoding in fast.encode_batch(texts, add_special_tokens=False)]


def agree(packed: Ids, theirs: list[list[int]], tokenizer: Path) -> bool:
    """Whether all documents but those that hold a tie have the same ids."""
    ours = np.split(packed, np.flatnonzero(packed == load(tokenizer).eos_id())[:-1] + 1)
    different = [a[1:-1].tolist() != b for a, b in zip(ours, theirs, strict=True)]
    return sum(different) <= TIES * len(different)


def measure(corpus: Corpus, tokenizer: Path, folder: Path) -> None:
    texts, once = corpus.texts, write(folder / corpus.name, corpus)
    large = Corpus(corpus.name, TIMES * texts)
    often = write(folder / f"{corpus.name}-{TIMES}", large)
    two = partial(pack, often, tokenizer, 2)
    pair = paired(two, partial(sentencepiece, texts, TIMES, tokenizer), np.array_equal)
    rates("pack-tokens, two workers", large, pair, "SentencePiece on two threads and a memory map")
    same = partial(agree, tokenizer=tokenizer)
    pair = paired(partial(pack, once, tokenizer, 2), partial(hugging_face, texts, tokenizer), same)
    rates("pack-tokens, two workers", corpus, pair, "tokenizers' encode_batch")
    pair = paired(two, partial(pack, often, tokenizer, 1), np.array_equal)
    row(f"pack-tokens, two workers, {corpus.name}", f"{pair.ratio:.2f} times one worker")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = train(Path(folder) / "tokenizer")
        for corpus in corpora():
            measure(corpus, tokenizer, Path(folder))
