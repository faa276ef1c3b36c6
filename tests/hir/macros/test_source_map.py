"""Where the pieces of an expansion stand in the text that a person wrote."""

import pytest
from expanding import Definitions, call_at, call_of, define, expand, expansion
from test_rules import CASES, POSITIONS, calls_of, definitions_of

from closurelens.hir.macros.api import Chunk, Expansion, MacroCall, Source
from closurelens.hir.macros.expander import Expander
from closurelens.syntax.nodes import Node

IN_MACRO = "in macro"


def find(source: Expansion, text: str, nth: int = 0) -> Node:
    found = [node for node in source.node.descendants() if node.text(source.text) == text]
    return found[nth]


def written(source: Source, node: Node, chunk: Source) -> str:
    """The text in the chunk that the node stands for."""
    (start, end), in_macro = source.locate(node.start, node.end)
    return IN_MACRO if in_macro else chunk.text[start:end].decode()


def inner(source: Expansion, text: str, expander: Expander) -> Expansion:
    """The expansion of a call in an expansion."""
    answer = expander.expand(call_at(find(source, text), source, "expr"))
    assert isinstance(answer, Expansion), answer
    return answer


def test_an_argument_keeps_its_place() -> None:
    made = expansion("twice!( a+1 )", define("macro_rules! twice { ($e:expr) => { $e * 2 } }"))
    chunk = made.call.source
    assert made.text == b"( a + 1 ) * 2 "
    assert written(made, find(made, "a + 1"), chunk) == "a+1"
    assert written(made, find(made, "a"), chunk) == "a"
    assert written(made, find(made, "2"), chunk) == IN_MACRO
    assert made.locate(made.node.start, made.node.end) == ((0, 13), True)


def test_what_the_macro_puts_together_is_its_own() -> None:
    made = expansion("add!(a, b)", define("macro_rules! add { ($a:expr, $b:expr) => { $a + $b } }"))
    assert made.locate(made.node.start, made.node.end) == ((0, 10), True)
    assert written(made, find(made, "b"), made.call.source) == "b"


def test_tokens_that_stay_side_by_side_are_one_piece() -> None:
    made = expansion("m!(skip a . b (c) [d])", define("macro_rules! m { ($s:ident $($t:tt)*) => { f($($t)*) } }"))
    assert written(made, find(made, "a . b ( c ) [ d ]"), made.call.source) == "a . b (c) [d]"


def test_tokens_in_another_order_are_not() -> None:
    made = expansion("m!(b - a)", define("macro_rules! m { ($a:tt $op:tt $b:tt) => { $b $op $a } }"))
    assert made.text == b"a - b "
    assert made.locate(0, 5) == ((0, 9), True)
    assert written(made, find(made, "a"), made.call.source) == "a"


def test_through_several_macros() -> None:
    known = define(
        """
        macro_rules! a { ($e:expr) => { 1 + b!($e, x) } }
        macro_rules! b { ($e:expr, $f:ident) => { c!($f $e) } }
        macro_rules! c { ($f:ident $($t:tt)*) => { $f + $($t)* } }
        """
    )
    expander = Expander(known)
    call = call_of("a!(p.q + r)", shift=100)
    first = expander.expand(call)
    assert isinstance(first, Expansion)
    second = inner(first, "b ! ( ( p . q + r ) , x )", expander)
    third = inner(second, "c ! ( x ( p . q + r ) )", expander)
    assert third.text == b"x + ( p . q + r ) "
    assert third.depth == 3
    assert third.locate(*span(find(third, "p . q + r"))) == ((103, 110), False)
    assert third.locate(*span(find(third, "x"))) == ((100, 111), True)
    assert third.locate(0, len(third.text) - 1) == ((100, 111), True)


