"""Procedural macros of published crates that are modelled: by rules (`proc_rules`), or by what they make of tokens.

A macro is known by its own crate and name, however it was re-exported. A model is the documented behaviour of the
macro; what it does not know it answers with a `Failure`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from closurelens.hir.macros import unread_rules
from closurelens.hir.macros.api import Answer, Failure, MacroCall, ModelledMacro
from closurelens.hir.macros.bitfields import bitfield_constructor, bitfield_fields
from closurelens.hir.macros.definition import RulesMacro
from closurelens.hir.macros.expansion import Arguments, Template
from closurelens.hir.macros.leptos_view import view
from closurelens.hir.macros.markup import html
from closurelens.hir.macros.paste import paste
from closurelens.hir.macros.proc_rules import RULES
from closurelens.hir.macros.rsx import rsx
from closurelens.hir.macros.sycamore_view import view as sycamore_view
from closurelens.hir.macros.transcribe import Output
from closurelens.hir.macros.variadics import all_tuples, all_tuples_enumerated, all_tuples_with_size

if TYPE_CHECKING:
    from closurelens.hir.macros.expander import Expander

HELPER: Final = "__"
"""What the names of rules start with that only other rules call."""


def modelled(path: str) -> ModelledMacro | None:
    """The model of the procedural macro `crate::name`; None: there is none."""
    if path in RULES or path in _MAKERS or (path.startswith(HELPER) and path in unread_rules.RULES):
        return ModelledMacro(path)
    return None


def unread(path: str) -> ModelledMacro | None:
    """The model of a macro in a crate whose source is not at hand, by the path that was written."""
    crate, _, rest = path.partition("::")
    short = f"{crate}::{rest.rpartition('::')[2]}"
    if short in unread_rules.RULES:
        return ModelledMacro(short)
    if short in _FACADES:
        return ModelledMacro(_FACADES[short])
    return modelled(short)


def rules_of(path: str) -> RulesMacro | None:
    """The rules of a model; None: it is one of `expand_modelled`."""
    return RULES.get(path) or unread_rules.RULES.get(path)


def expand_modelled(expander: Expander, call: MacroCall, path: str) -> Answer:
    """Of a path that has no rules."""
    name = path.rpartition("::")[2]
    arguments = expander.arguments(call)
    if arguments is None:
        return Failure(f"the arguments of `{name}!` are unbalanced", call.source)
    output = _MAKERS[path](arguments)
    if isinstance(output, str):
        return Failure(f"`{name}!` is not understood: {output}", call.source)
    template = Template(output)
    if not template.parse(call.position):
        return Failure(f"the expansion of `{name}!` does not parse", call.source)
    return expander.finish(call, template, arguments, None)


_MAKERS: dict[str, Callable[[Arguments], Output | str]] = {
    "bitfield_macros::bitfield_constructor": bitfield_constructor,
    "bitfield_macros::bitfield_fields": bitfield_fields,
    "paste::paste": paste,
    "paste::item": paste,
    "paste::expr": paste,
    "pastey::paste": paste,
    "yew_macro::html": html,
    "leptos_macro::view": view,
    "dioxus_core_macro::rsx": rsx,
    "sycamore_macro::view": sycamore_view,
    "variadics_please::all_tuples": all_tuples,
    "variadics_please::all_tuples_enumerated": all_tuples_enumerated,
    "variadics_please::all_tuples_with_size": all_tuples_with_size,
}

_FACADES = {
    "dioxus::rsx": "dioxus_core_macro::rsx",
    "dioxus_core::rsx": "dioxus_core_macro::rsx",
    "leptos::view": "leptos_macro::view",
    "sycamore::view": "sycamore_macro::view",
    "yew::classes": "yew_macro::classes",
    "yew::html": "yew_macro::html",
}
"""Procedural macros by the crates through which users name them."""
