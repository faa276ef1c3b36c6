"""Each assist does what its cases say, and rustc confirms them: what was broken, what works, what fails."""

from functools import cache
from pathlib import Path

import pytest
from assist_cases import HERE, AssistCase, ask, assist_of, cases_of, errors_of

from closurelens.ide import assists
from closurelens.ide.assists import ASSISTS, Offer, Refusal

FILES = sorted(HERE.glob("*.md"))
CASES = [(path, case) for path in FILES for case in cases_of(path)]


def test_every_assist_has_a_module_with_documentation_and_cases() -> None:
    folder = Path(assists.__file__).parent
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem not in ("__init__", "assist"))
    assert sorted(assist.id for assist in ASSISTS) == modules == [path.stem for path in FILES]
    for assist in ASSISTS:
        documentation = assist.check.__globals__["__doc__"]
        assert "Before:\n" in documentation, assist.id
        assert "After:\n" in documentation, assist.id


def ids(value: object) -> str:
    return value.case.id if isinstance(value, AssistCase) else ""


@pytest.mark.parametrize(("path", "case"), CASES, ids=ids)
def test_what_it_says(path: Path, case: AssistCase) -> None:
    told = ask(assist_of(path), case.before)
    if case.after is not None:
        assert isinstance(told.answer, Offer), told.answer
        assert told.after == case.after.code
    elif case.refused is not None:
        assert isinstance(told.answer, Refusal), told.answer
        assert told.answer.reason + "\n" == case.refused.code
    else:
        assert told.answer is None


@cache
def rustc_on(path: Path, folder: Path) -> dict[str, tuple[list[str], list[str]]]:
    """By case: the errors of the text, and those of the text with the edit, also where that is refused."""
    cases = cases_of(path)
    texts = [(c.before.edition, c.before.code.replace("$0", "")) for c in cases]
    texts += [(c.before.edition, ask(assist_of(path), c.before).after) for c in cases]
    errors = errors_of(texts, folder)
    return {c.case.id: (errors[at], errors[at + len(cases)]) for at, c in enumerate(cases)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assists")


@pytest.mark.parametrize(("path", "case"), CASES, ids=ids)
def test_rustc_agrees(path: Path, case: AssistCase, folder: Path) -> None:
    before, after = rustc_on(path, folder)[case.case.id]
    assert " ".join(before) == case.before.options.get("errors", "")
    if case.after is not None:
        assert after == []
    elif case.refused is not None:
        assert " ".join(after) == case.refused.options.get("errors", "")
