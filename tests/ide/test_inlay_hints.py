"""Where hints stand and what they say: between « and »."""

import re

import pytest
from in_memory import view_of

from closurelens.ide.inlay_hints import HintKind, InlayHintsConfig, inlay_hints, resolve

CASES = {
    "borrows, a move": "fn f(a: String, mut b: String) { let c = «move(&mut b, a)»||«: FnOnce» { b.push(' '); a }; }",
    "nothing captured": "fn f() { let c = |x: i32|«: Fn» x; }",
    "a written `move`": "fn f(a: i32) { let c = move«(a)» ||«: Fn» a; }",
    "the contextual kind": "fn f(a: i32, v: Vec<i32>) { v.into_iter().map(«move(&a)»|x|«: FnMut» x + a); }",
    "fields": "struct S { x: i32 } impl S { fn f(&mut self) { let c = «move(&mut self.x)»||«: FnMut» self.x = 1; } }",
    "in a macro call": 'fn f(n: i32) { println!("{}", («move(&n)»||«: Fn» n)()); }',
    "nested": "fn f(n: i32) { let c = «move(&n)»||«: Fn» «move(&n)»|m: i32|«: Fn» n + m; }",
    "an async block": "async fn g(_: &i32) {} fn f(n: i32) { let c = async« move(&n)» { g(&n).await }; }",
    "an async block with `move`": "async fn g(_: &i32) {} fn f(n: i32) { let c = async move«(n)» { g(&n).await }; }",
    "an unknown context": "fn f(n: i32) { unknown(«move(&n)»||«: Fn?» n); }",
}


def shown(text: str, config: InlayHintsConfig) -> str:
    view = view_of(text)
    out = text
    for hint in sorted(inlay_hints(view, None, config), key=lambda hint: -hint.offset):
        label = f"{' ' * hint.padding_left}{hint.label}"
        out = f"{out[: hint.offset]}«{label}»{out[hint.offset :]}"
    return out


@pytest.mark.parametrize("name", CASES)
def test_hints(name: str) -> None:
    want = CASES[name]
    assert shown(re.sub("«.*?»", "", want), InlayHintsConfig()) == want


def test_kinds_are_switched_apart() -> None:
    text = "fn f(a: i32) { let c = || a; }"
    assert shown(text, InlayHintsConfig(traits=False)) == "fn f(a: i32) { let c = «move(&a)»|| a; }"
    assert shown(text, InlayHintsConfig(captures=False)) == "fn f(a: i32) { let c = ||«: Fn» a; }"


def test_uncertain_hints_can_be_hidden() -> None:
    text = "fn f(n: String) { unknown(|| n.no_such()); }"
    assert "?" in shown(text, InlayHintsConfig())
    assert shown(text, InlayHintsConfig(uncertain=False)) == text


def test_parts_lead_to_the_variable() -> None:
    text = "fn f(a: i32, b: i32) { let c = || a + b; }"
    hint = inlay_hints(view_of(text), None, InlayHintsConfig(traits=False))[0]
    targets = [text[part.target.start :][:1] for part in hint.parts if part.target is not None]
    assert targets == ["a", "b"]


def test_tooltips_say_why() -> None:
    view = view_of("fn f(mut a: i32) {\n    let mut c = ||\n        a += 1;\n}\n")
    hint = inlay_hints(view, None, InlayHintsConfig())[0]
    found = resolve(view, HintKind.CAPTURES, hint.closure)
    assert found is not None
    assert "`a` is assigned by `+=` (line 3)" in str(found.parts[1])
    trait = resolve(view, HintKind.TRAIT, hint.closure)
    assert trait is not None
    assert "needs `FnMut`" in trait.tooltip
    assert resolve(view, HintKind.TRAIT, hint.closure + 1) is None
