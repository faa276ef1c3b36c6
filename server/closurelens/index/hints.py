"""Hints of documents as they were sent, for the next start of a server.

Invariant: hints are given again only for the same question, of the same program, about the same text, while everything
that they were made from is as it was (`trace`). What is damaged is as if it had never been there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import msgspec

from closurelens.index.stamps import program
from closurelens.index.store import CrateStore
from closurelens.index.trace import Trace, digest_of

__all__ = ["Hint", "KeptHints", "StoredHints"]

R = TypeVar("R")

_LARGEST = 64 * 1024 * 1024
_SECONDS_BETWEEN_LOOKS = 1.0

Hint = tuple[int, bytes]
"""The offset of a hint in bytes, and what is sent of it."""


class _Row(msgspec.Struct, array_like=True):
    text: str
    trace: str
    hints: list[Hint]


class _Known:
    """A trace, and when it was found to hold."""

    __slots__ = ("looked", "trace")

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.looked = float("-inf")


class StoredHints:
    """All hints of a document, in the order they are sent. `holds` is to be asked before each use."""

    __slots__ = ("_crates", "_known", "hints")

    def __init__(self, hints: list[Hint], known: _Known, crates: CrateStore) -> None:
        self.hints = hints
        self._known = known
        self._crates = crates

    def holds(self) -> bool:
        """Looks at the disk once in a second at most."""
        known = self._known
        if time.monotonic() - known.looked < _SECONDS_BETWEEN_LOOKS:
            return True
        if not known.trace.holds(self._crates):
            return False
        known.looked = time.monotonic()
        return True

    def is_made_from(self, path: str) -> bool:
        """Whether the text of a file, or that there is none, has to do with these hints."""
        trace = self._known.trace
        return path in trace.files or path in trace.is_file

    def look_again(self) -> None:
        """Something has changed on the disk."""
        self._known.looked = float("-inf")


class KeptHints:
    """`folder` None: nothing is kept. A question is all that decides about the answer beside text and disk."""

    def __init__(self, folder: Path | None) -> None:
        self._store = None if folder is None else CrateStore(folder, "hints", largest=_LARGEST)
        self._crates = CrateStore(folder)
        self._traces: dict[str, _Known] = {}

    def get(self, question: str, text: bytes) -> StoredHints | None:
        try:
            return self._get(question, text)
        finally:
            self.close()

    def _get(self, question: str, text: bytes) -> StoredHints | None:
        if self._store is None:
            return None
        row = _decoded(self._store.get_from_disk(_key(question)), _Row)
        if row is None or row.text != digest_of(text):
            return None
        known = self._traces.get(row.trace)
        if known is None:
            trace = _decoded(self._store.get_from_disk(row.trace), Trace)
            if trace is None:
                return None
            known = self._traces[row.trace] = _Known(trace)
        found = StoredHints(row.hints, known, self._crates)
        return found if found.holds() else None

    def put(self, question: str, name: str, text: bytes, trace: Trace, hints: Sequence[Hint]) -> None:
        """`name` is for people who look into the database."""
        store = self._store
        if store is None:
            return
        data = msgspec.msgpack.encode(trace)
        key = digest_of(data)
        if store.get_from_disk(key) is None:
            store.put_on_disk(key, "", "", data)
        store.put_on_disk(_key(question), name, "", msgspec.msgpack.encode(_Row(digest_of(text), key, list(hints))))
        self.close()

    def close(self) -> None:
        """They are opened when they are asked, which is seldom."""
        for store in (self._store, self._crates):
            if store is not None:
                store.close()

    @property
    def crates(self) -> CrateStore | None:
        """The database of dependencies; None when nothing is kept."""
        return None if self._store is None else self._crates


def _key(question: str) -> str:
    return blake2b(f"{program()}\0{question}".encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _decoded(data: bytes | None, kind: type[R]) -> R | None:
    if data is None:
        return None
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError):
        return None
