"""What a glance at the definitions of a crate's macros tells about the items that their calls stand for.

Invariant: a gist errs on one side. The words of an expansion are among those of the call's arguments and of the gist;
what it says that a macro leaves alone, no call of it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from enum import IntEnum

from closurelens.records import dataclass, field
from closurelens.resolve.sketch import (
    FOR,
    WHERE,
    WORD,
    FileSketch,
    Header,
    after_brackets,
    declared_types,
    header_of,
    headers_in,
    impl_heads,
    impl_starts,
)

_MACRO_DEFINITION = re.compile(rb"macro_rules\s*!\s*(?:r#)?([A-Za-z_\x80-\xff][\w\x80-\xff]*)")
_OPENING = re.compile(rb"[{(\[]")
_IMPL = b"impl"
# The keyword in a string, and where a macro's rule expects it.
_NO_IMPL = re.compile(rb'"impl"|\[impl\]\s*=>')
_JOINED = re.compile(rb"\[<[^>]*>\s*\]|\$\{[^}]*\}|concat_idents\s*!\s*[({\[][^)}\]]*")
"""Of paste and its like, and what rustc may come to have."""
# Names of macros that are those of attributes too.
_ATTRIBUTES = frozenset(b"allow cfg cfg_attr deprecated doc expect ignore inline link must_use path repr test".split())
HARMLESS = frozenset(
    b"assert assert_eq assert_ne cfg_if compile_error concat const_assert dbg debug_assert debug_assert_eq"
    b" debug_assert_ne eprint eprintln format include include_bytes include_str macro_rules matches panic print println"
    b" pin_project thread_local todo unimplemented unreachable vec write writeln".split()
)
"""Macros of std, and some that are as well known, that make no impls."""

# Of what follows, the names, imports and macros that it brings are not seen in words.
_UNFORESEEN = frozenset(b"extern include macro macro_rules mod trait use".split())
_PLAIN_MACROS = (HARMLESS - frozenset((b"include", b"macro_rules", b"pin_project"))) | frozenset(
    b"addr_of addr_of_mut cfg column env file line module_path option_env stringify".split()
)
_PLAIN_ATTRIBUTES = frozenset(
    b"allow automatically_derived cfg cold default deny deprecated doc expect forbid ignore inline must_use no_mangle"
    b" non_exhaustive repr rustfmt::skip serde should_panic target_feature test track_caller warn $".split()
)
"""`$` is one that stands among the arguments."""
# Their impls are for the type that they stand on, and there is nothing else.
_PLAIN_DERIVES = frozenset(b"Clone Copy Debug Default Deserialize Eq Hash Ord PartialEq PartialOrd Serialize".split())
_ATTRIBUTE = re.compile(rb"#\s*!?\s*\[\s*(?:unsafe\s*\(\s*)?(\$|[\w:]*)")
_CFG_ATTR = re.compile(rb'cfg_attr\s*\(\s*(?:\w+(?:\s*=\s*"[^"]*")?|\w+\s*\((?:[^()]|\([^()]*\))*\))\s*,\s*([\w:]+)')
_DERIVE = re.compile(rb"\bderive\s*\(([^)]*)\)")
_CALL = re.compile(rb"(\$?)([A-Za-z_\x80-\xff][\w\x80-\xff]*)\s*!\s*([({\[])")
_ITEM = frozenset(b"const enum fn static struct type union".split())
_ITEM_WORD = re.compile(rb"(?<!['\w])(?:const|enum|fn|static|struct|type|union)\b")
_AT_ITEM_LEVEL = re.compile(
    rb'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*(?s:.*?)\*/|\$\s*\(|\#\s*!?\s*\[|[({\[]|\$?[A-Za-z_\x80-\xff][\w\x80-\xff]*(?:\s*!\s*[({\[])?'
)
_NAME = re.compile(rb"\s*(?:(?:async|const|fn|mut|unsafe)\s+)*+(?:r#)?([A-Za-z_\x80-\xff][\w\x80-\xff]*)")
_TO_BODY = re.compile(rb'"(?:[^"\\]|\\.)*"|[({\[;]')
_ARROW = re.compile(rb"\s*=>\s*(?=[({\[])")
_NAMELESS = re.compile(
    rb"&|\[|\*\s*(?:const|mut)\b|(?:\A|[^$\w\s]|\b(?:as|const|for|in|mut))\s*\(|(?:\A|[^\w\s>])\s*<"
    rb"|\b(?:dyn|fn|impl)\b|!(?!\s*[({\[])"
)
"""What is in a type that has no name of its own, or next to it."""
_PROJECTION = re.compile(rb">\s*::")
_GENERIC_PARAMETERS = re.compile(rb"\s*<[^{;]*?\$")
_VARIABLE = re.compile(rb"\s*\$\s*\w+\s*\Z")
_VARIABLE_WITH_ARGUMENTS = re.compile(rb"\s*\$\s*\w+\s*(?:<|::)")


class Headless(IntEnum):
    """Whether a macro may write an impl for a type that has no name of its own: a reference, a tuple, a parameter."""

    NEVER = 0
    BY_ARGUMENTS = 1
    MAYBE = 2


@dataclass(slots=True, eq=False)
class Gist:
    """Of a macro, and of those that it may call.

    * `headers` are the heads of impls; where `is_unclear`, there may be others.
    * `declares`: names that items may have, but for those among the arguments; None: items have no names.
    * `places_arguments`: items may be among the arguments.
    * `calls_arguments`: names of macros may be among the arguments.
    * `is_projecting`: impls may be for an associated type, as the macro itself has it.
    """

    words: frozenset[bytes]
    headers: frozenset[Header]
    is_unclear: bool
    is_plain: bool
    declares: frozenset[bytes] | None
    headless: Headless
    places_arguments: bool
    calls_arguments: bool
    is_projecting: bool


@dataclass(slots=True)
class _Own:
    """What definitions of one name say themselves. `reaches`: the macros that they may call where items stand;
    `passes_items`: with arguments that may hold items."""

    reaches: set[bytes] = field(default_factory=set)
    is_plain: bool = True
    names_items: bool = False
    places_arguments: bool = False
    passes_items: bool = False
    declares: set[bytes] = field(default_factory=set)
    headless: Headless = Headless.NEVER
    passes_nameless: bool = False
    calls_arguments: bool = False
    is_projecting: bool = False


class Gists:
    """The macros of a crate. All that is public is by name and takes in what a macro may call.

    * `passed` are the words that a macro gives to others.
    * `types` are the names of those that it declares, but for its arguments.
    * `joining` make names of several words.
    """

    def __init__(self, files: Iterable[FileSketch], type_aliases: set[bytes]) -> None:
        self._type_aliases = type_aliases
        self._texts: dict[bytes, list[bytes]] = {}
        self._own: dict[bytes, _Own] = {}
        self._known: dict[frozenset[bytes], Gist] = {}
        self._made: dict[tuple[bytes, frozenset[bytes]], Gist] = {}
        direct: dict[bytes, set[bytes]] = {}
        headers: dict[bytes, set[Header]] = {}
        unclear: set[bytes] = set()
        joining: set[bytes] = set()
        pieces: set[bytes] = set()
        types: dict[bytes, set[bytes]] = {}
        calls: dict[bytes, list[tuple[bytes, list[bytes]]]] = {}
        self._made_by_macros: set[bytes] = set()
        """Their definitions stand in those of others: what is written there is not all that they say."""
        called: dict[bytes, set[bytes]] = {}
        for file in files:
            outermost = 0
            for match in _MACRO_DEFINITION.finditer(file.text):
                end = _end_of_rules(file.text, match.end())
                name = match[1]
                if match.start() < outermost:
                    self._made_by_macros.add(name)
                outermost = max(outermost, end)
                text = file.text[match.end() : end]
                words = WORD.findall(text)
                self._texts.setdefault(name, []).append(text)
                direct.setdefault(name, set()).update(words)
                called.setdefault(name, set()).update(without_attributes(set(words), text))
                for joined in _JOINED.findall(text):
                    joining.add(name)
                    pieces.update([word.lower() for word in WORD.findall(joined.replace(b"_", b" "))])
                types.setdefault(name, set()).update(declared_types(text))
                calls.setdefault(name, []).extend(_calls(text))
                known = headers.setdefault(name, set())
                if _IMPL in words:
                    known.update(headers_in(text))
                    if sum(1 for _ in impl_starts(text)) + len(_NO_IMPL.findall(text)) != words.count(_IMPL):
                        unclear.add(name)
        passed = {
            name: {word for callee, given in of_name if callee == b"$" or callee in direct for word in given}
            for name, of_name in calls.items()
        }
        changed = True
        while changed:
            changed = False
            for name, of_name in direct.items():
                for other in direct.keys() & called[name]:
                    if other != name and not (
                        direct[other] <= of_name
                        and headers[other] <= headers[name]
                        and passed[other] <= passed[name]
                        and types[other] <= types[name]
                        and (other not in unclear or name in unclear)
                        and (other not in joining or name in joining)
                    ):
                        of_name |= direct[other]
                        called[name] |= called[other]
                        headers[name] |= headers[other]
                        passed[name] |= passed[other]
                        types[name] |= types[other]
                        if other in unclear:
                            unclear.add(name)
                        if other in joining:
                            joining.add(name)
                        changed = True
        self.words = {name: frozenset(words) for name, words in direct.items()}
        self.headers = headers
        self.unclear = unclear
        self.joining = joining
        self._pieces = pieces
        self.passed = passed
        self.types = types

    def may_be_joined(self, name: bytes, given: Iterable[bytes]) -> bool:
        """Whether a macro that is given these words may make the name of them and of its own."""
        text = name.replace(b"_", b"").lower()
        pieces = [word.replace(b"_", b"").lower() for word in given]
        pieces = [piece for piece in {*pieces, *self._pieces} if piece and piece in text and piece != text]
        reached = {0}
        for start in range(len(text)):
            if start in reached:
                reached.update([start + len(piece) for piece in pieces if text.startswith(piece, start)])
        return len(text) in reached

    def of_call(self, name: bytes, words: frozenset[bytes]) -> Gist | None:
        """Of a call of `name` with such arguments, which may be names of macros; None if it is not known."""
        macros = self.words.keys()
        return None if name not in macros else self._of_names(frozenset((name, *(words & macros))))

    def of_definition(self, text: bytes, words: frozenset[bytes]) -> Gist:
        """The same of a call of a macro that another one has defined; `text` are its rules."""
        macros = self.words.keys()
        names = frozenset(words & macros)
        key = (text, names)
        known = self._made.get(key)
        if known is None:
            own = _Own()
            self._add_definition(own, b"{" + text + b"}")
            own_words = frozenset(WORD.findall(text))
            known = self._made[key] = self._gist(
                own,
                own_words.union(*(self.words[name] for name in own_words & macros)),
                names | own.reaches,
                frozenset(headers_in(text)),
                is_unclear=sum(1 for _ in impl_starts(text)) != len(re.findall(rb"\bimpl\b", text)),
            )
        return known

    def _of_names(self, names: frozenset[bytes]) -> Gist:
        known = self._known.get(names)
        if known is None:
            known = self._known[names] = self._gist(_Own(), frozenset(), names, frozenset(), is_unclear=False)
        return known

    def _gist(
        self, first: _Own, words: frozenset[bytes], names: Set[bytes], headers: frozenset[Header], *, is_unclear: bool
    ) -> Gist:
        own = [first]
        reached = list(names)
        seen = set(names)
        for name in reached:  # grows below
            one = self._own_of(name)
            own.append(one)
            new = one.reaches - seen
            seen |= new
            reached += new
        headless = max(one.headless for one in own)
        if headless is Headless.BY_ARGUMENTS and any(one.passes_nameless for one in own):
            headless = Headless.MAYBE
        is_unclear = is_unclear or not self.unclear.isdisjoint(seen)
        places_arguments = any(one.places_arguments for one in own)
        names_items = any(one.names_items or (places_arguments and one.passes_items) for one in own)
        return Gist(
            words=words.union(*(self.words[name] for name in seen)),
            headers=headers.union(*(self.headers[name] for name in seen)),
            is_unclear=is_unclear,
            is_plain=all(one.is_plain for one in own) and self._made_by_macros.isdisjoint(seen),
            declares=frozenset().union(*(one.declares for one in own)) if names_items else None,
            headless=headless,
            places_arguments=places_arguments,
            calls_arguments=any(one.calls_arguments for one in own),
            is_projecting=is_unclear or any(one.is_projecting for one in own),
        )

    def _own_of(self, name: bytes) -> _Own:
        own = self._own.get(name)
        if own is None:
            own = self._own[name] = _Own()
            for text in self._texts[name]:
                self._add_definition(own, text)
        return own

    def _add_definition(self, own: _Own, text: bytes) -> None:
        """`text` begins behind the name, and ends with the definition."""
        opening = _OPENING.search(text)
        at = len(text) if opening is None else opening.end()
        own.is_plain = own.is_plain and b"${" not in text  # `${concat(..)}` makes names
        while True:
            opening = _OPENING.search(text, at)
            if opening is None:
                break
            arrow = _ARROW.match(text, after_brackets(text, opening.start()))
            if arrow is None:
                own.is_plain = False
                break
            at = after_brackets(text, arrow.end())
            self._add_items(own, text, arrow.end() + 1, at)
        for head in impl_heads(text):
            own.headless = max(own.headless, _headless(head))
            own.is_projecting = own.is_projecting or is_projecting(head)

    def _add_items(self, own: _Own, text: bytes, start: int, end: int) -> None:
        """`text[start:end]` are items."""
        at = start
        while own.is_plain:
            found = _AT_ITEM_LEVEL.search(text, at, end)
            if found is None:
                return
            at = found.end()
            what = found[0]
            if what == _IMPL:
                at = _after_impl(text, at, end)
            elif what in _ITEM:
                own.names_items = True
                name = _NAME.match(text, at, end)
                if name is not None:
                    own.declares.add(name[1])
                    at = name.end()
            elif what in _UNFORESEEN:
                own.is_plain = False
            elif what[:1] == b"#":
                at = after_brackets(text, at - 1)
                own.is_plain = _has_plain_attributes(text[found.start() : at])
            elif what[-1:] in b"({[" and what[:1] not in b'"/':
                call = _CALL.match(what)
                if call is None and what[:1] == b"$":
                    continue  # the inside of `$( .. )` is at the same level
                opened = at - 1
                at = after_brackets(text, opened)
                if call is not None:
                    self._add_call(own, call[1] + call[2], text[opened + 1 : at])
            elif what[:1] == b"$" and what != b"$crate":
                own.places_arguments = True

    def _add_call(self, own: _Own, name: bytes, arguments: bytes) -> None:
        words = frozenset(WORD.findall(arguments))
        if name[:1] == b"$":
            own.calls_arguments = True
        elif name in self.words:
            own.reaches.add(name)
        elif name not in _PLAIN_MACROS:
            own.is_plain = False
        own.reaches |= words & self.words.keys()
        own.passes_items = own.passes_items or has_items(arguments)
        own.declares |= words
        own.is_projecting = own.is_projecting or is_projecting(arguments)
        if not self.is_plain(arguments, words):
            own.is_plain = False
        if self.may_be_nameless(arguments):
            own.passes_nameless = True

    def may_be_nameless(self, text: bytes) -> bool:
        """Among these arguments may be a type without a name of its own."""
        return _NAMELESS.search(text) is not None or not self._type_aliases.isdisjoint(WORD.findall(text))

    def is_plain(self, text: bytes, words: Iterable[bytes]) -> bool:
        """Nothing in arguments brings what words do not show."""
        if not _UNFORESEEN.isdisjoint(words):
            return False
        if b"!" in text:
            for call in _CALL.finditer(text):
                if not call[1] and call[2] not in _PLAIN_MACROS and call[2] not in self.words:
                    return False
        return b"#" not in text or _has_plain_attributes(text)


def _calls(text: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """Macros that a text calls, `$` for one that a variable names, and the words of their arguments."""
    for call in _CALL.finditer(text):
        opened = call.end() - 1
        yield b"$" if call[1] else call[2], WORD.findall(text, opened, after_brackets(text, opened))


def _has_plain_attributes(text: bytes) -> bool:
    """Of all attributes in a text."""
    conditional = 0
    for found in _ATTRIBUTE.finditer(text):
        if found[1] == b"cfg_attr":
            conditional += 1
        elif found[1] == b"derive":
            derive = _DERIVE.match(text, found.start(1))
            names = () if derive is None else [name.rpartition(b"::")[2].strip() for name in derive[1].split(b",")]
            if not all(name in _PLAIN_DERIVES or not name for name in names):
                return False
        elif found[1] not in _PLAIN_ATTRIBUTES:
            return False
    return conditional == sum(name in _PLAIN_ATTRIBUTES for name in _CFG_ATTR.findall(text))


def _headless(head: bytes) -> Headless:
    """`head` stands between `impl` and the body."""
    header = header_of(head)
    if header.self_name is not None:
        return Headless.NEVER
    is_for = FOR.search(head)
    of_type = WHERE.split(head[is_for.end() :] if is_for else head)[0]
    if _VARIABLE_WITH_ARGUMENTS.match(of_type):
        return Headless.NEVER
    if _VARIABLE.match(of_type):
        return Headless.MAYBE if _GENERIC_PARAMETERS.match(head) else Headless.BY_ARGUMENTS
    return Headless.MAYBE


def has_items(text: bytes) -> bool:
    """Such arguments may hold items that have names."""
    return _ITEM_WORD.search(text) is not None


def is_projecting(text: bytes) -> bool:
    """An associated type may be named in it: `<T as Trait>::Name`."""
    return _PROJECTION.search(text) is not None


def _after_impl(text: bytes, at: int, end: int) -> int:
    while True:
        found = _TO_BODY.search(text, at, end)
        if found is None:
            return end
        at = found.end()
        if found[0] == b"{":
            return after_brackets(text, at - 1)
        if found[0] == b";":
            return at
        if found[0] in b"([":
            at = after_brackets(text, at - 1)


def without_attributes(names: set[bytes] | frozenset[bytes], text: bytes) -> set[bytes]:
    """Without those that are names of attributes, unless macros of these names are called."""
    return {name for name in names if name not in _ATTRIBUTES or re.search(rb"\b%b\s*!" % name, text)}


def _end_of_rules(text: bytes, at: int) -> int:
    """The end of a macro's definition, which is inside of the first brackets after its name."""
    opening = _OPENING.search(text, at)
    return len(text) if opening is None else after_brackets(text, opening.start())
