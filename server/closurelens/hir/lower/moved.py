"""Copies of lowered code for another place of the same body.

Invariant: a copy is what lowering the same text there would have made: ids and ranges are moved, all else is shared
with the original. Lowered code is never changed, so nobody can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from closurelens.hir import body as h

Range = tuple[int, int]


class TooDeep(Exception):
    """What is to be copied is nested deeper than there are frames for."""


class Mover:
    """Adds to ids (of expressions, patterns, bindings) and offsets; `closures` are the copies of closures it made.

    `frames` is how many Python frames copying may take; `TooDeep` is raised where they do not suffice.
    """

    __slots__ = ("bindings", "by", "closures", "exprs", "frames", "pats")

    def __init__(self, by: int, exprs: int, pats: int, bindings: int, frames: int) -> None:
        self.by = by
        self.exprs = exprs
        self.pats = pats
        self.bindings = bindings
        self.frames = frames
        self.closures: list[h.Closure] = []

    def range(self, at: Range) -> Range:
        by = self.by
        return at[0] + by, at[1] + by

    def expr(self, x: h.Expr) -> h.Expr:
        self.frames -= 2
        if self.frames < 0:
            raise TooDeep
        made: h.Expr = _EXPRS[type(x)](self, x)
        self.frames += 2
        return made

    def optional(self, x: h.Expr | None) -> h.Expr | None:
        return None if x is None else self.expr(x)

    def all(self, exprs: list[h.Expr]) -> list[h.Expr]:
        self.frames -= 3
        if self.frames < 0:
            raise TooDeep
        made = [_EXPRS[type(x)](self, x) for x in exprs]
        self.frames += 3
        return made

    def pat(self, x: h.Pat) -> h.Pat:
        self.frames -= 3
        if self.frames < 0:
            raise TooDeep
        made: h.Pat = _PATS[type(x)](self, x)
        self.frames += 3
        return made

    def pat_list(self, pats: list[h.Pat]) -> list[h.Pat]:
        return [self.pat(x) for x in pats]

    def stmt(self, stmt: h.Stmt) -> h.Stmt:
        """Items keep offsets that only lowering can move: there are none in what is given."""
        self.frames -= 3
        made: h.Stmt
        match stmt:
            case h.ExprStmt():
                made = h.ExprStmt(self.expr(stmt.expr), stmt.has_semi, stmt.is_plain)
            case h.LetStmt():
                init, otherwise = self.optional(stmt.init), self.optional(stmt.otherwise)
                made = h.LetStmt(self.pat(stmt.pat), stmt.ty, init, otherwise, self.range(stmt.range), stmt.is_plain)
            case h.Disabled():
                made = h.Disabled(self.stmt(stmt.stmt))
            case h.ItemStmt():
                raise AssertionError("an item cannot be moved")
        self.frames += 3
        return made

    def binding(self, x: h.Binding) -> h.Binding:
        return h.Binding(x.id + self.bindings, x.name, self.range(x.range), x.mutable, x.by_ref, x.ctxt)


def _missing(m: Mover, x: h.Missing) -> h.Expr:
    inside = m.all(x.inside)
    return h.Missing(
        x.id + m.exprs, m.range(x.range), x.why, inside, x.names_in_strings, x.perhaps, in_macro=x.in_macro
    )


def _lit(m: Mover, x: h.Lit) -> h.Expr:
    return h.Lit(x.id + m.exprs, m.range(x.range), x.kind, x.suffix, x.text, in_macro=x.in_macro)


def _path(m: Mover, x: h.PathExpr) -> h.Expr:
    return h.PathExpr(x.id + m.exprs, m.range(x.range), x.path, in_macro=x.in_macro)


def _underscore(m: Mover, x: h.Underscore) -> h.Expr:
    return h.Underscore(x.id + m.exprs, m.range(x.range), in_macro=x.in_macro)


def _block(m: Mover, x: h.Block) -> h.Expr:
    stmts = [m.stmt(stmt) for stmt in x.stmts]
    tail = m.optional(x.tail)
    return h.Block(x.id + m.exprs, m.range(x.range), stmts, tail, x.label, x.is_unsafe, in_macro=x.in_macro)


def _const_block(m: Mover, x: h.ConstBlock) -> h.Expr:
    return h.ConstBlock(x.id + m.exprs, m.range(x.range), m.expr(x.body), in_macro=x.in_macro)


def _async(m: Mover, x: h.AsyncBlock) -> h.Expr:
    return h.AsyncBlock(x.id + m.exprs, m.range(x.range), x.kind, x.is_move, m.expr(x.body), in_macro=x.in_macro)


def _let(m: Mover, x: h.Let) -> h.Expr:
    return h.Let(x.id + m.exprs, m.range(x.range), m.pat(x.pat), m.expr(x.scrutinee), in_macro=x.in_macro)


def _if(m: Mover, x: h.If) -> h.Expr:
    cond, then, otherwise = m.expr(x.cond), m.expr(x.then), m.optional(x.otherwise)
    return h.If(x.id + m.exprs, m.range(x.range), cond, then, otherwise, in_macro=x.in_macro)


def _match(m: Mover, x: h.Match) -> h.Expr:
    arms = [h.Arm(m.pat(arm.pat), m.optional(arm.guard), m.expr(arm.body)) for arm in x.arms]
    return h.Match(x.id + m.exprs, m.range(x.range), m.expr(x.scrutinee), arms, in_macro=x.in_macro)


def _loop(m: Mover, x: h.Loop) -> h.Expr:
    return h.Loop(x.id + m.exprs, m.range(x.range), m.expr(x.body), x.label, in_macro=x.in_macro)


def _while(m: Mover, x: h.While) -> h.Expr:
    return h.While(x.id + m.exprs, m.range(x.range), m.expr(x.cond), m.expr(x.body), x.label, in_macro=x.in_macro)


def _for(m: Mover, x: h.For) -> h.Expr:
    pat, iterable, body = m.pat(x.pat), m.expr(x.iterable), m.expr(x.body)
    return h.For(
        x.id + m.exprs, m.range(x.range), pat, iterable, body, x.label, is_await=x.is_await, in_macro=x.in_macro
    )


def _break(m: Mover, x: h.Break) -> h.Expr:
    return h.Break(x.id + m.exprs, m.range(x.range), x.label, m.optional(x.value), in_macro=x.in_macro)


def _continue(m: Mover, x: h.Continue) -> h.Expr:
    return h.Continue(x.id + m.exprs, m.range(x.range), x.label, in_macro=x.in_macro)


def _return(m: Mover, x: h.Return) -> h.Expr:
    value = m.optional(x.value)
    return h.Return(x.id + m.exprs, m.range(x.range), value, is_yield=x.is_yield, in_macro=x.in_macro)


def _call(m: Mover, x: h.Call) -> h.Expr:
    return h.Call(x.id + m.exprs, m.range(x.range), m.expr(x.callee), m.all(x.args), in_macro=x.in_macro)


def _method_call(m: Mover, x: h.MethodCall) -> h.Expr:
    receiver, args = m.expr(x.receiver), m.all(x.args)
    at, name_at = m.range(x.range), m.range(x.name_range)
    return h.MethodCall(x.id + m.exprs, at, receiver, x.name, name_at, x.generic_args, args, in_macro=x.in_macro)


def _field(m: Mover, x: h.Field) -> h.Expr:
    name_at = m.range(x.name_range)
    return h.Field(x.id + m.exprs, m.range(x.range), m.expr(x.base), x.name, name_at, in_macro=x.in_macro)


def _index(m: Mover, x: h.Index) -> h.Expr:
    return h.Index(x.id + m.exprs, m.range(x.range), m.expr(x.base), m.expr(x.index), in_macro=x.in_macro)


def _unary(m: Mover, x: h.Unary) -> h.Expr:
    return h.Unary(x.id + m.exprs, m.range(x.range), x.op, m.expr(x.operand), in_macro=x.in_macro)


def _deref(m: Mover, x: h.Deref) -> h.Expr:
    return h.Deref(x.id + m.exprs, m.range(x.range), m.expr(x.operand), in_macro=x.in_macro)


def _addr_of(m: Mover, x: h.AddrOf) -> h.Expr:
    operand = m.expr(x.operand)
    return h.AddrOf(x.id + m.exprs, m.range(x.range), operand, x.mutable, x.is_raw, in_macro=x.in_macro)


def _binary(m: Mover, x: h.Binary) -> h.Expr:
    return h.Binary(x.id + m.exprs, m.range(x.range), x.op, m.expr(x.left), m.expr(x.right), in_macro=x.in_macro)


def _assign(m: Mover, x: h.Assign) -> h.Expr:
    return h.Assign(x.id + m.exprs, m.range(x.range), m.expr(x.target), m.expr(x.value), in_macro=x.in_macro)


def _assign_op(m: Mover, x: h.AssignOp) -> h.Expr:
    return h.AssignOp(x.id + m.exprs, m.range(x.range), x.op, m.expr(x.target), m.expr(x.value), in_macro=x.in_macro)


def _cast(m: Mover, x: h.Cast) -> h.Expr:
    return h.Cast(x.id + m.exprs, m.range(x.range), m.expr(x.operand), x.ty, in_macro=x.in_macro)


def _try(m: Mover, x: h.Try) -> h.Expr:
    return h.Try(x.id + m.exprs, m.range(x.range), m.expr(x.operand), in_macro=x.in_macro)


def _await(m: Mover, x: h.Await) -> h.Expr:
    return h.Await(x.id + m.exprs, m.range(x.range), m.expr(x.operand), in_macro=x.in_macro)


def _tuple(m: Mover, x: h.TupleExpr) -> h.Expr:
    return h.TupleExpr(x.id + m.exprs, m.range(x.range), m.all(x.elems), in_macro=x.in_macro)


def _array(m: Mover, x: h.ArrayExpr) -> h.Expr:
    return h.ArrayExpr(x.id + m.exprs, m.range(x.range), m.all(x.elems), in_macro=x.in_macro)


def _repeat(m: Mover, x: h.Repeat) -> h.Expr:
    return h.Repeat(x.id + m.exprs, m.range(x.range), m.expr(x.elem), m.expr(x.len), x.len_value, in_macro=x.in_macro)


def _struct(m: Mover, x: h.StructExpr) -> h.Expr:
    fields = [(name, m.expr(value)) for name, value in x.fields]
    return h.StructExpr(x.id + m.exprs, m.range(x.range), x.path, fields, m.optional(x.spread), in_macro=x.in_macro)


def _range(m: Mover, x: h.RangeExpr) -> h.Expr:
    low, high = m.optional(x.low), m.optional(x.high)
    return h.RangeExpr(x.id + m.exprs, m.range(x.range), low, high, x.inclusive, in_macro=x.in_macro)


def _closure(m: Mover, x: h.Closure) -> h.Expr:
    made = h.Closure(
        x.id + m.exprs,
        m.range(x.range),
        [h.ClosureParam(m.pat(param.pat), param.ty) for param in x.params],
        x.ret,
        m.expr(x.body),
        x.is_move,
        x.is_async,
        m.range(x.bars),
        None if x.move_at is None else m.range(x.move_at),
        x.is_static,
        x.is_const,
        x.has_binder,
        m.all(x.explicit),
        x.is_use,
        in_macro=x.in_macro,
    )
    m.closures.append(made)
    return made


def _format_args(m: Mover, x: h.FormatArgs) -> h.Expr:
    return h.FormatArgs(x.id + m.exprs, m.range(x.range), m.all(x.args), in_macro=x.in_macro)


def _asm(m: Mover, x: h.InlineAsm) -> h.Expr:
    operands = [(direction, m.expr(operand)) for direction, operand in x.operands]
    return h.InlineAsm(x.id + m.exprs, m.range(x.range), operands, in_macro=x.in_macro)


def _offset_of(m: Mover, x: h.OffsetOf) -> h.Expr:
    return h.OffsetOf(x.id + m.exprs, m.range(x.range), x.ty, in_macro=x.in_macro)


_EXPRS: dict[type[h.Expr], Callable[[Mover, Any], h.Expr]] = {
    h.Missing: _missing,
    h.Lit: _lit,
    h.PathExpr: _path,
    h.Underscore: _underscore,
    h.Block: _block,
    h.ConstBlock: _const_block,
    h.AsyncBlock: _async,
    h.Let: _let,
    h.If: _if,
    h.Match: _match,
    h.Loop: _loop,
    h.While: _while,
    h.For: _for,
    h.Break: _break,
    h.Continue: _continue,
    h.Return: _return,
    h.Call: _call,
    h.MethodCall: _method_call,
    h.Field: _field,
    h.Index: _index,
    h.Unary: _unary,
    h.Deref: _deref,
    h.AddrOf: _addr_of,
    h.Binary: _binary,
    h.Assign: _assign,
    h.AssignOp: _assign_op,
    h.Cast: _cast,
    h.Try: _try,
    h.Await: _await,
    h.TupleExpr: _tuple,
    h.ArrayExpr: _array,
    h.Repeat: _repeat,
    h.StructExpr: _struct,
    h.RangeExpr: _range,
    h.Closure: _closure,
    h.FormatArgs: _format_args,
    h.InlineAsm: _asm,
    h.OffsetOf: _offset_of,
}


def _wild(m: Mover, x: h.WildPat) -> h.Pat:
    return h.WildPat(x.id + m.pats, m.range(x.range), in_macro=x.in_macro)


def _rest(m: Mover, x: h.RestPat) -> h.Pat:
    return h.RestPat(x.id + m.pats, m.range(x.range), in_macro=x.in_macro)


def _missing_pat(m: Mover, x: h.MissingPat) -> h.Pat:
    return h.MissingPat(x.id + m.pats, m.range(x.range), x.why, in_macro=x.in_macro)


def _bind(m: Mover, x: h.BindPat) -> h.Pat:
    sub = None if x.sub is None else m.pat(x.sub)
    at, binding = m.range(x.range), x.binding + m.bindings
    return h.BindPat(x.id + m.pats, at, x.name, binding, x.by_ref, x.mutable, sub, x.ctxt, in_macro=x.in_macro)


def _path_pat(m: Mover, x: h.PathPat) -> h.Pat:
    return h.PathPat(x.id + m.pats, m.range(x.range), x.path, in_macro=x.in_macro)


def _tuple_struct(m: Mover, x: h.TupleStructPat) -> h.Pat:
    return h.TupleStructPat(x.id + m.pats, m.range(x.range), x.path, m.pat_list(x.elems), in_macro=x.in_macro)


def _struct_pat(m: Mover, x: h.StructPat) -> h.Pat:
    fields = [(name, m.pat(pat)) for name, pat in x.fields]
    return h.StructPat(x.id + m.pats, m.range(x.range), x.path, fields, x.has_rest, in_macro=x.in_macro)


def _tuple_pat(m: Mover, x: h.TuplePat) -> h.Pat:
    return h.TuplePat(x.id + m.pats, m.range(x.range), m.pat_list(x.elems), in_macro=x.in_macro)


def _slice(m: Mover, x: h.SlicePat) -> h.Pat:
    return h.SlicePat(x.id + m.pats, m.range(x.range), m.pat_list(x.elems), in_macro=x.in_macro)


def _ref(m: Mover, x: h.RefPat) -> h.Pat:
    return h.RefPat(x.id + m.pats, m.range(x.range), m.pat(x.inner), x.mutable, in_macro=x.in_macro)


def _box(m: Mover, x: h.BoxPat) -> h.Pat:
    return h.BoxPat(x.id + m.pats, m.range(x.range), m.pat(x.inner), in_macro=x.in_macro)


def _lit_pat(m: Mover, x: h.LitPat) -> h.Pat:
    return h.LitPat(x.id + m.pats, m.range(x.range), m.expr(x.expr), in_macro=x.in_macro)


def _range_pat(m: Mover, x: h.RangePat) -> h.Pat:
    return h.RangePat(x.id + m.pats, m.range(x.range), m.optional(x.low), m.optional(x.high), in_macro=x.in_macro)


def _or(m: Mover, x: h.OrPat) -> h.Pat:
    return h.OrPat(x.id + m.pats, m.range(x.range), m.pat_list(x.alternatives), in_macro=x.in_macro)


_PATS: dict[type[h.Pat], Callable[[Mover, Any], h.Pat]] = {
    h.WildPat: _wild,
    h.RestPat: _rest,
    h.MissingPat: _missing_pat,
    h.BindPat: _bind,
    h.PathPat: _path_pat,
    h.TupleStructPat: _tuple_struct,
    h.StructPat: _struct_pat,
    h.TuplePat: _tuple_pat,
    h.SlicePat: _slice,
    h.RefPat: _ref,
    h.BoxPat: _box,
    h.LitPat: _lit_pat,
    h.RangePat: _range_pat,
    h.OrPat: _or,
}
