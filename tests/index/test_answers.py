"""Answers of an earlier run are given again while nothing has changed, and only then."""

from collections.abc import Callable
from pathlib import Path

import pytest

from closurelens.cli.inputs import find
from closurelens.cli.instant import analyse
from closurelens.cli.session import known_answers
from closurelens.project.features import FeatureSelection
from closurelens.project.load import LoadSettings
from support.projects import COPIED, MANIFEST, OWNED, write_project

LIB = """\
mod near;
#[path = "../../beyond.rs"]
mod beyond;
mod missing;
include!("text.in");
pub fn f() { let made = near::make(); let c = || { let _taken = made; }; c(); }
pub fn g() { let made = beyond::make(); let c = || { let _taken = made; }; c(); }
pub fn h() { let made = d::make(); let c = || { let _taken = made; }; c(); }
pub fn i() { let made = missing::make(); let c = || { let _taken = made; }; c(); }
pub fn j() { let made = included(); let c = || { let _taken = made; }; c(); }
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLOSURELENS_CACHE_DIR", str(tmp_path / "cache"))
    return write_project(tmp_path, LIB)


def told(project: Path, settings: LoadSettings | None = None) -> object:
    inputs, troubles = find([str(project / "p")])
    assert not troubles
    return analyse(inputs, LoadSettings() if settings is None else settings, jobs=1)


def told_anew(project: Path, monkeypatch: pytest.MonkeyPatch, settings: LoadSettings | None = None) -> object:
    with monkeypatch.context() as patch:
        patch.setenv("CLOSURELENS_CACHE_DIR", "")
        return told(project, settings)


def remembered(project: Path, settings: LoadSettings | None = None) -> list[str]:
    """The files of the package about which an earlier answer still stands."""
    known = known_answers(LoadSettings() if settings is None else settings)
    assert known is not None
    return [item.shown for item in find([str(project / "p")])[0] if known.get(item.path) is not None]


def written(name: str, text: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        (project / name).write_text(text, "utf-8")

    return change


CHANGES: dict[str, Callable[[Path], None]] = {
    "the file itself": written("p/src/lib.rs", LIB.replace("near::make()", "1")),
    "a file of the crate": written("p/src/near.rs", COPIED),
    "a file of the crate that was missing": written("p/src/missing.rs", OWNED),
    "a file of the crate that is gone": lambda project: (project / "p/src/near.rs").unlink(),
    "a file outside the package": written("beyond.rs", COPIED),
    "a file outside the package that is gone": lambda project: (project / "beyond.rs").unlink(),
    "included text": written("p/src/text.in", COPIED.replace("make", "included")),
    "a dependency": written("d/src/lib.rs", COPIED),
    "a dependency's edition": written("d/Cargo.toml", '[package]\nname = "d"\nversion = "0.1.0"\nedition = "2024"\n'),
    "the edition": written("p/Cargo.toml", MANIFEST.replace("2021", "2018")),
    "no such dependency": written("p/Cargo.toml", MANIFEST.partition("d = {")[0]),
    "a workspace around it": written("Cargo.toml", '[workspace]\nmembers = ["p", "d"]\n'),
    "a broken manifest": written("p/Cargo.toml", "[package"),
}


def test_what_has_not_changed_is_remembered(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remembered(project) == []
    first = told(project)
    assert first == told_anew(project, monkeypatch)
    assert remembered(project) == ["src/lib.rs", "src/near.rs"]
    assert told(project) == first


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_is_looked_at_anew(what: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = told(project)
    CHANGES[what](project)
    assert "src/lib.rs" not in remembered(project)
    now = told_anew(project, monkeypatch)
    assert told(project) == now
    neutral = ("a dependency's edition", "a workspace around it")
    assert (now == before) == (what in neutral), "this change does not tell whether it is seen"


def test_other_settings_are_other_questions(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(project)
    settings = LoadSettings(features=FeatureSelection(all_features=True))
    assert remembered(project, settings) == []
    assert told(project, settings) == told_anew(project, monkeypatch, settings)
    assert remembered(project, settings) == remembered(project) == ["src/lib.rs", "src/near.rs"]


def test_a_file_by_itself_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSURELENS_CACHE_DIR", str(tmp_path / "cache"))
    file = tmp_path / "p" / "one.rs"
    file.parent.mkdir()
    file.write_text("fn f(s: String) { let c = || drop(s); c(); }\n")
    first = told(tmp_path)
    assert told(tmp_path) == first
    assert remembered(tmp_path) == []
