"""What glob imports lead to.

A glob's own path may need other globs (`use a::*; use b::*;` with `b` from `a`), so all globs that can matter to a
question are worked on together: each is tried, with what the others have given so far, until no more of them resolve.

Invariant: work is bounded by the number of globs squared; what is answered while globs are being worked on is marked
as not final.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from closurelens.records import dataclass, field
from closurelens.resolve.module import Import, ModuleData, State, innermost
from closurelens.ty.sig import Def, DefKind, Namespace

if TYPE_CHECKING:
    from closurelens.resolve.names import NameLookup

Key = tuple[ModuleData, bool]
"""A module, and whether its globs that a `cfg` switches off count too."""


@dataclass(slots=True)
class GlobTarget:
    """A module, enum or unknown crate whose names come into scope, as far as `visible_in` lets them be seen."""

    definition: Def
    module: ModuleData | None
    importer: ModuleData
    visible_in: ModuleData | None


@dataclass(slots=True)
class _Work:
    """The modules whose globs are being worked on, in the order they came up."""

    agenda: list[Key]
    found: dict[Key, list[GlobTarget]] = field(default_factory=dict)
    pending: dict[Key, list[Import]] = field(default_factory=dict)
    counted: dict[Key, tuple[int, int]] = field(default_factory=dict)
    wanted: set[Key] = field(default_factory=set)
    open: set[Key] = field(default_factory=set)
    """Modules with a glob whose path has a name that is being asked for: it may lead somewhere all the same."""

    def want(self, key: Key) -> None:
        if key not in self.wanted:
            self.wanted.add(key)
            self.agenda.append(key)


class Globs:
    def __init__(self, names: NameLookup) -> None:
        self._names = names
        self._targets: dict[Key, list[GlobTarget]] = {}
        self._reach: dict[Key, Sequence[GlobTarget]] = {}
        self._work: _Work | None = None

    def clear(self) -> None:
        self._targets.clear()
        self._reach.clear()

    @property
    def is_working(self) -> bool:
        return self._work is not None

    def reach(self, module: ModuleData, *, off: bool) -> Sequence[GlobTarget]:
        """All that globs lead to from `module`, also through the globs of their targets, nearest first."""
        key = (module, off and module.crate.crate.is_member)
        known = self._reach.get(key)
        if known is not None:
            return known
        if self._work is not None:
            self._work.want(key)
            self._names.not_final()
            return self._closure(key)[0]
        if key not in self._targets:
            found = self._solve(key)
            if key not in self._targets:
                self._names.not_final()
                return found
        reach, is_final = self._closure(key)
        if not is_final:
            # What it leads to was still being filled when its own globs became known.
            self._solve(key)
            reach, is_final = self._closure(key)
        if is_final:
            self._reach[key] = reach
        else:
            self._names.not_final()
        return reach

    def _closure(self, key: Key) -> tuple[list[GlobTarget], bool]:
        """The targets reached from `key` as far as they are known, and whether all are."""
        found = self._targets_now(key)
        is_final = found is not None and key in self._targets
        reach = list(found or ())
        seen = {key[0], *[target.module for target in reach]}
        for target in reach:  # grows below
            if target.module is None:
                continue
            inner = (target.module, key[1] and target.module.crate.crate.is_member)
            further = self._targets_now(inner)
            if inner not in self._targets:
                is_final = False
            for one in further or ():
                if one.module is not None and one.module in seen:
                    continue
                seen.add(one.module)
                visible_in = innermost(target.visible_in, one.visible_in)
                reach.append(GlobTarget(one.definition, one.module, one.importer, visible_in))
        return reach, is_final

    def _targets_now(self, key: Key) -> list[GlobTarget] | None:
        known = self._targets.get(key)
        if known is None and self._work is not None:
            self._work.want(key)
            known = self._work.found.get(key)
        return known

    def _solve(self, key: Key) -> Sequence[GlobTarget]:
        """What is found of `key` is remembered if its module is complete."""
        work = self._work = _Work([])
        postponed = self._names.postponed
        work.want(key)
        changed = True
        while changed:
            changed = False
            for here in work.agenda:  # grows below
                changed |= self._try(work, here)
            changed = changed or postponed.retry()
        reach = self._closure(key)[0]
        self._work = None
        postponed.settle()
        for here in work.agenda:
            if here in self._targets or here not in work.found:
                continue
            module = here[0]
            if module.state is State.DONE and here not in work.open:
                left = work.pending[here]
                found = work.found[here]
                found.extend(GlobTarget(_unresolved(glob), None, module, glob.visible_in) for glob in left)
                self._targets[here] = found
        self._names.changed()
        return reach

    def _try(self, work: _Work, key: Key) -> bool:
        """Try the globs of one module that are still open; whether anything came of it."""
        if key in self._targets:
            if key not in work.found:
                work.found[key] = self._targets[key]
                for known in self._targets[key]:
                    if known.module is not None:
                        work.want((known.module, key[1] and known.module.crate.crate.is_member))
            return False
        module, off = key
        is_new = key not in work.found
        if is_new:
            work.found[key] = []
            module.crate.populate(module)
            work.pending[key] = []
        work.pending[key] += self._new_globs(work, key)
        still_open: list[Import] = []
        found = work.found[key]
        pending = work.pending[key]
        work.open.discard(key)
        for glob in pending:
            target, is_open = self._names.outside(partial(self._target, glob, off=off))
            if target is None:
                still_open.append(glob)
                if is_open:
                    work.open.add(key)
                continue
            found.append(target)
            if target.module is not None:
                work.want((target.module, off and target.module.crate.crate.is_member))
            self._names.changed()
        work.pending[key] = still_open
        return is_new or len(still_open) != len(pending)

    def _new_globs(self, work: _Work, key: Key) -> list[Import]:
        """Those that nobody has looked at yet: macros that were expanded meanwhile may have brought more."""
        module, off = key
        counted = work.counted.get(key)
        count = (len(module.on.globs), len(module.off.globs) if off else 0)
        if counted == count:
            return []
        work.counted[key] = count
        before_on, before_off = counted or (0, 0)
        return module.on.globs[before_on:] + (module.off.globs[before_off:] if off else [])

    def _target(self, glob: Import, *, off: bool) -> GlobTarget | None:
        if glob.extern is not None:
            definition = glob.module.crate.extern_crate(glob.extern)
        else:
            leaf = glob.leaf
            assert leaf is not None
            walk = self._names.walk(
                glob.module,
                leaf.anchor,
                leaf.supers,
                leaf.crate,
                leaf.segments,
                Namespace.TYPES,
                off=off,
                is_import=True,
            )
            definition = walk.definition if walk is not None and walk.used == len(leaf.segments) else None
        if definition is None:
            return None
        module = self._names.module_of(definition)
        return GlobTarget(definition, module, glob.module, glob.visible_in)


def _unresolved(glob: Import) -> Def:
    return Def(DefKind.UNKNOWN, "::".join(glob.leaf.segments) if glob.leaf is not None else glob.extern or "")
