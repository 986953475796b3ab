"""What stands around a number: the words that say what it is, and the characters that say what it is not."""

import re

from hagane.text.personal_information.folding import narrow

Span = tuple[int, int]
BEFORE, AFTER = 32, 8  # characters in which a number's context is looked for (ours)
PART_BEFORE = re.compile(r"(?:[0-9_]|[0-9][-.:+]|[a-z](?<!tel|fax)[-/]?)\Z", re.IGNORECASE)
PART_AFTER = re.compile(r"[0-9_]|[-.][0-9]|(?!tel|fax)[a-z]", re.IGNORECASE)


def context(words: str) -> re.Pattern[str]:
    """Any of the words, which are ``|`` apart, as a narrowed text spells them."""
    return re.compile(narrow(words), re.IGNORECASE)


def near(words: re.Pattern[str], narrowed: str, span: Span) -> bool:
    """Whether one of the words stands shortly before or right after the span."""
    start, end = span
    return bool(words.search(narrowed, max(0, start - BEFORE), start) or words.search(narrowed, end, end + AFTER))


def stands_alone(text: str, span: Span) -> bool:
    """Whether the span is no part of a longer number or identifier; a number may follow TEL or FAX directly."""
    start, end = span
    return not PART_BEFORE.search(text, max(0, start - 4), start) and not PART_AFTER.match(text, end)
