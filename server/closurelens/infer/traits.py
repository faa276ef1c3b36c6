"""Which impl, bound or built-in rule makes a type implement a trait, and what its associated types are.

Invariant: a goal is answered "no" only when every variable that could change the answer is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from closurelens.infer import doubts, impls, names
from closurelens.infer.builtin import builtin_candidate
from closurelens.infer.canonical import canonical
from closurelens.infer.elaborate import elaborate
from closurelens.infer.fulfill import Stuck, select_where_possible
from closurelens.infer.generics import (
    FullGenerics,
    Subst,
    full_trait_args,
    of_fn,
    subst_of,
    substitute_bound,
    trait_subst,
)
from closurelens.infer.goals import (
    MAX_DEPTH,
    OF_ONE_BODY,
    PASSING,
    Answer,
    Answers,
    BoundCandidate,
    BuiltinCandidate,
    Candidate,
    ClosureSig,
    Goal,
    GoalKey,
    ImplCandidate,
    OpenGoal,
    ProjectionGoal,
    SharedCache,
    TraitGoal,
)
from closurelens.infer.header import Header
from closurelens.infer.param_env import param_env
from closurelens.infer.reject import header_args, header_may_match
from closurelens.infer.table import Table, VarKind
from closurelens.ty import types as t
from closurelens.ty.sig import FnSig, ImplSig, Predicate, SigDb, own_param
from closurelens.ty.types import (
    HAS_INFER,
    HAS_PARAM,
    HAS_PROJECTION,
    Bound,
    DefPath,
    Ty,
    substitute,
)

MAX_OPEN_IMPLS = 4
"""So many impls are looked into for a nested goal that still has open variables; with more it is undecided."""
MAX_LOOKED = 2000
"""So many impls are looked into for one goal and all that it leads to."""

Probe = tuple[tuple[int, int], list[Goal], dict[Ty, Ty]]
"""What the state was: the table's, the goals pending, and the projections in scope."""


