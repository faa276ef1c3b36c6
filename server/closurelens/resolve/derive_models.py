"""What the derives of published crates add to a type, as their documentation has it.

A derive is found by the procedural macro that its path leads to, wherever that was re-exported. Its impls are written
in Rust as they would stand beside the type; `Self` is the type. Bodies are left out: what matters are the traits, the
inherent functions, and that there is nothing else. Invariant: a derive that is not listed may add anything.
"""

from __future__ import annotations

from collections.abc import Callable

from closurelens.hir.item import AdtItem, FieldDecl, FnItem, ImplItem
from closurelens.hir.types import (
    BoundRef,
    ErrorType,
    GenericParamDecl,
    GenericsDecl,
    PathType,
    RefType,
    TypeRef,
)
from closurelens.records import dataclass, replace
from closurelens.resolve import (
    archived_items,
    ast_nodes,
    derive_builder_items,
    derive_educe,
    derive_more,
    derive_reports,
)
from closurelens.resolve.derive_builders import default_builder
from closurelens.resolve.derive_enums import as_inner
from closurelens.resolve.derive_parts import absolute, alias_of, impl_of, lower_items_of, plain, with_parameters
from closurelens.resolve.derive_setters import setters


@dataclass(slots=True)
class DeriveModel:
    """`code`: impls; `bound`: a trait that every type parameter must have; `attributes`: the derive's helpers.

    `more` makes further impls, with `words`; None: what it makes of this type is not known.
    """

    code: str = ""
    bound: str = ""
    attributes: str = ""
    words: str = ""
    more: Callable[[AdtItem, TypeRef], list[ImplItem] | None] | None = None

    def knows(self, item: AdtItem) -> bool:
        return self.more is None or self.more(item, type_of(item)) is not None


def _of(trait: str, attributes: str = "", *, bound: bool = True) -> DeriveModel:
    """One impl without anything in it: the trait's own declarations say the rest."""
    return DeriveModel(f"impl {trait} for Self {{}}", trait if bound else "", attributes)


def _all(attributes: str, *traits: str) -> DeriveModel:
    return DeriveModel(" ".join(f"impl {trait} for Self {{}}" for trait in traits), "", attributes)


def _zerocopy(name: str) -> DeriveModel:
    """Some of its derives bring the traits that theirs rests on."""
    traits = [f"::zerocopy::{one}" for one in (name, *_ZEROCOPY_IMPLIED.get(name, ()))]
    return DeriveModel(" ".join(f"impl {trait} for Self {{}}" for trait in traits), traits[0], "zerocopy")


def _builder(trait: str, attributes: str) -> DeriveModel:
    """`T::builder()`, whose type is a secret of the macro."""
    inherent = f"impl Self {{ pub fn builder() -> {_SECRET}; }}"
    return DeriveModel(f"{inherent} impl {trait} for Self {{}}" if trait else inherent, "", attributes)


_SECRET = "__Secret"
_CLAP = "clap structopt command arg group"


def _thiserror(item: AdtItem, own: TypeRef) -> list[ImplItem]:
    """`Display` where there is an `#[error(..)]`, and `From` of what is marked `#[from]`."""
    out: list[ImplItem] = []
    attrs = [item.attrs, *[variant.attrs for variant in item.variants]]
    if any("error" in one.others for one in attrs):
        out.append(impl_of(item, absolute("core::fmt::Display"), own))
    for variant in item.variants:
        out.extend(_from(item, own, field) for field in variant.fields if "from" in field.attrs.others)
    return out


def _clap_parser(item: AdtItem, own: TypeRef) -> list[ImplItem]:
    return [impl_of(item, absolute("clap::Subcommand" if item.kind == "enum" else "clap::Args"), own)]


def _into_static_str(item: AdtItem, own: TypeRef) -> list[ImplItem]:
    """`From<Self>` and `From<&Self>` for `&'static str`."""
    text = RefType(plain("str"), mutable=False, lifetime="static")
    sources: tuple[TypeRef, ...] = (own, RefType(own, mutable=False))
    return [impl_of(item, absolute("core::convert::From", source), text) for source in sources]


def _into_i32(item: AdtItem, own: TypeRef) -> list[ImplItem]:
    return [impl_of(item, absolute("core::convert::From", own), plain("i32"))]


