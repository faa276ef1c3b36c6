"""What a glance at a crate's text tells, without parsing it: its files, and which words each of them has.

Invariant: a sketch decides only where to look, never what is true: a file it leaves out is looked at by other means, a
file too many costs time.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Set
from enum import Enum
from typing import TYPE_CHECKING

from closurelens.hir.item import Range
from closurelens.project import paths
from closurelens.records import dataclass, field
from closurelens.syntax.lex import match_brace, match_bracket

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

_MOD = re.compile(rb"mod\s+(?:r#)?([A-Za-z_\x80-\xff][\w\x80-\xff]*)\s*([;{])")
_PATH = re.compile(rb'path\s*=\s*"([^"\n]+)"')
_INCLUDE = re.compile(rb'include!\s*[({\[]\s*"([^"\n]+)"')
_IN_OUT_DIR = re.compile(rb'include!\s*[({\[]\s*concat!\s*[({\[]\s*env!\s*[({\[]\s*"OUT_DIR"[^"\n]*"([^"\n]+)"')
_MACRO = re.compile(rb"!\s*(?:[A-Za-z_]\w*\s*)?[({\[]")
_CALL = re.compile(rb"([A-Za-z_\x80-\xff][\w\x80-\xff]*)\s*!\s*[({\[]")
_CFG = re.compile(rb"#\s*\[\s*cfg\s*\(")
WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
# Not `impl Trait`, which stands behind other things; what is in a macro's definition counts where the macro is called.
_IMPL = re.compile(rb"impl\b")
# An impl with the types it begins with.
_ASSOCIATED = re.compile(rb"impl\b[^{};]*+\{((?:\s*(?:#\[[^\]\n]*\]|//[^\n]*+|type\s[^;{}]*;))+)")
_BEFORE_IMPL = re.compile(rb"(?:\A|[\n{};\]/*]|\$\()[ \t]*(?:(?:unsafe|default|const)\s+)*\Z")
FOR = re.compile(rb"\bfor\b(?!\s*<)")
_FOR_QUALIFIED = re.compile(rb"\bfor\s*<")
WHERE = re.compile(rb"\bwhere\b")
_COMMENT = re.compile(rb"//[^\n]*+\n|/\*(?s:.*?)\*/")
_ANGLE = re.compile(rb"->|=>|[<>]")
_PATH_TYPE = re.compile(
    rb"\s*(?:::\s*)?(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*\s*::\s*)*([A-Za-z_\x80-\xff][\w\x80-\xff]*)\s*(?=<|$)"
)
# A pattern that starts with letters is searched for many times faster.
_TYPES = [
    re.compile(word + rb"\s+(?:r#)?([A-Za-z_\x80-\xff][\w\x80-\xff]*)") for word in (b"struct", b"enum", b"union")
]
_TYPE_ALIAS = re.compile(rb"type\s+(?:r#)?([A-Za-z_\x80-\xff][\w\x80-\xff]*)")
_ALIASED = re.compile(rb"[^=;{]*=([^;]{1,300});")
_NO_NAMES = frozenset(
    b"as const else fn for if impl in let loop match mod move mut pub ref self use where while".split()
)
"""Keywords, which follow `type` in strings and comments."""
_BEFORE = 80
"""Bytes before an `impl` that tell whether it begins an item."""
_SPACE = b" \t\r\n)];}{"
_BLANKS = bytes(byte if byte in b"_" or bytes((byte,)).isalnum() or byte > 0x7F else 0x20 for byte in range(256))
"""Turns what is in no word into blanks."""


class ImplKind(Enum):
    OF_TRAIT = 0
    INHERENT = 1

    __hash__ = object.__hash__


@dataclass(slots=True, eq=True, unsafe_hash=True)
class Header:
    """What an impl says up to its body, as words.

    * `kind` is None where it cannot be told; then all words are in both parts.
    * `self_name` is the last name of a type that is written as a path and is no parameter of the impl.
    * A part that has a macro's variable may stand for anything: it is None.
    """

    kind: ImplKind | None
    trait: frozenset[bytes] | None
    self_words: frozenset[bytes] | None
    self_name: bytes | None = None

    @property
    def is_for_anything(self) -> bool:
        return self.self_name is None and self.self_words is None


@dataclass(slots=True)
class FileSketch:
    """`parent` declares the file with `mod`; None for the crate's root."""

    path: str
    text: bytes
    parent: str | None
    _words: frozenset[bytes] | None = field(default=None)
    _headers: list[Header] | None = field(default=None)
    _declared: frozenset[bytes] | None = field(default=None)
    _associated: list[Range] | None = field(default=None)
    _aliases: list[tuple[int, bytes, list[bytes]]] | None = field(default=None)

    def words(self) -> frozenset[bytes]:
        if self._words is None:
            self._words = frozenset(self.text.translate(_BLANKS).split())
        return self._words

    def has_in_macro(self, word: bytes) -> bool:
        """Whether a word stands in a macro call or in the definition of a macro."""
        if word not in self.words():
            return False
        text = self.text
        at = 0
        while (found := _MACRO.search(text, at)) is not None:
            opened = found.end() - 1
            at = after_brackets(text, opened)
            if word in text[opened:at].translate(_BLANKS).split():
                return True
        return False

    def words_given_to(self, macros: Set[bytes]) -> frozenset[bytes]:
        """All words in calls of these macros, and in calls of others that get one of their names."""
        text = self.text
        names = b"|".join(sorted(self.words() & macros))
        if not names:
            return frozenset()
        named = re.compile(rb"\b(?:" + names + rb")\b(?!\s*!)")
        parts: list[bytes] = []
        at = 0
        while (found := _CALL.search(text, at)) is not None:
            opened = at = found.end() - 1
            if _is_in_line_comment(text, found.start()):
                continue
            end = after_brackets(text, opened)
            if found[1] in macros or named.search(text, opened, end) is not None:
                parts.append(text[opened:end])
                at = end
        return frozenset(b" ".join(parts).translate(_BLANKS).split())

    def impl_headers(self) -> list[Header]:
        """What may be the head of an impl."""
        if self._headers is None:
            self._headers = headers_in(self.text)
        return self._headers

    def aliases(self) -> list[tuple[int, bytes, list[bytes]]]:
        """Where there is a `type Name` of any sort, the name, and what the type's own name may be that it is for."""
        if self._aliases is None:
            found: list[tuple[int, bytes, list[bytes]]] = []
            text = self.text
            for match in _TYPE_ALIAS.finditer(text):
                if match[1] not in _NO_NAMES and not _is_in_line_comment(text, match.start()):
                    value = _ALIASED.match(text, match.end())
                    found.append((match.start(), match[1], [] if value is None else _heads(value[1])))
            self._aliases = found
        return self._aliases

    def is_associated(self, at: int) -> bool:
        """Whether the `type` there is an associated one of an impl; False where a glance does not tell."""
        known = self._associated
        if known is None:
            text = self.text
            known = self._associated = [
                match.span(1) for match in _ASSOCIATED.finditer(text) if _begins_item(text, match.start())
            ]
        index = bisect_right(known, at, key=lambda range: range[0])
        return index > 0 and at < known[index - 1][1]

    def declared_types(self) -> frozenset[bytes]:
        """Names that follow `struct`, `enum` or `union`."""
        if self._declared is None:
            self._declared = frozenset(declared_types(self.text))
        return self._declared


