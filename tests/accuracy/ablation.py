"""Deletes things from crates that compile and looks for answers that are certain and wrong.

An ablated crate does not compile, or is another program; what stays marked certain in it must still be what rustc says
of the intact crate. The intact crate's own answers are compared in the same way (`intact`).
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crate_scores import oracle_of, source_of
from deletions import Deletion, deletions_in, without
from scoring import captures_text, same_captures

from closurelens.capture.model import ClosureCaptures
from closurelens.cli.inputs import text_or_none
from closurelens.cli.report import mode_word
from closurelens.hir.macros.api import Expansion
from closurelens.infer.goals import SharedCache
from closurelens.project.features import FeatureSelection
from closurelens.project.load import LoadSettings, load_project
from closurelens.project.modules import crate_of_file
from closurelens.resolve.bodies import BodyOwner, file_bodies
from closurelens.resolve.program import Program
from closurelens.stdsig.database import StdDb
from closurelens.world import FileClosures
from closurelens.world.analysis import Receivers, analyse, may_capture, text_of
from closurelens.world.model import PlacedBody

Json = dict[str, Any]

MOST_BODIES = 10
"""So many bodies are asked about again for each deletion, of those that name what is gone or stand beside it."""


@dataclass(slots=True, frozen=True)
class Body:
    """An outermost body that holds closures, by where its item starts; nothing that is deleted elsewhere moves it."""

    path: str
    start: int
    text: bytes


@dataclass(slots=True)
class Wrong:
    crate: str
    gone: list[Deletion]
    said: str

    def __str__(self) -> str:
        gone = "; ".join(str(d) for d in self.gone) or "nothing deleted"
        return f"{self.crate}: {self.said}\n    without {gone}"


@dataclass(slots=True)
class Outcome:
    """`certain` of `compared` answers were marked certain."""

    deletions: int = 0
    compared: int = 0
    certain: int = 0
    wrong: list[Wrong] = field(default_factory=list)

    def merge(self, other: "Outcome") -> None:
        self.deletions += other.deletions
        self.compared += other.compared
        self.certain += other.certain
        self.wrong += other.wrong


class Ablation:
    """One crate, whose texts are edited and put right again."""

    def __init__(self, crate: str, std: StdDb, *, dependencies: bool = True) -> None:
        oracle = oracle_of(crate)
        self.crate = crate
        self.root = source_of(oracle)
        self.std = std
        self.features = FeatureSelection(tuple(oracle["features"].split()), False, True)
        self.dependencies = dependencies
        self.wanted: dict[str, dict[int, Json]] = {}
        for closure in oracle["closures"]:
            self.wanted.setdefault(str(self.root / closure["file"]), {})[closure["start"]] = closure
        self.receivers = Receivers(std)
        self.edited: dict[str, bytes] = {}
        self.shared = SharedCache()
        self.program = self.program_without(frozenset())
        self.texts = self._texts()
        self.deletions = [d for path, text in self.texts.items() for d in deletions_in(path, text)]
        self.bodies = [
            Body(path, owner.item_range[0], text_of(owner))
            for path in self.wanted
            for owner in self._owners(self.program, path)
            if may_capture(text_of(owner))
        ]

    def program_without(self, missing: frozenset[str]) -> Program:
        """The program as it is when the sources of these packages are not on the machine."""
        graph = load_project(str(self.root / "Cargo.toml"), LoadSettings(features=self.features))
        for id, crate in graph.crates.items():
            kept = {
                name: replace(edge, source_dir=None, missing="ablated") if edge.package in missing else edge
                for name, edge in crate.dependencies.items()
            }
            graph.crates[id] = replace(crate, dependencies=kept)
        return Program(graph, self.std, self._read, index_dependencies=self.dependencies)

    def _read(self, path: str) -> bytes | None:
        found = self.edited.get(path)
        return text_or_none(path) if found is None else found

    def _texts(self) -> dict[str, bytes]:
        """The files of the crate that hold code: those with closures, and all others of its `src`."""
        paths = {*self.wanted, *(str(path) for path in (self.root / "src").rglob("*.rs"))}
        return {path: Path(path).read_bytes() for path in sorted(paths)}

    def intact(self) -> Outcome:
        return self._compared(self.program, [], self.bodies)

    def without(self, gone: list[Deletion], chance: random.Random) -> Outcome:
        by_file: dict[str, list[Deletion]] = {}
        for deletion in gone:
            by_file.setdefault(deletion.path, []).append(deletion)
        self.edited = {path: without(self.texts[path], deletions) for path, deletions in by_file.items()}
        self._forget(by_file)
        outcome = self._compared(self.program, gone, self._asked(gone, chance))
        outcome.deletions = len(gone)
        self.edited.clear()
        self._forget(by_file)
        return outcome

    def _forget(self, paths: Iterable[str]) -> None:
        for path in paths:
            self.program.forget(path)
        self.shared = SharedCache()

    def without_packages(self, missing: frozenset[str]) -> Outcome:
        self.shared = SharedCache()
        outcome = self._compared(self.program_without(missing), [], self.bodies)
        self.shared = SharedCache()
        outcome.deletions = len(missing)
        for wrong in outcome.wrong:
            wrong.said += f" (without {', '.join(sorted(missing))})"
        return outcome

    def packages(self) -> list[str]:
        crates = self.program.graph.crates.values()
        return sorted({edge.package for crate in crates for edge in crate.dependencies.values()})

    def _asked(self, gone: list[Deletion], chance: random.Random) -> list[Body]:
        """Bodies that name what is gone; of a `use`, all bodies of the file, as it may bring a trait."""
        out: dict[Body, None] = {}
        for deletion in gone:
            beside = deletion.kind in ("use", "use name", "impl", "derive", "macro")
            near = [
                body
                for body in self.bodies
                if (beside and body.path == deletion.path) or any(name in body.text for name in deletion.names)
            ]
            out.update(dict.fromkeys(chance.sample(near, min(len(near), MOST_BODIES))))
        return list(out)

    def _owners(self, program: Program, path: str) -> list[BodyOwner]:
        for crate in crate_of_file(program.graph, path):
            index = program.crate(crate)
            if crate.root == path or index.modules_of_file(path):
                return file_bodies(index, path)
        return []

    def _compared(self, program: Program, gone: list[Deletion], bodies: Iterable[Body]) -> Outcome:
        outcome = Outcome()
        starts: dict[str, set[int]] = {}
        for body in bodies:
            starts.setdefault(body.path, set()).add(body.start)
        for path, wanted_starts in starts.items():
            found = FileClosures(path, self.edited.get(path, self.texts[path]))
            for owner in self._owners(program, path):
                if owner.item_range[0] in wanted_starts:
                    base = 0 if isinstance(owner.source, Expansion) else owner.body_base
                    for body in analyse(program, owner, self.shared, self.receivers):
                        found.bodies.append(PlacedBody(base + body.offset, body))
            self._compare(found, gone, outcome)
        return outcome

    def _compare(self, found: FileClosures, gone: list[Deletion], outcome: Outcome) -> None:
        wanted = self.wanted[found.path]
        for placed in found.closures():
            want = wanted.get(placed.range.start)
            if want is None or placed.closure.is_coroutine:
                continue
            outcome.compared += 1
            if placed.closure.certain:
                outcome.certain += 1
                said = contradiction(want, placed.closure)
                if said is not None:
                    outcome.wrong.append(Wrong(self.crate, gone, said))


def contradiction(want: Json, got: ClosureCaptures) -> str | None:
    """How a certain answer differs from rustc's; None where it does not."""
    captures = [(c.place.name, c.place.fields, mode_word(c.mode)) for c in got.captures]
    kind = want["kind"] if got.kind_uncertain is not None or got.kind is None else got.kind.value
    if (
        got.trait.value == want["trait"]
        and (want["kind"] is None or kind == want["kind"])
        and same_captures(want["captures"], captures)
    ):
        return None
    rustc = f"{want['trait']}/{want['kind']} {captures_text(want['captures'])}"
    told = f"{got.trait.value}/{kind} {captures_text(captures)}"
    return f"{want['file']}:{want['line']}:{want['col']}: rustc {rustc}; certain {told}"


def batches(ablation: Ablation, chance: random.Random, count: int) -> Iterator[list[Deletion]]:
    """Sets of deletions, `count` deletions together; most sets are small, so that much of the crate stays known."""
    left = count
    while left > 0 and ablation.deletions:
        size = min(left, chance.choice((1, 2, 3, 5, 8)), len(ablation.deletions))
        yield chance.sample(ablation.deletions, size)
        left -= size
