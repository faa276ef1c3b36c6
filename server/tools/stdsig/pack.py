"""Writes the database file; `closurelens.stdsig.format` describes it.

Invariant: the same signatures give the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from msgspec import msgpack

from closurelens.stdsig import format as f
from closurelens.ty import types as t
from closurelens.ty.sig import AdtSig, CtorKind, FnSig, Generics, ImplSig, SelfKind, TraitSig
from stdsig.items import Lowered
from stdsig.select import Kept

COPY = "core::marker::Copy"
_encode = msgpack.Encoder().encode


class _Table:
    """Records by number; equal ones once when `interned`."""

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


class Packer:
    def __init__(self, all_items: Lowered, kept: Kept) -> None:
        self.all = all_items
        self.kept = kept
        interned = {"strings", "types", "bounds", "generics", "fns"}
        self.tables = {name: _Table(interned=name in interned) for name in f.TABLES}
        self.index: dict[str, dict[str, Any] | list[str]] = {}
        self.impl_paths: dict[str, str] = {}  # selection leaves gaps in the numbers of impls; these are the new paths
        self.impl_numbers: dict[str, int] = {}

    def pack(self) -> bytes:
        kept = self.kept
        self.number_impls()
        self.index["adts"] = {path: self.adt(adt) for path, adt in sorted(kept.adts.items())}
        self.index["traits"] = {path: self.trait(trait) for path, trait in sorted(kept.traits.items())}
        free = {path: sig for path, sig in sorted(kept.fns.items()) if sig.container is None}
        self.index["fns"] = {path: self.fn(sig) for path, sig in free.items()}
        self.index["values"] = {
            path: self.add("values", [self.ty(v.ty), v.is_static * f.VALUE_STATIC | v.is_mutable * f.VALUE_MUTABLE])
            for path, v in sorted(kept.values.items())
        }
        self.index["aliases"] = {
            path: self.add("aliases", [self.generics(a.generics), self.ty(a.ty)])
            for path, a in sorted(kept.aliases.items())
        }
        self.impls()
        self.index["exports"] = {
            path: self.add(
                "exports",
                [
                    part
                    for (ns, name), found in sorted(exports.items(), key=lambda e: (e[0][0].value, e[0][1]))
                    for part in (
                        f.NAMESPACES.index(ns),
                        self.string(name),
                        f.DEF_KINDS.index(found.kind),
                        self.string(found.path),
                    )
                ],
            )
            for path, exports in sorted(kept.modules.items())
        }
        self.method_names()
        self.index["insignificant_dtors"] = sorted(self.all.insignificant_dtors & kept.adts.keys())
        return self.file()

    def file(self) -> bytes:
        sections: dict[str, bytes] = {"index": _encode(self.index)}
        for name, table in self.tables.items():
            sections[f"{name}.at"], sections[f"{name}.of"] = table.sections()
        # The contents table's own length depends on the offsets in it; fixed-width offsets end the circle.
        contents = {name: [0xFFFFFFFF, 0xFFFFFFFF] for name in sections}
        start = len(f.MAGIC) + 4
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
        return f.MAGIC + len(encoded).to_bytes(4, "little") + encoded + b"\0" * padding + bytes(body)

    # -- shared records

    def add(self, table: str, record: list[Any]) -> int:
        return self.tables[table].add(_encode(record))

    def string(self, text: str) -> int:
        return self.tables["strings"].add(text.encode())

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
                return [f.ADT, self.string(ty.path), *self.tys(ty.args)]
            case t.Tuple():
                return [f.TUPLE, *self.tys(ty.elems)]
            case t.Slice():
                return [f.SLICE, self.ty(ty.elem)]
            case t.Array():
                return [f.ARRAY, self.ty(ty.elem), self.ty(ty.len)]
            case t.Const():
                return [f.CONST, ty.value]
            case t.Ref():
                return [f.REF, self.ty(ty.inner), ty.mutable * f.REF_MUT | ty.static * f.REF_STATIC]
            case t.RawPtr():
                return [f.RAW_PTR, self.ty(ty.inner), ty.mutable * f.REF_MUT]
            case t.FnPtr():
                return [f.FN_PTR, self.ty(ty.ret), *self.tys(ty.params)]
            case t.Dyn():
                return [f.DYN, *[self.bound(b) for b in ty.bounds]]
            case t.Opaque():
                owner, _, name = ty.owner.rpartition("::")
                path = f"{self.impl_paths[owner]}::{name}" if owner in self.impl_paths else ty.owner
                bounds = [self.bound(b) for b in ty.bounds]
                return [f.OPAQUE, self.string(path), ty.index, len(ty.args), *self.tys(ty.args), *bounds]
            case t.Param():
                return [f.PARAM, self.string(ty.name)]
            case t.Projection():
                names = [self.string(ty.trait), self.string(ty.name)]
                args = [len(ty.args), *self.tys(ty.args), *self.tys(ty.own_args)]
                return [f.PROJECTION, self.ty(ty.self_ty), *names, *args]
            case t.Unknown():
                return [f.UNKNOWN, self.string(ty.why)]
            case _:
                raise ValueError(f"{type(ty).__name__} stands in no signature")

    def bound(self, bound: t.Bound) -> int:
        assoc = [part for name, ty in bound.assoc for part in (self.string(name), self.ty(ty))]
        return self.add("bounds", [self.string(bound.trait), len(bound.args), *self.tys(bound.args), *assoc])

    def generics(self, generics: Generics) -> int:
        record = [len(generics.params)]
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
        return [part for name, path in methods for part in (self.string(name), self.fn(self.all.fns[path]))]

    def named_tys(self, tys: Iterable[tuple[str, t.Ty]]) -> list[int]:
        return [part for name, ty in tys for part in (self.string(name), self.ty(ty))]

    def trait(self, trait: TraitSig) -> int:
        assoc: list[Any] = []
        for name, sig in trait.assoc_types.items():
            bounds = [self.bound(b) for b in sig.bounds]
            assoc += [self.string(name), self.maybe_ty(sig.default), self.generics(sig.generics), bounds]
        methods, consts = self.methods(trait.methods.items()), self.named_tys(trait.consts.items())
        return self.add("traits", [self.generics(trait.generics), int(trait.is_auto), methods, consts, assoc])

    def number_impls(self) -> None:
        def place(path: str) -> tuple[str, int]:
            module, _, number = path.rpartition(f"::{f.IMPL_SEGMENT}")
            return module, int(number[:-1])

        firsts: dict[str, int] = {}
        for number, path in enumerate(sorted(self.kept.impls, key=place)):
            first = firsts.setdefault(place(path)[0], number)
            self.impl_paths[path] = f"{place(path)[0]}::{f.IMPL_SEGMENT}{number - first}}}"
            self.impl_numbers[path] = number
        self.index["impls"] = firsts

    def impls(self) -> None:
        by_trait: dict[str, dict[str | None, list[int]]] = {}
        inherent: dict[str, list[int]] = {}
        for path, number in self.impl_numbers.items():
            impl = self.kept.impls[path]
            assert self.impl(impl) == number
            head = t.head_of(impl.self_ty)
            if impl.trait is not None:
                by_trait.setdefault(impl.trait.trait, {}).setdefault(head, []).append(number)
            elif head is not None:
                inherent.setdefault(head, []).append(number)
            else:
                raise ValueError(f"{path}: an inherent impl of no type")
        self.index["inherent"] = dict(sorted(inherent.items()))
        self.index["by_trait"] = {
            trait: self.add(
                "by_trait",
                [
                    part
                    for head, numbers in sorted(heads.items(), key=lambda entry: entry[0] or "")
                    for part in (0 if head is None else self.string(head) + 1, numbers)
                ],
            )
            for trait, heads in sorted(by_trait.items())
        }

    def impl(self, impl: ImplSig) -> int:
        trait = 0 if impl.trait is None else self.bound(impl.trait) + 1
        methods = self.methods(impl.methods.items())
        consts, assoc = self.named_tys(impl.consts.items()), self.named_tys(impl.assoc_types.items())
        head = [self.ty(impl.self_ty), trait, self.generics(impl.generics), int(impl.is_negative)]
        return self.add("impls", [*head, methods, consts, assoc])

    # -- methods by name

    def method_names(self) -> None:
        copy_heads = {
            t.head_of(i.self_ty)
            for i in self.kept.impls.values()
            if i.trait and i.trait.trait == COPY and not i.generics.predicates
        }
        traits: dict[str, list[int]] = {}
        counts: dict[str, list[int]] = {}
        for trait in self.kept.traits.values():
            for name, path in trait.methods.items():
                if path not in self.all.unstable:
                    traits.setdefault(name, []).append(self.string(trait.path))
                    self.count(counts, self.all.fns[path], is_copy=False)
        for impl in self.kept.impls.values():
            if impl.trait is None:
                for path in impl.methods.values():
                    self.count(counts, self.all.fns[path], is_copy=t.head_of(impl.self_ty) in copy_heads)
        self.index["method_traits"] = dict(sorted(traits.items()))
        self.index["receivers"] = dict(sorted(counts.items()))

    def count(self, counts: dict[str, list[int]], sig: FnSig, *, is_copy: bool) -> None:
        match sig.self_kind:
            case SelfKind.NONE:
                return
            case SelfKind.VALUE:
                column = 1 if is_copy else 0
            case SelfKind.REF:
                column = 2
            case SelfKind.MUT:
                column = 3
            case SelfKind.TYPED:
                column = 4
        counts.setdefault(sig.name, [0, 0, 0, 0, 0])[column] += 1


def _aligned(offset: int) -> int:
    return (offset + 3) // 4 * 4
