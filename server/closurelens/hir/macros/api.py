"""What lowering and resolve share with macro expansion: calls, definitions, answers.

A `Source` is a text with its history: the `Chunk` that a person wrote, or the `Expansion` of a macro call. Lowering
reads nodes of either in the same way and asks the source where something stands in the chunk (`locate`), whose
identifier it is (`ctxt_at`) and which crate a `crate` means (`crate_at`). A macro call found in an expansion is a
`MacroCall` whose `source` is that expansion, so nothing about the tokens is lost on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from closurelens.hir.types import Ctxt, Path
from closurelens.records import dataclass, field
from closurelens.syntax.nodes import Node

Range = tuple[int, int]

Position = Literal["expr", "stmt", "pat", "type", "item"]
"""Where a call stands. "stmt": it may give any number of statements and a tail; a call with parentheses or brackets
that ends a block without `;` is an "expr". "item" also covers the items of an impl, trait or extern block."""

Delimiter = Literal["(", "[", "{"]


class Source:
    """A text that is lowered; offsets given to its methods are bytes of `text`.

    No `ABC`, whose `isinstance` is slow: this is asked for at every step.
    """

    __slots__ = ("depth", "text")

    text: bytes
    depth: int
    """How many expansions lie between the chunk and this text; 0 for the chunk itself."""

    def locate(self, start: int, end: int) -> tuple[Range, bool]:
        """Where text[start:end] was written, in the chunk, and whether the macro's own tokens are part of it.

        If they are, the range is the outermost macro call (`Expr.in_macro`).
        """
        raise NotImplementedError

    def ctxt_at(self, at: int) -> Ctxt:
        """The hygiene of the identifier, lifetime or string literal that starts at `at`."""
        raise NotImplementedError

    def crate_at(self, at: int) -> str | None:
        """The crate that the keyword `crate` at `at` means, since `$crate` was written; None: the chunk's own crate."""
        raise NotImplementedError

    def edition_at(self, at: int) -> int:
        """The edition of the crate whose author wrote the token at `at`."""
        raise NotImplementedError


class Chunk(Source):
    """Text as written. `shift` is added to its offsets by `locate`."""

    __slots__ = ("edition", "shift")

    def __init__(self, text: bytes, edition: int = 2021, shift: int = 0) -> None:
        self.text = text
        self.depth = 0
        self.edition = edition
        self.shift = shift

    def locate(self, start: int, end: int) -> tuple[Range, bool]:
        return (start + self.shift, end + self.shift), False

    def ctxt_at(self, at: int) -> Ctxt:
        return 0

    def crate_at(self, at: int) -> str | None:
        return None

    def edition_at(self, at: int) -> int:
        return self.edition


@dataclass(slots=True)
class MacroCall:
    """`path!(..)`. `args` is the range inside the delimiters and `range` the whole call, both in `source.text`."""

    path: Path
    source: Source
    args: Range
    delimiter: Delimiter
    position: Position
    range: Range


# Definitions


class MacroRules(Protocol):
    """A `macro_rules!` or `macro` definition, made by `macro_rules`; its rules are parsed when first used."""

    @property
    def name(self) -> str: ...

    @property
    def crate(self) -> str: ...

    @property
    def edition(self) -> int: ...


@dataclass(slots=True)
class StdMacro:
    """A macro of std that is modelled here; made by `std_macro`."""

    name: str


@dataclass(slots=True)
class ModelledMacro:
    """A procedural macro with a model, `crate::name`; made by `modelled`."""

    path: str


@dataclass(slots=True)
class OpaqueMacro:
    """A macro that exists and cannot be expanded: a procedural macro, one whose definition is not at hand."""

    why: str


MacroDef = MacroRules | StdMacro | ModelledMacro | OpaqueMacro


class MacroResolver(Protocol):
    def lookup(self, call: MacroCall) -> MacroDef | None:
        """The macro that `call.path` means where the call stands; None: there is none of this name.

        A path with `Path.crate` "core", "alloc" or "std" is never asked for.
        """


@dataclass(slots=True)
class Context:
    """What expansion needs to know of the crate that is expanded: its name in `Path.crate`, and its configuration.

    `cfg` decides a predicate's text: None when it cannot be known.
    """

    crate: str = "crate"
    cfg: Callable[[str], bool | None] = lambda text: None


# Answers


class Expansion(Source):
    """The text that a call stands for, parsed for its position.

    `node`: the expression, pattern or type; for "stmt" a `block` and for "item" a `source_file` with what there is, an
    `Outline` with its `late` blocks. For "expr" it is a `block` also where there are statements: the call then ends an
    expansion that is statements itself.
    Its tokens are joined by blanks. Where an argument's precedence needs it, there are parentheses that nobody wrote.
    """

    __slots__ = ("call", "late", "node")

    call: MacroCall
    node: Node
    late: Mapping[int, int]


@dataclass(slots=True)
class FormatExpr:
    """An explicit argument: a node of `FormatArgsForm.source`."""

    node: Node


@dataclass(slots=True)
class FormatCapture:
    """An inline `{name}`; `range` is the name's inside of the string, in the chunk, as `locate` gives it."""

    name: str
    range: Range
    in_macro: bool
    ctxt: Ctxt


@dataclass(slots=True)
class FormatArgsForm:
    """`format_args!(..)`: every argument is borrowed once, in this order."""

    source: Source
    args: list[FormatExpr | FormatCapture]


@dataclass(slots=True)
class AsmForm:
    """`asm!(..)`. Directions as in `InlineAsm`; an `inout` with two places is an "in" and an "out"."""

    source: Source
    operands: list[tuple[str, Node]]


@dataclass(slots=True)
class OffsetOfForm:
    """`offset_of!(ty, fields)`."""

    source: Source
    ty: Node


@dataclass(slots=True)
class Failure:
    """No expansion, and why (a phrase). `inside`: the expressions found in the arguments, nodes of `source`."""

    why: str
    source: Source
    inside: list[Node] = field(default_factory=list)


Answer = Expansion | FormatArgsForm | AsmForm | OffsetOfForm | Failure


class CtxtOrigin(Protocol):
    """How a nonzero `Ctxt` came to be, for names of locals that a macro's body takes from around its definition.

    A macro declared by a statement sees the locals above it. So on the way out through the scopes, an identifier with
    context c that passes the statement declaring `definition` goes on with `parent`.
    """

    @property
    def parent(self) -> Ctxt: ...

    @property
    def definition(self) -> MacroDef: ...


class Expansions(Protocol):
    """How far an expander has come. `ctxt` is the context that the next expansion gets."""

    @property
    def ctxt(self) -> Ctxt: ...


class Expanded(Protocol):
    """What expanding the calls of a statement has added to an expander."""


class ExpanderApi(Protocol):
    """Expands the calls of one body (or one file's items): contexts are unique within it."""

    def expand(self, call: MacroCall) -> Answer: ...

    def ctxt_origin(self, ctxt: Ctxt) -> CtxtOrigin: ...

    def expansions(self) -> Expansions | None:
        """Where the expander is; None when an expansion can depend on more than the context it gets."""

    def expanded_since(self, before: Expansions) -> Expanded | None:
        """What has been expanded since; None when `expand_again` could not stand for it."""

    def expand_again(self, expanded: Expanded) -> bool:
        """As if the same calls had been expanded in the same state; False when there are too many of them."""
