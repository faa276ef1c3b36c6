"""Which impls a trait goal may be met by, and where else there may be some.

An impl stands with its trait, with its type, or, by Rust's orphan rules, in the crate of a type among the trait's
arguments. Invariant: while such an argument is open, impls of crates that nobody has looked at may be missing.
"""

from __future__ import annotations

from closurelens.infer import names
from closurelens.infer.orphan import local_to
from closurelens.infer.table import Table, VarKind
from closurelens.ty import types as t
from closurelens.ty.sig import ImplSig, SigDb
from closurelens.ty.types import DefPath, Ty, head_of


def may_apply(db: SigDb, table: Table, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...]) -> list[ImplSig]:
    if self_ty.__class__ is t.Infer:
        kind = table.kinds[self_ty.id]
        heads = t.INT_NAMES if kind is VarKind.INT else t.FLOAT_NAMES
        found = [impl for head in heads for impl in db.trait_impls(trait, head)]
        if args:
            for name in heads:
                found.extend(_far(db, table, self_ty, trait, args, name))
    else:
        head = head_of(self_ty)
        found = list(db.trait_impls(trait, head)) if head is not None else []
        found.extend(_far(db, table, self_ty, trait, args, head))
    found.extend(db.trait_impls(trait, None))
    return found


def _far(db: SigDb, table: Table, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...], head: str | None) -> list[ImplSig]:
    """Impls that stand in the crate of a type or trait inside the self type or the arguments."""
    out: list[ImplSig] = []
    seen: set[str] = set()
    near = (self_ty, *args)
    if self_ty.__class__ is t.Adt and any(table.shallow(arg).__class__ is t.Infer for arg in args):
        # `impl From<BString> for Cow<BStr>` is about types of one crate.
        near += self_ty.parts()
    for ty in near:
        path = local_to(table, ty)
        if path is not None and path != head:
            crate = path.partition("::")[0]
            if crate not in seen:
                seen.add(crate)
                out.extend(db.trait_impls_in(path, trait, head))
    return out


def may_be_elsewhere(table: Table, self_ty: Ty, args: tuple[Ty, ...]) -> bool:
    """Other crates may have impls for types of theirs: which crates those are is not known before the type is."""
    shallow = table.shallow
    return shallow(self_ty).__class__ is t.Adt and any(shallow(arg).__class__ is t.Infer for arg in args)


def may_be_one_of_many(table: Table, impl: ImplSig, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...]) -> bool:
    """The impl stands neither with the trait nor with the type, so others may do so too.

    So may they beside one that is for all types and themselves, as `From<T> for T`: it is not what an open argument is.
    """
    is_open = any(table.shallow(arg).__class__ is t.Infer for arg in args)
    if not is_open or table.shallow(self_ty).__class__ not in (t.Adt, t.Prim):
        return False
    near = (trait.partition("::")[0], (head_of(self_ty) or "").partition("::")[0], *names.STD_CRATES)
    header = impl.self_ty
    is_reflexive = header.__class__ is t.Param and impl.trait is not None and header in impl.trait.args
    return is_reflexive or (self_ty.__class__ is t.Adt and impl.path.partition("::")[0] not in near)
