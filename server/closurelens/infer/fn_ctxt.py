"""The state of inferring one body: rustc's FnCtxt.

Invariant: what is written here is keyed by the dense ids of the body; features never see this, only `InferenceResult`.
"""

from __future__ import annotations

from closurelens.hir import types as hir
from closurelens.hir.body import Body, Expr
from closurelens.infer import doubts, names
from closurelens.infer.goals import Answer, SharedCache
from closurelens.infer.result import (
    Adjustment,
    BindingMode,
    ClosureKind,
    MethodCallee,
)
from closurelens.infer.table import Table, VarKind
from closurelens.infer.traits import Solver
from closurelens.records import dataclass, field
from closurelens.resolve.body_scope import BodyScopes
from closurelens.resolve.program import Program
from closurelens.resolve.resolver import Resolver
from closurelens.ty import types as t
from closurelens.ty.display import shown
from closurelens.ty.sig import Def
from closurelens.ty.types import HAS_INFER, DefPath, Ty


@dataclass(slots=True)
class Branches:
    """The branches so far whose values meet, and the type of what they give; None before the first."""

    ty: Ty | None = None
    exprs: list[Expr] = field(default_factory=list)


@dataclass(slots=True)
class Target:
    """Where values of several branches meet: a loop's breaks, a function's returns."""

    label: str | None
    expected: Ty | None
    merged: Branches = field(default_factory=Branches)
    is_loop: bool = True
    may_break: bool = False


@dataclass(slots=True)
class ClosureState:
    params: list[Ty]
    ret: Ty
    expected_kind: ClosureKind | None
    kind_known: bool
    kind_reason: str = ""
    kind_source: int | None = None


@dataclass(slots=True)
class Frame:
    """The function-like thing whose body is being checked: a function, closure or coroutine."""

    ret: Ty
    yields: Ty | None = None


@dataclass(slots=True)
class DeferredCast:
    expr: int
    operand: Expr
    source: Ty
    target: Ty


