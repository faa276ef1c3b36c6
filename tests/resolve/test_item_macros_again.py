"""Item macros after an edit: what they expand to is that of the new text, and is made anew only where that differs."""

import pytest
from resolve_fixture import std

from closurelens.hir.macros import expander
from closurelens.project.load import loose_file
from closurelens.resolve.program import Program
from closurelens.ty.sig import Namespace

ROOT = "/w/lib.rs"
TEXT = b"""\
macro_rules! item { ($name:ident) => { pub struct $name; }; }
macro_rules! pair { ($($name:ident)*) => { $(item!($name);)* }; }
item!(A);
pair!(B C);
"""


class Edited:
    def __init__(self) -> None:
        self.text = TEXT
        self.program = Program(loose_file(ROOT), std(), lambda path: self.text if path == ROOT else None)

    def edit(self, old: bytes, new: bytes) -> None:
        assert old in self.text
        self.text = self.text.replace(old, new)
        self.program.forget(ROOT)

    def types(self) -> set[str]:
        crate = next(iter(self.program.graph.crates.values()))
        root = self.program.crate(crate).name
        return {name for namespace, name in self.program.children(root) if namespace is Namespace.TYPES}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the macros whose expansions were made, in order."""
    names: list[str] = []
    make = expander.make

    def counted(macro, *args):  # type: ignore[no-untyped-def]
        names.append(macro.name)
        return make(macro, *args)

    monkeypatch.setattr(expander, "make", counted)
    return names


def test_calls_that_have_stayed_are_not_expanded_again(made: list[str]) -> None:
    edited = Edited()
    assert edited.types() == {"A", "B", "C"}
    assert made == ["item", "pair", "item", "item"]
    made.clear()
    edited.edit(b"item!(A);", b"item!(A); pub struct D;")
    assert edited.types() == {"A", "B", "C", "D"}
    assert made == []


def test_other_arguments_are_expanded(made: list[str]) -> None:
    edited = Edited()
    edited.types()
    made.clear()
    edited.edit(b"item!(A)", b"item!(E)")
    assert edited.types() == {"E", "B", "C"}
    assert made == ["item"]


def test_another_definition_is_expanded() -> None:
    edited = Edited()
    edited.types()
    edited.edit(b"pub struct $name;", b"pub union Other { a: u8 }")
    assert edited.types() == {"Other"}


def test_edits_without_a_question_between_lose_nothing(made: list[str]) -> None:
    edited = Edited()
    edited.types()
    made.clear()
    for number in range(3):
        edited.edit(b"item!(A);", b"item!(A); pub struct D%d;" % number)
    assert edited.types() == {"A", "B", "C", "D0", "D1", "D2"}
    assert made == []
