"""Expands macro calls of small texts, for the tests of this folder."""

import re
from dataclasses import dataclass, field

from closurelens.hir.macros.api import (
    Answer,
    Chunk,
    Delimiter,
    Expansion,
    Failure,
    MacroCall,
    MacroDef,
    Position,
    Source,
)
from closurelens.hir.macros.definition import macro_rules
from closurelens.hir.macros.expander import Expander
from closurelens.hir.macros.std_macros import std_macro
from closurelens.hir.types import Anchor, Path, Segment
from closurelens.syntax.nodes import Node, tree_of, tree_of_fragment


@dataclass
class Definitions:
    """A `MacroResolver`: macros by their last segment, then std's."""

    macros: dict[str, MacroDef] = field(default_factory=dict)

    def lookup(self, call: MacroCall) -> MacroDef | None:
        name = call.path.segments[-1].name
        return self.macros.get(name) or std_macro(name)


def define(code: str, edition: int = 2021, crate: str = "mine", *, is_local_inner: bool = False) -> Definitions:
    """The `macro_rules!` and `macro`s of a text."""
    source = Chunk(code.encode(), edition)
    found = Definitions()
    for node in tree_of(source.text).descendants():
        if node.kind == "macro_definition":
            name = node.child_by_field("name")
            assert name is not None
            macro = macro_rules(
                name.text(source.text),
                source,
                inside(source.text, name.end, node.end),
                crate,
                edition,
                is_local_inner=is_local_inner,
            )
            found.macros[macro.name] = macro
    return found


def inside(text: bytes, after: int, end: int) -> tuple[int, int]:
    opening = re.compile(rb"\s*[({\[]").match(text, after)
    assert opening is not None
    return opening.end(), len(text[:end].rstrip(b"; \n")) - 1


_CALL = re.compile(r"\s*([\w:$#]+?)\s*!\s*([(\[{])")


def call_of(code: str, position: Position = "expr", edition: int = 2021, shift: int = 0) -> MacroCall:
    """A text that is one call, as a chunk."""
    text = code.strip().encode()
    found = _CALL.match(code.strip())
    assert found is not None
    delimiter = found[2]
    assert delimiter in ("(", "[", "{")
    args = (len(code.strip()[: found.end()].encode()), len(text.rstrip(b";")) - 1)
    return MacroCall(
        path_of(found[1], None), Chunk(text, edition, shift), args, as_delimiter(delimiter), position, (0, len(text))
    )


def as_delimiter(text: str) -> Delimiter:
    return "(" if text == "(" else "[" if text == "[" else "{"


def path_of(text: str, crate: str | None) -> Path:
    names = text.replace(" ", "").split("::")
    if names[0] == "crate":
        return Path([Segment(name) for name in names[1:]], Anchor.CRATE, crate=crate)
    return Path([Segment(name) for name in names if name])


def call_at(node: Node, source: Source, position: Position) -> MacroCall:
    """The call that a `macro_invocation` node is."""
    macro, tree = node.child_by_field("macro"), node.child_of_kind("token_tree")
    assert macro is not None and tree is not None
    path = path_of(macro.text(source.text), source.crate_at(macro.start))
    delimiter = as_delimiter(chr(source.text[tree.start]))
    return MacroCall(path, source, (tree.start + 1, tree.end - 1), delimiter, position, (node.start, node.end))


def expand(
    code: str, definitions: Definitions | None = None, position: Position = "expr", edition: int = 2021
) -> Answer:
    return Expander(definitions or Definitions()).expand(call_of(code, position, edition))


def expansion(code: str, definitions: Definitions | None = None, position: Position = "expr") -> Expansion:
    answer = expand(code, definitions, position)
    assert isinstance(answer, Expansion), answer
    return answer


def spelled_out(answer: Answer, expander: Expander, known: Definitions) -> str:
    """The text of an expansion with every call of `known` macros in it replaced in turn."""
    assert not isinstance(answer, Failure), answer.why
    assert isinstance(answer, Expansion)
    return _replaced(answer.node, answer, expander, known)


def _replaced(root: Node, source: Source, expander: Expander, known: Definitions) -> str:
    out, at = [], 0
    work: list[tuple[Node, Node | None]] = [(root, None)]
    while work:
        node, parent = work.pop()
        if node.kind != "macro_invocation":
            work.extend((child, node) for child in reversed(node.children))
            continue
        is_last = parent is not None and parent.children[-1] is node
        kind = "expr" if parent is None else parent.kind
        position: Position = "expr"
        if kind == "expression_statement" or (kind == "block" and not is_last):
            position = "stmt"
        elif kind in ("source_file", "declaration_list"):
            position = "item"
        elif kind.endswith("pattern"):
            position = "pat"
        call = call_at(node, source, position)
        if call.path.segments[-1].name not in known.macros:
            continue
        text = spelled_out(expander.expand(call), expander, known)
        out.append(source.text[at : node.start].decode())
        out.append(f"({text})" if position == "expr" and kind != "block" else text)
        at = node.end
    return "".join(out) + source.text[at:].decode()


def spelled_out_code(code: str, definitions: Definitions, edition: int = 2021) -> str:
    """An expression with all calls of `definitions` replaced by what they expand to."""
    source = Chunk(code.encode(), edition)
    node = tree_of_fragment(source.text, "expr")
    assert node is not None, code
    return _replaced(node, source, Expander(definitions), definitions)
