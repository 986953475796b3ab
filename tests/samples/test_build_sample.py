"""The script that rebuilds the sample, and the sample that it built."""

import gzip
import importlib.util
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def build() -> Any:
    spec = importlib.util.spec_from_file_location("build_sample", SAMPLES / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_sample"] = module
    spec.loader.exec_module(module)
    return module


def test_a_page_becomes_its_text(build: Any) -> None:
    page = """<html><head><title>消える</title><style>p {}</style></head><body>
    <div class="navheader"><a href="x">前へ</a></div><h1>はじめに<a class="headerlink">¶</a></h1>
    <p>この文書は、<code>dpkg</code> の使い方を
    説明します。See <em>man</em>
    page.</p><ul><li>一つ</li><li>二つ<br>三つ</ul><pre>$ ls
  -l</pre><table><tr><td>甲</td><td>乙</td></tr></table></body></html>"""
    assert build.pieces(page) == [
        "はじめに\nこの文書は、dpkg の使い方を説明します。See man page.\n一つ\n二つ\n三つ\n$ ls\n  -l\n甲 乙\n"
    ]


def test_a_long_page_is_cut_at_headings(build: Any) -> None:
    page = "".join(f"<h2>{number}</h2><p>{'あ' * 900}</p>" for number in range(7))
    assert [len(re.findall(r"^\d$", piece, re.MULTILINE)) for piece in build.pieces(page)] == [3, 3, 1]


def test_mallard(build: Any) -> None:
    info = "<info><desc>消える</desc></info>"
    page = f'<page>{info}<title>時計</title><p><app>設定</app>を開きます。<link xref="a"/></p></page>'
    assert build.pieces(page) == ["時計\n設定を開きます。\n"]


def test_without_apt_it_says_so(tmp_path: Path) -> None:
    command = [sys.executable, str(SAMPLES / "build.py"), "--all", str(tmp_path / "corpus")]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 5
    assert "apt-get is not on this machine: run it on Debian" in done.stderr
    assert not (tmp_path / "corpus").exists()


def test_the_sample_is_what_its_table_says() -> None:
    count: Counter[str] = Counter()
    size: Counter[str] = Counter()
    with gzip.open(SAMPLES / "japanese.jsonl.gz", "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    for row in rows:
        assert row.keys() == {"id", "source", "url", "license", "language", "text"}
        count[f"{row['source']} {row['license']}"] += 1
        size[f"{row['source']} {row['license']}"] += len(row["text"].encode())
    assert len({row["id"] for row in rows}) == len(rows)
    table = re.findall(r"^\| \[(.*?)\]\(.*?\) \| .*? \| (.*?) \| (.*?) \| (.*?) \|$", readme(), re.MULTILINE)
    assert {
        f"{name} {license}": (int(n.replace(",", "")), int(b.replace(",", ""))) for name, license, n, b in table
    } == {key: (count[key], size[key]) for key in count}
    assert (SAMPLES / "japanese.jsonl.gz").stat().st_size < 5_000_000


def readme() -> str:
    return (SAMPLES / "README.md").read_text(encoding="utf-8")
