"""Which trait, among a trait and its supertraits, declares an associated type.

Invariant: names are enough to find the trait: the arguments of supertraits are lowered only for the one that is found,
so a supertrait's argument may itself mention an associated type (`trait A: B<Self::Item>`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import TraitItem, TypeAliasItem
from closurelens.hir.types import BoundRef, PathType
from closurelens.resolve.module import Entry
from closurelens.ty.sig import Def, DefKind, Namespace
from closurelens.ty.types import Bound, DefPath, Param, Ty, substitute

if TYPE_CHECKING:
    from closurelens.resolve.program import Program
    from closurelens.resolve.signatures import Signatures

_SELF = Param("Self")


class Supertraits:
    def __init__(self, program: Program, signatures: Signatures) -> None:
        self._program = program
        self._signatures = signatures
        self._direct: dict[DefPath, list[DefPath]] = {}
        self._owners: dict[tuple[DefPath, str], DefPath | None] = {}

    def direct(self, trait: DefPath) -> list[DefPath]:
        """The supertraits a trait declares, by path only."""
        found = self._direct.get(trait)
        if found is None:
            self._direct[trait] = []
            found = self._direct[trait] = [path for path, _ in self._refs(trait)]
        return found

    def _refs(self, trait: DefPath) -> list[tuple[DefPath, BoundRef | Bound]]:
        program = self._program
        if program.is_std(trait) or program.packed(trait) is not None:
            sig = program.trait(trait)
            if sig is None:
                return []
            return [(p.bound.trait, p.bound) for p in sig.generics.predicates if p.subject == _SELF]
        entry = program.entry(trait, DefKind.TRAIT)
        if entry is None or not isinstance(entry.item, TraitItem):
            return []
        resolver = self._signatures.resolver(entry)
        refs = list(entry.item.supertraits)
        for left, bounds in entry.item.generics.where:
            if isinstance(left, PathType) and left.path.name() == "Self":
                refs.extend(bounds)
        out: list[tuple[DefPath, BoundRef | Bound]] = []
        for ref in refs:
            found = None if ref.is_maybe else resolver.resolve_path(ref.path, Namespace.TYPES)
            if found is not None and isinstance(found.target, Def) and not found.rest:
                out.append((found.target.path, ref))
        return out

    def declares(self, trait: DefPath, name: str) -> bool:
        """The trait itself has an associated type of this name."""
        program = self._program
        if program.is_std(trait) or program.packed(trait) is not None:
            sig = program.trait(trait)
            return sig is not None and name in sig.assoc_types
        entry = program.entry(trait, DefKind.TRAIT)
        return entry is not None and any(
            isinstance(member.item, TypeAliasItem) and member.item.name == name
            for member in entry.module.crate.associated(entry)
        )

    def assoc_owner(self, trait: DefPath, name: str) -> DefPath | None:
        """The nearest of the trait and its supertraits that declares the type."""
        key = (trait, name)
        if key in self._owners:
            return self._owners[key]
        found: DefPath | None = None
        seen = {trait}
        work = [trait]
        for path in work:  # grows below
            if self.declares(path, name):
                found = path
                break
            for further in self.direct(path):
                if further not in seen:
                    seen.add(further)
                    work.append(further)
        self._owners[key] = found
        return found

    def bound_with_assoc(self, bound: Bound, subject: Ty, name: str) -> Bound | None:
        """`bound`, or the supertrait it implies that declares the type, with its arguments."""
        owner = self.assoc_owner(bound.trait, name)
        if owner is None:
            return None
        current = bound
        for _ in range(64):
            if current.trait == owner:
                return current
            step = self._step(current, subject, owner, name)
            if step is None:
                return Bound(owner)
            current = step
        return None

    def _step(self, bound: Bound, subject: Ty, owner: DefPath, name: str) -> Bound | None:
        """One step up towards `owner`."""
        for path, ref in self._refs(bound.trait):
            if self.assoc_owner(path, name) != owner:
                continue
            upper = ref if isinstance(ref, Bound) else self._lowered(bound.trait, ref)
            if upper is None:
                continue
            subst: dict[str, Ty] = {"Self": subject}
            params = self._program.params_of(Def(DefKind.TRAIT, bound.trait))
            for param, arg in zip(params, bound.args, strict=False):
                subst[param.name] = arg
            return _substituted(upper, subst)
        return None

    def _lowered(self, trait: DefPath, ref: BoundRef) -> Bound | None:
        entry: Entry | None = self._program.entry(trait, DefKind.TRAIT)
        if entry is None:
            return None
        return self._signatures.resolver(entry).lower_bound(ref, subject=_SELF)


def _substituted(bound: Bound, subst: dict[str, Ty]) -> Bound:
    return bound.map(lambda ty: substitute(ty, subst))
