"""What an attribute macro leaves of a function, as its source shows.

Each case is the body of `fn m(args: TokenStream, item: TokenStream) -> TokenStream`, with what else the crate has.
"""

import pytest
from resolve_fixture import load

from closurelens.resolve.attributes.reading import read_attribute
from closurelens.resolve.attributes.source import read_crate
from closurelens.ty.sig import DefKind
from closurelens.ty.types import Adt

KEPT = {
    "the tokens as they came": "item",
    "the item as it was parsed": "let item = parse_macro_input!(item as ItemFn); quote! { #item }.into()",
    "beside others": "let f: ItemFn = syn::parse(item).unwrap(); let n = &f.sig.ident; quote!(#f impl A for #n {})",
    "in its pieces": """
        let ItemFn { attrs, vis, sig, block } = parse_macro_input!(item as ItemFn);
        quote! { #(#attrs)* #vis #sig #block }.into()
    """,
    "with its signature in pieces": """
        let f = parse_macro_input!(item as ItemFn);
        let (name, inputs, output, body) = (&f.sig.ident, &f.sig.inputs, &f.sig.output, &f.block);
        quote! { fn #name(#inputs) #output #body }.into()
    """,
    "errors apart": """
        let f = match syn::parse2::<ItemFn>(item.into()) { Ok(f) => f, Err(e) => return e.to_compile_error().into() };
        if f.sig.asyncness.is_none() { return syn::Error::new(f.span(), "async").into_compile_error().into(); }
        f.into_token_stream().into()
    """,
    "another name": """
        let mut f = parse_macro_input!(item as ItemFn); f.attrs.clear(); f.sig.ident = format_ident!("x");
        quote!(#f).into()
    """,
    "by a function of the crate": "let mut f = parse_macro_input!(item as ItemFn); strip(&mut f); quote!(#f).into()",
    "fewer parameters, without their attributes": """
        let mut f = parse_macro_input!(item as ItemFn);
        let inputs = f.sig.inputs.iter().cloned().filter_map(|mut one| {
            if let FnArg::Typed(typed) = &mut one { if typed.attrs.is_empty() { return None; } typed.attrs.clear(); }
            Some(one)
        });
        f.sig.inputs = parse_quote! { #(#inputs),* };
        quote!(#f).into()
    """,
    "one kind of items of several": """
        match parse_macro_input!(item as Item) { Item::Fn(f) => quote!(#f).into(), Item::Struct(s) => drop(s) }
    """,
    "behind an attribute": "let mut out = TokenStream::from(quote!(#[inline])); out.extend(item); out",
    "beside variables": """
        let f = parse_macro_input!(item as ItemFn); let mut before = Vec::new();
        for one in args { before.push(quote! { let #one = take(#one); }); }
        quote! { fn g() { #(#before)* #f run(f) } }.into()
    """,
    "delegated": "helpers::expand(item).into()",
    "after a check of the arguments that is not followed": """
        if let Err(e) = checked(&args) { return e.to_compile_error().into(); }
        let f = parse_macro_input!(item as ItemFn); quote!(#f).into()
    """,
    "before a function of the same signature that calls it": """
        let mut f = parse_macro_input!(item as ItemFn); let mut out = quote! { #f }.to_token_stream();
        let mut inputs = Punctuated::new(); inputs.push(parse_quote!(x: u8));
        inputs.extend(f.sig.inputs.into_iter().skip(1));
        let name = f.sig.ident; f.sig.ident = format_ident!("thunk_{}", name); f.sig.inputs = inputs;
        f.block = syn::parse2(quote! {{ #name(x) }})?;
        let how = quote! { #[exported] }; out.extend(quote! { #how #[inline] #f }); out.into()
    """,
    "by a module elsewhere": "moved::whole(item)",
    "by a parser of its own for several kinds of items": """
        match parse_macro_input!(item as Input) { Input::Impl(one) => drop(one), Input::Fn(f) => quote!(#f).into() }
    """,
}
DECLARING = {
    "a guard before the body": (
        """
        let mut f = parse_macro_input!(item as ItemFn);
        f.block.stmts.insert(0, parse_quote! { let _guard = enter(); });
        quote!(#f).into()
        """,
        {"_guard"},
    ),
    "a guard that depends on arguments, by a macro": (
        """
        let mut f = parse_macro_input!(item as ItemFn); let name = &f.sig.ident;
        let args = parse_macro_input!(args as Args);
        let (told, guard) = match &args {
            Args::Label(label) => (label.clone(), quote! { crate::enter!(#label); }),
            Args::Detail(label, detail) => (label.clone(), quote! { crate::enter!(stringify!(#name), #detail); }),
        };
        let guard = quote! { #[cfg(feature = "x")] let _span = span(#told); #guard };
        let body = &f.block; f.block = parse_quote!({ #guard #body }); quote!(#f).into()
        """,
        {"_span"},
    ),
    "an item beside the body": (
        "let f = parse_macro_input!(item as ItemFn); quote! { fn outer() { fn helper() {} #f helper(f()) } }.into()",
        {"helper"},
    ),
}
WRAPPED = {
    "in a closure": """
        let ItemFn { sig, block, .. } = parse_macro_input!(item as ItemFn);
        quote! { #sig { run(move || #block) } }.into()
    """,
    "a new body around it": """
        let mut f = parse_macro_input!(item as ItemFn); let body = &f.block;
        f.block = parse_quote! {{ let out = #body; out }};
        quote!(#f).into()
    """,
}
LOST = {
    "nothing": "TokenStream::new()",
    "on one branch only": "if args.is_empty() { return quote!(fn f() {}).into(); } item",
    "a guard by a macro that gets a name": """
        let mut f = parse_macro_input!(item as ItemFn); let args = parse_macro_input!(args as Args);
        let guard = match args { Args::Name(name) => quote! { crate::enter!(#name); } };
        let body = &f.block; f.block = parse_quote!({ #guard #body }); quote!(#f).into()
    """,
    "a new body": "let mut f = parse_macro_input!(item as ItemFn); f.block = parse_quote!({ 1 }); quote!(#f).into()",
    "a visitor": "let mut f = parse_macro_input!(item as ItemFn); V.visit_item_fn_mut(&mut f); quote!(#f).into()",
    "a visitor of the body": "let mut f = parse_macro_input!(item as ItemFn); v(&mut f.block); quote!(#f).into()",
    "its statements in a loop": """
        let mut f = parse_macro_input!(item as ItemFn);
        for one in f.block.stmts.iter_mut() { *one = change(one); }
        quote!(#f).into()
    """,
    "other parameters": """
        let ItemFn { sig, block, .. } = parse_macro_input!(item as ItemFn);
        let inputs = sig.inputs.iter().map(|one| quote!(&#one));
        quote! { fn f(#(#inputs),*) #block }.into()
    """,
    "other types of parameters": """
        let mut f = parse_macro_input!(item as ItemFn);
        for one in f.sig.inputs.iter_mut() { if let FnArg::Typed(t) = one { t.ty = parse_quote!(u8); } }
        quote!(#f).into()
    """,
    "unknown statements before the body": """
        let ItemFn { sig, block, .. } = parse_macro_input!(item as ItemFn); let before = made();
        quote! { #sig { #before; #block } }.into()
    """,
    "unknown tokens before the body, inside": """
        let ItemFn { sig, block, .. } = parse_macro_input!(item as ItemFn); let before = made();
        let inner = quote! { #before #block };
        quote! { #sig { #inner } }.into()
    """,
    "unknown tokens beside the function in a body": """
        let f = parse_macro_input!(item as ItemFn); let before = made(); quote! { fn g() { #before; #f } }.into()
    """,
    "an import around the body": """
        let ItemFn { sig, block, .. } = parse_macro_input!(item as ItemFn);
        quote! { #sig { use a::*; #block } }.into()
    """,
    "in another macro": """
        let ItemFn { sig, block, .. } = parse_macro_input!(item as ItemFn); quote! { #sig { other! { #block } } }.into()
    """,
    "behind another attribute": "let f = parse_macro_input!(item as ItemFn); quote! { #[other::changes] #f }.into()",
    "a type of the crate's own": "let f = parse_macro_input!(item as Mine); quote!(#f).into()",
    "changed by a parser of its own": "let f = parse_macro_input!(item as Pieces).item; quote!(#f).into()",
    "in a module": "let f = parse_macro_input!(item as ItemFn); quote!(mod m { #f }).into()",
    "by tokens": "item.into_iter().map(|one| change(one)).collect()",
    "some macro": "let mut f = parse_macro_input!(item as ItemFn); rewrite!(f); quote!(#f).into()",
    "a closure that changes it": """
        let mut f = parse_macro_input!(item as ItemFn); let mut go = || f.block.stmts.clear(); go(); quote!(#f).into()
    """,
}
LOST |= {
    "before a changed copy that has the body": """
        let mut f = parse_macro_input!(item as ItemFn); let mut out = quote! { #f };
        f.sig.inputs = parse_quote!(x: u8); out.extend(quote! { mod copy { #f } }); out.into()
    """,
    "before a copy that has a new body on one branch only": """
        let mut f = parse_macro_input!(item as ItemFn); let mut out = quote! { #f }; f.sig.inputs = parse_quote!(x: u8);
        if args.is_empty() { f.block = parse_quote!({ 1 }); }
        out.extend(quote! { #f }); out.into()
    """,
    "a new body by way of a reference": """
        let mut f = parse_macro_input!(item as ItemFn); let g = &mut f; g.block = parse_quote!({ 1 }); quote!(#f).into()
    """,
    "a new body with the old one in it, after a change": """
        let mut f = parse_macro_input!(item as ItemFn); let b = &f.block; f.sig.inputs = parse_quote!();
        f.block = parse_quote!({ || #b }); quote!(#f).into()
    """,
    "a closure that is called at once": """
        let mut f = parse_macro_input!(item as ItemFn); let done = (|| { V.visit_item_fn_mut(&mut f); })();
        quote!(#f).into()
    """,
    "among the arguments of a macro": """
        let mut f = parse_macro_input!(item as ItemFn); assert!(change(&mut f.block)); quote!(#f).into()
    """,
    "in a closure that handles errors": """
        let mut f = parse_macro_input!(item as ItemFn); let m: M = parse(args).map_err(|e| { f.block.clear(); e });
        quote!(#f).into()
    """,
    "in a tuple": """
        let mut p = (parse_macro_input!(item as ItemFn), 1); p.0.block.stmts.clear(); let f = &p.0; quote!(#f).into()
    """,
    "one of several": """
        let mut f = if args.is_empty() { parse_macro_input!(item as ItemFn) } else { made() };
        f.block.stmts.clear(); quote!(#f).into()
    """,
    "where a feature says so": """
        let f = parse_macro_input!(item as ItemFn); #[cfg(feature = "x")] let f = change(f); quote!(#f).into()
    """,
    "a branch that starts the loop anew": """
        let mut f = parse_macro_input!(item as ItemFn); let mut out = quote!(#f);
        for a in args { if a { out = quote!(); continue; } }
        out.into()
    """,
}
REST = """
#[path = "else/where.rs"]
mod moved;
fn checked(args: &Args) -> Result<(), Error> { #[cfg(feature = "a")] args.strict() #[cfg(not(feature = "a"))] Ok(()) }
fn strip(f: &mut ItemFn) { f.attrs.retain(|one| one.path().is_ident("doc")); }
struct Mine { item: ItemFn }
enum Args { Label(LitStr), Detail(LitStr, syn::Expr), Name(Ident) }
enum Input { Impl(ItemImpl), Fn(ItemFn) }
impl Parse for Input {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut attrs = Attribute::parse_outer(input)?;
        if input.peek(Token![impl]) { let one: ItemImpl = input.parse()?; return Ok(Input::Impl(one)); }
        let mut f: ItemFn = input.parse()?;
        attrs.extend(f.attrs);
        f.attrs = attrs;
        Ok(Input::Fn(f))
    }
}
struct Pieces { item: ItemFn }
impl Parse for Pieces {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut item: ItemFn = input.parse()?;
        item.block.stmts.clear();
        Ok(Pieces { item })
    }
}
"""
HELPERS = """
pub fn expand(item: TokenStream) -> TokenStream { let f = parse2::<ItemFn>(item); strip(quote!(#f)) }
fn strip(tokens: TokenStream) -> TokenStream { tokens }
"""


