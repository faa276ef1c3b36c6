"""Expansions that differ in their names only have the trees that parsing gives."""

import pytest

from closurelens.hir.macros.expansion import Template
from closurelens.hir.macros.shapes import remember, shape_of, tree_like
from closurelens.hir.macros.tokens import lex
from closurelens.hir.macros.transcribe import Output


def template(code: str) -> Template:
    buffer = lex(code.encode())
    output = Output()
    output.copy(buffer, 0, len(buffer), 0)
    output.finish()
    return Template(output)


@pytest.mark.parametrize(
    ("position", "code", "other"),
    [
        ("item", "pub const A: &'static str = stringify!(A);", "pub const LONGER: &'static str = stringify!(LONGER);"),
        (
            "item",
            "impl<T> Deref for A<T> { fn f(&self) { |x| x } }",
            "impl<U> From for Be<U> { fn go(&self) { |y| y } }",
        ),
        ("item", "struct A { é: B } fn a() {} a!(b);", "struct Ä { b: Ö } fn bb() {} cc!(dd);"),
        ("expr", "a.b::<C<D>>(|e| e + f)", "aa.bb::<Cc<Dd>>(|ee| ee + ff)"),
        ("stmt", "let a = b; c(a);", "let aa = bb; cc(aa);"),
        ("pat", "A { b, .. }", "Aa { bb, .. }"),
        ("type", "A<B, dyn C>", "Aa<Bb, dyn Cc>"),
    ],
)
def test_the_second_tree_is_made_from_the_first(position: str, code: str, other: str) -> None:
    first, second, parsed = template(code), template(other), template(other)
    shape = shape_of(position, first.kinds, first.texts)
    assert shape == shape_of(position, second.kinds, second.texts)
    assert first.parse(position)
    assert first.node is not None
    remember(shape, first.node, first.late, first.starts, first.ends, len(first.text))
    made = tree_like(shape, second.starts, second.ends, len(second.text))
    assert parsed._parse(position)
    assert parsed.node is not None
    assert made is not None
    told = [(node.kind, node.field, node.start, node.end) for node in made[0].descendants()]
    assert told == [(node.kind, node.field, node.start, node.end) for node in parsed.node.descendants()]
    assert dict(made[1]) == dict(parsed.late)


@pytest.mark.parametrize(
    ("code", "other"),
    [("a", "self"), ("A", "u8"), ("a", "r#a"), ("a", "1"), ("union", "a"), ("a", "'a"), ("f(a)", "f[a]")],
)
def test_what_the_grammar_tells_apart_has_another_shape(code: str, other: str) -> None:
    first, second = template(code), template(other)
    assert shape_of("expr", first.kinds, first.texts) != shape_of("expr", second.kinds, second.texts)
