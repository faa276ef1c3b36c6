"""The little that loading a project needs of a file system, so that an editor's open buffers can stand in front of it.

Paths are those of `paths`. The disk itself is in `load`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from closurelens.project import paths
from closurelens.records import dataclass


@dataclass(slots=True, eq=True)
class Unreadable:
    """Why a file has no content. `missing`: there is no such file, which is often all right."""

    missing: bool
    reason: str


@dataclass(slots=True, eq=True)
class Entry:
    name: str
    is_dir: bool


class FileSystem(Protocol):
    """Nothing here raises for what is on the disk."""

    def read(self, path: str) -> bytes | Unreadable: ...

    def entries(self, folder: str) -> Sequence[Entry]:
        """What is in the folder, in no order; nothing if it is not a folder that can be read."""
        ...

    def is_file(self, path: str) -> bool: ...

    def is_dir(self, path: str) -> bool: ...


@dataclass(slots=True)
class Overlay:
    """`base` with some files replaced or added: the texts of open buffers by path."""

    base: FileSystem
    texts: Mapping[str, bytes]

    def read(self, path: str) -> bytes | Unreadable:
        text = self.texts.get(path)
        return self.base.read(path) if text is None else text

    def entries(self, folder: str) -> Sequence[Entry]:
        found = {entry.name: entry for entry in self.base.entries(folder)}
        for path in self.texts:
            below = paths.relative_to(path, folder)
            if below:
                name, slash, _ = below.partition("/")
                found.setdefault(name, Entry(name, is_dir=bool(slash)))
        return list(found.values())

    def is_file(self, path: str) -> bool:
        return path in self.texts or self.base.is_file(path)

    def is_dir(self, path: str) -> bool:
        return self.base.is_dir(path) or any(paths.is_within(text, path) and text != path for text in self.texts)