def _read(body: str) -> object:
    text = (
        f"#[proc_macro_attribute]\npub fn m(args: TokenStream, item: TokenStream) -> TokenStream {{ {body} }}\n{REST}"
    )
    elsewhere = b"pub fn whole(item: TokenStream) -> TokenStream { let f: ItemFn = parse(item); quote!(#f).into() }"
    texts = {"/m/src/lib.rs": text.encode(), "/h/src/lib.rs": HELPERS.encode(), "/m/src/else/where.rs": elsewhere}
    crate = read_crate(texts.get, "/m/src/lib.rs", [("helpers", "/h/src/lib.rs")])
    assert crate is not None
    found = read_attribute(crate, "m", "Fn")
    return None if found is None else (found.names, found.is_last)


@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT)
def test_kept(body: str) -> None:
    assert _read(body) == (set(), True)


@pytest.mark.parametrize(("body", "names"), DECLARING.values(), ids=DECLARING)
def test_declaring(body: str, names: set[str]) -> None:
    found = _read(body)
    assert isinstance(found, tuple) and found[0] == names


@pytest.mark.parametrize("body", WRAPPED.values(), ids=WRAPPED)
def test_wrapped(body: str) -> None:
    found = _read(body)
    assert isinstance(found, tuple) and found[1] is False


