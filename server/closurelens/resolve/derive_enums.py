"""What the derive `EnumAsInner` adds: `is_a`, `as_a`, `as_a_mut` and `into_a` for each variant `A` of an enum.

Names are in snake case as `heck` has it. Invariant: pure.
"""

from __future__ import annotations

from closurelens.hir.item import AdtItem, ImplItem, Item, VariantDecl
from closurelens.hir.types import RefType, TupleType, TypeRef
from closurelens.resolve.derive_parts import SELF, impl_of, method_of, named, plain, receiver, tuple_of

_BOOL = plain("bool")


def as_inner(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    if item.kind != "enum":
        return None
    methods = [method for variant in item.variants for method in _methods(item, variant)]
    return [impl_of(item, None, own, methods)]


def _methods(item: AdtItem, variant: VariantDecl) -> list[Item]:
    name = snake(variant.name)
    out: list[Item] = [method_of(item, f"is_{name}", receiver("ref"), [], _BOOL)]
    if variant.ctor == "unit":
        return out
    types: list[TypeRef] = [field.ty for field in variant.fields]
    whole = tuple_of(types) if types else TupleType([])
    shared = tuple_of([RefType(ty, mutable=False) for ty in types]) if types else TupleType([])
    mutable = tuple_of([RefType(ty, mutable=True) for ty in types]) if types else TupleType([])
    return [
        *out,
        method_of(item, f"as_{name}", receiver("ref"), [], named("core::option::Option", shared)),
        method_of(item, f"as_{name}_mut", receiver("ref_mut"), [], named("core::option::Option", mutable)),
        method_of(item, f"into_{name}", receiver("owned"), [], named("core::result::Result", whole, SELF)),
        method_of(item, f"as_{name}_unchecked", receiver("ref"), [], shared),
        method_of(item, f"as_{name}_mut_unchecked", receiver("ref_mut"), [], mutable),
        method_of(item, f"into_{name}_unchecked", receiver("owned"), [], whole),
    ]


def snake(name: str) -> str:
    """`ToSnakeCase` of `heck`: a word begins with a capital that follows something else or leads small letters."""
    words: list[str] = []
    for part in name.split("_"):
        start = 0
        mode = ""
        for at, char in enumerate(part[:-1]):
            after = part[at + 1]
            kind = "small" if char.islower() else "capital" if char.isupper() else mode
            if kind == "small" and after.isupper():
                words.append(part[start : at + 1])
                start, mode = at + 1, ""
            elif mode == "capital" and char.isupper() and after.islower():
                words.append(part[start:at])
                start, mode = at, ""
            else:
                mode = kind
        words.append(part[start:])
    return "_".join(word.lower() for word in words if word)
