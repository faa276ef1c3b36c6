"""Which impls there may be that nobody has seen: of derives, attributes and item macros that are not understood.

Invariant: a trait that neither a macro's source nor its arguments, or the macros among these, name is not implemented
by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.resolve import derives
from closurelens.resolve.attributes.words import is_named
from closurelens.ty.sig import DefKind
from closurelens.ty.types import Adt, DefPath, Ref, Ty

if TYPE_CHECKING:
    from closurelens.resolve.program import Program

_ADTS = (DefKind.STRUCT, DefKind.ENUM, DefKind.UNION)
_ATTRIBUTE_REACH = 1000
"""How far before a type its attributes are looked for."""
_NO_WORDS: frozenset[bytes] = frozenset()


def unseen_impls(program: Program, ty: Ty, trait: DefPath | None) -> str | None:
    """Why `ty` may have impls (of a trait) that are not in the index."""
    if trait is not None and _may_be_unread(program, ty, trait):
        return f"a macro call that is not understood may implement `{trait.rpartition('::')[2]}`"
    if not isinstance(ty, Adt) or program.is_std(ty.path):
        return None
    unseen = program.signatures.unseen
    if ty.path not in unseen:
        names = program.unknown_derives(ty.path)
        kind = "attribute" if names and names[0][0] == "#" else "derive"
        unseen[ty.path] = f"{kind} `{names[0]}` may add methods and impls" if names else None
    why = unseen[ty.path]
    if why is None or trait is None or not program.is_std(trait):
        return why
    return why if may_derive(program, ty.path, trait) else None


def may_derive(program: Program, path: DefPath, trait: DefPath) -> bool:
    """Whether the macros on an ADT of which nothing is known may implement a trait of std for it."""
    key = (path, trait)
    known = program.signatures.may_derive
    if key not in known:
        known[key] = _may_derive(program, path, trait)
    return known[key]


def _may_be_unread(program: Program, ty: Ty, trait: DefPath) -> bool:
    """Whether an item macro call that could not be expanded, in the crate of either, names both."""
    while isinstance(ty, Ref):
        ty = ty.inner
    head = ty.path if isinstance(ty, Adt) else ""
    for path in (trait, head) if head else (trait,):
        words = _NO_WORDS if program.is_std(path) else _unread_words(program, path)
        if (
            words
            and trait.rpartition("::")[2].encode() in words
            and (not head or head.rpartition("::")[2].encode() in words)
        ):
            return True
    return False


def _unread_words(program: Program, path: DefPath) -> frozenset[bytes]:
    packed = program.packed(path)
    if packed is not None:
        return packed.unread_words()
    crate = program.crate_of(path)
    return _NO_WORDS if crate is None else crate.impls.unread_words()


def _may_derive(program: Program, path: DefPath, trait: DefPath) -> bool:
    packed = program.packed(path)
    if packed is not None:
        return packed.may_derive(path, trait)
    entry = program.entry(path, *_ADTS)
    if entry is None:
        return True
    start, end = entry.item.range
    around = entry.source.text[max(0, start - _ATTRIBUTE_REACH) : end]
    if is_named(around, trait.rpartition("::")[2], in_derives=False):
        return True
    found = derives.derives_of(program, entry).unknown
    return any(program.may_implement(macro, trait, in_derives=False) for _, macro in found) or any(
        program.may_implement(macro, trait, in_derives=True) for _, macro in derives.unknown_attributes(program, entry)
    )
