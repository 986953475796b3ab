"""Fixtures of all tests."""

import shutil
from pathlib import Path

import pytest
from workbench import ROOT, TEXT, Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    root = tmp_path / "project"
    shutil.copytree(ROOT / "tests" / "toy", root, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "corpus.txt").write_text(TEXT, encoding="utf-8")
    (root / "second.txt").write_text(TEXT + "親譲りの無鉄砲で小供の時から損ばかりしている。\n", encoding="utf-8")
    return Workbench(root)
