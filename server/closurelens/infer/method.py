"""Method lookup: which function `receiver.name(..)` calls, and how the receiver is adjusted.

The order is rustc's (`method/probe.rs`): for each type the receiver dereferences to, by value, then `&`, then `&mut`;
inherent methods before those of traits in scope.
"""

from __future__ import annotations

from collections.abc import Iterator

from closurelens.hir.body import Expr
from closurelens.infer import autoderef, doubts, impls
from closurelens.infer.autoderef import Step
from closurelens.infer.builtin import is_unsized
from closurelens.infer.fn_ctxt import FnCtxt
from closurelens.infer.generics import Subst, trait_subst
from closurelens.infer.goals import PASSING, Answer, ImplCandidate, TraitGoal
from closurelens.infer.result import Adjustment, BorrowAdjust, DerefAdjust, MethodCallee, OtherAdjust
from closurelens.infer.table import VarKind
from closurelens.records import dataclass
from closurelens.ty import types as t
from closurelens.ty.sig import FnSig, ImplSig, SelfKind
from closurelens.ty.types import HAS_PROJECTION, Bound, DefPath, Ty, head_of, substitute


@dataclass(slots=True)
class InherentCandidate:
    sig: FnSig
    impl: ImplSig


@dataclass(slots=True)
class TraitCandidate:
    """`bound` is set where a bound of the receiver's type offers the method; `self_ty` is then that type."""

    sig: FnSig
    trait: DefPath
    bound: Bound | None = None
    self_ty: Ty | None = None


MethodCandidate = InherentCandidate | TraitCandidate


@dataclass(slots=True)
class Pick:
    candidate: MethodCandidate
    derefs: int
    autoref: bool | None  # None, or the mutability of the borrow
    unsize: bool
    doubtful: bool = False


Lookup = tuple[Pick | None, list[Step], str]
"""The pick, the autoderef steps, and why there is none."""


@dataclass(slots=True)
class Confirmed:
    """A chosen method, instantiated: `params` without the receiver."""

    callee: MethodCallee
    params: tuple[Ty, ...]
    ret: Ty
    subst: Subst


def inherent_methods(cx: FnCtxt, head: str, name: str) -> list[tuple[ImplSig, DefPath]]:
    """The inherent methods and associated functions `name` of types with this head."""
    table = cx.shared.inherent.get(head)
    if table is None:
        table = {}
        for impl in cx.db.inherent_impls(head):
            for method, path in impl.methods.items():
                table.setdefault(method, []).append((impl, path))
        cx.shared.inherent[head] = table
    return table.get(name, [])


def heads(cx: FnCtxt, ty: Ty) -> tuple[str, ...]:
    if ty.__class__ is t.Infer:
        kind = cx.table.kinds[ty.id]
        return ("i32",) if kind is VarKind.INT else ("f64",) if kind is VarKind.FLOAT else ()
    head = head_of(ty)
    return (head,) if head is not None else ()


def _assemble(
    cx: FnCtxt, found: list[Step], name: str, traits: frozenset[str], limits: dict[DefPath, bool]
) -> list[list[MethodCandidate]]:
    inherent: list[MethodCandidate] = []
    extension: list[MethodCandidate] = []
    for step in found:
        ty = step.ty
        for head in heads(cx, ty):
            for impl, path in inherent_methods(cx, head, name):
                sig = cx.db.fn(path)
                if sig is None or sig.self_kind is SelfKind.NONE:
                    continue
                if sig.visible_in is not None:
                    seen = limits[sig.visible_in] = cx.is_within(sig.visible_in)
                    if not seen:
                        continue
                inherent.append(InherentCandidate(sig, impl))
        if isinstance(ty, t.Param | t.Dyn | t.Opaque | t.Projection):
            for bound in offering_bounds(cx, ty, name):
                sig = trait_method(cx, bound.trait, name)
                if sig is not None:
                    candidate = TraitCandidate(sig, bound.trait, bound, ty)
                    (extension if isinstance(ty, t.Opaque) else inherent).append(candidate)
    for trait in offering(cx, traits, name):
        sig = trait_method(cx, trait, name)
        if sig is not None:
            extension.append(TraitCandidate(sig, trait))
    return [inherent, extension]


