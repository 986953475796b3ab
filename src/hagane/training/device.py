"""Where and in which precision a model computes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Literal

import torch

from hagane.core.errors import OutOfMemory, UsageError

Precision = Literal["auto", "bf16", "fp32"]


def best_device() -> torch.device:
    return torch.device("cuda") if torch.cuda.is_available() else torch.device("cpu")


def resolve(precision: Precision, device: torch.device) -> Literal["bf16", "fp32"]:
    """``auto``: bf16 where the device computes in it; a CPU without avx512_bf16 or AMX would only emulate it."""
    if precision != "auto":
        return precision
    return "bf16" if has_bfloat16(device) else "fp32"


def has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def autocast(precision: Literal["bf16", "fp32"], device: torch.device) -> AbstractContextManager[None]:
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


@contextmanager
def reproducible(threads: int) -> Iterator[None]:
    """Fixed threads and deterministic kernels inside, the process's own settings afterwards."""
    if threads < 1:
        raise UsageError("threads wants 1 or more", threads, "the number of threads changes the result's last bits")
    before, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(strict)


@contextmanager
def memory_errors(fix: str) -> Iterator[None]:
    """Turn torch's errors of a full memory, which are RuntimeErrors, into OutOfMemory."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(first_line(error), fix=fix) from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):
            raise
        raise OutOfMemory(first_line(error), fix=fix) from error


def first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
