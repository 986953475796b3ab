"""Manual pages (roff with the macros of man or mdoc) as pandoc reads them."""

import re
import subprocess
from functools import partial
from typing import IO

from hagane.text.ingestion.encodings import decode
from hagane.text.ingestion.records import Records, unified, whole_document

MDOC = re.compile(r"^\.\s*Dd\b", re.MULTILINE)  # the macro with which every mdoc page begins (mdoc(7))
SYSTEM = re.compile(r"^\.\s*Os\b.*$", re.MULTILINE)  # whose arguments pandoc's mdoc reader does not take
FIRST_SECTION = re.compile(r"^\.\s*Sh\s+(.+)$", re.MULTILINE)  # which that reader knows under its English name only
WIDE = r"[\u3001-\u30ff\u3400-\u9fff]"
JOINT = re.compile(f"(?<={WIDE}) (?={WIDE})")  # where roff joined two lines, which Japanese does without a space
PATIENCE = 60  # seconds for a page (ours; 0.03 is usual)


def read_manual_page(name: str, stream: IO[bytes], encoding: str) -> Records:
    """One document a page."""
    yield whole_document(name, stream, partial(plain_text, encoding=encoding))


def plain_text(raw: bytes, encoding: str = "auto") -> str:
    """The page without markup, a paragraph a line. ValueError if pandoc cannot read it."""
    page = unified(decode(raw, encoding))
    text = mdoc_text(page) if MDOC.search(page) else pandoc(page, "man")
    return JOINT.sub("", text)


def mdoc_text(page: str) -> str:
    section = FIRST_SECTION.search(page)
    text = pandoc(FIRST_SECTION.sub(".Sh NAME", SYSTEM.sub(".Os", page), count=1), "mdoc")
    return text.replace("NAME", section[1], 1) if section else text


def pandoc(page: str, format: str) -> str:
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--from", format, "--to", "plain", "--wrap", "none", "--sandbox"]
    try:
        done = subprocess.run(command, input=page.encode(), capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise ValueError(f"pandoc took over {PATIENCE} seconds") from None
    if done.returncode:
        raise ValueError(f"pandoc cannot read it: {' '.join(done.stderr.decode(errors='replace').split())}")
    return done.stdout.decode()
