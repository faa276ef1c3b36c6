"""Analyses many files, on all cores where there is enough to do.

Invariant: the answers are in the order of the inputs, whatever the number of processes.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence

from closurelens.cli.inputs import Input, Trouble, read_text, text_or_none
from closurelens.cli.progress import progress
from closurelens.cli.report import Json, Places, of_file
from closurelens.cli.session import Reports, known_answers, make_world
from closurelens.index.answers import Answers, Reads
from closurelens.index.stamps import State, state_of
from closurelens.project.load import LoadSettings
from closurelens.records import dataclass, field
from closurelens.world import Config, World

_WORTH_A_PROCESS = 300_000
"""Bytes of code with closures from which a second process pays for its start."""

_BATCHES = 8
"""Of each process: few, as files of one crate share what is known of it; more than one, as some are slower."""


@dataclass(slots=True)
class Batch:
    """Answers by the number of their input."""

    files: list[tuple[int, Json | Trouble]] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)
    reads: dict[str, State] = field(default_factory=dict)
    """What may have been read for any of them."""


def analyse(inputs: list[Input], settings: LoadSettings, *, jobs: int | None) -> list[Json | Trouble]:
    known = known_answers(settings)
    found: dict[int, Json | Trouble] = {}
    if known is not None:
        for number, item in enumerate(inputs):
            answer = known.get(item.path)
            if answer is not None:
                found[number] = {**answer, "path": item.shown}
    asked = [(number, item) for number, item in enumerate(inputs) if number not in found]
    sizes = [_size(item.path) for _, item in asked]
    cores = jobs if jobs is not None else _cores()
    workers = max(1, min(cores, sum(sizes) // _WORTH_A_PROCESS + 1 if jobs is None else cores, len(asked)))
    reports = Reports()
    with progress(len(asked)) as bar:
        for batch in _batches(asked, sizes, settings, workers) if asked else ():
            found.update(batch.files)
            reports.messages += batch.bugs
            if known is not None and not batch.bugs:
                _keep(known, inputs, batch)
            bar.advance(len(batch.files))
    reports.tell()
    return [found[number] for number in range(len(inputs))]


def _keep(known: Answers, inputs: list[Input], batch: Batch) -> None:
    for number, answer in batch.files:
        if not isinstance(answer, Trouble):
            known.put(inputs[number].path, answer, batch.reads)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _batches(
    numbered: list[tuple[int, Input]], sizes: list[int], settings: LoadSettings, workers: int
) -> Iterator[Batch]:
    if workers == 1:
        start(settings)
        for item in numbered:
            yield run([item])
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    # The progress bar has a thread, so a forked process could find its locks held for ever.
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=start, initargs=(settings,)) as pool:
        waiting = [pool.submit(run, part) for part in _parts(numbered, sizes, workers * _BATCHES)]
        for done in as_completed(waiting):
            yield done.result()


def _parts(numbered: Sequence[tuple[int, Input]], sizes: list[int], count: int) -> Iterator[list[tuple[int, Input]]]:
    """Neighbours, about as many bytes in each part."""
    goal = max(1, sum(sizes) // count)
    part: list[tuple[int, Input]] = []
    size = 0
    for number, item in numbered:
        part.append((number, item))
        size += sizes[number]
        if size >= goal:
            yield part
            part, size = [], 0
    if part:
        yield part


_worlds: list[tuple[World, Reads, Reports]] = []
"""The world of this process, what it has read, and what went wrong with dependencies; a pool's functions have no other
place to keep them between calls."""


def start(settings: LoadSettings) -> None:
    reports = Reports()
    reads = Reads(text_or_none)
    _worlds[:] = [(make_world(settings, reports, reads, Config(coroutines=False)), reads, reports)]
    # What an analysis makes has no cycles, so it is freed without a search for them.
    gc.freeze()
    gc.disable()


def run(batch: list[tuple[int, Input]]) -> Batch:
    world, reads, indexing = _worlds[0]
    out = Batch(reads=reads.states)
    for number, item in batch:
        reports = Reports()
        reads.states.setdefault(item.path, state_of(item.path))
        out.files.append((number, _file(world, item, reports)))
        out.bugs += reports.messages
        world.drop_analyses()
    out.bugs += indexing.messages
    indexing.messages.clear()
    return out


def _file(world: World, item: Input, reports: Reports) -> Json | Trouble:
    text = read_text(item.path)
    if isinstance(text, str):
        return Trouble(item.shown, text)
    snapshot = world.snapshot()
    found = snapshot.closures_in(item.path, reports.guard)
    places = Places(text, _size(item.path) - len(text))
    edition = str(int(snapshot.edition_of(item.path)))
    return {"path": item.shown, "edition": edition, "closures": of_file(found, places)}
