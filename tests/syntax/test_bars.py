"""Where closures may begin: never one too few."""

import pytest

from closurelens.syntax.bars import closure_bars, has_bar_in_call

CLOSURES = (
    "f(|x| x)",
    "let f = || 1;",
    "x => |y| y,",
    "f(&mut |x| x)",
    "return || 1",
    "break 'a || 1",
    "#[allow(unused)] |x| x",
    "{ } |x| x",
    "move |x| x",
    "async move || 1",
    "for<'a> |x: &'a u8| x",
    "a && |x| x",
    "= // it ends here\n|x| x",
    "vec![|x| x]",
)
OPERATORS = (
    "a || b",
    "1 | 2",
    "f() | g[0]",
    "Some(1) | None",
    '"a" | "b"',
    "'a' | 'b'",
    "a? || b",
    "// |x| x",
    '"|x| x"',
    "x::<u8> || y",
)


@pytest.mark.parametrize("text", CLOSURES)
def test_the_first_bar_of_a_closure_is_found(text: str) -> None:
    assert text.index("|") in closure_bars(text.encode())


@pytest.mark.parametrize("text", OPERATORS)
def test_an_operator_is_told_apart(text: str) -> None:
    assert closure_bars(text.encode()) == []


@pytest.mark.parametrize("text", ["m!(a | b)", "m! { x(|y) }", "f(a | b); m![a, x || y]", "m!(a | b", "a::m!(x!(|))"])
def test_a_bar_among_the_arguments_of_a_macro_is_found(text: str) -> None:
    assert has_bar_in_call(text.encode())


@pytest.mark.parametrize(
    "text", ["a | b", "m!(a) || m!(b)", 'm!("|") | c', "m!(/* | */) | c", "!(a | b)", "a != (b | c)"]
)
def test_bars_outside_of_macros_are_told_apart(text: str) -> None:
    assert not has_bar_in_call(text.encode())
