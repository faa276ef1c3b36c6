"""Odd input gives an answer, never an exception."""

import pytest
from expanding import Definitions, call_at, define, inside
from hypothesis import given, settings
from hypothesis import strategies as st

from closurelens.hir.macros.api import Answer, Chunk, Expansion, Failure, FormatArgsForm, MacroCall, OpaqueMacro
from closurelens.hir.macros.definition import macro_rules
from closurelens.hir.macros.expander import Expander
from closurelens.hir.macros.std_macros import _SPECIALS
from closurelens.hir.macros.std_rules import RULES
from closurelens.hir.types import Path, Segment

SPELLINGS = (
    'a b x self crate 1 -1 2.5 \'a \'x\' "{x}" "{" r#"{y:?}"# ( ) [ ] { } < > << >> >= , ; : :: => -> = == + - * / '
    "& && | || ! ? . .. ..= # $ $x $crate @ _ if else match let fn struct impl for in as mut ref move async return "
    "break loop where pub dyn /**/ //x\n ///d\n /**d*/ ' \" \\ \0 \x01 ü const static unsafe vec![1] m!(x) |x| "
    "$x:expr $x:tt $t:ty $p:pat $($x:tt)* $($x:expr),* $(,)? $($x),* ${count($x)} $$ "
    "builtin yeet do box raw macro_rules in(reg) out(reg) inout(reg) options sym label static feature extern union"
)
PIECES = SPELLINGS.split(" ")

soup = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)
POSITIONS = st.sampled_from(["expr", "stmt", "pat", "type", "item"])

KNOWN = define(
    """
    macro_rules! exprs { ($($e:expr),* $(,)?) => { [$($e),*] } }
    macro_rules! types { ($($e:ty);*) => { f::<($($e),*)>() } }
    macro_rules! pats { ($($e:pat),*) => { match x { $($e => 1),* } } }
    macro_rules! stmts { ($($e:stmt;)*) => { $($e)* } }
    macro_rules! items { ($($e:item)*) => { $($e)* } }
    macro_rules! paths { ($($v:vis $e:path, $(#[$m:meta])*)*) => { f($($e),*) } }
    macro_rules! blocks { ($($l:lifetime $e:block $i:literal)*) => { $($e)* } }
    macro_rules! munch { ($t:tt $($rest:tt)*) => { [$t, munch!($($rest)*)] }; () => { 1 } }
    macro_rules! make { ($($t:tt)*) => { macro_rules! made { ($($t)*) => { $($t)* } } made!($($t)*) } }
    """
)
NAMES = sorted([*KNOWN.macros, *RULES, *_SPECIALS])


def check(answer: Answer) -> None:
    if isinstance(answer, Failure):
        assert answer.why
    elif isinstance(answer, Expansion):
        for node in answer.node.descendants():
            (start, end), _ = answer.locate(node.start, node.end)
            assert 0 <= start <= end
            answer.ctxt_at(node.start)
            answer.crate_at(node.start)
            answer.edition_at(node.start)
    elif isinstance(answer, FormatArgsForm):
        assert answer.args is not None


def call(source: bytes, name: str, args: tuple[int, int], position: str) -> MacroCall:
    return MacroCall(Path([Segment(name)]), Chunk(source), args, "(", position, (0, len(source)))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(NAMES), soup, POSITIONS)
def test_any_arguments(name: str, args: str, position: str) -> None:
    source = f"{name}!({args})".encode()
    made = Expander(KNOWN).expand(call(source, name, (len(name) + 2, len(source) - 1), position))
    check(made)
    if isinstance(made, Expansion):
        expand_all(made, Expander(KNOWN), 4)


def expand_all(made: Expansion, expander: Expander, depth: int) -> None:
    for node in made.node.descendants():
        if node.kind == "macro_invocation" and node.child_of_kind("token_tree") is not None:
            inner = expander.expand(call_at(node, made, "expr"))
            check(inner)
            if isinstance(inner, Expansion) and depth:
                expand_all(inner, expander, depth - 1)


@settings(max_examples=300, deadline=None)
@given(soup, soup, soup, POSITIONS)
def test_any_definition(left: str, right: str, args: str, position: str) -> None:
    text = f"m {{ ({left}) => {{ {right} }} }}".encode()
    macro = macro_rules("m", Chunk(text), inside(text, 1, len(text)), "mine", 2021)
    source = f"m!({args})".encode()
    check(Expander(Definitions({"m": macro})).expand(call(source, "m", (3, len(source) - 1), position)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.sampled_from(NAMES), POSITIONS)
def test_any_bytes(args: bytes, name: str, position: str) -> None:
    source = name.encode() + b"!(" + args + b")"
    check(Expander(KNOWN).expand(call(source, name, (len(name) + 2, len(source) - 1), position)))


def test_exponential_growth_ends() -> None:
    known = define("macro_rules! grow { ($($t:tt)*) => { grow!($($t)* $($t)*) } }")
    expander = Expander(known)
    made = expander.expand(call(b"grow!(a)", "grow", (6, 7), "expr"))
    while isinstance(made, Expansion):
        made = expander.expand(call_at(made.node, made, "expr"))
    assert isinstance(made, Failure)
    assert "too long" in made.why or "too many" in made.why


def test_many_calls_end() -> None:
    known = define("macro_rules! fork { ($t:tt) => { (fork!($t), fork!($t)) } }")
    expander = Expander(known)
    work = [expander.expand(call(b"fork!(a)", "fork", (6, 7), "expr"))]
    count = 0
    while work:
        made = work.pop()
        count += 1
        if isinstance(made, Expansion):
            nodes = [node for node in made.node.descendants() if node.kind == "macro_invocation"]
            work += [expander.expand(call_at(node, made, "expr")) for node in nodes]
    assert count < 200_000


def test_opaque_macros_say_why() -> None:
    known = Definitions({"m": OpaqueMacro("`m!` is a procedural macro")})
    answer = Expander(known).expand(call(b"m!(a)", "m", (3, 4), "expr"))
    assert isinstance(answer, Failure)
    assert answer.why == "`m!` is a procedural macro"


@pytest.mark.parametrize("depth", [200, 3000])
def test_deep_nesting(depth: int) -> None:
    source = b"exprs!(" + b"(" * depth + b")" * depth + b")"
    check(Expander(KNOWN).expand(call(source, "exprs", (7, len(source) - 1), "expr")))
    text = b"m { (" + b"$(" * depth + b"$x:tt" + b")*" * depth + b") => { 1 } }"
    macro = macro_rules("m", Chunk(text), inside(text, 1, len(text)), "mine", 2021)
    answer = Expander(Definitions({"m": macro})).expand(call(b"m!(a)", "m", (3, 4), "expr"))
    assert isinstance(answer, Failure)
