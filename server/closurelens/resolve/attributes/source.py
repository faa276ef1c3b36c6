"""The functions of a procedural-macro crate by name, as its files have them.

Files are found by `mod name;` from the root. Invariant: pure but for `read`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from closurelens.project import paths
from closurelens.records import dataclass, field
from closurelens.resolve.attributes.values import Undecided
from closurelens.syntax.lex import match_brace
from closurelens.syntax.nodes import Node, tree_of

_MOD = re.compile(
    rb"^[ \t]*(?:#\[\s*path\s*=\s*\"(?P<path>[^\"]+)\"\s*\]\s*)?(?:pub(?:\([^)]*\))?\s+)?mod\s+(?P<name>\w+)\s*;",
    re.MULTILINE,
)
_TYPE = re.compile(rb"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|union|type)\s+(\w+)", re.MULTILINE)
_PARSED = re.compile(rb"\bParse\s+for\s+(\w+)")
_STRUCT = re.compile(rb"\bstruct\s+(\w+)[^{};]*\{([^}]*)\}")
_BLOCK = re.compile(rb"\b(?:block|sig|inputs)\s*:")
_ENUM = re.compile(rb"\benum\s+\w+\s*\{")
_VARIANT = re.compile(rb"(\w+)\s*\(([^(){};]*)\)\s*(?=[,}])")
_TERMS = frozenset((b"Expr", b"Lit", b"LitBool", b"LitFloat", b"LitInt", b"LitStr"))
_MOST_BYTES = 1 << 20


@dataclass(slots=True)
class File:
    """`crate` is empty for the macro's own crate, else the name of one that it depends on."""

    path: str
    module: str
    text: bytes
    crate: str = ""
    _functions: list[Function] | None = None

    def functions(self) -> list[Function]:
        """All functions but those in functions; the file is parsed when this is first asked for."""
        if self._functions is None:
            self._functions = _functions_of(self)
        return self._functions


@dataclass(slots=True)
class Function:
    """`owner`: the type of the impl that it is in, or ""."""

    name: str
    file: File
    node: Node
    owner: str


@dataclass(slots=True)
class MacroCrate:
    files: list[File]
    own_types: frozenset[str] = frozenset()
    _functions: dict[str, list[Function]] = field(default_factory=dict)
    _terms: dict[str, list[bool]] | None = None

    def terms(self, variant: str) -> list[bool]:
        """Which fields of an enum's tuple variant are expressions or literals."""
        if self._terms is None:
            self._terms = {}
            for file in self.files:
                for found in _ENUM.finditer(file.text):
                    end = match_brace(file.text, found.end() - 1, len(file.text))
                    for name, types in _VARIANT.findall(file.text, found.end(), max(end, 0)):
                        fields = [ty.strip().rpartition(b"::")[2] in _TERMS for ty in types.split(b",")]
                        known = self._terms.setdefault(name.decode(), fields)
                        self._terms[name.decode()] = known if known == fields else []
        return self._terms.get(variant, [])

    def functions(self, name: str) -> list[Function]:
        found = self._functions.get(name)
        if found is None:
            pattern = re.compile(rb"\bfn\s+" + name.encode() + rb"\b")
            found = self._functions[name] = []
            for file in self.files:
                if pattern.search(file.text) is not None:
                    found.extend(one for one in file.functions() if one.name == name)
        return found

    def called(self, file: File, path: list[str]) -> list[Function]:
        """The functions that a path in `file` may mean, several if `cfg` chooses among them; empty: none of these."""
        found = list(self.functions(path[-1]))
        if not found:
            return []
        elsewhere = path[0] if len(path) > 1 and any(one.file.crate == path[0] for one in found) else ""
        qualifier = path[-2] if len(path) > 1 else ""
        if elsewhere:
            found = [one for one in found if one.file.crate == elsewhere]
            qualifier = qualifier if len(path) > 2 else "crate"
        elif any(one.file.crate == file.crate for one in found):
            found = [one for one in found if one.file.crate == file.crate]
        if qualifier == "Self":
            found = [one for one in found if one.owner]
        elif qualifier and qualifier not in ("self", "super", "crate"):
            found = [one for one in found if qualifier in (one.owner, one.file.module)]
        else:
            found = [one for one in found if not one.owner]
            found = [one for one in found if one.file is file] or found
        if any(one.file is not found[0].file or one.owner != found[0].owner for one in found):
            raise Undecided
        return found

    def method(self, file: File, owner: str, name: str) -> Function | None:
        found = [one for one in self.functions(name) if one.owner and (not owner or one.owner == owner)]
        if owner and len(found) > 1:
            found = [one for one in found if one.file is file] or found
        if len(found) > 1:
            raise Undecided
        return found[0] if found else None

    @property
    def parses_functions(self) -> bool:
        """Whether it parses functions into a type of its own: which that is cannot always be seen."""
        parsed = {found[1] for file in self.files for found in _PARSED.finditer(file.text)}
        return any(
            found[1] in parsed and _BLOCK.search(found[2]) is not None
            for file in self.files
            for found in _STRUCT.finditer(file.text)
        )


def read_crate(
    read: Callable[[str], bytes | None], root: str, helpers: Iterable[tuple[str, str]] = ()
) -> MacroCrate | None:
    """`helpers`: names and roots of libraries that the crate may leave the work to."""
    files = _files(read, root, "")
    if files is None:
        return None
    for name, helper in helpers:
        files.extend(_files(read, helper, name) or ())
    types = frozenset(found[1].decode() for file in files for found in _TYPE.finditer(file.text))
    return MacroCrate(files, types)


def _files(read: Callable[[str], bytes | None], root: str, crate: str) -> list[File] | None:
    text = read(root)
    if text is None:
        return None
    files: list[File] = []
    size = 0
    work = [(root, "crate", paths.parent(root), text)]
    seen = {root}
    while work:
        path, module, folder, text = work.pop()
        size += len(text)
        if size > _MOST_BYTES:
            return None
        files.append(File(path, module, text, crate))
        for found in _MOD.finditer(text):
            name = found["name"].decode()
            places = [f"{folder}/{name}.rs", f"{folder}/{name}/mod.rs"]
            if found["path"] is not None:
                places = [f"{paths.parent(path)}/{found['path'].decode()}"]
            for place in places:
                inner = read(place) if place not in seen else None
                if inner is not None:
                    seen.add(place)
                    work.append((place, name, f"{folder}/{name}", inner))
                    break
    return files


def _functions_of(file: File) -> list[Function]:
    out: list[Function] = []
    work: list[tuple[Node, str]] = [(tree_of(file.text), "")]
    while work:
        node, owner = work.pop()
        for child in node.children:
            match child.kind:
                case "function_item":
                    name = child.child_by_field("name")
                    if name is not None:
                        out.append(Function(name.text(file.text), file, child, owner))
                case "impl_item":
                    ty = child.child_by_field("type")
                    body = child.child_by_field("body")
                    if ty is not None and body is not None:
                        work.append((body, ty.text(file.text).partition("<")[0].strip()))
                case "mod_item":
                    body = child.child_by_field("body")
                    if body is not None:
                        work.append((body, owner))
                case _:
                    pass
    return out
