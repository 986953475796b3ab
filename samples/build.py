#!/usr/bin/env python3
"""Rebuild the sample of real Japanese text from Debian's documentation packages.

    python3 samples/build.py                 # samples/japanese.jsonl.gz and samples/README.md
    python3 samples/build.py --all corpus    # the large corpus: every package of the table, into corpus/

It needs apt-get and dpkg-deb (Debian or Ubuntu), no root and no Python package. The same packages give the same bytes.
"""

import argparse
import gzip
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

SAMPLE = Path(__file__).parent
PIECE = 2_000  # characters after which the next heading starts a new document (ours)


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HEADINGS = words("h1 h2 h3")
BLOCKS = (
    HEADINGS
    | words("h4 h5 h6 p div li dt dd tr pre table ul ol dl section article blockquote br hr body")
    | words("page title item list steps note screen terms")  # of Mallard, in which GNOME writes
)
VOID = words("area base br col embed hr img input meta source wbr")
SKIPPED_TAGS = words("head script style nav info form svg math select button")
SKIPPED_CLASSES = words(
    "toc docnav navheader navfooter related sphinxsidebar footer headerlink header indexterm mbox authorgroup "
    "copyright legalnotice revhistory nav_table nav_bar nav_header anchor"
)
SKIPPED_IDS = words("banner title navigation toc tocframe footer languages")
WIDE = "[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"  # Japanese, which has no spaces between words
COMMON_LICENSES = Path("/usr/share/common-licenses")  # of base-files, on every Debian
INSTALL = "run it on Debian or Ubuntu (in a container, say), after `apt-get update`"


@dataclass(frozen=True)
class Package:
    name: str
    license: str  # SPDX id, from the package's copyright file
    upstream: str
    pattern: str  # of its Japanese pages, for glob
    in_sample: bool = False


PACKAGES = (
    Package(
        "debian-reference-ja",
        "GPL-2.0-or-later",
        "https://www.debian.org/doc/manuals/debian-reference/",
        "usr/share/debian-reference/*.ja.html",
        in_sample=True,
    ),
    Package(
        "debian-handbook",
        "CC-BY-SA-3.0",  # or GPL-2.0-or-later, as one likes
        "https://debian-handbook.info/",
        "usr/share/doc/debian-handbook/html/ja-JP/*.html",
        in_sample=True,
    ),
    Package(
        "gnome-user-docs",
        "CC-BY-SA-3.0",
        "https://help.gnome.org/",
        "usr/share/help/ja/gnome-help/*.page",
        in_sample=True,
    ),
    Package(
        "installation-guide-amd64",
        "GPL-2.0-only",
        "https://www.debian.org/releases/stable/installmanual",
        "usr/share/doc/installation-guide-amd64/ja/*.html",
        in_sample=True,
    ),
    Package(
        "developers-reference-ja",
        "GPL-2.0-or-later",
        "https://www.debian.org/doc/manuals/developers-reference/",
        "usr/share/developers-reference/ja/*.html",
        in_sample=True,
    ),
    Package(
        "maint-guide-ja",
        "GPL-2.0-or-later",
        "https://www.debian.org/doc/manuals/maint-guide/",
        "usr/share/doc/maint-guide-ja/html/*.html",
        in_sample=True,
    ),
    Package(
        "debian-history",
        "GPL-2.0-or-later",
        "https://www.debian.org/doc/manuals/project-history/",
        "usr/share/doc/debian-history/docs/*.ja.html",
        in_sample=True,
    ),
    Package(
        "aptitude-doc-ja",
        "GPL-2.0-or-later",
        "https://salsa.debian.org/apt-team/aptitude",
        "usr/share/doc/aptitude/html/ja/*.html",
        in_sample=True,
    ),
    Package(
        "gimp-help-ja",
        "GFDL-1.2-no-invariants-or-later",
        "https://docs.gimp.org/",
        "usr/share/gimp/2.0/help/ja/*.html",
        in_sample=True,
    ),
    Package(
        "debian-edu-doc-ja",
        "GPL-2.0-or-later",
        "https://wiki.debian.org/DebianEdu",
        "usr/share/doc/debian-edu-doc-ja/*-manual.html",
        in_sample=True,
    ),
    Package(
        "debian-policy-ja",
        "GPL-2.0-or-later",
        "https://www.debian.org/doc/debian-policy/",
        "usr/share/doc/debian-policy/ja/policy.html/*.html",
    ),
    Package("kicad-doc-ja", "GPL-3.0-or-later", "https://docs.kicad.org/", "usr/share/doc/kicad/help/ja/*.html"),
    Package(
        "lilypond-doc-html-ja",
        "GFDL-1.3-no-invariants-or-later",
        "https://lilypond.org/",
        "usr/share/doc/lilypond/html/Documentation/**/*.ja.html",
    ),
    Package(
        "libreoffice-help-ja",
        "MPL-2.0",
        "https://help.libreoffice.org/",
        "usr/share/libreoffice/help/ja/**/*.html",
    ),
    Package("scilab-doc-ja", "GPL-2.0-or-later", "https://www.scilab.org/", "usr/share/scilab/**/*.html"),
)


