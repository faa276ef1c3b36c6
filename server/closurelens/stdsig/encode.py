"""Writes databases of signatures; `stdsig.format` describes them.

Invariant: the same signatures give the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from msgspec import msgpack

from closurelens.stdsig import format as f
from closurelens.ty import types as t
from closurelens.ty.sig import AdtSig, CtorKind, FnSig, Generics, ImplSig, TraitSig

_encode = msgpack.Encoder().encode


class Table:
    """Records by number; equal ones once when `interned`."""

    __slots__ = ("_numbers", "records")

    def __init__(self, *, interned: bool) -> None:
        self.records: list[bytes] = []
        self._numbers: dict[bytes, int] | None = {} if interned else None

    def add(self, record: bytes) -> int:
        if self._numbers is None:
            self.records.append(record)
            return len(self.records) - 1
        found = self._numbers.get(record)
        if found is None:
            found = self._numbers[record] = len(self.records)
            self.records.append(record)
        return found

    def sections(self) -> tuple[bytes, bytes]:
        offsets = [0]
        for record in self.records:
            offsets.append(offsets[-1] + len(record))
        return struct.pack(f"<{len(offsets)}I", *offsets), b"".join(self.records)


class Writer:
    """The tables of one file, as they are filled; `index` says which records there are by name."""

    def __init__(self, magic: bytes = f.MAGIC) -> None:
        self.magic = magic
        interned = {"strings", "types", "bounds", "generics", "fns"}
        self.tables = {name: Table(interned=name in interned) for name in f.TABLES}
        self.index: dict[str, Any] = {}

    def file(self) -> bytes:
        sections: dict[str, bytes] = {"index": _encode(self.index)}
        for name, table in self.tables.items():
            sections[f"{name}.at"], sections[f"{name}.of"] = table.sections()
        # The contents table's own length depends on the offsets in it; fixed-width offsets end the circle.
        contents = {name: [0xFFFFFFFF, 0xFFFFFFFF] for name in sections}
        start = len(self.magic) + 4
        length = len(_encode(contents))
        offset = _aligned(start + length)
        body = bytearray()
        for name, data in sections.items():
            body += b"\0" * (_aligned(offset) - offset)
            offset = _aligned(offset)
            contents[name] = [offset, len(data)]
            body += data
            offset += len(data)
        encoded = _encode(contents)
        padding = _aligned(start + length) - start - len(encoded)
        return self.magic + len(encoded).to_bytes(4, "little") + encoded + b"\0" * padding + bytes(body)

    # -- shared records

    def add(self, table: str, record: list[Any]) -> int:
        return self.tables[table].add(_encode(record))

    def string(self, text: str) -> int:
        return self.tables["strings"].add(text.encode())

    def path(self, path: str) -> int:
        """A path of an item, as it is to be found in the file."""
        return self.string(path)

    def method(self, path: str) -> int:
        """The record of a function of an impl or trait."""
        raise NotImplementedError

    def tys(self, tys: Iterable[t.Ty]) -> list[int]:
        return [self.ty(ty) for ty in tys]

    def maybe_ty(self, ty: t.Ty | None) -> int:
        return 0 if ty is None else self.ty(ty) + 1

    def ty(self, ty: t.Ty) -> int:
        # Not memoised by the type itself: `static` and the bounds of opaque types are no part of its equality.
        return self.add("types", self.type_record(ty))

    def type_record(self, ty: t.Ty) -> list[Any]:
        match ty:
            case t.Prim():
                return [f.PRIM, self.string(ty.name)]
            case t.Adt():
                return [f.ADT, self.path(ty.path), *self.tys(ty.args)]
            case t.Tuple():
                return [f.TUPLE, *self.tys(ty.elems)]
            case t.Slice():
                return [f.SLICE, self.ty(ty.elem)]
            case t.Array():
                return [f.ARRAY, self.ty(ty.elem), self.ty(ty.len)]
            case t.Const():
                value = ty.value
                return [f.CONST, str(value), 1] if isinstance(value, int) and value >= 1 << 63 else [f.CONST, value]
            case t.Ref():
                flags = ty.mutable * f.REF_MUT | ty.static * f.REF_STATIC
                region = [] if ty.static or not ty.region else [self.string(ty.region)]
                return [f.REF, self.ty(ty.inner), flags, *region]
            case t.RawPtr():
                return [f.RAW_PTR, self.ty(ty.inner), ty.mutable * f.REF_MUT]
            case t.FnPtr():
                return [f.FN_PTR, self.ty(ty.ret), *self.tys(ty.params)]
            case t.Dyn():
                return [f.DYN, *[self.bound(b) for b in ty.bounds]]
            case t.Opaque():
                bounds = [self.bound(b) for b in ty.bounds]
                return [f.OPAQUE, self.path(ty.owner), ty.index, len(ty.args), *self.tys(ty.args), *bounds]
            case t.Param():
                return [f.PARAM, self.string(ty.name)]
            case t.Projection():
                names = [self.path(ty.trait), self.string(ty.name)]
                args = [len(ty.args), *self.tys(ty.args), *self.tys(ty.own_args)]
                return [f.PROJECTION, self.ty(ty.self_ty), *names, *args]
            case t.Unknown():
                return [f.UNKNOWN, self.string(ty.why)]
            case _:
                raise ValueError(f"{type(ty).__name__} stands in no signature")

    def bound(self, bound: t.Bound) -> int:
        assoc = [part for name, ty in bound.assoc for part in (self.string(name), self.ty(ty))]
        return self.add("bounds", [self.path(bound.trait), len(bound.args), *self.tys(bound.args), *assoc])

    def generics(self, generics: Generics) -> int:
        lifetimes = 0 if generics.lifetimes is None else generics.lifetimes + 1
        record = [len(generics.params) + f.GENERICS_LIFETIMES * lifetimes]
        for param in generics.params:
            record += [self.string(param.name), int(param.is_const), self.maybe_ty(param.default)]
        for predicate in generics.predicates:
            record += [self.ty(predicate.subject), self.bound(predicate.bound)]
        return self.add("generics", record)

    # -- items

    def fn(self, sig: FnSig) -> int:
        flags = f.SELF_KINDS.index(sig.self_kind)
        flags |= sig.is_async * f.FN_ASYNC | sig.is_variadic * f.FN_VARIADIC | sig.has_body * f.FN_HAS_BODY
        names = ",".join(name.replace(",", "") for name in sig.param_names)
        record = [self.ty(sig.ret), self.generics(sig.generics), flags, self.string(names), *self.tys(sig.params)]
        return self.add("fns", record)

    def adt(self, adt: AdtSig) -> int:
        flags = adt.is_packed * f.ADT_PACKED | adt.is_non_exhaustive * f.ADT_NON_EXHAUSTIVE
        flags |= adt.is_fundamental * f.ADT_FUNDAMENTAL
        variants = []
        for variant in adt.variants:
            record = [self.string(variant.name), f.CTOR_KINDS.index(CtorKind(variant.ctor))]
            for field in variant.fields:
                record += [self.string(field.name), self.ty(field.ty), int(field.is_public)]
            variants.append(record)
        return self.add("adts", [f.ADT_KINDS.index(adt.kind), flags, self.generics(adt.generics), *variants])

    def methods(self, methods: Iterable[tuple[str, str]]) -> list[int]:
        return [part for name, path in methods for part in (self.string(name), self.method(path))]

    def named_tys(self, tys: Iterable[tuple[str, t.Ty]]) -> list[int]:
        return [part for name, ty in tys for part in (self.string(name), self.ty(ty))]

    def trait(self, trait: TraitSig) -> int:
        assoc: list[Any] = []
        for name, sig in trait.assoc_types.items():
            bounds = [self.bound(b) for b in sig.bounds]
            assoc += [self.string(name), self.maybe_ty(sig.default), self.generics(sig.generics), bounds]
        methods, consts = self.methods(trait.methods.items()), self.named_tys(trait.consts.items())
        return self.add("traits", [self.generics(trait.generics), int(trait.is_auto), methods, consts, assoc])

    def impl(self, impl: ImplSig) -> int:
        trait = 0 if impl.trait is None else self.bound(impl.trait) + 1
        methods = self.methods(impl.methods.items())
        consts, assoc = self.named_tys(impl.consts.items()), self.named_tys(impl.assoc_types.items())
        head = [self.ty(impl.self_ty), trait, self.generics(impl.generics), int(impl.is_negative)]
        return self.add("impls", [*head, methods, consts, assoc])


def _aligned(offset: int) -> int:
    return (offset + 3) // 4 * 4
