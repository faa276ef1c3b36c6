"""Expressions, patterns and statements of one body.

Every expression, pattern and binding has an `id` that is dense within its `Body`, so that later layers keep their
answers in lists. `range` is (start, end) in bytes relative to the start of the chunk; what a macro's own tokens made
has the range of the outermost macro call and `in_macro` set, what came through its arguments keeps its own range.
"""

from __future__ import annotations

from enum import Enum

from closurelens.hir.item import Item
from closurelens.hir.macros.api import Source
from closurelens.hir.types import Ctxt, GenericArgs, Path, TypeRef
from closurelens.records import dataclass, field
from closurelens.syntax.nodes import Node

Range = tuple[int, int]


@dataclass(slots=True)
class ExprBase:
    """What all expressions have."""

    id: int
    range: Range
    in_macro: bool = field(default=False, kw_only=True)


class Perhaps(Enum):
    """What is likely of code that stands here or not, as a `cfg` has it that is not known."""

    ON = "on"
    OFF = "off"
    LET = "let"
    """The value of a variable: another `let` may be the one that counts, with a value of another type."""


@dataclass(slots=True)
class Missing(ExprBase):
    """An expression that cannot be known, and why (a phrase); `inside`: the expressions that could be parsed in it.

    `names_in_strings`: a string in it would use variables if it were a format string. `perhaps`: what is inside stands
    here or not, as a `cfg` has it that is not known.
    """

    why: str
    inside: list[Expr]
    names_in_strings: bool = False
    perhaps: Perhaps | None = None


class LitKind(Enum):
    INT = "int"
    FLOAT = "float"
    STR = "str"
    BYTE_STR = "byte str"
    C_STR = "c str"
    CHAR = "char"
    BYTE = "byte"
    BOOL = "bool"


@dataclass(slots=True)
class Lit(ExprBase):
    kind: LitKind
    suffix: str | None
    text: str  # as written; byte strings: its length decides the array type


@dataclass(slots=True)
class PathExpr(ExprBase):
    path: Path


@dataclass(slots=True)
class Underscore(ExprBase):
    """`_` on the left of an assignment."""


@dataclass(slots=True)
class Block(ExprBase):
    stmts: list[Stmt]
    tail: Expr | None
    label: str | None = None
    is_unsafe: bool = False


@dataclass(slots=True)
class ConstBlock(ExprBase):
    body: Expr


@dataclass(slots=True)
class AsyncBlock(ExprBase):
    """`kind`: "async", "gen", "async gen" or "try" (a try block is none of the others: it captures nothing)."""

    kind: str
    is_move: bool
    body: Expr


@dataclass(slots=True)
class Let(ExprBase):
    """`let pat = scrutinee` as a condition."""

    pat: Pat
    scrutinee: Expr


@dataclass(slots=True)
class If(ExprBase):
    cond: Expr
    then: Expr
    otherwise: Expr | None


@dataclass(slots=True)
class Arm:
    pat: Pat
    guard: Expr | None
    body: Expr


@dataclass(slots=True)
class Match(ExprBase):
    scrutinee: Expr
    arms: list[Arm]


@dataclass(slots=True)
class Loop(ExprBase):
    body: Expr
    label: str | None


@dataclass(slots=True)
class While(ExprBase):
    cond: Expr
    body: Expr
    label: str | None


@dataclass(slots=True)
class For(ExprBase):
    pat: Pat
    iterable: Expr
    body: Expr
    label: str | None
    is_await: bool = False


@dataclass(slots=True)
class Break(ExprBase):
    label: str | None
    value: Expr | None


@dataclass(slots=True)
class Continue(ExprBase):
    label: str | None


@dataclass(slots=True)
class Return(ExprBase):
    """`return value`; also `become` and, with `is_yield`, `yield`."""

    value: Expr | None
    is_yield: bool = False


@dataclass(slots=True)
class Call(ExprBase):
    callee: Expr
    args: list[Expr]


@dataclass(slots=True)
class MethodCall(ExprBase):
    receiver: Expr
    name: str
    name_range: Range
    generic_args: GenericArgs | None
    args: list[Expr]


