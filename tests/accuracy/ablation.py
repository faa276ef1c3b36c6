"""Deletes things from crates that compile and looks for answers that are certain and wrong.

An ablated crate does not compile, or is another program; what stays marked certain in it must still be what rustc says
of the intact crate. The intact crate's own answers are compared in the same way (`intact`).
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crate_scores import oracle_of, source_of
from deletions import WORD, Deletion, deletions_in, without
from scoring import captures_text, same_captures

from closurelens.capture.model import ClosureCaptures
from closurelens.cli.inputs import text_or_none
from closurelens.cli.report import mode_word
from closurelens.hir.macros.api import Expansion
from closurelens.infer.goals import SharedCache
from closurelens.project import paths
from closurelens.project.dependencies import ManifestCache
from closurelens.project.features import FeatureSelection
from closurelens.project.files import Entry, FileSystem, Unreadable
from closurelens.project.load import DiskFileSystem, LoadSettings, load_project
from closurelens.project.modules import crate_of_file
from closurelens.resolve.bodies import BodyOwner, file_bodies
from closurelens.resolve.program import Program
from closurelens.resolve.sources import FileItems, FileStore, ReadFile
from closurelens.stdsig.database import StdDb
from closurelens.world import FileClosures
from closurelens.world.analysis import Receivers, analyse, may_capture, text_of
from closurelens.world.model import PlacedBody

Json = dict[str, Any]

MOST_NEAR = 10
"""So many bodies are asked about again for each deletion, of those that name what is gone or stand beside it."""
MOST_FAR = 3
"""And so many of all bodies for each set of deletions: what is gone may be part of what they name."""

_BRINGS_IMPLS = frozenset(("use", "use name", "impl", "derive", "macro"))


@dataclass(slots=True, frozen=True)
class Body:
    """An outermost body that holds closures, by where its item starts; nothing that is deleted elsewhere moves it."""

    path: str
    start: int
    text: bytes


@dataclass(slots=True)
class Wrong:
    """A closure of whose certain answer these claims are not rustc's."""

    where: str
    claims: frozenset[str]
    rustc: str
    gone: str

    def __str__(self) -> str:
        claims = ", ".join(sorted(self.claims))
        return f"{self.where}: rustc {self.rustc}; certain {claims}\n    without {self.gone or 'nothing'}"


@dataclass(slots=True)
class Outcome:
    """`certain` of `compared` answers were marked certain."""

    deletions: int = 0
    compared: int = 0
    certain: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def merge(self, other: "Outcome") -> None:
        self.deletions += other.deletions
        self.compared += other.compared
        self.certain += other.certain
        self.wrong += other.wrong
        self.answers += other.answers


@dataclass(slots=True)
class Without:
    """The disk, on which these folders are not."""

    base: FileSystem
    folders: frozenset[str]

    def _is_gone(self, path: str) -> bool:
        return any(paths.is_within(path, folder) for folder in self.folders)

    def read(self, path: str) -> bytes | Unreadable:
        return Unreadable(True, "ablated") if self._is_gone(path) else self.base.read(path)

    def entries(self, folder: str) -> Sequence[Entry]:
        return [e for e in self.base.entries(folder) if not self._is_gone(paths.join(folder, e.name))]

    def is_file(self, path: str) -> bool:
        return not self._is_gone(path) and self.base.is_file(path)

    def is_dir(self, path: str) -> bool:
        return not self._is_gone(path) and self.base.is_dir(path)


class KeptItems(FileStore):
    """The items of a file that is the same in several programs are made for the first of them."""

    def __init__(self, read: ReadFile, kept: dict[tuple[str, int], FileItems]) -> None:
        super().__init__(read)
        self.kept = kept

    def items(self, path: str, edition: int) -> FileItems | None:
        key = (path, edition)
        known = self.kept.get(key)
        if known is not None and known.source.text == self.text(path):
            return known
        found = FileStore.items(self, path, edition)
        if found is not None:
            self.kept.setdefault(key, found)
        return found


