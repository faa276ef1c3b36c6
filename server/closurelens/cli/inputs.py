"""From the arguments to the files they mean.

Invariant: the order of files is that of the arguments, sorted within a folder.
"""

from __future__ import annotations

import os

from closurelens.project.load import DiskFileSystem, from_os_path
from closurelens.records import dataclass
from closurelens.text import DecodeError, decode

_SKIPPED = frozenset(("target", "node_modules"))


@dataclass(slots=True)
class Input:
    """`path` is absolute, in the form of `project.paths`; `shown` is what people are told."""

    path: str
    shown: str


@dataclass(slots=True)
class Trouble:
    """A file or argument that could not be read, and why."""

    shown: str
    why: str

    def __str__(self) -> str:
        return f"closurelens: {self.shown}: {self.why}"


def find(arguments: list[str]) -> tuple[list[Input], list[Trouble]]:
    """Files of folders are shown relative to their folder, other files as given; none comes twice."""
    found: dict[str, Input] = {}
    troubles: list[Trouble] = []
    for argument in arguments:
        if os.path.isdir(argument):
            below = _below(argument, troubles)
            for file in below:
                path = from_os_path(os.path.join(argument, file))
                found.setdefault(path, Input(path, file.replace(os.sep, "/")))
        elif os.path.lexists(argument):
            path = from_os_path(argument)
            found.setdefault(path, Input(path, argument))
        else:
            troubles.append(Trouble(argument, "there is no such file or folder"))
    return list(found.values()), troubles


def _below(folder: str, troubles: list[Trouble]) -> list[str]:
    def failed(error: OSError) -> None:
        shown = os.path.relpath(error.filename, folder) if error.filename else folder
        troubles.append(Trouble(shown, error.strerror or str(error)))

    found: list[str] = []
    for at, folders, files in os.walk(folder, onerror=failed):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        for name in files:
            if name.endswith(".rs"):
                found.append(os.path.relpath(os.path.join(at, name), folder))
    found.sort(key=lambda file: file.split(os.sep))
    return found


def read_text(path: str) -> bytes | str:
    """The text of a file without its byte order mark, or why there is none."""
    data = DiskFileSystem().read(path)
    if not isinstance(data, bytes):
        return data.reason
    try:
        return decode(data).text
    except DecodeError as error:
        return f"this is not UTF-8: {error}"


def text_or_none(path: str) -> bytes | None:
    """As the world reads: a file that is not text is not there."""
    text = read_text(path)
    return text if isinstance(text, bytes) else None
