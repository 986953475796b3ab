"""Plain text from the markup of Aozora Bunko (https://www.aozora.gr.jp/annotation/)."""

import re
import unicodedata

RULE = re.compile(r"-{8,}[ 　]*")  # around the block that explains the markup
HEADER = 100  # lines in which that block begins (ours; 3 is usual)
COLOPHON = re.compile(r"^[ 　]*底本[：:]", re.MULTILINE)
UNTITLED_COLOPHON = re.compile(r"^入力[：:]", re.MULTILINE)
RUBY_BASE = re.compile(r"｜([^｜《》\n]*)(?=《)")
RUBY = re.compile(r"《[^《》\n]*》")
GAIJI = re.compile(r"※［＃([^［］]*)］")
ANNOTATION = re.compile(r"［＃[^［］]*］")
ONLY_ANNOTATIONS = re.compile(r"^[ 　]*(［＃[^［］]*］[ 　]*)+\n", re.MULTILINE)
CELL = re.compile(r"(?<!\d)([12])-(\d{1,2})-(\d{1,2})(?!\d)")  # plane, row and cell of JIS X 0213
CODE_POINT = re.compile(r"U\+([0-9A-Fa-f]{4,5})")
SEPARATED = re.compile(r"〔([^〔〕\n]*)〕")  # around words whose accents are typed after their letters
ACCENTS = {  # https://www.aozora.gr.jp/accent_separation.html, as aozora2html has it (yml/accent_table.yml)
    letter + mark: unicodedata.normalize("NFC", letter + combining)
    for mark, combining, letters in (
        ("`", "\u0300", "AEIOUaeiou"),
        ("'", "\u0301", "AEIOUYaeiouy"),
        ("^", "\u0302", "AEIOUaeiou"),
        ("~", "\u0303", "ANOano"),
        ("_", "\u0304", "AEIOUaeiou"),
        (":", "\u0308", "AEIOUaeiouy"),
        ("&", "\u030a", "Aa"),
        (",", "\u0327", "Cc"),
    )
    for letter in letters
} | {"O/": "Ø", "o/": "ø", "AE&": "Æ", "ae&": "æ", "OE&": "Œ", "oe&": "œ", "s&": "ß", "!@": "¡", "?@": "¿"}
ACCENT = re.compile("|".join(map(re.escape, sorted(ACCENTS, key=len, reverse=True))))
UNKNOWN = "〓"  # printers' sign for a character that they lack


def plain_text(text: str) -> str:
    """Title, author and body: without ruby, annotations, the block that explains them, and the colophon.

    Characters described by an annotation become themselves where it names their JIS X 0213 cell or code point,
    else 〓. Between 〔 and 〕 letters get the accents that follow them. The repetition marks typed as ／＼ and ／″＼
    become 〳〵 and 〴〵.
    """
    text = without_explanation(text.replace("\r\n", "\n"))
    ending = COLOPHON.search(text) or UNTITLED_COLOPHON.search(text)
    text = text[: ending.start()] if ending else text
    text = RUBY.sub("", RUBY_BASE.sub(r"\1", text))
    text = repeat(GAIJI, text)
    text = repeat(ANNOTATION, ONLY_ANNOTATIONS.sub("", text))
    text = SEPARATED.sub(accented, text)
    text = text.replace("／″＼", "〴〵").replace("／＼", "〳〵")
    return f"{text.strip()}\n" if text.strip() else ""


def accented(match: re.Match[str]) -> str:
    """The words with their accents; what holds none keeps its brackets."""
    joined, count = ACCENT.subn(lambda accent: ACCENTS[accent.group()], match.group(1))
    return joined if count else match.group()


def without_explanation(text: str) -> str:
    lines = text.split("\n")
    rules = [number for number, line in enumerate(lines) if RULE.fullmatch(line)]
    if len(rules) < 2 or rules[0] >= HEADER:
        return text
    return "\n".join(lines[: rules[0]] + lines[rules[1] + 1 :])


def repeat(pattern: re.Pattern[str], text: str) -> str:
    """Resolve innermost annotations until none is left."""
    while (resolved := pattern.sub(resolve, text)) != text:
        text = resolved
    return text


def resolve(match: re.Match[str]) -> str:
    """The character that an annotation stands for; nothing for layout and notes."""
    if not match.group().startswith("※"):
        return ""
    if cell := CELL.search(match.group(1)):
        return jis_x_0213(*map(int, cell.groups()))
    if code := CODE_POINT.search(match.group(1)):
        return chr(int(code.group(1), 16))
    return UNKNOWN


def jis_x_0213(plane: int, row: int, cell: int) -> str:
    """The character of a cell, through EUC-JIS-2004; 〓 if the cell is empty."""
    if not (1 <= row <= 94 and 1 <= cell <= 94):
        return UNKNOWN
    encoded = (b"" if plane == 1 else b"\x8f") + bytes((0xA0 + row, 0xA0 + cell))
    try:
        return encoded.decode("euc_jis_2004")
    except UnicodeDecodeError:
        return UNKNOWN
