"""What is reused, what is not, and the reason given."""

import json
import shutil
from pathlib import Path

import pytest
from workbench import Workbench

PIPELINE = ("frequent-characters", "corpus=corpus.txt")
MANY = ("many-corpora", "corpora=corpus.txt,second.txt")


def test_a_rerun_is_all_hit(bench: Workbench) -> None:
    assert set(bench.statuses(*MANY).values()) == {"done"}
    assert set(bench.statuses(*MANY).values()) == {"hit"}


def test_comments_docstrings_and_layout_do_not_count(bench: Workbench) -> None:
    bench.run(*PIPELINE)
    bench.edit("components/keep_long.py", "    def run(", "    # a comment\n\n    def run(")
    bench.edit("toylib/lines.py", '"""Lines of text on disk."""', '"""Lines of text, on a disk."""')
    assert set(bench.statuses(*PIPELINE).values()) == {"hit"}


def test_changed_code_is_stale_and_equal_bytes_stop_there(bench: Workbench) -> None:
    bench.run(*PIPELINE)
    bench.edit("toylib/lines.py", "    if not good:", "    if len(good) == 0:")
    planned = bench.plan(*PIPELINE)
    assert planned["read-lines"] == ("stale", "code toylib.lines changed")
    assert planned["keep-long"] == ("wait", "read-lines.lines not made yet")
    bench.edit("components/keep_long.py", "return keep_long(", "return  1 and keep_long(")
    bench.edit("toylib/lines.py", "    if len(good) == 0:", "    if not good:")
    assert bench.plan(*PIPELINE)["keep-long"] == ("stale", "code components.keep_long changed")
    assert bench.statuses(*PIPELINE) == {"read-lines": "hit", "keep-long": "done", "count-characters": "hit"}


def test_a_data_file_beside_the_code_counts(bench: Workbench) -> None:
    bench.run(*PIPELINE)
    (bench.root / "toylib" / "rules.json").write_text("{}")
    assert bench.plan(*PIPELINE)["keep-long"] == ("wait", "read-lines.lines not made yet")
    assert bench.plan(*PIPELINE)["read-lines"] == ("stale", "code toylib/rules.json changed")


def test_a_setting_is_stale_with_both_values(bench: Workbench) -> None:
    bench.run(*PIPELINE)
    assert bench.plan(*PIPELINE, "top=7")["count-characters"] == ("stale", "settings top 100 -> 7")


def test_a_setting_that_is_not_semantic_does_not_count(bench: Workbench) -> None:
    bench.run(*MANY)
    assert set(bench.statuses(*MANY, "workers=4").values()) == {"hit"}


def test_the_environments_pins_count(bench: Workbench) -> None:
    bench.edit("pyproject.toml", "plain = []", 'plain = ["Rich>=1"]')
    rich = __import__("importlib.metadata").metadata.version("rich")
    (bench.root / "constraints.txt").write_text(f"rich=={rich}  # pinned\n")
    bench.run(*PIPELINE)
    (bench.root / "constraints.txt").write_text("rich==1.0\n")
    assert bench.plan(*PIPELINE)["read-lines"] == ("stale", f"environment rich '{rich}' -> '1.0'")
    done = bench.call("run", *PIPELINE)
    assert done.returncode == 5 and f"rich is another version, got '{rich}': constraints.txt pins 1.0" in done.stderr


def test_reuse_by_version_tells_of_newer_code_and_does_not_act_on_it(bench: Workbench) -> None:
    bench.edit(
        "components/keep_long.py",
        '    environment = "plain"',
        '    environment = "plain"\n    reuse = "version"\n    version = 1',
    )
    bench.run(*PIPELINE)
    bench.edit("components/keep_long.py", "return keep_long(", "return  1 and keep_long(")
    assert bench.plan(*PIPELINE)["keep-long"] == ("hit", "version 1, though components.keep_long changed")
    bench.edit("components/keep_long.py", "version = 1", "version = 2")
    assert bench.plan(*PIPELINE)["keep-long"] == ("stale", "code version changed")


