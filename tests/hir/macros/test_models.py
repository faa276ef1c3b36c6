"""Macros of published crates by cases."""

from pathlib import Path

import pytest
from expanding import Definitions, call_of
from test_rules import POSITIONS

from closurelens.hir.macros.api import Expansion, Failure, MacroCall, MacroDef
from closurelens.hir.macros.expander import Expander
from closurelens.hir.macros.models import modelled
from support.cases import Case, parse_cases

CASES = parse_cases(Path(__file__).with_name("models.md"))


class Models(Definitions):
    def lookup(self, call: MacroCall) -> MacroDef | None:
        return modelled("::".join(segment.name for segment in call.path.segments))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_model(case: Case) -> None:
    blocks = iter(case.blocks)
    for call, expected in zip(blocks, blocks, strict=True):
        position = POSITIONS[call.options.get("position", "expr")]
        answer = Expander(Models()).expand(call_of(call.code, position))
        match answer:
            case Expansion():
                told = "becomes", answer.text.decode().split()
            case Failure():
                told = "errors", answer.why.split()
            case _:
                raise AssertionError(answer)
        assert told == (expected.role, expected.code.split())


MARKUP = ["yew_macro::html", "dioxus_core_macro::rsx", "leptos_macro::view", "sycamore_macro::view"]


@pytest.mark.parametrize("macro", [*MARKUP, "paste::paste", "bitfield_macros::bitfield_fields"])
@pytest.mark.parametrize(
    "text",
    [
        *["<", "<a", "<a b=", "<a b={", "a {", "a { b:", "[<", "[<:>]", "for", "if", "if a", "{", "<@", ".."],
        *["a(", "a(b", "a(b=", "a(on:", "a::<", "a-", "(", "if a {} else", "match", "match a {", "match a { b =>"],
    ],
)
def test_any_tokens_give_an_answer(macro: str, text: str) -> None:
    closers = {"{": "}", "[": "]", "(": ")"}
    code = text + "".join(closers[char] for char in reversed(text) if char in closers and closers[char] not in text)
    assert isinstance(Expander(Models()).expand(call_of(f"{macro}!({code})", "expr")), Expansion | Failure)


@pytest.mark.parametrize("macro", MARKUP)
@pytest.mark.parametrize(
    "text", ["if a() { b {} }" + " else if a() { b {} }" * 300, "match a() { b => " * 300 + "c" + " }" * 300]
)
def test_long_chains_give_an_answer(macro: str, text: str) -> None:
    assert isinstance(Expander(Models()).expand(call_of(f"{macro}!({text})", "expr")), Expansion | Failure)


def test_paths_that_start_like_helpers_are_no_models() -> None:
    assert modelled("__tokio_select") is not None
    assert modelled("__krate::concat_inner") is None