def test_a_munched_list() -> None:
    known = define(
        """
        macro_rules! m {
            (@go [$($done:expr,)*]) => { [$($done),*] };
            (@go [$($done:expr,)*] $e:expr; $($rest:tt)*) => { m!(@go [$($done,)* $e,] $($rest)*) };
            ($($t:tt)*) => { m!(@go [] $($t)*) };
        }
        """
    )
    expander = Expander(known)
    call = call_of("m!(a + b; |x| x * 2; c;)")
    answer = expander.expand(call)
    while isinstance(answer, Expansion) and answer.node.kind == "macro_invocation":
        answer = expander.expand(call_at(answer.node, answer, "expr"))
    assert isinstance(answer, Expansion)
    assert [written(answer, node, call.source) for node in answer.node.named_children] == [IN_MACRO, IN_MACRO, "c"]
    assert written(answer, find(answer, "| x | x * 2"), call.source) == "|x| x * 2"
    assert written(answer, find(answer, "a + b"), call.source) == "a + b"


def span(node: Node) -> tuple[int, int]:
    return node.start, node.end


def test_a_definition_made_by_a_macro_keeps_the_places_of_its_arguments() -> None:
    known = define("macro_rules! make { ($n:ident, $e:expr) => { macro_rules! $n { () => { $e + 1 } } $n!() } }")
    expander = Expander(known)
    call = call_of("make! { five, p.q }", "stmt")
    outer = expander.expand(call)
    assert isinstance(outer, Expansion)
    made = inner(outer, "five ! ( )", expander)
    assert made.text == b"p . q + 1 "
    assert written(made, find(made, "p . q"), call.source) == "p.q"
    assert written(made, find(made, "1"), call.source) == IN_MACRO


def test_offsets_are_bytes() -> None:
    made = expansion('m!("äöü", größe, x)', define("macro_rules! m { ($s:expr, $($e:ident),*) => { f($s, $($e),*) } }"))
    chunk = made.call.source
    for text in ('"äöü"', "größe", "x"):
        assert written(made, find(made, text), chunk) == text


def test_a_type_that_ends_inside_of_an_operator() -> None:
    made = expansion("m!(<Vec<Vec<u8>>> x)", define("macro_rules! m { (<$t:ty> $x:expr) => { f::<$t>($x) } }"))
    assert written(made, find(made, "Vec < Vec < u8 >>"), made.call.source) == "Vec<Vec<u8>>"


def test_generic_arguments_of_a_path() -> None:
    made = expansion("m!(W<u8>)", define("macro_rules! m { ($p:path) => { $p(1) } }"))
    assert made.text == b"W :: < u8 > ( 1 ) "
    assert made.node.kind == "call_expression"
    assert written(made, find(made, "u8"), made.call.source) == "u8"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_token_that_is_located_is_the_token_there(case) -> None:
    for block, _ in calls_of(case):
        made = expand(block.code, definitions_of(case), POSITIONS[block.options.get("position", "expr")])
        if not isinstance(made, Expansion):
            continue
        chunk = made.call.source
        for node in made.node.descendants():
            if node.kind in ("identifier", "integer_literal", "type_identifier"):
                text = written(made, node, chunk)
                assert text in (IN_MACRO, node.text(made.text)) or (
                    text.startswith("///") and node.text(made.text) == "doc"
                )


def test_a_second_call_with_the_same_tokens_has_its_own_places() -> None:
    known = define("macro_rules! m { ($e:expr) => { f($e) } }")
    text = b"m!(x) + m!(x)"
    chunk = Chunk(text)
    expander = Expander(known)
    for start in (0, 8):
        call = MacroCall(call_of("m!(x)").path, chunk, (start + 3, start + 4), "(", "expr", (start, start + 5))
        made = expander.expand(call)
        assert isinstance(made, Expansion)
        assert made.locate(*span(find(made, "x"))) == ((start + 3, start + 4), False)
        assert made.locate(0, 1) == ((start, start + 5), True)


def test_std_macros_too() -> None:
    made = expansion("vec![a + 1, |x| x]", Definitions())
    chunk = made.call.source
    assert written(made, find(made, "a + 1"), chunk) == "a + 1"
    assert written(made, find(made, "| x | x"), chunk) == "|x| x"
