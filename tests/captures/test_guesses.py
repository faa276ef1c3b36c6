"""What is guessed where a derive that nobody knows may have added impls."""

import pytest

from support.instant import closures_of

TEXT = """
#[derive(Nonsense)]
struct Value(u8);
impl Value {
    fn map<T, F: FnOnce(&Value) -> T>(&self, f: F) -> Option<T> { Some(f(self)) }
}
fn f(value: Value, other: &Value, n: u8) {
    %s;
}
"""


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("value.map(|v| v.0 + n)", "FnOnce"),
        ("other.map(|v| v.0 + n)", "FnOnce"),
        ("Some(1).map(|v: u8| v + n)", "FnOnce"),
    ],
)
def test_a_types_own_method_is_the_better_guess(code: str, kind: str) -> None:
    (told,) = closures_of(TEXT % code, "2021")
    assert told.kind == kind


UNKNOWN = """
use crate::elsewhere::Command;
fn f(command: &mut Command, shared: &Command) {
    let _ = || %s;
}
"""


@pytest.mark.parametrize(
    ("code", "is_certain"),
    [
        ("command.find(1)", False),  # `Iterator::find` if it is an iterator, else a method of its own
        ("command.to_string()", False),
        ("shared.to_string()", True),
        ("shared.clone()", True),
    ],
)
def test_a_type_that_is_not_known_may_have_methods_of_its_own(code: str, *, is_certain: bool) -> None:
    (told,) = closures_of(UNKNOWN % code, "2021")
    assert told.certain == is_certain
