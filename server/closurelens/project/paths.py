"""Path arithmetic on strings: absolute, normalised, forward slashes on every platform.

Invariant: no file system is asked. A drive (`C:/x`) or share (`//host/share`) stays in front of the path it belongs to,
so a path made from an editor's URI and one made by joining a manifest's entry compare equal. `load.from_os_path` makes
such a path from one of the operating system's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

FOLDER_VARIABLES = ("CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR")
"""The environment variables that tell where cargo keeps what is read."""


def is_absolute(path: str) -> bool:
    return path.startswith("/") or path[1:3] == ":/"


def normalize(path: str) -> str:
    """Drop `.`, resolve `..` textually, turn backslashes into slashes."""
    return posixpath.normpath(path.replace("\\", "/"))


def join(base: str, relative: str) -> str:
    """`relative` as seen from the folder `base`; itself when it is absolute. The result is normalised."""
    relative = relative.replace("\\", "/")
    if is_absolute(relative):
        return posixpath.normpath(relative)
    return posixpath.normpath(f"{base}{relative}" if base.endswith("/") else f"{base}/{relative}")


def parent(path: str) -> str:
    """The folder of a normalised path; a root is its own parent."""
    head, separator, _ = path.rpartition("/")
    if not separator:
        return path
    if not head or (len(head) == 2 and head[1] == ":"):
        return head + "/"
    return head


def name(path: str) -> str:
    return path.rpartition("/")[2]


def stem(path: str) -> str:
    """The file's name without its last extension (`a.b.rs` -> `a.b`, `.rs` -> `.rs`)."""
    return posixpath.splitext(name(path))[0]


def ancestors(folder: str) -> list[str]:
    """The folder itself, its parent, and so on to the root."""
    result = [folder]
    while (above := parent(folder)) != folder:
        folder = above
        result.append(folder)
    return result


def nearest(folder: str, holds: Callable[[str], bool], known: dict[str, str | None]) -> str | None:
    """The first of `ancestors` of which `holds` is true, None if there is none; `known` remembers answers by folder."""
    if folder in known:
        return known[folder]
    passed: list[str] = []
    found: str | None = None
    for at in ancestors(folder):
        if at in known:
            found = known[at]
            break
        passed.append(at)
        if holds(at):
            found = at
            break
    known.update(dict.fromkeys(passed, found))
    return found


def relative_to(path: str, folder: str) -> str | None:
    """What follows `folder/` in `path`, an empty string if they are the same, None if `path` is elsewhere."""
    if path == folder:
        return ""
    prefix = folder if folder.endswith("/") else folder + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith("/") else folder + "/")
