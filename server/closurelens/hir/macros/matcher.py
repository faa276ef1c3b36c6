"""Matches argument tokens against one rule's left side, as rustc's `macro_parser` does.

All positions in the matcher that are possible are followed at once, token by token. When a position waits for a
fragment it must be the only one left; then the fragment is scanned, and if it does not parse the whole call has failed:
rustc tries no further rule.
"""

from __future__ import annotations

from closurelens.hir.macros.rules import EndLoc, EofLoc, Loc, MetaVarLoc, SeparatorLoc, SequenceLoc, TokenLoc
from closurelens.hir.macros.scan_items import Scanner
from closurelens.hir.macros.scan_types import NoFragment
from closurelens.hir.macros.tokens import CLOSE
from closurelens.records import dataclass


@dataclass(slots=True)
class Leaf:
    """The tokens start..end of the arguments, matched as `fragment`; `shape` as in `tokens`."""

    fragment: str
    shape: str
    start: int
    end: int


Binding = Leaf | list["Binding"]
"""What a metavariable stands for; a list for each repetition around it."""


class NoMatch(Exception):
    """The call is an error whatever the other rules are; the argument says why."""


_Trace = tuple["_Trace | None", "int | range", int, "Leaf | list[Leaf] | None"]
"""What a position has matched, last first: (before, slot or slots, depth, fragments or None for a new repetition)."""

_NORMAL = {"expr_2021": "expr", "pat_param": "pat"}


def match_rule(locs: list[Loc], slot_count: int, scanner: Scanner, start: int, end: int) -> list[Binding] | None:
    """The bindings by slot, or None when the rule does not fit. Raises `NoMatch`."""
    kinds, texts = scanner.kinds, scanner.texts
    at = start
    current: list[tuple[int, _Trace | None]] = [(0, None)]
    while True:
        at_end = at >= end
        text, kind = texts[at], kinds[at]
        ahead: list[tuple[int, _Trace | None]] = []
        waiting: list[tuple[int, _Trace | None, MetaVarLoc]] = []
        done: list[_Trace | None] = []
        while current:
            index, trace = current.pop()
            loc = locs[index]
            cls = loc.__class__
            if cls is TokenLoc:
                assert isinstance(loc, TokenLoc)
                if loc.text == text and loc.kind == kind and not at_end:
                    ahead.append((index + 1, trace))
            elif cls is MetaVarLoc:
                assert isinstance(loc, MetaVarLoc)
                if not at_end and scanner.begins(at, loc.fragment):
                    waiting.append((index, trace, loc))
            elif cls is SequenceLoc:
                assert isinstance(loc, SequenceLoc)
                if loc.slots:
                    trace = (trace, loc.slots, loc.depth, None)
                if loc.is_optional:
                    current.append((loc.after, trace))
                current.append((index + 1, trace))
            elif cls is EndLoc:
                assert isinstance(loc, EndLoc)
                current.append((index + 1, trace))
                if loc.repeats:
                    current.append((loc.first, trace))
            elif cls is SeparatorLoc:
                assert isinstance(loc, SeparatorLoc)
                current.append((index + 1, trace))
                if loc.text == text and not at_end:
                    ahead.append((loc.first, trace))
            elif at_end:
                assert isinstance(loc, EofLoc)
                done.append(trace)
        if at_end:
            if len(done) > 1:
                raise NoMatch("the rules of `{}` are ambiguous here")
            return _bindings(done[0], slot_count) if done else None
        if not waiting:
            if not ahead:
                return None
            current = ahead
            at += 1
            continue
        if ahead or len(waiting) > 1:
            raise NoMatch("the rules of `{}` are ambiguous here")
        index, trace, var = waiting[0]
        if var.rest:
            leaves: list[Leaf] = []
            while at < end and kinds[at] != CLOSE:
                after = scanner.tree(at)
                leaves.append(Leaf("tt", "", at, after))
                at = after
            current = [(index + 2, (trace, var.slot, var.depth, leaves))]
            continue
        try:
            after = scanner.fragment(at, var.fragment)
        except NoFragment:
            raise NoMatch(
                f"an argument of `{{}}` does not parse as `{_NORMAL.get(var.fragment, var.fragment)}`"
            ) from None
        leaf = Leaf(_NORMAL.get(var.fragment, var.fragment), scanner.shape, at, after)
        current = [(index + 1, (trace, var.slot, var.depth, leaf))]
        at = after


def _bindings(trace: _Trace | None, slot_count: int) -> list[Binding]:
    events: list[_Trace] = []
    while trace is not None:
        events.append(trace)
        trace = trace[0]
    slots: list[Binding] = [[] for _ in range(slot_count)]
    for _, where, depth, value in reversed(events):
        if isinstance(where, range):
            for slot in where:
                if depth == 0:
                    slots[slot] = []
                else:
                    _innermost(slots, slot, depth).append([])
        elif depth == 0:
            assert isinstance(value, Leaf)
            slots[where] = value
        elif isinstance(value, Leaf):
            _innermost(slots, where, depth).append(value)
        else:
            _innermost(slots, where, depth).extend(value or ())
    return slots


def _innermost(slots: list[Binding], slot: int, depth: int) -> list[Binding]:
    binding = slots[slot]
    for _ in range(depth - 1):
        assert isinstance(binding, list)
        binding = binding[-1]
    assert isinstance(binding, list)
    return binding
