"""Neovim with `editors/neovim` on its runtime path."""

import shutil
from pathlib import Path

import expected
import pytest
from run import ROOT, Run, tool, unpacked_crate

SCRIPT = Path(__file__).with_name("neovim.lua")
SETTINGS = ROOT / "editors/neovim"


def drive(run: Run, file: Path, analyzer: str, steps: str) -> dict[str, object]:
    program = tool("nvim")
    assert program is not None
    found = run.events(program, "--headless", "-u", "NONE", "-l", SCRIPT, SETTINGS, file, analyzer, steps, seconds=240)
    run.assert_nothing_is_left()
    return found


def check(run: Run, found: dict, clients: list[str]) -> None:
    assert found["clients"] == clients
    assert found["roots"]["closurelens"] == str(run.package)
    assert expected.first(found["hints"]) == expected.AT_FIRST
    assert found["typed"]["line"] == expected.TYPED_LINE
    assert expected.first(found["typed"]["hints"]) == expected.TYPED
    assert expected.first(found["saved"]) == expected.TYPED
    assert expected.TYPED_LINE in run.file("environment.rs").read_text()
    for part in expected.HOVER:
        assert part in found["hover"].replace("`", "")
    assert "Add `move`" in found["action"]["offered"]
    assert found["action"]["line"] == expected.ACTION_LINE
    assert expected.first(found["after"]) == expected.AFTER_ACTION
    assert found["messages"] == [""]


@pytest.mark.needs("nvim")
def test_alone(run: Run) -> None:
    check(run, drive(run, run.file("environment.rs"), "no", "all"), ["closurelens"])


@pytest.mark.needs("nvim", "rust-analyzer")
def test_beside_rust_analyzer(run: Run) -> None:
    found = drive(run, run.file("environment.rs"), "yes", "all")
    check(run, found, ["closurelens", "rust_analyzer"])
    assert any(hint[2] == ": Vec<i32>" for hint in found["saved"])
    assert "rust_analyzer" in found["hover"]
    assert len(found["action"]["offered"]) > 1


@pytest.mark.needs("nvim")
def test_a_crate_of_others(run: Run) -> None:
    """Every hint of a long file is drawn where the server says, once it has been scrolled to."""
    source = unpacked_crate("textwrap")
    package = run.package.parent / "textwrap"
    shutil.copytree(source, package)
    file = package / "src/word_separators.rs"
    found = drive(run, file, "no", "scroll")
    hints = [tuple(hint) for hint in found["hints"]]
    assert hints == expected.all_hints(file, run.environment)
    assert len(hints) > 4
