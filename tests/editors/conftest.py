"""Editors that are not there skip their tests; with CLOSURELENS_REQUIRE_ALL=1 that is a failure."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from run import Run, new_run, tool


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            if tool(name) is None:
                pytest.skip(f"{name} is not there: `python tests/editors/install.py` installs it")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    found = new_run(tmp_path)
    try:
        yield found
    finally:
        found.kill_all()
