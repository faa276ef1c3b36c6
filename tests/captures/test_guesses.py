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
use crate::elsewhere::{pass, unknown, Command};
use std::cell::RefMut;
use std::rc::Rc;
struct Owner { command: Command, all: Vec<Command> }
fn f(command: &mut Command, shared: &Command, mut v: Vec<Command>, mut owner: RefMut<Owner>, number: &mut u8, n: u8) {
    let fixed = vec![owner.all[0]];
    let behind = Rc::new(Owner { command: fixed[0], all: v.clone() });
    let found = Command::find();
    let _ = || %s;
}
"""


@pytest.mark.parametrize(
    ("code", "is_certain"),
    [
        ("found.field = 1", False),  # a `&mut` to a struct, or to what only dereferences to one
        ("*found = 1", True),
        ("found[0] = 1", True),
        ("command.find(1)", False),  # `Iterator::find` if it is an iterator, else a method of its own
        ("command.to_string()", False),
        ("shared.to_string()", True),
        ("shared.clone()", True),
        ("v[0].run()", False),  # by `IndexMut` if it takes `&mut self`
        ("v[0].push(1)", False),
        ("fixed[0].run()", True),
        ("owner.command.run()", False),
        ("(*owner).all[0].run()", False),
        ("behind.command.run()", True),
        ("pass(v[0])", False),
        ("pass(&v[0])", True),
        ("pass(number)", False),  # a `&mut u8` may be wanted, or a `&u8`
        ("pass(&*number)", True),
        ('unknown!("{n}")', False),
        ('unknown!("{}")', True),
        ('unknown!(Kind: "{n}")', False),
        ('unknown!([Kind "{n}"])', False),
        ('unknown!(Kind: "n")', True),
    ],
)
def test_what_is_not_known_may_do_more_than_is_guessed(code: str, *, is_certain: bool) -> None:
    (told,) = closures_of(UNKNOWN % code, "2021")
    assert told.certain == is_certain


BOUND = """
use crate::elsewhere::Storage;
fn f<S: Storage>(kept: S) {
    let _ = S::map(kept, |value| value.0);
}
"""


def test_a_trait_that_is_not_known_may_have_the_function() -> None:
    (told,) = closures_of(BOUND, "2021")
    assert told.kind is None


UNREAD = """
trait Input {}
macro_rules! input { ($($name:ident),*) => { impl<$($name: Input),*> Input for ($($name,)*) {} }; }
elsewhere::%s;
struct Id<I>(std::marker::PhantomData<I>, u8);
impl<I: Input> Copy for Id<I> {}
impl<I: Input> Clone for Id<I> { fn clone(&self) -> Self { *self } }
fn f(id: Id<()>) {
    let _ = || { let _other = id; };
}
"""


@pytest.mark.parametrize(
    ("call", "is_certain"),
    [
        ("all!(input, 0, 8)", False),  # may implement `Input` for tuples
        ("all!(Input)", False),
        ("all!(output)", True),
    ],
)
def test_a_macro_call_that_is_not_known_implements_what_it_names(call: str, *, is_certain: bool) -> None:
    (told,) = closures_of(UNREAD % call, "2021")
    assert told.certain == is_certain
