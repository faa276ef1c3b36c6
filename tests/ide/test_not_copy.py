"""A derive that nobody knows cannot make a type `Copy` that holds something which is not."""

import pytest
from in_memory import view_of

TYPES = """
#[derive(somewhere::Nonsense)]
pub struct Ident<T> { text: Option<String>, more: T }
#[derive(somewhere::Nonsense)]
pub struct Plain<T> { number: u32, more: T }
"""


@pytest.mark.parametrize(
    ("ty", "told"),
    [
        ("Ident<u8>", ("FnOnce", True)),
        ("Option<Ident<u8>>", ("FnOnce", True)),
        ("Plain<Vec<u8>>", ("FnOnce", True)),
        ("Plain<Plain<Ident<u8>>>", ("FnOnce", True)),
        ("Plain<u8>", (None, False)),
        ("Option<Plain<&'static str>>", (None, False)),
    ],
)
def test_moved_out_of_a_closure(ty: str, told: tuple[str | None, bool]) -> None:
    view = view_of(f"{TYPES}fn f(x: {ty}) {{ let c = || {{ let y = x; }}; c(); }}")
    [placed] = view.closures()
    closure = placed.captures
    assert closure.certain is told[1]
    assert told[0] is None or closure.trait.value == told[0]
