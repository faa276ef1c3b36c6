"""`closurelens.records.dataclass` makes what `dataclasses.dataclass` makes."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from closurelens import records

Decorator = Callable[..., Any]


def classes(dataclass: Decorator) -> dict[str, Any]:
    @dataclass(slots=True)
    class Base:
        name: str
        note: str = dataclasses.field(default="", kw_only=True)

    @dataclass(slots=True)
    class Derived(Base):
        items: list[int] = dataclasses.field(default_factory=list)
        hidden: int = dataclasses.field(default=3, init=False, repr=False, compare=False)
        made: list[int] = dataclasses.field(default_factory=lambda: [1], init=False)

    @dataclass(slots=True)
    class Checked:
        x: int

        def __post_init__(self) -> None:
            self.x += 1

    @dataclass(slots=True, eq=False)
    class Same:
        x: int = 1

    class Plain(Base):
        pass

    @dataclass(slots=True, frozen=True)
    class Frozen:
        x: int

    @dataclass(slots=True)
    class Own:
        x: int

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "own"

    return {one.__name__: one for one in (Base, Derived, Checked, Same, Plain, Frozen, Own)}


ARGUMENTS = {
    "Base": [(("a",), {}), (("a",), {"note": "n"}), (("b",), {})],
    "Derived": [(("a",), {}), (("a", [1]), {}), (("a",), {"items": [2], "note": "x"})],
    "Checked": [((1,), {}), ((2,), {})],
    "Same": [((), {}), ((1,), {})],
    "Plain": [(("a",), {}), (("a",), {"note": "n"})],
    "Frozen": [((1,), {}), ((2,), {})],
    "Own": [((1,), {}), ((2,), {})],
}


def said(make: Callable[..., Any], *args: Any, **named: Any) -> str:
    try:
        return repr(make(*args, **named))
    except TypeError as error:
        return str(error).rpartition(".")[2]


@pytest.mark.parametrize("name", ARGUMENTS)
def test_instances_are_those_of_the_standard_library(name: str) -> None:
    ours, theirs = classes(records.dataclass)[name], classes(dataclasses.dataclass)[name]
    for args, named in [*ARGUMENTS[name], ((), {"nonsense": 1}), ((), {})]:
        assert said(ours, *args, **named) == said(theirs, *args, **named)
    mine = [ours(*args, **named) for args, named in ARGUMENTS[name]]
    yours = [theirs(*args, **named) for args, named in ARGUMENTS[name]]
    assert [[a == b for b in mine] for a in mine] == [[a == b for b in yours] for a in yours]
    assert mine[0] != yours[0] or name == "Own"
    assert said(lambda: hash(mine[0]) and 0) == said(lambda: hash(yours[0]) and 0)
    assert ours.__match_args__ == theirs.__match_args__
    assert getattr(ours, "__slots__", None) == getattr(theirs, "__slots__", None)
    assert [one.name for one in dataclasses.fields(ours)] == [one.name for one in dataclasses.fields(theirs)]
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
    assert [dataclasses.replace(one) for one in mine] == mine or name in ("Same", "Checked")


def test_a_class_has_its_own_functions_once_it_was_used() -> None:
    made = classes(records.dataclass)
    base, derived = made["Base"], made["Derived"]
    derived("a")
    assert "args" in inspect.signature(base.__init__).parameters
    assert "name" in inspect.signature(derived.__init__).parameters
    assert base("a") == base("a")
    assert base("a") != derived("a")
