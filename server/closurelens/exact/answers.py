"""Puts together what the reports and MIR of all targets say, one answer a closure.

Invariant: the first target that compiled a closure answers for it (cargo lists the library before its tests).
"""

from closurelens.exact.diagnostics import Row
from closurelens.exact.mir import ClosureMir, is_copy
from closurelens.exact.model import (
    Capture,
    Closure,
    FileAnswers,
    Flavour,
    Mode,
    Place,
    Span,
    Trait,
    Unanswered,
    Use,
)
from closurelens.exact.places import names_from_source, names_from_symbol, share_names
from closurelens.exact.sites import Site
from closurelens.exact.targets import Source, TargetReport

_RANK = {Mode.REF: 0, Mode.UNIQ: 1, Mode.MUT: 1, Mode.COPY: 2, Mode.MOVE: 2}
_TRAITS = (Trait.FN, Trait.FN_MUT, Trait.FN_ONCE)


def put_together(sources: dict[str, Source], reports: list[TargetReport]) -> dict[str, FileAnswers]:
    files: dict[str, FileAnswers] = {}
    for key, source in sources.items():
        answers = files[key] = FileAnswers(source.digest)
        for site in source.sites:
            answer = _answer(key, site, sources, reports)
            if isinstance(answer, Closure):
                answers.closures[site.start] = answer
            else:
                answers.unanswered[site.start] = answer
    return files


def _answer(key: str, site: Site, sources: dict[str, Source], reports: list[TargetReport]) -> Closure | Unanswered:
    at = (key, site.start)
    for told in reports:
        first = told.report.first.get(at)
        if first is None:
            continue
        minimum = told.report.minimum.get(at, [])
        if not (_all_alike(first) and _all_alike(minimum)):
            return Unanswered.EXPANSIONS_DIFFER
        mir = told.mir.get(at, ClosureMir())
        end = told.report.ends.get(at, site.end)
        return _closure(site, end, first[0], minimum[0] if minimum else [], mir, sources)
    return Unanswered.BROKEN_BY_ATTRIBUTE if site.start in sources[key].skipped else Unanswered.NOT_COMPILED


def _all_alike(expansions: list[list[Row]]) -> bool:
    told = [[(row.place, row.mode) for row in rows] for rows in expansions]
    return all(rows == told[0] for rows in told)


def _closure(
    site: Site, end: int, first: list[Row], minimum: list[Row], mir: ClosureMir, sources: dict[str, Source]
) -> Closure:
    places: list[Place] = []
    for index, row in enumerate(minimum):
        upvar = mir.upvars.get(index)
        places.append(names_from_symbol(upvar.symbol, row.place) if upvar else row.place)
    places = share_names([*places, *(row.place for row in first)])
    places = [
        names_from_source(_text(row.file, row.path, sources), place)
        for row, place in zip([*minimum, *first], places, strict=True)
    ]
    places = share_names(places)
    captures = [
        Capture(
            places[index],
            Mode.COPY if row.mode is Mode.MOVE and is_copy(mir, index) else row.mode,
            mir.upvars[index].ty if index in mir.upvars else None,
            row.path,
            row.decider,
        )
        for index, row in enumerate(minimum)
    ]
    uses = [Use(place, row.mode, row.path) for row, place in zip(first, places[len(minimum) :], strict=True)]
    natural = _TRAITS[max((_RANK[row.mode] for row in first), default=0)]
    return Closure(
        site.start,
        end,
        site.flavour,
        None if site.flavour is Flavour.ASYNC_BLOCK else natural,
        mir.kind,
        captures,
        uses,
    )


def _text(file: str | None, span: Span | None, sources: dict[str, Source]) -> str:
    if file is None or span is None:
        return ""
    return sources[file].text[span.start : span.end].decode("utf-8", "replace")
