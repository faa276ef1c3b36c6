"""What swc's attribute and derives make of the types of a syntax tree."""

from __future__ import annotations

from resolve_fixture import load

from closurelens.ty.display import display
from closurelens.ty.sig import FnSig

TEXT = """
//# crate krate /lib.rs deps=swc_common,is_macro
//# crate swc_common /common.rs member=no deps=ast_node,from_variant
//# crate ast_node /ast_node.rs member=no kind=proc-macro
//# crate from_variant /from_variant.rs member=no kind=proc-macro
//# crate is_macro /is.rs member=no kind=proc-macro
use is_macro::Is;
use swc_common::ast_node;
#[ast_node(no_clone)] #[derive(Eq, Is)]
pub enum Expr { This(This), BinOp(Box<Bin>), #[from_variant(ignore)] #[is(name = "none")] Empty(u8) }
#[ast_node("ThisExpression")] pub struct This { span: u8 }
#[ast_node] pub struct Bin { left: u8 }
#[ast_node("Own", no_partial_eq)] pub struct Own { left: u8 }
//- /common.rs
pub use ast_node::{ast_node, DeserializeEnum, Spanned};
pub use from_variant::FromVariant;
pub trait Spanned {}
pub trait AstNode {}
//- /ast_node.rs
#[proc_macro_attribute] pub fn ast_node(args: TokenStream, item: TokenStream) -> TokenStream { expand(args, item) }
#[proc_macro_derive(Spanned, attributes(span))] pub fn spanned(input: TokenStream) -> TokenStream { expand(input) }
#[proc_macro_derive(DeserializeEnum)] pub fn deserialize(input: TokenStream) -> TokenStream { expand(input) }
//- /from_variant.rs
#[proc_macro_derive(FromVariant)] pub fn derive(input: TokenStream) -> TokenStream { expand(input) }
//- /is.rs
#[proc_macro_derive(Is, attributes(is))] pub fn is(input: TokenStream) -> TokenStream { expand(input) }
"""
CLONE, EQ, FROM = "core::clone::Clone", "core::cmp::PartialEq", "core::convert::From"


def test_derives_of_nodes() -> None:
    program = load(TEXT).program
    assert [list(program.unknown_derives(f"krate::{name}")) for name in ("Expr", "This", "Bin", "Own")] == [[]] * 4
    held = {
        name: [bool(program.trait_impls(trait, f"krate::{name}")) for trait in (CLONE, EQ, "swc_common::AstNode")]
        for name in ("Expr", "This", "Bin", "Own")
    }
    assert held == {
        "Expr": [False, True, False],
        "This": [True, True, True],
        "Bin": [True, True, False],
        "Own": [True, False, True],
    }
    assert program.trait_impls("swc_common::Spanned", "krate::Expr")
    sources = [one.trait.args[0] for one in program.trait_impls(FROM, "krate::Expr") if one.trait is not None]
    assert [display(ty) for ty in sources] == ["This", "Box<Bin, Global>"]


def test_functions_of_variants() -> None:
    program = load(TEXT).program
    (own,) = program.inherent_impls("krate::Expr")
    found: dict[str, FnSig | None] = {name: program.fn(path) for name, path in own.methods.items()}
    told = {name: display(fn.ret) for name, fn in found.items() if fn is not None}
    assert told == {
        "is_this": "bool",
        "as_this": "Option<&This>",
        "as_mut_this": "Option<&mut This>",
        "expect_this": "This",
        "this": "Option<This>",
        "is_bin_op": "bool",
        "as_bin_op": "Option<&Box<Bin, Global>>",
        "as_mut_bin_op": "Option<&mut Box<Bin, Global>>",
        "expect_bin_op": "Box<Bin, Global>",
        "bin_op": "Option<Box<Bin, Global>>",
        "is_none": "bool",
        "as_none": "Option<&u8>",
        "as_mut_none": "Option<&mut u8>",
        "expect_none": "u8",
        "none": "Option<u8>",
    }
