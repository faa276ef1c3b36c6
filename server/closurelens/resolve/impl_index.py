"""Which impls there are, by trait and by the head of the type they are for.

Which of a crate's files can hold an impl is judged by words: a file is lowered only when it has the names of the trait
and of the type, or calls a macro that may bring them. Invariant: answers are the same as if all files were lowered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from closurelens.hir import types as h
from closurelens.hir.item import ImplItem, Range, TraitItem
from closurelens.hir.macros.api import Source
from closurelens.resolve import (
    ast_nodes,
    derive_models,
    derive_where,
    derives,
    dispatched_enums,
    elem_items,
    query_groups,
    ruma_items,
    salsa_items,
    tracked_items,
)
from closurelens.resolve.macro_gist import HARMLESS, Gists, without_attributes
from closurelens.resolve.module import Entry
from closurelens.resolve.sketch import WORD, FileSketch, Header, ImplKind, header_of
from closurelens.resolve.wasm_extern import ABI_TRAITS
from closurelens.ty.sig import Def, DefKind, ImplSig, Namespace
from closurelens.ty.types import PRIMS, DefPath, Unknown, head_of

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

Head = str | None
UNKNOWN_HEAD = "?"
"""The head of impls whose self type is not known: nobody asks for it."""

# With comments, which may have anything in them; prose and code that follow the word end it soon.
_USE = re.compile(rb"use\s(?:[^;\"`.()/]++|//[^\n]*+|/\*(?s:.*?)\*/|/)*+;")
_AS = re.compile(rb"([A-Za-z_\x80-\xff][\w\x80-\xff]*)\s+as\s+(?:r#)?([A-Za-z_\x80-\xff][\w\x80-\xff]*)")
_TOP_CALL = re.compile(rb"\n(?:[a-z_]\w*::)*([a-z_]\w*)!\s*[({\[]")
_IMPL = b"impl"
_WASM_ABI = [name.encode() for name in ABI_TRAITS]
_WASM_IMPLS = frozenset((b"impl", b"Deref", b"AsRef", b"From", b"JsCast", b"WasmDescribe", *_WASM_ABI))
_WASM_CLASS = re.compile(
    rb"(?:\btype\s+|\benum\s+|\bthis\s*:\s*&\s*(?:\w+::)*|static_method_of\s*=\s*)([A-Za-z_\x80-\xff][\w\x80-\xff]*)"
)
_DERIVE = b"derive"
_PRIMITIVE = frozenset(name.encode() for name in PRIMS)
_NO_WORDS: frozenset[bytes] = frozenset()


def _headers(*traits: bytes) -> list[Header]:
    """Of impls for any type; an empty name: of no trait."""
    return [header_of(b" " + trait + b" for $x" if trait else b" $x") for trait in traits]


_PIN_PROJECT = (b"Drop", b"Unpin", b"MustNotImplDrop")
_MADE: list[tuple[bytes, frozenset[bytes], list[Header]]] = [
    (b"pin_project", frozenset((_IMPL, *_PIN_PROJECT)), _headers(b"", *_PIN_PROJECT)),
    (b"salsa", salsa_items.WORDS, []),
    (b"salsa_macros", salsa_items.WORDS, []),
    (b"comemo", tracked_items.WORDS, _headers(b"Track", b"Surfaces")),
    (b"request", ruma_items.WORDS, _headers(*ruma_items.TRAITS)),
    (b"response", ruma_items.WORDS, _headers(*ruma_items.TRAITS)),
    (b"elem", elem_items.WORDS, _headers(b"", *elem_items.TRAITS)),
    (b"revisioned", frozenset((b"impl", b"Revisioned")), _headers(b"Revisioned")),
    (b"derive_where", derive_where.WORDS, _headers(*derive_where.WORDS)),
    (b"enum_dispatch", dispatched_enums.WORDS, _headers(b"$t")),
    (b"ast_node", ast_nodes.WORDS, _headers(*ast_nodes.TRAITS)),
]
"""By a word in a file: those that what its attributes make has beside it, and the heads of the impls."""
_BUILDER_IMPLS = _headers(b"", b"Default", b"Display", b"Error", b"From")
_BLANKET_IMPL = header_of(b"<T> $x for T")
_DERIVE_WORDS = derive_models.words()
_MODELLED_CRATES = derive_models.crates()


class Candidates:
    """The files by what their impls are for, as numbers in `files`.

    * `always`: may have any impl; `anything`: has an impl for what a macro puts there.
    * `headless`: has an impl for a type without a name of its own, or for an alias, which may be one.
    * `by_declared`: has derives, and declares a type of the name.
    """

    def __init__(self) -> None:
        self.files: list[FileSketch] = []
        self.seen: set[str] = set()
        self.always: list[int] = []
        self.anything: list[int] = []
        self.headless: list[int] = []
        self.by_self: dict[bytes, list[int]] = {}
        self.by_declared: dict[bytes, list[int]] = {}

    def add(self, file: FileSketch, headers: list[Header], aliases: set[bytes], *, always: bool, derives: bool) -> None:
        number = len(self.files)
        self.files.append(file)
        if always:
            self.always.append(number)
            return
        if derives:
            for declared in file.declared_types():
                self.by_declared.setdefault(declared, []).append(number)
        names: set[bytes] = set()
        is_anything = is_headless = False
        for header in headers:
            name = header.self_name
            if name is not None:
                names.add(name)
                is_headless = is_headless or name in aliases
            else:
                is_headless = True
                if header.self_words is None:
                    is_anything = True
                else:
                    names |= header.self_words
        if is_anything:
            self.anything.append(number)
        if is_headless:
            self.headless.append(number)
        for word in names:
            self.by_self.setdefault(word, []).append(number)

    def of(self, numbers: Iterable[int]) -> list[FileSketch]:
        """Those that have not been seen, in the order of the crate."""
        found = [self.files[number] for number in sorted(set(numbers))]
        return [file for file in found if file.path not in self.seen]


def _named(words: tuple[str, ...], of: ImplKind) -> tuple[bytes | None, bytes | None]:
    """The names of the trait, None: of none; and of the type, None: of one that has no name."""
    named = [word.encode() for word in words if word != "impl"]
    trait = named[0] if of is ImplKind.OF_TRAIT else None
    return trait, named[-1] if of is ImplKind.INHERENT or len(named) > 1 else None


class _OtherNames:
    """What the crate has for a name: aliases, renamed imports, associated types."""

    def __init__(self) -> None:
        self._direct: dict[bytes, set[bytes]] = {}
        self._paths: set[bytes] = set()
        self._known: dict[bytes, frozenset[bytes]] = {}
        self._known_paths: dict[bytes, frozenset[bytes]] = {}

    def add(self, word: bytes, other: bytes, *, is_path: bool) -> None:
        """`is_path`: `other` can be named as it is, not only behind `>::`."""
        self._direct.setdefault(word, set()).add(other)
        if is_path:
            self._paths.add(other)

    def of(self, word: bytes) -> frozenset[bytes]:
        """And what it has for those."""
        known = self._known.get(word)
        if known is None:
            seen: set[bytes] = set()
            work = [word]
            while work:
                more = self._direct.get(work.pop(), seen) - seen
                seen |= more
                work += more
            known = self._known[word] = frozenset(seen)
        return known

    def paths(self, word: bytes) -> frozenset[bytes]:
        """Those among them that are paths."""
        known = self._known_paths.get(word)
        if known is None:
            known = self._known_paths[word] = self.of(word) & self._paths
        return known


class CrateImpls:
    """The impls, derives and traits of one crate, found as far as they have been asked for."""

    def __init__(self, crate: CrateIndex) -> None:
        self._crate = crate
        self._program = crate.program
        self._has_models = not _MODELLED_CRATES.isdisjoint(crate.crate.dependencies)
        self._open: list[FileSketch] | None = None
        self._gists: Gists | None = None
        self._extra: dict[str, frozenset[bytes]] = {}
        self._extra_headers: dict[str, list[Header]] = {}
        self._any_header: set[str] = set()
        self._of_traits = _OtherNames()
        self._of_all = _OtherNames()
        self._type_aliases: set[bytes] = set()
        self._given: dict[str, frozenset[bytes]] = {}
        self._candidates = Candidates()
        self._wild: set[str] = set()
        self._foreign: dict[str, frozenset[bytes]] = {}
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
        self._unread_words: tuple[int, frozenset[bytes]] = (0, _NO_WORDS)

    @property
    def gists(self) -> Gists:
        """What is known of the crate's macros without reading them."""
        if self._gists is None:
            files = self._crate.files()
            for file in files:
                self._type_aliases.update([name for at, name, _ in file.aliases() if not file.is_associated(at)])
            self._gists = Gists(files, self._type_aliases)
        return self._gists

    # Which files to look at

    def _sketch(self) -> list[FileSketch]:
        if self._open is not None:
            return self._open
        files = self._open = list(self._crate.files())
        macros, headers, unclear = self.gists.words, self.gists.headers, self.gists.unclear
        has_builders = "derive_builder" in self._crate.crate.dependencies
        for file in files:
            for at, name, aliased in file.aliases():
                is_path = not file.is_associated(at)
                for word in aliased:
                    self._of_all.add(word, name, is_path=is_path)
            for name, other in _renames(file.text):
                self._of_traits.add(name, other, is_path=True)
                self._of_all.add(name, other, is_path=True)
            extra: frozenset[bytes] = frozenset()
            made: set[Header] = set()
            words = file.words()
            for name in without_attributes(words & macros.keys(), file.text):
                extra |= macros[name]
                made |= headers[name]
                if name in unclear:
                    self._any_header.add(file.path)
            if self._has_models and (_DERIVE in words or _DERIVE in extra):
                extra = extra.union(*[of for name, of in _DERIVE_WORDS.items() if name in words or name in extra])
            for trigger, added, heads in _MADE:
                if trigger in words or trigger in extra:
                    extra |= added
                    made.update(heads)
            if has_builders and b"Builder" in words:
                made.update(_BUILDER_IMPLS)
                ends = (b"Builder", b"BuilderError")
                extra |= {name + end for name in file.declared_types() for end in ends} | {_IMPL}
            if b"query_group" in words or b"query_group" in extra:
                extra |= query_groups.words(words)
                made.add(_BLANKET_IMPL)
            if b"wasm_bindgen" in words or b"wasm_bindgen" in extra:
                self._foreign[file.path] = frozenset(_WASM_CLASS.findall(file.text))
                if b"wasm_bindgen" in extra or b"macro_rules" in words:
                    extra |= _WASM_IMPLS
            self._extra[file.path] = extra
            self._extra_headers[file.path] = list(made)
            if any(name not in macros and name not in HARMLESS for name in _TOP_CALL.findall(b"\n" + file.text)):
                self._wild.add(file.path)
        for file in files:
            path = file.path
            is_any = path in self._wild or path in self._foreign or path in self._any_header
            self._candidates.add(
                file,
                [*self._extra_headers[path], *file.impl_headers()],
                self._type_aliases,
                always=is_any or _DERIVE in self._extra[path],
                derives=_DERIVE in file.words(),
            )
        return files

    def look_at(self, *words: str, of: ImplKind | None = None) -> None:
        """Lower the files that may hold an impl, a derive or a trait with all these words.

        `of`: they stand in the head of such an impl, or are a derive and the type it stands on.
        """
        key = (words, of)
        if key in self._asked:
            self._take_in()
            return
        self._asked.add(key)
        wanted = frozenset(word.encode() for word in words)
        files = self._sketch()
        if of is None:
            hits = [file for file in files if self._may_have(file, wanted)]
        else:
            hits = [file for file in self._near(words, of) if self._may_have(file, wanted)]
            hits = [file for file in hits if self._may_have_impl(file, words, of)]
        if hits:
            gone = {file.path for file in hits}
            self._open = [file for file in files if file.path not in gone]
            self._candidates.seen |= gone
            for file in hits:
                self._crate.modules_of_file(file.path)
        self._reveal(words, of)
        self._take_in()

    def _reveal(self, words: tuple[str, ...], of: ImplKind | None) -> None:
        """Expand the calls that may hold it."""
        late = self._crate.late
        if of is None:
            late.reveal_words([self._of_all.of(word) | {word} for word in map(str.encode, words)])
            return
        trait, head = _named(words, of)
        names = None if head is None else self._of_all.paths(head) | {head}
        late.reveal_impls(
            of,
            frozenset() if trait is None else self._of_traits.of(trait) | {trait},
            names,
            frozenset() if head is None or names is None else self._of_all.of(head) - names,
            lambda header: self._fits(header, trait, head),
            self._type_aliases,
        )

    def _near(self, words: tuple[str, ...], of: ImplKind) -> list[FileSketch]:
        """The files that `_may_have_impl` may say yes of."""
        trait, head = _named(words, of)
        found = self._candidates
        if head is None:
            return found.of((*found.always, *found.headless))
        numbers = [*found.always, *found.anything]
        for name in {head} | self._of_all.of(head):
            numbers += found.by_self.get(name, ())
        for name in (head, trait or head):
            numbers += found.by_declared.get(name, ())
        return found.of(numbers)

    def _may_have(self, file: FileSketch, wanted: frozenset[bytes]) -> bool:
        words = file.words()
        # `#[wasm_bindgen] extern` blocks give their types impls without the word (`wasm_extern`).
        classes = self._foreign.get(file.path)
        if classes is not None and not classes.isdisjoint(wanted):
            return True
        extra = self._extra[file.path]
        wild = file.path in self._wild
        for word in wanted:
            if word in words or word in extra:
                continue
            others = self._of_all.of(word)
            if (wild and word in (_IMPL, _DERIVE)) or not (others.isdisjoint(words) and others.isdisjoint(extra)):
                continue
            if wild and wanted & words:
                continue
            return False
        return True

    def _may_have_impl(self, file: FileSketch, words: tuple[str, ...], of: ImplKind) -> bool:
        extra = self._extra[file.path]
        path = file.path
        if path in self._wild or path in self._foreign or path in self._any_header:
            return True
        trait, head = _named(words, of)
        if _DERIVE in extra and self._may_derive_for(file, head):
            return True
        if (
            _DERIVE in file.words()
            and not file.declared_types().isdisjoint((trait, head))
            and (of is ImplKind.OF_TRAIT or not _DERIVE_WORDS.keys().isdisjoint(file.words()))
        ):
            return True
        return any(
            (header.kind is None or header.kind is of) and self._fits(header, trait, head)
            for headers in (self._extra_headers[path], file.impl_headers())
            for header in headers
        )

    def _may_derive_for(self, file: FileSketch, head: bytes | None) -> bool:
        """By the derives that macros and attributes write.

        They stand on types whose names the file declares, or the macro has or is given; and on none without a name.
        """
        extra = self._extra[file.path]
        if self._has_models and not _DERIVE_WORDS.keys().isdisjoint(extra):
            return True
        if head is None or head in _PRIMITIVE:
            return False
        return head in extra or head in file.declared_types() or head in self._given_to_deriving(file)

    def _given_to_deriving(self, file: FileSketch) -> frozenset[bytes]:
        """What stands in the file's calls of macros that write derives."""
        given = self._given.get(file.path)
        if given is None:
            words = self.gists.words
            deriving = {name for name in file.words() & words.keys() if _DERIVE in words[name]}
            is_joining = not self.gists.joining.isdisjoint(deriving)
            given = self._given[file.path] = file.words() if is_joining else file.words_given_to(deriving)
        return given

    def _fits(self, header: Header, trait: bytes | None, head: bytes | None) -> bool:
        """`trait` None: no trait is asked for; `head` None: the impl is for a type that has no name of its own."""
        if trait is not None and not _has(header.trait, trait, self._of_traits.of(trait)):
            return False
        name = header.self_name
        if head is None:
            return name is None or name in self._type_aliases
        if name is None:
            return _has(header.self_words, head, self._of_all.of(head))
        return name == head or name in self._of_all.paths(head)

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
                macros = self.gists.words
                words = words.union(*(macros[name] for name in words & macros.keys()))
            known = frozenset(words)
            self._unread_words = len(self.unread), known
        return known

    def forget_signatures(self) -> None:
        """Signatures are made anew; which impls there are has not changed."""
        self._sigs.clear()
        self._answers.clear()


def _has(words: frozenset[bytes] | None, word: bytes, others: frozenset[bytes]) -> bool:
    """`words` None: they are not known."""
    return words is None or word in words or not others.isdisjoint(words)


def _renames(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Pairs of words with `as` between them in imports."""
    for match in _USE.finditer(text):
        if b"as" in match[0]:
            yield from _AS.findall(match[0])


def _path_of(impl: ImplSig) -> DefPath:
    return impl.path


def _shown(entry: Entry, off: bool) -> bool:
    return (off or entry.cfg_off is None) and not entry.module.is_gone
