"""Signatures of items: what callers of an item can know without its body.

Both producers (the std database, the lowering of source) give these; inference consumes nothing else of an item.
Invariant: every type inside is written over the `Param`s of the item's own generics and its parent's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

from closurelens.records import dataclass, field
from closurelens.ty.types import Bound, DefPath, Ty


@dataclass(slots=True, unsafe_hash=True)
class GenericParam:
    """A type or const parameter (lifetimes are left out)."""

    name: str
    is_const: bool = False
    default: Ty | None = None


@dataclass(slots=True, unsafe_hash=True)
class Predicate:
    """`subject: bound`. `?Sized`, lifetime bounds and higher-ranked binders are left out."""

    subject: Ty
    bound: Bound


@dataclass(slots=True, unsafe_hash=True)
class Generics:
    """`params` are the item's own; an argument list is the parent's (impl, trait: `Self` first) followed by these."""

    params: tuple[GenericParam, ...] = ()
    predicates: tuple[Predicate, ...] = ()
    lifetimes: int | None = None
    """How many lifetimes an ADT has; None: not known, as of everything else."""


NO_GENERICS = Generics()


class SelfKind(Enum):
    """The declared receiver of a method; TYPED is every other `self: T` (Rc<Self>, Pin<&mut Self>, ...)."""

    NONE = "none"
    VALUE = "self"
    REF = "&self"
    MUT = "&mut self"
    TYPED = "self: T"


@dataclass(slots=True)
class FnSig:
    """A function, method, or foreign function. `params` includes the receiver; `ret` of an async fn is its future.

    `container` is the impl's or trait's path for associated functions, whose generics come before the function's own.
    """

    path: DefPath
    name: str
    params: tuple[Ty, ...]
    ret: Ty
    generics: Generics = NO_GENERICS
    self_kind: SelfKind = SelfKind.NONE
    container: DefPath | None = None
    is_async: bool = False
    is_variadic: bool = False
    has_body: bool = True
    param_names: tuple[str, ...] = ()
    span: tuple[str, int, int] | None = None  # file, byte start, byte end; None where there is no source at hand
    body_ret: Ty | None = None
    """What the body gives, where an attribute gives callers something else."""
    visible_in: DefPath | None = None
    """Of a function of an inherent impl: the module in which it can be called; None: everywhere."""


@dataclass(slots=True)
class FieldSig:
    name: str  # "0", "1", .. in tuple structs
    ty: Ty
    is_public: bool = True


class CtorKind(Enum):
    RECORD = "record"
    TUPLE = "tuple"
    UNIT = "unit"


@dataclass(slots=True)
class VariantSig:
    name: str
    ctor: CtorKind
    fields: tuple[FieldSig, ...]


class AdtKind(Enum):
    STRUCT = "struct"
    ENUM = "enum"
    UNION = "union"


@dataclass(slots=True)
class AdtSig:
    """A struct has one variant, named like itself. `is_packed`: `repr(packed)`, so no field is captured by ref."""

    path: DefPath
    kind: AdtKind
    variants: tuple[VariantSig, ...]
    generics: Generics = NO_GENERICS
    is_packed: bool = False
    is_non_exhaustive: bool = False
    is_fundamental: bool = False
    _named: dict[str, VariantSig] | None = field(default=None, init=False, repr=False, compare=False)

    def variant(self, name: str) -> VariantSig | None:
        named = self._named
        if named is None:
            named = self._named = {variant.name: variant for variant in reversed(self.variants)}
        return named.get(name)


@dataclass(slots=True)
class AssocTypeSig:
    name: str
    bounds: tuple[Bound, ...] = ()
    default: Ty | None = None
    generics: Generics = NO_GENERICS


@dataclass(slots=True)
class TraitSig:
    """`generics.params` leave out `Self`; `generics.predicates` hold the supertraits, on `Param("Self")`."""

    path: DefPath
    name: str
    methods: Mapping[str, DefPath]
    assoc_types: Mapping[str, AssocTypeSig]
    generics: Generics = NO_GENERICS
    consts: Mapping[str, Ty] = field(default_factory=dict)
    is_auto: bool = False


def own_param(index: int) -> str:
    return f"#{index}"


@dataclass(slots=True)
class ImplSig:
    """`impl<generics> trait for self_ty`; `trait` None: inherent. Method names lead to `FnSig` paths.

    In `assoc_types` the parameters of an associated type itself are called by their place (`own_param`), since an impl
    names them as it likes.
    """

    path: DefPath
    self_ty: Ty
    trait: Bound | None
    methods: Mapping[str, DefPath]
    assoc_types: Mapping[str, Ty]
    generics: Generics = NO_GENERICS
    consts: Mapping[str, Ty] = field(default_factory=dict)
    is_negative: bool = False


@dataclass(slots=True)
class ValueSig:
    """A const or static (`is_static`); also an associated const."""

    path: DefPath
    ty: Ty
    is_static: bool = False
    is_mutable: bool = False


@dataclass(slots=True)
class AliasSig:
    """`type Name<generics> = ty;`, expanded wherever it is met."""

    path: DefPath
    generics: Generics
    ty: Ty


class DefKind(Enum):
    MODULE = "mod"
    STRUCT = "struct"
    ENUM = "enum"
    UNION = "union"
    VARIANT = "variant"  # the path of its enum, then `::Name`
    TRAIT = "trait"
    TRAIT_ALIAS = "trait alias"
    TYPE_ALIAS = "type"
    FUNCTION = "fn"
    CONST = "const"
    STATIC = "static"
    MACRO = "macro"
    PRIMITIVE = "primitive"
    ASSOC_TYPE = "assoc type"
    UNKNOWN = "unknown"  # the crate or item is not at hand

    __hash__ = object.__hash__


class Namespace(Enum):
    TYPES = "types"
    VALUES = "values"
    MACROS = "macros"

    __hash__ = object.__hash__  # that of `Enum` is a function in Python


@dataclass(slots=True)
class Def:
    """What a name leads to."""

    kind: DefKind
    path: DefPath


class SigDb(Protocol):
    """Signatures by path. Every look-up answers None (or nothing) for what is not at hand; none raises."""

    def adt(self, path: DefPath) -> AdtSig | None: ...
    def fn(self, path: DefPath) -> FnSig | None: ...
    def trait(self, path: DefPath) -> TraitSig | None: ...
    def value(self, path: DefPath) -> ValueSig | None: ...
    def alias(self, path: DefPath) -> AliasSig | None: ...
    def impl(self, path: DefPath) -> ImplSig | None: ...

    def trait_impls(self, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        """Impls of `trait` whose self type has this head (`head_of`); None: the blanket ones (`impl<T> .. for T`)."""
        ...

    def trait_impls_in(self, near: DefPath, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        """Further such impls in the crate of `near`, a type among the arguments (the orphan rule's third crate)."""
        ...

    def all_trait_impls(self, trait: DefPath) -> Sequence[ImplSig]:
        """Every impl of `trait`, blanket ones too."""
        ...

    def inherent_impls(self, head: str) -> Sequence[ImplSig]: ...

    def traits_with_method(self, name: str) -> Sequence[DefPath]:
        """Every trait that declares a method `name`."""
        ...

    def children(self, module: DefPath) -> Mapping[tuple[Namespace, str], Def]:
        """The names a module (or enum: its variants) exports, re-exports and globs followed."""
        ...

    def has_unseen_impls(self, ty: Ty, trait: DefPath | None = None) -> str | None:
        """Why `ty` may have impls that are not told."""
        ...

    def may_change_fields(self, path: DefPath) -> bool:
        """Whether the fields of an ADT may be others than those that are told."""
        ...
