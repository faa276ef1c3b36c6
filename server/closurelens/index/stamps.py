"""What tells one state of files from another: of one file, of a package's folder, of this program.

Invariant: importing this loads nothing else of the program.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b

__all__ = ["MOST_FILES", "State", "contents_below", "digest_below", "files_below", "program", "state_of"]

State = tuple[int, int, int] | None
"""Time of change (nanoseconds), size and identity of a file or folder; None: there is none."""

MOST_FILES = 20_000

_SKIPPED = frozenset(("target", "node_modules"))
_PARSERS = ("tree_sitter", "tree_sitter_rust")


def state_of(path: str) -> State:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def files_below(folder: str) -> Iterator[tuple[str, int, int]]:
    """Path, size and time of change of what a crate may be made of, in a fixed order."""
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(files):
            if name.endswith(".rs") or name == "Cargo.toml":
                path = os.path.join(at, name)
                try:
                    found = os.stat(path)
                except OSError:
                    continue
                yield path, found.st_size, found.st_mtime_ns


def digest_below(folder: str) -> str:
    """The same as one word."""
    digest = blake2b(digest_size=20)
    for number, (path, size, changed) in enumerate(files_below(folder)):
        digest.update(f"{path}\0{size}\0{changed}\0".encode("utf-8", "surrogatepass"))
        if number > MOST_FILES:
            break
    return digest.hexdigest()


def contents_below(folder: str) -> str:
    """What the Rust files in the folder say and are called within it, wherever it is and whenever it was written."""
    digest = blake2b(digest_size=20)
    for path, size, _ in files_below(folder):
        digest.update(f"{path.removeprefix(folder)}\0{size}\0".encode("utf-8", "surrogatepass"))
        try:
            with open(path, "rb") as file:
                digest.update(file.read())
        except OSError:
            digest.update(b"?")
    return digest.hexdigest()


@cache
def program() -> str:
    """Tells apart versions of this program, all of it, and of the parser."""
    digest = blake2b(sys.version.encode(), digest_size=20)
    work = [os.path.dirname(os.path.dirname(__file__))]
    for name in _PARSERS:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            work.append(os.path.dirname(spec.origin))
    while work:
        folder = work.pop()
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    work.append(entry.path)
            elif not entry.name.endswith(".pyc"):
                about = entry.stat()
                digest.update(f"{entry.path}\0{about.st_size}\0{about.st_mtime_ns}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
