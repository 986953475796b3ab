"""What is left of a text that is encoded and decoded again."""

import unicodedata
from collections.abc import Mapping

from hagane.blocks import Block, table
from hagane.tokenizers.hard_texts import HARD
from hagane.tokenizers.subwords import Subwords

EXACT, FOLDED, LOST = "exact", "NFKC-equal", "lost"


def outcome(text: str, decoded: str) -> str:
    """``exact``; or equal after NFKC, which folds width and compatibility characters; or something is lost."""
    if decoded == text:
        return EXACT
    return FOLDED if folded(decoded) == folded(text) else LOST


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def hard_outcomes(subwords: Subwords) -> dict[str, str]:
    """What becomes of each of the hard texts."""
    encoded = subwords.encode(list(HARD.values()))
    trips = zip(HARD.items(), encoded, strict=True)
    return {name: outcome(text, subwords.decode(found.ids.tolist())) for (name, text), found in trips}


def hard_table(subwords: Subwords) -> Block:
    """Every hard text, its pieces and what they decode to."""
    rows = []
    for (name, text), found in zip(HARD.items(), subwords.encode(list(HARD.values())), strict=True):
        ids = found.ids.tolist()
        decoded = subwords.decode(ids)
        pieces = " ".join(subwords.pieces[number] for number in ids)
        rows.append([name, visible(text), visible(pieces), visible(decoded), outcome(text, decoded)])
    return table("Hard texts, encoded and decoded", ["what", "text", "pieces", "decoded", "round trip"], rows)


def hard_comparison(outcomes: Mapping[str, Mapping[str, str]]) -> Block:
    """What becomes of every hard text, a column each tokenizer."""
    rows = [[name, visible(text), *(found[name] for found in outcomes.values())] for name, text in HARD.items()]
    return table("Hard texts, encoded and decoded", ["what", "text", *outcomes], rows)


def visible(text: str) -> str:
    """The text with escapes for what a table cannot show."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