def offering_bounds(cx: FnCtxt, ty: Ty, name: str) -> list[Bound]:
    """The bounds of a type by traits that declare `name`, one for each: open where several differ in their arguments.

    rustc collapses candidates of one trait to the trait (`collapse_candidates_to_trait_pick`).
    """
    known = cx.solver.env.offered if ty.__class__ is t.Param else {}
    offered = known.get((ty, name))
    if offered is None:
        offered = known[ty, name] = [bound for bound in cx.solver.bounds_of(ty) if _declares(cx, bound.trait, name)]
    found: dict[DefPath, Bound] = {}
    for bound in offered:
        first = found.setdefault(bound.trait, bound)
        if first.args != bound.args:
            found[bound.trait] = Bound(bound.trait, tuple([cx.var() for _ in bound.args]))
    return list(found.values())


def _declares(cx: FnCtxt, path: DefPath, name: str) -> bool:
    trait = cx.db.trait(path)
    return trait is not None and (name in trait.methods or name in trait.consts)


def offering(cx: FnCtxt, traits: frozenset[DefPath], name: str) -> list[DefPath]:
    """The traits among those in scope that declare a function `name`, in a fixed order."""
    key = (traits, name)
    found = cx.shared.offering.get(key)
    if found is None:
        std = cx.db.std
        found = [trait for trait in std.traits_with_method(name) if trait in traits]
        for path in sorted(traits):
            if not cx.db.is_std(path):
                trait = cx.db.trait(path)
                if trait is not None and name in trait.methods:
                    found.append(path)
        cx.shared.offering[key] = found
    return found


def trait_method(cx: FnCtxt, trait: DefPath, name: str) -> FnSig | None:
    found = cx.db.trait(trait)
    path = found.methods.get(name) if found is not None else None
    sig = cx.db.fn(path) if path is not None else None
    return sig if sig is not None and sig.self_kind is not SelfKind.NONE else None


def lookup(cx: FnCtxt, expr_id: int, receiver: Ty, name: str) -> Lookup:
    """What is called on a `receiver` of this type: for one that is known, found out once."""
    whole = cx.deep(cx.resolve(receiver))
    if whole.flags & (PASSING | HAS_PROJECTION):
        return _lookup(cx, expr_id, receiver, name, {})
    known = cx.solver.answers(whole.flags).lookups
    key = (whole, name, cx.traits_in_scope(expr_id))
    entry: tuple[Lookup, dict[DefPath, bool]] | None = known.get(key)
    if entry is not None and all(cx.is_within(module) is seen for module, seen in entry[1].items()):
        return entry[0]
    limits: dict[DefPath, bool] = {}
    found = _lookup(cx, expr_id, receiver, name, limits)
    if not any(step.goals or step.ty.flags & PASSING for step in found[1]):
        known[key] = found, limits
    return found


