"""Lowered items and bodies as short texts, for the cases of this folder.

Names, literals, paths and simple types look as in Rust; a binding is `name:id`; everything else is `(Kind parts)` with
parts that may be absent by their name, flags as `+flag`, and `~` before what a macro's own tokens made.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path as FilePath

from lower_walk import body_node

from closurelens.hir.body import (
    BindPat,
    Block,
    Body,
    Disabled,
    Expr,
    ExprStmt,
    ItemStmt,
    LetStmt,
    Lit,
    Pat,
    PathExpr,
    PathPat,
    RestPat,
    TupleExpr,
    Underscore,
    WildPat,
)
from closurelens.hir.item import Attrs
from closurelens.hir.lower.body import LowerContext, lower_body
from closurelens.hir.lower.items import lower_items
from closurelens.hir.macros.api import ExpanderApi
from closurelens.hir.types import (
    Anchor,
    ArrayType,
    BoundRef,
    ConstArg,
    DynType,
    GenericArgs,
    ImplType,
    InferType,
    NeverType,
    Path,
    PathType,
    PtrType,
    RefType,
    Segment,
    SliceType,
    TupleType,
)
from closurelens.syntax.nodes import tree_of

_HIDDEN = {"id", "range", "name_range", "bars", "move_at", "ctxt", "in_macro", "body_range", "node", "source", "rules"}
_POSITIONAL = frozenset(
    """
    alternatives args arms base body callee cond elem elems expr fields index init inner inside item items iterable kind
    left len name op operand operands params pat path receiver right scrutinee segments target then variants why
    """.split()  # noqa: SIM905
)


def show(thing: object) -> str:
    if isinstance(thing, Expr | Pat) and thing.in_macro:
        return "~" + _show(thing)
    return _show(thing)


def _show(thing: object) -> str:
    match thing:
        case None:
            return "-"
        case str():
            return thing
        case int():
            return str(thing)
        case Enum():
            return str(thing.value)
        case list():
            return "[" + " ".join(map(show, thing)) + "]"
        case tuple():
            return ":".join(map(show, thing))
        case Lit():
            return thing.text
        case PathExpr(path=path) | PathPat(path=path) | PathType(path=path) | BoundRef(path=path, is_maybe=False):
            return show_path(path)
        case BoundRef(path=path):
            return "?" + show_path(path)
        case Segment():
            return thing.name + ("" if thing.args is None else show(thing.args))
        case Path():
            return show_path(thing)
        case GenericArgs():
            return show_args(thing)
        case Underscore() | WildPat() | InferType():
            return "_"
        case RestPat():
            return ".."
        case NeverType():
            return "!"
        case BindPat():
            mode = ("ref " if thing.by_ref else "") + ("mut " if thing.mutable else "")
            ctxt = f"#{thing.ctxt}" if thing.ctxt else ""
            return f"{mode}{thing.name}{ctxt}:{thing.binding}" + ("" if thing.sub is None else f"@{show(thing.sub)}")
        case RefType():
            lifetime = "" if thing.lifetime is None else f"'{thing.lifetime} "
            return f"&{lifetime}{'mut ' if thing.mutable else ''}{show(thing.inner)}"
        case PtrType():
            return f"*{'mut' if thing.mutable else 'const'} {show(thing.inner)}"
        case SliceType():
            return f"[{show(thing.inner)}]"
        case ArrayType():
            return f"[{show(thing.inner)}; {show(thing.len)}]"
        case ConstArg():
            return "?" if thing.value is None else str(thing.value)
        case TupleType() | TupleExpr():
            return f"({' '.join(map(show, thing.elems))})" if thing.elems else "()"
        case DynType() | ImplType():
            word = "dyn" if isinstance(thing, DynType) else "impl"
            return f"{word} {' + '.join(map(show, thing.bounds))}"
        case Block():
            return show_block(thing)
        case LetStmt():
            ty = "" if thing.ty is None else f": {show(thing.ty)}"
            init = "" if thing.init is None else f" = {show(thing.init)}"
            otherwise = "" if thing.otherwise is None else f" else {show(thing.otherwise)}"
            return f"let {show(thing.pat)}{ty}{init}{otherwise};"
        case ExprStmt():
            return show(thing.expr) + (";" if thing.has_semi else "")
        case ItemStmt():
            return f"{type(thing.item).__name__} {thing.item.name};"
        case Disabled():
            return f"off<{show(thing.stmt)}>"
        case dict():
            return f"{{{' '.join(f'{name}({text})' for name, text in thing.items())}}}"
        case Attrs():
            return _parts(thing, "#[", "]")
    return _parts(thing, f"({type(thing).__name__}", ")")


def show_block(block: Block) -> str:
    label = "" if block.label is None else f"'{block.label} "
    tail = [] if block.tail is None else [show(block.tail)]
    inside = " ".join([*map(show, block.stmts), *tail])
    return f"{label}{'unsafe ' if block.is_unsafe else ''}{{{inside}}}"


def _parts(thing: object, opening: str, closing: str) -> str:
    assert dataclasses.is_dataclass(thing)
    parts: list[str] = []
    for field in dataclasses.fields(thing):
        value = getattr(thing, field.name)
        if field.name in _HIDDEN or value is None or value is False or value in ([], 0):
            continue
        if dataclasses.is_dataclass(value) and type(value).__name__ in ("Attrs", "GenericsDecl"):
            shown = show(value)
            if shown not in ("#[]", "(GenericsDecl)"):
                parts.append(shown)
        elif value is True:
            parts.append("+" + field.name)
        elif field.name in _POSITIONAL:
            parts.append(show(value))
        else:
            parts.append(f"{field.name}={show(value)}")
    separator = "" if opening == "#[" else " "
    return opening + separator * bool(parts) + " ".join(parts) + closing


def show_path(path: Path) -> str:
    text = "::".join(map(show, path.segments))
    match path.anchor:
        case Anchor.PLAIN:
            pass
        case Anchor.GLOBAL:
            text = "::" + text
        case Anchor.CRATE:
            text = ("crate" if path.crate is None else f"${path.crate}") + ("::" + text if text else "")
        case Anchor.SELF:
            text = "self::" + text
        case Anchor.SUPER:
            text = "super::" * path.supers + text
    if path.qself is not None:
        trait = "" if path.trait is None else f" as {show_path(path.trait)}"
        text = f"<{show(path.qself)}{trait}>::" + text.removeprefix("::")
    return text + (f"#{path.ctxt}" if path.ctxt else "")


def show_args(args: GenericArgs) -> str:
    if args.is_fn_sugar:
        return f"({', '.join(map(show, args.types))})" + ("" if args.ret is None else f" -> {show(args.ret)}")
    assoc = [f"{name} = {show(ty)}" for name, ty in args.assoc]
    bounds = [f"{name}: {' + '.join(map(show, bounds))}" for name, bounds in args.assoc_bounds]
    return f"<{', '.join([*map(show, args.types), *assoc, *bounds])}>"


def is_on(predicate: str) -> bool:
    """The `cfg` of all cases: everything holds but `off`, and what is built of it."""
    inner = re.fullmatch(r"not\((.*)\)", predicate)
    return not is_on(inner.group(1)) if inner else predicate != "off"


def body_of(code: str, expander: ExpanderApi | None = None) -> Body:
    """Of the first function in the text that has one."""
    source = code.encode()
    root = tree_of(source)
    for item in lower_items(root, source):
        if body_node(root, item) is not None:
            node = next(node for node in root.children if node.end == item.range[1])
            return lower_body(node, source, LowerContext(2021, is_on, expander))
    raise AssertionError(code)


def cases(file: str, here: str = __file__) -> Iterator[tuple[str, list[str], list[str]]]:
    """The heading, Rust lines and expected lines of each case in a Markdown file of this folder."""
    text = (FilePath(here).parent / file).read_text("utf-8")
    pattern = re.compile(r"^## (.*?)\n.*?^```rust\n(.*?)^```\n+^```hir\n(.*?)^```", re.DOTALL | re.MULTILINE)
    for found in pattern.finditer(text):
        yield found[1], found[2].splitlines(), found[3].splitlines()


def check(lines: list[str], expected: list[str], lower: Callable[[str], str]) -> None:
    assert [lower(line) for line in lines] == expected