def test_a_source_counts_by_its_content_and_own_name(bench: Workbench) -> None:
    bench.run(*PIPELINE)
    (bench.root / "moved").mkdir()
    (bench.root / "moved/corpus.txt").write_bytes((bench.root / "corpus.txt").read_bytes())
    (bench.root / "corpus.txt").write_text("新しい本文がここにある。\n", encoding="utf-8")
    assert bench.plan("frequent-characters", "corpus=corpus.txt")["read-lines"][0] == "stale"
    assert bench.plan("frequent-characters", "corpus=moved/corpus.txt")["read-lines"][0] == "hit"


def test_a_presets_source_is_relative_to_the_project(bench: Workbench, tmp_path: Path) -> None:
    done = bench.start("--project", str(bench.root), "run", "frequent-characters", "--preset", "shipped", cwd=tmp_path)
    assert done.communicate() and done.returncode == 0


def test_values_come_from_default_preset_file_and_command_line(bench: Workbench) -> None:
    (bench.root / "params.toml").write_text("minimum = 4\ntop = 5\n")
    bench.run(*PIPELINE, "--preset", "few", "--params", "params.toml", "top=6")
    why = bench.call("why", "count-characters").stdout
    assert "top = 6" in why and "minimum = 4" in bench.call("why", "keep-long").stdout


@pytest.mark.parametrize("damage", ["edited", "gone", "added"])
def test_a_changed_output_is_found_said_and_made_again(bench: Workbench, damage: str) -> None:
    first = bench.digests(*PIPELINE)
    (table,) = bench.store.rglob("table.txt")
    if damage == "edited":
        table.write_text("x" * len(table.read_text()))
    elif damage == "gone":
        table.unlink()
    else:
        (table.parent / "more.txt").write_text("more")
    status, reason = bench.plan(*PIPELINE)["count-characters"]
    assert status == "stale" and f"was {damage} after" in reason.replace("is gone", "was gone")
    report = bench.run(*PIPELINE)
    assert [task["status"] for task in report["tasks"]] == ["hit", "hit", "done"]
    assert "after it was committed" in report["tasks"][2]["reason"]
    assert bench.digests(*PIPELINE) == first


@pytest.mark.parametrize("consistent", [False, True])
def test_an_edited_manifest_is_found_said_and_made_again(bench: Workbench, consistent: bool) -> None:
    first = bench.digests(*PIPELINE)
    (table,) = bench.store.rglob("table.txt")
    manifest = table.parent.parent / "manifest.json"
    content = json.loads(manifest.read_text())
    content["files"][0]["sha256"] = "0" * 64
    if consistent:
        from hagane.core.artifact import File, Manifest

        files = tuple(File(**file) for file in content["files"])
        manifest.write_text(Manifest(content["kind"], content["version"], files, content["record"]).to_json())
    else:
        manifest.write_text(json.dumps(content))
    status, reason = bench.plan(*PIPELINE)["count-characters"]
    assert status == "stale" and ("should have digest" if consistent else "was edited") in reason
    assert bench.statuses(*PIPELINE)["count-characters"] == "done"
    assert bench.digests(*PIPELINE) == first


def test_a_torn_manifest_or_mark_is_made_again(bench: Workbench) -> None:
    first = bench.digests(*PIPELINE)
    (table,) = bench.store.rglob("table.txt")
    (table.parent.parent / "manifest.json").write_text('{"schema": 1, "di')
    assert bench.statuses(*PIPELINE)["count-characters"] == "done"
    (table.parent.parent.parent / "committed.json").write_text("{")
    assert bench.statuses(*PIPELINE)["count-characters"] == "done"
    assert bench.digests(*PIPELINE) == first


def test_a_touched_output_is_still_a_hit(bench: Workbench) -> None:
    bench.run(*PIPELINE)
    for file in bench.store.rglob("data/*"):
        file.touch()
    assert set(bench.statuses(*PIPELINE).values()) == {"hit"}


