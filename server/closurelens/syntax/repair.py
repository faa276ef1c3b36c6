"""Rewrites, at equal length, constructs that tree-sitter-rust 0.24 cannot parse or parses wrongly.

Invariants: the text keeps its length, so offsets keep their meaning; strings, characters and comments keep their ends;
each rewrite that hides something from the parser is recorded as a `Patch`, from which `restore` puts it back into the
tree. A text that the parser understands is not looked at, except for `repair_silent`'s few words.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum

from closurelens.records import dataclass
from closurelens.syntax.lex import WIDE_SPACE
from closurelens.syntax.mask import closing_brackets, mask

__all__ = ["Patch", "PatchKind", "Repaired", "repair_known", "repair_near", "repair_silent"]


class PatchKind(Enum):
    """What a patch hides, so what is put back."""

    ATTRIBUTE = "attribute_item"
    BINDER = "for_lifetimes"
    CAPTURES = "capture_list"
    CLOSURE_TOKEN = "closure token"
    BLOCK_TOKEN = "block token"
    ITEM_TOKEN = "item token"
    VISIBILITY = "visibility_modifier"
    MACRO = "macro_definition"
    TRAIT_ALIAS = "trait_alias_item"
    RANGE = "..="
    AT_MOST = "<="
    """After a cast to a named type, where the grammar sees the `<` of arguments: written as `>=`."""
    JUMP = "jump"
    """`return`, `break` or `yield` before a closure, written as an assignment."""
    STATEMENT_END = ";"
    """White space after `m! {..}`, which is a statement whatever follows, written as a semicolon."""


@dataclass(slots=True)
class Patch:
    """Bytes start..end were hidden; `anchor` is where the node they belong to starts without them."""

    kind: PatchKind
    start: int
    end: int
    anchor: int


@dataclass(slots=True)
class Repaired:
    text: bytes
    patches: list[Patch]


class _Work:
    """One text under repair: `code` is what rules look at, `out` what they write."""

    __slots__ = ("_ends", "code", "out", "patches")

    def __init__(self, source: bytes) -> None:
        self._ends: Mapping[int, int] | None = None
        self.code = mask(source)
        self.out = bytearray(source)
        self.patches: list[Patch] = []

    def blank(self, start: int, end: int) -> None:
        self.out[start:end] = b" " * (end - start)

    def hide(self, kind: PatchKind, start: int, end: int, anchor: int) -> None:
        self.blank(start, end)
        self.patches.append(Patch(kind, start, end, anchor))

    def put(self, at: int, text: bytes) -> None:
        self.out[at : at + len(text)] = text

    def close_of(self, open_: int) -> int | None:
        """The offset after the bracket that closes the one at `open_`."""
        if self._ends is None:
            self._ends = closing_brackets(self.code)
        return self._ends.get(open_)

    def next_code(self, at: int) -> int:
        """The first offset from `at` that is no white space."""
        found = _NON_SPACE.search(self.code, at)
        return found.start() if found is not None else len(self.code)

    def code_before(self, at: int) -> int:
        """The end of the code before `at`: `at` without the white space before it."""
        code = self.code
        while at > 0 and code[at - 1] in b" \t\r\n\x0b\x0c":
            low = max(at - 256, 0)
            at = low + len(code[low:at].rstrip(b" \t\r\n\x0b\x0c"))
        return at

    def before(self, at: int, count: int = 1) -> bytes:
        """The last `count` bytes of the code before `at`."""
        end = self.code_before(at)
        return self.code[max(end - count, 0) : end]

    def done(self) -> Repaired:
        return Repaired(bytes(self.out), sorted(self.patches, key=lambda patch: patch.start))


_NON_SPACE = re.compile(rb"[^ \t-\r]")
_W = rb"[ \t-\r]*+"
_ANGLES = rb"<(?:[^<>;{}]|->|<(?:[^<>;{}]|->|<(?:[^<>;{}]|->|<[^<>;{}]*>)*>)*>)*>"
_PARENS = rb"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"


def _pattern(text: bytes) -> re.Pattern[bytes]:
    """A pattern in which `~` stands for white space that may be."""
    return re.compile(text.replace(b"~", _W))


class _Late:
    """Such a pattern, compiled when it is first used: most are for what few files have.

    A pattern that begins with letters is searched for many times faster, so what may not stand before comes after them.
    """

    __slots__ = ("_made", "_text")

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._made: re.Pattern[bytes] | None = None

    def _pattern(self) -> re.Pattern[bytes]:
        made = self._made
        if made is None:
            made = self._made = _pattern(self._text)
        return made

    def finditer(self, text: bytes, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[bytes]]:
        return self._pattern().finditer(text, start, end)

    def search(self, text: bytes, start: int = 0, end: int = sys.maxsize) -> re.Match[bytes] | None:
        return self._pattern().search(text, start, end)

    def match(self, text: bytes, start: int) -> re.Match[bytes] | None:
        return self._pattern().match(text, start)


# Closures: binder, const, use, gen, captures

_CLOSURE = _Late(
    rb"(?<![\w.'$])(?=[fcsagmu])(?P<binder>for~<[^<>]*>~)?"
    rb"(?P<words>(?:(?:const|static|async|gen|move|use)\b~(?:" + _PARENS + rb"~)?)*)(?=\|)"
)
_CLOSURE_WORD = _Late(rb"(?P<word>\w+)~(?P<captures>" + _PARENS + rb")?")
_GOES_ON_AS_CLOSURE = rb"(?:[|(]|(?:const|static|async|gen|move|use)\b)"
_UNUSUAL_CLOSURES = (
    (b"for", _Late(rb"for~<[^<>]*>~[a-z|]")),
    (b"const", _Late(rb"const\b~" + _GOES_ON_AS_CLOSURE)),
    (b"gen", _Late(rb"gen\b~" + _GOES_ON_AS_CLOSURE)),
    (b"use", _Late(rb"use\b~" + _GOES_ON_AS_CLOSURE)),
    (b"static", _Late(rb"static\b~(?:\(|static\b)")),
    (b"async", _Late(rb"async\b~(?:\(|(?:async|static)\b)")),
    (b"move", _Late(rb"move\b~(?:\(|(?:async|static|move)\b)")),
)
"""How the words of a closure begin that the grammar does not know."""
_KEPT = (b"static", b"async", b"move")


def _closures(work: _Work) -> None:
    """The grammar knows `static? async? move? |..|`."""
    code, last = work.code, work.code.rfind(b"|") + 1
    if not any(code.find(word, 0, last) >= 0 and unusual.search(code, 0, last) for word, unusual in _UNUSUAL_CLOSURES):
        return
    for found in _CLOSURE.finditer(code, 0, last):
        words = list(_CLOSURE_WORD.finditer(work.code, *found.span("words")))
        spelled = [word.group("word") for word in words]
        if found.end() == found.start() or spelled == [b"gen"]:
            continue
        kept: list[re.Match[bytes]] = []
        for word in words:
            rank = _KEPT.index(word.group("word")) if word.group("word") in _KEPT else -1
            if rank >= 0 and (not kept or rank > _KEPT.index(kept[-1].group("word"))):
                kept.append(word)
        anchor = kept[0].start() if kept else found.end()
        if found.group("binder"):
            start, end = found.span("binder")
            work.hide(PatchKind.BINDER, start, work.code.rindex(b">", start, end) + 1, anchor)
        for word in words:
            if word not in kept:
                work.hide(PatchKind.CLOSURE_TOKEN, *word.span("word"), anchor)
            if word.group("captures") is not None:
                work.hide(PatchKind.CAPTURES, *word.span("captures"), anchor)


_JUMP_WORDS = (b"return", b"break", b"yield", b"use")
_LABELLED_JUMP = re.compile(rb"(?:break|yield)\s*+'\w+\Z")
_LONGEST_JUMP = 80
"""Bytes: a word, its label, and the white space around them."""
_JUMP = _Late(rb"[rby](?<![\w.'$#].)(?:(?<=r)eturn(?=~\|\|)|(?:(?<=b)reak|(?<=y)ield)(?:~'\w+)?(?=~\|))")


def _jumps(work: _Work) -> None:
    """`return || x` is taken for an `or`; an assignment has the same place in an expression and takes a closure."""
    code = work.code
    if b"return" not in code and b"break" not in code and b"yield" not in code:
        return
    for found in _JUMP.finditer(code):
        start, end = found.span()
        work.put(start, b"_" * (end - start - 1) + b"=")
        work.patches.append(Patch(PatchKind.JUMP, start, end, start))


def _may_be_silent(source: bytes) -> bool:
    """A `|` stands after a word after which only a closure can start."""
    at = source.find(b"|")
    while at >= 0:
        before = source[max(at - _LONGEST_JUMP, 0) : at].rstrip()
        if before.endswith(_JUMP_WORDS) or (b"'" in before and _LABELLED_JUMP.search(before) is not None):
            return True
        at = source.find(b"|", at + 1)
    return False


_BRACE_CALL = _pattern(rb"!~\{")
_STATEMENT_CALL = _pattern(rb"(?:[;{}\]]|\A)~(?:::~)?[$\w]+(?:~::~\w+)*+~\Z")
_LONGEST_CALLEE = 200
"""Bytes of a macro's path, and of the white space around it."""
_GOES_ON = re.compile(rb"\s+(?:[<&*\-(\[|]|\.\.)")


