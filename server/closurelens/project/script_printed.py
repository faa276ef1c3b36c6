"""What the lines that a build script prints, or may print, tell rustc."""

from __future__ import annotations

import re
from collections.abc import Sequence

from closurelens.project.model import CfgOption
from closurelens.project.script_values import UNKNOWN_TEXT
from closurelens.records import dataclass, field

_SET = re.compile(r'cargo::?rustc-cfg=(\w+)(?:="([^"]*)")?')


@dataclass(slots=True)
class Printed:
    """`options` are certainly set, those with a name in `perhaps` may be; `anything`: and so may any other."""

    options: set[CfgOption] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)
    anything: bool = False

    def lines(self, text: str, *, surely: bool) -> None:
        for line in text.splitlines():
            if "rustc-cfg" not in line:
                continue
            found = _SET.fullmatch(line.strip())
            if found is None:
                named = re.match(r'cargo::?rustc-cfg=(\w+)="', line)
                if named is None:
                    self.anything = True
                else:
                    self.perhaps.add(named[1])
            elif surely and UNKNOWN_TEXT not in line:
                self.options.add((found[1], found[2]))
            else:
                self.perhaps.add(found[1])

    def take_one_of(self, branches: Sequence[Printed], *, surely: bool) -> None:
        """One of these is printed."""
        common = (
            frozenset.intersection(*[frozenset(branch.options) for branch in branches]) if branches else frozenset()
        )
        if surely:
            self.options |= common
        for branch in branches:
            self.perhaps |= branch.perhaps | {name for name, _ in branch.options - (common if surely else frozenset())}
            self.anything = self.anything or branch.anything

    def string(self, text: str) -> None:
        """A string that may be printed somewhere."""
        self.lines(text, surely=False)
