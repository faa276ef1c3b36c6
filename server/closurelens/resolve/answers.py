"""What a path can lead to: the answers of `Resolver`.

Invariant: plain data; types inside are semantic types over the parameters in scope, with the caller's placeholders
where an argument was left out.
"""

from __future__ import annotations

from closurelens.hir.types import Segment
from closurelens.records import dataclass
from closurelens.ty.sig import Def
from closurelens.ty.types import Adt, Bound, Param, Ty


@dataclass(slots=True)
class PathRes:
    """How far a path resolves as names of modules and items; `rest` are the segments after (associated items).

    `used` counts the segments that `target` accounts for. `target` is a generic parameter (`T`, `Self` in a trait), the
    type that `Self` stands for, or an item.
    """

    target: Def | Param | Ty
    used: int
    rest: list[Segment]


@dataclass(slots=True)
class ItemValue:
    """A function, const, static. `args`: one for each of the item's own generic parameters."""

    item: Def
    args: tuple[Ty, ...]


@dataclass(slots=True)
class CtorValue:
    """A struct or enum variant, by value, pattern or struct expression: `item` is STRUCT, UNION or VARIANT.

    `ty` is the whole type. Whether a tuple constructor stands for its function is for the caller to see from the
    `VariantSig`.
    """

    item: Def
    ty: Adt


@dataclass(slots=True)
class AssocValue:
    """`base::name` still to be looked up among inherent and trait items of `base`.

    `trait` is set for `<base as Trait>::name` and `Trait::name`; there `base` is the first placeholder. `args` are the
    generic arguments written on `name` (empty: none written).
    """

    base: Ty
    name: str
    trait: Bound | None
    args: tuple[Ty, ...]


@dataclass(slots=True)
class ConstParamValue:
    """A const generic parameter used as a value, and its type."""

    param: Param
    ty: Ty


@dataclass(slots=True)
class NoValue:
    """Nothing is known under this path, and why (a phrase for people)."""

    why: str


ValueRes = ItemValue | CtorValue | AssocValue | ConstParamValue | NoValue

CtorRes = CtorValue | AssocValue | NoValue
"""For struct expressions and struct patterns; an `AssocValue` holds in `base` a projection to be normalised."""