class Page(HTMLParser):
    """The readable text of an HTML or Mallard page, cut into pieces at its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []  # tag, and whether its text is skipped
        self.block: list[str] = []
        self.lines: list[str] = []
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.end_block()
        if tag in ("td", "th"):
            self.block.append(" ")
        if tag in HEADINGS and sum(map(len, self.lines)) >= PIECE:
            self.end_piece()
        given = dict(attrs)
        classes = set((given.get("class") or "").split())
        skipped = tag in SKIPPED_TAGS or bool(classes & SKIPPED_CLASSES) or given.get("id") in SKIPPED_IDS
        if tag not in VOID:
            self.open.append((tag, skipped or self.skipping))

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.end_block()
        if any(tag == name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.block.append(data)

    @property
    def skipping(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def end_block(self) -> None:
        text = "".join(self.block).replace("\u00b6", "")  # Sphinx's paragraph marks
        self.block.clear()
        if not any(tag in ("pre", "screen") for tag, _ in self.open):
            text = re.sub(rf"(?<={WIDE})[ \t]*\n\s*(?={WIDE})", "", text)  # a line end inside Japanese is no space
            text = re.sub(r"\s+", " ", text)
        if text.strip():
            self.lines.append(text.strip())

    def end_piece(self) -> None:
        if self.lines:
            self.pieces.append("\n".join(self.lines) + "\n")
        self.lines.clear()


def pieces(page: str) -> list[str]:
    parser = Page()
    parser.feed(page)
    parser.close()
    parser.end_block()
    parser.end_piece()
    return parser.pieces


def documents(package: Package, root: Path) -> Iterator[dict[str, str]]:
    """One row a piece, in the order of the page's names."""
    files = sorted(file for file in root.glob(package.pattern) if file.is_file() and not file.is_symlink())
    if not files:
        raise SystemExit(f"{package.name} holds no {package.pattern}: it has changed, so change its row in the table")
    for file in files:
        for number, text in enumerate(pieces(file.read_text(encoding="utf-8"))):
            place = f"{package.name}/{file.relative_to(root).as_posix()}#{number}"
            row = {"id": place, "source": package.name, "url": package.upstream, "license": package.license}
            yield row | {"language": "ja", "text": text}


def fetch(name: str, folder: Path) -> tuple[Path, str]:
    """Download and unpack a package; the folder of its files, and its version."""
    place = folder / name
    place.mkdir()
    command = ["apt-get", "--quiet", "--quiet", "-o", "APT::Sandbox::User=", "download", name]
    if subprocess.run(command, cwd=place).returncode:
        print(f"apt-get cannot download {name}: run `apt-get update` or see to the network", file=sys.stderr)
        raise SystemExit(5)
    (deb,) = place.glob("*.deb")
    fields = ["dpkg-deb", "--field", str(deb), "Version"]
    version = subprocess.run(fields, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["dpkg-deb", "--extract", str(deb), str(place / "root")], check=True)
    for jar in sorted((place / "root").rglob("*.jar")):  # scilab's pages
        zipfile.ZipFile(jar).extractall(jar.with_suffix(""))
    return place / "root", version


def copy_licenses(package: Package, root: Path, folder: Path, licenses: Path) -> None:
    """The package's copyright file, which names its authors, and the text of the license that it refers to."""
    shared = root / "usr/share/doc" / package.name
    if shared.is_symlink():  # to the documentation folder of a package that it depends on
        owner = shared.readlink().name
        shared = fetch(owner, folder)[0] / "usr/share/doc" / owner
    shutil.copyfile(shared / "copyright", licenses / f"{package.name}.txt")
    if common := re.match(r"GPL-\d|GFDL-\d\.\d|MPL-\d\.\d", package.license):
        shutil.copyfile(COMMON_LICENSES / common.group(), licenses / f"{common.group()}.txt")


def build(packages: tuple[Package, ...], output: Path, licenses: Path) -> list[str]:
    """Write all documents to ``output`` and their licenses; a row of the README's table per package."""
    table = []
    licenses.mkdir(exist_ok=True)
    with gzip.GzipFile(output, "wb", 9, mtime=0) as stream, tempfile.TemporaryDirectory() as folder:
        for package in packages:
            root, version = fetch(package.name, Path(folder))
            copy_licenses(package, root, Path(folder), licenses)
            rows = list(documents(package, root))
            stream.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
            size = sum(len(row["text"].encode()) for row in rows)
            link = f"[{package.name}]({package.upstream})"
            table.append(f"| {link} | {version} | {package.license} | {len(rows):,} | {size:,} |")
            print(table[-1], flush=True)
            shutil.rmtree(root)
    return table


README = """# Japanese text from Debian's documentation packages

`japanese.jsonl.gz` holds one document a line: `id`, `source` (the package), `url` (its upstream), `license`,
`language`, `text`. `python3 samples/build.py` rebuilds it from the packages; the script says how. HTML became plain
text, navigation and tables of contents left out, long pages cut at headings after {piece:,} characters. Nothing else
was cleaned: English pages and code listings are for the filters to find.

Each text stays under the license of its package; `licenses/` has the packages' copyright files, which name the
authors, and the texts of the licenses. Packages without one SPDX license for all their text (manpages-ja,
debian-faq-ja) are left out.

| package | version | license | documents | bytes of text |
|---|---|---|---:|---:|
{table}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Rebuild the Japanese sample from Debian's documentation packages.")
    parser.add_argument("--all", metavar="FOLDER", type=Path, help="write the large corpus, of every package, there")
    folder: Path | None = parser.parse_args().all
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            print(f"{tool} is not on this machine: {INSTALL}", file=sys.stderr)
            return 5
    packages = PACKAGES if folder else tuple(package for package in PACKAGES if package.in_sample)
    output = folder or SAMPLE
    output.mkdir(parents=True, exist_ok=True)
    half = output / "japanese.jsonl.gz.half"
    table = build(packages, half, output / "licenses")
    half.replace(output / "japanese.jsonl.gz")
    text = README.format(piece=PIECE, table="\n".join(table))
    (output / "README.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
