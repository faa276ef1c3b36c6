"""Variables of a macro's code while it is followed, and what becomes of the item through them.

Invariant: a change of a part of the item counts for all its copies, whenever it was made.
"""

from __future__ import annotations

import re
from abc import abstractmethod

from closurelens.hir.macros.tokens import words
from closurelens.records import dataclass, field
from closurelens.resolve.attributes.source import File, MacroCrate
from closurelens.resolve.attributes.values import (
    ELEMENT,
    EMPTY,
    FAILURE,
    OTHER,
    PARSED,
    Access,
    Choice,
    Each,
    FieldPath,
    Part,
    Tokens,
    Value,
    choice,
    inside,
)
from closurelens.syntax.nodes import Node

KINDS = words("""
    Const Enum ExternCrate Fn ForeignMod Impl Macro Mod Static Struct Trait TraitAlias Type Union Use Verbatim
""")
"""The variants of `syn::Item`."""
_ITEM_TYPES = {f"Item{kind}": kind for kind in KINDS} | {"ImplItemFn": "Fn", "TraitItemFn": "Fn"}


@dataclass(slots=True)
class Variable:
    """`let`: tells declarations of one name apart; an assignment keeps it."""

    value: Value
    is_mut: bool
    let: int = 0


Names = dict[str, Variable]


@dataclass(slots=True)
class Frame:
    """A call that is followed: where its code is, and what it has returned so far."""

    file: File
    owner: str
    gives_option: bool
    returned: list[Value] = field(default_factory=list)
    jumps: list[Names] = field(default_factory=list)
    """The variables where the loop around is left or begun anew."""


@dataclass(slots=True)
class Scopes:
    """`kind`: the item's, as `syn::Item` names it. `changed`: parts of it that may have been; `stored`: what was put
    in the place of others.
    """

    crate: MacroCrate
    kind: str
    changed: set[FieldPath] = field(default_factory=set)
    stored: list[tuple[FieldPath, Value]] = field(default_factory=list)
    _steps: int = 0
    _depth: int = 0
    _calls: list[Node] = field(default_factory=list)

    def _typed(self, value: Value, ty: Node | None, frame: Frame) -> Value:
        """A value where a type is written."""
        if ty is None or (value is not PARSED and (not isinstance(value, Part) or value.path)):
            return value
        return self._as(value, ty.text(frame.file.text), frame)

    def _as(self, value: Value, ty: str, frame: Frame) -> Value:
        found = re.findall(r"\w+", ty)
        known = [name for name in found if name not in ("mut", "dyn", "impl", "Box", "Result", "Option", "_")]
        if value is PARSED:
            if not known or known[-1] not in _ITEM_TYPES:
                return OTHER
            value = Part()
        if known and known[-1] in self.crate.own_types and "::" not in ty:
            self._escape(value)
            return self._parsed(known[-1], frame)
        if known and known[-1] in _ITEM_TYPES and _ITEM_TYPES[known[-1]] != self.kind:
            return FAILURE
        return value

    @abstractmethod
    def _parsed(self, ty: str, frame: Frame) -> Value:
        """What a type of the crate's own is made of when the item is parsed as that."""

    def _change(self, path: FieldPath) -> None:
        self.changed.add(path)

    def _escape(self, value: Value) -> None:
        """The value gets where it is not followed: what it refers to by `&mut` may be changed there."""
        work = [value]
        while work:
            here = work.pop()
            if isinstance(here, Part):
                if here.access is Access.MUT:
                    self._change(here.path)
            elif not isinstance(here, Tokens):
                work.extend(inside(here))

    def _escape_all(self, values: list[Value]) -> None:
        for value in values:
            self._escape(value)

    def _bind_name(self, names: Names, frame: Frame, node: Node, value: Value, *, is_mut: bool) -> None:
        if isinstance(value, Part):
            value = Part(value.path, value.access)
        self._steps += 1
        names[node.text(frame.file.text)] = Variable(value, is_mut, self._steps)

    def _join(self, names: Names, branches: list[Names]) -> None:
        """What the variables are after one of several branches."""
        if not branches:
            return
        for name in set().union(*branches):
            found = [branch[name] for branch in branches if name in branch]
            first = found[0]
            if all(one is first for one in found) and len(found) == len(branches):
                names[name] = first
            elif name in names or len(found) == len(branches):
                names[name] = Variable(
                    choice([one.value for one in found]), any(one.is_mut for one in found), first.let
                )

    def _restore(self, names: Names, branches: list[Names]) -> None:
        """As `_join`; names that a pattern has bound over others are those others again."""
        kept = [
            {name: branch[name] if branch[name].let == names[name].let else names[name] for name in names}
            for branch in branches
        ]
        self._join(names, kept)

    def _variable(self, name: str, names: Names) -> Value:
        found = names.get(name)
        if found is None:
            return EMPTY if name == "None" else OTHER
        value = found.value
        if isinstance(value, Part):
            return Part(value.path, value.access, is_fixed=value.access is Access.OWNED and not found.is_mut)
        return value

    def _lend(self, node: Node | None, names: Names, frame: Frame) -> None:
        """`&mut` of a variable that holds tokens: what it holds then is not followed."""
        if node is not None and node.kind in ("identifier", "self"):
            name = node.text(frame.file.text)
            found = names.get(name)
            if found is not None:
                self._escape(found.value)
                names[name] = Variable(OTHER, found.is_mut, found.let)

    def _element(self, value: Value) -> Value:
        match value:
            case Part(path, access):
                return Part((*path, ELEMENT), access)
            case Each(element):
                return element
            case Choice(options):
                return choice([self._element(option) for option in options])
            case _:
                self._escape(value)
                return OTHER
