"""What the derives of yara-x-macros add to the structs and enums of errors and warnings.

A struct gets a function that builds it from its fields, and wraps it in the enum that it names. Invariant: pure.
"""

from __future__ import annotations

from closurelens.hir.item import AdtItem, ImplItem
from closurelens.hir.lower.attrs import simple_path
from closurelens.hir.types import Path, PathType, RefType, Segment, TypeRef
from closurelens.resolve.derive_parts import impl_of, method_of

_TOLD = """
    pub fn title(&self) -> &str;
    pub fn labels(&self) -> impl Iterator<Item = Label>;
    pub fn footers(&self) -> impl Iterator<Item = Footer>;
"""
_DISPLAY = "impl ::core::fmt::Display for Self {}"
STRUCT_CODE = f"""
    impl ::core::error::Error for Self {{}} {_DISPLAY} impl ::serde::Serialize for Self {{}}
    impl Self {{ pub const fn code() -> &'static str; {_TOLD} }}
"""
ENUM_CODE = f"""
    impl ::core::fmt::Debug for Self {{}} {_DISPLAY}
    impl Self {{
        pub const fn all_codes() -> [&'static str; _];
        pub fn code(&self) -> &'static str;
        {_TOLD}
        pub fn patches(&self) -> impl Iterator<Item = Patch> + use<'_>;
        pub(crate) fn report(&self) -> &Report;
        pub(crate) fn report_mut(&mut self) -> &mut Report;
    }}
"""


def report_builder(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    enum = (item.attrs.arguments or {}).get("associated_enum", "")
    if item.kind != "struct" or not enum.isidentifier():
        return None
    report = RefType(PathType(Path([Segment("ReportBuilder")])), mutable=False)
    params: list[tuple[str, TypeRef]] = [("report_builder", report)]
    params += [(one.name, one.ty) for one in item.variants[0].fields if one.name != "report"]
    made = method_of(item, "build", None, params, PathType(simple_path(enum)))
    made.visibility = "crate"
    made.is_const = False
    return [impl_of(item, None, own, [made])]
