"""Repairs and rewrites of closures; the order of the table is the order in which editors list them."""

from closurelens.ide.assists import add_move
from closurelens.ide.assists.assist import Assist, Offer, Refusal

__all__ = ["ASSISTS", "Assist", "Offer", "Refusal"]

ASSISTS: tuple[Assist, ...] = (Assist("add_move", "refactor.rewrite", add_move.check, add_move.edits),)
