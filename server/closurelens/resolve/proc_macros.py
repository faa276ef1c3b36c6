"""What a procedural-macro crate exports, as its root file has it.

Rust lets such a crate export nothing but its macros, and only from the root: so its `pub fn`s and the names of its
derives are all there is. Invariant: pure.
"""

from __future__ import annotations

import re

from closurelens.hir.lower.attrs import split_commas
from closurelens.records import dataclass

_DERIVE = re.compile(r"\bproc_macro_derive\s*\(\s*(\$?\w+)\s*(?:,\s*attributes\s*\(([^)]*)\))?")
_FUNCTION = re.compile(r"(?:^|\])[ \t]*pub\s+fn\s+(\$?\w+)", re.MULTILINE)


@dataclass(slots=True)
class ProcMacros:
    """`helpers`: the attributes of a derive. `is_open`: macros make some of the exports, so there may be others."""

    names: frozenset[str]
    helpers: dict[str, frozenset[str]]
    is_open: bool

    def may_export(self, name: str) -> bool:
        return self.is_open or name in self.names


def exports(text: bytes) -> ProcMacros:
    root = text.decode("utf-8", "replace")
    helpers: dict[str, frozenset[str]] = {}
    names: set[str] = set(_FUNCTION.findall(root))
    for name, attributes in _DERIVE.findall(root):
        names.add(name)
        helpers[name] = frozenset(re.findall(r"\w+", attributes))
    is_open = not names
    if any(name.startswith("$") for name in names):
        names = {name for name in names if not name.startswith("$")}
        made = _made_derives(root)
        is_open = made is None
        if made is not None:
            helpers |= made
            names.update(made)
    return ProcMacros(frozenset(names), helpers, is_open)


def _made_derives(root: str) -> dict[str, frozenset[str]] | None:
    """Derives that calls of a `macro_rules!` make, where it has one rule and names stand between commas in it."""
    out: dict[str, frozenset[str]] = {}
    for definition in re.finditer(r"\bmacro_rules!\s*(\w+)\s*[({]\s*\(", root):
        start = definition.end() - 1
        end = _closing(root, start)
        body = root[end : _closing(root, root.index("(" if "(" in definition[0][:-1] else "{", definition.start(1)))]
        derive = _DERIVE.search(body)
        if derive is None or not derive[1].startswith("$"):
            continue
        pattern = split_commas(root[start + 1 : end])
        wanted = f"{derive[1]}:"
        places = [at for at, part in enumerate(pattern) if re.sub(r"\s", "", part).startswith(wanted)]
        if (
            body.count("=>") != 1
            or not places
            or any("$(" in re.sub(r"\$\(\s*::", "", part) for part in pattern[: places[0]])
        ):
            return None
        for call in re.finditer(rf"(?m)^[ \t]*{definition[1]}!\s*[({{\[]", root):
            args = split_commas(root[call.end() : _closing(root, call.end() - 1)])
            if len(args) <= places[0] or not args[places[0]].isidentifier():
                return None
            out[args[places[0]]] = frozenset(arg for arg in args[places[0] + 1 :] if arg.isidentifier())
    return out or None


_CLOSERS = {"(": ")", "[": "]", "{": "}"}


def _closing(text: str, at: int) -> int:
    """Where the bracket at `at` is closed."""
    depth = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[()\[\]{}]', text[at:]):
        if found[0] in _CLOSERS:
            depth += 1
        elif len(found[0]) == 1:
            depth -= 1
            if not depth:
                return at + found.start()
    return len(text)


def unnumbered(path: str) -> str:
    """A definition's path without the number that tells crates of one name apart."""
    crate, separator, rest = path.partition("::")
    return crate.partition("@")[0] + separator + rest
