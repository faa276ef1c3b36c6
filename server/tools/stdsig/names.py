"""The module tree: what each public module and enum exports.

Invariant: every entry leads to the definition, through any number of re-exports and globs, across crates.
"""

from __future__ import annotations

from closurelens.ty.sig import Def, DefKind, Namespace
from stdsig.rustdoc import CrateDoc, Json, is_hidden, is_skipped

Exports = dict[tuple[Namespace, str], Def]

# Modules whose contents are left out; their names stay.
CLOSED_MODULES = {"core::arch", "std::arch", "core::simd", "std::simd", "core::intrinsics"}

_KINDS = {
    "module": DefKind.MODULE,
    "struct": DefKind.STRUCT,
    "extern_type": DefKind.STRUCT,
    "enum": DefKind.ENUM,
    "union": DefKind.UNION,
    "variant": DefKind.VARIANT,
    "trait": DefKind.TRAIT,
    "trait_alias": DefKind.TRAIT_ALIAS,
    "type_alias": DefKind.TYPE_ALIAS,
    "function": DefKind.FUNCTION,
    "constant": DefKind.CONST,
    "static": DefKind.STATIC,
    "macro": DefKind.MACRO,
    "proc_macro": DefKind.MACRO,
    "proc_attribute": DefKind.MACRO,
    "proc_derive": DefKind.MACRO,
    "primitive": DefKind.PRIMITIVE,
}
_VALUES = {DefKind.FUNCTION, DefKind.CONST, DefKind.STATIC}


class Names:
    def __init__(self, docs: dict[str, CrateDoc]) -> None:
        self.docs = docs
        self.modules: dict[str, tuple[CrateDoc, int]] = {}
        self.items: dict[tuple[str, DefKind], tuple[CrateDoc, Json]] = {}
        self._exports: dict[str, Exports] = {}
        for doc in docs.values():
            for id, item in doc.index.items():
                if id not in doc.targets:
                    continue
                kind = _KINDS.get(doc.kind(item))
                if kind in (DefKind.MODULE, DefKind.ENUM):
                    self.modules[doc.path(id)] = (doc, id)
                if kind is not None:
                    self.items[doc.path(id), kind] = (doc, item)

    def public_modules(self) -> dict[str, Exports]:
        """Every module and enum that can be named from outside, with its exports."""
        out: dict[str, Exports] = {}
        work = list(self.docs)
        while work:
            path = work.pop()
            if path in out or path not in self.modules:
                continue
            out[path] = {} if path in CLOSED_MODULES else self.exports(path)
            for found in out[path].values():
                if found.kind in (DefKind.MODULE, DefKind.ENUM):
                    work.append(found.path)
        return out

    def exports(self, path: str) -> Exports:
        found = self._exports.get(path)
        if found is not None:
            return found
        self._exports[path] = {}  # for globs that lead back here
        doc, id = self.modules[path]
        inner = doc.index[id]["inner"]
        named: Exports = {}
        globbed: Exports = {}
        for child in inner["module"]["items"] if "module" in inner else inner["enum"]["variants"]:
            item = doc.index.get(child)
            if item is None or item["visibility"] not in ("public", "default"):
                continue
            kind = doc.kind(item)
            if kind == "use":
                use = item["inner"]["use"]
                if use["is_glob"]:
                    target = doc.targets[use["id"]].path
                    if target in self.modules:
                        globbed |= self.exports(target)
                elif use["id"] is None:
                    name = use["source"].rsplit("::", 1)[-1]
                    named[Namespace.TYPES, use["name"]] = Def(DefKind.PRIMITIVE, name)
                else:
                    self.add(named, doc, use["id"], use["name"])
            elif kind == "macro" and "macro_export" not in item["attrs"] and "macro_rules!" in item["inner"]["macro"]:
                continue
            elif kind != "primitive":
                self.add(named, doc, child, item["name"])
        self._exports[path] = found = globbed | named
        return found

    def add(self, out: Exports, doc: CrateDoc, id: int, name: str) -> None:
        target = doc.targets.get(id)
        if target is None or is_skipped(target.path):
            return
        kind = _KINDS.get(target.kind)
        if kind is None:
            return
        made = Def(kind, target.path)
        place = self.items.get((target.path, kind))
        if kind is DefKind.MODULE and place is not None and is_hidden(place[1]):
            return
        if kind in _VALUES:
            out[Namespace.VALUES, name] = made
        elif kind is DefKind.MACRO:
            out[Namespace.MACROS, name] = made
        else:
            out[Namespace.TYPES, name] = made
            if kind is DefKind.VARIANT or (kind is DefKind.STRUCT and place is not None and _has_ctor(*place)):
                out[Namespace.VALUES, name] = made


def _has_ctor(doc: CrateDoc, item: Json) -> bool:
    """Whether a struct's name is also a constructor that may be called from outside."""
    kind = item["inner"].get("struct", {}).get("kind", {})
    if isinstance(kind, str):
        return True
    return "tuple" in kind and all(id is not None and doc.index[id]["visibility"] == "public" for id in kind["tuple"])
