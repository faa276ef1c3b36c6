"""Finds the capturing expressions of a file: where an answer can be asked for.

Invariant: a site inside of a macro's arguments is a guess (they are only tokens until the macro is expanded); asking
there may break the macro, which `targets` copes with. The bodies of `macro_rules!` have no sites: rustc would answer
once per expansion.
"""

from dataclasses import dataclass

from closurelens.exact.model import Flavour
from closurelens.syntax.nodes import Node, tree_of, tree_of_fragment

_DEEPEST_MACRO = 6
_CALL = b"__m("
_CLOSERS = {ord("("): ord(")"), ord("["): ord("]"), ord("{"): ord("}")}


@dataclass(slots=True)
class Site:
    """A closure or async block by its bytes; `start` is where its attribute would go."""

    start: int
    end: int
    flavour: Flavour


def sites_of(source: bytes) -> list[Site]:
    """All sites in the order of their start."""
    found: dict[int, Site] = {}
    work: list[tuple[Node, bytes, int, int]] = [(tree_of(source), source, 0, 0)]
    while work:
        root, text, shift, depth = work.pop()
        for node in root.descendants():
            if node.kind == "closure_expression":
                flavour = Flavour.ASYNC_CLOSURE if node.has("async") else Flavour.CLOSURE
                found.setdefault(node.start + shift, Site(node.start + shift, node.end + shift, flavour))
            elif node.kind == "async_block":
                found.setdefault(node.start + shift, Site(node.start + shift, node.end + shift, Flavour.ASYNC_BLOCK))
            elif node.kind == "macro_invocation" and depth < _DEEPEST_MACRO:
                tokens = node.child_of_kind("token_tree")
                if tokens is not None:
                    inner = text[tokens.start + 1 : tokens.end - 1]
                    work.extend(_arguments(inner, tokens.start + 1 + shift, depth + 1))
    return [found[start] for start in sorted(found)]


def _arguments(inner: bytes, offset: int, depth: int) -> list[tuple[Node, bytes, int, int]]:
    """Trees of macro arguments: as a call's arguments, else as statements, else of each bracketed group in them."""
    if b"|" not in inner and b"async" not in inner:
        return []
    call = _CALL + inner + b")"
    tree = tree_of_fragment(call, "expr")
    if tree is not None:
        return [(tree, call, offset - len(_CALL), depth)]
    tree = tree_of_fragment(inner, "stmts")
    if tree is not None:
        return [(tree, inner, offset, depth)]
    if depth >= _DEEPEST_MACRO:
        return []
    groups: list[tuple[Node, bytes, int, int]] = []
    for start, end in _groups(inner):
        groups.extend(_arguments(inner[start + 1 : end - 1], offset + start + 1, depth + 1))
    return groups


def _groups(tokens: bytes) -> list[tuple[int, int]]:
    """The outermost bracketed groups; quotes are not understood, so a bracket in a string may hide a group."""
    groups: list[tuple[int, int]] = []
    open_brackets: list[int] = []
    start = 0
    for at, byte in enumerate(tokens):
        if byte in _CLOSERS:
            if not open_brackets:
                start = at
            open_brackets.append(_CLOSERS[byte])
        elif open_brackets and byte == open_brackets[-1]:
            open_brackets.pop()
            if not open_brackets:
                groups.append((start, at + 1))
    return groups