@pytest.mark.parametrize("body", LOST.values(), ids=LOST)
def test_lost(body: str) -> None:
    assert _read(body) is None


MACROS = """
//# crate krate /lib.rs deps=macros
//# crate macros /macros.rs deps=quote,other member=no kind=proc-macro
//# crate other /other.rs member=no
use macros::{Model, keep, time, wrap};
#[derive(Model)] struct A { x: u8 }
#[time] struct B { x: u8 }
#[derive(Model)] #[model(also(Drop))] struct C { x: u8 }
#[keep] fn kept() {}
#[time] fn timed() { start() }
#[time] fn clash(_guard: u8) {}
#[wrap] fn wrapped() -> u8 { 1 }
#[wrap] fn closure() -> Box<dyn Fn()> { Box::new(|| ()) }
struct S;
#[keep] impl S { fn method(&self) {} }
//- /macros.rs
#[proc_macro_derive(Model)] pub fn model(input: TokenStream) -> TokenStream { other::model(input) }
// Drop: there is none
#[derive(Clone, Copy)] enum Kind {}
#[proc_macro_attribute] pub fn keep(args: TokenStream, item: TokenStream) -> TokenStream { item }
#[proc_macro_attribute] pub fn time(args: TokenStream, item: TokenStream) -> TokenStream {
    let ItemFn { sig, block, .. } = parse_macro_input!(item as ItemFn);
    quote!(#sig { let _guard = enter(); #block }).into()
}
#[proc_macro_attribute] pub fn wrap(args: TokenStream, item: TokenStream) -> TokenStream {
    let ItemFn { sig, block, .. } = parse_macro_input!(item as ItemFn);
    quote!(#sig { call(|| #block) }).into()
}
//- /other.rs
pub fn model(input: TokenStream) -> TokenStream { quote!(impl Clone for X {}).into() }
"""
THIRD = MACROS.replace("//- /other.rs", "//- /other.rs\nfn made() { quote!(store::parts::setup!(X)) }")
SECOND = MACROS.replace("//- /other.rs", '//- /other.rs\nfn made() { format_ident!("Copy") }')


