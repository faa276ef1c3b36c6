"""When two crates are the same: sources, configuration, and those of all they depend on.

Invariant: crates with one key give the same signatures.
"""

from __future__ import annotations

import os
from functools import cache
from hashlib import blake2b
from pathlib import Path

from closurelens.index.stamps import contents_below, digest_below
from closurelens.project.model import Crate, CrateGraph, CrateId
from closurelens.resolve.stored import FORMAT

_IMMUTABLE = ("/registry/src/", "/git/checkouts/")
"""Where cargo unpacks what never changes."""

_PARTS = ("text", "syntax", "ty", "project", "stdsig", "hir", "hir/lower", "hir/macros", "resolve")
"""What of this program decides about what is stored."""


class Keys:
    """The keys of one crate graph, whose files on the disk are looked at once.

    `walked` has the folders of the packages that may change, each with what was found in it (`stamps.digest_below`).
    """

    def __init__(self, graph: CrateGraph) -> None:
        self.walked: dict[str, str] = {}
        self._graph = graph
        self._outputs: dict[str, str] = {}
        self._known: dict[CrateId, str] = {}
        self._open: set[CrateId] = set()

    def key(self, crate: Crate) -> str:
        found = self._known.get(crate.id)
        if found is None:
            if crate.id in self._open:
                return "cycle"
            self._open.add(crate.id)
            found = self._known[crate.id] = self._key(crate)
            self._open.discard(crate.id)
        return found

    def _key(self, crate: Crate) -> str:
        digest = blake2b(_program().encode(), digest_size=20)
        dependencies = self._graph.extern_names(crate)
        parts: list[object] = [
            crate.package,
            crate.version,
            crate.name,
            crate.kind.value,
            int(crate.edition),
            self._source(crate),
            sorted((name, value or "") for name, value in crate.cfg.options),
            sorted(crate.cfg.open.items()),
            [self._made(folder) for folder in crate.out_dirs],
        ]
        for name in sorted(dependencies):
            target = self._graph.dependency_crate(crate, name)
            parts.append((name, dependencies[name].missing if target is None else self.key(target)))
        digest.update(repr(parts).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def _made(self, folder: str) -> str:
        """By the contents, so that workspaces that build the same dependency share what is stored of it."""
        found = self._outputs.get(folder)
        if found is None:
            found = self._outputs[folder] = contents_below(folder)
        return found

    def _source(self, crate: Crate) -> str:
        folder = crate.package_dir
        if any(part in folder for part in _IMMUTABLE):
            return folder
        found = self.walked.get(folder)
        if found is None:
            found = self.walked[folder] = digest_below(folder)
        return f"{folder}#{found}"


@cache
def _program() -> str:
    """Tells apart versions of this program that may store something else."""
    home = Path(__file__).parent.parent
    parts = [str(FORMAT)]
    for part in _PARTS:
        try:
            with os.scandir(home / part) as found:
                for entry in sorted(found, key=lambda entry: entry.name):
                    if entry.name.endswith(".py"):
                        about = entry.stat()
                        parts.append(f"{part}/{entry.name} {about.st_size} {about.st_mtime_ns}")
        except OSError:
            continue
    return "\n".join(parts)
