"""Evaluation texts hidden in documents are found, however they are written, and nothing else is."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from hagane.core.component import Result
from hagane.core.errors import BadInput, UsageError
from hagane.events import listen
from hagane.storage.documents import REJECTED, SCHEMA, batches, schema_of, shards
from hagane.text.decontamination import corpus as decontamination
from hagane.text.decontamination.corpus import Criterion, decontaminate

QUESTIONS = [
    "電子機器で使用される最も主要な電子回路基板の事をなんと言いますか？",
    "ジャネットのアヒルは1日に16個の卵を生みます。彼女は毎日市場でいくら手に入れていますか？",
    "田んぼが広がる風景を何という？",  # too short
]
PROSE = "この文書はインストールの手順を説明します。" * 5


class Run:
    def __init__(
        self, home: Path, documents: Path, evaluation: Path | None = None, drop: bool = True, **settings: Any
    ) -> None:
        workers = settings.pop("workers", 1)
        fields = settings.pop("fields", ())
        self.folders = [home / name for name in ("clean", "contaminated", "work")]
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True)
        criterion = Criterion(**settings)
        self.warnings: list[str] = []
        with listen(self):
            self.result: Result = decontaminate(
                documents, *self.folders, [str(evaluation)] if evaluation else [], fields, criterion, drop, workers
            )
        self.clean, self.contaminated = (
            [row for shard in shards(folder) for batch in batches(shard) for row in batch]
            for folder in self.folders[:2]
        )

    def emit(self, event: dict[str, Any]) -> None:
        if event["event"] == "warning":
            self.warnings.append(event["message"])

    @property
    def bytes(self) -> list[bytes]:
        return [file.read_bytes() for folder in self.folders[:2] for file in sorted(folder.iterdir())]


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps({"question": text, "label": 1}) + "\n" for text in QUESTIONS), encoding="utf-8")
    return file


def hiragana(text: str) -> str:
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)


FORMS = [
    str,
    hiragana,
    lambda text: unicodedata.normalize("NFD", text).replace("、", ""),
    lambda text: "\n".join(text),
    lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in text).replace("ー", "－"),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_text_is_found_in_whatever_form(
    form: Any, tmp_path: Path, evaluation: Path, sample: list[str], make_documents: Any
) -> None:
    hidden = [sample[0] + form(QUESTIONS[0]) + sample[1], f"問題{form(QUESTIONS[1])}答え"]
    out = Run(tmp_path / "out", make_documents([*sample[:20], *hidden, *sample[20:30]], shards=3), evaluation)
    assert [row["text"] for row in out.clean] == sample[:30]
    assert [row["text"] for row in out.contaminated] == hidden
    details = [json.loads(row["detail"]) for row in out.contaminated]
    assert [(one["file"], one["item"], one["field"]) for one in details] == [
        ("questions.jsonl", 1, "question"),
        ("questions.jsonl", 2, "question"),
    ]
    assert {row["rule"] for row in out.contaminated} == {"contamination"} and details[0]["overlap"] == 1


def test_overlap_is_the_share_of_the_ngrams(tmp_path: Path, evaluation: Path, make_documents: Any) -> None:
    letters = QUESTIONS[0].replace("？", "")
    ngrams = len(letters) - 13 + 1
    begun = [PROSE + letters[: 13 + held - 1] for held in range(1, ngrams + 1)]
    documents = make_documents([PROSE, *begun])
    out = Run(tmp_path / "out", documents, evaluation)
    kept = sum(held / ngrams < 0.7 for held in range(1, ngrams + 1))
    assert [row["text"] for row in out.clean] == [PROSE, *begun[:kept]]
    overlaps = [json.loads(row["detail"])["overlap"] for row in out.contaminated]
    assert overlaps == [round(held / ngrams, 4) for held in range(kept + 1, ngrams + 1)]
    assert Run(tmp_path / "any", documents, evaluation, overlap=0.0).clean == out.clean[:1]


def test_short_texts_count_as_a_whole(tmp_path: Path, evaluation: Path, make_documents: Any) -> None:
    documents = make_documents([PROSE, PROSE + QUESTIONS[2], PROSE + QUESTIONS[2].replace("風景", "光景")])
    assert len(Run(tmp_path / "default", documents, evaluation).clean) == 3
    out = Run(tmp_path / "short", documents, evaluation, shortest=13, ngram=50)
    assert [json.loads(row["detail"])["item"] for row in out.contaminated] == [3]
    assert out.warnings == ["no evaluation text has ngram=50 letters, the longest 43: each counts as a whole"]


def test_report_keeps_everything(tmp_path: Path, evaluation: Path, make_documents: Any) -> None:
    texts = [PROSE, QUESTIONS[0], PROSE + QUESTIONS[1]]
    out = Run(tmp_path / "out", make_documents(texts), evaluation, drop=False)
    assert [row["text"] for row in out.clean] == texts
    assert [row["text"] for row in out.contaminated] == texts[1:]
    assert schema_of(shards(out.folders[0])[0]) == SCHEMA and schema_of(shards(out.folders[1])[0]) == REJECTED
    files, examples, short = out.result.blocks
    assert files["rows"] == [["questions.jsonl", 3, 2, 2, 1.0, 2]]
    assert [one["text"] for one in examples["samples"]] == [QUESTIONS[0], QUESTIONS[0], QUESTIONS[1], QUESTIONS[1]]
    assert short["rows"] == [["questions.jsonl", 3, QUESTIONS[2]]]
    assert out.result.metrics == {
        "documents": 3,
        "bytes": sum(len(text.encode()) for text in texts),
        "contaminated_documents": 2,
        "contaminated_bytes": sum(len(text.encode()) for text in texts[1:]),
        "evaluation_items": 3,
        "tested_items": 2,
        "contaminated_items": 2,
    }


def test_neither_workers_nor_a_kill_show(
    tmp_path: Path, evaluation: Path, sample: list[str], make_documents: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = make_documents([*sample[:40], QUESTIONS[0], *sample[40:60], QUESTIONS[1]], shards=3)
    whole = Run(tmp_path / "one", documents, evaluation)
    assert Run(tmp_path / "two", documents, evaluation, workers=2).bytes == whole.bytes
    check_shard = decontamination.check_shard

    def killed(shard: Path, *arguments: Any, **named: Any) -> Any:
        if shard.name == "part-00001.parquet":
            raise KeyboardInterrupt
        return check_shard(shard, *arguments, **named)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(decontamination, "check_shard", killed)
        Run(tmp_path / "killed", documents, evaluation)
    again = Run(tmp_path / "killed", documents, evaluation)
    assert again.bytes == whole.bytes and again.result == whole.result


def test_what_makes_no_sense(tmp_path: Path, evaluation: Path, make_documents: Any) -> None:
    documents = make_documents([QUESTIONS[0]])
    for number, (settings, error, message) in enumerate(
        [
            ({"ngram": 0}, UsageError, "want 1 letter or more, got 0"),
            ({"overlap": 1.5}, UsageError, "overlap wants a share from 0 to 1, got 1.5"),
            ({"overlap": float("nan")}, UsageError, "overlap wants a share from 0 to 1, got nan"),
            ({"shortest": 100}, BadInput, "no evaluation text has shortest=100 letters, got '43 in the longest'"),
            ({"fields": ["answer"]}, BadInput, "no text to compare"),
            ({}, BadInput, "every document holds an evaluation text"),
        ]
    ):
        with pytest.raises(error, match=message):
            Run(tmp_path / str(number), documents, evaluation, **settings)


def test_without_evaluation_files_everything_is_clean(tmp_path: Path, make_documents: Any) -> None:
    out = Run(tmp_path / "out", make_documents([PROSE, QUESTIONS[0]]))
    assert [row["text"] for row in out.clean] == [PROSE, QUESTIONS[0]] and out.contaminated == []
    assert out.warnings == ["no evaluation file is given, so every document counts as clean"]
