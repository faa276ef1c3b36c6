"""Signatures of source items: `hir` items lowered to `ty.sig`, with their types resolved.

Invariant: each is made once, when it is first asked for. A signature that is part of its own making (a cyclic alias, a
default that needs itself) is seen as not known while it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, FnItem, ImplItem, SelfParam, TraitItem, TypeAliasItem, ValueItem
from closurelens.hir.lower.attrs import effective
from closurelens.hir.types import BoundRef, GenericsDecl, PathType
from closurelens.resolve.derive_parts import UNIT_TYPE
from closurelens.resolve.derives import Asyncness, asyncness, may_be_published
from closurelens.resolve.lower_types import FUTURE, ArgImpls, RetImpls, TypeLowering
from closurelens.resolve.module import Entry
from closurelens.resolve.resolver import Resolver
from closurelens.resolve.salsa_items import mode_of_function, returned
from closurelens.resolve.supertraits import Supertraits
from closurelens.ty.sig import (
    AdtKind,
    AdtSig,
    AliasSig,
    AssocTypeSig,
    CtorKind,
    DefKind,
    FieldSig,
    FnSig,
    GenericParam,
    Generics,
    ImplSig,
    Namespace,
    Predicate,
    SelfKind,
    TraitSig,
    ValueSig,
    VariantSig,
    own_param,
)
from closurelens.ty.types import (
    UNIT,
    Adt,
    Bound,
    DefPath,
    Dyn,
    Opaque,
    Param,
    Projection,
    Ref,
    Ty,
    Unknown,
    substitute,
)

if TYPE_CHECKING:
    from closurelens.resolve.program import Program

_SELF = Param("Self")
# Aliases of aliases and the like: longer chains than any program has; keeps the recursion bounded.
_DEPTH_LIMIT = 24
_NO_DECL = GenericsDecl()
_GLOBAL = Adt("alloc::alloc::Global", ())

UNMADE = Unknown("the signature needs itself")
"""The return type of a function's signature while that is made."""


def decl_of(entry: Entry) -> GenericsDecl:
    item = entry.item
    if isinstance(item, FnItem | AdtItem | TraitItem | ImplItem | TypeAliasItem):
        return item.generics
    return _NO_DECL


