"""Japanese telephone numbers: fixed, mobile, IP and toll-free, with or without the country code."""

import re
from collections.abc import Iterator

from hagane.text.personal_information.surroundings import Span, context, near, stands_alone

# Numbers without their leading 0, as libphonenumber 9.0 has them for JP (resources/PhoneNumberMetadata.xml,
# Apache-2.0), after the numbering plan of the Ministry of Internal Affairs and Communications.
FIXED = (
    r"(?:1(?:1[235-8]|2[3-6]|3[3-9]|4[2-6]|[58][2-8]|6[2-7]|7[2-9]|9[1-9])|(?:2[2-9]|[36][1-9])\d"
    r"|4(?:[2-578]\d|6[02-8]|9[2-59])|5(?:[2-589]\d|6[1-9]|7[2-8])|7(?:[25-9]\d|3[4-9]|4[02-9])"
    r"|8(?:[2679]\d|3[2-9]|4[5-9]|5[1-9]|8[03-9])|9(?:[2-58]\d|[679][1-9]))\d{6}"
)
MOBILE = r"[5-9]0[1-9]\d{7}"  # and IP telephones
SERVICE = r"(?:120|570|990)\d{6}|800\d{7}"
NUMBER = re.compile(f"{FIXED}|{MOBILE}|{SERVICE}")
WRITTEN = (  # with how many digits between the separators; areas 03 and 06 have no longer codes within them
    (re.compile(f"(?=[346]){FIXED}"), {(1, 4, 4)}),
    (re.compile(f"(?![36]){FIXED}"), {(2, 3, 4), (3, 2, 4), (4, 1, 4)}),
    (re.compile(MOBILE), {(2, 4, 4), (2, 8), (10,)}),
    (re.compile(SERVICE), {(3, 3, 3), (3, 2, 4), (3, 3, 4), (3, 2, 2, 2)}),
)
UNMISTAKABLE = re.compile(rf"\(?\+81|.*[-()]|0{MOBILE}|0[5-9]0[ .]")
SEPARATED = r"(?:(?: ?[-.()] ?| )(\d{1,8}))?"
CANDIDATE = re.compile(
    rf"(?:0|\(0|\+81\)?[- ]?(?:\(0\) ?-?)?\(?|\(\+81\)[- ]?(?:\(0\) ?-?)?)([1-9]\d{{0,9}}){SEPARATED * 3}"
)
CONTEXT = context(
    "電話|TEL|FAX|ファックス|ファクス|ファクシミリ|携帯|ケータイ|連絡先|問い合わせ|問合せ|ダイヤル|代表|phone|mobile|call|☎|☏|℡|📞|📱"
)


def phones(text: str, narrowed: str, around: Span) -> Iterator[Span]:
    """Numbers in a view of the text: as they are usually written, or in any other way beside a word for them."""
    place, end = around
    while match := CANDIDATE.search(text, place, end):
        span = longest_number(match, narrowed)
        place = span[1] if span else match.start() + 1
        if span:
            yield span


def longest_number(match: re.Match[str], narrowed: str) -> Span | None:
    """The span of the most groups of digits that are a number together, if it is no part of something else."""
    groups = [group for group in match.groups() if group]
    for count in range(len(groups), 0, -1):
        digits, shape = "".join(groups[:count]), tuple(map(len, groups[:count]))
        if not NUMBER.fullmatch(digits):
            continue
        start, end = match.start(), match.end(count)
        if match[0][0] == "(" and ")" not in match.string[start:end]:
            start += 1
        usual = any(shape in shapes and pattern.fullmatch(digits) for pattern, shapes in WRITTEN)
        certain = usual and UNMISTAKABLE.match(match.string, start, end)
        if stands_alone(match.string, (start, end)) and (certain or near(CONTEXT, narrowed, (start, end))):
            return start, end
    return None
