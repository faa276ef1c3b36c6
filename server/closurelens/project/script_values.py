"""Values of expressions in a build script, as far as they are known: what std's methods make of them, and formatting.

Invariant: `None` is a value that is not known; whatever is made of it is not known either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from closurelens.project.model import CfgSet
from closurelens.records import dataclass
from closurelens.syntax.nodes import Node


@dataclass(slots=True, eq=True)
class Present:
    """`Some(value)` or `Ok(value)`."""

    value: Value


@dataclass(slots=True, eq=True)
class Absent:
    """`None` or `Err(_)`."""


@dataclass(slots=True, eq=True)
class Listed:
    values: tuple[Value, ...]


@dataclass(slots=True)
class Lambda:
    """A closure, with the text and the variables where it stands."""

    node: Node
    source: bytes
    variables: dict[str, Value]


Value = bool | str | Present | Absent | Listed | Lambda | None
Call = Callable[[Lambda, Value], Value]

UNKNOWN_TEXT = "\0"
"""Stands in a formatted text for what is not known."""

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_UNCHANGED = """
    as_bytes as_deref as_mut as_ref as_slice as_str borrow clone cloned copied deref into into_boxed_str into_iter
    into_string iter ok to_owned to_str to_string to_string_lossy
"""
_SAME = frozenset(_UNCHANGED.split())
_OF_TEXT: Mapping[str, Callable[[str], Value]] = {
    "is_empty": lambda text: not text,
    "to_ascii_lowercase": str.lower,
    "to_ascii_uppercase": str.upper,
    "to_lowercase": str.lower,
    "to_uppercase": str.upper,
    "trim": str.strip,
}
_OF_TEXTS: Mapping[str, Callable[[str, str], Value]] = {
    "contains": lambda text, part: part in text,
    "ends_with": str.endswith,
    "eq": str.__eq__,
    "eq_ignore_ascii_case": lambda text, other: text.lower() == other.lower(),
    "ne": str.__ne__,
    "split": lambda text, part: Listed(tuple(text.split(part))) if part else None,
    "starts_with": str.startswith,
}


def method(name: str, receiver: Value, arguments: Sequence[Value], call: Call) -> Value:
    """`receiver.name(arguments)`; `call` calls a closure with one argument."""
    if name in _SAME and not arguments:
        return Present(receiver) if name == "to_str" and isinstance(receiver, str) else receiver
    match receiver, arguments:
        case str(text), ():
            known = _OF_TEXT.get(name)
            return None if known is None else known(text)
        case str(text), (str(other),):
            with_text = _OF_TEXTS.get(name)
            return None if with_text is None else with_text(text, other)
        case str(text), (str(old), str(new)) if name == "replace":
            return text.replace(old, new)
        case ((Present() | Absent()), _):
            return _of_option(name, receiver, arguments, call)
        case Listed(values), (found,) if name == "contains" and found is not None and None not in values:
            return found in values
        case Listed(values), (Lambda() as test,) if name in ("any", "all"):
            return _over(values, test, call, decisive=name == "any")
    return None


def _of_option(name: str, receiver: Present | Absent, arguments: Sequence[Value], call: Call) -> Value:
    inner = receiver.value if isinstance(receiver, Present) else None
    is_present = isinstance(receiver, Present)
    match name, arguments:
        case (("is_ok" | "is_some"), ()):
            return is_present
        case (("is_err" | "is_none"), ()):
            return not is_present
        case (("unwrap" | "expect"), _):
            return inner
        case "unwrap_or_default", ():
            return inner if is_present else ""
        case "unwrap_or", (other,):
            return inner if is_present else other
        case "unwrap_or_else", (Lambda() as other,):
            return inner if is_present else call(other, None)
        case (("is_ok_and" | "is_some_and"), (Lambda() as test,)):
            return call(test, inner) if is_present else False
        case "is_none_or", (Lambda() as test,):
            return call(test, inner) if is_present else True
        case "map_or", (other, Lambda() as function):
            return call(function, inner) if is_present else other
        case "map", (Lambda() as function,):
            return Present(call(function, inner)) if is_present else receiver
        case "and_then", (Lambda() as function,):
            return call(function, inner) if is_present else receiver
    return None


def _over(values: tuple[Value, ...], test: Lambda, call: Call, *, decisive: bool) -> bool | None:
    answers = [call(test, value) for value in values]
    if decisive in answers:
        return decisive
    return not decisive if all(isinstance(answer, bool) for answer in answers) else None


def same(left: Value, right: Value) -> bool | None:
    match left, right:
        case (Present(a), Present(b)):
            return same(a, b)
        case (Present(), Absent()) | (Absent(), Present()):
            return False
        case (Absent(), Absent()):
            return True
        case (bool(), bool()) | (str(), str()):
            return left == right
    return None


def formatted(template: str, positional: Sequence[Value], named: Mapping[str, Value]) -> str:
    """What `format!` makes, with `UNKNOWN_TEXT` for each argument that is not known."""
    following = iter(positional)

    def argument(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        name, _, spec = match[1].partition(":")
        name = name.strip()
        value: Value
        if not name:
            value = next(following, None)
        elif name.isdigit():
            value = positional[int(name)] if int(name) < len(positional) else None
        else:
            value = named.get(name)
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, str) or spec not in ("", "?"):
            return UNKNOWN_TEXT
        return f'"{value}"' if spec else value

    return _PLACEHOLDER.sub(argument, template)


def environment(name: str, cfg: CfgSet) -> Value:
    """What `env::var(name)` gives a script that cargo runs, for a package with these options."""
    if name.startswith("CARGO_FEATURE_"):
        wanted = name.removeprefix("CARGO_FEATURE_")
        features = (value for key, value in cfg.options if key == "feature" and value is not None)
        if any(value.upper().replace("-", "_") == wanted for value in features):
            return Present("1")
        return None if "feature" in cfg.open else Absent()
    if not name.startswith("CARGO_CFG_"):
        return None
    option = name.removeprefix("CARGO_CFG_").lower()
    if option in cfg.open or option in ("feature", "debug_assertions", "test", "doc"):
        return None
    values = sorted(value or "" for key, value in cfg.options if key == option)
    if not values:
        return Absent()
    # Those with many values depend on flags, and come in an order of their own.
    return Present(values[0] if len(values) == 1 else None)
