"""Semantic types.

Every type is an immutable value, compared by structure; its hash is computed once. Lifetimes are erased, but for
named ones on references, which decide reborrows. `flags` says in O(1) what a type holds anywhere inside, so that
substitution and resolution can return early.

A `DefPath` names an item by the path of its definition: `alloc::vec::Vec`, `my_crate::module::Item`; items inside
function bodies and impls get a disambiguator segment (`my_crate::f::{0}::Item`, `my_crate::m::{impl#2}::method`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, cast, final

DefPath = str

HAS_INFER = 1
HAS_PARAM = 2
HAS_UNKNOWN = 4
HAS_PROJECTION = 8
HAS_REGION = 16
HAS_CLOSURE = 32
"""A closure or coroutine, whose type means something only within its body."""


def _flags_of(items: tuple[Ty, ...]) -> int:
    flags = 0
    for item in items:
        flags |= item.flags
    return flags


class TyBase:
    """What all types have. Use the constructors below; never mutate."""

    __slots__ = ("_hash", "flags")
    flags: int
    _hash: int
    _key: ClassVar[Callable[[Ty], tuple[object, ...]]]

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, TyBase) or self.__class__ is not other.__class__ or self._hash != other._hash:
            return False
        return self.key() == other.key()

    def key(self) -> tuple[object, ...]:
        """What makes two types of one class equal."""
        raise NotImplementedError

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        """The same type with `f` applied to each direct part; itself when no part changed."""
        raise NotImplementedError

    def parts(self) -> tuple[Ty, ...]:
        """The types directly inside."""
        return ()

    def __repr__(self) -> str:
        from closurelens.ty.display import display

        return display(cast("Ty", self))


@final
class Prim(TyBase):
    """bool, char, str, the integers and floats, and `!`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
        self.flags = 0
        self._hash = hash(("Prim", name))

    def key(self) -> tuple[object, ...]:
        return (self.name,)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        return self


@final
class Adt(TyBase):
    """A struct, enum or union with its type and const arguments (lifetimes left out), in declaration order."""

    __slots__ = ("args", "path")

    def __init__(self, path: DefPath, args: tuple[Ty, ...] = ()) -> None:
        self.path = path
        self.args = args
        self.flags = _flags_of(args)
        self._hash = hash((path, args))

    def key(self) -> tuple[object, ...]:
        return (self.path, self.args)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        new = tuple([f(a) for a in self.args])
        return self if _same(new, self.args) else Adt(self.path, new)

    def parts(self) -> tuple[Ty, ...]:
        return self.args


@final
class Tuple(TyBase):
    __slots__ = ("elems",)

    def __init__(self, elems: tuple[Ty, ...]) -> None:
        self.elems = elems
        self.flags = _flags_of(elems)
        self._hash = hash(("Tuple", elems))

    def key(self) -> tuple[object, ...]:
        return (self.elems,)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        new = tuple([f(a) for a in self.elems])
        return self if _same(new, self.elems) else Tuple(new)

    def parts(self) -> tuple[Ty, ...]:
        return self.elems


@final
class Slice(TyBase):
    __slots__ = ("elem",)

    def __init__(self, elem: Ty) -> None:
        self.elem = elem
        self.flags = elem.flags
        self._hash = hash(("Slice", elem))

    def key(self) -> tuple[object, ...]:
        return (self.elem,)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        new = f(self.elem)
        return self if new is self.elem else Slice(new)

    def parts(self) -> tuple[Ty, ...]:
        return (self.elem,)


@final
class Array(TyBase):
    """`[elem; len]`; `len` is a `Const`, a `Param` or an inference variable."""

    __slots__ = ("elem", "len")

    def __init__(self, elem: Ty, len: Ty) -> None:
        self.elem = elem
        self.len = len
        self.flags = elem.flags | len.flags
        self._hash = hash(("Array", elem, len))

    def key(self) -> tuple[object, ...]:
        return (self.elem, self.len)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        elem, length = f(self.elem), f(self.len)
        return self if elem is self.elem and length is self.len else Array(elem, length)

    def parts(self) -> tuple[Ty, ...]:
        return (self.elem, self.len)


