"""How a closure's body uses its upvars: rustc's ExprUseVisitor.

Invariant: uses are told in rustc's order. The walk keeps an explicit stack, so that it is as deep as it likes; a
handler tells what its own expression does, and pushes what comes next, last first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from closurelens.capture import guesses
from closurelens.capture.categorize import PLACE_EXPRS, Categorizer
from closurelens.capture.delegate import Delegate, Parent
from closurelens.capture.events import Bundle, Doubt, Event, Visit
from closurelens.capture.facts import Facts
from closurelens.capture.min_captures import ClosureAnalysis, VariableCaptures
from closurelens.capture.model import UseWhy
from closurelens.capture.patterns import PatternWalker, is_destructuring
from closurelens.capture.places import MUT, SHARED, VALUE, Access, Projs, UpvarPlace, field_proj
from closurelens.hir import body as h
from closurelens.hir.lower.reader import TOO_DEEP
from closurelens.hir.lower.state import SYNTAX_ERROR
from closurelens.infer.result import Adjustment, BorrowAdjust, ClosureKind, DerefAdjust, OtherAdjust
from closurelens.ty.sig import AdtKind, SelfKind
from closurelens.ty.types import Adt, Closure, FnDef, FnPtr, Ref, Unknown, substitute

COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
_TORN = frozenset((SYNTAX_ERROR, TOO_DEEP))
"""Text whose expressions are not all at hand, unlike those of a macro call that is not expanded."""

LAZY = frozenset(("&&", "||"))

Task = tuple[Callable[[Any, Any], None], Any, Any]


class ExprUseVisitor:
    """Visits the body of one closure. `inner`: the analyses of the closures inside, by expression id."""

    __slots__ = (
        "callees",
        "categorizer",
        "delegate",
        "expr_ty",
        "facts",
        "inner",
        "patterns",
        "result",
        "stack",
        "unknown",
    )

    def __init__(self, facts: Facts, closure: int, inner: dict[int, ClosureAnalysis]) -> None:
        self.facts = facts
        self.result = facts.result
        self.unknown = facts.result.unknown
        self.callees = facts.result.callees
        self.expr_ty = facts.result.expr_ty
        self.inner = inner
        self.delegate = Delegate(facts, closure)
        self.categorizer = Categorizer(facts, closure)
        self.patterns = PatternWalker(self.categorizer, self.delegate)
        self.stack: list[Task] = []

    def consume_body(self, body: h.Expr, closure: h.Expr) -> Visit:
        """Parameters bind values that are no upvars, so only the body is walked."""
        stack = self.stack
        stack.append((self.consume, body, closure))
        while stack:
            task, expr, parent = stack.pop()
            task(expr, parent)
        return self.delegate.visit

    # The ways to use an expression; each walks it too

    def consume(self, expr: h.Expr, parent: Parent) -> None:
        if expr.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(expr)
            if place is not None:
                reason = self.unknown.get(expr.id)
                if reason is None:
                    self.delegate.consume_or_copy(place, expr, parent)
                else:
                    self.delegate.argument(place, expr, parent, reason)
        self.walk(expr, parent)

    def consume_scalar(self, expr: h.Expr, parent: Parent) -> None:
        """A use by value that is known to copy, whatever is known of the type: a condition."""
        if expr.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(expr)
            if place is not None:
                self.delegate.borrow(place, SHARED, expr, parent, why=UseWhy.COPIED)
        self.walk(expr, parent)

    def consume_uncoerced(self, expr: h.Expr, parent: Parent) -> None:
        """A use by value where no reference is reborrowed: an operand, a statement."""
        if expr.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(expr)
            if place is not None:
                self.delegate.consume_or_copy(place, expr, parent, coerces=False)
        self.walk(expr, parent)

    def consume_whole(self, expr: h.Expr, parent: Parent) -> None:
        """A use by value by a bare generic parameter: nothing is reborrowed."""
        if expr.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(expr)
            if place is not None:
                self.delegate.consume_or_copy(place, expr, parent, coerces=False, likely_moved=True)
        self.walk(expr, parent)

    def consume_argument(self, expr: h.Expr, parent: h.Expr) -> None:
        """A use by value by a callee that is not known."""
        if expr.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(expr)
            reason = self.unknown.get(parent.id) or self.unknown.get(expr.id) or "what is called is not known"
            if place is not None:
                self.delegate.argument(place, expr, parent, reason)
            else:
                ty = self.expr_ty[expr.id]
                if isinstance(ty, Unknown) or (isinstance(ty, Ref) and ty.mutable):
                    self._behind_overloaded(expr, reason, None)
        self.walk(expr, parent)

    def borrow(self, expr: h.Expr, parent: Parent) -> None:
        self._borrow(expr, SHARED, parent)

    def borrow_mut(self, expr: h.Expr, parent: Parent) -> None:
        self._borrow(expr, MUT, parent)

    def mutate(self, expr: h.Expr, parent: Parent) -> None:
        self._borrow(expr, MUT, parent, why=UseWhy.ASSIGNED)

    def _borrow(self, expr: h.Expr, access: Access, parent: Parent, *, why: UseWhy | None = None) -> None:
        if expr.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(expr)
            if place is not None:
                self.delegate.borrow(place, access, expr, parent, why=why)
        self.walk(expr, parent)

    def walk(self, expr: h.Expr, parent: Parent) -> None:
        """What an expression does to its parts; it is not itself used."""
        if expr.__class__ in PLACE_EXPRS and expr.id in self.result.adjustments:
            self._walk_adjustments(expr, parent)
        handler = HANDLERS.get(expr.__class__)
        if handler is not None:
            handler(self, expr)

    def _push(self, task: Callable[[Any, Any], None], expr: h.Expr | None, parent: Parent) -> None:
        if expr is not None:
            self.stack.append((task, expr, parent))

    def _push_all(self, task: Callable[[Any, Any], None], exprs: list[h.Expr], parent: h.Expr) -> None:
        for expr in reversed(exprs):
            self.stack.append((task, expr, parent))

    def _walk_adjustments(self, expr: h.Expr, parent: Parent) -> None:
        place = self.categorizer.cat_expr_unadjusted(expr)
        if place is None:
            return
        through_reference = False
        for adjustment in self.result.adjustments[expr.id]:
            match adjustment:
                case DerefAdjust():
                    if adjustment.overloaded:
                        self.delegate.borrow(place, MUT if adjustment.mutable else SHARED, expr, parent)
                        return
                    through_reference = isinstance(place.ty, Ref)
                    place = place.deref(adjustment.target)
                case BorrowAdjust():
                    why = None
                    if isinstance(parent, h.AssignOp) and parent.target is expr:
                        why = UseWhy.ASSIGNED
                    elif through_reference and not _is_receiver(expr, parent):
                        why = UseWhy.REBORROWED
                    self.delegate.borrow(place, MUT if adjustment.mutable else SHARED, expr, parent, why=why)
                    return
                case OtherAdjust():
                    self.delegate.consume_or_copy(place, expr, parent)
                    return

    # Handlers

    def _missing(self, expr: h.Missing) -> None:
        if expr.why in _TORN or expr.names_in_strings:
            self.delegate.visit.blind.append(expr.why)
        delegate = self.delegate
        self.stack.append((self._leave_missing, delegate.suspect, delegate.perhaps))
        if expr.perhaps is None or any(part.__class__ in PLACE_EXPRS for part in expr.inside):
            delegate.suspect = expr.why
            self._push_all(self.borrow, expr.inside, expr)
        else:
            delegate.perhaps = (expr.why, expr.perhaps is not h.Perhaps.OFF)
            self._push_all(self.consume, expr.inside, expr)

    def _path(self, expr: h.PathExpr) -> None:
        """A name that leads nowhere may be a variable that a macro makes, and so be captured."""
        missing = self.facts.tree.missing
        if missing is not None and expr.id in self.unknown and len(expr.path.segments) == 1:
            self.delegate.visit.blind.append(missing)

    def _leave_missing(self, suspect: str, perhaps: tuple[str, bool] | None) -> None:
        self.delegate.suspect, self.delegate.perhaps = suspect, perhaps

    def _block(self, expr: h.Block) -> None:
        self._push(self.consume, expr.tail, expr)
        for stmt in reversed(expr.stmts):
            if isinstance(stmt, h.Disabled):
                stmt = stmt.stmt
                if not (isinstance(stmt, h.ExprStmt) and isinstance(stmt.expr, h.Missing) and stmt.expr.perhaps):
                    continue
            if isinstance(stmt, h.ExprStmt):
                self.stack.append((self.consume_uncoerced, stmt.expr, None))
            elif isinstance(stmt, h.LetStmt) and stmt.init is not None:
                self._push(self.consume, stmt.otherwise, None)
                self.stack.append((self._let_pattern, stmt, stmt.init))
                self.stack.append((self.walk, stmt.init, stmt))

    def _let_pattern(self, stmt: h.LetStmt, init: h.Expr) -> None:
        if init.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(init)
            if place is not None:
                self.patterns.walk_pat(place, stmt.pat, init, stmt, coerces=stmt.ty is not None)

    def _let(self, expr: h.Let) -> None:
        self.stack.append((self._let_condition, expr, expr.scrutinee))
        self.stack.append((self.walk, expr.scrutinee, expr))

    def _let_condition(self, expr: h.Let, scrutinee: h.Expr) -> None:
        """Unlike `match` and `let`, a `let` in a condition reads all of its scrutinee, whatever the pattern."""
        if scrutinee.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(scrutinee)
            if place is not None:
                self.delegate.read_discriminant(place, scrutinee, expr, expr.pat)
                self.patterns.walk_pat(place, expr.pat, scrutinee, expr)

    def _if(self, expr: h.If) -> None:
        self._push(self.consume, expr.otherwise, expr)
        self.stack.append((self.consume, expr.then, expr))
        self.stack.append((self.consume_scalar, expr.cond, expr))

    def _match(self, expr: h.Match) -> None:
        for arm in reversed(expr.arms):
            self.stack.append((self.consume, arm.body, expr))
            self._push(self.consume_scalar, arm.guard, expr)
            self.stack.append((self._arm_pattern, arm, expr))
        self.stack.append((self.walk, expr.scrutinee, expr))

    def _arm_pattern(self, arm: h.Arm, expr: h.Match) -> None:
        scrutinee = expr.scrutinee
        if scrutinee.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(scrutinee)
            if place is not None:
                self.patterns.walk_pat(place, arm.pat, scrutinee, expr, has_guard=arm.guard is not None)

    def _while(self, expr: h.While) -> None:
        self.stack.append((self.consume, expr.body, expr))
        self.stack.append((self.consume_scalar, expr.cond, expr))

    def _for(self, expr: h.For) -> None:
        self.stack.append((self.consume, expr.body, expr))
        self.stack.append((self.consume_whole, expr.iterable, expr))

    def _call(self, expr: h.Call) -> None:
        task = self.consume_argument if self._is_unknown_call(expr) else self.consume
        self._push_arguments(expr.args, expr, task)
        self.stack.append((self._callee, expr.callee, expr))

    def _is_unknown_call(self, expr: h.Call) -> bool:
        if expr.id in self.unknown:
            return True
        if expr.id in self.callees or expr.id in self.result.deferred_calls:
            return False
        return not isinstance(self.expr_ty[expr.callee.id], FnDef | FnPtr | Closure)

    def _push_arguments(self, args: list[h.Expr], expr: h.Expr, task: Callable[[Any, Any], None]) -> None:
        for arg in reversed(args):
            doubtful = arg.id in self.unknown and arg.id not in self.result.adjustments
            self.stack.append((self.consume_argument if doubtful else task, arg, expr))

    def _callee(self, callee: h.Expr, expr: h.Call) -> None:
        if callee.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr(callee)
            if place is not None:
                self._call_place(place, callee, expr)
        self.walk(callee, expr)

    def _call_place(self, place: UpvarPlace, callee: h.Expr, expr: h.Call) -> None:
        """The callee is an upvar, and inference put no autoref on it.

        For a closure of this body that is so because its kind, hence the autoref, follows from its own captures.
        """
        ty = place.ty
        delegate = self.delegate
        closure = self.result.deferred_calls.get(expr.id, ty.id if isinstance(ty, Closure) else None)
        kinds = None if closure is None else self.facts.closures.get(closure)
        if kinds is not None and len(kinds.kinds) == 1 and place.known < 0:
            match kinds.kinds[0]:
                case ClosureKind.FN:
                    delegate.borrow(place, SHARED, callee, expr)
                case ClosureKind.FN_MUT:
                    delegate.borrow(place, MUT, callee, expr)
                case ClosureKind.FN_ONCE:
                    delegate.consume_or_copy(place, callee, expr)
        elif isinstance(ty, FnDef | FnPtr) or (expr.id in self.callees and expr.id not in self.unknown):
            delegate.consume_or_copy(place, callee, expr)
        else:
            reason = kinds.why if kinds is not None else self.categorizer.why(expr, ty, "what is called is not known")
            infos = guesses.callee(self.facts, place, delegate.limit(place))
            delegate.doubtful(place, infos, callee, expr, reason)

    def _method_call(self, expr: h.MethodCall) -> None:
        known = expr.id in self.callees and expr.id not in self.unknown
        self._push_arguments(expr.args, expr, self.consume if known else self.consume_argument)
        self.stack.append((self.consume if known else self._unknown_receiver, expr.receiver, expr))

    def _unknown_receiver(self, receiver: h.Expr, expr: h.MethodCall) -> None:
        place = None
        if receiver.__class__ in PLACE_EXPRS:
            place = self.categorizer.cat_expr_unadjusted(receiver)
        guess = self.facts.guess_receiver
        callee = self.callees.get(expr.id)
        usual: SelfKind | None = None
        if callee is not None:
            usual = callee.sig.self_kind
        elif guess is not None:
            usual = guess(expr.name)
        if place is None:
            reason = self.unknown.get(expr.id, f"the method `{expr.name}` is not known")
            self._behind_overloaded(receiver, reason, usual)
            self.consume(receiver, expr)
            return
        infos = guesses.receiver(self.facts, place, self.delegate.limit(place), usual)
        chosen = self._first_use(receiver, place)
        if chosen is not None:
            # Inference found a method, but not for certain: what that does is the guess.
            keys = [p.key for p in chosen[0]]
            infos = [i for i in infos if i[1] is not chosen[1] or [p.key for p in i[0]] != keys]
            infos.insert(0, chosen)
        reason = self.unknown.get(expr.id, f"the method `{expr.name}` is not known")
        self.delegate.doubtful(place, infos, receiver, expr, place.why or reason)
        handler = HANDLERS.get(receiver.__class__)
        if handler is not None:
            handler(self, receiver)

    def _behind_overloaded(self, expr: h.Expr, reason: str, usual: SelfKind | None) -> None:
        """What is behind an overloaded `*` or `[]` is used and may be changed, by `DerefMut` or `IndexMut`.

        The walk tells of the shared borrow, as inference has found no other.
        """
        found = self.categorizer.behind_overloaded(expr)
        if found is None:
            return
        place, base, node = found
        infos = guesses.shared_or_mutable(self.facts, place, self.delegate.limit(place), usual)
        if infos[0][1] is MUT:
            self.delegate.doubtful(place, infos, base, node, reason)
        else:
            self.delegate.other_uses(place, infos, reason)

    def _first_use(self, expr: h.Expr, place: UpvarPlace) -> tuple[Projs, Access] | None:
        """What the adjustments of an expression do to its place; None when there are none."""
        adjustments = self.result.adjustments.get(expr.id)
        if not adjustments:
            return None
        for adjustment in adjustments:
            match adjustment:
                case DerefAdjust(overloaded=False):
                    place = place.deref(adjustment.target)
                case DerefAdjust() | BorrowAdjust():
                    return place.projs, MUT if adjustment.mutable else SHARED
                case OtherAdjust():
                    break
        return place.projs, SHARED if self.facts.is_copy(place.ty) else VALUE

    def _field(self, expr: h.Field) -> None:
        self.stack.append((self.walk, expr.base, expr))

    def _index(self, expr: h.Index) -> None:
        self.stack.append((self.consume_uncoerced, expr.index, expr))
        if expr.id in self.callees:
            self._push_overloaded(expr.base, expr)
        else:
            self.stack.append((self._indexed, expr.base, expr))

    def _indexed(self, base: h.Expr, expr: h.Index) -> None:
        """An array or slice is borrowed although its element may not be used: `let _ = a[i]`."""
        if base.__class__ in PLACE_EXPRS and base.id not in self.delegate.indexed:
            place = self.categorizer.cat_expr(base)
            if place is not None:
                self.delegate.borrow(place, SHARED, base, expr)
        self.walk(base, expr)

    def _deref(self, expr: h.Deref) -> None:
        self._push_overloaded(expr.operand, expr)

    def _push_overloaded(self, base: h.Expr, expr: h.Index | h.Deref) -> None:
        """The base of `*` or `[]`: an overloaded one borrows it."""
        callee = self.callees.get(expr.id)
        if callee is None or _ends_in_borrow(self.result.adjustments.get(base.id)):
            self.stack.append((self.walk, base, expr))
        elif callee.sig.self_kind is SelfKind.MUT:
            self.stack.append((self.borrow_mut, base, expr))
        else:
            self.stack.append((self.borrow, base, expr))

    def _unary(self, expr: h.Unary) -> None:
        self.stack.append((self.consume_uncoerced, expr.operand, expr))

    def _cast(self, expr: h.Cast) -> None:
        self.stack.append((self.consume, expr.operand, expr))

    def _whole_operand(self, expr: h.Try | h.Await) -> None:
        self.stack.append((self.consume_whole, expr.operand, expr))

    def _addr_of(self, expr: h.AddrOf) -> None:
        self.stack.append((self.borrow_mut if expr.mutable else self.borrow, expr.operand, expr))

    def _binary(self, expr: h.Binary) -> None:
        if expr.op in COMPARISONS:
            left = right = self.borrow
        elif expr.op in LAZY:
            left = right = self.consume_scalar
        else:
            left, right = self.consume_uncoerced, self.consume
        self.stack.append((right, expr.right, expr))
        self.stack.append((left, expr.left, expr))

    def _assign(self, expr: h.Assign) -> None:
        if is_destructuring(expr.target):
            self.stack.append((self._destructure, expr, None))
            self.stack.append((self.walk, expr.value, expr))
        else:
            self.stack.append((self.consume, expr.value, expr))
            self.stack.append((self.mutate, expr.target, expr))

    def _destructure(self, expr: h.Assign, _: None) -> None:
        place = self.categorizer.cat_expr(expr.value) if expr.value.__class__ in PLACE_EXPRS else None
        leaves = self.patterns.destructure(place, expr.target, expr.value, expr)
        self._push_all(self.mutate, leaves, expr)

    def _assign_op(self, expr: h.AssignOp) -> None:
        self.stack.append((self.consume, expr.value, expr))
        self.stack.append((self.mutate, expr.target, expr))

    def _elems(self, expr: h.TupleExpr | h.ArrayExpr) -> None:
        self._push_all(self.consume, expr.elems, expr)

    def _repeat(self, expr: h.Repeat) -> None:
        self.stack.append((self.consume, expr.elem, expr))

    def _struct(self, expr: h.StructExpr) -> None:
        if expr.spread is not None:
            self.stack.append((self.walk, expr.spread, expr))
            self.stack.append((self._spread, expr, expr.spread))
        task = self.consume_argument if expr.id in self.unknown else self.consume
        for _, value in reversed(expr.fields):
            self.stack.append((task, value, expr))

    def _spread(self, expr: h.StructExpr, spread: h.Expr) -> None:
        """`..base` uses by value the fields that are not given."""
        place = self.categorizer.cat_expr(spread) if spread.__class__ in PLACE_EXPRS else None
        if place is None:
            return
        ty = place.ty
        sig = self.facts.adt_of(ty)
        if not isinstance(ty, Adt) or sig is None or sig.kind is not AdtKind.STRUCT:
            infos = guesses.anything(self.facts, place, self.delegate.limit(place))
            reason = self.categorizer.why(expr, ty, "which fields `..` takes is not known")
            self.delegate.doubtful(place, infos, spread, expr, reason)
            return
        given = {name for name, _ in expr.fields}
        subst = {p.name: a for p, a in zip(sig.generics.params, ty.args, strict=False)}
        for index, field in enumerate(sig.variants[0].fields):
            if field.name not in given:
                part = place.project(field_proj(field.name, index, substitute(field.ty, subst)))
                self.delegate.consume_or_copy(part, spread, expr, coerces=False)

    def _range(self, expr: h.RangeExpr) -> None:
        self._push(self.consume, expr.high, expr)
        self._push(self.consume, expr.low, expr)

    def _body(self, expr: h.Loop) -> None:
        self.stack.append((self.consume, expr.body, expr))

    def _value(self, expr: h.Break | h.Return) -> None:
        self._push(self.consume, expr.value, expr)

    def _format_args(self, expr: h.FormatArgs) -> None:
        self._push_all(self.borrow, expr.args, expr)

    def _inline_asm(self, expr: h.InlineAsm) -> None:
        for direction, value in reversed(expr.operands):
            if direction in ("in", "label"):
                self.stack.append((self.consume, value, expr))
            elif direction not in ("sym", "const"):
                self.stack.append((self.mutate, value, expr))

    def _async_block(self, expr: h.AsyncBlock) -> None:
        if expr.kind == "try":
            self.stack.append((self.consume, expr.body, expr))
        else:
            self._walk_captures(expr)

    def _closure(self, expr: h.Closure) -> None:
        self._push_all(self.consume, expr.explicit, expr)
        self._walk_captures(expr)

    def _walk_captures(self, expr: h.Closure | h.AsyncBlock) -> None:
        """What an inner closure captures of this one's upvars is used where it is created."""
        inner = self.inner[expr.id]
        delegate = self.delegate
        delegate.visit.blind.extend(inner.blind)
        for variable in inner.variables.values():
            if self.categorizer.owner[variable.binding] == delegate.closure:
                continue
            doubt = None
            if len(variable.outcomes) > 1:
                outcomes = [self._used_by_inner(variable, o) for o in variable.outcomes]
                doubt = Doubt(variable.binding, variable.base_ty, outcomes, variable.why)
                delegate.visit.doubts.append(doubt)
            for capture in variable.captures:
                ((projs, access),) = self._used_by_inner(variable, ((capture.projs, capture.access),))
                delegate.visit.events.append(
                    Event(
                        variable.binding,
                        variable.base_ty,
                        projs,
                        access,
                        capture.range,
                        UseWhy.INNER,
                        None,
                        expr,
                        doubt=doubt,
                    )
                )

    def _used_by_inner(self, variable: VariableCaptures, captures: Bundle) -> Bundle:
        """A capture by value copies what is Copy."""
        facts = self.facts
        out: list[tuple[Projs, Access]] = []
        for projs, access in captures:
            if access is VALUE and facts.is_copy(projs[-1].ty if projs else variable.base_ty):
                access = SHARED
            out.append((projs, access))
        return tuple(out)


