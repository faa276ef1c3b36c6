"""Hints of an earlier run, for documents that are what they were.

Invariant: they are given only while an analysis of now would come to the same. Text, settings and what the client can
do are part of the question, the disk is looked at by `index.hints`, and other open documents must be what the disk has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from closurelens.index.hints import Hint, KeptHints, StoredHints
from closurelens.index.store import CrateStore, cache_folder
from closurelens.index.trace import Trace
from closurelens.lsp.client import Client
from closurelens.lsp.configuration import Settings
from closurelens.project import paths
from closurelens.text import TextRange, text_of

__all__ = ["Kept", "response", "text_on_disk"]


class Kept:
    """`texts` gives the texts that the client has open now, by path."""

    def __init__(self, texts: Callable[[], Mapping[str, bytes]]) -> None:
        self._store = KeptHints(cache_folder())
        self._texts = texts

    @property
    def crates(self) -> CrateStore | None:
        """The database of dependencies; None when nothing is kept."""
        return self._store.crates

    def close(self) -> None:
        """Until it is asked again."""
        self._store.close()

    def find(self, uri: str, path: str, text: bytes, settings: Settings, client: Client) -> StoredHints | None:
        found = self._store.get(_question(uri, settings, client), text)
        return found if found is not None and self.holds(found, path) else None

    def holds(self, hints: StoredHints, path: str) -> bool:
        """Whether the hints of the document at `path` would be the same now."""
        return hints.holds() and all(
            text == text_on_disk(other)
            for other, text in self._texts().items()
            if other != path and hints.is_made_from(other)
        )

    def keep(
        self, uri: str, text: bytes, settings: Settings, client: Client, trace: Trace, hints: Sequence[Hint]
    ) -> None:
        self._store.put(_question(uri, settings, client), uri, text, trace, hints)


def _question(uri: str, settings: Settings, client: Client) -> str:
    """All that decides about the hints of a document beside its text and what is on the disk."""
    folders = [os.path.expanduser("~"), *map(os.environ.get, paths.FOLDER_VARIABLES)]
    return repr((uri, settings.inlay_hints, settings.index, client.encoding, bool(client.hint_resolve), folders))


def response(hints: Iterable[Hint], within: TextRange) -> bytes:
    """Those in `within` as JSON."""
    low, high = within
    return b"[%b]" % b",".join([told for offset, told in hints if low <= offset <= high])


def text_on_disk(path: str) -> bytes | None:
    """Without its byte order mark; None where there is no text."""
    try:
        with open(path, "rb") as file:
            return text_of(file.read())
    except (OSError, ValueError):
        return None