@final
class Const(TyBase):
    """A const generic argument by its value; `None`: a value that is not evaluated (equal to every const)."""

    __slots__ = ("value",)

    def __init__(self, value: int | str | None) -> None:
        self.value = value
        self.flags = 0
        self._hash = hash(("Const", value))

    def key(self) -> tuple[object, ...]:
        return (self.value,)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        return self


@final
class Ref(TyBase):
    """`&inner` or `&mut inner`.

    `region` is the name of the lifetime where it is known to be that very one: `static`, or one of the function whose
    body the type stands in; "?" where it is one of these or another; else "". It is not part of equality.
    """

    __slots__ = ("inner", "mutable", "region")

    def __init__(self, inner: Ty, *, mutable: bool, static: bool = False, region: str = "") -> None:
        self.inner = inner
        self.mutable = mutable
        self.region = "static" if static else region
        self.flags = inner.flags | HAS_REGION if self.region else inner.flags
        self._hash = hash(("Ref", inner, mutable))

    def key(self) -> tuple[object, ...]:
        return (self.inner, self.mutable)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        new = f(self.inner)
        return self if new is self.inner else Ref(new, mutable=self.mutable, region=self.region)

    def parts(self) -> tuple[Ty, ...]:
        return (self.inner,)

    @property
    def static(self) -> bool:
        return self.region == "static"


def erase_regions(ty: Ty) -> Ty:
    """`ty` as a variable takes it: with lifetimes yet to be found."""
    if not ty.flags & HAS_REGION:
        return ty
    if isinstance(ty, Ref) and ty.region:
        return Ref(erase_regions(ty.inner), mutable=ty.mutable)
    return ty.map(erase_regions)


@final
class RawPtr(TyBase):
    """`*const inner` or `*mut inner`."""

    __slots__ = ("inner", "mutable")

    def __init__(self, inner: Ty, *, mutable: bool) -> None:
        self.inner = inner
        self.mutable = mutable
        self.flags = inner.flags
        self._hash = hash(("RawPtr", inner, mutable))

    def key(self) -> tuple[object, ...]:
        return (self.inner, self.mutable)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        new = f(self.inner)
        return self if new is self.inner else RawPtr(new, mutable=self.mutable)

    def parts(self) -> tuple[Ty, ...]:
        return (self.inner,)


@final
class FnPtr(TyBase):
    __slots__ = ("params", "ret")

    def __init__(self, params: tuple[Ty, ...], ret: Ty) -> None:
        self.params = params
        self.ret = ret
        self.flags = _flags_of(params) | ret.flags
        self._hash = hash(("FnPtr", params, ret))

    def key(self) -> tuple[object, ...]:
        return (self.params, self.ret)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        params, ret = tuple([f(p) for p in self.params]), f(self.ret)
        return self if ret is self.ret and _same(params, self.params) else FnPtr(params, ret)

    def parts(self) -> tuple[Ty, ...]:
        return (*self.params, self.ret)


@final
class FnDef(TyBase):
    """The zero-sized type of one function or tuple constructor; `args` for all its generics, the parent's first."""

    __slots__ = ("args", "path")

    def __init__(self, path: DefPath, args: tuple[Ty, ...] = ()) -> None:
        self.path = path
        self.args = args
        self.flags = _flags_of(args)
        self._hash = hash(("FnDef", path, args))

    def key(self) -> tuple[object, ...]:
        return (self.path, self.args)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        new = tuple([f(a) for a in self.args])
        return self if _same(new, self.args) else FnDef(self.path, new)

    def parts(self) -> tuple[Ty, ...]:
        return self.args


@final
class Closure(TyBase):
    """The type of one closure expression: `id` is its expression in the body being inferred.

    Signature and captures live with the inference of that body.
    """

    __slots__ = ("id", "is_async")

    def __init__(self, id: int, *, is_async: bool = False) -> None:
        self.id = id
        self.is_async = is_async
        self.flags = HAS_CLOSURE
        self._hash = hash(("Closure", id))

    def key(self) -> tuple[object, ...]:
        return (self.id,)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        return self


@final
class Coroutine(TyBase):
    """The type of one `async` block (a Future) or `gen` block (an Iterator): `kind`: "async", "gen", "async gen"."""

    __slots__ = ("id", "kind", "output")

    def __init__(self, id: int, kind: str, output: Ty) -> None:
        self.id = id
        self.kind = kind
        self.output = output
        self.flags = output.flags | HAS_CLOSURE
        self._hash = hash(("Coroutine", id))

    def key(self) -> tuple[object, ...]:
        return (self.id,)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        new = f(self.output)
        return self if new is self.output else Coroutine(self.id, self.kind, new)

    def parts(self) -> tuple[Ty, ...]:
        return (self.output,)