def _ended_calls(source: bytes, work: _Work | None = None) -> list[int]:
    """Where the statements `m! {..}` end after which the grammar would go on with an operator, or with arguments.

    Rust goes on with `.` and `?` only (rustc's `parse_stmt_mac`).
    """
    found: list[int] = []
    for call in _BRACE_CALL.finditer(source):
        at = call.start()
        if _STATEMENT_CALL.search(source, max(at - _LONGEST_CALLEE, 0), at) is None:
            continue
        work = work or _Work(source)
        end = work.close_of(call.end() - 1)
        if end is not None and _GOES_ON.match(work.code, end) is not None:
            found.append(end)
    return found


def _end_calls(work: _Work, source: bytes) -> None:
    for end in _ended_calls(source, work):
        work.put(end, b";")
        work.patches.append(Patch(PatchKind.STATEMENT_END, end, end + 1, -1))


_MACRO_RULES = re.compile(rb"macro_rules(\s+!)(?!=)")


def _macro_rules(work: _Work) -> None:
    """Macros print tokens with white space between, where the grammar takes none."""
    for found in _MACRO_RULES.finditer(work.code):
        work.put(found.start(1), b"!".ljust(len(found[1])))


def repair_silent(source: bytes) -> Repaired | None:
    """Repair what is told fast; None when there is nothing of the kind.

    That is what the parser takes for something else without an error, and what code has that was never formatted.
    """
    ends = _ended_calls(source)
    is_printed = _MACRO_RULES.search(source) is not None
    if not ends and not is_printed and not _may_be_silent(source):
        return None
    work = _Work(source)
    if ends:
        _end_calls(work, source)
    if is_printed:
        _macro_rules(work)
    _jumps(work)
    _closures(work)
    return work.done() if work.patches or work.out != source else None


