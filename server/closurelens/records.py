"""`dataclass`, whose `__init__` and `__eq__` are made when they are first used.

To make them takes most of the time that importing hundreds of small classes takes, and a run uses few of them.
Invariant: instances are as those of a class that `dataclasses.dataclass` has made.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, field, replace
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass", "field", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, eq=True, repr=True, **options):
        """As `dataclasses.dataclass`; classes that are frozen or can be hashed are made at once."""
        if options != {"slots": True}:
            return dataclasses.dataclass(eq=eq, repr=repr, **options)

        def decorate(cls):
            own = cls.__dict__
            has_init, has_eq, has_hash, has_repr = [
                name in own for name in ("__init__", "__eq__", "__hash__", "__repr__")
            ]
            if not cls.__doc__:
                cls.__doc__ = cls.__name__  # else a signature is made for it
            made = dataclasses.dataclass(slots=True, init=False, eq=False, repr=False)(cls)
            if not has_init:
                _init_later(made)
            if eq and not has_eq:
                _eq_later(made)
            if eq and not has_hash:
                made.__hash__ = None
            if repr and not has_repr:
                made.__repr__ = _repr
            return made

        return decorate


_NOT_GIVEN = object()


def _init_later(cls: type[Any]) -> None:
    def __init__(self: Any, *args: Any, **named: Any) -> None:
        made = _init_of(cls)
        cls.__init__ = made
        made(self, *args, **named)

    cls.__init__ = __init__


def _init_of(cls: type[Any]) -> Any:
    """A function of all fields, in their order; those that are only named come last."""
    known: dict[str, Any] = {"_NOT_GIVEN": _NOT_GIVEN}
    head, named, body = ["self"], list[str](), list[str]()
    for one in dataclasses.fields(cls):
        name = one.name
        known[f"_default_{name}"] = one.default
        known[f"_factory_{name}"] = one.default_factory
        has_factory = one.default_factory is not MISSING
        if one.init:
            default = f"=_default_{name}" if one.default is not MISSING else "=_NOT_GIVEN" if has_factory else ""
            (named if one.kw_only else head).append(name + default)
        if has_factory:
            made = f"_factory_{name}()"
            body.append(
                f"self.{name} = {made} if {name} is _NOT_GIVEN else {name}" if one.init else f"self.{name} = {made}"
            )
        elif one.init:
            body.append(f"self.{name} = {name}")
        elif one.default is not MISSING:
            body.append(f"self.{name} = _default_{name}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join([*head, "*", *named] if named else head)
    return _made("__init__", parameters, body or ["pass"], known, cls)


def _eq_later(cls: type[Any]) -> None:
    def __eq__(self: object, other: object) -> bool:
        made = _eq_of(cls)
        cls.__eq__ = made
        found: bool = made(self, other)
        return found

    cls.__eq__ = __eq__  # type: ignore[assignment]


def _eq_of(cls: type[Any]) -> Any:
    names = [one.name for one in dataclasses.fields(cls) if one.compare]
    left, right = ("".join(f"{of}.{name}," for name in names) for of in ("self", "other"))
    body = ["if other.__class__ is self.__class__:", f" return ({left}) == ({right})", "return NotImplemented"]
    return _made("__eq__", "self, other", body, {}, cls)


def _made(name: str, parameters: str, body: list[str], known: dict[str, Any], cls: type[Any]) -> Any:
    exec(f"def {name}({parameters}):\n " + "\n ".join(body), known)
    made = known[name]
    made.__qualname__ = f"{cls.__qualname__}.{name}"
    return made


@recursive_repr()
def _repr(self: Any) -> str:
    shown = [f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr]
    return f"{self.__class__.__qualname__}({', '.join(shown)})"
