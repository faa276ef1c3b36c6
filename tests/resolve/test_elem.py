"""What `#[elem]` of typst makes of a struct."""

from __future__ import annotations

from resolve_fixture import Fixture, load

from closurelens.ty.display import display

TEXT = """
//# crate krate /lib.rs deps=typst_macros,typst_library
//# crate typst_macros /macros.rs member=no kind=proc-macro
//# crate typst_library /typst.rs member=no
use typst_macros::elem;
#[elem(title = "Heading", keywords = ["a", "b"], Debug, Locatable, Construct)]
pub struct Heading {
    #[internal] pub late: u64,
    #[default(1)] pub level: Option<u8>,
    #[fold] pub(crate) depth: u16,
    #[required] pub body: String,
    #[synthesized] pub supplement: char,
    #[ghost] pub lang: i8,
    #[external] pub offered: i16,
    #[variadic] pub children: Vec<u8>,
}
#[other::elem] pub struct Other { pub a: u8 }
//- /macros.rs
#[proc_macro_attribute] pub fn elem(args: TokenStream, item: TokenStream) -> TokenStream { opaque::call(item) }
//- /typst.rs
pub mod foundations {
    pub struct Field<E, const I: u8>(E);
    pub struct Settable<E, const I: u8>(E);
    pub struct Packed<E>(E);
    pub trait NativeElement {} pub trait Construct {} pub trait Set {}
    pub trait RequiredField<const I: u8> { type Type; }
    pub trait SettableField<const I: u8> { type Type; }
    pub trait SettableProperty<const I: u8> { type Type; }
    pub trait SynthesizedField<const I: u8> { type Type; }
    pub trait ExternalField<const I: u8> { type Type; }
    pub trait RefableProperty<const I: u8> {}
}
pub mod introspection { pub trait Locatable {} pub trait Tagged {} }
"""
HEADING = "krate::Heading"


def _types(fixture: Fixture, trait: str) -> list[str]:
    found = fixture.program.trait_impls(f"typst_library::foundations::{trait}", HEADING)
    return sorted(f"{display(impl.trait.args[0])}: {display(impl.assoc_types['Type'])}" for impl in found if impl.trait)


def test_fields_hold_values_or_settings() -> None:
    adt = load(TEXT).program.adt(HEADING)
    assert adt is not None
    assert {field.name: display(field.ty) for field in adt.variants[0].fields} == {
        "late": "Settable<Heading, 7>",
        "level": "Settable<Heading, 0>",
        "depth": "Settable<Heading, 1>",
        "body": "String",
        "supplement": "Option<char>",
        "children": "Vec<u8, Global>",
    }


def test_the_types_of_fields() -> None:
    fixture = load(TEXT)
    assert _types(fixture, "SettableField") == ["0: Option<u8>", "1: u16", "7: u64"]
    assert _types(fixture, "RequiredField") == ["2: String", "6: Vec<u8, Global>"]
    assert _types(fixture, "SynthesizedField") == ["3: char"]
    assert _types(fixture, "SettableProperty") == ["4: i8"]
    assert _types(fixture, "ExternalField") == ["5: i16"]


def test_functions_and_constants() -> None:
    program = load(TEXT).program
    functions: dict[str, str] = {}
    constants: dict[str, str] = {}
    for impl in program.inherent_impls(HEADING):
        for name, path in impl.methods.items():
            fn = program.fn(path)
            assert fn is not None
            functions[name] = f"({', '.join(display(ty) for ty in fn.params)}) -> {display(fn.ret)}"
        constants |= {name: display(ty) for name, ty in impl.consts.items()}
    assert functions == {
        "new": "(String, Vec<u8, Global>) -> Heading",
        "with_level": "(Heading, Option<u8>) -> Heading",
        "with_depth": "(Heading, u16) -> Heading",
        "with_supplement": "(Heading, char) -> Heading",
        "with_late": "(Heading, u64) -> Heading",
    }
    assert constants["level"] == "Field<Heading, 0>"
    assert constants["lang"] == "Field<Heading, 4>"
    assert "offered" not in constants


def test_traits() -> None:
    program = load(TEXT).program
    counts = {
        name: len(program.trait_impls(name, HEADING))
        for name in ("core::clone::Clone", "core::fmt::Debug", "typst_library::foundations::Set")
    }
    assert counts == {"core::clone::Clone": 1, "core::fmt::Debug": 0, "typst_library::foundations::Set": 1}
    packed = "typst_library::foundations::Packed"
    assert len(program.trait_impls_in("krate", "typst_library::introspection::Locatable", packed)) == 1
    assert list(program.unknown_derives(HEADING)) == []
    assert list(program.unknown_derives("krate::Other"))