def _lookup(cx: FnCtxt, expr_id: int, receiver: Ty, name: str, limits: dict[DefPath, bool]) -> Lookup:
    """`limits`: gets the modules that methods of the name are private to, and whether this is in them."""
    found = autoderef.steps(cx, receiver)
    last = found[-1].ty
    open_end = last.__class__ is t.Infer and cx.table.kinds[last.id] is VarKind.GENERAL
    if isinstance(last, t.Unknown):
        # What comes before the unknown type can still decide, when it has the method by itself.
        if len(found) == 1:
            return None, found, last.why
    elif open_end and len(found) == 1:
        return None, found, "the receiver's type is not inferred here"
    if isinstance(last, t.Array):
        found = [*found, Step(t.Slice(last.elem), False)]
        unsized_at = len(found) - 1
    else:
        unsized_at = -1
    groups = _assemble(cx, found, name, cx.traits_in_scope(expr_id), limits)
    if not groups[0] and not groups[1]:
        why = last.why if isinstance(last, t.Unknown) else f"no method `{name}` is known for this type"
        return None, found, why
    guess: Pick | None = None
    for at, step in enumerate(found):
        ty = step.ty
        if isinstance(ty, t.Unknown) or (ty.__class__ is t.Infer and open_end and at == len(found) - 1):
            why = ty.why if isinstance(ty, t.Unknown) else "the receiver's type is not inferred here"
            return guess, found, why
        for pick in _picks(cx, groups, ty, at, is_unsized=at == unsized_at):
            if not pick.doubtful:
                if guess is None:
                    return pick, found, ""
                if not isinstance(pick.candidate, InherentCandidate):
                    return guess, found, ""
                pick.doubtful = True
                return pick, found, ""
            if guess is None:
                guess = pick
                if _why_unseen(cx, ty) is None:
                    return pick, found, ""
            # What only an impl that nobody sees would offer is a worse guess than the type's own method.
    return guess, found, f"no method `{name}` is known for this type"


def _picks(cx: FnCtxt, groups: list[list[MethodCandidate]], ty: Ty, at: int, *, is_unsized: bool) -> Iterator[Pick]:
    """What one autoderef step offers: by value, by autoref, through a pointer made `*const`."""
    derefs = at - 1 if is_unsized else at
    if not is_unsized:
        candidate, doubtful = _pick(cx, groups, ty)
        if candidate is not None:
            if isinstance(ty, t.Ref):
                yield Pick(candidate, derefs + 1, ty.mutable, False, doubtful)
            else:
                yield Pick(candidate, derefs, None, False, doubtful)
    for mutable in (False, True):
        candidate, doubtful = _pick(cx, groups, t.Ref(ty, mutable=mutable))
        if candidate is not None:
            yield Pick(candidate, derefs, mutable, is_unsized, doubtful)
    if isinstance(ty, t.RawPtr) and ty.mutable:
        candidate, doubtful = _pick(cx, groups, t.RawPtr(ty.inner, mutable=False))
        if candidate is not None:
            yield Pick(candidate, derefs, None, False, doubtful)


def _pick(cx: FnCtxt, groups: list[list[MethodCandidate]], self_ty: Ty) -> tuple[MethodCandidate | None, bool]:
    for group in groups:
        applicable: list[MethodCandidate] = []
        for candidate in group:
            answer = _consider(cx, candidate, self_ty)
            if answer is Answer.YES:
                return candidate, group is groups[1] and _may_be_changed(cx, self_ty)
            if answer is Answer.MAYBE:
                applicable.append(candidate)
        if applicable:
            first = applicable[0]
            is_open = _why_unseen(cx, self_ty) is not None and not _is_written(cx, first, self_ty)
            return first, len(applicable) > 1 or is_open or _rests_on_unseen(cx, first, self_ty)
    return None, False


def _rests_on_unseen(cx: FnCtxt, candidate: MethodCandidate, self_ty: Ty) -> bool:
    """No impl of the trait is for the type: there may be one that nobody sees."""
    if isinstance(candidate, InherentCandidate) or candidate.bound is not None:
        return False
    ty = cx.resolve(self_ty)
    if isinstance(ty, t.Ref) and candidate.sig.self_kind in (SelfKind.REF, SelfKind.MUT):
        ty = cx.resolve(ty.inner)
    if not isinstance(ty, t.Adt | t.Ref) or cx.db.has_unseen_impls(ty, candidate.trait) is None:
        return False
    return not impls.may_apply(cx.db, cx.table, ty, candidate.trait, ())


