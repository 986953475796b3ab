"""Numbers of cards, persons and corporations, most of them with a check digit."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hagane.text.personal_information.surroundings import Span, context, near, stands_alone

# Issuers' prefixes and lengths (ISO/IEC 7812; Visa, Mastercard, American Express, JCB, Diners Club, Discover, UnionPay)
ISSUED = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|35(?:2[89]|[3-8]\d)\d{12,15}|3(?:0[0-5]|095|[689]\d)\d{11}|(?:6011|64[4-9]\d|65\d\d|62\d\d)\d{12,15}"
)

NEVER = re.compile(r"(?!)")


@dataclass(frozen=True)
class Rule:
    """A number is one if it passes the check and is printed so that nothing else is, or is named before or after."""

    candidate: re.Pattern[str]
    printed: re.Pattern[str]
    check: Callable[[str], bool]
    context: re.Pattern[str]


def luhn(digits: str) -> bool:
    """Whether the last digit is the others' check digit (ISO/IEC 7812-1, annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def is_credit_card(digits: str) -> bool:
    return bool(ISSUED.fullmatch(digits)) and luhn(digits)


def is_my_number(digits: str) -> bool:
    """Check digit of 平成26年総務省令第85号第5条: 11 - (sum of P_n Q_n mod 11), or 0 where the remainder is 0 or 1.

    P_n is the n-th of the other 11 digits from the right; Q_n is n + 1 for n <= 6 and n - 5 above.
    """
    weights = (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6)
    rest = sum(int(digit) * weight for digit, weight in zip(digits[-2::-1], weights, strict=True)) % 11
    return int(digits[-1]) == (0 if rest <= 1 else 11 - rest)


def is_corporate_number(digits: str) -> bool:
    """Check digit of 平成26年財務省令第70号第2条: 9 - (sum of P_n Q_n mod 9), the first of the 13 digits.

    P_n is the n-th of the other 12 digits from the right; Q_n is 1 for odd n and 2 for even n.
    """
    return int(digits[0]) == 9 - (sum(map(int, digits[:0:-2])) + 2 * sum(map(int, digits[-2:0:-2]))) % 9


def any_digits(digits: str) -> bool:
    """No check digit is published."""
    return True


CREDIT_CARD = Rule(
    re.compile(r"[2-6]\d{3}[- ]?(?:\d{6}[- ]?\d{4,5}|\d{4}[- ]?\d{4}[- ]?\d(?:\d{3}(?:[- ]?\d{3})?)?)(?!\d)"),
    re.compile(r"\d{4}([- ])(?:\d{6}\1\d{4,5}|\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?)"),
    is_credit_card,
    context("カード|card|クレジット|credit|VISA|JCB|Amex|Master|アメックス|ダイナース"),
)
MY_NUMBER = Rule(
    re.compile(r"\d{4}[- ]?\d{4}[- ]?\d{4}(?!\d)"),
    re.compile(r"\d{4}-\d{4}-\d{4}"),
    is_my_number,
    context("マイナンバー|個人番号|My Number|MyNumber|通知カード"),
)
CORPORATE_NUMBER = Rule(
    re.compile(r"(?:T[- ]?)?\d[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}(?!\d)"),
    re.compile(r"T\d{13}|T?-?\d-\d{4}-\d{4}-\d{4}"),
    is_corporate_number,
    context("法人番号|登録番号|インボイス|適格請求書|corporate number"),
)
PASSPORT = Rule(
    re.compile(r"[A-Z]{2}\d{7}(?!\d)"),
    NEVER,
    any_digits,
    context("旅券|パスポート|passport"),
)
DRIVERS_LICENSE = Rule(
    re.compile(r"\d{12}(?!\d)"),
    NEVER,
    any_digits,
    context("免許|driver's license|driver license"),
)


def numbers(rule: Rule, text: str, narrowed: str, around: Span) -> Iterator[Span]:
    """The rule's numbers in a view of the text."""
    for match in rule.candidate.finditer(text, *around):
        span = match.span()
        if not rule.check(re.sub(r"\D", "", match[0])) or not stands_alone(text, span):
            continue
        if rule.printed.fullmatch(match[0]) or near(rule.context, narrowed, span):
            yield span