# Blocks and items

_GEN_BLOCK = _Late(rb"(?P<async>async)(?<![\w.'$#]async)\b~(?P<gen>gen)\b(?=~(?:move\b~)?\{)")


def _gen_blocks(work: _Work) -> None:
    if b"gen" not in work.code:
        return
    for found in _GEN_BLOCK.finditer(work.code):
        work.hide(PatchKind.BLOCK_TOKEN, *found.span("gen"), found.start("async"))


_ITEM_WORDS = (
    (b"gen", _Late(rb"gen(?<![\w.'$#]gen)(?=~(?:unsafe\b~)?(?:extern\b~(?:\"[^\"]*\"~)?)?fn\b)")),
    (b"safe", _Late(rb"safe(?<![\w.'$#]safe)(?=~(?:fn|static)\b)")),
    (b"default", _Late(rb"default(?<![\w.'$#]default)(?=~(?:impl|const|type|unsafe)\b)")),
    (b"auto", _Late(rb"auto(?<![\w.'$#]auto)(?=~trait\b)")),
    (b"unsafe", _Late(rb"unsafe(?<![\w.'$#]unsafe)(?=~mod\b)")),
)
_CONST = _Late(rb"const(?<!\wconst)\b")
_CONST_ITEM = _Late(rb"(?<![\w.'$#])const~(?:unsafe\b~)?(?:auto\b~)?(?:trait|impl)\b")
_CONST_TRAIT = _Late(rb"const~(?:::~)?!?(?!fn\b|unsafe\b|async\b|extern\b|move\b)[A-Za-z_$]")
_CONST_BOUND = _Late(rb"const~(?:::)?[A-Z]")
_CONST_IN_BRACKETS = _Late(rb"const~\](?=~[\w:(])")
_IMPL_BEFORE = _Late(rb"(?<!\w)impl")
_FLAT = rb"(?:[^=;{}<>]|->|" + _ANGLES + rb")*"
_FOREIGN_TYPE = _Late(rb"(?P<vis>pub(?<![\w.'$#]pub)(?:~\([^()]*\))?)~(?P<type>type)\b(?=~\w+" + _FLAT + rb";)")
_ASSOC_DEFAULT = _Late(
    rb"type(?<!\wtype)\b~\w+~(?:" + _ANGLES + rb"~)?:(?!:)" + _FLAT + rb"(?P<default>=" + _FLAT + rb")(?=;)"
)
_UNIT_WHERE = _Late(rb"struct(?<!\wstruct)\b~\w+~(?:" + _ANGLES + rb"~)?(?P<where>where\b[^{};]*)(?=;)")
_MACRO = _Late(rb"macro(?<![\w.'$#!]macro)\b~\w+~(?=[({])")
_PUB_BEFORE = _Late(rb"(?<![\w.'$#!])pub~(?:\([^()]*\)~)?\Z")
_LONGEST_PUB = 200
"""Bytes of what stands before a macro, and of the white space in it."""
_TRAIT_ALIAS = _Late(rb"(?P<trait>trait)(?<![\w.'$#]trait)\b~\w+~(?:" + _ANGLES + rb"~)?=(?=" + _FLAT + rb";)")
_SUPER_LET = _Late(rb"super(?<![\w.'$#:]super)(?=~let\b)")


