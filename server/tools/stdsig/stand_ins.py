"""Makes rustdoc's JSON tell of the inherent impls it leaves out.

rustdoc hangs inherent impls on the data type they are for, so those of `dyn Any`, and alloc's of `str`, `[T]` and
`CStr` (types of another crate), stand nowhere in its JSON. In a copy of the sources, each such block is repeated for a
struct of our own, under `cfg(doc)`; the struct's only field, a raw pointer, says which type is meant:

    #[cfg(doc)] struct ClosurelensStandIn0<T>(*const ([T]));
    #[cfg(doc)] impl<T> ClosurelensStandIn0<T> { .. }

rustdoc checks no function bodies, so that the repeated ones need not make sense.
"""

from __future__ import annotations

import re
from pathlib import Path

NAME = "ClosurelensStandIn"
FOREIGN_MARK = "rustc_allow_incoherent_impl"

_IMPL = re.compile(r"^impl(?P<generics><[^\n{]*>)? (?P<type>[^\n{]+?) \{\n(?P<body>.*?)^\}$", re.MULTILINE | re.DOTALL)


def add_stand_ins(library: Path) -> int:
    """Edits the sources of core and alloc below `library`; answers how many impls got a stand-in."""
    count = 0
    for crate in ("core", "alloc"):
        for file in sorted((library / crate / "src").rglob("*.rs")):
            source = file.read_text()
            added: list[str] = []
            for found in _IMPL.finditer(source):
                ty, body = found["type"], found["body"]
                foreign = crate == "alloc" and FOREIGN_MARK in body
                if " for " in ty or not (ty.startswith("dyn ") or foreign):
                    continue
                generics = found["generics"] or ""
                struct = f"{NAME}{count}{generics}"
                added.append(
                    f"#[cfg(doc)]\nstruct {struct}(*const ({ty}));\n#[cfg(doc)]\nimpl{generics} {struct} {{\n{body}}}\n"
                )
                count += 1
            if added:
                file.write_text(source + "\n" + "\n".join(added))
    return count
