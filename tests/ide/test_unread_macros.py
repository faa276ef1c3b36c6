"""A macro call between items that is not understood may implement the traits that it names, for the types it names."""

import pytest
from in_memory import view_of

ITEMS = """
use std::rc::Rc;
pub trait Row<D> { fn get(&self, at: usize) -> Option<D>; }
pub struct Local;
"""
READS = "fn f(x: &Rc<[u8]>) { let c = || x.get(0).map(|b| *b); c(); }"


@pytest.mark.parametrize(
    ("call", "certain"),
    [
        ("somewhere::rows! { impl Row<u8> for Local {} }", True),
        ("somewhere::rows! { impl Row<u8> for Rc<[u8]> {} }", False),
        ("somewhere::rows! { Rc<u8> }", True),
        ("", True),
    ],
)
def test_a_method_of_the_trait_is_called_where_the_type_may_have_it(call: str, certain: bool) -> None:
    view = view_of(f"{ITEMS}{call} {READS}")
    outer, inner = sorted(view.closures(), key=lambda one: one.range)
    assert outer.captures.certain is certain
    kind = inner.captures.kind
    assert kind is not None and kind.value == "FnOnce"
