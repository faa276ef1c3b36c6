"""`captures` searches for no cycles, so an analysis may not make any: they would stay for the whole run."""

import gc
from pathlib import Path

from closurelens.cli.session import Reports, make_world
from closurelens.project.load import LoadSettings

DEMO = Path(__file__).parent.parent / "demo" / "src"


def test_an_analysis_makes_no_cycles() -> None:
    world = make_world(LoadSettings(), Reports())
    files = sorted(path.as_posix() for path in DEMO.rglob("*.rs"))

    def analyse() -> int:
        found = sum(len(world.snapshot().closures_in(path).closures()) for path in files)
        world.drop_analyses()
        return found

    assert analyse() > 40  # what is made once, for all bodies, is made here
    gc.collect()
    gc.disable()
    try:
        analyse()
        assert gc.collect() == 0
    finally:
        gc.enable()
