"""What capture cases say: the words of labels, closures to compare, and how a label finds its closure.

Closures from rustc and from the instant tier are compared in one form, `Told`. Places are spelt with every dereference:
`(*self).a`, `*p.x`.
"""

import re
from dataclasses import dataclass, field

from support.cases import BadCase, Block, Label

TRAITS = ("Fn", "FnMut", "FnOnce")


@dataclass(slots=True)
class ToldUse:
    """A use of a place: `text` is `&mut p.x`, `why` a word for people or "" where not told."""

    start: int
    end: int
    text: str
    why: str = ""


@dataclass(slots=True)
class Told:
    """One closure or async block as somebody tells it. `trait` is `async` for an async block.

    `kind` is the trait in its context, None where not told. `captures` are texts such as `&mut p.x`, in rustc's order.
    """

    start: int
    end: int
    trait: str
    kind: str | None
    captures: list[str]
    uses: list[ToldUse] = field(default_factory=list)
    certain: bool = True
    reason: str = ""


@dataclass(slots=True)
class Claim:
    """A closure label read: trait, kind, captures; uncertain ones with their reason."""

    trait: str
    kind: str | None
    captures: list[str]
    certain: bool = True
    reason: str = ""

    def __str__(self) -> str:
        kind = f" as {self.kind}" if self.kind not in (None, self.trait) else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{'' if self.certain else '? '}{self.trait}{kind} [{', '.join(self.captures)}]{reason}"


@dataclass(slots=True)
class ClosureLabel:
    """`truth` is what rustc says, `instant` what the instant tier is expected to say."""

    label: Label
    truth: Claim
    instant: Claim


@dataclass(slots=True)
class UseLabel:
    label: Label
    text: str
    why: str


_CLAIM = re.compile(r"(\? )?(Fn|FnMut|FnOnce|async)(?: as (Fn|FnMut|FnOnce))? \[(.*?)\](?:: (.*))?$")
_LOOKS_LIKE_CLAIM = re.compile(r"(\?|Fn|FnMut|FnOnce|async)\b")
_USE = re.compile(r"((?:copy |&uniq |&mut |&)?[\w*(][\w.*()#\[\]]*)(?:: (.*))?$")


def claim(text: str) -> Claim:
    hit = _CLAIM.match(text)
    if hit is None:
        raise BadCase(f"not a closure label: {text}")
    captures = [c for c in hit[4].split(", ") if c]
    kind = None if hit[2] == "async" else hit[3] or hit[2]
    if not hit[1] and hit[5]:
        raise BadCase(f"only an uncertain label has a reason: {text}")
    return Claim(hit[2], kind, captures, not hit[1], hit[5] or "")


def read_label(label: Label) -> ClosureLabel | UseLabel:
    text = label.text
    if text.startswith("?") or _LOOKS_LIKE_CLAIM.match(text):
        truth, separator, other = text.partition("; ")
        first = claim(truth)
        if not separator:
            return ClosureLabel(label, Claim(first.trait, first.kind, first.captures), first)
        word, _, rest = other.partition(": ")
        second = claim(rest)
        if word not in ("bug", "instant") or not first.certain or second.certain != (word == "bug"):
            raise BadCase(f"`; bug:` takes a certain claim, `; instant:` an uncertain one: {text}")
        return ClosureLabel(label, first, second)
    hit = _USE.match(text)
    if hit is None:
        raise BadCase(f"neither a closure label nor a use label: {text}")
    return UseLabel(label, hit[1], hit[2] or "")


def closure_labels(block: Block) -> list[ClosureLabel]:
    return [r for r in map(read_label, block.labels) if isinstance(r, ClosureLabel)]


def use_labels(block: Block) -> list[UseLabel]:
    return [r for r in map(read_label, block.labels) if isinstance(r, UseLabel)]


def closure_at(label: Label, closures: list[Told]) -> Told | None:
    """The closure that starts where the label does, else the smallest that the label stands in."""
    around = [c for c in closures if c.start <= label.start < c.end]
    exact = [c for c in around if c.start == label.start]
    return min(exact or around, key=lambda c: c.end - c.start, default=None)


def compare(block: Block, closures: list[Told], *, instant: bool) -> list[str]:
    """What is wrong between the labels of a block and the closures somebody tells; empty when they agree."""
    wrong: list[str] = []
    seen: list[int] = []
    for label in closure_labels(block):
        told = closure_at(label.label, closures)
        where = f"line {block.line + label.label.line}"
        if told is None:
            wrong.append(f"{where}: no closure here")
            continue
        if told.start in seen:
            wrong.append(f"{where}: a second label for the same closure")
        seen.append(told.start)
        want = label.instant if instant else label.truth
        got = Claim(told.trait, told.kind if want.kind is not None else None, told.captures, told.certain, told.reason)
        if told.kind is None and not (instant and want.certain and want.kind != want.trait):
            got.kind = want.kind
        if got != want:
            wrong.append(f"{where}: the label says {want}, but it is {got}")
    for told in closures:
        if told.start not in seen:
            line = block.line + block.code.encode()[: told.start].count(b"\n")
            wrong.append(f"line {line}: a closure without a label: {Claim(told.trait, told.kind, told.captures)}")
    for use in use_labels(block):
        wrong += _compare_use(block, use, closures, instant=instant)
    return wrong


def _compare_use(block: Block, use: UseLabel, closures: list[Told], *, instant: bool) -> list[str]:
    where = f"line {block.line + use.label.line}"
    here = [u for c in closures for u in c.uses if (u.start, u.end) == (use.label.start, use.label.end)]
    if not here:
        return [f"{where}: nothing is used here"]
    if all(u.text != use.text for u in here):
        return [f"{where}: the label says {use.text}, but it is {' and '.join(sorted({u.text for u in here}))}"]
    if instant and use.why and all((u.text, u.why) != (use.text, use.why) for u in here):
        return [f"{where}: the label says {use.why}, but it is {' and '.join(sorted({u.why for u in here}))}"]
    return []
