"""Lowering with what earlier texts of the body have left gives what lowering from scratch gives."""

import random
import re

import pytest
from lower_text import cases, is_on
from test_lower_bodies import SAMPLE
from test_lower_macros import Macros

from closurelens.hir.body import Body
from closurelens.hir.lower.body import LowerContext, lower_body
from closurelens.hir.lower.reuse import Statements
from closurelens.hir.macros.api import Chunk
from closurelens.hir.macros.expander import Expander
from closurelens.syntax.nodes import tree_of

MACROS = Macros(
    Chunk(
        b"macro_rules! m { ($x:expr) => { { let y = |a| $x; n!(y) } }; ($x:expr, $($r:expr),*) => { $x; $(m!($r);)* } }"
        b"macro_rules! n { ($y:ident) => { println!(\"{} {}\", $y, 'l: loop { break 'l }) } }"
        b"macro_rules! o { ($x:ident) => { macro_rules! $x { ($z:expr) => { |w| $z } } } }"
        b"macro_rules! p { ($x:pat) => { Some($x) } }"
    )
)

MACRO_CALLS = """
fn f() {
    let a = m!(1 + 2);
    m!(a, |b| b, vec![1; a], c.d(|e| e));
    let p!(q) = matches!(a, Some(r) if r) else { return };
    o!(s);
    s!(|t| a);
    println!("{a} {}", x.y(|z| z));
    unknown!(a => |b| b, { c; d });
    { m!(a); { m!(a); let b = m!(a); } }
    if let Some(x) = y.iter().map(|x| x.z).next() { assert!(x, "{y:?}") } else { assert_eq!(x, y) }
}
"""


def case_bodies(file: str, form: str = "{}") -> str:
    lines = [form.replace("{}", line.strip()) for _, code, _ in cases(file) for line in code]
    return "fn f() {\n" + "\n".join(f"{{ {line} }}; let a = {{ {line} }}; {line};" for line in lines) + "\n}"


TEXTS = {
    "sample": SAMPLE.replace("{ println", "{ fn g() { || 1 } struct H; println"),
    "macro calls": MACRO_CALLS,
    "expressions": case_bodies("exprs.md"),
    "patterns": case_bodies("pats.md", "match x { {} => || 1 }"),
    "cfg": case_bodies("cfg.md"),
}

TYPED = [*"(){}[]|;,.!&", " ", "x", "||", "let q = |z| z;", "m!(1);", "o!(m);", "\n", "match x { ", "fn g() {}", "é"]


def lowered(text: bytes, reuse: Statements | None) -> tuple[Body, Expander]:
    expander = Expander(MACROS)
    return lower_body(
        tree_of(text, defers=reuse is not None), text, LowerContext(2021, is_on, expander, reuse)
    ), expander


def shown(body: Body, expander: Expander) -> str:
    """All there is in it. Nodes and sources of items, which are compared by identity, are shown as far as they go."""
    marks = [expander.ctxt_origin(ctxt) for ctxt in range(1, expander.hygiene.next)]
    origins = [(mark.parent, getattr(mark.definition, "name", None)) for mark in marks]
    return re.sub(r" at 0x[0-9a-f]+", "", f"{body} {origins}")


@pytest.mark.parametrize("name", TEXTS)
def test_same_as_from_scratch(name: str) -> None:
    chooser = random.Random(name)
    before = text = TEXTS[name].strip().encode()
    known = Statements()
    for step in range(150):
        assert shown(*lowered(text, known.next_text())) == shown(*lowered(text, None)), step
        if step % 3 == 1:
            text = before
            continue
        before = text
        start = chooser.randrange(len("fn f() {"), len(text))
        end = start + chooser.choice([0, 0, 0, 1, 3])
        text = text[:start] + chooser.choice(TYPED).encode() + text[end:]


def test_statements_are_taken_over() -> None:
    known = Statements()
    known.next_text()
    rest = b"let b = c.d(|e| e); m!(b, |g| g); }"
    first, _ = lowered(b"fn f() { let a = 1; " + rest, known.next_text())
    second, _ = lowered(b"fn f() { let a = 2; " + rest, known.next_text())
    third, _ = lowered(b"fn f() { let a = 222; " + rest, known.next_text())
    assert first.root.stmts[0] is not second.root.stmts[0]
    assert first.root.stmts[1] is second.root.stmts[1]
    moved = third.root.stmts[1].init
    assert moved.range[0] == second.root.stmts[1].init.range[0] + 2
    assert moved.args[0].body.path is second.root.stmts[1].init.args[0].body.path


def test_what_texts_no_longer_have_is_forgotten() -> None:
    known = Statements()
    for count in range(300):
        lowered(f"fn f() {{ let a{count} = {count} + {count}; }}".encode(), known.next_text())
    assert len(known) < 20


def test_macros_that_expansions_declare() -> None:
    known = Statements()
    for declared in ("one", "two", "one", "two"):
        text = f"fn f() {{ o!({declared}); one!(|x| x + 1); two!(|x| x + 1); }}".encode()
        body, expander = lowered(text, known.next_text())
        assert shown(body, expander) == shown(*lowered(text, None))
        assert len(body.problems) == 1


def test_what_is_nested_deeper_now() -> None:
    known = Statements()
    known.next_text()
    inner = "f(" * 60 + "1" + ")" * 60 + ";"
    for depth in (1, 30, 60, 90, 20, 100, 50):
        text = f"fn f() {{ {'{' * depth} {inner} {'}' * depth} }}".encode()
        assert shown(*lowered(text, known.next_text())) == shown(*lowered(text, None)), depth