def test_a_store_can_move(bench: Workbench, tmp_path: Path) -> None:
    first = bench.digests(*PIPELINE)
    shutil.move(bench.store, tmp_path / "elsewhere")
    report = bench.run(*PIPELINE, "--store", str(tmp_path / "elsewhere"))
    assert {task["status"] for task in report["tasks"]} == {"hit"}
    assert [o["digest"] for task in report["tasks"] for o in task["outputs"].values()] == first


def test_the_digest_forgets_where_and_when(bench: Workbench, tmp_path: Path) -> None:
    assert bench.digests(*PIPELINE) == bench.digests(*PIPELINE, "--store", str(tmp_path / "elsewhere"))


def test_forward_lineage_needs_no_scan(bench: Workbench) -> None:
    read, keep, _ = bench.run(*PIPELINE)["tasks"]
    uses = bench.store / "v1/uses" / read["outputs"]["lines"]["digest"]
    assert [mark.name for mark in uses.iterdir()] == [keep["key"]]


def test_one_component_runs_alone_on_an_artifact(bench: Workbench) -> None:
    lines = bench.run(*PIPELINE)["tasks"][0]["outputs"]["lines"]
    alone = bench.run("keep-long", f"lines={lines['uri']}", "minimum=5")
    assert [task["status"] for task in alone["tasks"]] == ["hit"], "the pipeline made it already"
    by_digest = bench.run("keep_long", f"lines={lines['digest'][:12]}", "minimum=3")
    assert by_digest["tasks"][0]["status"] == "done"
    many = bench.run("count-characters", f"corpora={lines['uri']},{lines['digest']}")
    assert many["tasks"][0]["status"] == "done"
    wrong = bench.call("run", "count-characters", f"corpora={many['tasks'][0]['outputs']['table']['uri']}")
    assert wrong.returncode == 2 and "corpora wants lines, but" in wrong.stderr and "is table" in wrong.stderr
    missing = bench.call("run", "keep-long", "lines=0123456789")
    assert missing.returncode == 2 and "no such artifact, got '0123456789': give its folder" in missing.stderr


REPLAYING = '''"""Lengths of lines."""

from hagane.core.component import Component, Output, Param, Result, Source
from toylib.kinds import Lines


class MeasureLines(Component):
    """List the lines that are long enough, from the lengths that an earlier run listed."""

    environment = "plain"

    lengths: Lines = Output("The length of every line.", replayed=True)
    long: Lines = Output("The numbers of long lines.")
    source: Source = Param("A text file.")
    minimum: int = Param("Shortest line to list, in characters.", default=5, replayed=True)

    def run(self) -> Result:
        file = (self.earlier["lengths"] / "lengths") if self.earlier else None
        lengths = file.read_text().split() if file else [str(len(x)) for x in open(self.source).read().splitlines()]
        (self.lengths.path / "lengths").write_text(" ".join(lengths))
        (self.long.path / "long").write_text(" ".join(str(i) for i, x in enumerate(lengths) if int(x) >= self.minimum))
        return Result({"replayed": float(bool(file))})
'''


def test_a_replayed_setting_is_given_the_outputs_of_an_earlier_run(bench: Workbench) -> None:
    (bench.root / "components" / "measure_lines.py").write_text(REPLAYING)

    def replayed(*settings: str) -> tuple[str, float]:
        (task,) = bench.run("measure-lines", *settings)["tasks"]
        manifest = json.loads((Path(task["outputs"]["long"]["uri"]) / "manifest.json").read_bytes())
        return task["status"], manifest["record"]["result"]["metrics"]["replayed"]

    assert replayed("source=corpus.txt") == ("done", 0)
    assert replayed("source=corpus.txt", "minimum=7") == ("done", 1)
    assert replayed("source=corpus.txt", "minimum=5")[0] == "hit"
    (bench.root / "corpus.txt").write_text("一行。\n", encoding="utf-8")
    assert replayed("source=corpus.txt", "minimum=7") == ("done", 0)
