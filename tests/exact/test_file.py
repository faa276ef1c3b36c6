"""Asking rustc about files without a package."""

import textwrap
from pathlib import Path

from closurelens.exact import ExactAnswers, FileOptions, ask_file, ask_sources
from closurelens.exact.model import Closure, DoesNotCompile, Flavour, NoCompiler, TimedOut, Trait, Unanswered
from closurelens.exact.places import display_capture


def answered(source: str, edition: str = "2021") -> tuple[list[tuple[str, Closure]], ExactAnswers]:
    """Each closure with its text."""
    text = textwrap.dedent(source).encode()
    answers = ask_file(text, edition)
    assert isinstance(answers, ExactAnswers), answers
    return [(text[c.start : c.end].decode(), c) for c in answers.files["lib.rs"].closures.values()], answers


def captures(closure: Closure) -> list[str]:
    return [display_capture(c.place, c.mode) for c in closure.captures]


def test_everything_about_a_closure() -> None:
    (answer,), answers = answered("""
        struct P { x: i32, s: String, big: [u8; 4] }
        fn f(mut p: P) -> impl FnOnce() {
            move || { p.x += 1; drop(p.s); }
        }
    """)
    text, closure = answer
    assert text == "move || { p.x += 1; drop(p.s); }"
    assert closure.flavour is Flavour.CLOSURE
    assert (closure.natural, closure.kind) == (Trait.FN_ONCE, Trait.FN_ONCE)
    assert captures(closure) == ["copy p.x", "p.s"]
    assert [c.ty for c in closure.captures] == ["i32", "std::string::String"]
    assert [display_capture(u.place, u.mode) for u in closure.uses] == ["&mut p.x", "p.s"]
    assert answers.rustc.startswith("rustc 1.")
    assert answers.errors == []


def test_uses_point_into_the_original_text() -> None:
    source = "fn f(a: String, b: String) { let c = || { let d = || a.len(); d() + b.len() }; c(); }\n"
    (outer, inner), _ = answered(source)
    spans = [u.span for u in outer[1].uses]
    assert [source[s.start : s.end] for s in spans if s] == ["a", "b"]
    assert inner[0] == "|| a.len()"


def test_the_deciding_use_is_told_apart_from_the_one_that_fixed_the_place() -> None:
    source = "fn f(mut p: (String, i32)) { let mut c = || { p.0.push('x'); let q = &p; }; c(); }\n"
    ((_, closure),), _ = answered(source)
    (capture,) = closure.captures
    assert display_capture(capture.place, capture.mode) == "&mut p"
    assert capture.path and capture.decider
    assert source[capture.path.start : capture.path.end] == "p"
    assert source[capture.decider.start : capture.decider.end] == "p.0"


def test_a_use_in_a_macro_points_at_the_macro_call_or_its_argument() -> None:
    source = (
        "macro_rules! get { ($p:ident) => { $p.0 } }\n"
        "fn f(p: (i32, i32)) { let c = || get!(p) + { let s = p.1; s }; c(); }\n"
    )
    ((_, closure),), _ = answered(source)
    assert captures(closure) == ["&p.0", "&p.1"]
    assert all(u.span is not None for u in closure.uses)


def test_parentheses_around_a_closure_do_not_hide_it() -> None:
    found, _ = answered("fn f(s: String) { let n = ( ( || s.len() ) )(); }\n")
    assert [text for text, _ in found] == ["|| s.len()"]


def test_bytes_beyond_ascii_before_a_closure() -> None:
    found, _ = answered('fn f(s: String) { let é = "日本"; let c = || s.len(); /* ü */ let d = || é; (c(), d()); }\n')
    assert [(text, captures(c), c.kind) for text, c in found] == [
        ("|| s.len()", ["&s"], Trait.FN),
        ("|| é", ["&é"], Trait.FN),
    ]


def test_crlf_and_a_byte_order_mark() -> None:
    text = b"\xef\xbb\xbffn f(s: String) {\r\n    let c = || s.len();\r\n    let d = || s.len();\r\n}\r\n"
    answers = ask_file(text, "2021")
    assert isinstance(answers, ExactAnswers)
    closures = answers.files["lib.rs"].closures.values()
    assert [text[c.start : c.end] for c in closures] == [b"|| s.len()"] * 2
    assert [c.kind for c in closures] == [Trait.FN] * 2


def test_a_program_is_compiled_as_one() -> None:
    found, answers = answered("fn main() { let n = 1; let c = || n; c(); }\n")
    assert captures(found[0][1]) == ["&n"]
    assert not answers.errors


def test_a_macro_that_refuses_attributes_keeps_its_closures_to_itself_only() -> None:
    found, answers = answered("""
        macro_rules! body { (|$x:ident| $e:expr) => { { let $x = 1; $e } } }
        fn f(s: String) {
            let n = body!(|x| x + 1);
            let c = || s.len();
            c();
        }
    """)
    assert [text for text, _ in found] == ["|| s.len()"]
    assert list(answers.files["lib.rs"].unanswered.values()) == [Unanswered.BROKEN_BY_ATTRIBUTE]
    assert answers.errors == []


def test_what_is_not_compiled_is_said_to_be_so() -> None:
    found, answers = answered("""
        #[cfg(any())]
        fn f(s: String) { let c = || s.len(); }
        fn g() { let d = || 1; }
    """)
    assert [text for text, _ in found] == ["|| 1"]
    assert list(answers.files["lib.rs"].unanswered.values()) == [Unanswered.NOT_COMPILED]


