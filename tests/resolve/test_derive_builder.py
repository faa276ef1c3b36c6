"""What derive_builder's `derive(Builder)` declares beside a struct, and `derive(Educe)` implements for one."""

from __future__ import annotations

from resolve_fixture import load

from closurelens.ty.display import display
from closurelens.ty.sig import FnSig, ImplSig

MACROS = """
//- /macros.rs
#[proc_macro_derive(Builder, attributes(builder))] pub fn derive(input: TokenStream) -> TokenStream { input }
"""
BUILDER = f"""
//# crate krate /lib.rs deps=derive_builder,derive_builder_macro
//# crate derive_builder /builder.rs member=no deps=derive_builder_macro
//# crate derive_builder_macro /macros.rs member=no kind=proc-macro
use derive_builder::Builder;
#[derive(Builder, Clone)]
#[builder(setter(into), build_fn(private, name = "finish"))]
pub struct Options {{
    name: String,
    #[builder(setter(strip_option, prefix = "with"), default)] limit: Option<u8>,
    #[builder(setter(into = false, each(name = "word")))] words: Vec<u8>,
    #[builder(setter(skip))] hidden: u8,
    #[builder(setter(custom), private)] custom: u8,
}}
#[derive(Builder)]
#[builder(pattern = "owned", name = "Made", build_fn(error = "Failure"))]
pub struct Other<T> {{ value: T }}
pub struct Failure;
#[derive(Builder)]
#[builder(unheard_of)]
pub struct Strange {{ value: u8 }}
//- /builder.rs
pub use derive_builder_macro::Builder;
{MACROS}"""

EDUCE = """
//# crate krate /lib.rs deps=educe
//# crate educe /macros.rs member=no kind=proc-macro
use educe::Educe;
use std::hash::Hash;
pub trait Named { type Name; }
#[derive(Educe)]
#[educe(Hash(bound("N::Name: Hash")), Clone, Copy, Debug(bound(*)), PartialEq(bound = false))]
pub struct Key<N: Named> { name: N::Name, #[educe(Clone(method(f)))] extra: u8 }
//- /macros.rs
#[proc_macro_derive(Educe, attributes(educe))] pub fn derive(input: TokenStream) -> TokenStream { input }
"""


def told(fn: FnSig) -> str:
    params = ", ".join(display(ty) for ty in fn.params)
    return f"({params}) -> {display(fn.ret)}"


def test_the_builder() -> None:
    program = load(BUILDER).program

    def methods(name: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for impl in program.inherent_impls(f"krate::{name}"):
            for method, path in impl.methods.items():
                fn = program.fn(path)
                assert fn is not None
                found[method] = told(fn)
        return found

    chained = "&mut OptionsBuilder"
    assert methods("OptionsBuilder") == {
        "name": f"({chained}, impl#0) -> {chained}",
        "with_limit": f"({chained}, impl#0) -> {chained}",
        "words": f"({chained}, Vec<u8, Global>) -> {chained}",
        "word": f"({chained}, VALUE) -> {chained}",
        "finish": "(&OptionsBuilder) -> Result<Options, OptionsBuilderError>",
        "create_empty": "() -> OptionsBuilder",
    }
    assert methods("Made") == {
        "value": "(Made<T>, T) -> Made<T>",
        "build": "(Made<T>) -> Result<Other<T>, Failure>",
        "create_empty": "() -> Made<T>",
    }
    assert methods("StrangeBuilder") == {}
    made = program.adt("krate::OptionsBuilder")
    assert made is not None
    assert {field.name: display(field.ty) for field in made.variants[0].fields} == {
        "name": "Option<String>",
        "limit": "Option<Option<u8>>",
        "words": "Option<Vec<u8, Global>>",
        "hidden": "PhantomData<u8>",
        "custom": "Option<u8>",
    }


def test_bounds_that_educe_is_given() -> None:
    program = load(EDUCE).program

    def bounds(trait: str) -> list[str]:
        impls: list[ImplSig] = list(program.trait_impls(trait, "krate::Key"))
        assert len(impls) == 1
        own = [one for one in impls[0].generics.predicates if one.bound.trait == trait]
        return [display(one.subject) for one in own]

    assert bounds("core::hash::Hash") == ["N::Name"]
    assert bounds("core::clone::Clone") == ["N::Name"]
    assert bounds("core::marker::Copy") == ["N::Name"]
    assert bounds("core::fmt::Debug") == ["N"]
    assert bounds("core::cmp::PartialEq") == []
