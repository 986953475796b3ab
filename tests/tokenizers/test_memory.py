from pathlib import Path

import pytest

from hagane.events import listen
from hagane.tokenizers.memory import available_memory, warn_of_memory


class Heard:
    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []

    def emit(self, event: dict[str, object]) -> None:
        self.events.append(event)


def machine(root: Path, **files: str) -> Path:
    """A root folder that says what a Linux machine of 8 GB says, in a container of that limit."""
    (root / "proc").mkdir()
    (root / "proc/meminfo").write_text("MemTotal:  16000000 kB\nMemAvailable:   8000000 kB\n")
    for name, limit in files.items():
        file = root / "sys/fs/cgroup" / name.replace("__", "/").replace("_max", ".max")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(limit)
    return root


@pytest.mark.parametrize(
    "files, available",
    [
        ({}, 8_192_000_000),
        ({"memory_max": "max\n"}, 8_192_000_000),
        ({"memory_max": "1073741824\n"}, 1 << 30),
        ({"memory__memory.limit_in_bytes": "2147483648\n"}, 2 << 30),
        ({"memory__memory.limit_in_bytes": "9223372036854771712\n"}, 8_192_000_000),
    ],
)
def test_the_machine_and_its_container_say_what_is_available(
    tmp_path: Path, files: dict[str, str], available: int
) -> None:
    assert available_memory(machine(tmp_path, **files)) == available


def test_nothing_is_said_where_the_machine_does_not_say() -> None:
    assert available_memory(Path("/nonexistent")) is None
    warn_of_memory(10**15, Path("/nonexistent"))


def test_a_sample_that_will_not_fit_is_warned_of_with_the_figures(tmp_path: Path) -> None:
    heard = Heard()
    with listen(heard):
        warn_of_memory(100_000_000, machine(tmp_path))
        assert heard.events == []
        warn_of_memory(1_000_000_000, tmp_path)
    message = str(heard.events[0]["message"])
    assert "1,000 MB of text takes about 30.0 GB" in message and "8.2 GB are available" in message
    assert "lower sample_megabytes" in message
