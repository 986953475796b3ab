"""Many lists of words looked for in one pass, with the answers of HojiChar's regular expressions."""

import re
from collections.abc import Callable, Iterable
from functools import cached_property

from ahocorasick_rs import BytesAhoCorasick, Implementation

from hagane.text.filtering.screening.text import Found, Text

Stands = Callable[[bytes, int, int], bool]  # whether what is found from one byte to another counts as the word
CASELESS = "\u0130\u0131\u017f\u212a"  # all but ASCII that equals an ASCII letter where case is ignored
KATAKANA = {chr(code).encode() for code in (*range(ord("ァ"), ord("ヴ") + 1), ord("ー"))}
KANA_BYTES = 3  # of each
BREAKS = (b"", b" ", b",", b".")
CONFUSED = ("|(?<![ァ-ヴー])(", ")(?![ァ-ヴー])")  # around the katakana words that must stand alone
ENGLISH = ("(?:^| )(", r")(?:( |,|\.)|$)")


class WordLists:
    """Sought in UTF-8 of ASCII lower case (Aho-Corasick), since that keeps the place of every byte."""

    def __init__(self) -> None:
        self._words: list[tuple[int, Stands]] = []  # the list of each, and its check
        self._patterns: list[bytes] = []
        self._lists = 0
        self.caseless = self._add((letter.encode(), exactly(letter)) for letter in CASELESS)

    def add_japanese(self, pattern: re.Pattern[str]) -> int | None:
        """The number of a list in one of HojiChar's expressions; None if it matches other than by its words."""
        before, confused, after = pattern.pattern.partition(CONFUSED[0])
        anywhere, alone = alternatives(before), alternatives(after.removesuffix(CONFUSED[1]))
        joined = alternation(anywhere) + (CONFUSED[0] + alternation(alone) + CONFUSED[1] if confused else "")
        if not anywhere or (confused and not alone) or re.compile(joined) != pattern:
            return None
        checks = [*map(exactly, anywhere), *map(exactly_alone, alone)]
        return self._add(zip(map(lowered, [*anywhere, *alone]), checks, strict=True))

    def add_english(self, pattern: re.Pattern[str]) -> int | None:
        """Likewise for whole words in any case."""
        words = alternatives(pattern.pattern.removeprefix(ENGLISH[0]).removesuffix(ENGLISH[1]))
        joined = ENGLISH[0] + alternation(words) + ENGLISH[1]
        if not words or re.compile(joined, re.IGNORECASE) != pattern or any(map(cased_beyond_ascii, words)):
            return None
        return self._add((b" " + lowered(word), ends_word) for word in words)

    def _add(self, words: Iterable[tuple[bytes, Stands]]) -> int:
        for pattern, stands in words:
            self._patterns.append(pattern)
            self._words.append((self._lists, stands))
        self._lists += 1
        return self._lists - 1

    @cached_property
    def _automaton(self) -> BytesAhoCorasick:
        return BytesAhoCorasick(self._patterns, implementation=Implementation.DFA)

    def find(self, text: Text, number: int) -> list[Found]:
        """Every place where a word of list ``number`` stands, overlapping ones too."""
        if text.words is None:
            text.words = self._search(text)
        return text.words[number]

    def _search(self, text: Text) -> list[list[Found]]:
        found: list[list[Found]] = [[] for _ in range(self._lists)]
        sought = b" " + text.utf8.lower()  # the space for English words at the start
        for word, start, end in self._automaton.find_matches_as_indexes(sought, overlapping=True):
            number, stands = self._words[word]
            if stands(text.utf8, start - 1, end - 1):
                found[number].append((start - 1, word, end - 1))
        return found


def alternatives(pattern: str) -> list[str]:
    """The words that ``|`` joins, unescaped; of another expression whatever comes out."""
    return [re.sub(r"\\(.)", r"\1", each, flags=re.DOTALL) for each in re.findall(r"(?:\\.|[^\\|])+", pattern, re.S)]


def alternation(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, words))


def cased_beyond_ascii(word: str) -> bool:
    return any(not c.isascii() and not c.lower() == c == c.upper() for c in word)


def lowered(word: str) -> bytes:
    return word.encode().lower()


def exactly(word: str) -> Stands:
    """Whether the bytes are the word's, not only those of another case."""
    expected = word.encode()
    return lambda utf8, start, end: utf8[start:end] == expected


def exactly_alone(word: str) -> Stands:
    """Likewise, and no katakana before or after."""
    same = exactly(word)
    return lambda utf8, start, end: (
        same(utf8, start, end)
        and utf8[max(start - KANA_BYTES, 0) : start] not in KATAKANA
        and utf8[end : end + KANA_BYTES] not in KATAKANA
    )


def ends_word(utf8: bytes, start: int, end: int) -> bool:
    """Whether a break follows, or the end, be it after a newline as ``$`` has it."""
    return utf8[end : end + 1] in BREAKS or utf8[end:] == b"\n"


def matches_in_turn(found: Iterable[Found]) -> int:
    """How many matches ``re.findall`` has: leftmost first, of those the first word, none into another."""
    count = stop = 0
    for start, _, end in sorted(found):
        if start >= stop:
            count, stop = count + 1, end
    return count
