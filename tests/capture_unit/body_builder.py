"""Bodies with their inference results, written by hand: just enough of inference to test capture rules on their own."""

from __future__ import annotations

from typing import Any

from closurelens.capture import analyze
from closurelens.capture.model import BorrowKind, ByRef, Capture, ClosureCaptures
from closurelens.hir import body as h
from closurelens.hir.types import Path, Segment
from closurelens.infer.result import (
    Adjustment,
    BindingMode,
    BorrowAdjust,
    ClosureTypes,
    DerefAdjust,
    InferenceResult,
    MethodCallee,
)
from closurelens.ty.sig import AdtKind, AdtSig, CtorKind, Def, DefKind, FieldSig, FnSig, SelfKind, VariantSig
from closurelens.ty.types import UNIT, Adt, Array, FnDef, Prim, Ref, Tuple, Ty, Unknown

I32, STRING, VEC = Prim("i32"), Adt("alloc::string::String"), Adt("alloc::vec::Vec", (Prim("i32"),))
WHY = "the type of `x` is not known"
UNKNOWN = Unknown(WHY)


def ref(ty: Ty) -> Ref:
    return Ref(ty, mutable=False)


def ref_mut(ty: Ty) -> Ref:
    return Ref(ty, mutable=True)


def struct(path: str, *, packed: bool = False, kind: AdtKind = AdtKind.STRUCT, **fields: Ty) -> AdtSig:
    variant = VariantSig(path, CtorKind.RECORD, tuple([FieldSig(n, t) for n, t in fields.items()]))
    return AdtSig(path, kind, (variant,), is_packed=packed)


