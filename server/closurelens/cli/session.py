"""The world of one run: texts from the disk, crates from their manifests."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import traceback
from collections.abc import Callable
from typing import TypeVar

from closurelens.cli.inputs import text_or_none
from closurelens.index.answers import Answers
from closurelens.index.builder import Builder, Guard
from closurelens.index.store import CrateStore, cache_folder
from closurelens.project.dependencies import ManifestCache
from closurelens.project.features import FeatureSelection
from closurelens.project.load import LoadSettings, load_project
from closurelens.project.model import CrateGraph, Edition
from closurelens.records import dataclass, field
from closurelens.resolve.sources import ReadFile
from closurelens.stdsig.database import StdDb
from closurelens.world import Config, World

R = TypeVar("R")


def settings_of(options: argparse.Namespace) -> LoadSettings:
    """Of `--edition`, `--features`, `--all-features` and `--no-default-features`."""
    features = tuple(name for text in options.features for name in text.replace(",", " ").split())
    selection = FeatureSelection(features, options.all_features, not options.no_default_features)
    edition = Edition(int(options.edition)) if options.edition else Edition.E2021
    return LoadSettings(features=selection, loose_edition=edition)


@dataclass(slots=True)
class Reports:
    """Failures of our own analysis, as guarded in one place. Under pytest they are raised."""

    messages: list[str] = field(default_factory=list)

    def guard(self, what: str, work: Callable[[], R]) -> R | None:
        try:
            return work()
        except Exception as error:
            if "PYTEST_CURRENT_TEST" in os.environ:
                raise
            last = traceback.extract_tb(error.__traceback__)[-1]
            at = f"{os.path.basename(last.filename)}:{last.lineno}"
            self.messages.append(f"closurelens: bug: {what}: {type(error).__name__}: {error} ({at})")
            return None

    def tell(self) -> None:
        for message in self.messages:
            print(message, file=sys.stderr)


def _loader(settings: LoadSettings) -> Callable[[str], CrateGraph]:
    cache = ManifestCache()
    return lambda path: load_project(path, settings, cache=cache)


def make_world(
    settings: LoadSettings, reports: Reports, read: ReadFile = text_or_none, config: Config | None = None
) -> World:
    """`reports` gets what goes wrong with dependencies, which are indexed here when they are not in the database.

    `read` is asked for everything but the sources of stored dependencies.
    """
    load = _loader(settings)
    std = StdDb.load()
    folder = cache_folder()
    if folder is None:
        return World(read, load, std, config)
    builder = Builder(CrateStore(folder), std, text_or_none, _collecting(reports))
    return World(read, load, std, config, stored=builder.load)


def known_answers(settings: LoadSettings) -> Answers | None:
    """Those of earlier runs; None where nothing is kept."""
    folder = cache_folder()
    return None if folder is None else Answers(CrateStore(folder, "answers"), _loader(settings), repr(settings))


_YOUNG = 200_000
"""Objects made between two searches for cycles."""


def _collecting(reports: Reports) -> Guard:
    """The guard of indexing, which makes programs that hold themselves: only cycles being searched for frees them."""

    def guard(what: str, work: Callable[[], bytes]) -> bytes | None:
        was_enabled = gc.isenabled()
        if not was_enabled:
            gc.set_threshold(_YOUNG, 20, 100)
            gc.enable()
        try:
            return reports.guard(what, work)
        finally:
            if not was_enabled:
                gc.disable()

    return guard
