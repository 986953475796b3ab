"""Check digits and telephone numbers against published ones and libphonenumber."""

import random

import phonenumbers
import pytest

from hagane.text.personal_information import address
from hagane.text.personal_information.detection import find
from hagane.text.personal_information.identity_numbers import ISSUED, is_corporate_number, is_my_number, luhn

CARDS = {  # https://docs.stripe.com/testing and https://developer.paypal.com/api/nvp-soap/payflow/
    "4111111111111111": "Visa",
    "4012888888881881": "Visa",
    "4222222222222": "Visa",
    "5555555555554444": "Mastercard",
    "2223003122003222": "Mastercard",
    "378282246310005": "American Express",
    "371449635398431": "American Express",
    "3530111333300000": "JCB",
    "3566002020360505": "JCB",
    "30569309025904": "Diners Club",
    "38520000023237": "Diners Club",
    "6011111111111117": "Discover",
    "6011000990139424": "Discover",
    "6200000000000005": "UnionPay",
}


def one_digit_off(number: str) -> list[str]:
    return [
        number[:place] + digit + number[place + 1 :]
        for place in range(len(number))
        for digit in "0123456789"
        if digit != number[place]
    ]


def test_test_cards_pass_and_those_one_digit_off_do_not() -> None:
    for number in CARDS:
        assert luhn(number) and ISSUED.fullmatch(number)
        assert not any(map(luhn, one_digit_off(number)))


def test_my_number_by_the_formula_worked_by_hand() -> None:
    """1*6+2*5+3*4+4*3+5*2+6*7+7*6+8*5+9*4+0*3+1*2 = 212 = 19*11 + 3, so 8."""
    assert is_my_number("123456789018")
    assert [n for n in range(10) if is_my_number(f"12345678901{n}")] == [8]
    assert is_my_number("000000000000")  # remainder 0
    assert is_my_number("000000000060")  # 6*2 = 12, remainder 1
    assert sum(is_my_number(f"{n:012}") for n in range(10_000)) == 1_000


def test_published_corporate_numbers() -> None:
    """Of the National Tax Agency, the Digital Agency, the ministries of finance and of internal affairs."""
    for number in ("7000012050002", "8000012010038", "8000012050001", "2000012020001"):
        assert is_corporate_number(number)
        assert sum(is_corporate_number(f"{first}{number[1:]}") for first in range(10)) == 1


def test_numbers_as_libphonenumber_writes_them_are_found_if_it_takes_them_for_valid() -> None:
    """Of random digits after a 0; special services of seven and eight digits and more than ten are not looked for."""
    dice, seen = random.Random(1), {True: 0, False: 0}
    while min(seen.values()) < 300:
        digits = "".join(dice.choices("0123456789", k=dice.choice((9, 10))))
        if digits.startswith("0"):
            continue
        number = phonenumbers.PhoneNumber(81, int(digits))
        valid, kind = phonenumbers.is_valid_number(number), phonenumbers.number_type(number)
        if kind in (phonenumbers.PhoneNumberType.PAGER, phonenumbers.PhoneNumberType.PERSONAL_NUMBER):
            continue
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        seen[valid] += 1
        assert [(f.kind, f.start, f.end) for f in find(f"私は{written}だ")] == [("phone", 2, 2 + len(written))] * valid


@pytest.mark.parametrize("text", ["お電話は{}まで", "TEL{}", "({})", "{}、{}", "名簿{}の"])
def test_every_separator_and_script_of_one_number(text: str) -> None:
    for separator in "-‐‑–—―−ー－ｰ":
        for digits in ("0312345678", "０３１２３４５６７８", "〇三一二三四五六七八"):
            number = separator.join((digits[:2], digits[2:6], digits[6:]))
            found = find(text.format(number, number))
            assert [f.end - f.start for f in found] == [len(number)] * text.count("{}"), (text, number)


def test_a_kanji_numeral_beside_a_number_is_a_word_unless_the_number_is_of_kanji_too() -> None:
    assert [f.end for f in find("03-1234-5678一覧")] == [12]
    assert find("〇三―一二三四―五六七八一覧") == []


def test_the_list_of_municipalities() -> None:
    """The Ministry of Internal Affairs counts 792 cities, 743 towns, 183 villages and 23 wards of Tokyo (2024)."""
    assert len(address.REGIONS) == 47
    names = [name for region in address.REGIONS for name in region[1:]]
    counts = [sum(name.endswith(kind) for name in names) for kind in "市町村"]
    assert counts == [792, 743, 183]
