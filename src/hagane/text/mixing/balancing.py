"""How often each group of documents is passed over in a mixture, by the balance that is asked for."""

import math
from collections.abc import Mapping, Sequence

from hagane.core.errors import BadInput, UsageError
from hagane.text.names import Balance, Grouping

LISTED = 10  # groups that a message names (ours)

Weights = dict[str, float]


def parse_weights(weights: Sequence[str], by: Grouping, balance: Balance, corpora: Sequence[str]) -> Weights:
    """The weight of each named group, or of each corpus in order; UsageError for what can be told without the data."""
    if balance == "custom" and not weights:
        raise UsageError("balance=custom wants weights", fix="give the passes over each, as 1,5 or ja=1,en=0.5")
    if balance == "none" and weights:
        raise UsageError("balance=none takes no weights", list(weights), "choose undersample, oversample or custom")
    if by == "corpus":
        if weights and len(weights) != len(corpora):
            raise UsageError(f"weights wants {len(corpora)} numbers, one a corpus in their order", list(weights))
        return {name: positive(weight) for name, weight in zip(corpora, weights, strict=False)}
    pairs = [weight.rpartition("=") for weight in weights]
    if unnamed := [number for _, equals, number in pairs if not equals]:
        raise UsageError(f"weights by {by} are given as NAME=NUMBER", unnamed[0])
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise UsageError(f"weights names a {by} twice", list(weights))
    return {name: positive(number) for name, _, number in pairs}


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise UsageError("a weight wants a positive number", text, "leave a corpus out rather than weigh it 0")
    return number


def epochs(sizes: Mapping[str, int], balance: Balance, weights: Weights, limit: float) -> Weights:
    """The passes over each group of ``sizes`` bytes.

    These are rinna's choices for corpora (rinnakk/japanese-pretrained-models, src/task/pretrain_gpt2/train.py), by
    bytes instead of files: "none" takes everything once; "undersample" gives the groups their weights' shares (equal
    ones by default) with nothing repeated, "oversample" with nothing left out; "custom" has passes for weights. A mix
    of more than ``limit`` bytes is made smaller, all groups alike. BadInput if weights and groups do not fit.
    """
    if weights and (unknown := weights.keys() - sizes.keys()):
        raise BadInput("weights names what is not in the corpora", min(unknown), f"there are {listed(sizes)}")
    if weights and (missing := sizes.keys() - weights.keys()):
        raise BadInput(
            "weights leaves out what is in the corpora", listed(missing), "weigh it, or filter it out before"
        )
    shares = weights or dict.fromkeys(sizes, 1.0)
    wanted = dict.fromkeys(sizes, 1.0)
    if balance == "custom":
        wanted = shares
    elif balance != "none":
        scales = {name: size / shares[name] for name, size in sizes.items()}
        scale = min(scales.values()) if balance == "undersample" else max(scales.values())
        wanted = {name: scale / own for name, own in scales.items()}
    total = sum(passes * sizes[name] for name, passes in wanted.items())
    shrink = min(1.0, limit / total) if total else 1.0
    return {name: wanted[name] * shrink for name in sizes}


def listed(names: Mapping[str, int] | set[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(sorted(names)[:LISTED]) + more
