"""Which files of a crate may hold an impl, by a glance at their texts.

A file is lowered only when it has the names of the trait and of the type, or calls a macro that may bring them.
Invariant: what is left out holds none; a file too many costs time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

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
from closurelens.resolve.sketch import FileSketch, Header, ImplKind, header_of
from closurelens.resolve.wasm_extern import ABI_TRAITS
from closurelens.ty.types import PRIMS

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

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
_STD_DERIVES = frozenset(name.encode() for name in derives.TRAITS)
"""Traits that stand in the arguments of macros only because types are declared there."""
_CONVERSIONS = (b"From", b"TryFrom")
_PRIMITIVE = frozenset(name.encode() for name in PRIMS)
_NO_WORDS: frozenset[bytes] = frozenset()


def _headers(*traits: bytes) -> list[Header]:
    """Of impls for any type; an empty name: of no trait."""
    return [header_of(b" " + trait + b" for $x" if trait else b" $x") for trait in traits]


_PIN_PROJECT = (b"Drop", b"Unpin", b"MustNotImplDrop")
_MADE: list[tuple[bytes, tuple[str, ...], frozenset[bytes], list[Header]]] = [
    (b"pin_project", (), frozenset((_IMPL, *_PIN_PROJECT)), _headers(b"", *_PIN_PROJECT)),
    (b"salsa", (), salsa_items.WORDS, []),
    (b"salsa_macros", (), salsa_items.WORDS, []),
    (b"comemo", (), tracked_items.WORDS, _headers(b"Track", b"Surfaces")),
    (b"request", ruma_items.CRATES, ruma_items.WORDS, _headers(*ruma_items.TRAITS)),
    (b"response", ruma_items.CRATES, ruma_items.WORDS, _headers(*ruma_items.TRAITS)),
    (b"elem", elem_items.CRATES, elem_items.WORDS, _headers(b"", *elem_items.TRAITS)),
    (b"revisioned", (), frozenset((b"impl", b"Revisioned")), _headers(b"Revisioned")),
    (b"derive_where", (), derive_where.WORDS, _headers(*derive_where.WORDS)),
    (b"enum_dispatch", (), dispatched_enums.WORDS, _headers(b"$t")),
    (b"ast_node", (), ast_nodes.WORDS, _headers(*ast_nodes.TRAITS)),
]
"""By a word in a file: those that what its attributes make has beside it, and the heads of the impls.

