"""Attributes: what they say about an item, and whether `cfg` leaves something out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from closurelens.hir.item import Attrs
from closurelens.hir.lower import rustversion
from closurelens.hir.lower.reader import Reader
from closurelens.hir.types import Anchor, Path, Segment
from closurelens.syntax.nodes import Node
from closurelens.syntax.tokens import TokenKind, tokenize

Cfg = Callable[[str], bool]
"""Decides the text inside `cfg(..)`."""

ATTRIBUTES = frozenset(["attribute_item", "inner_attribute_item"])

_STRING = re.compile(r'(?:r(#*))?"(.*)"(?(1)\1)', re.DOTALL)
_PATH = re.compile(r"(?:::\s*)?[\w$]+(?:\s*(?:::|\.)\s*\w+)*")


def lower_attrs(reader: Reader, nodes: Iterable[Node]) -> Attrs:
    """`nodes` are attribute items; others are passed over."""
    attrs = Attrs()
    for node in nodes:
        if node.kind in ATTRIBUTES:
            for child in node.children:
                if child.kind == "attribute":
                    _read(attrs, _without_comments(reader.text[child.start : child.end]))
    return attrs


def inner_attrs(reader: Reader, children: Sequence[Node]) -> list[Node]:
    """The `#![..]` that a file, module or block starts with."""
    return [child for child in children if child.kind == "inner_attribute_item"]


def is_enabled(attrs: Attrs, cfg: Cfg) -> bool:
    """No `cfg`, nor one that a `cfg_attr` adds, switches it off."""
    work = [attrs]
    while work:
        here = work.pop()
        if not all(cfg(text) for text in here.cfg):
            return False
        work.extend(added for predicate, added in here.conditional if cfg(predicate))
    return True


def undecided(attrs: Attrs, decided: Callable[[str], bool | None]) -> str | None:
    """The first `cfg` that is not known to hold, unless another one is known not to."""
    found: str | None = None
    work = [(attrs, "")]
    while work:
        here, given = work.pop()
        for text in here.cfg:
            answer = decided(text)
            if answer is False and not given:
                return None
            if answer is not True and found is None:
                found = given or text
        for predicate, added in here.conditional:
            answer = decided(predicate)
            if answer is not False:
                work.append((added, given if answer else given or predicate))
    return found


def effective(attrs: Attrs, cfg: Cfg) -> Attrs:
    """With what those `cfg_attr` add whose predicate holds."""
    if not attrs.conditional:
        return attrs
    result = Attrs()
    work = [attrs]
    while work:
        here = work.pop()
        result.cfg += here.cfg
        result.derives += here.derives
        result.others += here.others
        if here.arguments is not None:
            result.arguments = (result.arguments or {}) | here.arguments
        result.is_packed |= here.is_packed
        result.macro_use |= here.macro_use
        result.macro_export |= here.macro_export
        result.non_exhaustive |= here.non_exhaustive
        result.path = here.path if here.path is not None else result.path
        work.extend(added for predicate, added in reversed(here.conditional) if cfg(predicate))
    return result


_BUILT_IN = """
    allow automatically_derived bench cold coverage deny deprecated expect export_name feature forbid fundamental
    global_allocator ignore inline instruction_set link link_name link_section must_use no_core no_implicit_prelude
    no_mangle no_std optimize panic_handler proc_macro proc_macro_attribute proc_macro_derive recursion_limit
    rustfmt_skip should_panic stable target_feature test track_caller type_length_limit unstable used warn
"""
_BUILT_IN_NAMES = frozenset(_BUILT_IN.split())
_TOOLS = ("rustfmt::", "clippy::", "diagnostic::", "miri::", "rust_analyzer::")


def is_macro_name(attribute: str) -> bool:
    """Whether the attribute of this name is a macro, or the helper of one."""
    return attribute not in _BUILT_IN_NAMES and not attribute.startswith(_TOOLS)


def _without_comments(text: bytes) -> str:
    if b"//" in text or b"/*" in text:
        keep = [token for token in tokenize(text) if token.kind not in (TokenKind.DOC_OUTER, TokenKind.DOC_INNER)]
        return " ".join(token.text for token in keep)
    return text.decode("utf-8", "replace")


def _read(attrs: Attrs, text: str) -> None:
    """Take in one attribute: `path`, `path = value` or `path(args)`."""
    text = text.strip()
    found = _PATH.match(text)
    if found is None:
        return
    name = re.sub(r"\s+", "", found.group())
    rest = text[found.end() :].strip()
    args = rest[1:-1].strip() if rest[:1] in ("(", "[", "{") else ""
    if name == "unsafe":
        _read(attrs, args)
    elif name == "cfg":
        attrs.cfg.append(args)
    elif name == "cfg_attr":
        predicate, *added = split_commas(args) or [""]
        conditional = Attrs()
        for attribute in added:
            _read(conditional, attribute)
        attrs.conditional.append((predicate, conditional))
    elif name.startswith("rustversion::") and name[13:] in rustversion.CONDITIONS:
        attrs.cfg.append(rustversion.cfg_of(name[13:], args))
    elif name == "rustversion::attr":
        condition, *added = split_commas(args) or [""]
        if added != ["const"]:
            conditional = Attrs()
            for attribute in added:
                _read(conditional, attribute)
            attrs.conditional.append((rustversion.predicate(condition), conditional))
    elif name == "derive":
        attrs.derives.extend(simple_path(path) for path in split_commas(args))
    elif name == "repr":
        attrs.is_packed = attrs.is_packed or any(part.startswith("packed") for part in split_commas(args))
    elif name == "path" and rest.startswith("="):
        literal = _STRING.fullmatch(rest[1:].strip())
        attrs.path = literal[2] if literal is not None else None
    elif name == "macro_use":
        attrs.macro_use = True
    elif name == "macro_export":
        attrs.macro_export = True
    elif name == "non_exhaustive":
        attrs.non_exhaustive = True
    elif name != "doc":
        attrs.others.append(name)
        if args:
            if attrs.arguments is None:
                attrs.arguments = {}
            before = attrs.arguments.get(name)
            attrs.arguments[name] = args if before is None else f"{before}\0{args}"


def simple_path(text: str) -> Path:
    """A path without arguments, as an attribute has it."""
    names = [name.strip() for name in text.split("::")]
    path = Path([])
    if names[0] == "":
        path.anchor = Anchor.GLOBAL
        del names[0]
    elif names[0] == "crate":
        path.anchor = Anchor.CRATE
        del names[0]
    elif names[0] in ("self", "super"):
        path.anchor = Anchor.SELF
        if names[0] == "self":
            del names[0]
        while names and names[0] == "super":
            path.anchor = Anchor.SUPER
            path.supers += 1
            del names[0]
    path.segments = [Segment(name.removeprefix("r#")) for name in names]
    return path


def split_commas(text: str) -> list[str]:
    """The parts between the commas outside of brackets and strings, stripped; a trailing comma gives no part."""
    parts: list[str] = []
    depth = start = at = 0
    while at < len(text):
        char = text[at]
        if char == '"':
            at += 1
            while at < len(text) and text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
        at += 1
    last = text[start:].strip()
    return [*parts, last] if last else parts
