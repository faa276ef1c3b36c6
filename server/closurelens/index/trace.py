"""What an answer was made from, as far as the disk is concerned, and whether all of it is still so.

Invariant: a trace names everything that was looked at, whether or not it was there, in the state it had before it was
read. Whoever asks the same question while the trace holds reads the same bytes, and so comes to the same answer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from closurelens.index.stamps import State, digest_below, state_of
from closurelens.index.store import CrateStore

__all__ = [
    "Looks",
    "Trace",
    "digest_of",
    "is_of_another_clock",
    "is_young",
    "names_in",
    "names_of",
]

_TICK = 2_000_000_000
"""Nanoseconds. A file that is written twice within the finest step of some file system's clock may look the same."""


def digest_of(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def names_in(folder: str) -> str:
    """The names in a folder and which are folders, as one word."""
    try:
        with os.scandir(folder) as found:
            return names_of([(entry.name, _is_dir(entry)) for entry in found])
    except (OSError, ValueError):
        return names_of([])


def names_of(entries: Sequence[tuple[str, bool]]) -> str:
    names = sorted(f"{name}/" if is_dir else name for name, is_dir in entries)
    return digest_of("\0".join(names).encode("utf-8", "surrogatepass"))


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


class Looks:
    """What was looked at on the disk. The first state of a file stands until `forget`: an answer that was made from two
    states of it must not be kept.

    `young` are the files that were read so soon after their last change that another one may not show, with a digest
    of what was read. `folders` have the names that were in them and whether each is a folder.
    """

    __slots__ = ("files", "folders", "is_dir", "is_file", "young")

    def __init__(self) -> None:
        self.files: dict[str, State] = {}
        self.folders: dict[str, tuple[State, Sequence[tuple[str, bool]]]] = {}
        self.is_file: dict[str, bool] = {}
        self.is_dir: dict[str, bool] = {}
        self.young: dict[str, str] = {}

    def read(self, path: str, before: State, data: bytes | None) -> None:
        """`before` is the state before the file was read; `data` is None where it could not be."""
        known = self.files.setdefault(path, before)
        if known is not None and known == before and is_young(known):
            self.young[path] = digest_of(b"" if data is None else data)

    def forget(self, path: str) -> None:
        """The file has changed, and whoever has read it knows."""
        self.files.pop(path, None)
        self.young.pop(path, None)


def is_young(state: State) -> bool:
    return state is not None and time.time_ns() - state[0] < _TICK


def is_of_another_clock(state: State) -> bool:
    """Such a file may look young for a long time."""
    return state is not None and time.time_ns() < state[0]


class Trace(msgspec.Struct):
    """`crates` are the rows of the database of dependencies that were used, with their digests; `walked` are folders of
    packages that those stand for, see `index.keys`."""

    files: dict[str, State] = {}
    folders: dict[str, tuple[State, str]] = {}
    is_file: dict[str, bool] = {}
    is_dir: dict[str, bool] = {}
    crates: dict[str, str] = {}
    walked: dict[str, str] = {}

    def holds(self, crates: CrateStore) -> bool:
        return (
            all(state_of(path) == state for path, state in self.files.items())
            and all(
                state_of(folder) == state or names_in(folder) == names
                for folder, (state, names) in self.folders.items()
            )
            and all(os.path.isfile(path) == known for path, known in self.is_file.items())
            and all(os.path.isdir(path) == known for path, known in self.is_dir.items())
            and all(digest_below(folder) == digest for folder, digest in self.walked.items())
            and (not self.crates or crates.digests(self.crates) == self.crates)
        )
