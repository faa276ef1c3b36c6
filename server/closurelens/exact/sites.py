"""Finds the capturing expressions of a file: where an answer can be asked for.

Invariant: a site inside of a macro's arguments is a guess (they are only tokens until the macro is expanded); asking
there may break the macro, which `targets` copes with. The bodies of `macro_rules!` have no sites: rustc would answer
once per expansion.
"""

from collections.abc import Sequence

from closurelens.exact.model import Flavour
from closurelens.records import dataclass
from closurelens.syntax.nodes import Node, tree_of, tree_of_fragment
from closurelens.syntax.tokens import Delimited, Token, TokenTree, token_trees

_DEEPEST_MACRO = 6
_CALL = b"__m("
_SEPARATORS = frozenset((",", ";", "=>"))


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
    """Trees of macro arguments: as a call's arguments, else as statements, else of each piece that is one."""
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
    found: list[tuple[Node, bytes, int, int]] = []
    for piece in _pieces(token_trees(inner)):
        start, end = piece[0].start, piece[-1].end
        text = inner[start:end]
        tree = tree_of_fragment(text, "expr")
        if tree is not None:
            found.append((tree, text, offset + start, depth))
            continue
        for group in piece:
            if isinstance(group, Delimited) and group.close is not None:
                found += _arguments(inner[group.start + 1 : group.end - 1], offset + group.start + 1, depth + 1)
    return found


def _pieces(trees: Sequence[TokenTree]) -> list[list[TokenTree]]:
    """What stands between the separators of a macro's arguments."""
    pieces: list[list[TokenTree]] = [[]]
    for tree in trees:
        if isinstance(tree, Token) and tree.text in _SEPARATORS:
            pieces.append([])
        else:
            pieces[-1].append(tree)
    return [piece for piece in pieces if piece]
