"""The table of expressions: every kind of node that is one, and how it is lowered."""

from __future__ import annotations

from closurelens.hir.lower.blocks import lower_block, lower_unsafe, statements
from closurelens.hir.lower.calls import lower_macro_expr, lower_macro_pat, lower_macro_type
from closurelens.hir.lower.chains import CHAINS
from closurelens.hir.lower.closures import lower_closure
from closurelens.hir.lower.control import CONTROL
from closurelens.hir.lower.errors import lower_broken, lower_error
from closurelens.hir.lower.leaves import LEAVES
from closurelens.hir.lower.pats import PATS, PLACED_PATS
from closurelens.hir.lower.state import ExprHandler, Tables

EXPRS: dict[str, ExprHandler] = {
    **LEAVES,
    **CHAINS,
    **CONTROL,
    "block": lower_block,
    "unsafe_block": lower_unsafe,
    "closure_expression": lower_closure,
    "macro_invocation": lower_macro_expr,
}

TABLES = Tables(
    EXPRS,
    {**PATS, "macro_invocation": lower_macro_pat},
    lower_broken,
    lower_error,
    lower_macro_type,
    statements,
    frozenset([*CHAINS, *PLACED_PATS, "macro_invocation", "ERROR"]),
)
