"""Personal information in a text: where it is and of which kind, and the text without it."""

import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import NamedTuple, get_args

from hagane.text.names import PersonalInformation
from hagane.text.personal_information import identity_numbers as identity
from hagane.text.personal_information.address import addresses
from hagane.text.personal_information.folding import KANJI_DIGITS, kanji_digits, narrow
from hagane.text.personal_information.mail import mails
from hagane.text.personal_information.phone import phones
from hagane.text.personal_information.surroundings import Span

KINDS: tuple[PersonalInformation, ...] = get_args(PersonalInformation)
NumberFinder = Callable[[str, str, Span], Iterator[Span]]
PLACEHOLDERS = {"phone": "<TEL>", "mail": "<EMAIL>"}  # special tokens of GPTSAN's vocabulary
APART = "[- .()]{0,3}"
DENSE, DENSE_KANJI = (  # seven digits in a row or nine in a place; dates have eight
    re.compile(rf"{digit}(?:{digit}{{6}}|(?:{APART}{digit}){{8}})(?:{APART}{digit})*")
    for digit in ("[0-9]", f"[零{KANJI_DIGITS}]")
)
MARGIN = 12  # characters before and after the digits that can belong to a number, as "(+81) (0)"
NUMBERS: dict[PersonalInformation, NumberFinder] = {
    "phone": phones,
    "credit_card": partial(identity.numbers, identity.CREDIT_CARD),
    "my_number": partial(identity.numbers, identity.MY_NUMBER),
    "corporate_number": partial(identity.numbers, identity.CORPORATE_NUMBER),
    "passport": partial(identity.numbers, identity.PASSPORT),
    "drivers_license": partial(identity.numbers, identity.DRIVERS_LICENSE),
}


class Finding(NamedTuple):
    start: int  # characters of the text
    end: int
    kind: PersonalInformation


def find(text: str, kinds: Collection[str] = KINDS, reserved: bool = False) -> list[Finding]:
    """What is found in the text, in its order; of what overlaps, the first and longest, then the first of ``KINDS``.

    ``reserved`` asks also for mail addresses at names that are reserved for documentation, as example.com.
    """
    narrowed = narrow(text)
    found = list(numbers(narrowed, kinds))
    if "mail" in kinds:
        found += (Finding(*span, "mail") for span in mails(narrowed, reserved))
    if "address" in kinds:
        found += (Finding(*span, "address") for span in addresses(narrowed))
    return list(apart(sorted(found, key=lambda one: (one.start, -one.end, KINDS.index(one.kind)))))


def numbers(narrowed: str, kinds: Collection[str]) -> Iterator[Finding]:
    """The kinds of ``NUMBERS``, sought where digits of one script are dense."""
    finders = [(kind, finder) for kind, finder in NUMBERS.items() if kind in kinds]
    for dense, digits in views(narrowed) if finders else ():
        for place in dense.finditer(narrowed):
            around = max(0, place.start() - MARGIN), place.end() + MARGIN
            for kind, finder in finders:
                yield from (Finding(*span, kind) for span in finder(digits, narrowed, around))


def views(narrowed: str) -> Iterator[tuple[re.Pattern[str], str]]:
    """The text with its own digits, and with kanji as digits if it has enough of them in a place."""
    yield DENSE, narrowed
    if DENSE_KANJI.search(narrowed):
        yield DENSE_KANJI, kanji_digits(narrowed)


def apart(found: list[Finding]) -> Iterator[Finding]:
    end = 0
    for one in found:
        if one.start >= end:
            yield one
            end = one.end


def placeholder(kind: str) -> str:
    """``<TEL>``, ``<EMAIL>``, ``<ADDRESS>``, ``<CREDIT_CARD>``, ..."""
    return PLACEHOLDERS.get(kind, f"<{kind.upper()}>")


def mask(text: str, found: list[Finding]) -> str:
    """The text with the kind's placeholder in place of what was found, else as it was."""
    pieces, end = [], 0
    for one in found:
        pieces += [text[end : one.start], placeholder(one.kind)]
        end = one.end
    return "".join(pieces) + text[end:]
