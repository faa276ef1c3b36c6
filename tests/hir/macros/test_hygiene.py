"""Whose identifiers those of an expansion are."""

from expanding import call_at, call_of, define, expansion
from test_source_map import find, inner

from closurelens.hir.macros.api import Expansion, FormatArgsForm, FormatCapture
from closurelens.hir.macros.definition import RulesMacro
from closurelens.hir.macros.expander import Expander


def test_arguments_are_the_callers() -> None:
    made = expansion(
        "m!(x, 'a)", define("macro_rules! m { ($x:ident, $l:lifetime) => { $l: loop { let y = $x; break $l y } } }")
    )
    assert made.ctxt_at(find(made, "x").start) == 0
    assert made.ctxt_at(find(made, "'a").start) == 0
    first, second = (find(made, "y", n) for n in (0, 1))
    assert made.ctxt_at(first.start) == made.ctxt_at(second.start) != 0


def test_each_expansion_has_a_context_of_its_own() -> None:
    known = define("macro_rules! m { () => { x } }")
    expander = Expander(known)
    call = call_of("m!()")
    one, two = expander.expand(call), expander.expand(call)
    assert isinstance(one, Expansion) and isinstance(two, Expansion)
    assert one.ctxt_at(0) != two.ctxt_at(0)
    origin = expander.ctxt_origin(one.ctxt_at(0))
    assert origin.definition is known.macros["m"]
    assert origin.parent == 0


def test_through_a_second_macro_a_context_stays() -> None:
    known = define(
        """
        macro_rules! outer { ($e:expr) => { inner!(y, $e) } }
        macro_rules! inner { ($i:ident, $e:expr) => { f($i, $e, z) } }
        """
    )
    expander = Expander(known)
    outer = expander.expand(call_of("outer!(x)"))
    assert isinstance(outer, Expansion)
    made = inner(outer, "inner ! ( y , x )", expander)
    assert made.ctxt_at(find(made, "x").start) == 0
    assert made.ctxt_at(find(made, "y").start) == outer.ctxt_at(outer.text.index(b"y")) != 0
    assert made.ctxt_at(find(made, "z").start) not in (0, made.ctxt_at(find(made, "y").start))


def test_a_macro_made_by_a_macro_sees_what_its_maker_declares() -> None:
    known = define("macro_rules! make { ($n:ident) => { let y = 1; macro_rules! $n { () => { y } } $n!() } }")
    expander = Expander(known)
    outer = expander.expand(call_of("make! { get }", "stmt"))
    assert isinstance(outer, Expansion)
    declared = outer.ctxt_at(find(outer, "y").start)
    made = inner(outer, "get ! ( )", expander)
    used = made.ctxt_at(0)
    assert used not in (0, declared)
    origin = expander.ctxt_origin(used)
    assert origin.parent == declared
    assert isinstance(origin.definition, RulesMacro)
    assert outer.text[slice(*origin.definition.rules)] == b" ( ) => { y } "


def test_a_later_expander_goes_on_counting() -> None:
    known = define("macro_rules! m { () => { x } }")
    items = Expander(known)
    one = items.expand(call_of("m!()"))
    body = Expander(known, after=items)
    two = body.expand(call_of("m!()"))
    assert isinstance(one, Expansion) and isinstance(two, Expansion)
    assert one.ctxt_at(0) != two.ctxt_at(0)
    assert body.ctxt_origin(one.ctxt_at(0)) is items.ctxt_origin(one.ctxt_at(0))


def test_dollar_crate_through_macros() -> None:
    known = define(
        """
        macro_rules! outer { ($p:path) => { inner!($crate::a, $p, crate::c) } }
        macro_rules! inner { ($($p:path),*) => { f($($p),*, $crate::d) } }
        """,
        crate="mine",
    )
    expander = Expander(known)
    outer = expander.expand(call_of("outer!(crate::b)"))
    assert isinstance(outer, Expansion)
    made = inner(outer, "inner ! ( crate :: a , crate :: b , crate :: c )", expander)
    crates = [(find(made, f"crate :: {name}").start) for name in "abcd"]
    assert [made.crate_at(at) for at in crates] == ["mine", None, None, "mine"]


def test_dollar_crate_in_a_macro_made_by_a_macro() -> None:
    known = define(
        "macro_rules! make { ($n:ident) => { macro_rules! $n { () => { $crate::a() } } $n!() } }", crate="dep"
    )
    expander = Expander(known)
    outer = expander.expand(call_of("make! { get }", "stmt"))
    assert isinstance(outer, Expansion)
    made = inner(outer, "get ! ( )", expander)
    assert made.crate_at(0) == "dep"


def test_local_inner_macros_are_looked_up_in_their_crate() -> None:
    known = define("macro_rules! outer { () => { inner!() } }", crate="dep", is_local_inner=True)
    asked = []

    class Asking:
        def lookup(self, call):
            asked.append((call.path.crate, call.path.segments[-1].name))
            return known.macros.get(call.path.segments[-1].name)

    expander = Expander(Asking())
    outer = expander.expand(call_of("outer!()"))
    assert isinstance(outer, Expansion)
    expander.expand(call_at(outer.node, outer, "expr"))
    assert asked == [(None, "outer"), ("dep", "inner")]


def test_editions() -> None:
    made = expansion("m!(x)", define("macro_rules! m { ($e:expr) => { f($e) } }", edition=2018))
    assert made.edition_at(find(made, "f").start) == 2018
    assert made.edition_at(find(made, "x").start) == 2021


def test_a_string_in_a_macro_takes_the_macros_variables() -> None:
    known = define('macro_rules! m { ($s:literal) => { (format_args!("{x}"), format_args!($s)) } }')
    expander = Expander(known)
    outer = expander.expand(call_of('m!("{x}")'))
    assert isinstance(outer, Expansion)
    own, given = (expander.expand(call_at(node, outer, "expr")) for node in outer.node.named_children)
    assert isinstance(own, FormatArgsForm) and isinstance(given, FormatArgsForm)
    (own_x,), (given_x,) = own.args, given.args
    assert isinstance(own_x, FormatCapture) and isinstance(given_x, FormatCapture)
    assert own_x.ctxt == outer.ctxt_at(1) != 0 and own_x.in_macro and own_x.range == (0, 9)
    assert given_x == FormatCapture("x", (5, 6), False, 0)
