"""The `[workspace]` table: which folders are members, and what members inherit.

Invariant: pure. Which folders a glob can match is asked of the caller through `folders_in`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from closurelens.project import paths
from closurelens.project.tomltext import Table, TomlText, strings, table_at
from closurelens.records import dataclass


@dataclass(slots=True)
class WorkspaceSpec:
    """`package` and `dependencies` are the tables that members inherit from; `members` are as written."""

    dir: str
    toml: TomlText
    members: tuple[str, ...]
    exclude: tuple[str, ...]
    resolver: str | None
    package: Table
    dependencies: Table


def workspace_of(toml: TomlText) -> WorkspaceSpec | None:
    """The workspace whose root this manifest is."""
    if not isinstance(toml.table.get("workspace"), dict):
        return None
    table = table_at(toml.table, "workspace")
    resolver = table.get("resolver")
    return WorkspaceSpec(
        paths.parent(toml.path),
        toml,
        strings(table.get("members")),
        strings(table.get("exclude")),
        resolver if isinstance(resolver, str) else None,
        table_at(table, "package"),
        table_at(table, "dependencies"),
    )


def workspace_pointer(toml: TomlText) -> str | None:
    """The manifest that `package.workspace` points to."""
    pointer = table_at(toml.table, "package").get("workspace")
    if not isinstance(pointer, str):
        return None
    return paths.join(paths.join(paths.parent(toml.path), pointer), "Cargo.toml")


def is_excluded(workspace: WorkspaceSpec, folder: str) -> bool:
    """Cargo compares folders, not globs, and an entry of `members` outweighs one of `exclude`."""
    if any(paths.is_within(folder, paths.join(workspace.dir, entry)) for entry in workspace.members):
        return False
    return any(paths.is_within(folder, paths.join(workspace.dir, entry)) for entry in workspace.exclude)


def is_listed(workspace: WorkspaceSpec, folder: str) -> bool:
    """Whether `members` names the folder, by itself or through a glob."""
    return any(_glob(paths.join(workspace.dir, entry)).match(folder) for entry in workspace.members)


def member_folders(workspace: WorkspaceSpec, folders_in: Callable[[str], Iterable[str]]) -> list[tuple[str, bool]]:
    """The folders that `members` names, each with whether it was written out (and so has to be a package).

    `folders_in` gives the names of the folders in a folder.
    """
    found: dict[str, bool] = {}
    for entry in workspace.members:
        if not _is_glob(entry):
            found[paths.join(workspace.dir, entry)] = True
            continue
        for folder in _expand(paths.join(workspace.dir, entry), folders_in):
            found.setdefault(folder, False)
    return list(found.items())


def _is_glob(entry: str) -> bool:
    return any(char in entry for char in "*?[")


def _glob(pattern: str) -> re.Pattern[str]:
    regex = "/".join("(?:.*)" if part == "**" else _part(part) for part in pattern.split("/"))
    return re.compile(regex.replace("/(?:.*)/", "/(?:.*/)?") + r"\Z", re.DOTALL)


_WILDCARD = re.compile(r"\*+|\?|\[!?[^\]]+\]")


def _part(part: str) -> str:
    """A regular expression for one component of a glob."""
    regex: list[str] = []
    end = 0
    for wildcard in _WILDCARD.finditer(part):
        regex.append(re.escape(part[end : wildcard.start()]))
        end = wildcard.end()
        match wildcard[0]:
            case "?":
                regex.append("[^/]")
            case stars if stars.startswith("*"):
                regex.append("[^/]*")
            case chars:
                inside = chars[1:-1].replace("\\", r"\\").replace("^", r"\^").replace("[", r"\[")
                regex.append(f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]")
    regex.append(re.escape(part[end:]))
    return "".join(regex)


def _expand(pattern: str, folders_in: Callable[[str], Iterable[str]]) -> list[str]:
    parts = pattern.split("/")
    fixed = next(index for index, part in enumerate(parts) if _is_glob(part))
    current = ["/".join(parts[:fixed])]
    for part in parts[fixed:]:
        if part == "**":
            current = [deeper for folder in current for deeper in _below(folder, folders_in)]
        elif not _is_glob(part):
            current = [f"{folder}/{part}" for folder in current if part in folders_in(folder)]
        else:
            matches = re.compile(_part(part) + r"\Z").match
            current = [f"{folder}/{name}" for folder in current for name in sorted(folders_in(folder)) if matches(name)]
    return current


def _below(folder: str, folders_in: Callable[[str], Iterable[str]]) -> list[str]:
    """The folder and all below it, without those that never hold members."""
    result = []
    work = [folder]
    while work:
        current = work.pop()
        result.append(current)
        work.extend(f"{current}/{name}" for name in folders_in(current) if name not in ("target", ".git"))
    return sorted(result)
