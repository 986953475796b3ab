"""Whether the training of a vocabulary fits into memory."""

from pathlib import Path

from hagane.events import warn

PER_BYTE = 30  # of the sample, the sample itself included (ours): 29 to 33 were measured on 5 and 6 MB, less on more
LIMITS = ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")  # of a container: v2, v1


def warn_of_memory(sample_bytes: int, root: Path = Path("/")) -> None:
    """Say so if a sample of that size is likely to need more memory than there is."""
    needed, available = PER_BYTE * sample_bytes, available_memory(root)
    if available is not None and needed > available:
        warn(
            f"training on {sample_bytes / 1e6:,.0f} MB of text takes about {needed / 1e9:,.1f} GB of memory, "
            f"{available / 1e9:,.1f} GB are available: if it is killed, lower sample_megabytes"
        )


def available_memory(root: Path) -> int | None:
    """Bytes that this process may still take, by the kernel and by its container; None where Linux does not say."""
    found = [int(limit) for file in LIMITS if (limit := read(root / file).strip()).isdigit()]
    lines = [line.split() for line in read(root / "proc/meminfo").splitlines()]
    found += [int(amount) * 1024 for name, amount, *_ in lines if name == "MemAvailable:"]
    return min(found, default=None)


def read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except OSError:
        return ""
