"""What a pointer shows, and on what."""

import pytest
from in_memory import with_cursor

from closurelens.ide.hover import HoverConfig, hover

ON_CLOSURE = [
    "fn f(n: i32) { let c = $0|x: i32| x + n; }",
    "fn f(n: i32) { let c = |x: i32|$0 x + n; }",
    "fn f(n: i32) { let c = mo$0ve || n; }",
    "fn f(n: i32) { let $0c = || n; }",
    "fn f(n: i32) { let c = || n; $0c(); }",
]


@pytest.mark.parametrize("marked", ON_CLOSURE)
def test_on_a_closure(marked: str) -> None:
    view, at = with_cursor(marked)
    found = hover(view, at, HoverConfig())
    assert found is not None
    assert found.markdown.startswith("**closure: `Fn`**")
    assert "struct Closure1" in found.markdown


ON_NOTHING = [
    "fn $0f(n: i32) { let c = || n; }",
    "fn f(n: i32) { let c = || n; let $0d = 1; }",
    "fn f(n: i32) { let c = || { let m = 1; $0m + n }; }",
    "fn f(n: i32) { let c = || n; }$0",
]


@pytest.mark.parametrize("marked", ON_NOTHING)
def test_on_nothing(marked: str) -> None:
    view, at = with_cursor(marked)
    assert hover(view, at, HoverConfig()) is None


def test_on_a_captured_variable() -> None:
    view, at = with_cursor("struct P { x: i32 }\nfn f(mut p: P) {\n    let mut c = || $0p.x += 1;\n}\n")
    found = hover(view, at, HoverConfig())
    assert found is not None
    assert found.markdown.startswith("**`p.x`: mutable borrow by the closure of line 3**")
    assert found.range.slice(view.document.text) == b"p.x"


def text_at(marked: str, *, desugar: bool = False) -> str:
    view, at = with_cursor(marked)
    found = hover(view, at, HoverConfig(desugar=desugar))
    assert found is not None
    return found.markdown


def test_the_context_and_what_the_body_needs() -> None:
    text = text_at("fn g<F: FnOnce()>(_: F) {}\nfn f(n: String) { g($0|| { n.len(); }); }")
    assert text.startswith("**closure: `FnOnce`**")
    assert "Its body needs `Fn`" in text
    assert "`g` asks for `FnOnce`, so that is what it implements here." in text


def test_copy_follows_from_the_captures() -> None:
    assert "Implements also `FnMut`, `FnOnce`, `Copy`, `Clone`." in text_at("fn f(n: String) { let c = $0|| n.len(); }")
    assert "Implements also `FnMut`, `FnOnce`." in text_at("fn f(n: String) { let c = $0move || n.len(); }")
    assert "Implements also `FnOnce`." in text_at("fn f(mut n: i32) { let mut c = $0|| n += 1; }")


def test_the_capture_table() -> None:
    text = text_at("fn f(v: Vec<String>, n: i32) {\n    let c = $0move ||\n        v.len() as i32 + n;\n}\n")
    assert "| `v` | moved | `Vec<String>` | taken by value because of `move`, line 2 |" in text
    assert "| `n` | copied | `i32` |" in text


def test_what_is_not_certain_has_its_reason() -> None:
    text = text_at("fn f(n: String) { unknown($0|| other(n)); }")
    assert "(not certain)" in text
    assert "`other`" in text


def test_plain_text_has_no_markdown() -> None:
    view, at = with_cursor("fn f(n: i32) { let c = $0|| n; }")
    found = hover(view, at, HoverConfig())
    assert found is not None
    assert "```" not in found.plain
    assert "**" not in found.plain
    assert "struct Closure1<'a> {" in found.plain
