"""Which impls there are, by trait and by the head of the type they are for.

Files are lowered as far as they may hold what is asked for (`impl_files`). Invariant: answers are the same as if all
were lowered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from closurelens.hir import types as h
from closurelens.hir.item import ImplItem, Range, TraitItem
from closurelens.hir.macros.api import Source
from closurelens.resolve import derives, query_groups
from closurelens.resolve.impl_files import ImplFiles
from closurelens.resolve.module import Entry
from closurelens.resolve.sketch import WORD, ImplKind
from closurelens.ty.sig import Def, DefKind, ImplSig, Namespace
from closurelens.ty.types import PRIMS, DefPath, Unknown, head_of

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

Head = str | None
UNKNOWN_HEAD = "?"
"""The head of impls whose self type is not known: nobody asks for it."""


class CrateImpls:
    """The impls, derives and traits of one crate, found as far as they have been asked for."""

    def __init__(self, crate: CrateIndex) -> None:
        self._crate = crate
        self._program = crate.program
        self.files = ImplFiles(crate)
        self._asked: set[tuple[tuple[str, ...], ImplKind | None]] = set()
        self._seen_impls = 0
        self._seen_adts = 0
        self._seen_traits = 0
        self._by_trait: dict[DefPath, list[Entry]] = {}
        self._heads: dict[DefPath, tuple[int, dict[Head, list[Entry]]]] = {}
        self._inherent: dict[Head, list[Entry]] = {}
        self._derived: dict[tuple[DefPath, Head], list[tuple[Entry, str]]] = {}
        self._by_method: dict[str, list[DefPath]] = {}
        self._unread_traits: list[Entry] = []
        self._sigs: dict[tuple[Entry, str], ImplSig] = {}
        self._answers: dict[tuple[DefPath, Head, bool], tuple[tuple[int, int, int], list[ImplSig]]] = {}
        """Impls of a trait, and how much was known of the crate then."""
        self.unread: dict[tuple[Source, Range], bytes] = {}
        """The arguments of item macro calls that could not be expanded."""
        self._unread_words: tuple[int, frozenset[bytes]] = (0, frozenset())

    def look_at(self, *words: str, of: ImplKind | None = None) -> None:
        """Lower the files that may hold an impl, a derive or a trait with all these words.

        `of`: they stand in the head of such an impl, or are a derive and the type it stands on.
        """
        key = (words, of)
        if key in self._asked:
            self._take_in()
            return
        self._asked.add(key)
        for file in self.files.take(words, of):
            self._crate.modules_of_file(file.path)
        self.files.reveal(words, of)
        self._take_in()

    def _take_in(self) -> None:
        """File what has come to be known of the crate."""
        crate = self._crate
        while self._seen_adts < len(crate.derive_entries) or self._seen_impls < len(crate.impl_entries):
            while self._seen_adts < len(crate.derive_entries):
                entry = crate.derive_entries[self._seen_adts]
                self._seen_adts += 1
                derived = derives.derives_of(self._program, entry)
                for name in derived.known:
                    self._derived.setdefault((derives.TRAITS[name], entry.path), []).append((entry, name))
                for name, model in derived.modelled:
                    crate.filing.add_derived(entry, name, model)
            while self._seen_impls < len(crate.impl_entries):
                entry = crate.impl_entries[self._seen_impls]
                self._seen_impls += 1
                self._take_impl(entry)
        while self._seen_traits < len(crate.trait_entries):
            self._unread_traits.append(crate.trait_entries[self._seen_traits])
            self._seen_traits += 1

    def _take_traits(self, method: str) -> None:
        """File the methods of the traits that may have this one: its name stands there, or a macro is called, or the
        query it is made of is there.
        """
        still: list[Entry] = []
        traits, self._unread_traits = self._unread_traits, still
        words = {method.encode(), query_groups.stem(method).encode()}
        for entry in traits:
            item = entry.item
            text = entry.source.text
            if all(text.find(word, *item.range) < 0 for word in words) and text.find(b"!", *item.range) < 0:
                still.append(entry)
            elif isinstance(item, TraitItem):
                for member in self._crate.associated(entry):
                    if member.kind is DefKind.FUNCTION:
                        known = self._by_method.setdefault(member.item.name, [])
                        if entry.path not in known:
                            known.append(entry.path)

    def _take_impl(self, entry: Entry) -> None:
        item = entry.item
        assert isinstance(item, ImplItem)
        if item.trait is None:
            self._inherent.setdefault(self._head(entry, item), []).append(entry)
            return
        resolver = self._program.signatures.resolver(entry)
        found = resolver.resolve_path(item.trait, Namespace.TYPES)
        if found is not None and isinstance(found.target, Def) and not found.rest:
            self._by_trait.setdefault(found.target.path, []).append(entry)

    def _head(self, entry: Entry, item: ImplItem) -> Head:
        """`head_of` the self type, lowering no more of it than is needed."""
        ref = item.self_ty
        resolver = self._program.signatures.resolver(entry)
        if isinstance(ref, h.PathType) and ref.path.qself is None:
            found = resolver.resolve_path(ref.path, Namespace.TYPES)
            if found is None:
                return UNKNOWN_HEAD
            if isinstance(found.target, Def) and not found.rest:
                kind = found.target.kind
                if kind in (DefKind.STRUCT, DefKind.ENUM, DefKind.UNION):
                    return found.target.path
                if kind is DefKind.PRIMITIVE:
                    return found.target.path
                if kind is DefKind.UNKNOWN:
                    return UNKNOWN_HEAD
        ty = resolver.self_ty
        return UNKNOWN_HEAD if ty is None or isinstance(ty, Unknown) else head_of(ty)

    # Answers

    def _known(self) -> tuple[int, int, int]:
        crate = self._crate
        return len(crate.impl_entries), len(crate.derive_entries), crate.dropped

    def trait_impls(self, trait: DefPath, head: Head, *, off: bool) -> Sequence[ImplSig]:
        key = (trait, head, off)
        answer = self._answers.get(key)
        if answer is not None and answer[0] == self._known():
            return answer[1]
        name = trait.rpartition("::")[2]
        if head is not None and ("::" in head or head in PRIMS) and not head.startswith("dyn "):
            self.look_at(name, head.rpartition("::")[2], of=ImplKind.OF_TRAIT)
        else:
            self.look_at(name, "impl", of=ImplKind.OF_TRAIT)
        self._reveal_type(head)
        known = self._known()
        out = [
            self._program.signatures.impl(entry) for entry in self._by_head(trait).get(head, ()) if _shown(entry, off)
        ]
        for entry, derive in self._derived.get((trait, head), ()):
            if head is not None and not entry.module.is_gone:
                out.append(self._derived_sig(entry, derive))
        out.sort(key=_path_of)
        self._answers[key] = known, out
        return out

    def _by_head(self, trait: DefPath) -> dict[Head, list[Entry]]:
        entries = self._by_trait.get(trait)
        if entries is None:
            return {}
        count, heads = self._heads.get(trait, (0, {}))
        for entry in entries[count:]:
            assert isinstance(entry.item, ImplItem)
            heads.setdefault(self._head(entry, entry.item), []).append(entry)
        self._heads[trait] = (len(entries), heads)
        return heads

    def all_trait_impls(self, trait: DefPath, *, off: bool) -> list[ImplSig]:
        self.look_at(trait.rpartition("::")[2])
        signatures = self._program.signatures
        out = [signatures.impl(entry) for entry in self._by_trait.get(trait, ()) if _shown(entry, off)]
        for (derived, _), entries in self._derived.items():
            if derived == trait:
                out.extend(self._derived_sig(entry, name) for entry, name in entries if not entry.module.is_gone)
        out.sort(key=_path_of)
        return out

    def _derived_sig(self, entry: Entry, name: str) -> ImplSig:
        found = self._sigs.get((entry, name))
        if found is None:
            found = self._sigs[entry, name] = derives.derived_impl(self._program, entry, name)
            self._program.remember_impl(found)
        return found

    def _reveal_type(self, head: Head) -> None:
        """A call that declares a type may derive impls for it."""
        parent, _, name = (head or "").rpartition("::")
        module = self._crate.modules.get(parent)
        if module is not None and module.late is not None:
            self._crate.late.reveal(module, name)
            self._take_in()

    def inherent_impls(self, head: str, *, off: bool) -> list[ImplSig]:
        self.look_at(head.rpartition("::")[2].removeprefix("dyn "), "impl", of=ImplKind.INHERENT)
        out = [self._program.signatures.impl(entry) for entry in self._inherent.get(head, ()) if _shown(entry, off)]
        out.sort(key=_path_of)
        return out

    def traits_with_method(self, name: str) -> Sequence[DefPath]:
        self.look_at(name, "trait")
        self._take_traits(name)
        return sorted(self._by_method.get(name, ()))

    def everything(self) -> list[tuple[DefPath | None, Head, ImplSig]]:
        """Trait, head and signature of every impl in the modules that have been filled; none that is off."""
        self._take_in()
        signatures = self._program.signatures
        out: list[tuple[DefPath | None, Head, ImplSig]] = []
        for head, entries in self._inherent.items():
            out.extend((None, head, signatures.impl(entry)) for entry in entries if _shown(entry, off=False))
        for trait in list(self._by_trait):
            for head, entries in self._by_head(trait).items():
                out.extend((trait, head, signatures.impl(entry)) for entry in entries if _shown(entry, off=False))
        for (trait, head), derived in list(self._derived.items()):
            out.extend(
                (trait, head, self._derived_sig(entry, name))
                for entry, name in derived
                if entry.cfg_off is None and not entry.module.is_gone
            )
        return out

    def unread_words(self) -> frozenset[bytes]:
        """What stands in the calls that could not be expanded so far, and in the macros that they name."""
        count, known = self._unread_words
        if count != len(self.unread):
            words = {word for text in self.unread.values() for word in WORD.findall(text)}
            if words:
                macros = self.files.gists.words
                words = words.union(*(macros[name] for name in words & macros.keys()))
            known = frozenset(words)
            self._unread_words = len(self.unread), known
        return known

    def forget_signatures(self) -> None:
        """Signatures are made anew; which impls there are has not changed."""
        self._sigs.clear()
        self._answers.clear()


def _path_of(impl: ImplSig) -> DefPath:
    return impl.path


def _shown(entry: Entry, off: bool) -> bool:
    return (off or entry.cfg_off is None) and not entry.module.is_gone