class Ablation:
    """One crate, whose texts are edited and put right again."""

    def __init__(self, crate: str, std: StdDb) -> None:
        oracle = oracle_of(crate)
        self.crate = crate
        self.root = source_of(oracle)
        self.std = std
        self.features = FeatureSelection(tuple(oracle["features"].split()), False, True)
        self.wanted: dict[str, dict[int, Json]] = {}
        for closure in oracle["closures"]:
            self.wanted.setdefault(str(self.root / closure["file"]), {})[closure["start"]] = closure
        self.receivers = Receivers(std)
        self.edited: dict[str, bytes] = {}
        self.looked_at: set[str] = set()
        self.kept: dict[tuple[str, int], FileItems] = {}
        self.manifests = ManifestCache()
        self.shared = SharedCache()
        self.program = self._program_without(frozenset())
        self.texts = self._texts()
        self.bodies = self._bodies()
        self.near = self._near()
        self.deletions = list(self.near)
        self.intact = self._compared(self.program, "", self.bodies)
        self.packages = self._packages()

    def _program_without(self, folders: frozenset[str]) -> Program:
        """The program as it is when these folders are not on the machine."""
        settings = LoadSettings(features=self.features)
        disk = Without(DiskFileSystem(), folders) if folders else DiskFileSystem()
        cache = ManifestCache() if folders else self.manifests
        cache.manifests.update(
            (at, manifest)
            for at, manifest in self.manifests.manifests.items()
            if not any(paths.is_within(at, folder) for folder in folders)
        )
        program = Program(load_project(str(self.root / "Cargo.toml"), settings, disk, cache), self.std, self._read)
        program.files = KeptItems(self._read, self.kept)
        return program

    def _read(self, path: str) -> bytes | None:
        self.looked_at.add(path)
        found = self.edited.get(path)
        return text_or_none(path) if found is None else found

    def _texts(self) -> dict[str, bytes]:
        """The files of the crate that hold code: those with closures, and all others of its `src`."""
        paths = {*self.wanted, *(str(path) for path in (self.root / "src").rglob("*.rs"))}
        return {path: Path(path).read_bytes() for path in sorted(paths)}

    def _bodies(self) -> list[Body]:
        """Those in which a closure stands that rustc has answered."""
        out: dict[Body, None] = {}
        for path, wanted in self.wanted.items():
            for owner in self._owners(self.program, path):
                start, end = owner.item_range
                if may_capture(text_of(owner)) and any(start <= at < end for at in wanted):
                    out[Body(path, start, text_of(owner))] = None
        return list(out)

    def _packages(self) -> list[frozenset[str]]:
        """The folders of dependencies, each by itself where its source was looked at for the intact answers; those
        that count only by what features they request together."""
        crates = self.program.graph.crates.values()
        folders = {edge.source_dir for crate in crates for edge in crate.dependencies.values()} - {None}
        others = {str(folder) for folder in folders if not paths.is_within(str(self.root), str(folder))}
        read = {folder for folder in others if any(paths.is_within(path, folder) for path in self.looked_at)}
        alone = [frozenset((folder,)) for folder in sorted(read)]
        return [*alone, frozenset(others - read)] if others - read else alone

    def without(self, gone: list[Deletion], bodies: Iterable[Body]) -> Outcome:
        """The answers after an edit of the intact crate, which is undone."""
        paths = self._edit(gone)
        outcome = self._compared(self.program, _text(gone), bodies)
        outcome.deletions = len(gone)
        self.edited.clear()
        self._forget(paths)
        return outcome

    def without_from_scratch(self, gone: list[Deletion], bodies: Iterable[Body]) -> Outcome:
        """The same as `without`, of a program that has never seen another text."""
        paths = self._edit(gone)
        kept, self.kept = self.kept, {}
        outcome = self._compared(self._program_without(frozenset()), _text(gone), bodies)
        outcome.deletions = len(gone)
        self.kept = kept
        self.edited.clear()
        self._forget(paths)
        return outcome

    def _edit(self, gone: list[Deletion]) -> list[str]:
        by_file: dict[str, list[Deletion]] = {}
        for deletion in gone:
            by_file.setdefault(deletion.path, []).append(deletion)
        self.edited = {path: without(self.texts[path], deletions) for path, deletions in by_file.items()}
        self._forget(by_file)
        return list(by_file)

    def _forget(self, paths: Iterable[str]) -> None:
        for path in paths:
            self.program.forget(path)
        self.shared = SharedCache()

    def without_packages(self, folders: frozenset[str]) -> Outcome:
        self.shared = SharedCache()
        names = sorted(folder.rpartition("/")[2] for folder in folders)
        outcome = self._compared(self._program_without(folders), ", ".join(names), self.bodies)
        self.shared = SharedCache()
        outcome.deletions = len(folders)
        return outcome

    def surprises(self, outcome: Outcome) -> list[Wrong]:
        """What is wrong because of a deletion: where a claim about the intact crate differs already, what is missing
        has no part in it (test_accuracy.py counts those, and a few of the oracle's answers are not right)."""
        known = {(wrong.where, claim) for wrong in self.intact.wrong for claim in wrong.claims}
        return [w for w in outcome.wrong if not known.issuperset((w.where, claim) for claim in w.claims)]

    def _near(self) -> dict[Deletion, list[Body]]:
        """For each deletion that a body may notice, the bodies that name what is gone; of a `use` and what else may
        bring an impl, all bodies of the file."""
        naming: dict[bytes, list[Body]] = {}
        inside: dict[str, list[Body]] = {}
        for body in self.bodies:
            inside.setdefault(body.path, []).append(body)
            for word in set(WORD.findall(body.text)):
                naming.setdefault(word, []).append(body)
        out: dict[Deletion, list[Body]] = {}
        for path, text in self.texts.items():
            for deletion in deletions_in(path, text):
                beside = inside.get(path, []) if deletion.kind in _BRINGS_IMPLS else []
                named = [body for name in sorted(deletion.names) for body in naming.get(name, ())]
                if beside or named:
                    out[deletion] = list(dict.fromkeys((*beside, *named)))
        return out

    def asked(self, gone: list[Deletion], chance: random.Random) -> list[Body]:
        out: dict[Body, None] = {}
        for deletion in gone:
            near = self.near[deletion]
            out.update(dict.fromkeys(chance.sample(near, min(len(near), MOST_NEAR))))
        out.update(dict.fromkeys(chance.sample(self.bodies, min(len(self.bodies), MOST_FAR))))
        return list(out)

    def _owners(self, program: Program, path: str) -> list[BodyOwner]:
        for crate in crate_of_file(program.graph, path):
            index = program.crate(crate)
            if crate.root == path or index.modules_of_file(path):
                return file_bodies(index, path)
        return []

    def _compared(self, program: Program, gone: str, bodies: Iterable[Body]) -> Outcome:
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

    def _compare(self, found: FileClosures, gone: str, outcome: Outcome) -> None:
        wanted = self.wanted[found.path]
        for placed in found.closures():
            want = wanted.get(placed.range.start)
            if want is None or placed.closure.is_coroutine:
                continue
            outcome.compared += 1
            outcome.answers.append(f"{want['file']}:{placed.range.start} {_told(placed.closure)}")
            if placed.closure.certain:
                outcome.certain += 1
                claims = wrong_claims(want, placed.closure)
                if claims:
                    where = f"{self.crate}: {want['file']}:{want['line']}:{want['col']}"
                    rustc = f"{want['trait']}/{want['kind']} {captures_text(want['captures'])}"
                    outcome.wrong.append(Wrong(where, claims, rustc, gone))


