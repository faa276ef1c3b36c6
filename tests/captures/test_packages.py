"""Capture cases of several packages, of which the last block is looked at: the labels are what both engines say."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from closurelens.cli.inputs import text_or_none
from closurelens.cli.session import Reports, make_world
from closurelens.project.load import LoadSettings
from support.captures import Told, compare
from support.cases import Case, parse_cases
from support.instant import told

CASES = [case for path in sorted((Path(__file__).parent / "packages").glob("*.md")) for case in parse_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_package(case: Case, tmp_path: Path) -> None:
    for block in case.blocks:
        (tmp_path / block.role).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / block.role).write_text(block.code)
    block = case.blocks[-1]
    path = tmp_path / block.role
    assert text_or_none(path.as_posix()) is not None
    world = make_world(LoadSettings(), Reports())
    found = world.snapshot().closures_in(path.as_posix()).closures()
    ours: list[Told] = [told(placed.closure, placed.range.start - placed.closure.range[0]) for placed in found]
    wrong = compare(block, ours, instant=True)
    assert not wrong, "\n".join(wrong)
    assert _said(tmp_path, path) == _said(tmp_path, path, "--engine", "rustc")


def _said(folder: Path, path: Path, *options: str) -> list[Any]:
    argv = [sys.executable, "-m", "closurelens.cli.main", "captures", "--format", "json", *options, str(path)]
    done = subprocess.run(argv, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    (file,) = json.loads(done.stdout)["files"]
    return [
        (one["start"], one["trait"], one["kind"], [(c["place"], c["mode"]) for c in one["captures"]])
        for one in file["closures"]
    ]
