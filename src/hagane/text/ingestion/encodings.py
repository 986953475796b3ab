"""Strict decoding of Japanese text: never a replacement character, never a guess without evidence."""

import codecs
import re
from contextlib import suppress

from hagane.core.errors import UsageError

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LEGACY = ("cp932", "shift_jisx0213", "euc_jp", "euc_jisx0213")
KANA = re.compile("[ぁ-んァ-ヴ]")
BINARY = re.compile("[\0\x1b]")  # UTF-16 without its mark, or the escape sequences of ISO-2022-JP


class Undecodable(ValueError):
    """Bytes that are not text in the encoding; ``offset`` is the first byte at fault."""

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(reason)
        self.offset = offset


def check_encoding(name: str) -> None:
    """UsageError unless the name is "auto" or a codec for text that Python knows."""
    try:
        with suppress(UnicodeDecodeError):
            b" ".decode("utf-8" if name == "auto" else name)
    except LookupError:
        choices = f"use auto, utf-8, {', '.join(LEGACY)} or another codec of Python"
        raise UsageError("no such encoding", name, choices) from None


def decode(raw: bytes, encoding: str = "auto") -> str:
    """The text, without a byte order mark; Undecodable if it is not text in that encoding.

    "auto" takes a byte order mark at its word, then UTF-8, which no other text passes for by chance, then the first of
    ``LEGACY`` that decodes every byte and gives kana. The kana of Shift_JIS start with bytes 0x82 and 0x83, which
    EUC-JP does not have, so no text with kana is taken for the other family. Text without kana that is not UTF-8
    (EUC-JP kanji also read as Shift_JIS half-width katakana) is undecidable: it needs its encoding named.
    """
    if encoding != "auto":
        return decode_strictly(raw, encoding).removeprefix("\ufeff")
    for mark, name in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return decode_strictly(raw, name)
    try:
        text = decode_strictly(raw, "utf-8")
    except Undecodable as error:
        return decode_legacy(raw, error.offset)
    if binary := BINARY.search(text):
        raise Undecodable("binary, UTF-16 or ISO-2022-JP: name its encoding", len(text[: binary.start()].encode()))
    return text


def decode_strictly(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeError as error:
        offset = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise Undecodable(f"not {encoding} from byte {offset}", offset) from None


def decode_legacy(raw: bytes, offset: int) -> str:
    for name in LEGACY:
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if KANA.search(text) and not BINARY.search(text):
            return text
    raise Undecodable(f"not UTF-8 from byte {offset}, and neither Shift_JIS nor EUC-JP with kana", offset)
