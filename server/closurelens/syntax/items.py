"""Finds the items of a file that have bodies, without a parser.

A file is read from left to right, item by item. The result is a function of the text alone, so an edit inside of a body
that still ends where it did cannot change what lies around it: this is what makes chunks cheap to keep up to date.

Where the file's braces do not balance (somebody is typing one), the second reading trusts the indentation: an item ends
before the next line that starts an item at the same or a smaller indentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from closurelens.records import dataclass
from closurelens.syntax.lex import NAME, SPACE, match_brace, match_bracket, runs
from closurelens.syntax.mask import mask
from closurelens.text import Document

__all__ = [
    "ItemScan",
    "ItemSpan",
    "OutlineScan",
    "context_of",
    "scan_item",
    "scan_items",
    "scan_outline",
    "shebang_end",
]


@dataclass(slots=True)
class ItemSpan:
    """An item whose text is a chunk. `start` is at its first attribute.

    `kind` is "fn", "const", "static", "macro_rules" or "macro_call", in an outline also "container" (an impl, trait or
    module). The body is a function's or container's block with its braces, or the initialiser of a const or static, if
    there is a `{` or `|` in it; macros have none (-1, -1), except in an outline: what is between their delimiters.
    """

    kind: str
    name: str
    start: int
    end: int
    body_start: int = -1
    body_end: int = -1


def _pattern(text: bytes) -> re.Pattern[bytes]:
    """A pattern in which `~` stands for white space and comments that may be, `NAME` for a name."""
    return re.compile(text.replace(b"~", SPACE).replace(b"NAME", NAME))


_TRIVIA = _pattern(b"~")
_ATTRIBUTE = _pattern(rb"#~(?P<inner>!)?~\[")
_SHEBANG = re.compile(rb"#![ \t-\r]*+(?!\[)[^\n]*+")
_HEAD_TEXT = (
    rb"(?:pub\b~(?:\([^()]*\)~)?)?"
    rb"(?:(?:default|async|unsafe|safe|auto|gen)\b~"
    rb"|const\b~(?=(?:fn|unsafe|async|extern|gen|impl|trait|auto)\b)"
    rb"|extern\b~(?:\"[^\"]*\"~)?(?=(?:fn|unsafe|async)\b))*"
    rb"(?:(?P<fn>fn)\b~(?P<fn_name>NAME)"
    rb"|(?P<container>(?:impl|trait|mod)\b|extern\b~(?:\"[^\"]*\"~)?(?=\{))"
    rb"|(?P<adt>(?:struct|enum|union)\b~NAME)"
    rb"|(?P<plain>use\b|type\b|extern\b~crate\b)"
    rb"|(?P<value>const\b|static\b(?:~mut\b)?(?:~ref\b)?)~(?P<value_name>NAME)(?=~:)"
    rb"|(?P<rules>macro_rules~!)~(?P<rules_name>NAME)~(?=[({\[])"
    rb"|(?P<macro>macro)\b~(?P<macro_name>NAME)~(?=[({])"
    rb"|(?P<call>(?:::~)?(?:NAME~::~)*)(?P<call_name>NAME)~!(?!=)~(?:NAME~)?(?=[({\[]))"
)
# Nearly all heads have white space only, and the pattern for the others takes long to compile.
_HEAD = re.compile(_HEAD_TEXT.replace(b"~", rb"[ \t-\r]*+").replace(b"NAME", NAME))
_IS_COMMENTED = re.compile(rb"[^/{};\x80-\xff]*+[/\x80-\xff]")


@cache
def _commented_head() -> re.Pattern[bytes]:
    return _pattern(_HEAD_TEXT)


def _head(text: bytes, at: int, end: int) -> re.Match[bytes] | None:
    head = _HEAD.match(text, at, end)
    if head is None and _IS_COMMENTED.match(text, at, end) is not None:
        return _commented_head().match(text, at, end)
    return head


_HEADER_SKIP = re.compile(runs(rb"{}()\[\];"))
_ITEM_WORDS = (
    rb"(?:pub\b|fn[ \t]+\w|impl\b(?![^\n]*,[ \t]*$)|(?:struct|enum|trait|mod|type)[ \t]+\w|use[ \t]+[\w:{]"
    rb"|static[ \t]+\w|macro_rules[ \t]*+!|const[ \t]+(?:fn\b|\w+[ \t]*:)"
    rb"|(?:unsafe|async|default)[ \t]+(?:fn|impl|trait|extern)\b|extern[ \t]+(?:crate\b|\"))"
)
_ITEM_LINE = re.compile(rb"(?m)^([ \t]*+)" + _ITEM_WORDS)
_SEMICOLON = _pattern(b"~;")
_INNER_ATTRIBUTE = _pattern(rb"~#~!")
_IN_PLACE = re.compile(b"extern")
_ANGLE = re.compile(rb"->|=>|==|<=|>=|[<>=]")
_FIRST_REACH = 2_000
_WORTH_SKIPPING = 40
"""Bytes of comments and white space that an outline tells of."""
_LONGEST_CHARACTER = 16
"""Bytes: what is nearer to the end of what is looked at may be a part of `'{'`."""
_RAW_STRING = re.compile(rb"(?<![A-Za-z0-9_])[bc]?r(#*)\"(?s:.*?)\"\1")
_bounds: dict[int, re.Pattern[bytes]] = {}


def _bound_pattern(indent: int) -> re.Pattern[bytes]:
    """Lines that can only come after the end of an item so indented, and (group `close`) those which may be its end."""
    pattern = _bounds.get(indent)
    if pattern is None:
        close = rb"(?P<close>[ \t]{%d}+\})" % indent
        outside = rb"[ \t]{0,%d}+\}|" % (indent - 1) if indent else b""
        next_item = rb"[ \t]{0,%d}+(?:#!?\[|///|" % indent + _ITEM_WORDS + rb")"
        pattern = re.compile(rb"(?m)^(?:" + close + b"|" + outside + next_item + b")")
        _bounds[indent] = pattern
    return pattern


class _Reader:
    """One reading of a text.

    `is_balanced` turns False where braces do not match, `is_plain` where something is not an item as it should be: then
    where an item ends may have depended on text far behind it. `is_outline`: impls, traits and modules are taken whole.
    """

    __slots__ = (
        "at",
        "comments",
        "containers",
        "end",
        "found",
        "is_balanced",
        "is_outline",
        "is_plain",
        "pending",
        "text",
        "trusts_indent",
    )

    def __init__(
        self, text: bytes, start: int, end: int, *, trusts_indent: bool = False, is_outline: bool = False
    ) -> None:
        self.text = text
        self.at = start
        self.end = end
        self.trusts_indent = trusts_indent
        self.is_outline = is_outline
        self.comments: list[tuple[int, int]] = []
        self.found: list[ItemSpan] = []
        self.containers: list[int] = []
        self.pending = -1
        self.is_balanced = True
        self.is_plain = True

    def step(self) -> None:
        """Read one item, attribute, container's start or end; `at` grows, or a container is left."""
        text, end = self.text, self.end
        trivia = _TRIVIA.match(text, self.at, end)
        assert trivia is not None
        at = trivia.end()
        if self.is_outline and at - self.at >= _WORTH_SKIPPING:
            self.comments.append((self.at, at))
        if at >= end:
            self.at = end
            return
        if self.trusts_indent and self.containers and self._leaves_container(at):
            self.containers.pop()
            self.pending = -1
            self.at = at
            return
        byte = text[at]
        if byte == 0x7D:
            self.pending = -1
            self.at = at + 1
            if self.containers:
                self.containers.pop()
            else:
                self.is_balanced = False
            return
        if byte == 0x23:
            attribute = _ATTRIBUTE.match(text, at, end)
            if attribute is not None:
                close = match_bracket(text, attribute.end() - 1, end)
                if close < 0:
                    self.is_balanced = False
                    close = self._line_end(at)
                if attribute.group("inner"):
                    self.pending = -1
                elif self.pending < 0:
                    self.pending = at
                self.at = close
                return
        start = self.pending if self.pending >= 0 else at
        self.pending = -1
        head = _head(text, at, end)
        if head is None:
            self.at = self._skip_unknown(at)
            return
        kind = head.lastgroup
        after = head.end()
        if kind == "fn_name":
            self._function(start, at, after, head.group("fn_name"))
        elif kind == "container":
            stop = self._header(at, after)
            if stop < end and text[stop] == 0x7B:
                if self.is_outline and not _IN_PLACE.match(text, head.start("container"), stop):
                    self._container(start, at, stop)
                else:
                    self.containers.append(self._indent(at))
                    self.at = stop + 1
            else:
                self.at = self._past_semicolon(stop)
        elif kind == "adt":
            stop = self._header(at, after)
            if stop < end and text[stop] == 0x7B:
                self.at = self._close(at, stop)
            else:
                self.at = self._past_semicolon(stop)
        elif kind == "plain":
            self.at = self._past_semicolon(self._to_semicolon(at, after))
        elif kind == "value_name":
            self._value(start, at, after, head)
        else:
            self._macro(start, at, after, head)

    def _function(self, start: int, at: int, after: int, name: bytes) -> None:
        stop = self._header(at, after)
        if stop >= self.end or self.text[stop] != 0x7B:
            self.at = self._past_semicolon(stop)
            return
        close = self._close(at, stop)
        self.found.append(ItemSpan("fn", _name(name), start, close, stop, close))
        self.at = close

    def _container(self, start: int, at: int, stop: int) -> None:
        if _INNER_ATTRIBUTE.match(self.text, stop + 1, self.end):
            self.containers.append(self._indent(at))
            self.at = stop + 1
            return
        self.at = close = self._close(at, stop)
        self.found.append(ItemSpan("container", "", start, close, stop, close))

    def _value(self, start: int, at: int, after: int, head: re.Match[bytes]) -> None:
        text = self.text
        stop = self._to_semicolon(at, after)
        self.at = close = self._past_semicolon(stop)
        if b"|" not in text[after:stop] and b"{" not in text[after:stop]:
            return
        body = self._value_start(after, stop)
        if body >= 0:
            kind = "const" if head.group("value").startswith(b"const") else "static"
            body_end = body + len(text[body:stop].rstrip())
            self.found.append(ItemSpan(kind, _name(head.group("value_name")), start, close, body, body_end))

    def _macro(self, start: int, at: int, after: int, head: re.Match[bytes]) -> None:
        text = self.text
        open_ = after
        if head.group("macro") is not None:
            kind, name = "macro_rules", head.group("macro_name")
            if text[open_] == 0x28:
                close = match_bracket(text, open_, self.end)
                trivia = _TRIVIA.match(text, close, self.end) if close >= 0 else None
                if trivia is not None and trivia.end() < self.end and text[trivia.end()] == 0x7B:
                    open_ = trivia.end()
        elif head.group("rules") is not None:
            kind, name = "macro_rules", head.group("rules_name")
        else:
            kind, name = "macro_call", head.group("call_name")
        inside_end = close = self._close(at, open_)
        if text[open_] != 0x7B:
            semicolon = _SEMICOLON.match(text, close, self.end)
            if semicolon is not None:
                close = semicolon.end()
        inside = (open_ + 1, inside_end - 1) if self.is_outline and head.group("macro") is None else (-1, -1)
        self.found.append(ItemSpan(kind, _name(name), start, close, *inside))
        self.at = close

    def _skip_unknown(self, at: int) -> int:
        """Past something that is no item: to the end of a block or a `;`, or before a `}`."""
        text, end = self.text, self.end
        self.is_plain = False
        found = _HEADER_SKIP.match(text, at, end)
        assert found is not None
        stop = found.end()
        if stop >= end:
            return end
        byte = text[stop]
        if byte == 0x7D:
            return stop
        if byte == 0x7B:
            return self._close(at, stop)
        if byte in b"([":
            close = match_bracket(text, stop, min(end, stop + _FIRST_REACH) if self.trusts_indent else end)
            if close < 0:
                self.is_balanced = False
            return close if close >= 0 else stop + 1
        if byte == 0x22 or byte == 0x2F:
            self.is_balanced = False
            return self._line_end(stop)
        return stop + 1

    # Headers

    def _header(self, item: int, at: int) -> int:
        """Where an item's header ends: at its `{` or `;`, or where it is broken off."""
        return self._within_reach(item, at, self._header_end)

    def _to_semicolon(self, item: int, at: int) -> int:
        """The `;` of an item in which blocks may stand before it, or where it is broken off."""
        return self._within_reach(item, at, self._semicolon)

    def _within_reach(self, item: int, start: int, find: Callable[[int, int], int]) -> int:
        """The end that `find` finds, unless a line before it starts another item (for want of a `;`, say).

        It looks a little ahead first: a file half written would else be read to its end for every item.
        """
        reach = _FIRST_REACH
        while True:
            end = min(start + reach, self.end)
            at = find(start, end)
            if at >= end - _LONGEST_CHARACTER and end < self.end:
                at = -1
            cut = self._cut(item, start, max(at, 0) or end)
            if cut >= 0:
                self.is_plain = False
                return cut
            if at >= 0 or end == self.end:
                break
            reach *= 4
        if at < 0 or self.text[at] not in b"{;":
            self.is_plain = False
        return at if at >= 0 else self.end

    def _header_end(self, at: int, end: int) -> int:
        """A `{` or `;`, or a bracket that does not belong here; -1 when there is none before `end`."""
        text = self.text
        skip = _HEADER_SKIP.match
        start = at
        depth = 0
        while True:
            found = skip(text, at, end)
            assert found is not None
            at = found.end()
            if at >= end:
                return -1
            byte = text[at]
            if byte == 0x7B:
                if not depth and not self._is_const_argument(start, at):
                    return at
                close = match_brace(text, at, end)
                if close < 0:
                    return -1 if end < self.end else at
                at = close
                continue
            if byte in b"([":
                depth += 1
            elif byte in b")]":
                depth -= 1
                if depth < 0:
                    return at
            elif byte != 0x3B or not depth:
                return at if byte not in b'"/' or end == self.end else -1
            at += 1

    def _semicolon(self, at: int, end: int) -> int:
        """A `;`, or a bracket that does not belong here; -1 when there is none before `end`."""
        text = self.text
        skip = _HEADER_SKIP.match
        while True:
            found = skip(text, at, end)
            assert found is not None
            at = found.end()
            if at >= end:
                return -1
            byte = text[at]
            if byte == 0x7B:
                close = match_brace(text, at, end)
            elif byte in b"([":
                close = match_bracket(text, at, end)
            else:
                return at if byte not in b'"/' or end == self.end else -1
            if close < 0:
                if end == self.end:
                    self.is_balanced = False
                return -1
            at = close

    def _is_const_argument(self, start: int, at: int) -> bool:
        """The `{` stands between `<` and `>`, or after `=`: `Foo<{ N + 1 }>`."""
        before = self.text[start:at].rstrip()
        if before.endswith((b"<", b"=")):
            return True
        if not before.endswith(b","):
            return False
        opened = before.count(b"<")
        closed = before.count(b">") - before.count(b"->") - before.count(b"=>")
        return opened > closed

    def _cut(self, item: int, start: int, end: int) -> int:
        """The first line in start..end that starts another item, not in a block; -1 without one."""
        text = self.text
        if text.find(b"\n", start, end) < 0:
            return -1
        indent = -1
        code = b""
        counted = depth = 0
        for line in _ITEM_LINE.finditer(text, start, end):
            if not code:
                indent = self._indent(item)
                code = mask(text[item:end])
            word = line.end(1) - item
            if line.start() >= start and len(line.group(1)) <= indent and code[word] == text[line.end(1)]:
                depth += code.count(b"{", counted, word) - code.count(b"}", counted, word)
                counted = word
                if depth == 0:
                    return line.start()
        return -1

    def _past_semicolon(self, stop: int) -> int:
        return stop + 1 if stop < self.end and self.text[stop] == 0x3B else stop

    def _value_start(self, at: int, end: int) -> int:
        """Where the initialiser of `const NAME: Type = ...` starts; -1 without one."""
        depth = 0
        for found in _ANGLE.finditer(self.text, at, end):
            token = found.group()
            if token == b"<":
                depth += 1
            elif token == b">":
                depth -= 1
            elif token == b"=" and depth <= 0:
                trivia = _TRIVIA.match(self.text, found.end(), end)
                return trivia.end() if trivia is not None and trivia.end() < end else -1
        return -1

    # Ends

    def _close(self, item: int, open_: int) -> int:
        """The end of the group that opens at `open_`, of the item at `item`."""
        text, end = self.text, self.end
        match = match_brace if text[open_] == 0x7B else match_bracket
        if not self.trusts_indent:
            close = match(text, open_, end)
            if close < 0:
                self.is_balanced = False
            return close if close >= 0 else end
        indent = self._indent(item)
        bound, last = self._bound(open_, indent)
        close = match(text, open_, bound)
        if close >= 0:
            is_on_first_line = text.find(b"\n", open_, close) < 0
            if is_on_first_line or last < 0 or self._indent(close - 1) == indent:
                return close
        return last if last >= 0 else bound

    def _bound(self, open_: int, indent: int) -> tuple[int, int]:
        """The first line after `open_` that cannot be of the item; the last before it that may be its end, or -1."""
        text, end = self.text, self.end
        last = -1
        for line in _bound_pattern(indent).finditer(text, self._line_end(open_), end):
            start = line.start()
            if self._is_in_raw_string(open_, start):
                continue
            if line.group("close") is None:
                return start, last
            last = line.end()
        return end, last

    def _is_in_raw_string(self, start: int, at: int) -> bool:
        text = self.text
        if text.find(b'r"', start, at) < 0 and text.find(b"r#", start, at) < 0:
            return False
        found = _RAW_STRING.search(text, start, self.end)
        while found is not None and found.end() <= at:
            found = _RAW_STRING.search(text, found.end(), self.end)
        return found is not None and found.start() < at

    def _leaves_container(self, at: int) -> bool:
        """What starts here is not indented as what is in the container would be, so the container's `}` is missing."""
        line = self.text.rfind(b"\n", 0, at) + 1
        prefix = self.text[line:at]
        if prefix.strip():
            return False
        if self.text[at] == 0x7D:
            return len(prefix) < self.containers[-1]
        return len(prefix) <= self.containers[-1]

    def _indent(self, at: int) -> int:
        line = self.text.rfind(b"\n", 0, at) + 1
        prefix = self.text[line:at]
        return len(prefix) - len(prefix.lstrip())

    def _line_end(self, at: int) -> int:
        line_end = self.text.find(b"\n", at, self.end)
        return line_end if line_end >= 0 else self.end


