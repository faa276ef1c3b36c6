"""The `#[macro_export]` macros of one crate: names of its root, wherever they stand.

A file is lowered when a name is asked for that its text defines. Where the text does not tell all names (a macro writes
the definition), it is lowered, and its macros expanded, for any name that is not found. Invariant: of several
definitions the first in the order of the files counts, in whatever order names are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from closurelens.hir.item import MacroRulesItem, Module
from closurelens.hir.lower.attrs import effective
from closurelens.hir.macros.api import Source
from closurelens.project.model import TargetKind
from closurelens.resolve.module import Entry
from closurelens.ty.sig import DefKind

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex
    from closurelens.resolve.sketch import FileSketch

_WORD = b"macro_export"
_MORE = rb"(?:\s++|//[^\n]*+|#\s*\[(?:[^\[\]\"]|\"(?:[^\"\\]|\\.)*\"|\[[^\[\]\"]*\])*\])*+"
_DEFINITION = re.compile(
    rb"macro_export\s*+\)?\s*\]" + _MORE + rb"macro_rules\s*!\s*(?:r#)?([A-Za-z_\x80-\xff][\w\x80-\xff]*)"
)

Written = tuple[MacroRulesItem, str, Source]
"""A definition, its file, and what its offsets are in."""


class ExportedMacros:
    def __init__(self, crate: CrateIndex) -> None:
        self._crate = crate
        self._found: dict[str, Entry] = {}
        self._named: dict[str, list[str]] | None = None
        self._unclear: list[str] = []
        self._written: dict[str, list[Written]] = {}
        self._made_by_macros: list[str] = []
        self._made_early: list[Written] = []
        self._filling = 0

    def find(self, name: str) -> Entry | None:
        """Its path is that of a name in the crate's root."""
        found = self._find_written(name)
        if found is not None:
            return found
        pending = self._texts()
        for path in self._unclear:
            for definition in self._in_file(path):
                if definition[0].name not in pending:
                    self._add(definition)
        self._unclear.clear()
        found = self._found.get(name)
        if found is None and self._made_by_macros:
            # Definitions that other macros make are declared while their modules are filled.
            files, self._made_by_macros = self._made_by_macros, []
            self._filling += 1
            for path in files:
                self._crate.modules_of_file(path)
            self._filling -= 1
            found = self._found.get(name)
        if found is None and self._filling:
            self._crate.program.names.not_final()
        return found

    def names(self) -> list[str]:
        """All of them."""
        for name in list(self._texts()):
            self.find(name)
        self.find("")
        return sorted(self._found)

    def add_made(self, item: MacroRulesItem, file: str, source: Source) -> None:
        """One that a macro has made."""
        if self._named is None:
            self._made_early.append((item, file, source))
        elif self._find_written(item.name) is None:
            self._add((item, file, source))

    def _find_written(self, name: str) -> Entry | None:
        texts = self._texts()
        for path in texts.pop(name, ()):
            for definition in self._in_file(path):
                if definition[0].name == name:
                    self._add(definition)
        return self._found.get(name)

    def _texts(self) -> dict[str, list[str]]:
        """The files that define a name as far as their text tells, for names that were not asked for yet."""
        if self._named is None:
            self._named = {}
            if self._crate.crate.kind is not TargetKind.PROC_MACRO:
                for sketch in self._crate.files():
                    self._look_at(sketch, self._named)
            for made in self._made_early:
                self.add_made(*made)
        return self._named

    def _look_at(self, sketch: FileSketch, named: dict[str, list[str]]) -> None:
        count = sketch.text.count(_WORD)
        if not count:
            return
        names = [match[1].decode("utf-8", "replace") for match in _DEFINITION.finditer(sketch.text)]
        for name in dict.fromkeys(names):
            named.setdefault(name, []).append(sketch.path)
        if len(names) != count:
            self._unclear.append(sketch.path)

    def _in_file(self, path: str) -> list[Written]:
        known = self._written.get(path)
        if known is None:
            known = self._written[path] = list(self._definitions(path))
            text = self._crate.program.files.text(path) or b""
            if text.count(_WORD) > len(known):
                self._made_by_macros.append(path)
        return known

    def _definitions(self, path: str) -> Iterator[Written]:
        crate = self._crate
        file = crate.program.files.items(path, crate.edition)
        if file is None:
            return
        work = list(reversed(file.items))
        while work:
            item = work.pop()
            if crate.switched_off(item.attrs) is not None:
                continue
            if isinstance(item, Module) and item.items is not None:
                if file.source.text.find(_WORD, *item.range) >= 0:
                    work.extend(reversed(item.items))
            elif isinstance(item, MacroRulesItem) and effective(item.attrs, crate.holds).macro_export:
                yield item, path, file.source

    def _add(self, definition: Written) -> None:
        item, path, source = definition
        if item.name not in self._found:
            crate = self._crate
            entry = Entry(DefKind.MACRO, f"{crate.name}::{item.name}", item, crate.root, path, source, None)
            self._found[item.name] = entry
            crate.entries.setdefault(entry.path, []).insert(0, entry)