def _items(work: _Work) -> None:
    code = work.code
    has_type = b"type" in code
    for word, pattern in _ITEM_WORDS:
        if word in code:
            for found in pattern.finditer(code):
                work.hide(PatchKind.ITEM_TOKEN, *found.span(), work.next_code(found.end()))
    if b"const" in code:
        for found in _CONST.finditer(code):
            _const(work, *found.span())
    if has_type:
        for found in _FOREIGN_TYPE.finditer(code):
            work.hide(PatchKind.VISIBILITY, *found.span("vis"), found.start("type"))
    if b"macro" in code:
        for found in _MACRO.finditer(code):
            start = found.start()
            visible = _PUB_BEFORE.search(code, max(start - _LONGEST_PUB, 0), start)
            end = work.close_of(found.end())
            if end is not None and code[end - 1 : end] == b")":
                body = work.next_code(end)
                end = work.close_of(body) if code[body : body + 1] == b"{" else None
            if end is not None:
                work.hide(PatchKind.MACRO, start if visible is None else visible.start(), end, -1)
    if b"trait" in code:
        for found in _TRAIT_ALIAS.finditer(code):
            start, end = found.span("trait")
            work.put(start, b"type ")
            work.patches.append(Patch(PatchKind.TRAIT_ALIAS, start, end, -1))
    if has_type:
        for found in _ASSOC_DEFAULT.finditer(code):
            work.blank(*found.span("default"))
    if b"struct" in code:
        for found in _UNIT_WHERE.finditer(code):
            work.blank(*found.span("where"))
    if b"super" in code:
        for found in _SUPER_LET.finditer(code):
            work.blank(*found.span())