class Builder:
    """Makes expressions with dense ids, and one body around them."""

    def __init__(self, *adts: AdtSig, edition: int = 2021, drops: tuple[str, ...] = ()) -> None:
        self.adts = {a.path: a for a in adts}
        self.edition = edition
        self.drops = drops
        self.may_drop: dict[str, str] = {}
        self.expr_ty: list[Ty] = []
        self.pat_ty: list[Ty] = []
        self.pat_def: dict[int, Def] = {}
        self.bindings: list[h.Binding] = []
        self.binding_ty: list[Ty] = []
        self.modes: list[BindingMode] = []
        self.adjustments: dict[int, list[Adjustment]] = {}
        self.local_of: dict[int, int] = {}
        self.path_def: dict[int, Def] = {}
        self.callees: dict[int, MethodCallee] = {}
        self.closures: dict[int, ClosureTypes] = {}
        self.unknown: dict[int, str] = {}
        self.body_closures: list[h.Closure] = []

    def make(self, kind: type[Any], ty: Ty, *args: Any, **named: Any) -> Any:
        at = len(self.expr_ty)
        self.expr_ty.append(ty)
        return kind(at, (at, at + 1), *args, **named)

    def var(self, name: str, ty: Ty, *, mutable: bool = False, mode: BindingMode = BindingMode.MOVE) -> int:
        at = len(self.bindings)
        self.bindings.append(h.Binding(at, name, (0, 0), mutable, False))
        self.binding_ty.append(ty)
        self.modes.append(mode)
        return at

    def use(self, binding: int, *adjustments: Adjustment) -> h.PathExpr:
        expr: h.PathExpr = self.make(h.PathExpr, self.binding_ty[binding], Path([Segment(self.bindings[binding].name)]))
        self.local_of[expr.id] = binding
        return self.adjust(expr, *adjustments)

    def adjust(self, expr: Any, *adjustments: Adjustment) -> Any:
        if adjustments:
            self.adjustments[expr.id] = list(adjustments)
        return expr

    def field(self, base: h.Expr, name: str, ty: Ty) -> Any:
        return self.make(h.Field, ty, base, name, (0, 0))

    def deref(self, operand: h.Expr, ty: Ty) -> Any:
        return self.make(h.Deref, ty, operand)

    def call(self, name: str, *args: h.Expr) -> Any:
        callee = self.make(h.PathExpr, FnDef(name), Path([Segment(name)]))
        return self.make(h.Call, UNIT, callee, list(args))

    def call_unknown(self, *args: h.Expr) -> Any:
        callee = self.make(h.PathExpr, Unknown("`f` is not known"), Path([Segment("f")]))
        call = self.make(h.Call, UNIT, callee, list(args))
        self.unknown[call.id] = "`f` is not known"
        return call

    def method(self, receiver: h.Expr, name: str, self_kind: SelfKind | None = None, *args: h.Expr) -> Any:
        """`self_kind` None: the method is not known."""
        call = self.make(h.MethodCall, UNIT, receiver, name, (0, 0), None, list(args))
        if self_kind is None:
            self.unknown[call.id] = f"the method `{name}` is not known"
        else:
            self.callees[call.id] = MethodCallee(FnSig(name, name, (), UNIT, self_kind=self_kind), ())
        return call

    def closure(self, *body: h.Expr | h.LetStmt, is_move: bool = False, is_async: bool = False, **types: Any) -> Any:
        stmts = [s if isinstance(s, h.LetStmt) else h.ExprStmt(s, True) for s in body]
        block = self.make(h.Block, UNIT, stmts, None)
        expr = self.make(h.Closure, UNIT, [], None, block, is_move, is_async, (0, 0))
        self.closures[expr.id] = ClosureTypes([], UNIT, types.get("expected"), types.get("kind_known", True))
        starts = [(s.init if isinstance(s, h.LetStmt) else s) for s in body]
        expr.range = (min(e.range[0] for e in starts if e is not None), expr.id + 1)
        self.body_closures.append(expr)
        return expr

    def let(self, pat: h.Pat, init: h.Expr | None) -> h.LetStmt:
        return h.LetStmt(pat, None, init, None, (0, 0))

    def pat(self, kind: type[Any], ty: Ty, *args: Any) -> Any:
        at = len(self.pat_ty)
        self.pat_ty.append(ty)
        return kind(at, (0, 0), *args)

    def bind(self, name: str, ty: Ty, mode: BindingMode = BindingMode.MOVE) -> Any:
        return self.pat(h.BindPat, ty, name, self.var(name, ty, mode=mode), False, False, None)

    def path_to(self, pat: Any, path: str, kind: DefKind = DefKind.STRUCT) -> Any:
        self.pat_def[pat.id] = Def(kind, path)
        return pat

    def result(self, *exprs: h.Expr) -> InferenceResult:
        root = self.make(h.Block, UNIT, [h.ExprStmt(e, True) for e in exprs], None)
        body = h.Body([], None, root, len(self.expr_ty), len(self.pat_ty), self.bindings, self.body_closures)
        return InferenceResult(
            body=body,
            owner="crate::f",
            edition=self.edition,
            expr_ty=self.expr_ty,
            pat_ty=self.pat_ty,
            pat_adjust={},
            pat_def=self.pat_def,
            binding_ty=self.binding_ty,
            binding_mode=self.modes,
            adjustments=self.adjustments,
            local_of=self.local_of,
            path_def=self.path_def,
            callees=self.callees,
            closures=self.closures,
            unknown=self.unknown,
            is_copy=self.is_copy,
            adt=self.adts.get,
            has_drop_impl=lambda path: path in self.drops,
            may_drop=self.may_drop.get,
            may_be_mutable=lambda ty, by_index: True,
            variant_of=self.variant_of,
        )

    def is_copy(self, ty: Ty) -> bool | None:
        match ty:
            case Unknown():
                return None
            case Tuple():
                return all(self.is_copy(e) for e in ty.elems)
            case Array():
                return self.is_copy(ty.elem)
            case Ref():
                return not ty.mutable
            case _:
                return not isinstance(ty, Adt)

    def variant_of(self, found: Def, ty: Ty) -> VariantSig | None:
        sig = self.adts.get(ty.path) if isinstance(ty, Adt) else None
        if sig is None:
            return None
        return next((v for v in sig.variants if found.path.endswith(v.name)), sig.variants[0])

    def told(self, *exprs: h.Expr, guess: Any = None) -> list[str]:
        """The closures as labels: `FnMut [&mut p.x]`, `? ..` where not certain."""
        return [show(c) for c in analyze(self.result(*exprs), guess)]

    def one(self, *body: h.Expr | h.LetStmt, guess: Any = None, **named: Any) -> str:
        """What a closure of this body is told as."""
        (told,) = self.told(self.closure(*body, **named), guess=guess)
        return told


def borrow(ty: Ty, *, mutable: bool = False) -> BorrowAdjust:
    return BorrowAdjust(Ref(ty, mutable=mutable), mutable)


def reborrow(ty: Ty, *, mutable: bool) -> tuple[Adjustment, ...]:
    return DerefAdjust(ty), borrow(ty, mutable=mutable)


def show(closure: ClosureCaptures) -> str:
    captures = ", ".join([show_capture(c) for c in closure.captures])
    return f"{'' if closure.certain else '? '}{closure.trait.value} [{captures}]"


def show_capture(capture: Capture) -> str:
    mode = capture.mode
    if isinstance(mode, ByRef):
        text = {BorrowKind.SHARED: "&", BorrowKind.UNIQUE: "&uniq ", BorrowKind.MUT: "&mut "}[mode.kind]
    else:
        text = "copy " if mode.copies else ""
    return text + capture.place.display()
