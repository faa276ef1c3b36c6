"""The disk as the server reads it, and what has changed on it since.

Clients tell of changed files only if they can, and only of files below the folders they have open. So what was looked
at is remembered with the state it was in, and looked at again now and then. Invariant: a state is taken before the
content is, so that a change in between is seen later. Nothing is read anew here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from closurelens.index.stamps import State, state_of
from closurelens.index.trace import Looks
from closurelens.project import paths
from closurelens.project.files import Entry, Unreadable
from closurelens.project.load import DiskFileSystem, default_cargo_home
from closurelens.records import dataclass, field

__all__ = ["Record", "RememberingDisk"]

_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(slots=True)
class RememberingDisk:
    """A `FileSystem`. Sources that cargo has unpacked are not expected to change, and not looked at again.

    `seen` are the files that were read since they changed last.
    """

    base: DiskFileSystem = field(default_factory=DiskFileSystem)
    clock: Callable[[], float] = time.monotonic
    unchanging: tuple[str, ...] = field(
        default_factory=lambda: tuple(f"{default_cargo_home()}/{folder}/" for folder in ("registry", "git"))
    )
    seen: Looks = field(default_factory=Looks)
    _files: dict[str, State] = field(default_factory=dict)
    _folders: dict[str, tuple[State, frozenset[str]]] = field(default_factory=dict)
    _told_of: tuple[str, ...] = ()
    _last_look: float = 0.0

    def read(self, path: str) -> bytes | Unreadable:
        state = self._remember(path)
        data = self.base.read(path)
        self.seen.read(path, state, data if isinstance(data, bytes) else None)
        return data

    def entries(self, folder: str) -> Sequence[Entry]:
        is_remembered = folder not in self._folders and not folder.startswith(self.unchanging)
        state = state_of(folder) if is_remembered else None
        found = self.base.entries(folder)
        if is_remembered:
            self._folders[folder] = state, frozenset([entry.name for entry in found])
        return found

    def is_file(self, path: str) -> bool:
        self._remember(path)
        return self.base.is_file(path)

    def is_dir(self, path: str) -> bool:
        return self.base.is_dir(path)

    def _remember(self, path: str) -> State:
        """The state it is in now. The first one stands until `look` tells that it has changed: somebody may have read
        the file then."""
        state = state_of(path)
        if not path.startswith(self.unchanging):
            self._files.setdefault(path, state)
        return state

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
            state = state_of(path)
            if state != before:
                out.append(path)
                self._files[path] = state
        for folder, (before, names) in self._folders.items():
            if told_of and folder.startswith(told_of):
                continue
            state = state_of(folder)
            if state != before:
                now = frozenset([entry.name for entry in self.base.entries(folder)])
                out.extend([paths.join(folder, name) for name in sorted(names ^ now)])
                self._folders[folder] = state, now
        return list(dict.fromkeys(out))

    def forget(self, changed: Iterable[str]) -> None:
        """Whoever has read these files knows that they have changed."""
        for path in changed:
            self.seen.forget(path)


class Record:
    """A `FileSystem` that keeps what was looked at through it."""

    def __init__(self, disk: RememberingDisk) -> None:
        self._disk = disk
        self.looks = Looks()

    def read(self, path: str) -> bytes | Unreadable:
        state = state_of(path)
        data = self._disk.read(path)
        self.looks.read(path, state, data if isinstance(data, bytes) else None)
        return data

    def entries(self, folder: str) -> Sequence[Entry]:
        state = state_of(folder)
        found = self._disk.entries(folder)
        self.looks.folders.setdefault(folder, (state, [(entry.name, entry.is_dir) for entry in found]))
        return found

    def is_file(self, path: str) -> bool:
        found = self._disk.is_file(path)
        self.looks.is_file.setdefault(path, found)
        return found

    def is_dir(self, path: str) -> bool:
        found = self._disk.is_dir(path)
        self.looks.is_dir.setdefault(path, found)
        return found
