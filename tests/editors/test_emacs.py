"""Emacs with `editors/emacs/closurelens.el`: eglot, and lsp-mode alone and beside rust-analyzer."""

import shutil
from pathlib import Path
from typing import Any

import expected
import pytest
from run import ROOT, Run, tool, unpacked_crate

SCRIPT = Path(__file__).with_name("emacs.el")
SETTINGS = ROOT / "editors/emacs/closurelens.el"


def drive(run: Run, file: Path, client: str, analyzer: str, steps: str) -> dict[str, Any]:
    program = tool("emacs")
    assert program is not None
    found = run.events(
        program, "-Q", "--batch", "-l", SCRIPT, SETTINGS, file, client, analyzer, steps, seconds=300
    )  # fmt: skip
    run.assert_nothing_is_left()
    return found


def check(run: Run, found: dict[str, Any], clients: list[str]) -> None:
    assert found["clients"] == clients
    assert expected.first(found["hints"], 12) == expected.AT_FIRST
    assert found["typed"]["line"] == expected.TYPED_LINE
    assert expected.first(found["typed"]["hints"]) == expected.TYPED
    assert expected.first(found["saved"]) == expected.TYPED
    assert expected.TYPED_LINE in run.file("environment.rs").read_text()
    for part in expected.HOVER:
        assert part in found["hover"].replace("`", "")
    assert "Add `move`" in found["action"]["offered"]
    assert found["action"]["line"] == expected.ACTION_LINE
    assert expected.first(found["after"]) == expected.AFTER_ACTION


@pytest.mark.needs("emacs")
def test_eglot(run: Run) -> None:
    found = drive(run, run.file("environment.rs"), "eglot", "no", "all")
    check(run, found, ["closurelens"])
    assert found["hints-mode"] is True
    assert found["processes"] == 0


@pytest.mark.needs("emacs")
def test_lsp_mode(run: Run) -> None:
    check(run, drive(run, run.file("environment.rs"), "lsp-mode", "no", "all"), ["closurelens"])


@pytest.mark.needs("emacs", "rust-analyzer")
def test_lsp_mode_beside_rust_analyzer(run: Run) -> None:
    found = drive(run, run.file("environment.rs"), "lsp-mode", "yes", "all")
    check(run, found, ["closurelens", "rust-analyzer"])
    assert any(hint[2] == ": Vec<i32>" for hint in found["hints"])
    assert len(found["action"]["offered"]) > 1


@pytest.mark.needs("emacs")
def test_a_crate_of_others(run: Run) -> None:
    package = run.package.parent / "textwrap"
    shutil.copytree(unpacked_crate("textwrap"), package)
    file = package / "src/word_separators.rs"
    hints = [tuple(hint) for hint in drive(run, file, "eglot", "no", "hints")["hints"]]
    assert hints == expected.all_hints(file, run.environment)
    assert len(hints) > 4
