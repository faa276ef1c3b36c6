"""The demo crate holds the closures of the lessons; what it is expected to capture is what rustc says."""

import json

import pytest
from demo_answers import DEMO, EXPECTED, report, table

REFUSED = {
    "borrows_the_stack": {"E0597"},
    "consumes_too_often": {"E0525"},
    "reassigned": {"E0308"},
    "returned_reference": {"E0373", "E0515"},
    "used_after_move": {"E0382", "E0502"},
}


def test_instant_agrees() -> None:
    expected = json.loads(EXPECTED.read_text("utf-8"))
    assert sum(map(len, expected.values())) > 45
    assert table(report()) == expected


def test_rustc_agrees() -> None:
    assert table(report("--engine", "rustc")) == json.loads(EXPECTED.read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(path.stem for path in (DEMO / "refused").iterdir()))
def test_rustc_refuses(name: str) -> None:
    from closurelens.exact import ExactAnswers, ask_file

    asked = ask_file(DEMO / "refused" / f"{name}.rs", "2021")
    assert isinstance(asked, ExactAnswers)
    assert {error.code for error in asked.errors} == REFUSED[name]
