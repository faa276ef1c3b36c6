"""Paths and types as written, resolved from where they stand.

Invariant: what a `Resolver` answers does not change; entering an item or a block gives a new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from closurelens.hir.item import ImplItem
from closurelens.hir.macros.api import MacroCall
from closurelens.hir.types import Anchor, BoundRef, GenericArgs, GenericsDecl, Path, PathType, Segment, TypeRef
from closurelens.resolve.answers import (
    AssocValue,
    ConstParamValue,
    CtorRes,
    CtorValue,
    ItemValue,
    NoValue,
    PathRes,
    ValueRes,
)
from closurelens.resolve.lower_types import Placeholder, TypeLowering
from closurelens.resolve.module import Entry, ModuleData
from closurelens.ty.sig import Def, DefKind, GenericParam, Namespace, Predicate
from closurelens.ty.types import PRIMS, Adt, Bound, Const, DefPath, Param, Projection, Ty, Unknown

if TYPE_CHECKING:
    from closurelens.resolve.program import Program

_ADTS = frozenset((DefKind.STRUCT, DefKind.ENUM, DefKind.UNION))
_TRAITS = frozenset((DefKind.TRAIT, DefKind.TRAIT_ALIAS))


class Resolver:
    """Resolves what is written in one item, impl, trait, module or block.

    * `owner` is the item's path, `entry` the item (None in a module).
    * `module` is the innermost module or block, `home` the one the item stands in; generic parameters come between.
    * `decls` are the generics in scope as written, the parent's first.
    * `self_ty`: what `Self` means (`Param("Self")` in a trait). `container`: the impl or trait around.
    * `off`: the code is switched off by a `cfg`, and sees other such code.
    """

    __slots__ = (
        "_assoc_memo",
        "_const_types",
        "_names",
        "_open",
        "_predicates",
        "container",
        "decls",
        "entry",
        "home",
        "module",
        "off",
        "owner",
        "program",
        "self_ty",
    )

    def __init__(
        self,
        program: Program,
        owner: DefPath,
        module: ModuleData,
        *,
        home: ModuleData | None = None,
        entry: Entry | None = None,
        container: Entry | None = None,
        decls: tuple[GenericsDecl, ...] = (),
        self_ty: Ty | None = None,
        off: bool = False,
    ) -> None:
        self.program = program
        self.owner = owner
        self.module = module
        self.home = home or module
        self.entry = entry
        self.container = container
        self.decls = decls
        self.self_ty = self_ty
        self.off = off
        self._predicates: tuple[Predicate, ...] | None = None
        self._assoc_memo: dict[str, Bound | None] = {}
        self._open: set[str] = set()
        self._names: dict[str, Param] = {}
        self._const_types: dict[str, TypeRef] = {}
        for decl in decls:
            for param in decl.params:
                self._names[param.name] = Param(param.name)
                if param.const_type is not None:
                    self._const_types[param.name] = param.const_type
                else:
                    self._const_types.pop(param.name, None)

    def in_block(self, block: ModuleData) -> Resolver:
        """The same item, inside of a block that declares items."""
        return self._changed(block, off=self.off)

    def switched_off(self) -> Resolver:
        """The same place, for code that a `cfg` switches off."""
        return self._changed(self.module, off=True)

    def _changed(self, module: ModuleData, *, off: bool) -> Resolver:
        return Resolver(
            self.program,
            self.owner,
            module,
            home=self.home,
            entry=self.entry,
            container=self.container,
            decls=self.decls,
            self_ty=self.self_ty,
            off=off,
        )

    @property
    def edition(self) -> int:
        return self.module.crate.edition

    @property
    def generics(self) -> tuple[GenericParam, ...]:
        """All type and const parameters in scope, the parent's first, in a trait `Self` before them; no defaults."""
        return self.program.signatures.generics_in_scope(self)

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        """Every bound in scope, in a trait also `Self: Trait`; supertraits are not spelled out."""
        if self._predicates is None:
            self._predicates = ()  # what a cycle sees
            self._predicates = self.program.signatures.predicates_in_scope(self)
        return self._predicates

    # Paths

    def resolve_path(self, path: Path, namespace: Namespace) -> PathRes | None:
        """As far as names of modules and items go; None: the first segments lead nowhere.

        A generic parameter or `Self` answers as a type.
        """
        segments = path.segments
        names = [segment.name for segment in segments]
        is_plain = path.anchor is Anchor.PLAIN and path.qself is None
        if is_plain and segments:
            found = self._own_name(segments, namespace)
            if found is not None:
                return found
        walk = self.program.names.walk(
            self.module, path.anchor, path.supers, path.crate, names, namespace, off=self.off
        )
        if (
            is_plain
            and names
            and names[0] in PRIMS
            and (walk is None or (walk.definition.kind is DefKind.MODULE and walk.used == len(names)))
        ):
            return PathRes(Def(DefKind.PRIMITIVE, names[0]), 1, segments[1:])
        if walk is None:
            return None
        return PathRes(walk.definition, walk.used, segments[walk.used :])

    def _own_name(self, segments: list[Segment], namespace: Namespace) -> PathRes | None:
        """A generic parameter or `Self`, if no item of a block around the path hides it."""
        first = segments[0].name
        target: Ty | None
        if first == "Self":
            target = self.self_ty
        else:
            target = self._names.get(first)
            if target is not None and namespace is Namespace.VALUES and len(segments) == 1:
                target = target if first in self._const_types else None
        if target is None:
            return None
        wanted = namespace if len(segments) == 1 else Namespace.TYPES
        scope = self.module
        while scope is not self.home and scope.is_block and scope.parent is not None:
            if self.program.names.in_module(scope, wanted, first, off=self.off) is not None:
                return None
            scope = scope.parent
        return PathRes(target, 1, segments[1:])

    def resolve_name(self, name: str, namespace: Namespace) -> Def | None:
        """One identifier as an item (not a local variable, not a generic parameter)."""
        return self.program.names.lexical(self.module, namespace, name, off=self.off)

    def why_not(self, path: Path) -> str:
        """Why a path leads nowhere."""
        return self.program.why_not(self.module, path, off=self.off)

    def has_unknown_globs(self) -> bool:
        """Names may come from a glob import that is not known."""
        return bool(self.program.names.unknown_globs(self.module, off=self.off))

    def traits_in_scope(self) -> frozenset[DefPath]:
        """Traits whose methods may be called here: declared, imported (also `as _`), from globs, preludes and blocks.

        In a trait, and in an impl of one, that trait is in scope too. Bounds of parameters make their traits' methods
        callable as well; they are not among these.
        """
        found = self.program.names.traits_in_scope(self.module, off=self.off)
        container = self.container
        own: DefPath | None = None
        if container is not None and isinstance(container.item, ImplItem):
            bound = self.program.signatures.impl_trait(container)
            own = None if bound is None else bound.trait
        elif container is not None:
            own = container.path
        return found if own is None or own in found else found | {own}

    # Types

    def lower_type(self, ref: TypeRef, infer: Placeholder | None = None) -> Ty:
        """The type a `TypeRef` means: aliases expanded, `T::Item` made a `Projection`.

        With `infer` the type stands in a body: `_`, and arguments left out that have no default, are placeholders.
        """
        return TypeLowering(self, infer).type(ref)

    def lower_bound(
        self, ref: BoundRef, infer: Placeholder | None = None, *, subject: Ty | None = None
    ) -> Bound | None:
        """None for `?Sized`. A trait that is not known has a path that starts with `?` or with its crate's name."""
        return TypeLowering(self, infer).bound(ref, subject)

    def lower_generic_args(self, args: GenericArgs | None, infer: Placeholder | None = None) -> tuple[Ty, ...]:
        """The written type and const arguments of a method call, in order; nothing filled in."""
        if args is None:
            return ()
        lowering = TypeLowering(self, infer)
        return tuple([self._argument(arg, lowering) for arg in args.types])

    def _argument(self, ref: TypeRef, lowering: TypeLowering) -> Ty:
        """A type, or a path to a const where no type has this name."""
        if isinstance(ref, PathType) and ref.path.qself is None:
            name = ref.path.name()
            if name is not None and name in self._const_types:
                return self._names[name]
            if self.resolve_path(ref.path, Namespace.TYPES) is None:
                return self.const_of_path(ref.path)
        return lowering.type(ref)

    def const_of_path(self, path: Path) -> Ty:
        """A const parameter, or the value of a constant where it is simple enough to be evaluated."""
        name = path.name()
        if name is not None and name in self._const_types:
            return self._names[name]
        found = self.resolve_path(path, Namespace.VALUES)
        if found is None or found.rest or not isinstance(found.target, Def):
            return Const(None)
        return Const(self.program.const_value(found.target))

    def expand_type(self, call: MacroCall) -> TypeRef:
        """What a macro call stands for where an item has a type."""
        upto = len(self.home.textual) if self.entry is None else self.entry.textual_at
        return self.home.crate.macros.expand_type(self.home, call, upto=upto, off=self.off)

    # Associated types

    def own_assoc_type(self, name: str) -> Ty | None:
        """`Self::name` in an impl that says what it is."""
        container = self.container
        if container is None:
            return None
        return self.program.signatures.impl_assoc_type(container, name)

    def trait_of_assoc(self, base: Ty, name: str, *, of_self: bool) -> Bound | None:
        """The trait, with its arguments, through which `base::name` is a type: by the bounds in scope."""
        subject = base.name if isinstance(base, Param) else None
        if subject is None and not of_self:
            return None
        key = f"{subject}::{name}::{of_self}"
        if key in self._assoc_memo:
            return self._assoc_memo[key]
        if key in self._open:
            return None
        self._open.add(key)
        found = self._find_trait_of_assoc(base, subject, name, of_self=of_self)
        self._open.discard(key)
        self._assoc_memo[key] = found
        return found

    def _find_trait_of_assoc(self, base: Ty, subject: str | None, name: str, *, of_self: bool) -> Bound | None:
        signatures = self.program.signatures
        container = self.container
        if of_self and container is not None:
            found = signatures.assoc_through_container(container, base, name)
            if found is not None:
                return found
        if subject is None:
            return None
        for ref in self._bounds_on(subject):
            trait = self._trait_of(ref)
            if trait is None or signatures.assoc_owner(trait, name) is None:
                continue
            bound = self.lower_bound(ref, subject=base)
            if bound is not None:
                return signatures.as_supertrait(bound, base, name)
        return None

    def why_no_assoc(self, base: Ty, name: str) -> str:
        """Why `base::name` is no type that is known."""
        if isinstance(base, Param):
            for ref in self._bounds_on(base.name):
                if not ref.is_maybe and self._trait_of(ref) is None:
                    trait = ref.path.segments[-1].name if ref.path.segments else "?"
                    return f"`{base}::{name}` is not known: nor is trait `{trait}`"
        return f"no bound in scope says what `{base}::{name}` is"

    def _trait_of(self, ref: BoundRef) -> DefPath | None:
        found = self.resolve_path(ref.path, Namespace.TYPES)
        if found is None or found.rest or not isinstance(found.target, Def) or found.target.kind not in _TRAITS:
            return None
        return found.target.path

    def _bounds_on(self, subject: str) -> Iterator[BoundRef]:
        """The bounds written on a type parameter, innermost generics first."""
        for decl in reversed(self.decls):
            for param in decl.params:
                if param.name == subject:
                    yield from param.bounds
            for left, bounds in decl.where:
                if isinstance(left, PathType) and left.path.name() == subject:
                    yield from bounds

    # Values

    def resolve_value_path(self, path: Path, infer: Placeholder | None = None) -> ValueRes:
        """A path expression that is no local variable, or the path of a PathPat or TupleStructPat.

        `infer` makes what generic arguments that are not written become; without it they are `Unknown`.
        """
        lowering = TypeLowering(self, infer, in_expr=True)
        if path.qself is not None:
            return self._qualified_value(path, lowering)
        found = self.resolve_path(path, Namespace.VALUES)
        if found is None:
            name = path.name()
            if name is not None and self.resolve_path(path, Namespace.TYPES) is not None:
                return NoValue(f"`{name}` is a type, not a value")
            return NoValue(self.why_not(path))
        target = found.target
        if not isinstance(target, Def):
            if found.rest:
                return self._on_type(target, found.rest, lowering)
            if isinstance(target, Param) and target.name in self._const_types:
                return ConstParamValue(target, self.lower_type(self._const_types[target.name]))
            if isinstance(target, Adt):
                return self._ctor(target)
            return NoValue(f"`{path.segments[0].name}` is a type, not a value")
        if found.rest:
            if target.kind in _TRAITS:
                return self._in_trait(target, path.segments[found.used - 1].args, found.rest, lowering)
            base = lowering.base(found, path)
            return self._on_type(base, found.rest, lowering)
        return self._item_value(target, path, lowering)

    def _qualified_value(self, path: Path, lowering: TypeLowering) -> ValueRes:
        assert path.qself is not None
        segments = path.segments
        if not segments:
            return NoValue("the path has no name")
        last = segments[-1]
        base = lowering.type(path.qself)
        args = self.lower_generic_args(last.args, lowering.infer)
        if path.trait is not None and len(segments) == 1:
            bound = lowering.bound(BoundRef(path.trait), base)
            return AssocValue(base, last.name, bound, args)
        if len(segments) > 1:
            inner = Path(segments[:-1], qself=path.qself, trait=path.trait)
            return AssocValue(lowering.qualified(inner), last.name, None, args)
        return self._on_type(base, segments, lowering)

    def _on_type(self, base: Ty, rest: list[Segment], lowering: TypeLowering) -> ValueRes:
        """`base::rest`: a variant of an enum, or an associated item."""
        for segment in rest[:-1]:
            base = lowering.assoc(base, segment, of_self=base is self.self_ty)
        last = rest[-1]
        if isinstance(base, Adt):
            variant = self._variant(base, last.name)
            if variant is not None:
                return variant
        return AssocValue(base, last.name, None, self.lower_generic_args(last.args, lowering.infer))

    def _variant(self, base: Adt, name: str) -> CtorValue | None:
        if self.program.has_variant(base.path, name):
            return CtorValue(Def(DefKind.VARIANT, f"{base.path}::{name}"), base)
        return None

    def _in_trait(self, trait: Def, args: GenericArgs | None, rest: list[Segment], lowering: TypeLowering) -> ValueRes:
        """`Trait::name`: the type is whatever inference finds."""
        base = lowering.hole("the type of a trait's path is not written")
        params = self.program.params_of(trait)
        bound = Bound(trait.path, lowering.fill(params, args, base) if params else ())
        for segment in rest[:-1]:
            base = Projection(base, trait.path, bound.args, segment.name)
        own = self.lower_generic_args(rest[-1].args, lowering.infer)
        return AssocValue(base, rest[-1].name, bound if len(rest) == 1 else None, own)

    def _ctor(self, ty: Adt) -> CtorValue:
        return CtorValue(Def(self.program.adt_kind(ty.path), ty.path), ty)

    def _item_value(self, target: Def, path: Path, lowering: TypeLowering) -> ValueRes:
        segments = path.segments
        args = segments[-1].args if segments else None
        match target.kind:
            case DefKind.FUNCTION:
                sig = self.program.fn(target.path)
                params = () if sig is None else sig.generics.params
                return ItemValue(target, lowering.fill(params, args) if params else ())
            case DefKind.CONST | DefKind.STATIC:
                return ItemValue(target, ())
            case DefKind.STRUCT | DefKind.UNION:
                ty = lowering.of_def(target, args)
                return CtorValue(target, ty) if isinstance(ty, Adt) else NoValue(f"`{target.path}` is not known")
            case DefKind.VARIANT:
                return self._variant_ctor(target, segments, lowering)
            case DefKind.UNKNOWN:
                return NoValue(self.program.why_unknown(target.path))
            case _:
                return NoValue(f"`{target.path}` is a {target.kind.value}, not a value")

    def _variant_ctor(self, target: Def, segments: list[Segment], lowering: TypeLowering) -> CtorValue | NoValue:
        """The arguments may stand on the variant (`None::<T>`) or on its enum (`Option::<T>::None`)."""
        parent = target.path.rpartition("::")[0]
        args = segments[-1].args
        if args is None and len(segments) > 1:
            args = segments[-2].args
        ty = lowering.of_def(Def(DefKind.ENUM, parent), args)
        return CtorValue(target, ty) if isinstance(ty, Adt) else NoValue(f"`{parent}` is not known")

    def resolve_ctor_path(self, path: Path, infer: Placeholder | None = None) -> CtorRes:
        """The path of a struct expression or struct pattern: `S`, `Self`, `Enum::V`, `Self::V`, `Alias`."""
        lowering = TypeLowering(self, infer, in_expr=True)
        if path.qself is not None:
            segments = path.segments
            if not segments:
                return NoValue("the path has no name")
            inner = lowering.qualified(Path(segments[:1], qself=path.qself, trait=path.trait))
            return self._ctor_on(inner, segments[1:], lowering)
        found = self.resolve_path(path, Namespace.TYPES)
        if found is None:
            return NoValue(self.why_not(path))
        target = found.target
        if isinstance(target, Def):
            if target.kind is DefKind.VARIANT:
                return self._variant_ctor(target, path.segments, lowering)
            if target.kind is DefKind.UNKNOWN:
                return NoValue(self.program.why_unknown(target.path))
        return self._ctor_on(lowering.base(found, path), found.rest, lowering)

    def _ctor_on(self, base: Ty, rest: list[Segment], lowering: TypeLowering) -> CtorRes:
        if len(rest) == 1 and isinstance(base, Adt):
            variant = self._variant(base, rest[0].name)
            if variant is not None:
                return variant
        for segment in rest:
            base = lowering.assoc(base, segment, of_self=base is self.self_ty)
        if isinstance(base, Adt):
            return self._ctor(base)
        if isinstance(base, Projection):
            return AssocValue(base, "", None, ())
        if isinstance(base, Unknown):
            return NoValue(base.why)
        return NoValue(f"`{base}` is no struct")
