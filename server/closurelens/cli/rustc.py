"""`--engine rustc`: the same report, told by rustc. Compiles code: packages by cargo, other files by rustc itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from closurelens.cli.inputs import Input, Trouble, read_text
from closurelens.cli.report import Json, Places, is_move, of_site
from closurelens.exact import CrateOptions, ExactAnswers, ask_crate, ask_file
from closurelens.exact.model import Capture, Closure, FileAnswers, Flavour, Mode, Projection
from closurelens.exact.model import Deref as ExactDeref
from closurelens.exact.model import Field as ExactField
from closurelens.exact.model import Place as ExactPlace
from closurelens.exact.sites import sites_of
from closurelens.project import paths
from closurelens.project.load import LoadSettings, load_project
from closurelens.project.model import CrateGraph
from closurelens.project.modules import crate_of_file

_WORDS = {
    Mode.REF: "borrowed",
    Mode.UNIQ: "borrowed mutably",
    Mode.MUT: "borrowed mutably",
    Mode.COPY: "copied",
    Mode.MOVE: "moved",
}


def ask(inputs: list[Input], settings: LoadSettings, options: argparse.Namespace) -> list[Json | Trouble]:
    """One answer an input, in their order."""
    asker = _Asker(settings, _check_args(options))
    return [asker.file(item) for item in inputs]


def _check_args(options: argparse.Namespace) -> tuple[str, ...]:
    args = [f"--features={features}" for features in options.features]
    if options.all_features:
        args.append("--all-features")
    if options.no_default_features:
        args.append("--no-default-features")
    return tuple(args)


class _Asker:
    """Asks each package once."""

    def __init__(self, settings: LoadSettings, check_args: tuple[str, ...]) -> None:
        self.settings = settings
        self.check_args = check_args
        self.graphs: dict[str, CrateGraph] = {}
        self.packages: dict[str, ExactAnswers | str] = {}

    def file(self, item: Input) -> Json | Trouble:
        text = read_text(item.path)
        if isinstance(text, str):
            return Trouble(item.shown, text)
        graph = self._graph(item.path)
        crates = crate_of_file(graph, item.path)
        package = max((p for p in graph.packages if paths.is_within(item.path, p)), key=len, default=None)
        edition = str(int(crates[0].edition if crates else self.settings.loose_edition))
        if package is None:
            asked = ask_file(Path(item.path), edition)
            answers: ExactAnswers | str = asked if isinstance(asked, ExactAnswers) else asked.message
            key = paths.name(item.path)
        else:
            answers = self._package(package, graph)
            key = paths.relative_to(item.path, package) or ""
        if isinstance(answers, str):
            return Trouble(item.shown, answers)
        found = answers.files.get(key)
        if package is not None and (found is None or not found.closures) and b"|" in text:
            # Cargo does not compile the file; by itself rustc may.
            alone = ask_file(Path(item.path), edition)
            if isinstance(alone, ExactAnswers):
                found = alone.files.get(paths.name(item.path))
        told = _closures(found, text, Places(text, _bom(item.path)))
        return {"path": item.shown, "edition": edition, "closures": told}

    def _graph(self, path: str) -> CrateGraph:
        for graph in self.graphs.values():
            if any(paths.is_within(path, package) for package in graph.packages):
                return graph
        graph = self.graphs[path] = load_project(path, self.settings)
        return graph

    def _package(self, package: str, graph: CrateGraph) -> ExactAnswers | str:
        if package not in self.packages:
            target = Path(graph.root) / "target" / "closurelens"
            asked = ask_crate(Path(package), CrateOptions(target, self.check_args, all_targets=True))
            self.packages[package] = asked if isinstance(asked, ExactAnswers) else asked.message
        return self.packages[package]


def _bom(path: str) -> int:
    with open(path, "rb") as file:
        return 3 if file.read(3) == b"\xef\xbb\xbf" else 0


def _closures(answers: FileAnswers | None, text: bytes, places: Places) -> list[Json]:
    out: list[Json] = []
    for site in sites_of(text):
        if site.flavour is Flavour.ASYNC_BLOCK:
            continue
        start = site.start + places.bom
        closure = None if answers is None else answers.closures.get(start, answers.closures.get(site.start))
        if closure is None:
            reason = None if answers is None else answers.unanswered.get(start)
            said = "not part of what cargo compiles" if reason is None else reason.value
            out.append(of_site(site, text, places, f"rustc says nothing of it: {said}"))
        else:
            out.append(_closure(closure, site.start, site.end, text, places))
    return out


def _closure(closure: Closure, start: int, end: int, text: bytes, places: Places) -> Json:
    return {
        **places.span(start, end),
        "move": is_move(text, start),
        "trait": closure.natural.value if closure.natural is not None else "Fn",
        "kind": None if closure.kind is None else closure.kind.value,
        "certain": True,
        "captures": [_capture(capture, closure, places) for capture in closure.captures],
    }


def _capture(capture: Capture, closure: Closure, places: Places) -> Json:
    uses = [
        {**places.at(use.span.start - places.bom), "why": _WORDS[use.mode]}
        for use in closure.uses
        if use.span is not None and _is_part(capture.place, use.place)
    ]
    return {
        "variable": capture.place.variable,
        "fields": capture.place.fields,
        "place": _display(capture.place),
        "mode": capture.mode.value,
        "certain": True,
        "type": _stored_type(capture),
        "uses": uses,
    }


def _stored_type(capture: Capture) -> str | None:
    """The place's type: rustc tells that of the reference where the capture is one."""
    ty = capture.ty
    if ty is None or capture.mode in (Mode.COPY, Mode.MOVE):
        return ty
    plain = ty.removeprefix("&")
    if plain.startswith("'"):
        plain = plain.partition(" ")[2]
    return plain.removeprefix("mut ")


def _is_part(place: ExactPlace, use: ExactPlace) -> bool:
    def steps(projections: tuple[Projection, ...]) -> list[int]:
        return [p.index for p in projections if isinstance(p, ExactField)]

    here, there = steps(place.projections), steps(use.projections)
    return place.variable == use.variable and there[: len(here)] == here[: len(there)]


def _display(place: ExactPlace) -> str:
    text = place.variable
    for number, projection in enumerate(place.projections):
        if isinstance(projection, ExactField):
            text = f"{text}.{projection.name if projection.name is not None else f'#{projection.index}'}"
        elif isinstance(projection, ExactDeref):
            following = place.projections[number + 1 :]
            if not following or isinstance(following[0], ExactDeref):
                text = f"*{text}"
    return text
