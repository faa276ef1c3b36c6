"""Things that can be deleted from a Rust file, each blanked at its own length so that no other byte moves.

Invariant: the text left over has the length of the old one, and its closures stand where they stood.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from closurelens.syntax.nodes import Node, tree_of

ITEMS = {
    "use_declaration": "use",
    "function_item": "fn",
    "function_signature_item": "trait method",
    "struct_item": "type",
    "enum_item": "type",
    "union_item": "type",
    "type_item": "type",
    "trait_item": "trait",
    "const_item": "const",
    "static_item": "const",
    "impl_item": "impl",
    "macro_definition": "macro",
    "mod_item": "mod",
    "extern_crate_declaration": "use",
}
_LISTS = {"use_list": "use name", "field_declaration_list": "field", "enum_variant_list": "variant"}
_LISTED = {
    "use_list": frozenset(
        (
            "identifier",
            "use_as_clause",
            "scoped_identifier",
            "use_wildcard",
            "scoped_use_list",
            "self",
            "type_identifier",
        )
    ),
    "field_declaration_list": frozenset(("field_declaration",)),
    "enum_variant_list": frozenset(("enum_variant",)),
}
WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_DERIVE = re.compile(rb"#\[derive\(([^\])]*)\)\]")
_COMMON = frozenset(
    (b"self", b"Self", b"use", b"pub", b"crate", b"super", b"std", b"core", b"alloc", b"as", b"fn", b"for")
)


@dataclass(slots=True, frozen=True)
class Deletion:
    """`names`: words of the code that may have meant it."""

    kind: str
    path: str
    start: int
    end: int
    names: frozenset[bytes]

    def __str__(self) -> str:
        names = b" ".join(sorted(self.names)[:3]).decode()
        return f"{self.kind} {names} ({self.path}:{self.start})"


def deletions_in(path: str, text: bytes) -> list[Deletion]:
    """Everything in the text that may be deleted by itself, in the order of the text."""
    found = [*_items(path, text), *_derives(path, text)]
    found.sort(key=lambda d: (d.start, d.end))
    return found


def _items(path: str, text: bytes) -> Iterator[Deletion]:
    work = [tree_of(text)]
    while work:
        node = work.pop()
        start: int | None = None
        for at, child in enumerate(node.children):
            if child.kind == "attribute_item":
                start = child.start if start is None else start
                continue
            kind = ITEMS.get(child.kind)
            if child.kind == "mod_item" and child.child_by_field("body") is not None:
                kind = None
            if kind is not None:
                yield Deletion(kind, path, child.start if start is None else start, child.end, _names(child, text))
            elif node.kind in _LISTS and child.kind in _LISTED[node.kind]:
                end = child.end
                after = node.children[at + 1] if at + 1 < len(node.children) else None
                if after is not None and after.kind == ",":
                    end = after.end
                else:
                    comma = re.compile(rb"\s*,").match(text, end)
                    end = comma.end() if comma else end
                yield Deletion(
                    _LISTS[node.kind], path, child.start if start is None else start, end, _names(child, text)
                )
            start = None
            if child.kind not in ("block", "token_tree") or node.kind == "block":
                work.append(child)


def _names(node: Node, text: bytes) -> frozenset[bytes]:
    name = node.child_by_field("name")
    if node.kind in ("use_declaration", "use_as_clause", "scoped_use_list", "scoped_identifier", "use_wildcard"):
        words = set(WORD.findall(text, node.start, node.end))
    elif node.kind == "impl_item":
        words = set()
        for field in ("type", "trait"):
            part = node.child_by_field(field)
            if part is not None:
                words.update(WORD.findall(text, part.start, part.end))
        body = node.child_by_field("body")
        for member in body.children if body is not None else ():
            words.update(_names(member, text) if member.kind in ITEMS else ())
    elif name is not None:
        words = {text[name.start : name.end]}
    else:
        words = set(WORD.findall(text, node.start, node.end))
    return frozenset(words - _COMMON)


def _derives(path: str, text: bytes) -> Iterator[Deletion]:
    for attribute in _DERIVE.finditer(text):
        type_name = re.compile(rb"(?:struct|enum|union)\s+(\w+)").search(text, attribute.end())
        names = frozenset((type_name[1],)) if type_name else frozenset()
        for word in re.compile(rb"[\w:]+\s*,?").finditer(text, attribute.start(1), attribute.end(1)):
            if word[0].startswith(b"Copy"):
                # Without it the program is another one, in which rustc itself calls the use a move.
                continue
            yield Deletion("derive", path, word.start(), word.end(), names)


def without(text: bytes, deletions: list[Deletion]) -> bytes:
    """The text with the deletions blanked; line ends stay."""
    out = bytearray(text)
    for gone in deletions:
        out[gone.start : gone.end] = re.sub(rb"[^\n]", b" ", text[gone.start : gone.end])
    return bytes(out)
