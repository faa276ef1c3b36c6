"""What `derive(DefaultBuilder)` adds to a struct."""

from __future__ import annotations

from resolve_fixture import load

from closurelens.ty.display import display
from closurelens.ty.sig import FnSig

TEXT = """
//# crate krate /lib.rs deps=default_struct_builder
//# crate default_struct_builder /macros.rs member=no kind=proc-macro
use default_struct_builder::DefaultBuilder;
pub trait Codec {}
#[derive(DefaultBuilder)]
pub struct Options<'a, T, C> where T: Codec, C: Into<T> {
    wait: f64,
    #[builder(into)] limit: Option<u8>,
    #[builder(into)] name: &'a str,
    #[builder(skip)] hidden: u8,
    #[builder(keep_type)] codec: T,
    other: Vec<C>,
    on_error: std::sync::Arc<dyn Fn(u8) + Send + Sync>,
    #[builder(keep_outer)] on_end: Box<dyn Fn()>,
    state: T,
}
//- /macros.rs
#[proc_macro_derive(DefaultBuilder, attributes(builder))] pub fn derive(input: TokenStream) -> TokenStream { input }
"""


def told(fn: FnSig) -> str:
    params = ", ".join(display(ty) for ty in fn.params[1:])
    return f"({params}) -> {display(fn.ret)}"


def test_setters() -> None:
    program = load(TEXT).program
    found: dict[str, FnSig] = {}
    for impl in program.inherent_impls("krate::Options"):
        for name, path in impl.methods.items():
            fn = program.fn(path)
            assert fn is not None
            found[name] = fn
    same = "Options<T, C>"
    assert {name: told(fn) for name, fn in found.items()} == {
        "wait": f"(f64) -> {same}",
        "limit": f"(impl#0) -> {same}",
        "name": f"(impl#0) -> {same}",
        "codec": f"(T) -> {same}",
        "other": "(Vec<New__C, Global>) -> Options<New__T, New__C>",
        "on_error": f"(impl#0) -> {same}",
        "on_end": f"(Box<dyn Fn(), Global>) -> {same}",
        "state": "(New__T) -> Options<New__T, C>",
    }
    bounds = {bound.trait for one in found["on_error"].generics.predicates for bound in [one.bound]}
    assert "core::ops::function::Fn" in bounds
