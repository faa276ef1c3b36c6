"""Every closure of real files is lowered, and prefixes of them never raise: with CLOSURELENS_CORPUS set to a folder."""

import os
import random
from pathlib import Path

import pytest
from test_lower_any_text import ITEMS, lower_all
from test_lower_bodies import SAMPLE

from closurelens.syntax.nodes import tree_of

FOLDER = os.environ.get("CLOSURELENS_CORPUS")
FILES = sorted(Path(FOLDER).rglob("*.rs")) if FOLDER else []
TEXTS = [pytest.param(SAMPLE.encode(), id="sample"), pytest.param(ITEMS.encode(), id="items")]


@pytest.mark.parametrize("path", [*TEXTS, *[pytest.param(path, id=str(path)) for path in FILES]])
def test_closures_are_complete(path: Path | bytes) -> None:
    source = path if isinstance(path, bytes) else path.read_bytes()
    assert all_closures(source) <= lower_all(source)


def all_closures(source: bytes) -> set[int]:
    return {node.start for node in tree_of(source).descendants() if node.kind == "closure_expression"}


def test_prefixes_of_files() -> None:
    chooser = random.Random(7)
    for _ in range(200 if FILES else 0):
        source = chooser.choice(FILES).read_bytes()
        lower_all(source[: chooser.randrange(len(source) + 1)])
