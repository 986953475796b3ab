"""Texts of evaluation files of every kind, and what is said of the others."""

import gzip
import json
from pathlib import Path

import pytest

from hagane.core.errors import BadInput
from hagane.text.decontamination.evaluation_items import passages

SQUAD = {
    "version": "1.1",
    "data": [
        {
            "title": "梅雨",
            "paragraphs": [
                {"context": "梅雨は雨の多い時期。", "qas": [{"question": "何の時期か", "answers": [{"text": "雨"}]}]},
            ],
        }
    ],
}


def read(file: Path, content: str | bytes, *fields: str) -> list[tuple[int, str, str]]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(p.item, p.field, p.text) for p in passages([str(file)], fields)]


def test_json_lines_tables_and_lines(tmp_path: Path) -> None:
    lines = '{"question": "猫は？", "choices": ["犬", "鳥"], "label": 1}\n\n{"question": "犬は？"}\n'
    expected = [(1, "question", "猫は？"), (1, "choices", "犬"), (1, "choices", "鳥"), (2, "question", "犬は？")]
    assert read(tmp_path / "a.jsonl", lines) == expected
    assert read(tmp_path / "a.json", lines) == expected  # as JGLUE names its JSON lines
    assert read(tmp_path / "b.jsonl.gz", gzip.compress(lines.encode())) == expected
    assert read(tmp_path / "c.txt", "一行\n\n二行\r\n") == [(1, "", "一行"), (2, "", "二行")]
    assert read(tmp_path / "d.tsv", '彼は"猫"と言った\t18\n') == [(1, "1", '彼は"猫"と言った'), (1, "2", "18")]
    assert read(tmp_path / "e.csv", '"猫、\n犬",3\n') == [(1, "1", "猫、\n犬"), (1, "2", "3")]
    assert read(tmp_path / "f.csv", "猫は？,犬\n".encode("cp932")) == [(1, "1", "猫は？"), (1, "2", "犬")]


def test_an_object_with_texts_of_its_own_is_an_item(tmp_path: Path) -> None:
    found = read(tmp_path / "squad.json", json.dumps(SQUAD))
    assert found == [
        (1, "version", "1.1"),
        (2, "title", "梅雨"),
        (3, "context", "梅雨は雨の多い時期。"),
        (4, "question", "何の時期か"),
        (5, "text", "雨"),
    ]


def test_named_fields(tmp_path: Path) -> None:
    assert read(tmp_path / "a.json", json.dumps(SQUAD), "question") == [(4, "question", "何の時期か")]
    table = "question,answer\n猫は？,犬\n"
    assert read(tmp_path / "b.csv", table, "question") == [(1, "question", "猫は？")]
    assert read(tmp_path / "b.csv", table, "2") == [(1, "2", "answer"), (2, "2", "犬")]


def test_of_a_folder_what_is_no_evaluation_file_is_left_out(tmp_path: Path) -> None:
    for name in ("one/test.txt", "two/test.txt", "LICENSE", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("猫\n")
    assert [p.file for p in passages([str(tmp_path)])] == ["one/test.txt", "two/test.txt"]
    assert [p.file for p in passages([str(tmp_path / "one"), str(tmp_path / "two")])] == ["1/test.txt", "2/test.txt"]
    with pytest.raises(BadInput, match=r"no evaluation file here, got .*LICENSE': .*\.jsonl"):
        passages([str(tmp_path / "LICENSE")])


@pytest.mark.parametrize(
    ("name", "content", "fields", "message"),
    [
        ("a.jsonl", b'{"q": "x"}\n{"q": \n', [], r"line 2 of a\.jsonl is no JSON, got '\{\"q\": '"),
        ("a.json", b'{"q": ', [], r"no JSON, got 'a\.json': Expecting value: line 1 column 7"),
        ("a.json", b"[" * 100_000, [], r"nested too deeply, got 'a\.json'"),
        ("a.jsonl", b"", [], r"a\.jsonl has no text to compare: it has no text"),
        ("a.jsonl", b'{"n": 1}', [], r"a\.jsonl has no text to compare"),
        ("a.csv", b" , \n", [], r"a\.csv has no text to compare"),
        ("a.jsonl", b'{"q": "x"}', ["question"], r"no text to compare, got \['question'\]: it has q"),
        ("a.jsonl", b'{"q": "x"}', ["q", "r"], r"no evaluation file has this field, got 'r'"),
        ("a.txt", b"\x93\xfa\xff\xff", [], r"cannot be read, got 'a\.txt': not UTF-8 from byte 0"),
        ("a.jsonl.gz", gzip.compress(b'{"q": "x"}')[:-9], [], r"cannot be read, got 'a\.jsonl\.gz'"),
        ("a.jsonl", b'{"q": "\\ud800"}', [], r"item 1 of a\.jsonl has half a character, got .*ud800"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, content: bytes, fields: list[str], message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=message):
        passages([str(tmp_path / name)], fields)
    with pytest.raises(BadInput, match="no such file or folder"):
        passages([str(tmp_path / "absent.jsonl")])
