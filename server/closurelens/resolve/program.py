"""All crates together: signatures by path over std and every indexed source crate.

Invariant: answers do not depend on the order of questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from closurelens.hir.body import Body
from closurelens.hir.item import FnItem, Range, ValueItem
from closurelens.project.model import Crate, CrateGraph
from closurelens.resolve.resolver import Resolver
from closurelens.ty.sig import AdtSig, AliasSig, Def, FnSig, ImplSig, Namespace, SigDb, TraitSig, ValueSig
from closurelens.ty.types import DefPath, Ty

ReadFile = Callable[[str], bytes | None]


@dataclass(slots=True)
class BodyOwner:
    """An item with a body: where inference starts.

    * `path` is unique within the program; `program.fn(path)` or `program.value(path)` is its signature.
    * `range` is the body (a function's block, a const's or static's initialiser) in `file`, in bytes. For an item that an
      item macro made it is what `in_macro` says: the range of that macro call.
    * `resolver` stands inside the item: its generics, `Self` type, and `predicates` in scope.
    * `cfg_off` is the `cfg` text that switches it (or a module around it) off, None for what is compiled.
    """

    path: DefPath
    item: FnItem | ValueItem
    file: str
    range: Range
    resolver: Resolver
    cfg_off: str | None = None
    in_macro: bool = False


class Program:
    """Implements `SigDb`. `crate name::..` paths: a crate's first path segment is its name (with `@n` when taken)."""

    def __init__(self, graph: CrateGraph, std: SigDb, read: ReadFile, *, index_dependencies: bool = True) -> None:
        """`read` gives a file's text by its normalised path, None if there is none."""
        raise NotImplementedError

    # SigDb

    def adt(self, path: DefPath) -> AdtSig | None:
        raise NotImplementedError

    def fn(self, path: DefPath) -> FnSig | None:
        raise NotImplementedError

    def trait(self, path: DefPath) -> TraitSig | None:
        raise NotImplementedError

    def value(self, path: DefPath) -> ValueSig | None:
        raise NotImplementedError

    def alias(self, path: DefPath) -> AliasSig | None:
        raise NotImplementedError

    def impl(self, path: DefPath) -> ImplSig | None:
        raise NotImplementedError

    def trait_impls(self, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        raise NotImplementedError

    def all_trait_impls(self, trait: DefPath) -> Sequence[ImplSig]:
        raise NotImplementedError

    def inherent_impls(self, head: str) -> Sequence[ImplSig]:
        raise NotImplementedError

    def traits_with_method(self, name: str) -> Sequence[DefPath]:
        raise NotImplementedError

    def children(self, module: DefPath) -> Mapping[tuple[Namespace, str], Def]:
        raise NotImplementedError

    # Beyond SigDb

    def unknown_derives(self, path: DefPath) -> Sequence[str]:
        """Names of derive and attribute macros on an ADT that may have added impls nobody can see."""
        raise NotImplementedError

    def variant_parent(self, variant: DefPath) -> DefPath | None:
        """The enum of a VARIANT's path."""
        raise NotImplementedError

    def file_bodies(self, crate: Crate, file: str) -> list[BodyOwner]:
        """The bodies whose text is in `file`, in source order; those nested in bodies are not among them."""
        raise NotImplementedError

    def bodies(self, crate: Crate) -> Iterable[BodyOwner]:
        """All of `file_bodies`, file by file."""
        raise NotImplementedError

    def nested_bodies(self, owner: BodyOwner, body: Body) -> list[BodyOwner]:
        """The bodies of items declared in `body`'s blocks (not of items nested deeper)."""
        raise NotImplementedError

    def has_unseen_impls(self, ty: Ty) -> str | None:
        """Why `ty` may have impls that are not in the index (a derive, an attribute, a crate that is not here)."""
        raise NotImplementedError
