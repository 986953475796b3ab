"""DetectPersonalInformation as a task runs it."""

from pathlib import Path
from typing import Any

import pytest

from components.detect_personal_information import DetectPersonalInformation
from hagane.core.errors import UsageError
from hagane.storage.documents import SHARD, ShardWriter, batches, document, shards

TEXTS = ("連絡先 TEL 03-1234-5678、info@example.co.jp", "マイナンバー 1234 5678 9018", "個人の情報はない。")


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    for number, text in enumerate(TEXTS):
        with ShardWriter(tmp_path / SHARD.format(number)) as writer:
            writer.add([document(text, "sample", text, "MIT")])
    return tmp_path


def texts(folder: Path) -> list[str]:
    return [row["text"] for shard in shards(folder) for batch in batches(shard) for row in batch]


def test_masked_by_default_and_the_same_again(documents: Path, run_component: Any) -> None:
    inputs = {"documents": documents}
    out, again = (run_component(DetectPersonalInformation, inputs=inputs, workers=1) for _ in range(2))
    assert texts(out["kept"]) == [
        "連絡先 TEL <TEL>、info@example.co.jp",
        "マイナンバー <MY_NUMBER>",
        "個人の情報はない。",
    ]
    for name in ("kept", "rejected"):
        assert [file.read_bytes() for file in shards(out[name])] == [file.read_bytes() for file in shards(again[name])]


def test_settings_as_the_command_line_gives_them(documents: Path, run_component: Any) -> None:
    settings = {"kinds": "mail,my_number", "action": "drop", "reserved": "true", "workers": "1"}
    out = run_component(DetectPersonalInformation, inputs={"documents": documents}, **settings)
    assert (texts(out["kept"]), texts(out["rejected"])) == ([TEXTS[2]], [*TEXTS[:2]])
    assert out["result"].metrics["mail_findings"] == 1


def test_a_wrong_kind_is_told_with_the_choices(documents: Path, run_component: Any) -> None:
    with pytest.raises(UsageError, match="kinds has no such choice, got 'email': choose from phone, mail, address"):
        run_component(DetectPersonalInformation, inputs={"documents": documents}, kinds="phone,email")
