"""The variants that `#[ast]` of oxc puts in the place of a marker."""

from __future__ import annotations

from resolve_fixture import load

from closurelens.resolve.inherited_variants import read_table
from closurelens.ty.display import display

TABLE = """
pub static ENUMS: phf::Map<&'static str, EnumDetails> = ::phf::Map {
    entries: &[("Target", EnumDetails { is_fieldless: false, inherits: &[1, 0] })],
};
pub static INHERITED_ENUMS: [InheritedEnum; 2] = [
    // `Name`
    InheritedEnum {
        doc: " Inherited from [`Name`]",
        variants: &[
            EnumVariant { name: "Short", inner_name: "Word", inner_has_lifetime: false, is_boxed: false, },
        ],
    },
    // `Member`
    InheritedEnum {
        doc: " Inherited from [`Member`]",
        variants: &[
            EnumVariant {
                name: "Computed",
                inner_name: "Word",
                inner_has_lifetime: true,
                is_boxed: true,
                discriminant: 1,
            },
            EnumVariant {
                name: "Private",
                inner_name: "u8",
                inner_has_lifetime: false,
                is_boxed: true,
                discriminant: 2,
            },
        ],
    },
];
"""
TEXT = f"""
//# crate krate /lib.rs deps=oxc_ast_macros
//# crate oxc_ast_macros /macros/lib.rs member=no kind=proc-macro
use oxc_ast_macros::ast;
pub struct Word<'a>(&'a str);
#[ast(visit)] #[generate_derive(TakeIn)]
pub enum Target<'a> {{ Own(u8) = 9, INHERIT(Member<'a>), INHERIT(Name<'a>) }}
#[ast]
pub enum Other<'a> {{ Own(u8), INHERIT(Unlisted<'a>) }}
#[ast] #[estree(flat)]
pub struct Node {{ #[estree(skip)] pub at: u32 }}
//- /macros/lib.rs
mod generated {{ pub mod enums; }}
#[proc_macro_attribute] pub fn ast(args: TokenStream, input: TokenStream) -> TokenStream {{ made(input) }}
#[proc_macro_derive(Ast, attributes(estree, generate_derive))]
pub fn derive(_: TokenStream) -> TokenStream {{ TokenStream::new() }}
//- /macros/generated/enums.rs
{TABLE}
"""


def _variants(name: str) -> list[str]:
    adt = load(TEXT).program.adt(f"krate::{name}")
    assert adt is not None
    return [f"{one.name}({', '.join(display(field.ty) for field in one.fields)})" for one in adt.variants]


def test_the_table() -> None:
    assert read_table(TABLE) == {
        "Name": [("Short", "Word", False)],
        "Member": [("Computed", "Word", True), ("Private", "u8", True)],
    }


def test_inherited_variants() -> None:
    assert _variants("Target") == ["Own(u8)", "Computed(Box<Word, Global>)", "Private(Box<u8, Global>)", "Short(Word)"]


def test_nothing_else_is_made() -> None:
    program = load(TEXT).program
    assert list(program.unknown_derives("krate::Target")) == []
    assert list(program.unknown_derives("krate::Node")) == []


def test_what_the_table_does_not_have_leaves_the_attribute_unknown() -> None:
    assert _variants("Other") == ["Own(u8)", "INHERIT(_)"]
    assert list(load(TEXT).program.unknown_derives("krate::Other"))