def _is_receiver(expr: h.Expr, parent: Parent) -> bool:
    match parent:
        case h.MethodCall():
            return parent.receiver is expr
        case h.Call():
            return parent.callee is expr
        case h.Index() | h.Field() | h.Deref():
            return True
        case _:
            return False


def _ends_in_borrow(adjustments: list[Adjustment] | None) -> bool:
    return adjustments is not None and len(adjustments) > 0 and isinstance(adjustments[-1], BorrowAdjust)


HANDLERS: dict[type[h.Expr], Callable[[ExprUseVisitor, Any], None]] = {
    h.Missing: ExprUseVisitor._missing,
    h.PathExpr: ExprUseVisitor._path,
    h.Block: ExprUseVisitor._block,
    h.AsyncBlock: ExprUseVisitor._async_block,
    h.Let: ExprUseVisitor._let,
    h.If: ExprUseVisitor._if,
    h.Match: ExprUseVisitor._match,
    h.Loop: ExprUseVisitor._body,
    h.While: ExprUseVisitor._while,
    h.For: ExprUseVisitor._for,
    h.Break: ExprUseVisitor._value,
    h.Return: ExprUseVisitor._value,
    h.Call: ExprUseVisitor._call,
    h.MethodCall: ExprUseVisitor._method_call,
    h.Field: ExprUseVisitor._field,
    h.Index: ExprUseVisitor._index,
    h.Unary: ExprUseVisitor._unary,
    h.Deref: ExprUseVisitor._deref,
    h.AddrOf: ExprUseVisitor._addr_of,
    h.Binary: ExprUseVisitor._binary,
    h.Assign: ExprUseVisitor._assign,
    h.AssignOp: ExprUseVisitor._assign_op,
    h.Cast: ExprUseVisitor._cast,
    h.Try: ExprUseVisitor._whole_operand,
    h.Await: ExprUseVisitor._whole_operand,
    h.TupleExpr: ExprUseVisitor._elems,
    h.ArrayExpr: ExprUseVisitor._elems,
    h.Repeat: ExprUseVisitor._repeat,
    h.StructExpr: ExprUseVisitor._struct,
    h.RangeExpr: ExprUseVisitor._range,
    h.Closure: ExprUseVisitor._closure,
    h.FormatArgs: ExprUseVisitor._format_args,
    h.InlineAsm: ExprUseVisitor._inline_asm,
}

LEAVES: frozenset[type[h.Expr]] = frozenset(
    (h.Lit, h.Underscore, h.ConstBlock, h.Continue, h.OffsetOf),
)
"""Expressions that use nothing themselves; a const block cannot name a local variable."""
