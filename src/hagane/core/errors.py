"""Every error that a user may meet, each with its exit code."""

import errno

BUG = 1
INTERRUPT = 2  # SIGINT; another signal is the KeyboardInterrupt's argument
DISK_ERRORS = {errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT, errno.ESTALE}


class HaganeError(Exception):
    """What went wrong, the offending value, and the choices or the fix."""

    exit_code = BUG

    def __init__(self, what: str, value: object = None, fix: str = "") -> None:
        got = "" if value is None else f", got {value!r}"
        super().__init__(f"{what}{got}" + (f": {fix}" if fix else ""))


class UsageError(HaganeError):
    exit_code = 2  # a wrong name, type or wiring


class BadInput(HaganeError):
    exit_code = 3  # data that cannot be read, or of which nothing is left


class CorruptArtifact(HaganeError):
    exit_code = 4  # files that are not what their manifest says


class InfrastructureError(HaganeError):
    exit_code = 5  # a disk, network or service that failed; may be retried


class Refused(HaganeError):
    exit_code = 6  # a gate said no


class OutOfMemory(HaganeError):
    exit_code = 7  # of the host or the device


class NonFinite(HaganeError):
    exit_code = 8  # a loss or gradient that is not a number


class Preempted(HaganeError):
    exit_code = 75  # the machine was taken away; a checkpoint is kept


def exit_code(error: BaseException) -> int:
    """The exit code that tells a retrying runner what happened."""
    if isinstance(error, HaganeError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return 128 + (error.args[0] if error.args else INTERRUPT)
    if isinstance(error, MemoryError):
        return OutOfMemory.exit_code
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return InfrastructureError.exit_code
    return BUG