def _const(work: _Work, start: int, end: int) -> None:
    """`const` before an item, before the trait that an impl is of, and in a bound."""
    code = work.code
    at = work.code_before(start)
    match code[at - 1 : at]:
        case b"[":
            bracket = _CONST_IN_BRACKETS.match(code, start)
            if bracket is not None:
                work.blank(at - 1, bracket.end())
        case b"~":
            work.blank(at - 1, end)
        case b":" | b"+":
            if _CONST_BOUND.match(code, start) is not None:
                work.blank(start, end)
        case before if before == b">" or _IMPL_BEFORE.match(code, max(at - 4, 0)) is not None:
            if _CONST_TRAIT.match(code, start) is not None:
                work.hide(PatchKind.ITEM_TOKEN, start, end, -1)
        case _:
            if _CONST_ITEM.match(code, start) is not None:
                work.hide(PatchKind.ITEM_TOKEN, start, end, work.next_code(end))


# Names and literals that the grammar reserves or does not know; their text is read from the source, so any will do

_WIDE_SPACE = re.compile(WIDE_SPACE)
_NUMBERS = rb"(?:(?<=[ui])(?:8|16|32|64|128|size)|(?<=f)(?:32|64)|(?<=b)ool|(?<=s)tr|(?<=c)har)"
"""Without the first character."""
_NAME = _Late(  # beginning with a set of characters, as that is what is searched for fast
    rb"[rtuifbsc](?<![\w.'$#].)"
    rb"(?:(?<=r)aw(?!\w|~(?:const|mut)\b)|(?<=t)ry(?=~!~[({\[])|" + _NUMBERS + rb"(?=~!~[({\[]|~::~<))"
)
_FLOAT = re.compile(rb"(?<![\w$])[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9_]+)?(?P<suffix>f16|f128)\b")
_BECOME = _Late(rb"(?<![\w.'$#])(?:become(?=~[\w(<:])|do~yeet\b)")
_DYN = _Late(rb"dyn(?<![\w.'$#]dyn)(?P<skip>~'\w+~\+|~\?~(?:Sized|[\w:]+)~\+|\*)")
_FN_POINTER = _Late(rb"fn(?<![\w.'$#]fn)~(?P<params>" + _PARENS + rb")")
_REF_INFER = _pattern(rb"&~(?:'\w+~)?(?:mut~)?(?P<infer>_)(?!\w)")
_NEGATIVE = _Late(rb"(?:::|[A-Z]\w*)<(?:[^<>;{}()|]*,~)?(?P<minus>-)(?=[0-9]+\w*~[,>])")
_LAST_COMMA = _Late(rb"(?:[=:(,{\[;&!>]|\b(?:move|async|return|else|in))~\|(?P<params>[^|]*[^|\s,])~(?P<comma>,)~\|")
_MINUS = re.compile(rb"-[0-9]")
_COMMA_BAR = _pattern(rb",~\|")
_RANGE_TO = _Late(rb"(?:[(\[{,;=|&]|\breturn|\bbreak)~(?P<range>\.\.=)")
_CAST_AT_MOST = _Late(rb"as(?<!\was)\b~(?:\w+~::~)*\w+~(?P<operator><=)")
_QUALIFIED = _Late(rb"<~(?:\w+~::~)*\w+~(?P<colons>::)~" + _ANGLES + rb"~as\b")
_WHERE_PLUS = _Late(rb"where(?<!\wwhere)\b[^{};]*(?P<plus>\+)~(?=\{)")
_EMPTY_WHERE = _Late(rb"where(?<!\wwhere)\b~\w+~:~(?=[{;])")


