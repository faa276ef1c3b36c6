"""Writes the database file; `closurelens.stdsig.format` describes it.

Invariant: the same signatures give the same bytes.
"""

from __future__ import annotations

from closurelens.stdsig import format as f
from closurelens.stdsig.encode import Writer
from closurelens.ty import types as t
from closurelens.ty.sig import FnSig, SelfKind
from stdsig.items import Lowered
from stdsig.select import Kept

COPY = "core::marker::Copy"


class Packer(Writer):
    def __init__(self, all_items: Lowered, kept: Kept) -> None:
        super().__init__()
        self.all = all_items
        self.kept = kept
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

    def path(self, path: str) -> int:
        owner, _, name = path.rpartition("::")
        return self.string(f"{self.impl_paths[owner]}::{name}" if owner in self.impl_paths else path)

    def method(self, path: str) -> int:
        return self.fn(self.all.fns[path])

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
