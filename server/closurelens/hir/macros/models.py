"""Procedural macros of published crates that are modelled: by rules (`proc_rules`), or by what they make of tokens.

A macro is known by its own crate and name, however it was re-exported. A model is the documented behaviour of the
macro; what it does not know it answers with a `Failure`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from closurelens.hir.macros.api import Answer, Failure, MacroCall, ModelledMacro
from closurelens.hir.macros.expansion import Arguments, Template
from closurelens.hir.macros.markup import html, view
from closurelens.hir.macros.paste import paste
from closurelens.hir.macros.proc_rules import RULES
from closurelens.hir.macros.rsx import rsx
from closurelens.hir.macros.transcribe import Output

if TYPE_CHECKING:
    from closurelens.hir.macros.expander import Expander

HELPER: Final = "__"
"""What the names of rules start with that only other rules call."""


def modelled(path: str) -> ModelledMacro | None:
    """The model of the macro `crate::name`; None: there is none."""
    return ModelledMacro(path) if path in RULES or path in _MAKERS else None


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
    "paste::paste": paste,
    "paste::item": paste,
    "paste::expr": paste,
    "pastey::paste": paste,
    "yew_macro::html": html,
    "yew::html": html,
    "leptos_macro::view": view,
    "leptos::view": view,
    "leptos::prelude::view": view,
    "dioxus_core_macro::rsx": rsx,
    "dioxus::prelude::rsx": rsx,
    "dioxus::rsx": rsx,
}
