"""Which traits a macro's source names: it cannot implement others for the type that it stands on.

The name of a trait that an impl is for stands in a template, in a string, or among what the user writes for the macro,
which its source then has to know; or in another macro, which a template calls by the path of its crate. A library that
knows nothing of tokens can give a macro strings. A derive cannot change the type itself, so what it puts into a
`derive(..)` is about other types; an attribute can. Invariant: pure but for `read`; sources that are not at hand may
name anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set

from closurelens.project.model import Crate
from closurelens.records import dataclass, field
from closurelens.resolve.attributes.source import read_crate
from closurelens.syntax.lex import COMMENT_OR_LITERAL

_HELPER_NAMES = """
    Inflector ahash anyhow attribute_derive bitflags bytes cargo_metadata cargo_toml cfg_if convert_case darling
    darling_core darling_macro either fnv glob hashbrown heck ident_case indexmap itertools lazy_static log manyhow
    manyhow_macros memchr once_cell parking_lot percent_encoding proc_macro2 proc_macro2_diagnostics proc_macro_crate
    proc_macro_error proc_macro_error2 proc_macro_error_attr proc_macro_error_attr2 proc_macro_utils quote
    quote_use regex rustc_hash rustversion semver serde serde_json smallvec static_assertions structmeta strsim syn
    synstructure tempfile thiserror toml tracing unicode_ident unicode_segmentation unicode_xid url uuid walkdir
"""
HELPERS = frozenset(_HELPER_NAMES.split())
"""Crates that macros are written with: what they make of a type's tokens is what the macro tells them."""
_DERIVE = re.compile(rb"#!?\s*\[\s*derive\s*\([^()\]]*\)\s*\]")
_TOKENS = re.compile(rb"\b(?:proc_macro2?|quote|syn|ToTokens|TokenStream|TokenTree)\b")
_MOST_CRATES = 12
_CALL = re.compile(rb"(#?\b\w+)\s*::\s*(?:\w+\s*::\s*)*+(\w+)!\s*[({\[]")
_OWN_MACRO = re.compile(rb"#\[\s*proc_macro\s*\][^{}]*?\bfn\s+(\w+)")
_KNOWN_CALLS = {name.encode() for name in (*HELPERS, "alloc", "core", "crate", "proc_macro", "self", "std", "super")}


@dataclass(slots=True)
class MacroWords:
    """`texts` is None where a part of the source is not at hand."""

    texts: list[bytes] | None
    _known: dict[tuple[str, bool], bool] = field(default_factory=dict)

    def may_name(self, word: str, *, in_derives: bool) -> bool:
        if self.texts is None:
            return True
        key = (word, in_derives)
        if key not in self._known:
            self._known[key] = any(is_named(text, word, in_derives=in_derives) for text in self.texts)
        return self._known[key]


def words_of(
    crate: Crate,
    dependencies: Callable[[Crate], Iterable[tuple[str, Crate | None]]],
    read: Callable[[str], bytes | None],
) -> MacroWords:
    """`dependencies` gives the names and libraries of what a crate depends on."""
    texts: list[bytes] = []
    work = [crate]
    seen = {crate.id}
    while work:
        here = work.pop()
        source = read_crate(read, here.root)
        if source is None or len(seen) > _MOST_CRATES:
            return MacroWords(None)
        makes_tokens = here is crate or any(_TOKENS.search(file.text) is not None for file in source.files)
        for file in source.files:
            texts.append(
                file.text if makes_tokens else b"\n".join([one[0] for one in COMMENT_OR_LITERAL.finditer(file.text)])
            )
        for name, library in dependencies(here):
            if name.replace("-", "_") in HELPERS:
                continue
            if library is None:
                return MacroWords(None)
            if library.id not in seen:
                seen.add(library.id)
                work.append(library)
    own = {name for text in texts for name in _OWN_MACRO.findall(text)}
    return MacroWords(None if any(_calls_others(text, own) for text in texts) else texts)


def is_named(text: bytes, word: str, *, in_derives: bool) -> bool:
    """Whether a word stands in a text (in a `derive(..)`, too), but for comments with lines of their own."""
    name = word.encode()
    if name not in text:
        return False
    code = text if in_derives else _DERIVE.sub(b"", text)
    return any(_is_code(code, found.start()) for found in re.finditer(rb"\b" + name + rb"\b", code))


def _calls_others(text: bytes, own: Set[bytes]) -> bool:
    """Whether macros are called by the paths of crates that a macro is not written with.

    By a path that is put together it reaches its `own` macros, which other crates may have given out again.
    """
    return any(
        call[1] not in _KNOWN_CALLS and not (call[1][:1] == b"#" and call[2] in own) and _is_code(text, call.start())
        for call in _CALL.finditer(text)
    )


def _is_code(text: bytes, at: int) -> bool:
    """Whether what stands there is not in a comment of its own line."""
    line = text[text.rfind(b"\n", 0, at) + 1 : at].lstrip()
    return not line.startswith((b"//", b"* "))