def test_copies_of_a_closure_that_capture_differently_are_not_answered() -> None:
    found, answers = answered("""
        macro_rules! twice { ($e:expr) => { { let s = String::new(); $e; } { let t = 1; $e; } } }
        fn show(v: &[i32]) {}
        macro_rules! both { ($v:ident, $f:expr) => {
            fn a($v: Vec<i32>) { let c = $f; }
            fn b($v: &Vec<i32>) { let c = $f; }
        } }
        both!(v, || v.len());
    """)
    assert found == []
    assert list(answers.files["lib.rs"].unanswered.values()) == [Unanswered.EXPANSIONS_DIFFER]


def test_copies_of_a_closure_that_agree_are_answered() -> None:
    found, _ = answered("""
        macro_rules! twice { ($f:expr) => { ($f, $f) } }
        fn f(s: String) { let (a, b) = twice!(|| s.len()); a(); b(); }
    """)
    assert [captures(c) for _, c in found] == [["&s"]]


def test_errors_elsewhere_do_not_stop_the_answers() -> None:
    found, answers = answered("""
        fn f(s: String) { let c = || s.len(); c(); }
        fn g() { let n: i32 = "x"; }
        fn h(s: String) { let d = || drop(s); d(); d(); }
    """)
    assert [captures(c) for _, c in found] == [["&s"], ["s"]]
    assert [c.kind for _, c in found] == [None, None], "no MIR without a sound crate"
    assert {e.code for e in answers.errors} == {"E0308", "E0382"}
    assert answers.errors[0].file == "lib.rs"
    assert answers.errors[0].span is not None


def test_borrow_errors_are_the_users_own() -> None:
    _, answers = answered("fn h(s: String) { let d = || drop(s); d(); d(); }\n")
    assert [e.code for e in answers.errors] == ["E0382"]


def test_a_text_that_does_not_parse() -> None:
    answers = ask_file(b"fn f( { let c = || 1; }\n", "2021")
    assert isinstance(answers, DoesNotCompile)
    assert answers.errors
    assert "does not compile" in answers.message


def test_a_text_without_closures_is_not_compiled() -> None:
    answers = ask_file(b'fn f() -> i32 { "wrong" }\n', "2021")
    assert isinstance(answers, ExactAnswers)
    assert answers.files["lib.rs"].closures == {}


def test_no_compiler() -> None:
    answers = ask_file(b"fn f() { let c = || 1; }\n", "2021", FileOptions(rustc="no-such-rustc"))
    assert isinstance(answers, NoCompiler)
    assert "not on the PATH" in answers.message


def test_a_compiler_that_fails(tmp_path: Path) -> None:
    fake = tmp_path / "rustc"
    fake.write_text("#!/bin/sh\necho 'error: no toolchain is installed' >&2\nexit 1\n")
    fake.chmod(0o755)
    answers = ask_file(b"fn f() { let c = || 1; }\n", "2021", FileOptions(rustc=str(fake)))
    assert isinstance(answers, NoCompiler)
    assert "no toolchain" in answers.message


def test_a_compiler_that_never_answers(tmp_path: Path) -> None:
    fake = tmp_path / "rustc"
    fake.write_text("#!/bin/sh\nsleep 60 & wait\n")
    fake.chmod(0o755)
    answers = ask_file(b"fn f() { let c = || 1; }\n", "2021", FileOptions(timeout_seconds=0.3, rustc=str(fake)))
    assert isinstance(answers, TimedOut)
    assert "0.3 s" in answers.message


def test_a_file_finds_the_modules_beside_it(tmp_path: Path) -> None:
    (tmp_path / "helper.rs").write_text("pub fn take<F: FnOnce() -> usize>(f: F) {}\n")
    root = tmp_path / "root.rs"
    root.write_text("mod helper;\nfn f(s: String) { helper::take(|| s.len()); }\n")
    answers = ask_file(root, "2021")
    assert isinstance(answers, ExactAnswers)
    (closure,) = answers.files["root.rs"].closures.values()
    assert (closure.natural, closure.kind) == (Trait.FN, Trait.FN_ONCE)
    assert root.read_text().startswith("mod helper;")


def test_several_sources_are_one_crate() -> None:
    texts = {
        "lib.rs": b"pub mod a;\nfn f(p: a::P) { let c = || p.x; c(); }\n",
        "a.rs": b"pub struct P { pub x: i32 }\npub fn g(p: &P) { let c = || p.x; c(); }\n",
    }
    answers = ask_sources("lib.rs", texts, "2021")
    assert isinstance(answers, ExactAnswers)
    assert {k: [captures(c) for c in f.closures.values()] for k, f in answers.files.items()} == {
        "lib.rs": [["&p.x"]],
        "a.rs": [["&*p"]],
    }


def test_the_edition_matters() -> None:
    source = "struct P { x: i32 } fn f(p: P) { let c = || p.x; c(); }\n"
    assert captures(answered(source, "2018")[0][0][1]) == ["&p"]
    assert captures(answered(source, "2024")[0][0][1]) == ["&p.x"]


def test_async_blocks_and_async_closures() -> None:
    found, _ = answered("""
        async fn f(s: String, n: i32) {
            let a = async { s.len() };
            let b = async move |m: i32| n + m;
            (a.await, b(1).await);
        }
    """)
    assert [(c.flavour, c.natural, captures(c)) for _, c in found] == [
        (Flavour.ASYNC_BLOCK, None, ["&s"]),
        (Flavour.ASYNC_CLOSURE, Trait.FN, ["copy n"]),
    ]


def test_features_of_the_file_itself() -> None:
    found, answers = answered(
        "#![allow(unused)]\n#![forbid(unsafe_code)]\n#![deny(warnings)]\nfn f() { let c = || 1; }\n"
    )
    assert len(found) == 1
    assert answers.errors == []
