"""The shipped database, and the tools that make it on the import path."""

import sys
from pathlib import Path

import pytest

from closurelens.stdsig.database import StdDb

sys.path.insert(0, str(Path(__file__).parents[2] / "server" / "tools"))


@pytest.fixture(scope="session")
def db() -> StdDb:
    return StdDb.load()