def _is_written(cx: FnCtxt, candidate: MethodCandidate, self_ty: Ty) -> bool:
    """Whether there is an impl for this type, with nothing open but parameters that the type does not say."""
    if isinstance(candidate, InherentCandidate) or candidate.bound is not None:
        return False
    kind = candidate.sig.self_kind
    if kind is SelfKind.TYPED:
        return False
    solver, table = cx.solver, cx.table
    subject = self_ty.inner if kind is not SelfKind.VALUE and isinstance(self_ty, t.Ref) else self_ty
    probe = solver.begin_probe()
    try:
        trait = cx.db.trait(candidate.trait)
        args = tuple([table.new_var() for _ in trait.generics.params]) if trait is not None else ()
        found = solver.select(table.shallow(subject), candidate.trait, args, 0)
        if not isinstance(found, ImplCandidate) or isinstance(found.impl.self_ty, t.Param):
            return False
        return all(
            isinstance(goal, TraitGoal)
            and (
                table.shallow(goal.self_ty).__class__ is t.Infer
                or solver.holds(goal.self_ty, goal.trait, goal.args) is Answer.YES
            )
            for goal in list(solver.pending)
        )
    finally:
        solver.end_probe(probe)


def _why_unseen(cx: FnCtxt, self_ty: Ty) -> str | None:
    ty = cx.resolve(self_ty)
    while isinstance(ty, t.Ref):
        ty = cx.resolve(ty.inner)
    return doubts.why_unseen(cx.db, ty, cx.solver.bounds_of(ty))


def _may_be_changed(cx: FnCtxt, self_ty: Ty) -> bool:
    """A type that is not known stands behind a `&mut`: a method of its own would come first, or be the only one.

    Through shared references alone whatever is called borrows as this method does.
    """
    is_mutable = False
    ty = cx.resolve(self_ty)
    while isinstance(ty, t.Ref):
        is_mutable = is_mutable or ty.mutable
        ty = cx.resolve(ty.inner)
    if ty.__class__ is t.Infer:
        return is_mutable and cx.table.kinds[ty.id] is VarKind.GENERAL
    return is_mutable and isinstance(ty, t.Unknown)


def _may_be_self(kind: SelfKind, self_ty: Ty) -> bool:
    """A quick look at whether a method of this receiver can take `self_ty`.

    Nothing takes what is unsized by value: `impl<T> Trait for T` is not for `[u8]`, as its `T` is `Sized`.
    """
    if kind is SelfKind.VALUE:
        return not is_unsized(self_ty)
    if kind is SelfKind.REF:
        return isinstance(self_ty, t.Ref) and not self_ty.mutable
    if kind is SelfKind.MUT:
        return isinstance(self_ty, t.Ref) and self_ty.mutable
    return True


def _consider(cx: FnCtxt, candidate: MethodCandidate, self_ty: Ty) -> Answer:
    sig = candidate.sig
    if not _may_be_self(sig.self_kind, self_ty):
        return Answer.NO
    solver, table = cx.solver, cx.table
    probe = solver.begin_probe()
    try:
        if isinstance(candidate, InherentCandidate):
            impl = candidate.impl
            if not sig.params:
                return Answer.NO
            kind = sig.self_kind
            if kind is not SelfKind.TYPED:
                inner = self_ty.inner if isinstance(self_ty, t.Ref) and kind is not SelfKind.VALUE else self_ty
                inner = table.shallow(inner)
                theirs, ours = head_of(impl.self_ty), head_of(inner)
                if theirs != ours and ours is not None and theirs is not None:
                    return Answer.NO
            subst: Subst = {p.name: table.new_var() for p in impl.generics.params}
            for param in sig.generics.params:
                subst[param.name] = table.new_var()
            subst["Self"] = substitute(impl.self_ty, subst)
            wanted = substitute(sig.params[0], subst)
            if wanted.flags & HAS_PROJECTION:
                wanted = solver.normalize(wanted)
            if not table.unify(wanted, self_ty):
                return Answer.NO
            if not impl.generics.predicates:
                return Answer.YES
            solver.require_all(impl.generics.predicates, subst)
            return solver.nested_answer(0)
        if candidate.bound is not None:
            assert candidate.self_ty is not None
            wanted = substitute(sig.params[0], _trait_vars(cx, candidate, candidate.self_ty))
            return Answer.YES if table.unify(wanted, self_ty) else Answer.NO
        kind = sig.self_kind
        if kind is SelfKind.VALUE:
            subject = self_ty
        elif isinstance(self_ty, t.Ref) and kind is not SelfKind.TYPED:
            subject = self_ty.inner
        else:
            subject = table.new_var()
            subst = _trait_vars(cx, candidate, subject)
            if not table.unify(solver.normalize(substitute(sig.params[0], subst)), self_ty):
                return Answer.NO
        subject = table.shallow(subject)
        trait = cx.db.trait(candidate.trait)
        args = tuple([table.new_var() for _ in trait.generics.params]) if trait is not None else ()
        return solver.holds(subject, candidate.trait, args)
    finally:
        solver.end_probe(probe)