class Signatures:
    def __init__(self, program: Program) -> None:
        self._program = program
        self.supertraits = Supertraits(program, self)
        self._resolvers: dict[Entry, Resolver] = {}
        self._params: dict[Entry, tuple[GenericParam, ...]] = {}
        self._fns: dict[Entry, FnSig] = {}
        self._adts: dict[Entry, AdtSig] = {}
        self._traits: dict[Entry, TraitSig] = {}
        self._impls: dict[Entry, ImplSig] = {}
        self._impl_traits: dict[Entry, Bound | None] = {}
        self._impl_assoc: dict[tuple[Entry, str], Ty | None] = {}
        self._aliases: dict[Entry, AliasSig | None] = {}
        self._depth = 0
        self.may_derive: dict[tuple[DefPath, DefPath], bool] = {}
        """By ADT and trait: whether a derive that is not known may implement it."""
        self.unseen: dict[DefPath, str | None] = {}
        """By ADT: why it may have impls that are not in the index."""

    # Where items stand

    def resolver(self, entry: Entry) -> Resolver:
        """What resolves the names inside of an item, an associated item too."""
        found = self._resolvers.get(entry)
        if found is None:
            found = self._make_resolver(entry)
            self._resolvers[entry] = found
        return found

    def _make_resolver(self, entry: Entry) -> Resolver:
        container = entry.container
        decl = decl_of(entry)
        off = entry.cfg_off is not None
        item = entry.item
        if container is not None:
            outer = self.resolver(container)
            decls = (*outer.decls, decl)
            return Resolver(
                self._program,
                entry.path,
                entry.module,
                entry=entry,
                container=container,
                decls=decls,
                self_ty=outer.self_ty,
                off=off,
            )
        around = entry if isinstance(item, ImplItem | TraitItem) else None
        resolver = Resolver(
            self._program, entry.path, entry.module, entry=entry, container=around, decls=(decl,), off=off
        )
        if isinstance(item, TraitItem):
            resolver.self_ty = _SELF
        elif isinstance(item, AdtItem):
            resolver.self_ty = Adt(entry.path, tuple([Param(param.name) for param in decl.params]))
        elif isinstance(item, ImplItem):
            self._resolvers[entry] = resolver
            resolver.self_ty = resolver.lower_type(item.self_ty)
        return resolver

    # Generics

    def params(self, entry: Entry) -> tuple[GenericParam, ...]:
        """The item's own parameters, with defaults."""
        found = self._params.get(entry)
        if found is not None:
            return found
        decl = decl_of(entry)
        if not decl.params:
            self._params[entry] = ()
            return ()
        self._params[entry] = tuple([GenericParam(p.name, p.const_type is not None) for p in decl.params])
        if self._depth < _DEPTH_LIMIT and any(param.default is not None for param in decl.params):
            self._depth += 1
            lowering = TypeLowering(self.resolver(entry))
            out: list[GenericParam] = []
            for param in decl.params:
                is_const = param.const_type is not None
                default = None
                if param.default is not None:
                    default = lowering.const(param.default) if is_const else lowering.type(param.default)
                out.append(GenericParam(param.name, is_const, default))
            self._params[entry] = tuple(out)
            self._depth -= 1
        return self._params[entry]

    def predicates_of(self, decl: GenericsDecl, resolver: Resolver) -> list[Predicate]:
        """The bounds that one list of generics declares."""
        out: list[Predicate] = []
        lowering = TypeLowering(resolver, extra=out)
        for param in decl.params:
            if param.bounds:
                self._bounds(lowering, Param(param.name), param.bounds, out)
        for left, bounds in decl.where:
            if bounds:
                self._bounds(lowering, lowering.type(left), bounds, out)
        return out

    def _bounds(self, lowering: TypeLowering, subject: Ty, refs: Sequence[BoundRef], out: list[Predicate]) -> None:
        for ref in refs:
            bound = lowering.bound(ref, subject)
            if bound is not None:
                out.append(Predicate(subject, bound))

    def generics_in_scope(self, resolver: Resolver) -> tuple[GenericParam, ...]:
        container = resolver.container
        out = [GenericParam("Self")] if container is not None and isinstance(container.item, TraitItem) else []
        for decl in resolver.decls:
            out.extend([GenericParam(param.name, param.const_type is not None) for param in decl.params])
        entry = resolver.entry
        if entry is not None and isinstance(entry.item, FnItem):
            out.extend(param for param in self.fn(entry).generics.params if param.name.startswith("impl#"))
        return tuple(out)

    def predicates_in_scope(self, resolver: Resolver) -> tuple[Predicate, ...]:
        out: list[Predicate] = []
        container = resolver.container
        entry = resolver.entry
        if container is not None:
            if isinstance(container.item, TraitItem):
                own = tuple([Param(param.name) for param in container.item.generics.params])
                out.append(Predicate(_SELF, Bound(container.path, own)))
                out.extend(self.trait(container).generics.predicates)
            else:
                out.extend(self.impl(container).generics.predicates)
        if entry is not None and entry is not container:
            if isinstance(entry.item, FnItem):
                out.extend(self.fn(entry).generics.predicates)
            else:
                out.extend(self.predicates_of(decl_of(entry), self.resolver(entry)))
        return tuple(out)

    def all_args(self, entry: Entry) -> tuple[Ty, ...]:
        """The parameters in scope as arguments: what an opaque type of `entry` is over."""
        container = entry.container
        out: list[Ty] = []
        if container is not None:
            if isinstance(container.item, TraitItem):
                out.append(_SELF)
            out.extend([Param(param.name) for param in decl_of(container).params])
        out.extend([Param(param.name) for param in decl_of(entry).params])
        return tuple(out)

    # Functions

    def fn(self, entry: Entry) -> FnSig:
        found = self._fns.get(entry)
        if found is None:
            item = entry.item
            assert isinstance(item, FnItem)
            found = FnSig(entry.path, item.name, (), UNMADE)
            self._fns[entry] = found
            found = self._fns[entry] = self._make_fn(entry, item)
        return found

    def _make_fn(self, entry: Entry, item: FnItem) -> FnSig:
        resolver = self.resolver(entry)
        impls = ArgImpls()
        lowering = TypeLowering(resolver, impls=impls)
        params: list[Ty] = []
        names: list[str] = []
        self_kind = SelfKind.NONE
        if item.self_param is not None:
            ty, self_kind = self._receiver(item.self_param, resolver)
            params.append(ty)
            names.append("self")
        attrs = item.param_attrs
        for at, (name, ref) in enumerate(item.params):
            if attrs is not None and at in attrs and entry.module.crate.switched_off(attrs[at]) is not None:
                continue
            params.append(lowering.type(ref))
            names.append(name)
        predicates = self.predicates_of(item.generics, resolver)
        args = (*self.all_args(entry), *[Param(param.name) for param in impls.params])
        ret_impls = RetImpls(entry.path, args, 1 if item.is_async else 0)
        ret = UNIT if item.ret is None else TypeLowering(resolver, impls=ret_impls).type(item.ret)
        body_ret: Ty | None = None
        if item.is_async:
            ret = self._future(entry, ret, args)
        elif item.attrs.others or item.attrs.conditional:
            mode = mode_of_function(entry.module.crate, item.attrs)
            if mode is not None:
                body_ret = ret
                ret = lowering.type(returned(item.ret or UNIT_TYPE, mode))
        generics = Generics((*self.params(entry), *impls.params), (*predicates, *impls.predicates))
        return FnSig(
            entry.path,
            item.name,
            tuple(params),
            ret,
            generics,
            self_kind,
            None if entry.container is None else entry.container.path,
            is_async=item.is_async,
            is_variadic=item.is_variadic,
            has_body=item.body is not None,
            param_names=tuple(names),
            span=(entry.file, *(entry.in_macro or item.name_range)),
            body_ret=body_ret,
            visible_in=_visible_in(self._program, entry),
        )

    def _future(self, entry: Entry, output: Ty, args: tuple[Ty, ...]) -> Ty:
        """What an `async fn` returns."""
        future = Bound(FUTURE, (), (("Output", output),))
        match asyncness(self._program, entry):
            case Asyncness.OPAQUE:
                return Opaque(entry.path, 0, args, (future,))
            case Asyncness.BLOCKING:
                return output
            case Asyncness.BOXED:
                boxed = Adt("alloc::boxed::Box", (Dyn((future, Bound("core::marker::Send"))), _GLOBAL))
                return Adt("core::pin::Pin", (boxed,))

    def _receiver(self, param: SelfParam, resolver: Resolver) -> tuple[Ty, SelfKind]:
        self_ty = resolver.self_ty or Unknown("`self` outside of an impl or trait")
        if param.ty is None:
            if not param.by_ref:
                return self_ty, SelfKind.VALUE
            return Ref(self_ty, mutable=param.mutable), SelfKind.MUT if param.mutable else SelfKind.REF
        ty = resolver.lower_type(param.ty)
        if ty == self_ty:
            return ty, SelfKind.VALUE
        if isinstance(ty, Ref) and ty.inner == self_ty:
            return ty, SelfKind.MUT if ty.mutable else SelfKind.REF
        return ty, SelfKind.TYPED

    # Types

    def adt(self, entry: Entry) -> AdtSig:
        found = self._adts.get(entry)
        if found is not None:
            return found
        item = entry.item
        assert isinstance(item, AdtItem)
        crate = entry.module.crate
        resolver = self.resolver(entry)
        attrs = effective(item.attrs, crate.holds)
        predicates = tuple(self.predicates_of(item.generics, resolver))
        generics = Generics(self.params(entry), predicates, item.generics.lifetimes)
        lowering = TypeLowering(resolver)
        variants: list[VariantSig] = []
        for variant in item.variants:
            if entry.cfg_off is None and crate.switched_off(variant.attrs) is not None:
                continue
            fields: list[FieldSig] = []
            open_fields = crate.undecided_fields(variant) if crate.crate.cfg.open else {}
            for field in variant.fields:
                if crate.switched_off(field.attrs) is None:
                    name = str(len(fields)) if variant.ctor == "tuple" else field.name
                    is_public = item.kind == "enum" or field.visibility == "pub"
                    cfg = open_fields.get(field.name)
                    ty = lowering.type(field.ty) if cfg is None else Unknown(f"`cfg({cfg})` decides about it")
                    fields.append(FieldSig(name, ty, is_public))
            variants.append(VariantSig(variant.name, CtorKind(variant.ctor), tuple(fields)))
        found = AdtSig(
            entry.path,
            AdtKind(item.kind),
            tuple(variants),
            generics,
            is_packed=attrs.is_packed,
            is_non_exhaustive=attrs.non_exhaustive,
            is_fundamental="fundamental" in attrs.others,
        )
        self._adts[entry] = found
        return found

    def alias(self, entry: Entry) -> AliasSig | None:
        """None while it is being made: an alias that needs itself."""
        if entry in self._aliases:
            return self._aliases[entry]
        item = entry.item
        assert isinstance(item, TypeAliasItem)
        if self._depth >= _DEPTH_LIMIT:
            return None
        self._aliases[entry] = None
        resolver = self.resolver(entry)
        params = self.params(entry)
        args: tuple[Ty, ...] = tuple([Param(param.name) for param in params])
        lowering = TypeLowering(resolver, impls=RetImpls(entry.path, args))
        self._depth += 1
        ty = Unknown("the alias has no type") if item.ty is None else lowering.type(item.ty)
        self._depth -= 1
        found = self._aliases[entry] = AliasSig(entry.path, Generics(params), ty)
        return found

    def value(self, entry: Entry) -> ValueSig:
        item = entry.item
        assert isinstance(item, ValueItem)
        ty = self.resolver(entry).lower_type(item.ty)
        return ValueSig(entry.path, ty, item.is_static, item.is_mutable)

    # Traits and impls

    def trait(self, entry: Entry) -> TraitSig:
        found = self._traits.get(entry)
        if found is not None:
            return found
        item = entry.item
        assert isinstance(item, TraitItem)
        found = TraitSig(entry.path, item.name, {}, {}, is_auto=item.is_auto)
        self._traits[entry] = found
        methods: dict[str, DefPath] = {}
        assoc_types: dict[str, AssocTypeSig] = {}
        consts: dict[str, Ty] = {}
        found.methods, found.assoc_types, found.consts = methods, assoc_types, consts
        members = [member for member in entry.module.crate.associated(entry) if _is_on(member, entry)]
        for member in members:
            if member.kind is DefKind.FUNCTION:
                methods.setdefault(member.item.name, member.path)
        resolver = self.resolver(entry)
        of_others: list[Predicate] = []
        bounds = TypeLowering(resolver, extra=of_others).bounds(item.supertraits, _SELF)
        supertraits = [Predicate(_SELF, bound) for bound in bounds]
        where = self.predicates_of(item.generics, resolver)
        found.generics = Generics(self.params(entry), (*supertraits, *of_others, *where))
        own = tuple([Param(param.name) for param in item.generics.params])
        for member in members:
            declared = member.item
            if isinstance(declared, TypeAliasItem):
                assoc_types.setdefault(declared.name, self._assoc_type(entry, member, declared, own))
            elif isinstance(declared, ValueItem):
                consts.setdefault(declared.name, self.resolver(member).lower_type(declared.ty))
        return found

    def _assoc_type(self, trait: Entry, member: Entry, item: TypeAliasItem, own: tuple[Ty, ...]) -> AssocTypeSig:
        resolver = self.resolver(member)
        params = self.params(member)
        subject = Projection(_SELF, trait.path, own, item.name, tuple([Param(param.name) for param in params]))
        lowering = TypeLowering(resolver)
        default = None if item.ty is None else lowering.type(item.ty)
        generics = Generics(params, tuple(self.predicates_of(item.generics, resolver)))
        return AssocTypeSig(item.name, lowering.bounds(item.bounds, subject), default, generics)

    def impl_trait(self, entry: Entry) -> Bound | None:
        """The trait an impl is for."""
        if entry in self._impl_traits:
            return self._impl_traits[entry]
        item = entry.item
        assert isinstance(item, ImplItem)
        self._impl_traits[entry] = None
        found = None
        if item.trait is not None:
            resolver = self.resolver(entry)
            found = TypeLowering(resolver).bound(BoundRef(item.trait), resolver.self_ty)
        self._impl_traits[entry] = found
        return found

    def impl(self, entry: Entry) -> ImplSig:
        found = self._impls.get(entry)
        if found is not None:
            return found
        item = entry.item
        assert isinstance(item, ImplItem)
        resolver = self.resolver(entry)
        self_ty = resolver.self_ty or Unknown("the type of an impl needs itself")
        methods: dict[str, DefPath] = {}
        assoc_types: dict[str, Ty] = {}
        consts: dict[str, Ty] = {}
        found = ImplSig(entry.path, self_ty, None, methods, assoc_types, consts=consts, is_negative=item.is_negative)
        self._impls[entry] = found
        found.trait = self.impl_trait(entry)
        found.generics = Generics(self.params(entry), tuple(self.predicates_of(item.generics, resolver)))
        for member in entry.module.crate.associated(entry):
            if not _is_on(member, entry):
                continue
            declared = member.item
            if isinstance(declared, FnItem):
                methods.setdefault(declared.name, member.path)
            elif isinstance(declared, ValueItem):
                consts.setdefault(declared.name, self.resolver(member).lower_type(declared.ty))
            elif isinstance(declared, TypeAliasItem) and declared.ty is not None:
                assoc_types.setdefault(declared.name, self._impl_type(member, declared))
        return found

    def _impl_type(self, member: Entry, item: TypeAliasItem) -> Ty:
        assert item.ty is not None
        resolver = self.resolver(member)
        args = self.all_args(member)
        ty = TypeLowering(resolver, impls=RetImpls(member.path, args)).type(item.ty)
        own = item.generics.params
        return substitute(ty, {param.name: Param(own_param(at)) for at, param in enumerate(own)}) if own else ty

    # Associated types by name

    def impl_assoc_type(self, container: Entry, name: str) -> Ty | None:
        """What an impl says its associated type without parameters is."""
        if not isinstance(container.item, ImplItem):
            return None
        key = (container, name)
        if key in self._impl_assoc:
            return self._impl_assoc[key]
        if self._depth >= _DEPTH_LIMIT:
            return None
        self._impl_assoc[key] = None
        self._depth += 1
        for member in container.module.crate.associated(container):
            declared = member.item
            if (
                isinstance(declared, TypeAliasItem)
                and declared.name == name
                and declared.ty is not None
                and not declared.generics.params
                and _is_on(member, container)
            ):
                self._impl_assoc[key] = self._impl_type(member, declared)
                break
        self._depth -= 1
        return self._impl_assoc[key]

    def assoc_owner(self, trait: DefPath, name: str) -> DefPath | None:
        return self.supertraits.assoc_owner(trait, name)

    def as_supertrait(self, bound: Bound, subject: Ty, name: str) -> Bound | None:
        return self.supertraits.bound_with_assoc(bound, subject, name)

    def assoc_through_container(self, container: Entry, self_ty: Ty, name: str) -> Bound | None:
        """The trait that `Self::name` goes through in a trait, or in an impl of a trait."""
        item = container.item
        if isinstance(item, TraitItem):
            own: tuple[Ty, ...] = tuple([Param(param.name) for param in item.generics.params])
            return self.supertraits.bound_with_assoc(Bound(container.path, own), self_ty, name)
        assert isinstance(item, ImplItem)
        if item.trait is None:
            return None
        bound = self.impl_trait(container)
        return None if bound is None else self.supertraits.bound_with_assoc(bound, self_ty, name)


def _visible_in(program: Program, entry: Entry) -> DefPath | None:
    container = entry.container
    if entry.visible_in is None or container is None or not isinstance(container.item, ImplItem):
        return None
    if container.item.trait is not None or may_be_published(program, entry):
        return None
    return entry.visible_in.nearest_module().path


def _is_on(member: Entry, container: Entry) -> bool:
    """Not switched off on its own."""
    return member.cfg_off is None or container.cfg_off is not None


def subject_name(ref: object) -> str | None:
    """`T` in `T: Bound`."""
    return ref.path.name() if isinstance(ref, PathType) else None


__all__ = ["Namespace", "Signatures", "decl_of", "subject_name"]