class Solver:
    """Trait goals of one body. `env` are the predicates in scope."""

    def __init__(self, db: SigDb, table: Table, env: tuple[Predicate, ...], shared: SharedCache) -> None:
        self.db = db
        self.table = table
        self.shared = shared
        self.pending: list[Goal] = []
        self.closures: dict[int, ClosureSig] = {}
        self.origin = -1
        self.env = param_env(db, shared, env)
        self._looked = 0
        self._cut_short = False
        """So much was looked into that an answer was given up."""
        self._loose = 0
        """How often an associated type got arguments of its own that nobody had given."""
        self.contradictions: list[str] = []
        self.aside: set[int] = set()
        """Expressions of which no contradiction counts."""
        self.stuck = Stuck(self.pending, 0, 0)
        self._local = Answers()
        self.solved: dict[GoalKey, bool] = {}
        """Goals of which the candidate is known, and what that requires is pending or solved."""
        self.in_scope: dict[Ty, Ty] = {}
        """What projections stand for whose goals are pending now, or were before (rustc's projection cache)."""
        if self.env.open and not self.env.is_normal:
            self._normalize_env()

    # Bounds

    def _normalize_env(self) -> None:
        """`<A::Pointer as Deref>::Target: Trait` is about what the bounds of `A::Pointer` say that the target is."""
        env = self.env
        env.is_normal = True
        added: list[tuple[Ty, Bound]] = []
        for subject, bound in env.open:
            if subject.__class__ is t.Projection:
                value = self.normalize(subject)
                if value != subject and not value.flags & (HAS_INFER | t.HAS_UNKNOWN):
                    # `Rhs = Self` has made an argument of the projection, too.
                    args = tuple([value if arg == subject else arg for arg in bound.args])
                    added.append((value, Bound(bound.trait, args, bound.assoc)))
        self.pending.clear()
        self.in_scope.clear()
        env.add(added)

    def elaborate(self, self_ty: Ty, bound: Bound) -> list[Bound]:
        """`bound` and the bounds its supertraits imply for `self_ty`; `Name = ty` bindings go along."""
        return elaborate(self.db, self.shared, self_ty, bound)

    def bounds_of(self, ty: Ty) -> list[Bound]:
        """Every bound a parameter, projection, `dyn` or `impl` type has, supertraits too."""
        match ty:
            case t.Param():
                return self.env.bounds.get(ty, [])
            case t.Dyn() | t.Opaque():
                return [b for bound in ty.bounds for b in self.elaborate(ty, bound)]
            case t.Projection():
                out: list[Bound] = []
                for subject, bound in self.env.open:
                    if subject.__class__ is t.Projection and self._same_projection(subject, ty):
                        out.append(bound)
                trait = self.db.trait(ty.trait)
                assoc = trait.assoc_types.get(ty.name) if trait else None
                if trait is not None and assoc is not None:
                    subst = trait_subst(trait, ty.self_ty, ty.args)
                    subst.update(subst_of(tuple([p.name for p in assoc.generics.params]), ty.own_args))
                    for bound in assoc.bounds:
                        out.extend(self.elaborate(ty, substitute_bound(bound, subst)))
                if trait is not None:
                    for predicate in trait.generics.predicates:
                        subject = predicate.subject
                        if isinstance(subject, t.Projection) and subject.name == ty.name and subject.trait == ty.trait:
                            subst = trait_subst(trait, ty.self_ty, ty.args)
                            out.extend(self.elaborate(ty, substitute_bound(predicate.bound, subst)))
                return out
            case _:
                return []

    def _same_projection(self, a: Ty, b: t.Projection) -> bool:
        return isinstance(a, t.Projection) and a.name == b.name and a.trait == b.trait and a.self_ty == b.self_ty

    def assoc_owner(
        self, trait: DefPath, self_ty: Ty, args: tuple[Ty, ...], name: str
    ) -> tuple[DefPath, tuple[Ty, ...]]:
        """The trait among `trait` and its supertraits that declares the associated type `name`, with its arguments."""
        if trait in names.FN_TRAITS or trait in names.ASYNC_FN_TRAITS:
            return trait, args
        own = self.db.trait(trait)
        if own is not None and name in own.assoc_types:
            return trait, args
        for bound in self.elaborate(self_ty, Bound(trait, args)):
            found = self.db.trait(bound.trait)
            if found is not None and name in found.assoc_types:
                return bound.trait, bound.args
        return trait, args

    # Registering

    def require(self, self_ty: Ty, bound: Bound) -> None:
        """Add `self_ty: bound` to what must hold."""
        args = full_trait_args(self.db, bound.trait, self_ty, bound.args)
        if _flags(args) & HAS_PROJECTION:
            args = tuple([self.normalize(a) for a in args])
        self.pending.append(TraitGoal(self_ty, bound.trait, args, self.origin))
        for name, ty in bound.assoc:
            owner, owner_args = self.assoc_owner(bound.trait, self_ty, args, name)
            projection = t.Projection(self_ty, owner, owner_args, name)
            self.pending.append(ProjectionGoal(projection, self.normalize(ty), self.origin))

    def require_all(self, predicates: Sequence[Predicate], subst: Subst) -> None:
        for predicate in predicates:
            if predicate.bound.trait == names.SIZED or predicate.bound.trait in names.AUTO_TRAITS:
                continue
            subject = self.normalize(substitute(predicate.subject, subst))
            self.require(subject, substitute_bound(predicate.bound, subst))

    def normalize(self, ty: Ty) -> Ty:
        """`ty` with its projections replaced: by what they are, by themselves where rigid, else by a new variable."""
        flags = ty.flags
        if not flags & HAS_PROJECTION:
            return ty
        if flags & PASSING:
            return self._normalize(ty)
        known = self.env.normal
        found = known.get(ty)
        if found is None:
            found = self._normalize(ty)
            if not found.flags & HAS_INFER:
                known[ty] = found
        return found

    def _normalize(self, ty: Ty) -> Ty:
        if ty.__class__ is not t.Projection:
            return ty.map(self.normalize)
        projection = ty.map(self.normalize)
        assert isinstance(projection, t.Projection)
        found = self.project(projection, 0)
        if found is not None:
            return found
        var = self.table.new_var()
        self.pending.append(ProjectionGoal(projection, var, self.origin))
        return var

    # Solving

    def begin_probe(self) -> Probe:
        """Begin to try what leaves nothing behind (rustc's `probe`): only goals from now on are pending, until
        `end_probe`."""
        probe = self.table.snapshot(), self.pending, self.in_scope
        self.pending, self.in_scope = [], {}
        return probe

    def end_probe(self, probe: Probe) -> None:
        mark, self.pending, self.in_scope = probe
        self.table.rollback(mark)

    def select_where_possible(self) -> None:
        """Solve what can be solved now; the rest stays pending."""
        if self.pending:
            select_where_possible(self)

    def generics_of(self, fn: FnSig) -> FullGenerics:
        """`generics.of_fn`, remembered."""
        known = self.shared.generics
        found = known.get(fn.path)
        if found is None:
            found = known[fn.path] = of_fn(self.db, fn)
        return found

    def holds(self, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...] = (), depth: int = 0) -> Answer:
        """Whether `self_ty: trait<args>`; binds nothing."""
        self_ty = self.table.deep(self_ty)
        args = tuple([self.table.deep(a) for a in args])
        flags = self_ty.flags
        for a in args:
            flags |= a.flags
        cache = None
        if not flags & HAS_INFER and not flags & t.HAS_UNKNOWN:
            cache = self.answers(flags).ground
            known = cache.get((self_ty, trait, args))
            if known is not None:
                return known
        open_answers = None
        key: OpenGoal | None = None
        if not flags & t.HAS_CLOSURE:
            if self_ty.__class__ is t.Infer and self.table.kinds[self_ty.id] is VarKind.GENERAL:
                return Answer.MAYBE
            open_answers = self.answers(flags).open.holds
            key = canonical(self.table, (self_ty, *args)), trait, depth
            known = open_answers.get(key)
            if known is not None:
                return known
        probe = self.begin_probe()
        cut_short, self._cut_short = self._cut_short, False
        found = self.select(self_ty, trait, args, depth)
        answer = found if isinstance(found, Answer) else Answer.YES
        if answer is Answer.YES and self.pending:
            answer = self.nested_answer(depth)
        self.end_probe(probe)
        if cache is not None and answer is not Answer.MAYBE:
            cache[(self_ty, trait, args)] = answer
        elif open_answers is not None and key is not None and not self._cut_short:
            open_answers[key] = answer
        self._cut_short = self._cut_short or cut_short
        return answer

    def answers(self, flags: int) -> Answers:
        """Where those about types with these flags are kept."""
        if flags & OF_ONE_BODY:
            return self._local
        env = self.env
        return env.answers if flags & HAS_PARAM or env.assumes_impls else self.shared.answers

    def nested_answer(self, depth: int) -> Answer:
        """Whether the goals pending now can hold together."""
        answer = Answer.YES
        work, self.pending = self.pending, []
        for goal in work:
            if depth >= MAX_DEPTH:
                return Answer.MAYBE
            if goal.__class__ is TraitGoal:
                assert isinstance(goal, TraitGoal)
                one = self.holds(goal.self_ty, goal.trait, goal.args, depth + 1)
            else:
                assert isinstance(goal, ProjectionGoal)
                value = self.project(goal.projection, depth + 1)
                if value is None:
                    one = Answer.MAYBE
                else:
                    one = Answer.YES if self.table.unify(value, goal.target) else Answer.NO
            if one is Answer.NO:
                return Answer.NO
            if one is Answer.MAYBE:
                answer = Answer.MAYBE
        return answer

    def select(self, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...], depth: int) -> Candidate | Answer:
        """The one candidate, its nested goals then pending; MAYBE: not decided yet; NO: there is none."""
        table = self.table
        self_ty = table.shallow(self_ty)
        if self_ty.__class__ is t.Projection:
            self_ty = table.shallow(self.normalize(self_ty))
        if self_ty.__class__ is t.Unknown:
            return BuiltinCandidate({})
        if self_ty.__class__ is t.Infer and table.kinds[self_ty.id] is VarKind.GENERAL:
            return Answer.MAYBE
        builtin = builtin_candidate(self, self_ty, trait, args, depth)
        if builtin is not None:
            return builtin
        found = self._from_bounds(self_ty, trait, args)
        if found is not None:
            return found
        answer = self._from_impls(self_ty, trait, args, depth)
        if answer is Answer.NO and doubts.why_unseen(self.db, self_ty, self.bounds_of(self_ty), trait):
            return Answer.MAYBE
        return answer

    def _could_unify_args(self, a: tuple[Ty, ...], b: tuple[Ty, ...]) -> bool:
        mark = self.table.snapshot()
        ok = self._unify_args(a, b)
        self.table.rollback(mark)
        return ok

    def _from_bounds(self, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...]) -> Candidate | Answer | None:
        table = self.table
        matching = [b for b in self.bounds_of(self_ty) if b.trait == trait and self._could_unify_args(b.args, args)]
        subjects = [self_ty] * len(matching)
        if self.env.open and not matching and self_ty.__class__ is not t.Projection:
            for subject, bound in self.env.open:
                if bound.trait != trait or subject.__class__ is not self_ty.__class__:
                    continue
                mark = table.snapshot()
                if table.unify(subject, self_ty) and self._unify_args(bound.args, args):
                    matching.append(bound)
                    subjects.append(subject)
                table.rollback(mark)
        if not matching:
            return None
        chosen = matching[0]
        if len(matching) > 1:
            distinct = {
                (table.deep(s), *[table.deep(a) for a in b.args]) for s, b in zip(subjects, matching, strict=True)
            }
            if len(distinct) > 1 and (table.deep(self_ty).flags | _flags([table.deep(a) for a in args])) & HAS_INFER:
                return Answer.MAYBE
            for bound in matching:
                if bound.assoc:
                    chosen = Bound(chosen.trait, chosen.args, chosen.assoc + bound.assoc)
        table.unify(subjects[0], self_ty)
        self._unify_args(chosen.args, args)
        return BoundCandidate(chosen)

    def _unify_args(self, a: tuple[Ty, ...], b: tuple[Ty, ...]) -> bool:
        return all(self.table.unify(x, y) for x, y in zip(a, b))  # noqa: B905

    def _from_impls(self, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...], depth: int) -> Candidate | Answer:
        key = canonical(self.table, (self_ty, *args)), trait, depth
        flags = _flags(key[0])
        known = self.answers(flags).open.selected
        found = known.get(key)
        if found is None:
            outside, self._cut_short = self._cut_short, False
            found, by_header = self._one_impl(self_ty, trait, args, depth)
            if (by_header or not flags & t.HAS_CLOSURE) and not self._cut_short:
                known[key] = found
            self._cut_short = self._cut_short or outside
        elif not depth:
            self._looked = 0
        return found if isinstance(found, Answer) else self._from_impl(found, self_ty, args)

    def _one_impl(self, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...], depth: int) -> tuple[ImplSig | Answer, bool]:
        """The only impl that may apply, and whether the headers of all alone say so. Binds nothing."""
        table = self.table
        matching = [
            impl
            for impl in impls.may_apply(self.db, table, self_ty, trait, args)
            if not impl.is_negative and header_may_match(self.db, self.table, self.shared, impl, self_ty, args)
        ]
        if not depth:
            self._looked = 0
        if len(matching) < 2:
            if not matching:
                return Answer.NO, True
            if args and impls.may_be_one_of_many(table, matching[0], self_ty, trait, args):
                return Answer.MAYBE, True
            return matching[0], True
        matching = [impl for impl in matching if self._header_matches(impl, self_ty, args)]
        alive: list[tuple[ImplSig, Answer]] = []
        if len(matching) == 1:
            if args and impls.may_be_one_of_many(table, matching[0], self_ty, trait, args):
                return Answer.MAYBE, True
            # What the impl requires is pending afterwards: whoever asks looks at that.
            return matching[0], True
        if matching and depth:
            self._looked += len(matching)
            is_open = _flags([table.deep(self_ty), *[table.deep(a) for a in args]]) & HAS_INFER
            if self._looked > MAX_LOOKED or (is_open and (depth > 1 or len(matching) > MAX_OPEN_IMPLS)):
                self._cut_short = self._cut_short or self._looked > MAX_LOOKED
                return Answer.MAYBE, False
        elif not depth:
            self._looked = 0
        for impl in matching:
            if not impl.generics.predicates:
                alive.append((impl, Answer.YES))
                continue
            probe = self.begin_probe()
            subst = self._match_impl(impl, self_ty, args)
            if subst is not None:
                answer = Answer.YES
                if impl.generics.predicates:
                    if depth >= MAX_DEPTH:
                        answer = Answer.MAYBE
                    else:
                        self.require_all(impl.generics.predicates, subst)
                        answer = self.nested_answer(depth)
                if answer is not Answer.NO:
                    alive.append((impl, answer))
            self.end_probe(probe)
        if not alive:
            return Answer.NO, False
        if len(alive) > 1:
            ground = not (table.deep(self_ty).flags | _flags([table.deep(a) for a in args])) & HAS_INFER
            sure = [entry for entry in alive if entry[1] is Answer.YES]
            if ground and sure:
                alive = sure[:1]
            else:
                return Answer.MAYBE, False
        if args and impls.may_be_one_of_many(table, alive[0][0], self_ty, trait, args):
            return Answer.MAYBE, False
        return alive[0][0], False

    def _from_impl(self, impl: ImplSig, self_ty: Ty, args: tuple[Ty, ...]) -> Candidate | Answer:
        mark = self.table.snapshot()
        before = len(self.pending)
        subst = self._match_impl(impl, self_ty, args)
        if subst is None:
            del self.pending[before:]
            self.table.rollback(mark)
            return Answer.NO
        self.require_all(impl.generics.predicates, subst)
        return ImplCandidate(impl, subst)

    def _header_matches(self, impl: ImplSig, self_ty: Ty, args: tuple[Ty, ...]) -> bool:
        header = impl.self_ty
        if header.__class__ is t.Prim and not args:
            # An integer of no known type is asked about for each of the twelve types.
            near = self.table.shallow(self_ty)
            if near.__class__ is t.Prim:
                return near == header
            if isinstance(near, t.Infer) and self.table.kinds[near.id] is VarKind.INT:
                return isinstance(header, t.Prim) and header.name in t.INT_NAMES
        probe = self.begin_probe()
        subst = self._match_impl(impl, self_ty, args)
        self.end_probe(probe)
        return subst is not None

    def _match_impl(self, impl: ImplSig, self_ty: Ty, args: tuple[Ty, ...]) -> Subst | None:
        """What the impl's parameters are for these types, variables where they do not say; None: it is for others."""
        subst: Subst = {}
        header = Header(self, impl, subst)
        if not header.fits(impl.self_ty, self_ty):
            return None
        if args and impl.trait is not None:
            for theirs_arg, arg in zip(header_args(self.db, self.shared, impl), args):  # noqa: B905
                if not header.fits(theirs_arg, arg):
                    return None
        header.open_rest()
        return subst

    def project(self, projection: t.Projection, depth: int) -> Ty | None:
        """What the projection stands for; itself where it is rigid; None while that is not decided."""
        table = self.table
        self_ty = table.shallow(projection.self_ty)
        if isinstance(self_ty, t.Unknown):
            return self_ty
        if depth > MAX_DEPTH:
            return None
        whole = table.deep(projection)
        cache: dict[Ty, Ty] | None = None
        if not whole.flags & (HAS_INFER | t.HAS_UNKNOWN):
            cache = self.answers(whole.flags).projected
            known = cache.get(whole)
            if known is not None:
                return known
        is_shared = not whole.flags & (t.HAS_UNKNOWN | t.HAS_REGION)
        if is_shared:
            known = self.in_scope.get(whole)
            if known is not None:
                return known
        loose = self._loose
        value = self._project(projection, self_ty, depth)
        if value is not None:
            if cache is not None:
                if value.flags & HAS_INFER:
                    value = table.deep(value)
                if not value.flags & HAS_INFER:
                    cache[whole] = value
                    return value
            if is_shared and loose == self._loose:
                table.remember(self.in_scope, whole, value)
        return value

    def _project(self, projection: t.Projection, self_ty: Ty, depth: int) -> Ty | None:
        found = self.select(self_ty, projection.trait, projection.args, depth)
        if found is Answer.MAYBE or (
            found is Answer.NO and impls.may_be_elsewhere(self.table, self_ty, projection.args)
        ):
            return None
        if isinstance(found, Answer):
            return t.Unknown(doubts.not_implemented(self.db, self.table, self_ty, projection.trait))
        return self._assoc_of(found, projection, self_ty, depth)

    def _assoc_of(self, found: Candidate, projection: t.Projection, self_ty: Ty, depth: int) -> Ty | None:
        name = projection.name
        match found:
            case BuiltinCandidate():
                value = found.assoc.get(name)
                return value if value is not None else t.Unknown(f"`{name}` of a type that is not known")
            case BoundCandidate():
                for bound_name, ty in found.bound.assoc:
                    if bound_name == name:
                        if ty == projection:
                            break
                        return self.normalize(ty)
                return t.Projection(self_ty, projection.trait, projection.args, name, projection.own_args)
            case ImplCandidate():
                value = found.impl.assoc_types.get(name)
                subst = found.subst
                trait = self.db.trait(projection.trait)
                declared = trait.assoc_types.get(name) if trait is not None else None
                if value is None and declared is None:
                    for bound in self.elaborate(self_ty, Bound(projection.trait, projection.args))[1:]:
                        parent = self.db.trait(bound.trait)
                        if parent is not None and name in parent.assoc_types:
                            inherited = t.Projection(self_ty, bound.trait, bound.args, name, projection.own_args)
                            return self.project(inherited, depth + 1)
                if value is None and trait is not None and declared is not None and declared.default is not None:
                    value = declared.default
                    subst = trait_subst(trait, self_ty, projection.args) | subst
                if value is None:
                    return t.Unknown(f"the impl of `{projection.trait}` has no `{name}`")
                if declared is not None and declared.generics.params:
                    # A bound like `Trait<Name<T> = U>` is kept without the `T`.
                    own = projection.own_args
                    if not own:
                        self._loose += 1
                        own = tuple([self.table.new_var() for _ in declared.generics.params])
                    subst = subst | subst_of(tuple([p.name for p in declared.generics.params]), own)
                    subst.update({own_param(at): arg for at, arg in enumerate(own)})
                return self.normalize(substitute(value, subst))

    def signature_of(self, ty: Ty) -> tuple[tuple[Ty, ...], Ty] | None:
        """Parameters and result of a closure, function item or function pointer; None for other types."""
        match ty:
            case t.Closure():
                sig = self.closures.get(ty.id)
                return (sig.params, sig.ret) if sig is not None else None
            case t.FnPtr():
                return ty.params, ty.ret
            case t.FnDef():
                fn = self.db.fn(ty.path)
                if fn is None:
                    return None
                full = self.generics_of(fn)
                subst = subst_of(full.names, ty.args)
                params = tuple([self.normalize(substitute(p, subst)) for p in fn.params])
                return params, self.normalize(substitute(fn.ret, subst))
            case _:
                return None


def _flags(items: Sequence[Ty]) -> int:
    flags = 0
    for item in items:
        flags |= item.flags
    return flags