@dataclass(slots=True)
class Field(ExprBase):
    base: Expr
    name: str
    name_range: Range


@dataclass(slots=True)
class Index(ExprBase):
    base: Expr
    index: Expr


@dataclass(slots=True)
class Unary(ExprBase):
    """`!x` or `-x`."""

    op: str
    operand: Expr


@dataclass(slots=True)
class Deref(ExprBase):
    operand: Expr


@dataclass(slots=True)
class AddrOf(ExprBase):
    """`&x`, `&mut x`; `&raw const x`, `&raw mut x` with `is_raw`."""

    operand: Expr
    mutable: bool
    is_raw: bool = False


@dataclass(slots=True)
class Binary(ExprBase):
    """Arithmetic, bit, comparison and lazy operators, by their token: "+", "==", "&&", ..."""

    op: str
    left: Expr
    right: Expr


@dataclass(slots=True)
class Assign(ExprBase):
    """`target = value`; a target may be a destructuring pattern written as an expression."""

    target: Expr
    value: Expr


@dataclass(slots=True)
class AssignOp(ExprBase):
    """`target op= value`; `op` without the `=`."""

    op: str
    target: Expr
    value: Expr


@dataclass(slots=True)
class Cast(ExprBase):
    operand: Expr
    ty: TypeRef


@dataclass(slots=True)
class Try(ExprBase):
    operand: Expr


@dataclass(slots=True)
class Await(ExprBase):
    operand: Expr


@dataclass(slots=True)
class TupleExpr(ExprBase):
    elems: list[Expr]


@dataclass(slots=True)
class ArrayExpr(ExprBase):
    elems: list[Expr]


@dataclass(slots=True)
class Repeat(ExprBase):
    """`[elem; len]`; a literal length's value is in `len_value`."""

    elem: Expr
    len: Expr
    len_value: int | None


@dataclass(slots=True)
class StructExpr(ExprBase):
    """`Path { field: value, ..spread }`; a shorthand field's value is the path expression."""

    path: Path
    fields: list[tuple[str, Expr]]
    spread: Expr | None


@dataclass(slots=True)
class RangeExpr(ExprBase):
    low: Expr | None
    high: Expr | None
    inclusive: bool


@dataclass(slots=True)
class ClosureParam:
    pat: Pat
    ty: TypeRef | None


@dataclass(slots=True)
class Closure(ExprBase):
    """`range` starts at the first token rustc counts (`async`, `move`, `|`); `bars` covers `|..|`."""

    params: list[ClosureParam]
    ret: TypeRef | None
    body: Expr
    is_move: bool
    is_async: bool
    bars: Range
    move_at: Range | None = None
    is_static: bool = False
    is_const: bool = False
    has_binder: bool = False
    explicit: list[Expr] = field(default_factory=list)  # `move(x.clone())`: evaluated outside
    is_use: bool = False  # `use |..|`: a capture is a clone or a copy


@dataclass(slots=True)
class FormatArgs(ExprBase):
    """`format_args!` and what is built on it: every argument is borrowed shared; inline `{x}` are path expressions."""

    args: list[Expr]


@dataclass(slots=True)
class InlineAsm(ExprBase):
    """Operands with their direction: "in", "out", "inout", "sym", "const", "label"."""

    operands: list[tuple[str, Expr]]


@dataclass(slots=True)
class OffsetOf(ExprBase):
    ty: TypeRef


Expr = (
    Missing
    | Lit
    | PathExpr
    | Underscore
    | Block
    | ConstBlock
    | AsyncBlock
    | Let
    | If
    | Match
    | Loop
    | While
    | For
    | Break
    | Continue
    | Return
    | Call
    | MethodCall
    | Field
    | Index
    | Unary
    | Deref
    | AddrOf
    | Binary
    | Assign
    | AssignOp
    | Cast
    | Try
    | Await
    | TupleExpr
    | ArrayExpr
    | Repeat
    | StructExpr
    | RangeExpr
    | Closure
    | FormatArgs
    | InlineAsm
    | OffsetOf
)


# Statements