def _zeroize(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    """`#[zeroize(drop)]` on the type adds `Drop`."""
    return None if "zeroize" in item.attrs.others else []


def _from(item: AdtItem, own: TypeRef, field: FieldDecl) -> ImplItem:
    return impl_of(item, absolute("core::convert::From", field.ty), own)


def _words_of_derive_more(name: str) -> str:
    """`Into` and `TryInto` are impls of the opposite traits."""
    return f" {name} {name.replace('Into', 'From')}"


def _ref_cast(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    fields = item.variants[0].fields if item.kind == "struct" else []
    if len(fields) != 1:
        return None
    return [impl_of(item, absolute("ref_cast::RefCast"), own, [alias_of(item, "From", fields[0].ty)])]


_THISERROR = DeriveModel(
    "impl ::core::error::Error for Self {}", "", "backtrace error from source", " Display From", _thiserror
)
_SALSA_KEYS = ("AsId", "FromIdWithDb", "SalsaStructInDb")
_RKYV = "rkyv archive archive_attr omit_bounds with"
_ZEROCOPY = "FromBytes FromZeros Immutable IntoBytes KnownLayout TryFromBytes Unaligned"
_ZEROCOPY_IMPLIED = {"FromBytes": ("FromZeros", "TryFromBytes"), "FromZeros": ("TryFromBytes",)}

DERIVES: dict[str, DeriveModel] = {
    "serde_derive::Serialize": _of("::serde::Serialize", "serde"),
    "serde_derive::Deserialize": _of("::serde::Deserialize", "serde"),
    "thiserror_impl::Error": _THISERROR,
    "clap_derive::Parser": replace(
        _all(_CLAP, "::clap::Parser", "::clap::CommandFactory", "::clap::FromArgMatches"),
        words=" Args Subcommand",
        more=_clap_parser,
    ),
    "clap_derive::Args": _all(_CLAP, "::clap::Args", "::clap::FromArgMatches"),
    "clap_derive::Subcommand": _all(_CLAP, "::clap::Subcommand", "::clap::FromArgMatches"),
    "clap_derive::ValueEnum": _all("clap value", "::clap::ValueEnum"),
    "yew_macro::Properties": _of("::yew::html::Properties", "prop_or prop_or_else prop_or_default", bound=False),
    "dioxus_core_macro::Props": _builder("::dioxus_core::Properties", "props"),
    "sycamore_macro::Props": replace(_builder("::sycamore::rt::Props", "prop"), more=setters),
    "derive_builder_macro::Builder": DeriveModel(
        "",
        "",
        derive_builder_items.HELPERS,
        " Clone Default Debug Display Error From",
        derive_builder_items.builder_known,
    ),
    "default_struct_builder::DefaultBuilder": DeriveModel("", "", "builder", "", default_builder),
    "bevy_derive::Deref": DeriveModel("", "", "deref", " Deref", derive_more.deref_to_field),
    "bevy_derive::DerefMut": DeriveModel("", "", "deref", " DerefMut", derive_more.deref_mut_to_field),
    "educe::Educe": DeriveModel("", "", "educe", f" {' '.join(derive_educe.TRAITS)}", derive_educe.educe),
    "enum_as_inner::EnumAsInner": DeriveModel("", "", "", "", as_inner),
    "ref_cast_impl::RefCast": DeriveModel("", "", "trivial", " RefCast", _ref_cast),
    "typed_builder_macro::TypedBuilder": _builder("", "builder"),
    "implicit_clone_derive::ImplicitClone": _of("::implicit_clone::ImplicitClone", bound=False),
    "bytemuck_derive::Pod": _of("::bytemuck::Pod", "bytemuck"),
    "bytemuck_derive::Zeroable": _of("::bytemuck::Zeroable", "bytemuck zeroable"),
    "bytemuck_derive::AnyBitPattern": _of("::bytemuck::AnyBitPattern", "bytemuck"),
    "bytemuck_derive::NoUninit": _of("::bytemuck::NoUninit", "bytemuck"),
    "derive_arbitrary::Arbitrary": _of("::arbitrary::Arbitrary", "arbitrary"),
    "pest_derive::Parser": DeriveModel("impl ::pest::Parser<Rule> for Self {}", "", "grammar grammar_inline"),
    "ast_node::Spanned": _of("::swc_common::Spanned", "span", bound=False),
    "ast_node::DeserializeEnum": _of("::serde::Deserialize", "tag encoding", bound=False),
    "ast_node::Encode": _of("::cbor4ii::core::enc::Encode", "encoding", bound=False),
    "ast_node::Decode": DeriveModel("impl<'a> ::cbor4ii::core::dec::Decode<'a> for Self {}", "", "encoding"),
    "from_variant::FromVariant": DeriveModel("", "", "from_variant", " From", ast_nodes.from_variants),
    "is_macro::Is": DeriveModel("", "", "is", "", ast_nodes.is_variants),
    "swc_eq_ignore_macros::EqIgnoreSpan": _of("::swc_common::EqIgnoreSpan", "not_spanned use_eq", bound=False),
    "swc_eq_ignore_macros::TypeEq": _of("::swc_common::TypeEq", "not_type use_eq use_eq_ignore_span", bound=False),
    "string_enum::StringEnum": DeriveModel(
        "impl Self { pub fn as_str(&self) -> &'static str; } impl ::core::str::FromStr for Self { type Err = (); }"
        " impl ::serde::Serialize for Self {} impl ::serde::Deserialize for Self {}"
        " impl ::core::fmt::Debug for Self {} impl ::core::fmt::Display for Self {}",
        "",
        "string_enum",
    ),
    "bytecheck_derive::CheckBytes": DeriveModel(
        "", "", "bytecheck check_bytes", " CheckBytes", archived_items.check_bytes
    ),
    "rkyv_derive::Archive": DeriveModel(
        "", "", _RKYV, " Archive Portable PartialEq PartialOrd", archived_items.archive
    ),
    "rkyv_derive::Serialize": DeriveModel("", "", _RKYV, " Serialize", archived_items.serialize),
    "rkyv_derive::Deserialize": DeriveModel("", "", _RKYV, " Deserialize", archived_items.deserialize),
    "rkyv_derive::Portable": _of("::rkyv::Portable", "rkyv"),
    "schemars_derive::JsonSchema": _of("::schemars::JsonSchema", "schemars serde validate"),
    "prost_derive::Message": _all("prost", "::prost::Message", "::core::default::Default", "::core::fmt::Debug"),
    "prost_derive::Oneof": DeriveModel(
        "impl ::core::fmt::Debug for Self {} impl Self {"
        " pub fn encode(&self, buf: &mut impl ::prost::bytes::BufMut);"
        " pub fn encoded_len(&self) -> usize; }",
        "",
        "prost",
    ),
    "prost_derive::Enumeration": DeriveModel(
        "impl ::core::default::Default for Self {}"
        " impl ::core::convert::TryFrom<i32> for Self { type Error = ::prost::UnknownEnumValue; }"
        " impl Self { pub fn is_valid(value: i32) -> bool; pub fn from_i32(value: i32) -> Option<Self>; }",
        "",
        "prost",
        " From",
        _into_i32,
    ),
    "zeroize_derive::Zeroize": replace(_of("::zeroize::Zeroize", "zeroize"), more=_zeroize),
    "zeroize_derive::ZeroizeOnDrop": _all("zeroize", "::core::ops::Drop", "::zeroize::ZeroizeOnDrop"),
    "strum_macros::Display": _of("::core::fmt::Display", "strum", bound=False),
    "strum_macros::EnumString": _of("::core::str::FromStr", "strum", bound=False),
    "strum_macros::EnumCount": _of("::strum::EnumCount", "strum", bound=False),
    # The iterator is a type of its own, which behaves like this one.
    "strum_macros::EnumIter": DeriveModel(
        "impl ::strum::IntoEnumIterator for Self { type Iterator = ::core::array::IntoIter<Self, 0>; }", "", "strum"
    ),
    "strum_macros::AsRefStr": DeriveModel("impl ::core::convert::AsRef<str> for Self {}", "", "strum"),
    "strum_macros::IntoStaticStr": DeriveModel("", "", "strum", " From", _into_static_str),
    "strum_macros::VariantNames": _of("::strum::VariantNames", "strum", bound=False),
    "salsa_macros::SalsaValue": _of("::salsa::SalsaValue", "salsa_value", bound=False),
    "salsa_macros::Supertype": _all("", *[f"::salsa::plumbing::{name}" for name in _SALSA_KEYS]),
    "salsa_macros::Update": _of("::salsa::Update", "update"),
    # What `#[ast]` puts on a type: it adds nothing but the helpers.
    "oxc_ast_macros::Ast": DeriveModel(
        "", "", "builder clone_in content_eq estree generate_derive js_only plural scope span ts visit"
    ),
    "yara_x_macros::ErrorStruct": DeriveModel(
        derive_reports.STRUCT_CODE, "", "error warning label footer associated_enum", "", derive_reports.report_builder
    ),
    "yara_x_macros::ErrorEnum": DeriveModel(derive_reports.ENUM_CODE),
    "displaydoc::Display": _of("::core::fmt::Display", "ignore_extra_doc_attributes prefix_enum_doc_attributes"),
} | {f"zerocopy_derive::{name}": _zerocopy(name) for name in _ZEROCOPY.split()}
DERIVES |= {
    f"derive_more_impl::{name}": DeriveModel("", "", attribute, _words_of_derive_more(name), make)
    for name, (attribute, make) in derive_more.DERIVES.items()
}


FACADES = {
    "arbitrary": "derive_arbitrary",
    "bevy": "bevy_derive",
    "bytemuck": "bytemuck_derive",
    "clap": "clap_derive",
    "derive_builder": "derive_builder_macro",
    "derive_more": "derive_more_impl",
    "implicit_clone": "implicit_clone_derive",
    "bytecheck": "bytecheck_derive",
    "prost": "prost_derive",
    "ref_cast": "ref_cast_impl",
    "rkyv": "rkyv_derive",
    "salsa": "salsa_macros",
    "schemars": "schemars_derive",
    "serde": "serde_derive",
    "strum": "strum_macros",
    "sycamore": "sycamore_macro",
    "thiserror": "thiserror_impl",
    "typed_builder": "typed_builder_macro",
    "yew": "yew_macro",
    "zerocopy": "zerocopy_derive",
    "zeroize": "zeroize_derive",
}
"""Crates by which users name the derives of others: what counts where their source is not at hand."""


def derive_model(path: str) -> DeriveModel | None:
    """The model of the derive that a path leads to."""
    found = DERIVES.get(path)
    if found is None:
        crate, _, rest = path.partition("::")
        if crate in FACADES:
            found = DERIVES.get(f"{FACADES[crate]}::{rest.rpartition('::')[2]}")
    return found


def words() -> dict[bytes, frozenset[bytes]]:
    """By the name of a derive, the words that a file with it may have beside those that are written in it."""
    out: dict[bytes, frozenset[bytes]] = {}
    for path, model in DERIVES.items():
        text = model.code + model.words
        found = frozenset(text.replace("::", " ").encode().split()) | {b"impl"}
        name = path.rpartition("::")[2].encode()
        out[name] = out.get(name, frozenset()) | found
    return out


def crates() -> frozenset[str]:
    """The crates that what is derived is about: without one of them among its dependencies a crate has none of it."""
    absolute = {
        word[2:].partition("::")[0] for model in DERIVES.values() for word in model.code.split() if word[:2] == "::"
    }
    return frozenset(absolute - {"core"}) | {
        "thiserror",
        "strum",
        "displaydoc",
        "typed_builder",
        "sycamore_macro",
        "bevy",
        "bevy_derive",
        "dioxus",
        "prost",
        "default_struct_builder",
        "derive_builder",
        "derive_more",
        "educe",
        "enum_as_inner",
        "oxc_ast_macros",
        "ref_cast",
        "is_macro",
        "rkyv",
        "swc_common",
        "yara_x_macros",
        "zeroize",
    }


def impls_of(model: DeriveModel, item: AdtItem) -> list[ImplItem]:
    """What the derive adds beside `item`."""
    own = type_of(item)
    out: list[ImplItem] = []
    if model.code:
        generics = _generics(item, model.bound)
        out.extend(replace(one, self_ty=own, generics=generics) for one in _parsed(model.code))
    if model.more is not None:
        out.extend(model.more(item, own) or [])
    return out


def _parsed(code: str) -> list[ImplItem]:
    out: list[ImplItem] = []
    for one in lower_items_of(code):
        assert isinstance(one, ImplItem)
        for member in one.items:
            if isinstance(member, FnItem) and isinstance(member.ret, PathType) and member.ret.path.name() == _SECRET:
                member.ret = ErrorType("a type that the derive makes")
        out.append(one)
    return out


def type_of(item: AdtItem) -> TypeRef:
    """The type with its own parameters."""
    return with_parameters(item.name, item.generics)


def _generics(item: AdtItem, bound: str) -> GenericsDecl:
    given = item.generics
    if not bound or not given.params:
        return given
    trait = BoundRef(absolute(bound.removeprefix("::")))
    params = [
        param
        if param.const_type is not None
        else GenericParamDecl(param.name, [*param.bounds, trait], param.default, param.const_type)
        for param in given.params
    ]
    return GenericsDecl(params, given.where)