def _trait_vars(cx: FnCtxt, candidate: TraitCandidate, self_ty: Ty) -> Subst:
    trait = cx.db.trait(candidate.trait)
    subst: Subst = {"Self": self_ty}
    if trait is not None:
        if candidate.bound is not None:
            subst = trait_subst(trait, self_ty, candidate.bound.args)
        for param in trait.generics.params:
            if param.name not in subst:
                subst[param.name] = cx.table.new_var()
    for param in candidate.sig.generics.params:
        subst[param.name] = cx.table.new_var()
    return subst


def receiver_adjustments(cx: FnCtxt, found: list[Step], pick: Pick) -> list[Adjustment]:
    """Derefs, then the autoref, then unsizing."""
    path = autoderef.adjustments(cx, found, pick.derefs)
    if pick.autoref is not None:
        if pick.autoref:
            path = [DerefAdjust(d.target, d.overloaded, True) if isinstance(d, DerefAdjust) else d for d in path]
        ty = found[pick.derefs].ty
        path.append(BorrowAdjust(t.Ref(ty, mutable=pick.autoref), pick.autoref))
        if pick.unsize and isinstance(ty, t.Array):
            path.append(OtherAdjust(t.Ref(t.Slice(ty.elem), mutable=pick.autoref), "unsize"))
    return path


def confirm(cx: FnCtxt, expr: Expr, pick: Pick, receiver: Ty, turbofish: tuple[Ty, ...]) -> Confirmed:
    """Instantiate the pick for a receiver of type `receiver` (after its adjustments) and note what must hold."""
    solver, table = cx.solver, cx.table
    candidate, sig = pick.candidate, pick.candidate.sig
    solver.origin = expr.id
    full = cx.solver.generics_of(sig)
    if isinstance(candidate, InherentCandidate):
        subst: Subst = {p.name: table.new_var() for p in full.params[: full.own_start]}
        subst["Self"] = substitute(candidate.impl.self_ty, subst)
    elif candidate.bound is not None:
        assert candidate.self_ty is not None
        subst = _trait_vars(cx, candidate, candidate.self_ty)
    else:
        subst = _trait_vars(cx, candidate, table.new_var())
    _own_params(cx, sig, subst, turbofish)
    wanted = solver.normalize(substitute(sig.params[0], subst))
    table.unify(wanted, receiver)
    solver.require_all(full.predicates, subst)
    return instantiate(cx, sig, full.names, subst, skip_receiver=True)


def _own_params(cx: FnCtxt, sig: FnSig, subst: Subst, turbofish: tuple[Ty, ...]) -> None:
    for at, param in enumerate(sig.generics.params):
        subst[param.name] = turbofish[at] if at < len(turbofish) else cx.table.new_var()


def instantiate(cx: FnCtxt, sig: FnSig, all_names: tuple[str, ...], subst: Subst, *, skip_receiver: bool) -> Confirmed:
    solver = cx.solver
    params = sig.params[1:] if skip_receiver else sig.params
    formal = tuple([solver.normalize(substitute(p, subst)) for p in params])
    ret = solver.normalize(substitute(sig.ret, subst))
    args = tuple([subst.get(name) or t.Unknown("a generic argument") for name in all_names])
    return Confirmed(MethodCallee(sig, args), formal, ret, subst)
