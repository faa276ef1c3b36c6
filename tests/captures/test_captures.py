"""Capture cases: rustc says that the labels are true, and the instant tier says the same."""

from pathlib import Path

import pytest

from support.captures import compare
from support.cases import Block, Case, parse_cases
from support.instant import closures_of
from support.rustc import answers_for

CASES = [case for path in sorted(Path(__file__).parent.glob("*.md")) for case in parse_cases(path)]
all_cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def blocks_of(case: Case) -> list[Block]:
    return [block for block in case.blocks if block.language == "rust"]


@all_cases
def test_rustc_agrees(case: Case) -> None:
    for block in blocks_of(case):
        answer = answers_for(case.file)[block.line]
        assert sorted(set(answer.errors)) == sorted(block.options.get("errors", "").split()), f"line {block.line}"
        assert not answer.unanswered, f"line {block.line}: rustc says nothing of some closures"
        wrong = compare(block, answer.closures, instant=False)
        assert not wrong, f"{case.file.name}: " + "\n".join(wrong)


@all_cases
def test_instant_agrees(case: Case) -> None:
    for block in blocks_of(case):
        wrong = compare(block, closures_of(block.code, block.edition), instant=True)
        assert not wrong, f"{case.file.name}: " + "\n".join(wrong)


def test_every_case_has_a_label() -> None:
    assert [case.id for case in CASES if not any(block.labels for block in case.blocks)] == []