def declared_types(text: bytes) -> Iterator[bytes]:
    """Names that follow `struct`, `enum` or `union`."""
    for pattern in _TYPES:
        yield from pattern.findall(text)


def _heads(type: bytes) -> list[bytes]:
    path = _PATH_TYPE.match(type)
    return WORD.findall(type) if path is None else [path[1]]


def _begins_item(text: bytes, at: int) -> bool:
    """Whether the `impl` there may begin an item."""
    before = text[max(0, at - _BEFORE) : at]
    return _BEFORE_IMPL.search(before) is not None and not _is_in_line_comment(text, at)


def _is_in_line_comment(text: bytes, at: int) -> bool:
    return text[text.rfind(b"\n", 0, at) + 1 : at].lstrip().startswith(b"//")


def headers_in(text: bytes) -> list[Header]:
    return list({header_of(head) for head in impl_heads(text)})


def header_of(text: bytes) -> Header:
    """`text` stands between `impl` and the body."""
    generics: list[bytes] = []
    if b"/" in text:
        text = _COMMENT.sub(b" ", text)
    rest = text.replace(b"$crate", b"crate").lstrip()
    end = _end_of_generics(rest) if rest[:1] == b"<" else 0
    if b"/" in text or end < 0:
        words = frozenset(WORD.findall(text))
        return Header(None, words, words)
    if end:
        generics = WORD.findall(rest, 0, end)
        rest = rest[end:]
    where = WHERE.search(rest)
    if where is not None:
        rest = rest[: where.start()]
    is_for = FOR.search(rest)
    if is_for is None and (b"$(" in rest or _FOR_QUALIFIED.search(rest)):
        return Header(None, None, None)
    self_type = rest if is_for is None else rest[is_for.end() :]
    path = _PATH_TYPE.match(self_type)
    name = None if path is None or WORD.findall(path[0])[0] in generics else path[1]
    if is_for is None:
        return Header(ImplKind.INHERENT, frozenset(), _words_of(self_type), name)
    return Header(ImplKind.OF_TRAIT, _words_of_trait(rest[: is_for.start()]), _words_of(self_type), name)


def _words_of_trait(part: bytes) -> frozenset[bytes] | None:
    """A macro's variable among the trait's arguments says nothing of its name."""
    path = _PATH_TYPE.match(part) if b"$" in part else None
    return _words_of(part if path is None else path[0])