class FnCtxt:
    """Everything known so far about one body."""

    def __init__(
        self, body: Body, scopes: BodyScopes, program: Program, resolver: Resolver, shared: SharedCache
    ) -> None:
        self.body = body
        self.scopes = scopes
        self.db = program
        self.resolver = resolver
        self.shared = shared
        self.edition = resolver.edition
        self.table = Table()
        shared.answers.renew(program.impl_changes.number)
        self.solver = Solver(program, self.table, resolver.predicates, shared)
        unset = t.Unknown("not reached")
        self.expr_ty: list[Ty] = [unset] * body.expr_count
        self.pat_ty: list[Ty] = [unset] * body.pat_count
        self.pat_adjust: dict[int, list[Ty]] = {}
        self.pat_def: dict[int, Def] = dict(scopes.pat_def)
        self.binding_ty: list[Ty] = [self.table.new_var() for _ in body.bindings]
        self.binding_mode: list[BindingMode] = [BindingMode.MOVE] * len(body.bindings)
        self.adjustments: dict[int, list[Adjustment]] = {}
        self.path_def: dict[int, Def] = {}
        self.callees: dict[int, MethodCallee] = {}
        self.closures: dict[int, ClosureState] = {}
        self.deferred_calls: dict[int, int] = {}
        self.unknown: dict[int, str] = {}
        self.targets: list[Target] = []
        self.frames: list[Frame] = []
        self.casts: list[DeferredCast] = []
        self.diverges = False
        self.unknown_context = ""
        self.open_kind = ""
        self.runs_hooks = False
        self.depth = 0
        self.late: list[tuple[int, object]] = []
        self._traits_in_scope: dict[int, frozenset[str]] = {}
        self._inherent = shared.inherent

    def is_within(self, module: DefPath) -> bool:
        """Whether the body stands in a module."""
        owner = self.resolver.owner
        return owner.startswith(module) and owner[len(module) :][:2] in ("", "::")

    # Types

    def var(self) -> t.Infer:
        return self.table.new_var()

    def int_var(self) -> t.Infer:
        return self.table.new_var(VarKind.INT)

    def float_var(self) -> t.Infer:
        return self.table.new_var(VarKind.FLOAT)

    def resolve(self, ty: Ty) -> Ty:
        """`ty` with its head known if it can be known by now (rustc's structurally_resolve)."""
        if ty.__class__ is t.Infer:
            ty = self.table.shallow(ty)
            if ty.__class__ is t.Infer and self.solver.pending:
                self.solver.select_where_possible()
                ty = self.table.shallow(ty)
        if ty.__class__ is t.Projection:
            ty = self.table.shallow(self.solver.normalize(ty))
        return ty

    def shallow(self, ty: Ty) -> Ty:
        return self.table.shallow(ty)

    def deep(self, ty: Ty) -> Ty:
        return self.table.deep(ty) if ty.flags & HAS_INFER else ty

    def shown(self, ty: Ty) -> str:
        """`ty` in a reason, for people."""
        return shown(self.deep(ty), self.db.adt)

    def unify(self, a: Ty, b: Ty) -> bool:
        return self.table.unify(a, b)

    def try_unify(self, a: Ty, b: Ty) -> bool:
        """As `unify`, but nothing is bound when it fails."""
        mark = self.table.snapshot()
        if self.table.unify(a, b):
            return True
        self.table.rollback(mark)
        return False

    def lower_type(self, expr_id: int, ref: hir.TypeRef) -> Ty:
        resolver = self.scopes.resolver_at(expr_id)
        return with_regions(self.solver.normalize(resolver.lower_type(ref, self.var)), ref)

    def is_copy(self, ty: Ty) -> Answer:
        return self.solver.holds(ty, names.COPY)

    def traits_in_scope(self, expr_id: int) -> frozenset[str]:
        resolver = self.scopes.resolver_at(expr_id)
        key = id(resolver)
        found = self._traits_in_scope.get(key)
        if found is None:
            found = self._traits_in_scope[key] = resolver.traits_in_scope()
        return found

    # Facts

    def adjust(self, expr: Expr, adjustments: list[Adjustment]) -> None:
        """Append to what is applied to `expr`'s own type."""
        if adjustments:
            self.adjustments.setdefault(expr.id, []).extend(adjustments)

    def unknown_at(self, expr: Expr, why: str) -> t.Unknown:
        """Note that what happens at `expr` is not known; gives the type that says so."""
        self.unknown.setdefault(expr.id, why)
        return t.Unknown(why)

    def mismatch(self, actual: Ty, target: Ty) -> None:
        """Note that something of one type stands where another is wanted, which code that compiles never does."""
        if self.table.differ(actual, target):
            self.solver.contradictions.append(doubts.mismatch(self.db, self.table, actual, target))

    def adjusted_ty(self, expr: Expr) -> Ty:
        found = self.adjustments.get(expr.id)
        return found[-1].target if found else self.expr_ty[expr.id]


def with_regions(ty: Ty, ref: object) -> Ty:
    """`ty`, lowered from `ref`, which stands in this body or its function's head, with the lifetimes named there."""
    match ref, ty:
        case hir.RefType(), t.Ref():
            inner = with_regions(ty.inner, ref.inner)
            region = ref.lifetime if ref.lifetime is not None and ref.lifetime != "_" else ""
            return ty if inner is ty.inner and region == ty.region else t.Ref(inner, mutable=ty.mutable, region=region)
        case hir.TupleType(), t.Tuple():
            return t.Tuple(tuple([with_regions(e, r) for e, r in zip(ty.elems, ref.elems, strict=True)]))
        case hir.SliceType(), t.Slice():
            return t.Slice(with_regions(ty.elem, ref.inner))
        case hir.ArrayType(), t.Array():
            return t.Array(with_regions(ty.elem, ref.inner), ty.len)
        case _:
            return ty
