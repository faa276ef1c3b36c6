"""Paths and types as written, resolved from where they stand.

Invariant: a `Resolver` is immutable; entering an item or a block gives a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from closurelens.hir.types import BoundRef, GenericArgs, Path, TypeRef
from closurelens.resolve.answers import CtorRes, PathRes, ValueRes
from closurelens.ty.sig import Def, GenericParam, Namespace, Predicate
from closurelens.ty.types import Bound, DefPath, Ty

if TYPE_CHECKING:
    from closurelens.resolve.program import Program

Placeholder = Callable[[], Ty]
"""Makes a new inference variable."""


class Resolver:
    """Resolves what is written in one item, impl, trait, module or block.

    `owner`: the item's path. `self_ty`: what `Self` means (`Param("Self")` in a trait). `generics`: all type and const
    parameters in scope, the parent's first. `predicates`: every bound in scope, also `Self: Trait` in a trait; supertraits
    are not spelled out.
    """

    __slots__ = ("generics", "owner", "predicates", "program", "self_ty")

    program: Program
    owner: DefPath
    self_ty: Ty | None
    generics: tuple[GenericParam, ...]
    predicates: tuple[Predicate, ...]

    @property
    def edition(self) -> int:
        raise NotImplementedError

    def resolve_path(self, path: Path, namespace: Namespace) -> PathRes | None:
        """As far as names of modules and items go; None: the first segment leads nowhere."""
        raise NotImplementedError

    def resolve_value_path(self, path: Path, infer: Placeholder | None = None) -> ValueRes:
        """A path expression that is no local variable, or the path of a PathPat or TupleStructPat.

        `infer` makes what generic arguments that are not written become; without it they are `Unknown`.
        """
        raise NotImplementedError

    def resolve_ctor_path(self, path: Path, infer: Placeholder | None = None) -> CtorRes:
        """The path of a struct expression or struct pattern: `S`, `Self`, `Enum::V`, `Self::V`, `Alias`."""
        raise NotImplementedError

    def resolve_name(self, name: str, namespace: Namespace) -> Def | None:
        """One identifier as an item (not a local variable, not a generic parameter)."""
        raise NotImplementedError

    def lower_type(self, ref: TypeRef, infer: Placeholder | None = None) -> Ty:
        """The type a `TypeRef` means: aliases expanded, `T::Item` made a `Projection`.

        With `infer` the type stands in a body: `_` and generic arguments left out altogether (`Vec::new`, `let v: Vec`)
        are placeholders; without it they are defaults, or `Unknown`.
        """
        raise NotImplementedError

    def lower_bound(self, ref: BoundRef, infer: Placeholder | None = None) -> Bound | None:
        """None for `?Sized` and bounds whose trait is not known."""
        raise NotImplementedError

    def lower_generic_args(self, args: GenericArgs | None, infer: Placeholder | None = None) -> tuple[Ty, ...]:
        """The written type and const arguments of a method call, in order; nothing filled in."""
        raise NotImplementedError

    def traits_in_scope(self) -> frozenset[DefPath]:
        """Traits whose methods may be called here: declared, imported (also `as _`), from globs, preludes and blocks."""
        raise NotImplementedError
