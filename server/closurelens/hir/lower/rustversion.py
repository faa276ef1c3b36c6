"""The conditions of the crate rustversion (`since(1.50)`, `stable`, `all(..)`), as predicates of `cfg`.

Its attributes leave an item as it is or take it away, as `#[cfg]` does. Compilers are taken to be stable, and at least
as new as `OLDEST`. Invariant: what another compiler would decide otherwise becomes a predicate that is in doubt.
"""

from __future__ import annotations

import re

from closurelens.project.cfg import COMPILER_OPTION

CONDITIONS = frozenset(("all", "any", "before", "beta", "nightly", "not", "since", "stable"))
OLDEST = 85
"""The minor version of Rust 1."""
_RELEASE = re.compile(r"1\.(\d+)(?:\.\d+)?,?")


def cfg_of(name: str, arguments: str) -> str:
    """Of `#[rustversion::name(arguments)]`."""
    return predicate(f"{name}({arguments})" if arguments else name)


def predicate(text: str) -> str:
    found = re.match(r"\s*(\w+)\s*(?:\((.*)\))?\s*\Z", text, re.DOTALL)
    if found is None:
        return _unknown(text)
    name, inside = found[1], (found[2] or "").strip()
    match name:
        case "all" | "any" | "not":
            parts = ", ".join(predicate(part) for part in _parts(inside))
            return f"{name}({parts})"
        case "since" | "before":
            release = _RELEASE.fullmatch(inside)
            is_old = release is not None and int(release[1]) <= OLDEST
            before = "false" if is_old else _unknown(f"before {inside}")
            # A date is that of a nightly compiler, which stable ones are older than.
            is_later = (name == "since") == (release is not None)
            return f"not({before})" if is_later else before
        case "stable" if not inside:
            return f"not({_unknown('not stable')})"
        case _:
            return _unknown(text)


def _parts(text: str) -> list[str]:
    out: list[str] = []
    depth = start = 0
    for at, char in enumerate(text):
        if char in "()":
            depth += 1 if char == "(" else -1
        elif char == "," and depth == 0:
            out.append(text[start:at])
            start = at + 1
    return [part for part in (*out, text[start:]) if part.strip()]


def _unknown(text: str) -> str:
    told = re.sub(r'["\\\s]+', " ", text).strip()
    return f'{COMPILER_OPTION} = "{told}"'
