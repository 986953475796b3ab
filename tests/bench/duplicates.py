"""Near-duplicates beside rensa and datatrove: character 5-grams, Jaccard 0.8, one process, and who finds how many.

The peers get the texts normalised beforehand; ours reads raw ones from a parquet shard, and writes its outputs.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import rensa
from datatrove.data import Document
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import HashConfig, MinhashConfig
from datatrove.utils.word_tokenizers import WhitespaceTokenizer
from loguru import logger
from measure import PAIRS, Corpus, corpora, paired, rates, row

from hagane.storage.documents import SHARD, ShardWriter, batches, document, shards
from hagane.text.deduplication.comparison import normalised
from hagane.text.deduplication.corpus import deduplicate

logger.disable("datatrove")
NGRAM, THRESHOLD = 5, 0.8
PROMISING = THRESHOLD - 3 * (THRESHOLD * (1 - THRESHOLD) / 128) ** 0.5  # as ours: three deviations below
SLOW = 1  # pairs with datatrove, which takes a minute
ALIKE = 0.98  # of what rensa removes: both find a little less than there is
CHECKED = 1_000  # documents on which recall is taken against every pair


def grams(text: str) -> list[str]:
    return [text[start : start + NGRAM] for start in range(max(1, len(text) - NGRAM + 1))]


def similar(a: frozenset[str], b: frozenset[str]) -> bool:
    shared = len(a & b)
    return shared >= THRESHOLD * (len(a) + len(b) - shared)


def ours(folder: Path) -> set[int]:
    """The numbers of the documents that are removed."""
    outputs = [folder / name for name in ("unique", "duplicates", "clusters", "work")]
    for output in outputs:
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
    deduplicate([folder / "documents"], *outputs, threshold=THRESHOLD, ngram=NGRAM, workers=1)
    return {int(row["url"]) for shard in shards(outputs[1]) for batch in batches(shard, ("url",)) for row in batch}


def by_rensa(texts: Sequence[str]) -> set[int]:
    """RMinHash 128, LSH of 16 bands; candidates that look similar are compared exactly with documents that stay."""
    signatures = [rensa.RMinHash(128, 42) for _ in texts]
    for signature, text in zip(signatures, texts, strict=True):
        signature.update(grams(text))
    index = rensa.RMinHashLSH(THRESHOLD, 128, 16)
    index.insert_many(signatures)
    sets: dict[int, frozenset[str]] = {}
    removed: set[int] = set()
    for number, found in enumerate(index.query_all(signatures)):
        earlier = sorted(other for other in found if other < number and other not in removed)
        for candidate in (each for each in earlier if signatures[number].jaccard(signatures[each]) >= PROMISING):
            sets |= {each: frozenset(grams(texts[each])) for each in {number, candidate} - sets.keys()}
            if similar(sets[number], sets[candidate]):
                removed.add(number)
                break
    return removed


class CharacterSignature(MinhashDedupSignature):
    def get_shingles(self, text: str) -> np.ndarray:
        return np.fromiter(map(self._hash_func, grams(text)), np.uint64).reshape(-1, 1)


def by_datatrove(texts: Sequence[str]) -> set[int]:
    """14 buckets of 8 64-bit hashes, its stages one after the other; it compares nothing exactly."""
    config = MinhashConfig(n_grams=NGRAM, hash_config=HashConfig(precision=64))
    with tempfile.TemporaryDirectory() as home:
        signed, found, removed = (f"{home}/{name}" for name in ("signed", "found", "removed"))
        signature = CharacterSignature(signed, config, language=WhitespaceTokenizer())  # which it does not ask
        signature.run(Document(text, str(number)) for number, text in enumerate(texts))
        for bucket in range(config.num_buckets):
            MinhashDedupBuckets(signed, found, config=config).run(None, bucket, config.num_buckets)
        MinhashDedupCluster(found, removed, config=config).run()
        return set(np.fromfile(f"{removed}/000000.remove", np.uint32).tolist())


def by_every_pair(texts: Sequence[str]) -> set[int]:
    sets = [frozenset(grams(text)) for text in texts]
    removed: set[int] = set()
    for earlier, later in combinations(range(len(texts)), 2):
        least, most = sorted((len(sets[earlier]), len(sets[later])))
        if removed.isdisjoint((earlier, later)) and least >= THRESHOLD * most and similar(sets[earlier], sets[later]):
            removed.add(later)
    return removed


def write(texts: Sequence[str], folder: Path) -> None:
    (folder / "documents").mkdir(parents=True)
    with ShardWriter(folder / "documents" / SHARD.format(0)) as writer:
        writer.add(document(text, "bench", str(n), "MIT", url=str(n)) for n, text in enumerate(texts))


def race(
    corpus: Corpus, folder: Path, texts: Sequence[str], by: Callable[[Sequence[str]], set[int]], peer: str
) -> None:
    def same(mine: set[int], theirs: set[int]) -> bool:
        counts.append(f"{len(mine)} (theirs {len(theirs)}, both {len(mine & theirs)})")
        return by is not by_rensa or len(mine & theirs) >= ALIKE * len(theirs)

    counts: list[str] = []
    pairs = PAIRS if by is by_rensa else SLOW
    rates("near-duplicates", corpus, paired(lambda: ours(folder), lambda: by(texts), same, pairs), peer)
    row(f"of {len(texts):,} documents it removes", counts[0])


def recall(corpus: Corpus, folder: Path) -> None:
    """Of the documents that comparing every pair removes, how many are removed: on those in the corpus' middle."""
    start = max(0, (len(corpus.texts) - CHECKED) // 2)
    write(corpus.texts[start : start + CHECKED], folder)
    texts = [normalised(text) for text in corpus.texts[start : start + CHECKED]]
    every = by_every_pair(texts)
    shares = [len(found & every) / len(every) for found in (ours(folder), by_rensa(texts), by_datatrove(texts))]
    what = f"recall of the {len(every)} duplicates in {len(texts):,} documents, {corpus.name}"
    row(what, "{:.1%} (rensa {:.1%}, datatrove {:.1%})".format(*shares))


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        for corpus in corpora():
            folder = Path(home) / corpus.name
            write(corpus.texts, folder)
            texts = [normalised(text) for text in corpus.texts]
            race(corpus, folder, texts, by_rensa, "rensa with exact comparison")
            race(corpus, folder, texts, by_datatrove, "datatrove, which compares nothing exactly")
            recall(corpus, folder / "recall")
