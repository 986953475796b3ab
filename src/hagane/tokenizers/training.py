"""Train a tokenizer, show that its two forms agree and what it costs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from hagane.blocks import Block, table
from hagane.core.component import Result
from hagane.tokenizers.costs import WHOLE, Cost, costs
from hagane.tokenizers.equality import check_equality
from hagane.tokenizers.fast import write_fast
from hagane.tokenizers.folder import MODEL
from hagane.tokenizers.memory import warn_of_memory
from hagane.tokenizers.names import RecipeName
from hagane.tokenizers.recipes import RECIPES, with_symbols
from hagane.tokenizers.round_trips import hard_table
from hagane.tokenizers.sampling import sample
from hagane.tokenizers.subwords import open_model
from hagane.tokenizers.unigram import train_unigram


def train_tokenizer(
    corpora: Sequence[Path],
    output: Path,
    *,
    recipe: RecipeName,
    extra_symbols: Sequence[str],
    vocab_size: int | None,
    character_coverage: float,
    sample_megabytes: int,
    seed: int,
    threads: int,
) -> Result:
    """Write spiece.model, tokenizer.json and tokenizer_config.json into ``output``.

    BadInput if the text and ``vocab_size`` do not go together, Refused if tokenizer.json is not spiece.model's equal.
    """
    chosen = with_symbols(RECIPES[recipe], extra_symbols)
    drawn = sample(corpora, sample_megabytes, seed)
    size = sum(len(line.encode()) for line in drawn.training)
    warn_of_memory(size)
    pieces = chosen.vocab_size if vocab_size is None else vocab_size
    model, required = train_unigram(drawn.training, pieces, character_coverage, threads, chosen)
    (output / MODEL).write_bytes(model)
    write_fast(output)
    subwords = open_model(model)
    spent = costs(subwords, drawn.held_out or drawn.training)  # a small corpus has none to hold out
    metrics = {
        "vocab_size": float(pieces),
        "required_characters": float(required),
        "training_sentences": float(len(drawn.training)),
        "training_megabytes": size / 1e6,
        "held_out_sentences": float(len(drawn.held_out)),
        "differing_texts": float(check_equality(output, drawn.held_out)),
        **spent[WHOLE].measures(),
    }
    return Result(metrics, (measure_table(metrics), class_table(spent), hard_table(subwords)))


def measure_table(metrics: Mapping[str, float]) -> Block:
    return table("Tokenizer", ["measure", "value"], [(name, round(value, 4)) for name, value in metrics.items()])


def class_table(spent: Mapping[str, Cost]) -> Block:
    columns = ["class", "characters", *spent[WHOLE].measures()]
    rates = {name: [round(value, 4) for value in cost.measures().values()] for name, cost in spent.items()}
    rows = [[name, cost.characters, *rates[name]] for name, cost in spent.items()]
    return table("Cost by class of characters, on held-out sentences", columns, rows)
