"""Macro calls: asks for the expansion and lowers what it answers, in the expansion's own text.

Invariant: after a call is lowered the lowerer is back in the source it came from.
"""

from __future__ import annotations

from typing import assert_never

from closurelens.hir.body import Expr, ExprStmt, FormatArgs, InlineAsm, OffsetOf, Pat, PathExpr, Stmt
from closurelens.hir.lower.reader import MAX_DEPTH, TOO_DEEP
from closurelens.hir.lower.state import SYNTAX_ERROR, Lowerer
from closurelens.hir.lower.types import lower_path, lower_type
from closurelens.hir.lower.unexpanded import lower_arguments, names_in_strings
from closurelens.hir.macros.api import (
    Answer,
    AsmForm,
    Delimiter,
    Expansion,
    Failure,
    FormatArgsForm,
    FormatCapture,
    MacroCall,
    OffsetOfForm,
    Position,
)
from closurelens.hir.types import ErrorType, Path, Segment, TypeRef
from closurelens.syntax.nodes import Node


def lower_macro_expr(lo: Lowerer, node: Node) -> Expr:
    answer = _expand(lo, node, "expr")
    if isinstance(answer, Expansion):
        outer = lo.source
        lo.enter(answer)
        lo.depth += 2
        made = lo.expr(answer.node)
        lo.depth -= 2
        lo.enter(outer)
        return made
    return _form(lo, node, answer)


def lower_macro_stmt(lo: Lowerer, node: Node, stmts: list[Stmt], *, has_semi: bool) -> None:
    """Add the statements that a call in statement position stands for; the last may be without `;`."""
    answer = _expand(lo, node, "stmt")
    if not isinstance(answer, Expansion):
        stmts.append(ExprStmt(_form(lo, node, answer), has_semi))
        return
    lo.deepest = max(lo.deepest, lo.depth)
    if lo.depth >= MAX_DEPTH:
        stmts.append(ExprStmt(lo.missing(node, TOO_DEEP), has_semi))
        return
    outer = lo.source
    lo.enter(answer)
    lo.depth += 3
    if answer.node.kind == "block":
        made = lo.statements(lo, answer.node.children)
    else:
        made = [ExprStmt(lo.expr(answer.node), has_semi=False)]
    lo.depth -= 3
    lo.enter(outer)
    if has_semi and made and isinstance(made[-1], ExprStmt):
        made[-1].has_semi = True
    stmts.extend(made)


def lower_macro_pat(lo: Lowerer, node: Node) -> Pat:
    answer = _expand(lo, node, "pat")
    if not isinstance(answer, Expansion):
        return lo.missing_pat(node, _why(lo, node, answer))
    outer = lo.source
    lo.enter(answer)
    made = lo.pat(answer.node)
    lo.enter(outer)
    return made


def lower_macro_type(lo: Lowerer, node: Node) -> TypeRef:
    answer = _expand(lo, node, "type")
    if not isinstance(answer, Expansion):
        return ErrorType(_why(lo, node, answer))
    outer = lo.source
    lo.enter(answer)
    made = lower_type(lo, answer.node)
    lo.enter(outer)
    return made


def _expand(lo: Lowerer, node: Node, position: Position) -> Answer | None:
    expander = lo.context.expander
    macro = node.child_by_field("macro")
    tree = node.child_of_kind("token_tree")
    if expander is None or macro is None or tree is None or node.flags:
        return None
    text = lo.text[tree.start : tree.start + 1]
    delimiter: Delimiter = "(" if text == b"(" else "[" if text == b"[" else "{"
    args = (tree.start + 1, max(tree.start + 1, tree.end - 1))
    path = lower_path(lo, macro)
    return expander.expand(MacroCall(path, lo.source, args, delimiter, position, (node.start, node.end)))


def _why(lo: Lowerer, node: Node, answer: Answer | None) -> str:
    if isinstance(answer, Failure):
        return answer.why
    macro = node.child_by_field("macro")
    return SYNTAX_ERROR if macro is None else f"macro `{lo.of(macro)}!` is not expanded"


def _form(lo: Lowerer, node: Node, answer: FormatArgsForm | AsmForm | OffsetOfForm | Failure | None) -> Expr:
    """What a call stands for that is no expansion to a text."""
    if answer is None:
        return _unexpanded(lo, node, None)
    made: Expr
    match answer:
        case FormatArgsForm():
            made = FormatArgs(lo.expr_id(), (node.start, node.end), _format_args(lo, answer))
        case AsmForm():
            outer = lo.source
            lo.enter(answer.source)
            operands = [(direction, lo.expr(operand)) for direction, operand in answer.operands]
            lo.enter(outer)
            made = InlineAsm(lo.expr_id(), (node.start, node.end), operands)
        case OffsetOfForm():
            outer = lo.source
            lo.enter(answer.source)
            ty = lower_type(lo, answer.ty)
            lo.enter(outer)
            made = OffsetOf(lo.expr_id(), (node.start, node.end), ty)
        case Failure():
            return _unexpanded(lo, node, answer)
        case _:
            assert_never(answer)
    if lo.is_mapped:
        lo.place(made, node)
    return made


def _format_args(lo: Lowerer, form: FormatArgsForm) -> list[Expr]:
    args: list[Expr] = []
    outer = lo.source
    lo.enter(form.source)
    for arg in form.args:
        if isinstance(arg, FormatCapture):
            path = Path([Segment(arg.name)])
            path.ctxt = arg.ctxt
            args.append(PathExpr(lo.expr_id(), arg.range, path, in_macro=arg.in_macro))
        else:
            args.append(lo.expr(arg.node))
    lo.enter(outer)
    return args


def _unexpanded(lo: Lowerer, node: Node, answer: Failure | None) -> Expr:
    """Any closure or name in the arguments may be used in any way."""
    why = _why(lo, node, answer)
    inside: list[Expr] = []
    if answer is not None and answer.source is not lo.source:
        outer = lo.source
        lo.enter(answer.source)
        inside = [lo.expr(found) for found in answer.inside]
        lo.enter(outer)
    tree = node.child_of_kind("token_tree")
    if tree is not None and not inside:
        inside = lower_arguments(lo, tree.start, tree.end)
    made = lo.missing(node, why, inside)
    made.names_in_strings = names_in_strings(b"" if tree is None else lo.text[tree.start : tree.end], inside)
    return made