Where the word is a common one, of crates with one of these dependencies only.
"""
_BUILDERS = (b"Builder", b"BuilderError")
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


class ImplFiles:
    """Those of one crate."""

    def __init__(self, crate: CrateIndex) -> None:
        self._crate = crate
        self._has_models = not _MODELLED_CRATES.isdisjoint(crate.crate.dependencies)
        self._has_builders = "derive_builder" in crate.crate.dependencies
        self._all_declared: dict[str, frozenset[bytes]] = {}
        self._open: list[FileSketch] | None = None
        self._gists: Gists | None = None
        self._extra: dict[str, frozenset[bytes]] = {}
        self._extra_headers: dict[str, list[Header]] = {}
        self._any_header: set[str] = set()
        self._of_traits = _OtherNames()
        self._of_all = _OtherNames()
        self._type_aliases: set[bytes] = set()
        self._deriving: set[bytes] = set()
        self._implementing: set[bytes] = set()
        self._given_to_implementing: dict[str, frozenset[bytes]] = {}
        self._given_to_deriving: dict[str, frozenset[bytes]] = {}
        self._given_to_strange: dict[str, frozenset[bytes]] = {}
        self._candidates = Candidates()
        self._wild: dict[str, set[bytes]] = {}
        self._foreign: dict[str, frozenset[bytes]] = {}

    @property
    def gists(self) -> Gists:
        """What is known of the crate's macros without reading them."""
        if self._gists is None:
            files = self._crate.files()
            for file in files:
                self._type_aliases.update([name for at, name, _ in file.aliases() if not file.is_associated(at)])
            self._gists = Gists(files, self._type_aliases)
        return self._gists

    def _sketch(self) -> list[FileSketch]:
        if self._open is not None:
            return self._open
        files = self._open = list(self._crate.files())
        macros, headers, unclear = self.gists.words, self.gists.headers, self.gists.unclear
        self._deriving = {name for name, words in macros.items() if _DERIVE in words}
        self._implementing = {name for name, of in headers.items() if any(header.is_for_anything for header in of)}
        known = self._crate.crate.dependencies.keys()
        made_here = [(word, added, heads) for word, of, added, heads in _MADE if not of or not known.isdisjoint(of)]
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
            for trigger, added, heads in made_here:
                if trigger in words or trigger in extra:
                    extra |= added
                    made.update(heads)
            if self._has_builders and b"Builder" in words:
                made.update(_BUILDER_IMPLS)
                extra |= self._declared(file) | {_IMPL}
            if b"query_group" in words or b"query_group" in extra:
                extra |= query_groups.words(words)
                made.add(_BLANKET_IMPL)
            if b"wasm_bindgen" in words or b"wasm_bindgen" in extra:
                self._foreign[file.path] = frozenset(_WASM_CLASS.findall(file.text))
                if b"wasm_bindgen" in extra or b"macro_rules" in words:
                    extra |= _WASM_IMPLS
            self._extra[file.path] = extra
            self._extra_headers[file.path] = list(made)
            strange = {name for name in _TOP_CALL.findall(b"\n" + file.text) if name not in macros} - HARMLESS
            if strange:
                self._wild[file.path] = strange
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

    def take(self, words: tuple[str, ...], of: ImplKind | None) -> list[FileSketch]:
        """Files that may hold what `CrateImpls.look_at` looks for, and were not taken before."""
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
        return hits

    def reveal(self, words: tuple[str, ...], of: ImplKind | None) -> None:
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
        if path in self._foreign or path in self._any_header:
            return True
        trait, head = _named(words, of)
        if path in self._wild and self._may_be_written_for(file, trait, head):
            return True
        if _DERIVE in extra and self._may_derive_for(file, trait, head):
            return True
        if (
            _DERIVE in file.words()
            and not file.declared_types().isdisjoint((trait, head))
            and (of is ImplKind.OF_TRAIT or not _DERIVE_WORDS.keys().isdisjoint(file.words()))
        ):
            return True
        if any(header.kind in (None, of) and self._fits(header, trait, head) for header in file.impl_headers()):
            return True
        made = [header for header in self._extra_headers[path] if header.kind in (None, of)]
        made = [header for header in made if self._fits(header, trait, head)]
        if head is None or not all(header.is_for_anything for header in made):
            return bool(made)
        if not made or head in self._declared(file):
            return bool(made)
        given = self._given(file, self._implementing, self._given_to_implementing)
        return self._is_among(head, given) or self._is_joined(head, file, given)

    def _may_be_written_for(self, file: FileSketch, trait: bytes | None, head: bytes | None) -> bool:
        """By macros that are not this crate's: they know of it what they are given, and the macros that they call."""
        given = self._given(file, self._wild[file.path], self._given_to_strange)
        if head is not None and self._is_among(head, given):
            return True
        return trait is not None and trait not in _STD_DERIVES and self._is_among(trait, given)

    def _may_derive_for(self, file: FileSketch, trait: bytes | None, head: bytes | None) -> bool:
        """By the derives that macros and attributes write.

        They stand on types whose names the file declares, or the macro has or is given; and so do their impls, but for
        conversions into another type.
        """
        extra = self._extra[file.path]
        if trait in _CONVERSIONS and self._has_models and not _DERIVE_WORDS.keys().isdisjoint(extra):
            return True
        if head is None or head in _PRIMITIVE:
            return False
        if head in self._declared(file):
            return True
        given = self._given(file, self._deriving, self._given_to_deriving)
        return head in given or self._is_joined(head, file, given)

    def _declared(self, file: FileSketch) -> frozenset[bytes]:
        """The types that the file declares, and those that its macros and attributes declare by names of their own."""
        declared = self._all_declared.get(file.path)
        if declared is None:
            types = self.gists.types
            declared = file.declared_types()
            if self._has_builders and b"Builder" in file.words():
                declared |= {name + end for name in declared for end in _BUILDERS}
            declared = declared.union(*(types[name] for name in file.words() & types.keys()))
            self._all_declared[file.path] = declared
        return declared

    def _given(self, file: FileSketch, macros: Set[bytes], known: dict[str, frozenset[bytes]]) -> frozenset[bytes]:
        """What stands in the file's calls of these macros, and in those of the crate that they may call by a name."""
        given = known.get(file.path)
        if given is None:
            words, passed = self.gists.words, self.gists.passed
            given = file.words_given_to(macros)
            given = given.union(*(words[name] for name in given & words.keys()))
            given = given.union(*(passed[name] for name in macros & file.words() & passed.keys()))
            known[file.path] = given
        return given

    def _is_joined(self, name: bytes, file: FileSketch, given: frozenset[bytes]) -> bool:
        """Whether macros in the file may have made the name of several words."""
        return not self.gists.joining.isdisjoint(file.words()) and self.gists.may_be_joined(name, given)

    def _is_among(self, name: bytes, words: frozenset[bytes]) -> bool:
        return name in words or not self._of_all.of(name).isdisjoint(words)

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


def _has(words: frozenset[bytes] | None, word: bytes, others: frozenset[bytes]) -> bool:
    """`words` None: they are not known."""
    return words is None or word in words or not others.isdisjoint(words)


def _renames(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Pairs of words with `as` between them in imports."""
    for match in _USE.finditer(text):
        if b"as" in match[0]:
            yield from _AS.findall(match[0])
