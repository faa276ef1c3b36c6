"""The disk as the server reads it, and what has changed on it since.

Clients tell of changed files only if they can, and only of files below the folders they have open. So what was looked
at is remembered with the state it was in, and looked at again now and then. Invariant: a state is taken before the
content is, so that a change in between is seen later. Nothing is read anew here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

from closurelens.project import paths
from closurelens.project.files import Entry, Unreadable
from closurelens.project.load import DiskFileSystem, default_cargo_home
from closurelens.records import dataclass, field

__all__ = ["RememberingDisk"]

_SECONDS_BETWEEN_LOOKS = 1.0

_State = tuple[int, int, int] | None
"""Time of change, size and identity of a file; None: there is none."""


def _state_of(path: str) -> _State:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@dataclass(slots=True)
class RememberingDisk:
    """A `FileSystem`. Sources that cargo has unpacked never change, and are not remembered."""

    base: DiskFileSystem = field(default_factory=DiskFileSystem)
    clock: Callable[[], float] = time.monotonic
    unchanging: tuple[str, ...] = field(
        default_factory=lambda: tuple(f"{default_cargo_home()}/{folder}/" for folder in ("registry", "git"))
    )
    _files: dict[str, _State] = field(default_factory=dict)
    _folders: dict[str, tuple[_State, frozenset[str]]] = field(default_factory=dict)
    _told_of: tuple[str, ...] = ()
    _last_look: float = 0.0

    def read(self, path: str) -> bytes | Unreadable:
        self._remember(path)
        return self.base.read(path)

    def entries(self, folder: str) -> Sequence[Entry]:
        is_remembered = not folder.startswith(self.unchanging)
        state = _state_of(folder) if is_remembered else None
        found = self.base.entries(folder)
        if is_remembered:
            self._folders[folder] = state, frozenset([entry.name for entry in found])
        return found

    def is_file(self, path: str) -> bool:
        self._remember(path)
        return self.base.is_file(path)

    def is_dir(self, path: str) -> bool:
        return self.base.is_dir(path)

    def _remember(self, path: str) -> None:
        if not path.startswith(self.unchanging):
            self._files[path] = _state_of(path)

    def client_watches(self, folders: Sequence[str]) -> None:
        """Of changes below these folders the client tells: they are not looked for."""
        self._told_of = tuple([f"{folder.rstrip('/')}/" for folder in folders])

    def changed(self) -> list[str]:
        """Paths whose file has appeared, changed or gone since it was looked at; after a pause only, else none."""
        now = self.clock()
        if now - self._last_look < _SECONDS_BETWEEN_LOOKS:
            return []
        self._last_look = now
        return self.look()

    def look(self) -> list[str]:
        """As `changed`, at once."""
        told_of = self._told_of
        out: list[str] = []
        for path, before in self._files.items():
            if told_of and path.startswith(told_of):
                continue
            state = _state_of(path)
            if state != before:
                out.append(path)
                self._files[path] = state
        for folder, (before, names) in self._folders.items():
            if told_of and folder.startswith(told_of):
                continue
            state = _state_of(folder)
            if state != before:
                now = frozenset([entry.name for entry in self.base.entries(folder)])
                out.extend([paths.join(folder, name) for name in sorted(names ^ now)])
                self._folders[folder] = state, now
        return list(dict.fromkeys(out))