def _name(name: bytes) -> str:
    return name.removeprefix(b"r#").decode("utf-8", "replace")


class ItemScan:
    """The items of a file, found in slices; `found` and `is_balanced` are valid once `step` has said True."""

    __slots__ = ("_reader",)

    def __init__(self, text: bytes) -> None:
        self._reader = _start(text, trusts_indent=False)

    @property
    def found(self) -> list[ItemSpan]:
        return self._reader.found

    @property
    def is_balanced(self) -> bool:
        """The braces of the whole text match; otherwise ends of items are guessed."""
        return not self._reader.trusts_indent

    @property
    def is_plain(self) -> bool:
        """Nothing but items was found, so that an edit in a body that still ends where it did changes no other item."""
        return self._reader.is_plain and not self._reader.trusts_indent

    def step(self, budget: int) -> bool:
        """Read about `budget` bytes more; True when all is read."""
        reader = self._reader
        stop = reader.at + budget
        while reader.at < reader.end and (reader.is_balanced or reader.trusts_indent):
            if reader.at >= stop:
                return False
            reader.step()
        if not reader.trusts_indent and (not reader.is_balanced or reader.containers):
            self._reader = _start(reader.text, trusts_indent=True)
            return False
        return True


def shebang_end(text: bytes) -> int:
    """Where what can be items starts: after a byte order mark and `#!/bin/..`."""
    start = 3 if text.startswith(b"\xef\xbb\xbf") else 0
    shebang = _SHEBANG.match(text, start)
    return start if shebang is None else shebang.end()


