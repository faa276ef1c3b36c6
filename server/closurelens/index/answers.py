"""Answers about files that have not changed since they were asked for, and nothing around them has.

Invariant: an answer is given again only while everything it was made from is as it was: this program, the settings, the
manifests, what the crates of the workspace and their dependencies are made of, and each file beyond those that was
looked for, whether or not it was there. Files of the workspace are told apart by size and time of change.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from closurelens.index.keys import Keys
from closurelens.index.stamps import MOST_FILES, State, files_below, program, state_of
from closurelens.index.store import CrateStore
from closurelens.project import paths
from closurelens.project.model import CrateGraph
from closurelens.resolve.sources import ReadFile

_MOST_BEYOND = 1000
"""So many files outside the workspace an answer may be made from and still be worth keeping."""


class Reads:
    """A `ReadFile` that keeps the states of what it was asked for, from before the file was read."""

    def __init__(self, read: ReadFile) -> None:
        self._read = read
        self.states: dict[str, State] = {}

    def __call__(self, path: str) -> bytes | None:
        if path not in self.states:
            self.states[path] = state_of(path)
        return self._read(path)


class Answers:
    """`about` is what else decides about answers: settings. `load` gives the workspace of a file."""

    def __init__(self, store: CrateStore, load: Callable[[str], CrateGraph], about: str) -> None:
        self._store = store
        self._load = load
        self._about = about
        self._workspaces: dict[str, _Workspace | None] = {}
        self._packages: dict[str, str | None] = {}
        self._now: dict[str, State] = {}

    def get(self, path: str) -> dict[str, Any] | None:
        workspace = self._workspace(path)
        if workspace is None:
            return None
        found = self._store.get(self._key(path))
        row = None if found is None else json.loads(found)
        if row is None or row["of"] != workspace.key:
            return None
        if any(self._state(file) != (state and tuple(state)) for file, state in row["beyond"].items()):
            return None
        answer: dict[str, Any] = row["answer"]
        return answer

    def put(self, path: str, answer: Mapping[str, Any], reads: Mapping[str, State]) -> None:
        """`reads` is all that may have been looked at for the answer. Ask `get` first: it looks at the workspace."""
        workspace = self._workspace(path)
        if workspace is None:
            return
        beyond = {file: state for file, state in reads.items() if file not in workspace.files}
        if len(beyond) > _MOST_BEYOND:
            return
        row = {"of": workspace.key, "beyond": beyond, "answer": answer}
        self._store.put(self._key(path), path, "", json.dumps(row, separators=(",", ":")).encode())

    def _key(self, path: str) -> str:
        return blake2b(f"{self._about}\0{path}".encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()

    def _state(self, path: str) -> State:
        if path not in self._now:
            self._now[path] = state_of(path)
        return self._now[path]

    def _workspace(self, path: str) -> _Workspace | None:
        package = paths.nearest(paths.parent(path), _has_manifest, self._packages)
        if package is None:
            return None
        if package not in self._workspaces:
            graph = self._load(path)
            found = _Workspace.of(graph, self._about) if package in graph.packages else None
            self._workspaces.update(dict.fromkeys((package, *graph.packages), found))
        return self._workspaces[package]


def _has_manifest(folder: str) -> bool:
    return os.path.lexists(paths.join(folder, "Cargo.toml"))


class _Workspace:
    """What the answers about files of one workspace have in common. `files` are those that `key` stands for."""

    def __init__(self, key: str, files: frozenset[str]) -> None:
        self.key = key
        self.files = files

    @staticmethod
    def of(graph: CrateGraph, about: str) -> _Workspace | None:
        listed = [entry for folder in sorted(graph.packages) for entry in files_below(folder)]
        if len(listed) > MOST_FILES:
            return None
        keys = Keys(graph)
        inputs = [(path, state_of(path)) for path in sorted(graph.inputs)]
        parts = (program(), about, listed, inputs, [keys.key(crate) for crate in graph.crates.values()])
        digest = blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=20)
        return _Workspace(digest.hexdigest(), graph.inputs | {path for path, _, _ in listed})