def _spellings(work: _Work) -> None:
    code = work.code
    if not code.isascii():
        for found in _WIDE_SPACE.finditer(code):
            work.blank(*found.span())
    at = work.out.find(0)
    while at >= 0:
        # Strings, characters and comments may have one; the parser takes it for the end of the text.
        if code[at]:
            work.put(at, b"0")
        at = work.out.find(0, at + 1)
    if b"raw" in code or b"!" in code or b"::" in code:
        for found in _NAME.finditer(code):
            work.put(found.start(), b"_")
    if b"f16" in code or b"f128" in code:
        for found in _FLOAT.finditer(code):
            work.put(found.start("suffix"), b"f32" if found.group("suffix") == b"f16" else b"_f32")
    if b"become" in code or b"yeet" in code:
        for found in _BECOME.finditer(code):
            work.put(found.start(), b"return".ljust(len(found.group())))
    _macro_rules(work)
    if b"dyn" in code:
        for found in _DYN.finditer(code):
            work.blank(*found.span("skip"))
    if b"::" in code and b" as " in code:
        for found in _QUALIFIED.finditer(code):
            work.blank(*found.span("colons"))
    if _REF_INFER.search(code) is not None:
        for pointer in _FN_POINTER.finditer(code):
            for found in _REF_INFER.finditer(code, *pointer.span("params")):
                work.put(found.start("infer"), b"T")
    if _MINUS.search(code) is not None:
        for found in _NEGATIVE.finditer(code):
            work.put(found.start("minus"), b"0")
    if _COMMA_BAR.search(code) is not None:
        for found in _LAST_COMMA.finditer(code):
            work.blank(*found.span("comma"))
    if b"..=" in code:
        for found in _RANGE_TO.finditer(code):
            start, end = found.span("range")
            work.blank(end - 1, end)
            work.patches.append(Patch(PatchKind.RANGE, start, end, -1))
    if b"<=" in code:
        for found in _CAST_AT_MOST.finditer(code):
            start, end = found.span("operator")
            work.put(start, b">")
            work.patches.append(Patch(PatchKind.AT_MOST, start, end, -1))
    if b"where" in code:
        for found in _EMPTY_WHERE.finditer(code):
            work.blank(*found.span())
        for found in _WHERE_PLUS.finditer(code):
            work.blank(*found.span("plus"))


# Attributes of expressions

_ATTRIBUTE = _Late(rb"#~(?P<open>\[)")
_BEFORE_EXPRESSION = frozenset(b"=+-*/%^&|<?")
_WORDS_BEFORE_EXPRESSION = (b"return", b"break", b"in", b"else", b"move")


def _attributes(
    work: _Work, *, wanted: Callable[[int], bool], by_end: Callable[[int, int], bool] = lambda start, end: True
) -> None:
    """Hide those that both want; where an attribute ends takes longer to find."""
    for found in _ATTRIBUTE.finditer(work.code):
        start = found.start()
        if wanted(start):
            end = work.close_of(found.start("open"))
            if end is not None and by_end(start, end):
                work.hide(PatchKind.ATTRIBUTE, start, end, -1)


def _is_on_expression(work: _Work, start: int) -> bool:
    """By what stands before it, an attribute can only be an expression's or a closure parameter's."""
    before = work.before(start, 7)
    if not before:
        return False
    if before[-1] in _BEFORE_EXPRESSION or before.endswith(b"=>"):
        return True
    return before.endswith(_WORDS_BEFORE_EXPRESSION) and not before[-7:-6].isalnum()