def test_functions_under_attributes() -> None:
    program = load(MACROS).program

    def why(path: str) -> str | None:
        entry = program.entry(path, DefKind.FUNCTION)
        assert entry is not None
        return program.why_rewritten(entry)

    assert [why(f"krate::{name}") for name in ("kept", "timed", "wrapped")] == [None, None, None]
    assert why("krate::clash") == "attribute `time` may rewrite this code"
    assert why("krate::closure") == "attribute `wrap` may rewrite this code"


def test_traits_that_a_derive_names() -> None:
    program = load(MACROS).program
    a, c = Adt("krate::A", ()), Adt("krate::C", ())
    assert program.has_unseen_impls(a) == "derive `Model` may add methods and impls"
    assert program.has_unseen_impls(a, "core::clone::Clone") is not None
    assert program.has_unseen_impls(a, "core::marker::Copy") is None
    assert program.has_unseen_impls(a, "core::ops::drop::Drop") is None
    assert program.has_unseen_impls(a, "krate::Own") is not None
    assert program.has_unseen_impls(c, "core::ops::drop::Drop") is not None
    b = Adt("krate::B", ())
    assert program.has_unseen_impls(b, "core::ops::drop::Drop") is None
    assert program.has_unseen_impls(b, "core::marker::Copy") is not None  # the macro may put it into a `derive(..)`
    assert load(SECOND).program.has_unseen_impls(a, "core::marker::Copy") is not None
    assert load(THIRD).program.has_unseen_impls(a, "core::marker::Copy") is not None  # another crate's macro may do it


PUBLISHED = """
//# crate krate /lib.rs deps=mac
//# crate mac /mac.rs member=no kind=proc-macro
use mac::{make_pub, other, same};
pub struct S;
impl S {
    fn plain(&self) {}
    #[make_pub] fn made(&self) {}
    #[other] fn perhaps(&self) {}
    #[same] fn kept(&self) {}
    #[inline] fn inlined(&self) {}
}
//- /mac.rs
#[proc_macro_attribute] pub fn make_pub(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut f = parse_macro_input!(item as ItemFn); f.vis = parse_quote!(pub); quote!(#f).into()
}
#[proc_macro_attribute] pub fn other(args: TokenStream, item: TokenStream) -> TokenStream { somewhere!(item) }
#[proc_macro_attribute] pub fn same(args: TokenStream, item: TokenStream) -> TokenStream { item }
"""


def test_visibility_that_attributes_change() -> None:
    program = load(PUBLISHED).program
    (own,) = program.inherent_impls("krate::S")
    found = {name: program.fn(path) for name, path in own.methods.items()}
    limited = {name: fn.visible_in for name, fn in found.items() if fn is not None}
    assert limited == {"plain": "krate", "made": None, "perhaps": None, "kept": "krate", "inlined": "krate"}