@final
class Bound:
    """`Trait<args, Name = ty>` without its self type: one bound of `dyn`, `impl Trait` or a type parameter.

    `Fn(A, B) -> R` is `Bound("core::ops::function::Fn", (Tuple((A, B)),), (("Output", R),))`; the Output binding stands
    on the Fn family under the name "Output".
    """

    __slots__ = ("_hash", "args", "assoc", "flags", "trait")

    def __init__(self, trait: DefPath, args: tuple[Ty, ...] = (), assoc: tuple[tuple[str, Ty], ...] = ()) -> None:
        self.trait = trait
        self.args = args
        self.assoc = assoc
        self.flags = _flags_of(args) | _flags_of(tuple([t for _, t in assoc]))
        self._hash = hash((trait, args, assoc))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bound) and (self.trait, self.args, self.assoc) == (
            other.trait,
            other.args,
            other.assoc,
        )

    def map(self, f: Callable[[Ty], Ty]) -> Bound:
        if not self.args and not self.assoc:
            return self
        return Bound(self.trait, tuple([f(a) for a in self.args]), tuple([(n, f(t)) for n, t in self.assoc]))

    def __repr__(self) -> str:
        from closurelens.ty.display import display_bound

        return display_bound(self)


@final
class Dyn(TyBase):
    """`dyn A + B`; lifetimes left out."""

    __slots__ = ("bounds",)

    def __init__(self, bounds: tuple[Bound, ...]) -> None:
        self.bounds = bounds
        flags = 0
        for bound in bounds:
            flags |= bound.flags
        self.flags = flags
        self._hash = hash(("Dyn", bounds))

    def key(self) -> tuple[object, ...]:
        return (self.bounds,)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        return Dyn(tuple([b.map(f) for b in self.bounds])) if self.flags else self

    def parts(self) -> tuple[Ty, ...]:
        return _bound_parts(self.bounds)


@final
class Opaque(TyBase):
    """`impl Bounds` in return position of `owner` (the `index`-th there), also the future of an `async fn`.

    Equal when owner, index and `args` (the owner's generic arguments) are; `bounds` go along under substitution.
    Argument-position `impl Trait` is an anonymous `Param` of the function instead.
    """

    __slots__ = ("args", "bounds", "index", "owner")

    def __init__(self, owner: DefPath, index: int, args: tuple[Ty, ...], bounds: tuple[Bound, ...]) -> None:
        self.owner = owner
        self.index = index
        self.args = args
        self.bounds = bounds
        flags = _flags_of(args)
        for bound in bounds:
            flags |= bound.flags
        self.flags = flags
        self._hash = hash(("Opaque", owner, index, args))

    def key(self) -> tuple[object, ...]:
        return (self.owner, self.index, self.args)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        if not self.flags:
            return self
        return Opaque(self.owner, self.index, tuple([f(a) for a in self.args]), tuple([b.map(f) for b in self.bounds]))

    def parts(self) -> tuple[Ty, ...]:
        return (*self.args, *_bound_parts(self.bounds))


