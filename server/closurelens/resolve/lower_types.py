"""Types and bounds as written, turned into semantic ones.

Invariant: every `TypeRef` gives a type; what does not resolve is `Unknown` with the reason. Aliases are expanded, trait
arguments that are left out are filled with their defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, assert_never

from closurelens.hir import types as h
from closurelens.records import dataclass, field
from closurelens.resolve.answers import PathRes
from closurelens.resolve.sources import MacroType
from closurelens.ty.sig import Def, DefKind, GenericParam, Namespace, Predicate
from closurelens.ty.types import (
    NEVER,
    PRIMS,
    UNIT,
    Adt,
    Array,
    Bound,
    Const,
    DefPath,
    Dyn,
    FnPtr,
    Opaque,
    Param,
    Projection,
    RawPtr,
    Ref,
    Slice,
    Tuple,
    Ty,
    Unknown,
    substitute,
)

if TYPE_CHECKING:
    from closurelens.resolve.resolver import Resolver

Placeholder = Callable[[], Ty]
"""Makes a new inference variable."""

FUTURE = "core::future::future::Future"


@dataclass(slots=True)
class ArgImpls:
    """Collects what `impl Trait` in argument position stands for: anonymous parameters."""

    params: list[GenericParam] = field(default_factory=list)
    predicates: list[Predicate] = field(default_factory=list)


@dataclass(slots=True)
class RetImpls:
    """Numbers the `impl Trait` in the return type of `owner`."""

    owner: DefPath
    args: tuple[Ty, ...]
    count: int = 0


class TypeLowering:
    """Lowers types for one purpose. `in_expr`: arguments left out altogether are placeholders, not defaults."""

    __slots__ = ("depth", "extra", "impls", "in_expr", "infer", "program", "resolver")

    def __init__(
        self,
        resolver: Resolver,
        infer: Placeholder | None = None,
        *,
        in_expr: bool = False,
        impls: ArgImpls | RetImpls | None = None,
        extra: list[Predicate] | None = None,
    ) -> None:
        self.resolver = resolver
        self.program = resolver.program
        self.infer = infer
        self.in_expr = in_expr
        self.impls = impls
        self.extra = extra
        self.depth = 0

    def type(self, ref: h.TypeRef) -> Ty:
        self.depth += 1
        if self.depth > 100:
            self.depth -= 1
            return Unknown("the type is nested too deeply")
        result = self._type(ref)
        self.depth -= 1
        return result

    def _type(self, ref: h.TypeRef) -> Ty:
        match ref:
            case h.PathType():
                return self.path(ref.path)
            case h.RefType():
                return Ref(self.type(ref.inner), mutable=ref.mutable, static=ref.lifetime == "static")
            case h.TupleType():
                return Tuple(tuple([self.type(elem) for elem in ref.elems])) if ref.elems else UNIT
            case h.SliceType():
                return Slice(self.type(ref.inner))
            case h.ArrayType():
                return Array(self.type(ref.inner), self.const(ref.len))
            case h.InferType():
                return self.hole("`_` stands in a signature")
            case h.DynType():
                return self.dyn(ref.bounds)
            case h.ImplType():
                return self.impl(ref.bounds)
            case h.FnPtrType():
                ret = UNIT if ref.ret is None else self.type(ref.ret)
                return FnPtr(tuple([self.type(param) for param in ref.params]), ret)
            case h.PtrType():
                return RawPtr(self.type(ref.inner), mutable=ref.mutable)
            case h.NeverType():
                return NEVER
            case h.ConstArg():
                return Const(ref.value)
            case h.ErrorType():
                if isinstance(ref, MacroType):
                    return self.type(self.resolver.expand_type(ref.call))
                return Unknown(ref.why)
            case _:
                assert_never(ref)

    def hole(self, why: str) -> Ty:
        return self.infer() if self.infer is not None else Unknown(why)

    # Paths

    def path(self, path: h.Path) -> Ty:
        if path.qself is not None:
            return self.qualified(path)
        found = self.resolver.resolve_path(path, Namespace.TYPES)
        if found is None:
            return Unknown(self.resolver.why_not(path))
        base = self.base(found, path)
        for segment in found.rest:
            base = self.assoc(base, segment, of_self=base is self.resolver.self_ty)
        return base

    def base(self, found: PathRes, path: h.Path) -> Ty:
        """The type that the resolved part of a path names."""
        target = found.target
        if not isinstance(target, Def):
            return target
        args = path.segments[found.used - 1].args if found.used else None
        return self.of_def(target, args, path)

    def of_def(self, target: Def, args: h.GenericArgs | None, path: h.Path | None = None) -> Ty:
        match target.kind:
            case DefKind.STRUCT | DefKind.ENUM | DefKind.UNION:
                params = self.program.params_of(target)
                if not params:
                    return Adt(target.path)
                return Adt(target.path, self.fill(params, args))
            case DefKind.TYPE_ALIAS:
                return self.alias(target, args)
            case DefKind.PRIMITIVE:
                return PRIMS.get(target.path, Unknown(f"`{target.path}` is no type"))
            case DefKind.TRAIT | DefKind.TRAIT_ALIAS:
                return Dyn((self.bound_of(target, args, None),))
            case DefKind.UNKNOWN:
                return Unknown(self.program.why_unknown(target.path))
            case _:
                return Unknown(f"`{target.path}` is a {target.kind.value}, not a type")

    def fill(
        self, params: Sequence[GenericParam], args: h.GenericArgs | None, self_ty: Ty | None = None
    ) -> tuple[Ty, ...]:
        """One argument for each parameter: as written, else the default, else a placeholder."""
        given = args.types if args is not None else []
        out: list[Ty] = []
        subst: dict[str, Ty] | None = None
        count = len(given)
        for at, param in enumerate(params):
            if at < count:
                ty = self.const(given[at]) if param.is_const else self.type(given[at])
            elif param.default is not None and not (self.in_expr and count == 0 and self.infer is not None):
                if subst is None:
                    subst = {} if self_ty is None else {"Self": self_ty}
                    for known, value in zip(params, out, strict=False):
                        subst[known.name] = value
                ty = substitute(param.default, subst)
            else:
                ty = self.hole(f"the argument for `{param.name}` is left out")
            out.append(ty)
            if subst is not None:
                subst[param.name] = ty
        return tuple(out)

    def alias(self, target: Def, args: h.GenericArgs | None) -> Ty:
        alias = self.program.alias(target.path)
        if alias is None:
            return Unknown(self.program.why_unknown(target.path))
        if not alias.generics.params:
            return alias.ty
        filled = self.fill(alias.generics.params, args)
        return substitute(alias.ty, {p.name: a for p, a in zip(alias.generics.params, filled, strict=False)})

    def qualified(self, path: h.Path) -> Ty:
        """`<T as Trait>::Name`, `<T>::Name`."""
        assert path.qself is not None
        base = self.type(path.qself)
        segments = path.segments
        if path.trait is not None:
            bound = self.bound(h.BoundRef(path.trait), base)
            if bound is None or not segments:
                return Unknown("the trait of a qualified path is not known")
            base = self.projection(base, bound.trait, bound.args, segments[0])
            segments = segments[1:]
        for segment in segments:
            base = self.assoc(base, segment, of_self=base is self.resolver.self_ty)
        return base

    def projection(self, base: Ty, trait: DefPath, args: tuple[Ty, ...], segment: h.Segment) -> Ty:
        own: tuple[Ty, ...] = ()
        if segment.args is not None:
            own = self.fill(self.program.assoc_type_params(trait, segment.name), segment.args)
        return Projection(base, trait, args, segment.name, own)

    def assoc(self, base: Ty, segment: h.Segment, *, of_self: bool) -> Ty:
        """`T::Item`, `Self::Item`: the trait is found among the bounds in scope, or is the one being implemented."""
        resolver = self.resolver
        name = segment.name
        if of_self and segment.args is None:
            own = resolver.own_assoc_type(name)
            if own is not None:
                return own
        bound = resolver.trait_of_assoc(base, name, of_self=of_self)
        if bound is not None:
            return self.projection(base, bound.trait, bound.args, segment)
        if isinstance(base, Unknown):
            return base
        return Unknown(resolver.why_no_assoc(base, name))

    # Constants

    def const(self, ref: h.TypeRef) -> Ty:
        match ref:
            case h.ConstArg():
                return Const(ref.value)
            case h.PathType():
                return self.resolver.const_of_path(ref.path)
            case h.InferType():
                return self.hole("`_` stands in a signature")
            case _:
                return Const(None)

    # Bounds

    def bound(self, ref: h.BoundRef, subject: Ty | None) -> Bound | None:
        """`subject` is what `Self` in the trait's defaults means. A trait that is not known keeps its name as path."""
        if ref.is_maybe:
            return None
        path = ref.path
        found = self.resolver.resolve_path(path, Namespace.TYPES)
        args = path.segments[-1].args if path.segments else None
        if found is None or found.rest or not isinstance(found.target, Def):
            name = "::".join(segment.name for segment in path.segments)
            return self.bound_of(Def(DefKind.UNKNOWN, f"?::{name}"), args, subject)
        return self.bound_of(found.target, args, subject)

    def bound_of(self, trait: Def, args: h.GenericArgs | None, subject: Ty | None) -> Bound:
        self_ty = subject if subject is not None else Unknown("`Self` of a trait object")
        if args is not None and args.is_fn_sugar:
            ret = UNIT if args.ret is None else self.type(args.ret)
            inputs = Tuple(tuple([self.type(param) for param in args.types]))
            return Bound(trait.path, (inputs,), (("Output", ret),))
        if trait.kind is DefKind.UNKNOWN:
            given = () if args is None else tuple([self.type(arg) for arg in args.types])
        else:
            params = self.program.params_of(trait)
            given = self.fill(params, args, self_ty) if params else ()
        if args is None:
            return Bound(trait.path, given)
        assoc = [(name, self.type(ty)) for name, ty in args.assoc]
        for name, bounds in args.assoc_bounds:
            inner = self.assoc_bounds(trait.path, given, subject, name, bounds)
            if inner is not None:
                assoc.append((name, inner))
        return Bound(trait.path, given, tuple(assoc))

    def assoc_bounds(
        self, trait: DefPath, args: tuple[Ty, ...], subject: Ty | None, name: str, bounds: list[h.BoundRef]
    ) -> Ty | None:
        """`Trait<Name: Bounds>`: an opaque type in return position, elsewhere a predicate of its own."""
        if isinstance(self.impls, RetImpls):
            return self.impl(bounds)
        if subject is not None and self.extra is not None:
            owner = self.program.signatures.as_supertrait(Bound(trait, args), subject, name) or Bound(trait, args)
            projection = Projection(subject, owner.trait, owner.args, name)
            for ref in bounds:
                bound = self.bound(ref, projection)
                if bound is not None:
                    self.extra.append(Predicate(projection, bound))
        return None

    def bounds(self, refs: Sequence[h.BoundRef], subject: Ty | None) -> tuple[Bound, ...]:
        out: list[Bound] = []
        for ref in refs:
            bound = self.bound(ref, subject)
            if bound is not None:
                out.append(bound)
        return tuple(out)

    def dyn(self, refs: list[h.BoundRef]) -> Ty:
        """The principal trait comes first, auto traits after it."""
        bounds = self.bounds(refs, None)
        if len(bounds) > 1:
            is_auto = self.program.is_auto_trait
            bounds = tuple(sorted(bounds, key=lambda bound: is_auto(bound.trait)))
        return Dyn(bounds)

    def impl(self, refs: list[h.BoundRef]) -> Ty:
        impls = self.impls
        if isinstance(impls, RetImpls):
            index = impls.count
            impls.count += 1
            return Opaque(impls.owner, index, impls.args, self.bounds(refs, Unknown("an opaque type")))
        if isinstance(impls, ArgImpls):
            param = Param(f"impl#{len(impls.params)}")
            impls.params.append(GenericParam(param.name))
            outer, self.extra = self.extra, impls.predicates
            impls.predicates.extend([Predicate(param, bound) for bound in self.bounds(refs, param)])
            self.extra = outer
            return param
        return self.hole("`impl Trait` stands where it has no meaning")
