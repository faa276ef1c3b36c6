"""Records of the packed database as types and signatures.

Invariant: a record is decoded at most once; equal types are the same object.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import Any

from msgspec import msgpack

from closurelens.stdsig import format as f
from closurelens.ty import types as t
from closurelens.ty.sig import (
    NO_GENERICS,
    AdtSig,
    AliasSig,
    AssocTypeSig,
    Def,
    FieldSig,
    FnSig,
    GenericParam,
    Generics,
    ImplSig,
    Namespace,
    Predicate,
    TraitSig,
    ValueSig,
    VariantSig,
)

_decode = msgpack.Decoder().decode


class Table:
    """Records by number, undecoded."""

    __slots__ = ("_at", "_of")

    def __init__(self, at: memoryview, of: memoryview) -> None:
        if sys.byteorder == "little":
            self._at: Sequence[int] = at.cast("I")
        else:
            swapped = array("I", at.tobytes())
            swapped.byteswap()
            self._at = swapped
        self._of = of

    def __len__(self) -> int:
        return len(self._at) - 1

    def raw(self, number: int) -> memoryview:
        return self._of[self._at[number] : self._at[number + 1]]

    def record(self, number: int) -> Any:
        return _decode(self._of[self._at[number] : self._at[number + 1]])


class Records:
    """The tables of one file, and what has been decoded of them."""

    __slots__ = ("_bounds", "_generics", "_strings", "_types", "index", "tables")

    def __init__(self, data: bytes, magic: bytes = f.MAGIC) -> None:
        """`data` is the whole file; ValueError when it is none of ours."""
        if not data.startswith(magic):
            raise ValueError("not a signature database, or one of another version")
        view = memoryview(data)
        start = len(magic) + 4
        contents: dict[str, tuple[int, int]] = _decode(
            view[start : start + int.from_bytes(view[start - 4 : start], "little")]
        )

        def section(name: str) -> memoryview:
            offset, length = contents[name]
            return view[offset : offset + length]

        self.tables = {name: Table(section(f"{name}.at"), section(f"{name}.of")) for name in f.TABLES}
        self.index: dict[str, Any] = _decode(section("index"))
        self._strings: list[str | None] = [None] * len(self.tables["strings"])
        self._types: list[t.Ty | None] = [None] * len(self.tables["types"])
        self._bounds: list[t.Bound | None] = [None] * len(self.tables["bounds"])
        self._generics: list[Generics | None] = [None] * len(self.tables["generics"])

    def string(self, number: int) -> str:
        found = self._strings[number]
        if found is None:
            found = self._strings[number] = sys.intern(str(self.tables["strings"].raw(number), "utf-8"))
        return found

    def ty(self, number: int) -> t.Ty:
        found = self._types[number]
        if found is None:
            # Parts have lower numbers than the whole: the depth is that of one written type.
            found = self._types[number] = self._ty(self.tables["types"].record(number))
        return found

    def tys(self, numbers: Sequence[int]) -> tuple[t.Ty, ...]:
        return tuple([self.ty(n) for n in numbers])

    def _ty(self, r: list[Any]) -> t.Ty:
        tag = r[0]
        if tag == f.ADT:
            return t.Adt(self.string(r[1]), self.tys(r[2:]))
        if tag == f.PARAM:
            return t.Param(self.string(r[1]))
        if tag == f.PRIM:
            return t.PRIMS[self.string(r[1])]
        if tag == f.REF:
            region = "static" if r[2] & f.REF_STATIC else self.string(r[3]) if len(r) > 3 else ""
            return t.Ref(self.ty(r[1]), mutable=bool(r[2] & f.REF_MUT), region=region)
        if tag == f.PROJECTION:
            own = 5 + r[4]
            return t.Projection(
                self.ty(r[1]), self.string(r[2]), self.tys(r[5:own]), self.string(r[3]), self.tys(r[own:])
            )
        if tag == f.TUPLE:
            return t.Tuple(self.tys(r[1:])) if len(r) > 1 else t.UNIT
        if tag == f.SLICE:
            return t.Slice(self.ty(r[1]))
        if tag == f.ARRAY:
            return t.Array(self.ty(r[1]), self.ty(r[2]))
        if tag == f.CONST:
            return t.Const(r[1] if len(r) == 2 else int(r[1]))
        if tag == f.RAW_PTR:
            return t.RawPtr(self.ty(r[1]), mutable=bool(r[2] & f.REF_MUT))
        if tag == f.FN_PTR:
            return t.FnPtr(self.tys(r[2:]), self.ty(r[1]))
        if tag == f.DYN:
            return t.Dyn(self.bounds(r[1:]))
        if tag == f.OPAQUE:
            split = 4 + r[3]
            return t.Opaque(self.string(r[1]), r[2], self.tys(r[4:split]), self.bounds(r[split:]))
        if tag == f.UNKNOWN:
            return t.Unknown(self.string(r[1]))
        raise ValueError(f"type tag {tag}")

    def bound(self, number: int) -> t.Bound:
        found = self._bounds[number]
        if found is None:
            r = self.tables["bounds"].record(number)
            assoc = 2 + r[1]
            found = self._bounds[number] = t.Bound(
                self.string(r[0]),
                self.tys(r[2:assoc]),
                tuple([(self.string(r[i]), self.ty(r[i + 1])) for i in range(assoc, len(r), 2)]),
            )
        return found

    def bounds(self, numbers: Sequence[int]) -> tuple[t.Bound, ...]:
        return tuple([self.bound(n) for n in numbers])

    def generics(self, number: int) -> Generics:
        found = self._generics[number]
        if found is None:
            r = self.tables["generics"].record(number)
            lifetimes, count = divmod(r[0], f.GENERICS_LIFETIMES)
            end = 1 + 3 * count
            params = tuple(
                [GenericParam(self.string(r[i]), bool(r[i + 1]), self._maybe_ty(r[i + 2])) for i in range(1, end, 3)]
            )
            predicates = tuple([Predicate(self.ty(r[i]), self.bound(r[i + 1])) for i in range(end, len(r), 2)])
            known = None if lifetimes == 0 else lifetimes - 1
            is_empty = not (params or predicates or lifetimes)
            found = NO_GENERICS if is_empty else Generics(params, predicates, known)
            self._generics[number] = found
        return found

    def _maybe_ty(self, number: int) -> t.Ty | None:
        return self.ty(number - 1) if number else None

    # -- items

    def fn(self, number: int, path: str, name: str, container: str | None) -> FnSig:
        r = self.tables["fns"].record(number)
        flags = r[2]
        names = self.string(r[3])
        return FnSig(
            path,
            name,
            self.tys(r[4:]),
            self.ty(r[0]),
            self.generics(r[1]),
            f.SELF_KINDS[flags & f.FN_SELF_MASK],
            container,
            bool(flags & f.FN_ASYNC),
            bool(flags & f.FN_VARIADIC),
            bool(flags & f.FN_HAS_BODY),
            tuple(names.split(",")) if names else (),
        )

    def adt(self, number: int, path: str) -> AdtSig:
        kind, flags, generics, *variants = self.tables["adts"].record(number)
        return AdtSig(
            path,
            f.ADT_KINDS[kind],
            tuple([self._variant(v) for v in variants]),
            self.generics(generics),
            bool(flags & f.ADT_PACKED),
            bool(flags & f.ADT_NON_EXHAUSTIVE),
            bool(flags & f.ADT_FUNDAMENTAL),
        )

    def _variant(self, r: list[int]) -> VariantSig:
        fields = [FieldSig(self.string(r[i]), self.ty(r[i + 1]), bool(r[i + 2])) for i in range(2, len(r), 3)]
        return VariantSig(self.string(r[0]), f.CTOR_KINDS[r[1]], tuple(fields))

    def trait(self, number: int, path: str) -> TraitSig:
        generics, is_auto, methods, consts, assoc = self.tables["traits"].record(number)
        assoc_types = {}
        for i in range(0, len(assoc), 4):
            name = self.string(assoc[i])
            assoc_types[name] = AssocTypeSig(
                name, self.bounds(assoc[i + 3]), self._maybe_ty(assoc[i + 1]), self.generics(assoc[i + 2])
            )
        return TraitSig(
            path,
            path.rsplit("::", 1)[-1],
            self._methods(path, methods),
            assoc_types,
            self.generics(generics),
            self._named_tys(consts),
            bool(is_auto),
        )

    def impl(self, number: int, path: str) -> ImplSig:
        self_ty, trait, generics, is_negative, methods, consts, assoc = self.tables["impls"].record(number)
        return ImplSig(
            path,
            self.ty(self_ty),
            self.bound(trait - 1) if trait else None,
            self._methods(path, methods),
            self._named_tys(assoc),
            self.generics(generics),
            self._named_tys(consts),
            bool(is_negative),
        )

    def method_numbers(self, table: str, number: int) -> dict[str, int]:
        """The function records of a trait or impl by name."""
        methods = self.tables[table].record(number)[2 if table == "traits" else 4]
        return {self.string(methods[i]): methods[i + 1] for i in range(0, len(methods), 2)}

    def _methods(self, path: str, r: list[int]) -> dict[str, str]:
        names = [self.string(r[i]) for i in range(0, len(r), 2)]
        return {name: f"{path}::{name}" for name in names}

    def _named_tys(self, r: list[int]) -> dict[str, t.Ty]:
        return {self.string(r[i]): self.ty(r[i + 1]) for i in range(0, len(r), 2)}

    def value(self, number: int, path: str) -> ValueSig:
        ty, flags = self.tables["values"].record(number)
        return ValueSig(path, self.ty(ty), bool(flags & f.VALUE_STATIC), bool(flags & f.VALUE_MUTABLE))

    def alias(self, number: int, path: str) -> AliasSig:
        generics, ty = self.tables["aliases"].record(number)
        return AliasSig(path, self.generics(generics), self.ty(ty))

    def exports(self, number: int) -> dict[tuple[Namespace, str], Def]:
        r = self.tables["exports"].record(number)
        return {
            (f.NAMESPACES[r[i]], self.string(r[i + 1])): Def(f.DEF_KINDS[r[i + 2]], self.string(r[i + 3]))
            for i in range(0, len(r), 4)
        }

    def impls_by_head(self, number: int) -> dict[str | None, list[int]]:
        """The impls of one trait by `head_of` their self type; None: the blanket ones."""
        r = self.tables["by_trait"].record(number)
        return {self.string(r[i] - 1) if r[i] else None: r[i + 1] for i in range(0, len(r), 2)}