@final
class Param(TyBase):
    """A generic type or const parameter, or `Self` in a trait, by name: names are unique within one item."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
        self.flags = HAS_PARAM
        self._hash = hash(("Param", name))

    def key(self) -> tuple[object, ...]:
        return (self.name,)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        return self


@final
class Projection(TyBase):
    """`<self_ty as trait<args>>::name<own_args>`, not normalised."""

    __slots__ = ("args", "name", "own_args", "self_ty", "trait")

    def __init__(
        self, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...], name: str, own_args: tuple[Ty, ...] = ()
    ) -> None:
        self.self_ty = self_ty
        self.trait = trait
        self.args = args
        self.name = name
        self.own_args = own_args
        self.flags = self_ty.flags | _flags_of(args) | _flags_of(own_args) | HAS_PROJECTION
        self._hash = hash((trait, name, self_ty, args))

    def key(self) -> tuple[object, ...]:
        return (self.trait, self.name, self.self_ty, self.args, self.own_args)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        self_ty = f(self.self_ty)
        args = tuple([f(a) for a in self.args])
        own = tuple([f(a) for a in self.own_args])
        if self_ty is self.self_ty and _same(args, self.args) and _same(own, self.own_args):
            return self
        return Projection(self_ty, self.trait, args, self.name, own)

    def parts(self) -> tuple[Ty, ...]:
        return (self.self_ty, *self.args, *self.own_args)


@final
class Infer(TyBase):
    """An inference variable of the body being inferred; its kind is kept by the inference table."""

    __slots__ = ("id",)

    def __init__(self, id: int) -> None:
        self.id = id
        self.flags = HAS_INFER
        self._hash = hash(("Infer", id))

    def key(self) -> tuple[object, ...]:
        return (self.id,)

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        return self


@final
class Unknown(TyBase):
    """A type that is not known, and why (a phrase for people: "the type of `cfg` comes from macro `build!`").

    All unknown types are equal to each other; unification accepts one anywhere.
    """

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why
        self.flags = HAS_UNKNOWN
        self._hash = hash("Unknown")

    def key(self) -> tuple[object, ...]:
        return ()

    def map(self, f: Callable[[Ty], Ty]) -> Ty:
        return self


Ty = (
    Prim
    | Adt
    | Tuple
    | Slice
    | Array
    | Const
    | Ref
    | RawPtr
    | FnPtr
    | FnDef
    | Closure
    | Coroutine
    | Dyn
    | Opaque
    | Param
    | Projection
    | Infer
    | Unknown
)


def _same(a: tuple[Ty, ...], b: tuple[Ty, ...]) -> bool:
    for x, y in zip(a, b, strict=True):  # noqa: SIM110
        if x is not y:
            return False
    return True


def _bound_parts(bounds: tuple[Bound, ...]) -> tuple[Ty, ...]:
    out: list[Ty] = []
    for bound in bounds:
        out.extend(bound.args)
        out.extend([t for _, t in bound.assoc])
    return tuple(out)


UNIT = Tuple(())
BOOL, CHAR, STR, NEVER = Prim("bool"), Prim("char"), Prim("str"), Prim("!")
INT_NAMES = ("i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize")
FLOAT_NAMES = ("f16", "f32", "f64", "f128")
PRIMS: dict[str, Prim] = {p.name: p for p in (BOOL, CHAR, STR, NEVER)} | {
    n: Prim(n) for n in (*INT_NAMES, *FLOAT_NAMES)
}
I32, F64, U8, USIZE = PRIMS["i32"], PRIMS["f64"], PRIMS["u8"], PRIMS["usize"]


def substitute(ty: Ty, subst: Mapping[str, Ty]) -> Ty:
    """`ty` with each `Param` named in `subst` replaced; other parameters stay."""
    if not ty.flags & HAS_PARAM:
        return ty
    if ty.__class__ is Param:
        return subst.get(ty.name, ty)
    if ty.__class__ is Adt:
        return Adt(ty.path, tuple([substitute(arg, subst) if arg.flags & HAS_PARAM else arg for arg in ty.args]))
    if ty.__class__ is Ref:
        return Ref(substitute(ty.inner, subst), mutable=ty.mutable, region=ty.region)
    return ty.map(lambda part: substitute(part, subst) if part.flags & HAS_PARAM else part)


def head_of(ty: Ty) -> str | None:
    """The key under which impls for `ty` are indexed; None for parameters, projections and everything undecided.

    ADTs by path, primitives by name; "&", "&mut", "*const", "*mut", "[]" (slice), "[;]" (array), "(n)" (tuples by
    length), "fn" (pointers and function items), "dyn Trait::path", "closure", "coroutine".
    """
    match ty:
        case Adt():
            return ty.path
        case Prim():
            return ty.name
        case Ref():
            return "&mut" if ty.mutable else "&"
        case RawPtr():
            return "*mut" if ty.mutable else "*const"
        case Slice():
            return "[]"
        case Array():
            return "[;]"
        case Tuple():
            return f"({len(ty.elems)})"
        case FnPtr() | FnDef():
            return "fn"
        case Dyn():
            return f"dyn {ty.bounds[0].trait}" if ty.bounds else "dyn"
        case Closure():
            return "closure"
        case Coroutine():
            return "coroutine"
        case _:
            return None
