"""The gate: tokenizer.json must give SentencePiece's ids and text."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from hagane.core.errors import Refused
from hagane.tokenizers.folder import FAST, load

HARD = (
    "",
    "　全角　スペース  と   半角 ",
    "\n\n行頭の改行\n",
    "タブ\tと\t\t連続するタブ",
    "改行\r\nとNUL\0とゼロ幅\u200b\u200d\ufeff",
    "ｶﾞｷﾞｸﾞ ﾊﾟﾋﾟﾌﾟ ｳﾞ ﾜﾞ ｱﾞ ﾞ ﾟ",
    "㈱①㍻㍿㋿Ⅳ㎏",
    "波ダッシュ〜と全角チルダ～、−－‐ー―",
    "１２３ＡＢＣ！？％",
    "髙橋、山﨑、神と神、辻󠄀と葛󠄁",
    "か\u3099は\u309aう\u3099あ\u3099\u3099",
    "\u3099\u0301",
    "e\u0301 é Å ﬁ ½ 각 \u1100\u1161\u11a8",
    "😀👨‍👩‍👧‍👦🇯🇵👍🏽❤️",
    "𠮷野家で𩸽を食べる",
    "<s></s><unk>[PAD]<0x0A>",
    "▁下線▁ ゛゜ゝゞ々〆",
    "http://example.jp/?q=%E6%97%A5 if (x != 0) { y++; }",
)
TIES = 2  # texts that may differ (ours): paths of equal score, which the two add in 32 and in 64 bits,
ALLOWANCE = 1_000  # and one more for each so many texts (ours): 3 of 20,000 lines were seen
BATCH = 1_000  # texts encoded at once (ours)


def check_equality(folder: Path, lines: Sequence[str]) -> int:
    """How many of the lines and the hard texts differ in ids or decoded text; Refused beyond the ties allowed."""
    texts = [*HARD, *lines]
    different = list(differing(folder, texts))
    allowed = TIES + len(texts) // ALLOWANCE
    if len(different) > allowed:
        what = f"{FAST} differs from SentencePiece in {len(different)} of {len(texts)} texts, allowed are {allowed}"
        raise Refused(what, different[:3], "use the versions of tokenizers and sentencepiece in constraints.txt")
    return len(different)


def differing(folder: Path, texts: Sequence[str]) -> Iterator[str]:
    """The texts that spiece.model and tokenizer.json encode or decode differently, ``<s>`` in them being text."""
    processor = load(folder)
    tokenizer = Tokenizer.from_file(str(folder / FAST))
    tokenizer.encode_special_tokens = True
    for start in range(0, len(texts), BATCH):
        batch = list(texts[start : start + BATCH])
        expected = processor.encode(batch, num_threads=1)
        encoded = [encoding.ids for encoding in tokenizer.encode_batch(batch, add_special_tokens=False)]
        decoded = zip(processor.decode(expected), tokenizer.decode_batch(encoded), strict=True)
        for text, a, b, (c, d) in zip(batch, expected, encoded, decoded, strict=True):
            if a != b or c != d:
                yield text
