"""What `#[query_group]` of salsa before 0.18, and of macros that mimic it, makes of a trait.

Its functions are queries, and there are more: those that set an input, and those that look up what was interned. Every
type with the supertraits implements the trait. Invariant: what is made has no bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, FnItem, ImplItem, Item, SelfParam, TraitItem
from closurelens.hir.lower.attrs import effective, simple_path, split_commas
from closurelens.hir.types import (
    BoundRef,
    GenericArgs,
    GenericParamDecl,
    GenericsDecl,
    Path,
    PathType,
    Segment,
    TupleType,
    TypeRef,
)
from closurelens.project.model import Dependency
from closurelens.records import replace
from closurelens.resolve.derive_parts import absolute, impl_of, method_of, named

if TYPE_CHECKING:
    from closurelens.project.model import Crate
    from closurelens.resolve.crate_tree import CrateIndex

_BY_REF = SelfParam(by_ref=True, mutable=False, ty=None)
_BY_MUT = SelfParam(by_ref=True, mutable=True, ty=None)
_UNIT = TupleType([])
_PACKAGES = ("salsa", "query-group", "query_group")
"""What the names of the packages have in them that have such macros."""


def stem(method: str) -> str:
    """The query that a method is made of, if it is made of one."""
    if method.startswith("lookup_"):
        return method.removeprefix("lookup_")
    return method.removeprefix("set_").removesuffix("_with_durability")


def words(found: frozenset[bytes]) -> set[bytes]:
    """The names that a file with these words, and a query group, may have beside them."""
    made = (b"lookup_%b", b"set_%b", b"set_%b_with_durability")
    return {b"impl", b"HasQueryGroup", b"QueryGroup"} | {form % word for word in found for form in made}


def _dependency(crate: Crate, name: str) -> Dependency | None:
    return crate.dependencies.get(name) or crate.dependencies.get(name.replace("_", "-"))


def _macro(crate: CrateIndex, attrs: Attrs, name: str) -> tuple[str, str] | None:
    """The attribute of this name as it is written, and what stands in its brackets."""
    for written in attrs.others:
        first, _, last = written.partition("::")
        if last == name:
            known = _dependency(crate.crate, first)
            if known is not None and any(part in known.package for part in _PACKAGES):
                return written, (attrs.arguments or {}).get(written, "")
    return None


def made_of_query_group(crate: CrateIndex, item: TraitItem) -> tuple[Item, list[Item]] | None:
    """The trait with all its functions, and its impl; None: it is none."""
    found = _macro(crate, effective(item.attrs, crate.holds), "query_group")
    if found is None:
        return None
    written, group = found
    is_salsas = written.startswith("salsa::")
    attrs = Attrs(cfg=item.attrs.cfg)
    at = AdtItem(group, item.range, item.name_range, attrs, item.visibility, "struct", GenericsDecl(), [])
    members: list[Item] = list(item.items)
    for member in item.items:
        if isinstance(member, FnItem) and crate.switched_off(member.attrs) is None:
            members.extend(_more_of(at, member))
    supertraits = list(item.supertraits)
    beside: list[Item] = []
    if is_salsas and group.isidentifier():
        has_group = absolute("salsa::plumbing::HasQueryGroup")
        has_group.segments[-1].args = GenericArgs([PathType(Path([Segment(group)]))])
        supertraits += [BoundRef(absolute("salsa::Database")), BoundRef(has_group)]
        beside += [at, impl_of(at, absolute("salsa::plumbing::QueryGroup"), PathType(Path([Segment(group)])))]
    generics = GenericsDecl([GenericParamDecl("__DB", supertraits)])
    own = PathType(Path([Segment("__DB")]))
    start = (item.range[0], item.range[0])
    trait = Path([Segment(item.name)])
    beside.append(ImplItem("", item.range, start, attrs, None, generics, trait, own, []))
    return replace(item, items=members, supertraits=supertraits), beside


def _more_of(at: AdtItem, query: FnItem) -> list[FnItem]:
    """What is declared for a query beside it."""
    kinds = {name.partition("::")[2] for name in query.attrs.others if name.startswith("salsa::")}
    value = _UNIT if query.ret is None else query.ret
    if "input" in kinds:
        name = f"set_{query.name.removeprefix('r#')}"
        given: list[tuple[str, TypeRef]] = [*query.params, ("value__", value)]
        durability = ("durability__", named("salsa::Durability"))
        return [
            method_of(at, name, _BY_MUT, given, _UNIT),
            method_of(at, f"{name}_with_durability", _BY_MUT, [*given, durability], _UNIT),
        ]
    if "interned" in kinds:
        keys = [ty for _, ty in query.params]
        whole = keys[0] if len(keys) == 1 else TupleType(keys)
        return [method_of(at, f"lookup_{query.name.removeprefix('r#')}", _BY_REF, [("key", value)], whole)]
    return []


def made_of_database(crate: CrateIndex, item: AdtItem) -> tuple[Item, list[Item]] | None:
    """`#[salsa::database(Group, ..)]` on a struct: it has the storage of these groups."""
    found = _macro(crate, effective(item.attrs, crate.holds), "database")
    if found is None:
        return None
    own = PathType(Path([Segment(item.name)]))
    beside: list[Item] = []
    for group in split_commas(found[1]):
        trait = absolute("salsa::plumbing::HasQueryGroup")
        trait.segments[-1].args = GenericArgs([PathType(simple_path(group))])
        beside.append(impl_of(item, trait, own))
    beside.append(impl_of(item, absolute("salsa::plumbing::DatabaseOps"), own))
    return item, beside
