"""Format strings and the arguments of `format_args!`."""

import pytest
from expanding import Definitions, call_at, call_of, define, expand

from closurelens.hir.macros.api import Chunk, Expansion, Failure, FormatArgsForm, FormatCapture
from closurelens.hir.macros.expander import Expander
from closurelens.hir.macros.format_string import captures

CASES = [
    ('""', []),
    ('"{} {0} {:?} {1:>5}"', []),
    ('"{x}"', ["x"]),
    ('"{x:?} {y:#?} {z:08.3} {w:<10}"', ["x", "y", "z", "w"]),
    ('"{{x}} {{{y}}} }}{z}"', ["y", "z"]),
    ('"{:w$} {:.p$} {:>w$.p$} {x:w$.p$}"', ["w", "p", "p", "w", "x", "p", "w"]),
    ('"{:1$} {:.*} {:.0$}"', []),
    ('"{:}<5} {:{<5} {x:*^1$}"', ["x"]),
    ('"{x:-^w$}"', ["x", "w"]),
    ('"{ x } {x :?} {  x  :  }"', ["x", "x", "x"]),
    ('"{größe} {_a} {a1}"', ["größe", "_a", "a1"]),
    ('"\\n{x}\\t\\"{y}\\" \\\\{z}"', ["x", "y", "z"]),
    ('"\\u{7b}x} \\x7by} \\u{61}"', ["x", "y"]),
    ('"a \\\n    {x}"', ["x"]),
    ('r"\\{x}"', ["x"]),
    ('r#"{x} "{y}""#', ["x", "y"]),
    ('"{x:x} {y:X?} {z:e} {p:p}"', ["x", "y", "z", "p"]),
    ('"{x:+} {y:#010b} {z:+#?}"', ["x", "y", "z"]),
    ('"{x.y} {x[0]} {a+b} {"', []),
]


@pytest.mark.parametrize(("literal", "expected"), CASES, ids=[case[0] for case in CASES])
def test_captures(literal: str, expected: list[str]) -> None:
    found = captures(literal)
    assert [capture.name for capture in found] == expected
    for capture in found:
        assert literal.encode()[capture.start : capture.end].decode() == capture.name


def form(code: str, known: Definitions | None = None) -> FormatArgsForm:
    answer = expand(code, known)
    assert isinstance(answer, FormatArgsForm), answer
    return answer


def spelled(made: FormatArgsForm) -> list[str]:
    return [
        f"{{{arg.name}}}" if isinstance(arg, FormatCapture) else arg.node.text(made.source.text) for arg in made.args
    ]


FORMS = [
    ('format_args!("")', []),
    ('format_args!("{} {x} {y}", a + 1, y = b.c(),)', ["a + 1", "b . c ( )", "{x}"]),
    ('format_args!("{x} {x:?} {:x$}", 1)', ["1", "{x}"]),
    ('format_args!("{0} {0} {name}", f(|x| x), name = *p)', ["f ( | x | x )", "* p"]),
    ('format_args!(concat!("{x}", "{}"), a)', ["a"]),
    ('format_args!("{}", a == b)', ["a == b"]),
    ('format_args!("{}", if a { b } else { c })', ["if a { b } else { c }"]),
    ('const_format_args!("{}", #[cfg(x)] a)', ["a"]),
]


@pytest.mark.parametrize(("code", "expected"), FORMS, ids=[case[0] for case in FORMS])
def test_arguments(code: str, expected: list[str]) -> None:
    assert spelled(form(code)) == expected


def test_places() -> None:
    code = 'format_args!("größe {x:>w$} {}", a.b)'
    made = form(code)
    places = []
    for arg in made.args:
        if isinstance(arg, FormatCapture):
            places.append((arg.range, arg.in_macro))
        else:
            places.append(made.source.locate(arg.node.start, arg.node.end))
    assert [(code.encode()[start:end].decode(), own) for (start, end), own in places] == [
        ("a.b", False),
        ("x", False),
        ("w", False),
    ]


def test_places_through_println() -> None:
    expander = Expander(Definitions())
    source = b'    println!("{x} {}", y);'
    call = call_of('println!("{x} {}", y);')
    call.source = Chunk(source, shift=1000)
    call.args, call.range = (13, 24), (4, 25)
    outer = expander.expand(call)
    assert isinstance(outer, Expansion)
    node = next(node for node in outer.node.descendants() if node.kind == "macro_invocation")
    made = expander.expand(call_at(node, outer, "expr"))
    assert isinstance(made, FormatArgsForm)
    y, x = made.args
    assert isinstance(x, FormatCapture) and x.range == (1015, 1016)
    assert not isinstance(y, FormatCapture)
    assert made.source.locate(y.node.start, y.node.end) == ((1023, 1024), False)


def test_a_macros_own_string_with_an_argument() -> None:
    known = define('macro_rules! show { ($e:expr) => { format_args!("{}: {:?}", stringify!($e), $e) } }')
    expander = Expander(known)
    outer = expander.expand(call_of("show!(a + b)"))
    assert isinstance(outer, Expansion)
    made = expander.expand(call_at(outer.node, outer, "expr"))
    assert isinstance(made, FormatArgsForm)
    assert spelled(made) == ["stringify ! ( ( a + b ) )", "( a + b )"]


@pytest.mark.parametrize(
    "code", ["format_args!()", 'format_args!("{}" a)', 'format_args!("{}", a +)', 'format_args!("{}", , a)']
)
def test_bad_arguments(code: str) -> None:
    answer = expand(code)
    assert isinstance(answer, Failure)
    assert "format_args!" in answer.why