def repair_known(source: bytes) -> Repaired | None:
    """Rewrite every construct that is known by its own words; None when there is none."""
    work = _Work(source)
    _end_calls(work, source)
    _jumps(work)
    _closures(work)
    _gen_blocks(work)
    _items(work)
    _spellings(work)
    hidden_so_far = [(patch.start, patch.end) for patch in work.patches if patch.kind is PatchKind.MACRO]
    _attributes(
        work,
        wanted=lambda start: (
            (_is_on_expression(work, start) or _follows_hidden_attribute(work, start))
            and not any(low <= start < high for low, high in hidden_so_far)
        ),
    )
    return work.done() if work.patches or work.out != source else None


def _follows_hidden_attribute(work: _Work, start: int) -> bool:
    """The second of two attributes on one expression."""
    last = work.patches[-1] if work.patches else None
    return last is not None and last.kind is PatchKind.ATTRIBUTE and work.next_code(last.end) == start


_TURBOFISH = _Late(rb"(?P<colons>::)~(?=[<(])")
_TYPES = re.compile(rb"[\w\s:<>,&'*]+")
"""An error of only this is a list of types: an expression in error has more around it."""
_CALL = _Late(rb"!~(?:\w+~)?(?P<open>[({\[])")


def repair_near(
    source: bytes, done: Repaired, errors: Sequence[tuple[int, int]], paths: Sequence[tuple[int, int]] = ()
) -> Repaired | None:
    """Rewrite what only the parser's own errors tell apart from what it can parse; None when nothing is left to try.

    `errors` are the ranges of ERROR and MISSING nodes, of which none contains another. In them, attributes are hidden
    and the insides of macros are blanked: neither is read from the parser's tree. The `::` of a type's arguments goes
    too, when it is the error or in one of types only. `paths` are those in errors that have such a `::`: if nothing
    else is left to try, they are types, where the grammar knows it behind names without a path only.
    """
    work = _Work(source)
    work.out = bytearray(done.text)
    work.patches = list(done.patches)
    hidden = {patch.start for patch in done.patches}
    before = bytes(work.out)

    errors = sorted(errors)
    highs = [high for _, high in errors]

    def is_near(start: int, end: int) -> bool:
        at = bisect_left(highs, start)
        return at < len(errors) and errors[at][0] <= end

    last = highs[-1] if highs else -1
    for found in _CALL.finditer(work.code):
        start = found.start("open")
        if start > last:
            break
        end = work.close_of(start)
        if end is not None and is_near(start, end):
            work.blank(found.end(), end - 1)
    starts = {low for low, _ in errors}
    for found in _TURBOFISH.finditer(work.code):
        start, end = found.span("colons")
        if (
            start in starts
            or found.end() in starts
            or any(
                low <= start and end <= high and _TYPES.fullmatch(work.code, low, high) is not None
                for low, high in errors
            )
        ):
            work.blank(start, end)
    _attributes(
        work,
        wanted=lambda start: start not in hidden and work.out[start] == 0x23 and _is_within_item(work, start),
        by_end=lambda start, end: is_near(work.code_before(start), work.next_code(end) + 1),
    )
    if work.out == before:
        for start, end in paths:
            first = next(_TURBOFISH.finditer(work.code, start, end), None)
            if first is not None:
                work.blank(*first.span("colons"))
    return work.done() if work.out != before else None


def _is_within_item(work: _Work, start: int) -> bool:
    """Not at the start of a statement or an item, where the grammar takes attributes."""
    return work.before(start) in (b",", b"(", b"[", b"{", b"|", b"]")


def shifted(patches: Iterable[Patch], delta: int) -> list[Patch]:
    return [
        Patch(patch.kind, patch.start + delta, patch.end + delta, patch.anchor + delta if patch.anchor >= 0 else -1)
        for patch in patches
    ]
