"""Calls of item macros that wait until something in their expansion may be asked for.

Most macros that write items write impls, and what is asked about a body needs few of them. What a call may stand for is
judged by words (`macro_gist`). Invariant: answers are the same as if every call was expanded where it stands, and so
are the paths of its items, in whichever order calls are expanded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from closurelens.hir.item import MacroCallItem, MacroRulesItem
from closurelens.hir.macros.api import Expansion
from closurelens.records import dataclass, field
from closurelens.resolve.macro_gist import Gist, Gists, Headless, has_items, is_projecting
from closurelens.resolve.sketch import WORD, Header, ImplKind
from closurelens.ty.types import PRIMS

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex
    from closurelens.resolve.filing import Place
    from closurelens.resolve.module import Entry, ModuleData

_IMPL = b"impl"
_LONGEST = 4_000
"""Bytes of arguments: what is longer holds whole items, some of which will be asked for."""
_NO_ITEMS = frozenset(("self", "Self", "super", "crate"))
_NO_MACROS = frozenset(name.encode() for name in PRIMS) | frozenset(
    b"as const crate dyn false for mut pub self super true".split()
)


@dataclass(slots=True, eq=False)
class LateCall:
    """A call in `here`, `upto` of the module's textual macros stand before it.

    * `words` are those of the arguments; where `is_nameless`, there may be a type without a name of its own among them,
      where `is_projecting` an associated type.
    * `label` tells the items of its expansion from others in the module; `made` counts them.
    """

    here: Place
    call: MacroCallItem
    upto: int
    label: str
    gist: Gist
    words: frozenset[bytes]
    is_nameless: bool
    is_projecting: bool
    made: int = 0
    is_done: bool = False

    def next_label(self) -> str:
        """Tells something in the expansion from everything else in the module, whichever calls were expanded before."""
        self.made += 1
        return f"{self.label}.{self.made}"


@dataclass(slots=True, eq=False)
class Group:
    """Calls of one gist that are waiting, by their words."""

    gist: Gist
    calls: list[LateCall] = field(default_factory=list)
    by_word: dict[bytes, list[LateCall]] = field(default_factory=dict)

    def add(self, call: LateCall) -> None:
        self.calls.append(call)
        for word in call.words:
            self.by_word.setdefault(word, []).append(call)

    def waiting(self) -> list[LateCall]:
        self.calls = [call for call in self.calls if not call.is_done]
        return self.calls

    def with_name(self, word: bytes) -> list[LateCall]:
        """Those that may declare it."""
        if word in (self.gist.declares or ()):
            return list(self.waiting())
        return [call for call in self.by_word.get(word, ()) if not call.is_done]

    def with_all(self, wanted: Iterable[frozenset[bytes]]) -> list[LateCall]:
        """Those that have one of each of these sets of words."""
        words = self.gist.words
        missing = [names for names in wanted if words.isdisjoint(names)]
        if not missing:
            return list(self.waiting())
        first, *rest = missing
        found = dict.fromkeys(call for name in first for call in self.by_word.get(name, ()))
        return [call for call in found if not call.is_done and all(not call.words.isdisjoint(names) for names in rest)]


class ModuleLate:
    """Those calls in a module whose expansions may have items with names.

    `open` are being expanded; `failed` could not be, each with the macro that failed.
    """

    def __init__(self) -> None:
        self._groups: dict[Gist, Group] = {}
        self.open: list[LateCall] = []
        self.failed: list[tuple[str, LateCall]] = []

    def add(self, call: LateCall) -> None:
        group = self._groups.get(call.gist)
        if group is None:
            group = self._groups[call.gist] = Group(call.gist)
        group.add(call)

    def with_name(self, name: str) -> list[LateCall]:
        word = name.encode()
        return [call for group in self._groups.values() for call in group.with_name(word)]

    def is_open(self, name: str) -> bool:
        return any(_has(call, name) for call in self.open)

    def unexpanded(self, name: str) -> str | None:
        """The macro that could not be expanded, if it may have brought the name."""
        return next((macro for macro, call in self.failed if _has(call, name)), None)


def _has(call: LateCall, name: str) -> bool:
    word = name.encode()
    return word in call.words or word in (call.gist.declares or ())


class LateCalls:
    """Those of one crate."""

    def __init__(self, crate: CrateIndex) -> None:
        self._crate = crate
        self._groups: dict[Gist, Group] = {}
        self._by_trait: dict[bytes, list[Group]] = {}
        self._of_any_trait: list[Group] = []
        self._inherent: list[Group] = []
        self._of_module: dict[ModuleData, list[LateCall]] = {}
        self._labels: Counter[ModuleData] = Counter()

    def put_off(self, here: Place, call: MacroCallItem) -> bool:
        """Whether the call can wait; then it is expanded when something in it may be asked for."""
        module = here.module
        crate = self._crate
        if not crate.crate.is_member or module.is_block or here.off is not None:
            return False
        if call.args[1] - call.args[0] > _LONGEST:
            return False
        upto = here.upto()
        entry = crate.macros.own_macro(module, call, upto=upto)
        if entry is None:
            return False
        gists = crate.impls.files.gists
        text = here.source.text[slice(*call.args)]
        words = frozenset(WORD.findall(text))
        gist = _gist_of(gists, entry, words)
        if gist is None or not gist.is_plain or _IMPL in words or not gists.is_plain(text, words):
            return False
        if gist.calls_arguments and not all(word in gists.words or _is_no_macro(word) for word in words):
            return False
        late = LateCall(
            here,
            call,
            upto,
            self._label(here),
            gist,
            words,
            is_nameless=gists.may_be_nameless(text),
            is_projecting=is_projecting(text),
        )
        group = self._groups.get(gist)
        if group is None:
            group = self._groups[gist] = Group(gist)
            self._file(group)
        group.add(late)
        self._of_module.setdefault(module, []).append(late)
        if gist.declares is not None or (gist.places_arguments and has_items(text)):
            if module.late is None:
                module.late = ModuleLate()
            module.late.add(late)
        return True

    def _label(self, here: Place) -> str:
        if here.late is not None:
            return here.late.next_label()
        self._labels[here.module] += 1
        return f"~{self._labels[here.module]}"

    def _file(self, group: Group) -> None:
        gist = group.gist
        traits: set[bytes] = set()
        is_any = gist.is_unclear
        is_inherent = gist.is_unclear
        for header in gist.headers:
            if header.kind is not ImplKind.OF_TRAIT:
                is_inherent = True
            if header.kind is not ImplKind.INHERENT:
                if header.trait is None:
                    is_any = True
                else:
                    traits |= header.trait
        if is_any:
            self._of_any_trait.append(group)
        else:
            for word in traits:
                self._by_trait.setdefault(word, []).append(group)
        if is_inherent:
            self._inherent.append(group)

    # Expanding

    def reveal(self, module: ModuleData, name: str) -> bool:
        """Expand what may declare `name` in a module; whether that is being done already, for another question."""
        late = module.late
        if late is None or name in _NO_ITEMS:
            return False
        while calls := late.with_name(name):
            self._expand(calls)
        return late.is_open(name)

    def reveal_module(self, module: ModuleData) -> None:
        """Expand all that waits in a module."""
        while calls := [call for call in self._of_module.pop(module, ()) if not call.is_done]:
            self._expand(calls)

    def reveal_words(self, wanted: Sequence[frozenset[bytes]]) -> None:
        """Expand what has one of each of these sets of words."""
        while calls := [call for group in list(self._groups.values()) for call in group.with_all(wanted)]:
            self._expand(calls)

    def reveal_impls(
        self,
        of: ImplKind,
        trait: frozenset[bytes],
        head: frozenset[bytes] | None,
        projected: frozenset[bytes],
        fits: Callable[[Header], bool],
        type_aliases: set[bytes],
    ) -> None:
        """Expand what may hold such an impl.

        `trait` and `head` are the names that they may go by; no names: an inherent impl; None: for a type that has no
        name of its own. `projected` are the names of associated types that it may go by. `fits` tells whether an impl
        with such a head may be one.
        """
        wanted = [names for names in (trait, head) if names]
        wanted_projected = [names for names in (trait, projected) if names]
        while True:
            calls: list[LateCall] = []
            for group in self._groups_with(of, trait):
                fitting = [header for header in group.gist.headers if header.kind in (None, of) and fits(header)]
                if not fitting and not group.gist.is_unclear:
                    continue
                found = group.with_all(wanted)
                if projected:
                    more = group.with_all(wanted_projected)
                    found += more if group.gist.is_projecting else [call for call in more if call.is_projecting]
                if head is None and not self._is_headless(group.gist, fitting, type_aliases):
                    by_arguments = group.gist.headless is Headless.BY_ARGUMENTS
                    found = [call for call in found if by_arguments and call.is_nameless]
                calls += found
            if not calls:
                return
            self._expand(calls)

    def _groups_with(self, of: ImplKind, trait: frozenset[bytes]) -> list[Group]:
        if of is ImplKind.INHERENT:
            return list(self._inherent)
        found = list(self._of_any_trait)
        for name in trait:
            found += self._by_trait.get(name, ())
        return list(dict.fromkeys(found))

    def _is_headless(self, gist: Gist, fitting: list[Header], type_aliases: set[bytes]) -> bool:
        if gist.is_unclear or gist.headless is Headless.MAYBE:
            return True
        return any(header.self_name in type_aliases for header in fitting)

    def _expand(self, calls: Iterable[LateCall]) -> None:
        filing = self._crate.filing
        for call in calls:
            if call.is_done:
                continue
            call.is_done = True
            late = call.here.module.late
            if late is not None:
                late.open.append(call)
            failed = filing.file_late(call)
            if late is not None:
                late.open.remove(call)
                if failed is not None:
                    late.failed.append((failed, call))
        self._crate.program.names.changed()


def _gist_of(gists: Gists, entry: Entry, words: frozenset[bytes]) -> Gist | None:
    item = entry.item
    assert isinstance(item, MacroRulesItem)
    if isinstance(entry.source, Expansion):
        return gists.of_definition(entry.source.text[slice(*item.rules)], words)
    return gists.of_call(item.name.encode(), words)


def _is_no_macro(word: bytes) -> bool:
    """By custom, names of macros begin with small letters."""
    return word[:1].isupper() or word in _NO_MACROS
