"""Rust's orphan rules: which crate may write impls of another crate's trait.

Invariant: what an impl's head consists of decides, not what its bounds say.
"""

from __future__ import annotations

from closurelens.infer import names
from closurelens.infer.table import Table
from closurelens.ty import types as t
from closurelens.ty.types import DefPath, Ty


def local_to(table: Table, ty: Ty) -> DefPath | None:
    """The type or trait in whose crate impls may stand as `ty` is among the self type and the trait's arguments."""
    near = table.shallow(ty)
    while True:
        match near:
            case t.Ref() | t.Slice() | t.Array():
                near = table.shallow(near.parts()[0])
            case t.Adt(path=names.BOX | names.PIN) if near.args:
                near = table.shallow(near.args[0])
            case t.Adt():
                return near.path
            case t.Dyn() if near.bounds:
                return near.bounds[0].trait
            case _:
                return None
