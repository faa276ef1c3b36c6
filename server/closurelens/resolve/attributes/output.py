"""Where what a macro returns has the item, and whether the code of its functions stays what it was there.

A template is written out with stand-ins for the parts of the item, parsed, and looked at around these. A function's
body stays what it was if the parameters are those that were written, and what is declared around it has other names
than those in it. Invariant: what is not understood raises `Undecided`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from closurelens.hir.lower.attrs import is_macro_name
from closurelens.records import dataclass, field
from closurelens.resolve.attributes.values import (
    BLOCK,
    ELEMENT,
    EMPTY,
    FAILURE,
    GONE,
    OTHER,
    TERM,
    Choice,
    Each,
    FieldPath,
    Joined,
    Part,
    Plain,
    Tokens,
    Undecided,
    Value,
    carries,
)
from closurelens.syntax.nodes import Node, tree_of
from closurelens.syntax.tokens import CLOSE, Delimited, Token, TokenKind, TokenTree, token_trees

_MOST = 48
_SELF = "__Self"
_ITEM, _BODY, _SIGNATURE, _PARAMS, _OTHER, _RETURNED = "__Item", "__body", "__signature", "__params", "__other", "__Ret"
_TERM = "__term"
_INPUTS = ("sig", "inputs")
_VIS = ("vis",)
_HARMLESS_CHANGES: tuple[FieldPath, ...] = (
    ("attrs",),
    ("vis",),
    ("defaultness",),
    ("sig", "ident"),
    ("sig", "asyncness"),
    ("sig", "constness"),
    ("sig", "unsafety"),
    ("sig", "abi"),
    ("sig", "output"),
    (*_INPUTS, ELEMENT, "attrs"),
)


@dataclass(slots=True)
class Kept:
    """`names`: declared around a body, so that in it they may mean something else than it seems. `is_last`: the body
    gives what the function gives, so that its last expression has the expectation that is written. `is_published`: the
    visibility of a function may be another one.
    """

    names: set[str] = field(default_factory=set)
    is_last: bool = True
    is_published: bool = False


def kept(value: Value, kind: str, changed: set[FieldPath], stored: Sequence[tuple[FieldPath, Value]]) -> Kept:
    """What a macro that returns `value` leaves of an item of this kind, `Fn` or another."""
    found = Kept()
    prefix: FieldPath = () if kind == "Fn" else ("items", ELEMENT)
    template = _Template(prefix)
    found.is_published = any(path[:1] == _VIS for path in (*changed, *[path for path, _ in stored]))
    is_live = carries(value, lambda part: not part.is_first and template.is_code(part))
    for path in changed if is_live else ():
        _check_change(path, prefix, found)
    for path, put in stored if is_live else ():
        inner = path[len(prefix) :] if path[: len(prefix)] == prefix else None
        if inner in ((BLOCK,), (BLOCK, "stmts")):
            for text in template.texts(put):
                whole = f"{{ {text} }}" if inner != (BLOCK,) else text
                _check(f"fn {_SIGNATURE}() {whole}", found)
        elif inner != _INPUTS or not _is_subset(put, path):
            _check_change(path, prefix, found)
    options = [one for one in (value.options if isinstance(value, Choice) else [value]) if isinstance(one, _MADE)]
    if not options or (isinstance(value, Plain) and value not in (FAILURE, GONE)):
        raise Undecided
    if isinstance(value, Choice) and len(options) < len(value.options):
        raise Undecided
    for option in options:
        if isinstance(option, Joined):
            option.parts = [part for part in option.parts if part is not OTHER]
        for text in template.texts(option, is_outermost=True):
            _check(text, found)
    return found


_MADE = (Part, Tokens, Joined)
_HEADS: tuple[FieldPath, ...] = (("sig",), _INPUTS, (*_INPUTS, ELEMENT), ("sig", "output"), ("sig", "fn_token"))


def _check_change(path: FieldPath, prefix: FieldPath, found: Kept) -> None:
    inner = path[len(prefix) :] if path[: len(prefix)] == prefix else None
    if path[:1] == ("attrs",):
        return
    if inner is None or not any(inner[: len(one)] == one for one in _HARMLESS_CHANGES):
        raise Undecided
    if inner[:2] == ("sig", "output"):
        found.is_last = False


def _is_subset(value: Value, path: FieldPath) -> bool:
    """Whether a value is the elements of a list, or some of them."""
    while isinstance(value, Tokens) and _REPEATED.fullmatch(value.text) is not None:
        name = _REPEATED.fullmatch(value.text)
        assert name is not None
        value = value.names[name[1].decode()]
    if isinstance(value, Each):
        value = value.element
        return isinstance(value, Part) and value.path == (*path, ELEMENT)
    return isinstance(value, Part) and value.path == path


_REPEATED = re.compile(rb"\s*(?:#\s*\(\s*#(\w+)\s*\)\s*,?\s*\*)\s*")


@dataclass(slots=True)
class _Template:
    """Writes out token streams; each text is one that the macro may return."""

    prefix: FieldPath
    _depth: int = 0

    def texts(self, value: Value, *, is_outermost: bool = False) -> list[str]:
        """`is_outermost`: items stand there."""
        if not self._matters(value):
            return [_TERM if value is TERM else _OTHER]
        self._depth += 1
        if self._depth > 40:
            raise Undecided
        out: list[str]
        match value:
            case Part():
                out = [self._part(value)]
            case Tokens(text, names):
                out = self._trees(text, token_trees(text), names, is_outermost=is_outermost)
            case Joined(parts):
                out = [""]
                for part in parts:
                    out = _product(out, self._joined(part, is_outermost=is_outermost))
            case Choice(options):
                out = []
                for option in options:
                    out.extend(self.texts(option, is_outermost=is_outermost))
            case Each(Part() as element):
                out = [self._part(element)]
            case Each(element):
                out = ["", *self.texts(element, is_outermost=is_outermost)]
            case _:
                raise Undecided
        self._depth -= 1
        if len(out) > _MOST:
            raise Undecided
        return out

    def _joined(self, part: Value, *, is_outermost: bool) -> list[str]:
        if isinstance(part, Tokens):
            return self._trees(part.text, token_trees(part.text), part.names, is_outermost=is_outermost)
        return self.texts(part, is_outermost=is_outermost)

    def _matters(self, value: Value) -> bool:
        return isinstance(value, Part) or carries(value, self.is_code)

    def is_code(self, part: Part) -> bool:
        """The item, a body, or what tells that a function around a body has the parameters that it had."""
        path = part.path[len(self.prefix) :] if part.path[: len(self.prefix)] == self.prefix else None
        if not part.path:
            return True
        if self.prefix:
            return path in ((), (BLOCK,))
        return path is not None and (path[:1] == (BLOCK,) or path in _HEADS)

    def _part(self, part: Part) -> str:
        path = part.path
        if not path:
            return f"{_ITEM}! {{}}"
        if self.prefix:
            if path == self.prefix:
                return f"{_ITEM}! {{}}"
            if path[: len(self.prefix)] == self.prefix:
                raise Undecided
            return {"attrs": "", "self_ty": _SELF}.get(path[0], _OTHER)
        match path:
            case ("block",):
                return f"{{ {_BODY}; }}"
            case ("block", "stmts", *_):
                return f"{_BODY};"
            case ("sig",):
                return f"fn {_SIGNATURE}()"
            case ("sig", "inputs") | ("sig", "inputs", "[]"):
                return f"{_PARAMS}: ()"
            case ("sig", "output"):
                return f"-> {_RETURNED}"
            case ("sig", "fn_token"):
                return "fn"
            case ("attrs" | "vis", *_) | (
                "sig",
                "generics" | "asyncness" | "constness" | "unsafety" | "abi" | "variadic",
                *_,
            ):
                return ""
            case _:
                return _OTHER

    def _trees(
        self,
        text: bytes,
        trees: list[TokenTree],
        names: dict[str, Value],
        *,
        is_outermost: bool = False,
        is_block: bool = False,
    ) -> list[str]:
        out = [""]
        at = 0
        last = ";"
        while at < len(trees):
            tree = trees[at]
            at += 1
            added: list[str]
            if isinstance(tree, Token) and tree.text == "#" and at < len(trees):
                following = trees[at]
                at += 1
                if isinstance(following, Token) and following.text == "!" and at < len(trees):
                    following = trees[at]
                    at += 1
                if isinstance(following, Delimited) and following.delimiter == "[":
                    _check_attribute(text[following.start + 1 : following.end - 1])
                    continue
                if isinstance(following, Delimited):
                    added = self._repeated(text, following, names, is_outermost=is_outermost)
                    values = [names.get(name.decode(), OTHER) for name in _names_in(text, following)]
                    at = _past_repetition(trees, at)
                elif following.kind is TokenKind.IDENT:
                    values = [names.get(following.text, OTHER)]
                    added = self.texts(values[0], is_outermost=is_outermost)
                else:
                    raise Undecided
                if added == [_OTHER] and last in ("}", ";"):
                    if is_outermost:
                        continue
                    is_one = is_block and isinstance(following, Token)
                    written = self._written_out(values) if is_one else None
                    if written is not None:
                        added = written
                    elif is_block and all(_are_statements(value) for value in values):
                        added = [f"let {_OTHER} = 0;"]
                elif added == [_OTHER] and last == ")" and all(_is_optional(value) for value in values):
                    continue
            elif isinstance(tree, Token):
                if tree.kind in (TokenKind.DOC_OUTER, TokenKind.DOC_INNER):
                    continue
                added = [tree.text]
                last = tree.text
            else:
                added = self._group(text, tree, names, trees[at] if at < len(trees) else None)
                last = "}" if tree.delimiter == "{" else ")"
            out = _product(out, added)
        return out

    def _written_out(self, values: list[Value]) -> list[str] | None:
        """Statements that have nothing of the item: what they declare may be seen in it all the same."""
        options = values[0].options if len(values) == 1 and isinstance(values[0], Choice) else values
        out: list[str] = []
        for one in options:
            if not isinstance(one, Tokens):
                return None
            try:
                out.extend(self._trees(one.text, token_trees(one.text), one.names, is_block=True))
            except Undecided:
                return None
        return out

    def _repeated(self, text: bytes, group: Delimited, names: dict[str, Value], *, is_outermost: bool) -> list[str]:
        if not any(self._matters(names.get(name.decode(), OTHER)) for name in _names_in(text, group)):
            return [_OTHER]
        return self._trees(text, group.trees, names, is_outermost=is_outermost)

    def _group(self, text: bytes, group: Delimited, names: dict[str, Value], following: TokenTree | None) -> list[str]:
        inside = _names_in(text, group)
        is_carrying = any(carries(names.get(name.decode(), OTHER), self.is_code) for name in inside)
        if group.delimiter == "{" and not is_carrying:
            is_pattern = isinstance(following, Token) and following.text == "="
            if not is_pattern:
                return ["{}"]
        inner = self._trees(text, group.trees, names, is_block=group.delimiter == "{")
        return [f"{group.delimiter} {one} {CLOSE[group.delimiter]}" for one in inner]


def _past_repetition(trees: list[TokenTree], at: int) -> int:
    """The index after the `*` of `#(..),*`, where `at` is that of what follows the group."""
    while at < len(trees):
        tree = trees[at]
        if not isinstance(tree, Token) or tree.text == "*":
            break
        at += 1
    return at + 1


def _is_optional(value: Value) -> bool:
    """Whether a value may be nothing, and is no statement otherwise."""
    if not isinstance(value, Choice) or EMPTY not in value.options:
        return False
    return all(one is EMPTY or (isinstance(one, Tokens) and b";" not in one.text) for one in value.options)


_TOLD = re.compile(rf"\bstringify\s*!\s*\(\s*{_OTHER}\s*\)")
"""A name that is only told, in a macro call that may declare names that it is given."""
_NAMES = re.compile(rb"#\s*([A-Za-z_]\w*)")
_DECLARING = re.compile(
    rb"(?:^|[;}])\s*#\s*[\w(]|\b(?:const|enum|fn|macro_rules|mod|static|struct|trait|type|union|use)\b"
)


def _names_in(text: bytes, group: Delimited) -> set[bytes]:
    return set(_NAMES.findall(text[group.start : group.end]))


def _are_statements(value: Value) -> bool:
    """Whether a value is nothing but statements that declare no items."""
    match value:
        case Tokens(text, _):
            return _DECLARING.search(text) is None
        case Each(element):
            return _are_statements(element)
        case Choice(options):
            return all(_are_statements(option) for option in options)
        case Joined(parts):
            return all(_are_statements(part) for part in parts)
        case _:
            return value is EMPTY


def _product(left: list[str], right: list[str]) -> list[str]:
    if len(left) * len(right) > _MOST:
        raise Undecided
    return [f"{one} {other}" for one in left for other in right]


def _check_attribute(text: bytes) -> None:
    found = re.match(r"\s*(?:::)?\s*([\w:]+)", text.decode("utf-8", "replace"))
    name = "" if found is None else found[1]
    name = name.removeprefix("core::prelude::v1::").removeprefix("std::prelude::v1::")
    if name not in ("derive", "doc", "cfg") and (is_macro_name(name) or name == "cfg_attr"):
        raise Undecided


def _check(text: str, found: Kept) -> None:
    """Look at all places of the item in one text."""
    source = text.encode()
    root = tree_of(source)
    if root.has_error:
        raise Undecided
    seen = 0
    work: list[tuple[Node, tuple[Node, ...]]] = [(root, ())]
    while work:
        node, around = work.pop()
        if node.kind == "identifier" and node.text(source) in (_ITEM, _BODY):
            seen += 1
            if node.text(source) == _ITEM:
                _look_around(source, node, around[::-1], found, has_locals=False)
            else:
                _look_around(source, node, around[::-1], found, has_locals=True)
            continue
        inner = (*around, node)
        work.extend((child, inner) for child in node.children)
    if not seen or seen != text.count(_ITEM) + text.count(_BODY):
        raise Undecided


def _look_around(source: bytes, node: Node, around: Sequence[Node], found: Kept, *, has_locals: bool) -> None:
    """`around`: from the innermost. `has_locals`: what is declared by `let` around is seen there."""
    inner = node
    is_last = True
    for index, outer in enumerate(around):
        match outer.kind:
            case "source_file" | "expression_statement" | "macro_invocation":
                pass
            case "block":
                _look_at_block(source, outer, inner, found, has_locals=has_locals)
                if inner is not outer.children[-1] or (inner.has(";") and not _is_body(source, inner)):
                    is_last = False
            case "closure_expression":
                params = outer.child_by_field("parameters")
                if has_locals and params is not None:
                    _declare(source, params, found)
                ret = outer.child_by_field("return_type")
                is_last = is_last and ret is not None and ret.text(source) == _RETURNED
            case "function_item":
                if has_locals:
                    _check_function(source, outer, around[index + 1] if index + 1 < len(around) else None, found)
                    found.is_last = found.is_last and is_last
                has_locals = False
            case "const_item" | "static_item":
                has_locals = False
            case "declaration_list":
                # What is known of a type or of `Self` does not hold in another impl; items in a method do not see it.
                own = around[index + 1].child_by_field("type") if index + 1 < len(around) else None
                is_same = own is not None and own.text(source) == _SELF
                if not is_same and (has_locals or inner.kind != "function_item"):
                    raise Undecided
            case "impl_item" | "trait_item":
                pass
            case "mod_item" | "foreign_mod_item" | "token_tree":
                raise Undecided
            case _:
                is_last = False
                for child in outer.children:
                    binds = child.field == "pattern" or child.kind in ("let_condition", "let_chain", "match_pattern")
                    if binds and child is not inner:
                        _declare(source, child, found)
        inner = outer


def _is_body(source: bytes, statement: Node) -> bool:
    return statement.text(source).rstrip("; ") == _BODY


def _check_function(source: bytes, node: Node, outer: Node | None, found: Kept) -> None:
    name, params = node.child_by_field("name"), node.child_by_field("parameters")
    if name is None or params is None:
        raise Undecided
    if outer is not None and outer.kind == "declaration_list":
        raise Undecided
    if name.text(source) == _SIGNATURE:
        return
    given = [child for child in params.children if child.is_named]
    pattern = given[0].child_by_field("pattern") if len(given) == 1 else None
    # Where there are none the body does not use them, or this is not what the macro makes of the function.
    if given and (pattern is None or pattern.text(source) != _PARAMS):
        raise Undecided
    ret = node.child_by_field("return_type")
    if ret is None or ret.text(source) != _RETURNED:
        found.is_last = False


def _look_at_block(source: bytes, block: Node, inner: Node, found: Kept, *, has_locals: bool) -> None:
    is_before = True
    for child in block.children:
        if child is inner:
            is_before = False
        elif child.kind == "let_declaration":
            pattern = child.child_by_field("pattern")
            if has_locals and is_before and pattern is not None:
                _declare(source, pattern, found)
        elif child.kind in ("use_declaration", "extern_crate_declaration", "macro_definition"):
            raise Undecided
        elif child.kind.endswith("_item"):
            name = child.child_by_field("name")
            if name is not None:
                found.names.add(name.text(source))
        else:
            text = _TOLD.sub("", child.text(source).rstrip("; "))
            if text == _OTHER or (has_locals and is_before and _OTHER in text and "!" in text):
                raise Undecided


def _declare(source: bytes, pattern: Node, found: Kept) -> None:
    for node in pattern.descendants():
        if node.kind in ("identifier", "shorthand_field_identifier"):
            name = node.text(source)
            if name == _OTHER:
                raise Undecided
            found.names.add(name)
        elif node.kind in ("macro_invocation", "token_tree"):
            raise Undecided
