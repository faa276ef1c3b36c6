"""Scores a captures report against an oracle.

Each figure is a share of the closures that the oracle answers:
  found      the report has a closure at that file and byte
  trait      the natural trait is right
  kind       the trait in context is right, where the oracle knows it
  exact      all captures are right: variable, fields, mode (unique counts as mutable, copied as moved)
  capturing  the same among closures that capture anything
  variable   variables and modes are right, whatever the fields
  certain    the report calls itself certain
  sound      of those, trait and captures are right: the rest are certain wrong answers, the worst there are
"""

from dataclasses import dataclass, field
from typing import Any

_COARSE_MODE = {"uniq": "mut", "copy": "move"}

Row = tuple[str, tuple[str, ...], str]


@dataclass(slots=True)
class Count:
    """How many of how many."""

    right: int = 0
    of: int = 0

    def add(self, right: bool) -> None:
        self.right += right
        self.of += 1

    @property
    def percent(self) -> float:
        return 100.0 * self.right / self.of if self.of else 100.0


NAMES = ("found", "trait", "kind", "exact", "capturing", "variable", "certain", "sound")


@dataclass(slots=True)
class Score:
    counts: dict[str, Count] = field(default_factory=lambda: {name: Count() for name in NAMES})
    wrong: list[str] = field(default_factory=list)

    def percent(self, name: str) -> float:
        return self.counts[name].percent

    def merge(self, other: "Score") -> None:
        for name, count in other.counts.items():
            self.counts[name].right += count.right
            self.counts[name].of += count.of
        self.wrong += other.wrong

    def __str__(self) -> str:
        shares = " ".join(f"{name} {self.percent(name):5.1f}" for name in NAMES)
        return f"{self.counts['found'].of:5} closures  {shares}"


def score(oracle: dict[str, Any], report: dict[str, Any]) -> Score:
    """`report` is what `closurelens captures --format json` prints."""
    told = {(file["path"], c["start"]): c for file in report["files"] for c in file["closures"]}
    result = Score()
    for want in oracle["closures"]:
        _score_closure(want, told.get((want["file"], want["start"])), result)
    return result


def _score_closure(want: dict[str, Any], got: dict[str, Any] | None, result: Score) -> None:
    counts = result.counts
    captures = [_row(*row) for row in want["captures"]]
    found = [_row(c["variable"], c["fields"], c["mode"]) for c in got["captures"]] if got else []
    trait_right = got is not None and got["trait"] == want["trait"]
    exact = got is not None and _same(captures, found)
    counts["found"].add(got is not None)
    counts["trait"].add(trait_right)
    if want["kind"] is not None:
        counts["kind"].add(got is not None and got.get("kind") == want["kind"])
    counts["exact"].add(exact)
    if captures:
        counts["capturing"].add(exact)
    counts["variable"].add(got is not None and _without_fields(captures) == _without_fields(found))
    certain = got is not None and bool(got.get("certain"))
    counts["certain"].add(certain)
    if certain:
        counts["sound"].add(trait_right and exact)
    if not (trait_right and exact):
        said = f"{got['trait']} {_text(found)}{' CERTAIN' if certain else ''}" if got else "nothing"
        result.wrong.append(
            f"{want['file']}:{want['line']}:{want['col']}: rustc {want['trait']} {_text(captures)}; told {said}"
        )


def _row(variable: str, fields: list[str], mode: str) -> Row:
    return variable, tuple(fields), _COARSE_MODE.get(mode, mode)


def _same(want: list[Row], got: list[Row]) -> bool:
    """Equal in any order; a field `#1` of the oracle stands for a name it could not tell."""
    left = list(got)
    for row in want:
        match = next((g for g in left if _matches(row, g)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _matches(want: Row, got: Row) -> bool:
    return (
        (want[0], want[2]) == (got[0], got[2])
        and len(want[1]) == len(got[1])
        and all(w.startswith("#") or w == g for w, g in zip(want[1], got[1], strict=True))
    )


def same_captures(want: list[Any], got: list[Any]) -> bool:
    """Whether captures (variable, fields, mode) are the same, in any order and by coarse modes."""
    return _same([_row(*row) for row in want], [_row(*row) for row in got])


def captures_text(captures: list[Any]) -> str:
    return _text([_row(*row) for row in captures])


def _without_fields(rows: list[Row]) -> list[tuple[str, str]]:
    return sorted((variable, mode) for variable, _, mode in rows)


def _text(rows: list[Row]) -> str:
    return "[" + ", ".join(f"{mode} {'.'.join((variable, *fields))}" for variable, fields, mode in rows) + "]"
