"""Wikipedia's CirrusSearch dumps (https://dumps.wikimedia.org/other/cirrussearch/) by rinna's rules."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import IO, Any

from hagane.text.ingestion.jsonl import json_object
from hagane.text.ingestion.records import Fault, Record, Records, escaped, lines

LONGEST = 1024  # characters of a sentence that is kept (rinna)
FORMULA = "\\displaystyle"
TEMPLATES = (re.compile(r"\[\d+?\]"), re.compile(r"\[要.+?\]"), re.compile(r"\{\{+[^{}]+?\}\}+"))
FOOTNOTES = re.compile(r" \^ .+")
ANNOTATIONS = re.compile(r"\[(要出典|リンク切れ|.+?\?)\]")
SPACE = re.compile(r"\s+")
WIKI = re.compile(r"([a-z]{2,3})wiki")  # the name of a Wikipedia's database
ARTICLES = 0  # the namespace


def read_wikipedia(name: str, stream: IO[bytes]) -> Records:
    """One article a pair of lines, the first of which gives its id; its sentences one a line."""
    number_of_page = None
    for number, line in enumerate(lines(stream), 1):
        try:
            row = json_object(line)
            if row is None:
                continue
            if "index" in row and "text" not in row:
                number_of_page = index_id(row)
            else:
                yield Record(name, article(row, number_of_page), number, "line")
                number_of_page = None
        except ValueError as error:
            yield Fault(name, number, "line", str(error), escaped(line))


def index_id(row: dict[str, Any]) -> str | None:
    index = row["index"]
    return str(index["_id"]) if isinstance(index, dict) and "_id" in index else None


def article(row: dict[str, Any], page: str | None) -> dict[str, Any]:
    """The article's sentences, its id, and where it is to be read."""
    if row.get("namespace", ARTICLES) != ARTICLES:
        raise ValueError(f"no article but of namespace {row['namespace']}")
    text, title = row.get("text"), row.get("title")
    if not isinstance(text, str):
        raise ValueError("no text")
    wiki = WIKI.fullmatch(str(row.get("wiki")))
    return {
        "text": "\n".join(sentences(plain_text(text, title if isinstance(title, str) else ""))),
        "id": page,
        "url": f"https://{wiki[1]}.wikipedia.org/?curid={page}" if wiki and page else None,
        "language": row.get("language"),
    }


def plain_text(text: str, title: str) -> str:
    """The text in NFKC and one line, without what is not prose.

    The rules and their order are rinna's (japanese-pretrained-models, corpus/jp_wiki/build_pretrain_dataset.py), so
    line ends and tabs, which do not print, go without a space.
    """
    text = "".join(filter(str.isprintable, unicodedata.normalize("NFKC", text)))
    for template in TEMPLATES:
        text = template.sub("", text)
    if title:
        text = re.sub(f"^.+? > {re.escape(title)}", "", text)
    text = ANNOTATIONS.sub("", FOOTNOTES.sub("", text))
    return SPACE.sub(" ", text).strip()


def sentences(text: str) -> Iterator[str]:
    """Sentences of up to ``LONGEST`` characters that hold no formula."""
    for sentence in split(text):
        sentence = sentence.strip()
        if sentence and len(sentence) <= LONGEST and FORMULA not in sentence:
            yield sentence


def split(text: str) -> Iterator[str]:
    """Parts that end with what MeCab takes for a full stop: a 記号 that is a 句点."""
    raw, start = text.encode(), 0
    for token in tagger()(text).splitlines():
        end, _, features = token.partition(" ")
        if "記号" in features and "句点" in features:
            yield raw[start : int(end)].decode()
            start = int(end)
    yield raw[start:].decode()


@cache
def tagger() -> Callable[[str], str]:
    """MeCab with UniDic's small edition: for each token a line of the byte where it ends, and its part of speech."""
    import fugashi
    import unidic_lite

    folder, token = unidic_lite.DICDIR, r"%pe %f[0]%f[1]\n"
    parse: Callable[[str], str] = fugashi.GenericTagger(
        f'-r "{folder}/mecabrc" -d "{folder}" -O "" -F "{token}" -U "{token}" -E ""'
    ).parse
    return parse
