"""`macro_rules!` by cases: texts of expansions, and values that rustc agrees with."""

import subprocess
from functools import cache
from pathlib import Path

import pytest
from expanding import Definitions, define, expand, spelled_out_code

from closurelens.hir.macros.api import Expansion, Failure, Position
from support.cases import Block, Case, parse_cases

CASES = parse_cases(Path(__file__).with_name("rules.md"))
POSITIONS: dict[str, Position] = {"expr": "expr", "stmt": "stmt", "item": "item"}


def calls_of(case: Case) -> list[tuple[Block, Block]]:
    blocks = case.blocks
    return [(block, blocks[n + 1]) for n, block in enumerate(blocks) if block.role == "call"]


def values_of(case: Case) -> list[Block]:
    blocks = [*case.blocks, Block("", {}, "", "", 0)]
    return [block for n, block in enumerate(blocks) if block.role == "value" and blocks[n + 1].role != "errors"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_expansions(case: Case) -> None:
    for call, expected in calls_of(case):
        edition = int(call.edition)
        answer = expand(
            call.code, definitions_of(case, edition), POSITIONS[call.options.get("position", "expr")], edition
        )
        if expected.role == "errors":
            assert isinstance(answer, Failure)
            assert answer.why == expected.code.strip()
        else:
            assert expected.role == "becomes"
            assert isinstance(answer, Expansion), answer
            assert answer.text.decode().split() == expected.code.split()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_failing_values(case: Case) -> None:
    for block, after in zip(case.blocks, case.blocks[1:], strict=False):
        if block.role == "value" and after.role == "errors":
            with pytest.raises(AssertionError, match=after.code.strip()):
                spelled_out_code(block.code.strip(), definitions_of(case))


def definitions_of(case: Case, edition: int = 2021) -> Definitions:
    return define(case.blocks[0].code, edition)


@cache
def program() -> str:
    """Compares each value with the macros and with their expansions spelled out."""
    parts = ["#![allow(warnings)]", "use std::fmt::Debug;"]
    main = ["fn main() {"]
    for number, case in enumerate(CASES):
        for index, block in enumerate(values_of(case)):
            code = block.code.strip()
            name = f"case{number}_{index}"
            spelled = spelled_out_code(code, definitions_of(case))
            parts += [f"mod {name} {{", case.blocks[0].code]
            parts += [f'pub fn ours() -> String {{ format!("{{:?}}", {spelled}) }}']
            parts += [f'pub fn theirs() -> String {{ format!("{{:?}}", {code}) }}', "}"]
            main.append(
                f'println!("{{}}", if {name}::ours() == {name}::theirs() {{ "same" }} else {{ "{case.heading}" }});'
            )
    return "\n".join([*parts, *main, "}"])


def test_rustc_agrees(tmp_path: Path) -> None:
    source, binary = tmp_path / "main.rs", tmp_path / "main"
    source.write_text(program())
    compiled = subprocess.run(
        ["rustc", "--edition=2021", "-o", str(binary), str(source)], capture_output=True, text=True, timeout=300
    )
    assert compiled.returncode == 0, compiled.stderr[:3000]
    lines = subprocess.run([str(binary)], capture_output=True, text=True, timeout=60).stdout.split("\n")
    assert [line for line in lines if line not in ("same", "")] == []
    assert lines.count("same") == sum(len(values_of(case)) for case in CASES) > 20