def _start(text: bytes, *, trusts_indent: bool) -> _Reader:
    return _Reader(text, shebang_end(text), len(text), trusts_indent=trusts_indent)


def scan_items(text: bytes) -> ItemScan:
    """Read a whole file at once."""
    scan = ItemScan(text)
    while not scan.step(len(text) + 1):
        pass
    return scan


@dataclass(slots=True)
class OutlineScan:
    """`comments`: where only comments and white space stand before items, if it is long."""

    found: list[ItemSpan]
    comments: list[tuple[int, int]]


def scan_outline(text: bytes, start: int, end: int) -> OutlineScan | None:
    """The items that stand directly in a file or in the block of an impl, trait or module.

    None where something is not as it should be: then only the whole tells what is an item.
    """
    reader = _Reader(text, start, end, is_outline=True)
    while reader.at < reader.end and reader.is_balanced and reader.is_plain:
        reader.step()
    if reader.containers or not (reader.is_balanced and reader.is_plain):
        return None
    return OutlineScan(reader.found, reader.comments)


def context_of(document: Document, start: int, end: int) -> tuple[bytes, bytes]:
    """What `scan_item` has to see before and after the item at start..end: the start of its line, and some bytes more,
    lest a token that goes on after the item is taken for one that ends with it."""
    content = document.content
    low, found = start, -1
    while low > 0 and found < 0:
        low = max(start - 2 * (start - low) - 64, 0)
        found = content[low:start].rfind(b"\n")
    return content[low + found + 1 : start], content[end : end + _LONGEST_CHARACTER]


def scan_item(text: bytes, start: int, end: int) -> ItemSpan | None:
    """The item that takes exactly start..end, its braces balanced; None when there is not one. See `context_of`."""
    reader = _Reader(text, start, min(end + _LONGEST_CHARACTER, len(text)), trusts_indent=False)
    while reader.at < end and reader.is_balanced and not reader.found:
        reader.step()
    if len(reader.found) != 1 or not reader.is_balanced or not reader.is_plain or reader.containers:
        return None
    found = reader.found[0]
    return found if found.start == start and found.end == end else None
