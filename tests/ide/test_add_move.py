"""add_move: what it changes, and where it is refused."""

import pytest
from in_memory import with_cursor

from closurelens.ide.assists import ASSISTS, Offer, Refusal
from closurelens.text import TextRange, apply_edits

ASSIST = next(assist for assist in ASSISTS if assist.id == "add_move")

OFFERED = {
    "fn f(n: i32) -> impl Fn() -> i32 { $0|| n }": "fn f(n: i32) -> impl Fn() -> i32 { move || n }",
    "fn f(n: String) { let c = || n.l$0en(); }": "fn f(n: String) { let c = move || n.len(); }",
    "fn f(n: i32) { let c = || { $0|m: i32| n + m }; }": "fn f(n: i32) { let c = move || { move |m: i32| n + m }; }",
    "fn f(n: i32) { let c = $0|m: i32| Box::new(|k: i32| n + m + k); }": (
        "fn f(n: i32) { let c = move |m: i32| Box::new(move |k: i32| n + m + k); }"
    ),
    "fn f(n: i32) { let c = $0|| n; drop(n); }": "fn f(n: i32) { let c = move || n; drop(n); }",
    "fn f(s: String, b: bool) { if b { let c = $0|| s.len(); } else { drop(s); } }": (
        "fn f(s: String, b: bool) { if b { let c = move || s.len(); } else { drop(s); } }"
    ),
    "fn f() { for n in 0..3 { let s = String::new(); let c = $0|| s.len(); } }": (
        "fn f() { for n in 0..3 { let s = String::new(); let c = move || s.len(); } }"
    ),
    "async fn g(_: &str) {} fn f(s: String) { let c = $0async { g(&s).await }; }": (
        "async fn g(_: &str) {} fn f(s: String) { let c = async move { g(&s).await }; }"
    ),
}


@pytest.mark.parametrize("marked", OFFERED)
def test_offered(marked: str) -> None:
    view, at = with_cursor(marked)
    found = ASSIST.check(view, TextRange(at, at))
    assert isinstance(found, Offer), found
    assert apply_edits(view.document.text, ASSIST.edits(view, found.target)).decode() == OFFERED[marked]


REFUSED = {
    "fn f(s: String) {\n    let c = $0|| s.len();\n    drop(s);\n}": "used after it in line 3",
    "fn f(s: String) { loop { let c = $0|| s.len(); } }": "in each turn of a loop",
    "fn f() { let mut n = 0;\n let mut c = $0|| n += 1;\n c();\n drop(n); }": "would change a copy of `n`",
    "struct S { x: i32 } impl S { fn f(&self) { let c = $0|| self.x; } }": "behind the reference `self`",
}


@pytest.mark.parametrize("marked", REFUSED)
def test_refused(marked: str) -> None:
    view, at = with_cursor(marked)
    found = ASSIST.check(view, TextRange(at, at))
    assert isinstance(found, Refusal), found
    assert REFUSED[marked] in found.reason


NOT_ABOUT = [
    "fn f(n: i32) { let c = $0move || n; }",
    "fn f() { let c = $0|x: i32| x; }",
    "fn f(s: String) { let c = $0|| s; }",
    "fn f(n: i32) { $0let c = || n; }",
]


@pytest.mark.parametrize("marked", NOT_ABOUT)
def test_not_offered(marked: str) -> None:
    view, at = with_cursor(marked)
    assert ASSIST.check(view, TextRange(at, at)) is None
