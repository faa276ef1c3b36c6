"""Runs rustc and cargo under a deadline.

Invariant: when a deadline passes, the process and all that it started are ended.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from closurelens.records import dataclass


class DeadlinePassed(Exception):
    """The answer would have come too late."""


class NotInstalled(Exception):
    """The program is not there, or cannot be started."""


@dataclass(slots=True)
class Deadline:
    """A point in time, given as seconds from the moment it is made."""

    seconds: float
    _end: float = 0.0

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        return max(self._end - time.monotonic(), 0.0)


@dataclass(slots=True)
class Finished:
    status: int
    out: str
    err: str


@dataclass(slots=True)
class Command:
    argv: list[str]
    cwd: Path
    env: dict[str, str]


def run(command: Command, deadline: Deadline) -> Finished:
    """Raises DeadlinePassed, or NotInstalled when the program cannot be started."""
    try:
        child = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=command.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise NotInstalled(f"{command.argv[0]}: {error.strerror}") from error
    with child:
        try:
            out, err = child.communicate(timeout=deadline.left())
        except subprocess.TimeoutExpired:
            _end(child)
            raise DeadlinePassed from None
        except BaseException:
            _end(child)
            raise
    return Finished(child.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def _end(child: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        child.kill()
    else:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
    child.communicate()