def wrong_claims(want: Json, got: ClosureCaptures) -> frozenset[str]:
    """In what a certain answer differs from rustc's: the trait, the captures, the kind as far as that is certain."""
    out: list[str] = []
    if got.trait.value != want["trait"]:
        out.append(f"trait {got.trait.value}")
    if not same_captures(want["captures"], _captures(got)):
        out.append(f"captures {captures_text(_captures(got))}")
    kind = None if got.kind is None or got.kind_uncertain is not None else got.kind.value
    if None not in (kind, want["kind"]) and kind != want["kind"]:
        out.append(f"kind {kind}")
    return frozenset(out)


def _captures(got: ClosureCaptures) -> list[Any]:
    return [(c.place.name, c.place.fields, mode_word(c.mode)) for c in got.captures]


def _told(got: ClosureCaptures) -> str:
    kind = "?" if got.kind is None else got.kind.value + ("?" if got.kind_uncertain is not None else "")
    return f"{got.trait.value}/{kind} {captures_text(_captures(got))}{'' if got.certain else '?'}"


def _text(gone: list[Deletion]) -> str:
    return "; ".join(map(str, gone))


def batches(ablation: Ablation, chance: random.Random, count: int) -> Iterator[list[Deletion]]:
    """Sets of deletions, `count` deletions together; most sets are small, so that much of the crate stays known."""
    left = count
    while left > 0 and ablation.deletions:
        size = min(left, chance.choice((1, 2, 3, 5, 8)), len(ablation.deletions))
        yield chance.sample(ablation.deletions, size)
        left -= size
