"""The main text of web pages, as trafilatura extracts it (Barbaresi, 2021, https://aclanthology.org/2021.acl-demo.15).

It keeps Japanese paragraphs whole and leaves the menus around them out. (Of 532 paragraphs with links in pages of three
layouts resiliparse 2.0's main content kept 21 whole, and its whole text kept the menus.)
"""

import logging
import re
from configparser import ConfigParser
from contextlib import suppress
from copy import deepcopy
from functools import cache, partial
from typing import IO

from hagane.text.ingestion.encodings import Undecodable, decode
from hagane.text.ingestion.records import Records, whole_document

HEAD = 4_096  # bytes in which a page names its encoding (ours; 1,024 by the HTML standard, which few pages keep)
CHARSET = re.compile(rb"""<(?:meta|\?xml)\s[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
LABELS = {  # of https://encoding.spec.whatwg.org/#names-and-labels, where Python means something else or knows none
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j"), "cp932"),
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
}
SHORTEST = "10"  # characters with which trafilatura is content (ours: under its 250 it takes a page whole or twice)
READINGS = ["//rt", "//rp"]  # of ruby, as XPath


def read_html(name: str, stream: IO[bytes], encoding: str) -> Records:
    """One document a page."""
    yield whole_document(name, stream, partial(page_text, encoding=encoding))


def page_text(raw: bytes, encoding: str = "auto", label: str | None = None) -> str:
    """The main text of a page; ``label`` is the encoding that its server named.

    Raises Undecodable without an encoding, ValueError if trafilatura fails.
    """
    import trafilatura

    page = decode_page(raw, label) if encoding == "auto" else decode(raw, encoding)
    try:
        text = trafilatura.extract(page, config=settings(), include_comments=False, prune_xpath=READINGS)
    except Exception as error:  # the web has pages for each of its and lxml's bugs
        raise ValueError(f"no text can be extracted: {error!r}") from error
    return text or ""


@cache
def settings() -> ConfigParser:
    from trafilatura.settings import DEFAULT_CONFIG

    config: ConfigParser = deepcopy(DEFAULT_CONFIG)
    config["DEFAULT"]["MIN_EXTRACTED_SIZE"] = SHORTEST
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it complains of goes to the quarantine
    return config


def decode_page(raw: bytes, label: str | None = None) -> str:
    """The page in the encoding that its bytes prove, else in the one that its server or itself names, strictly."""
    try:
        return decode(raw)
    except Undecodable as unproven:
        named = CHARSET.search(raw, 0, HEAD)
        for name in (label, named and named[1].decode()):
            with suppress(Undecodable, LookupError):
                if name:
                    return decode(raw, LABELS.get(name.lower(), name))
        raise unproven