@dataclass(slots=True)
class LetStmt:
    """`is_plain`: there is no closure, no async block and nothing missing anywhere inside. False where not known."""

    pat: Pat
    ty: TypeRef | None
    init: Expr | None
    otherwise: Expr | None
    range: Range
    is_plain: bool = False


@dataclass(slots=True)
class ExprStmt:
    """`is_plain` as of `LetStmt`."""

    expr: Expr
    has_semi: bool
    is_plain: bool = False


@dataclass(slots=True)
class ItemStmt:
    """An item in a block: visible in all of it.

    `node` is what the item was lowered from: its bodies are found there. `source` is the text that its offsets are in,
    None being the chunk's.
    """

    item: Item
    node: Node
    source: Source | None = None


@dataclass(slots=True)
class Disabled:
    """A statement that `cfg` switches off: not part of the body, its closures are analysed as if it stood there.

    What is switched off in an expression (an argument, a match arm, a field) stands before the statement it is in.
    """

    stmt: Stmt


Stmt = LetStmt | ExprStmt | ItemStmt | Disabled


# Patterns


@dataclass(slots=True)
class PatBase:
    """What all patterns have."""

    id: int
    range: Range
    in_macro: bool = field(default=False, kw_only=True)


@dataclass(slots=True)
class WildPat(PatBase):
    pass


@dataclass(slots=True)
class RestPat(PatBase):
    """`..` in a tuple or slice pattern."""


@dataclass(slots=True)
class MissingPat(PatBase):
    why: str


@dataclass(slots=True)
class BindPat(PatBase):
    """`ref mut name @ sub`. A plain name may turn out to be a constant or unit struct: resolve decides."""

    name: str
    binding: int  # dense id of the binding; the alternatives of an or-pattern share it
    by_ref: bool
    mutable: bool
    sub: Pat | None
    ctxt: Ctxt = 0


@dataclass(slots=True)
class PathPat(PatBase):
    path: Path


@dataclass(slots=True)
class TupleStructPat(PatBase):
    path: Path
    elems: list[Pat]


@dataclass(slots=True)
class StructPat(PatBase):
    path: Path
    fields: list[tuple[str, Pat]]
    has_rest: bool


@dataclass(slots=True)
class TuplePat(PatBase):
    elems: list[Pat]


@dataclass(slots=True)
class SlicePat(PatBase):
    elems: list[Pat]  # a rest is a RestPat or a BindPat over one


@dataclass(slots=True)
class RefPat(PatBase):
    inner: Pat
    mutable: bool


@dataclass(slots=True)
class BoxPat(PatBase):
    inner: Pat


@dataclass(slots=True)
class LitPat(PatBase):
    expr: Expr


@dataclass(slots=True)
class RangePat(PatBase):
    low: Expr | None
    high: Expr | None


@dataclass(slots=True)
class OrPat(PatBase):
    alternatives: list[Pat]


Pat = (
    WildPat
    | RestPat
    | MissingPat
    | BindPat
    | PathPat
    | TupleStructPat
    | StructPat
    | TuplePat
    | SlicePat
    | RefPat
    | BoxPat
    | LitPat
    | RangePat
    | OrPat
)


@dataclass(slots=True)
class Binding:
    """One local variable: `range` is its name where it is first bound."""

    id: int
    name: str
    range: Range
    mutable: bool
    by_ref: bool
    ctxt: Ctxt = 0


@dataclass(slots=True)
class Param:
    """`self` is a parameter whose pattern binds `self`; its type is written out (`&Self`, `Rc<Self>`)."""

    pat: Pat
    ty: TypeRef | None


@dataclass(slots=True)
class Body:
    """One function body, const or static initialiser."""

    params: list[Param]
    ret: TypeRef | None
    root: Expr
    expr_count: int
    pat_count: int
    bindings: list[Binding]
    closures: list[Closure]  # in source order, nested and macro-made ones too
    is_async: bool = False
    disabled: list[Expr] = field(default_factory=list)
    """What `cfg` switches off where there is no block to hold a `Disabled`."""
    problems: list[tuple[Range, str]] = field(default_factory=list)  # what could not be lowered, and why
    is_plain: bool = False
    """There is no async block in it, and nothing is missing."""
