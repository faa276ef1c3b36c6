"""What `#[query_group]` of salsa before 0.18, and of macros that mimic it, makes of a trait.

Its functions are queries, and there are more: those that set an input, and those that look up what was interned. Every
type with the supertraits implements the trait. Invariant: what is made has no bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, FnItem, Item, TraitItem
from closurelens.hir.lower.attrs import simple_path, split_commas
from closurelens.hir.types import (
    BoundRef,
    GenericParamDecl,
    GenericsDecl,
    Path,
    PathType,
    Segment,
    TypeRef,
)
from closurelens.records import replace
from closurelens.resolve.derive_parts import (
    UNIT_TYPE,
    absolute,
    cfg_only,
    impl_beside,
    impl_of,
    method_of,
    named,
    plain,
    receiver,
    tuple_of,
)

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

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


def _macro(crate: CrateIndex, attrs: Attrs, name: str) -> tuple[str, str] | None:
    """The attribute of this name as it is written, and what stands in its brackets."""
    for written in attrs.others:
        first, _, last = written.partition("::")
        if last == name:
            known = crate.crate.dependencies.get(first)
            if known is not None and any(part in known.package for part in _PACKAGES):
                return written, (attrs.arguments or {}).get(written, "")
    return None


def made_of_query_group(crate: CrateIndex, item: TraitItem, attrs: Attrs) -> tuple[Item, list[Item]] | None:
    """The trait with all its functions, and its impl; None: it is none."""
    found = _macro(crate, attrs, "query_group")
    if found is None:
        return None
    written, group = found
    is_salsas = written.startswith("salsa::")
    at = AdtItem(
        group, item.range, item.name_range, cfg_only(item.attrs), item.visibility, "struct", GenericsDecl(), []
    )
    members: list[Item] = list(item.items)
    for member in item.items:
        if isinstance(member, FnItem) and crate.switched_off(member.attrs) is None:
            members.extend(_more_of(at, member))
    supertraits = list(item.supertraits)
    beside: list[Item] = []
    if is_salsas and group.isidentifier():
        has_group = absolute("salsa::plumbing::HasQueryGroup", plain(group))
        supertraits += [BoundRef(absolute("salsa::Database")), BoundRef(has_group)]
        beside += [at, impl_of(at, absolute("salsa::plumbing::QueryGroup"), plain(group))]
    generics = GenericsDecl([GenericParamDecl("__DB", supertraits)])
    beside.append(impl_beside(item, generics, Path([Segment(item.name)]), plain("__DB")))
    return replace(item, items=members, supertraits=supertraits), beside


def _more_of(at: AdtItem, query: FnItem) -> list[FnItem]:
    """What is declared for a query beside it."""
    kinds = {name.partition("::")[2] for name in query.attrs.others if name.startswith("salsa::")}
    value = UNIT_TYPE if query.ret is None else query.ret
    if "input" in kinds:
        name = f"set_{query.name.removeprefix('r#')}"
        given: list[tuple[str, TypeRef]] = [*query.params, ("value__", value)]
        durability = ("durability__", named("salsa::Durability"))
        return [
            method_of(at, name, receiver("ref_mut"), given, UNIT_TYPE),
            method_of(at, f"{name}_with_durability", receiver("ref_mut"), [*given, durability], UNIT_TYPE),
        ]
    if "interned" in kinds:
        whole = tuple_of([ty for _, ty in query.params])
        return [method_of(at, f"lookup_{query.name.removeprefix('r#')}", receiver("ref"), [("key", value)], whole)]
    return []


def made_of_database(crate: CrateIndex, item: AdtItem, attrs: Attrs) -> tuple[Item, list[Item]] | None:
    """`#[salsa::database(Group, ..)]` on a struct: it has the storage of these groups."""
    found = _macro(crate, attrs, "database")
    if found is None:
        return None
    own = plain(item.name)
    beside: list[Item] = []
    for group in split_commas(found[1]):
        trait = absolute("salsa::plumbing::HasQueryGroup", PathType(simple_path(group)))
        beside.append(impl_of(item, trait, own))
    beside.append(impl_of(item, absolute("salsa::plumbing::DatabaseOps"), own))
    return item, beside