def _words_of(part: bytes) -> frozenset[bytes] | None:
    return None if b"$" in part or b"[<" in part else frozenset(WORD.findall(part))


def _end_of_generics(text: bytes) -> int:
    """Behind the `>` that closes the `<` at the start; -1 if there is none."""
    depth = 0
    for match in _ANGLE.finditer(text):
        depth += 1 if match[0] == b"<" else -1 if match[0] == b">" else 0
        if depth == 0:
            return match.end()
    return -1


def after_brackets(text: bytes, opened: int) -> int:
    """Behind the bracket that closes the one at `opened`; the end of the text if there is none."""
    match = match_brace if text[opened] == 0x7B else match_bracket
    end = match(text, opened, len(text))
    return end if end >= 0 else len(text)


def impl_starts(text: bytes) -> Iterator[int]:
    """Behind each `impl` that may begin an item."""
    for match in _IMPL.finditer(text):
        if _begins_item(text, match.start()):
            yield match.end()


def impl_heads(text: bytes) -> Iterator[bytes]:
    """What stands between each such `impl` and its body."""
    for start in impl_starts(text):
        end = text.find(b"{", start)
        while end >= 0 and not _is_whole(text[start:end]):
            end = text.find(b"{", end + 1)
        yield text[start : end if end >= 0 else len(text)]


def _is_whole(head: bytes) -> bool:
    """Not where a comment goes on, or a generic argument or the length of an array is expected."""
    if b"/" in head:
        head = _COMMENT.sub(b" ", head)
        if b"//" in head or b"/*" in head:
            return False
    head = head.rstrip()
    if head.endswith(b","):
        return head.count(b"<") <= head.count(b">") - head.count(b"->") - head.count(b"=>")
    return not head.endswith((b"<", b";", b"="))


def crate_files(crate: CrateIndex) -> list[FileSketch]:
    """The files of a crate, the root first."""
    text_of = crate.program.files.text
    root = crate.root.file
    text = text_of(root)
    if text is None:
        return []
    found: dict[str, FileSketch] = {root: FileSketch(root, text, None)}
    work: list[tuple[str, str]] = [(root, paths.parent(root))]
    while work:
        path, folder = work.pop()
        text = found[path].text
        declared = [(path, *one) for one in _declared(crate, path, text, folder)]
        if b"macro_rules" in text and path != root:
            # A macro's modules are where it is called, which is mostly in the root.
            declared.extend([(root, *one) for one in _declared(crate, root, text, paths.parent(root))])
        for parent, file, below in declared:
            if file in found:
                continue
            inner = text_of(file)
            if inner is not None:
                found[file] = FileSketch(file, inner, parent)
                work.append((file, below))
    return list(found.values())


def _declared(crate: CrateIndex, path: str, text: bytes, folder: str) -> list[tuple[str, str]]:
    """Files that `mod name;` in a text may mean, each with the folder of its own child modules.

    What a `cfg` of a dependency switches off is nobody's business.
    """
    is_member = crate.crate.is_member
    out: list[tuple[str, str]] = []
    folders = [folder]
    for match in _MOD.finditer(text):
        start = match.start()
        if start and text[start - 1] not in _SPACE:
            continue
        name = match[1].decode()
        if match[2] == b"{":
            folders.append(f"{folders[0]}/{name}")
            continue
        before = max(0, start - 400)
        attributes = text[max(before, text.rfind(b";", before, start), text.rfind(b"}", before, start)) : start]
        if not is_member and b"cfg" in attributes and not _may_hold(crate, attributes):
            continue
        for attribute in _PATH.finditer(attributes):
            relative = attribute[1].decode("utf-8", "replace")
            for base in (paths.parent(path), *folders):
                file = paths.join(base, relative)
                out.append((file, paths.parent(file)))
        for base in folders:
            out.append((f"{base}/{name}.rs", f"{base}/{name}"))
            out.append((f"{base}/{name}/mod.rs", f"{base}/{name}"))
    for match in _INCLUDE.finditer(text):
        file = paths.join(paths.parent(path), match[1].decode("utf-8", "replace"))
        out.append((file, paths.parent(file)))
    for match in _IN_OUT_DIR.finditer(text):
        files = [build + match[1].decode("utf-8", "replace") for build in crate.crate.out_dirs]
        out.extend([(file, paths.parent(file)) for file in files])
    return out


def _may_hold(crate: CrateIndex, attributes: bytes) -> bool:
    """No `#[cfg(..)]` among these attributes switches off what they stand on."""
    for match in _CFG.finditer(attributes):
        at = match.end()
        depth = 1
        while at < len(attributes) and depth:
            depth += {0x28: 1, 0x29: -1}.get(attributes[at], 0)
            at += 1
        if depth == 0 and not crate.holds(attributes[match.end() : at - 1].decode("utf-8", "replace").strip()):
            return False
    return True
