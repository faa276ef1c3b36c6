"""Every construct of Rust parses; what does not is listed as such."""

from __future__ import annotations

from pathlib import Path

import pytest

from closurelens.syntax.nodes import tree_of


def section(name: str) -> list[str]:
    lines = (Path(__file__).parent / "constructs.txt").read_text(encoding="utf-8").splitlines()
    start = lines.index(f"[{name}]") + 1
    end = next((at for at in range(start, len(lines)) if lines[at].startswith("[")), len(lines))
    return [line for line in lines[start:end] if line and not line.startswith("#")]


def in_function(statements: str) -> bytes:
    return f"fn main() {{ {statements} }}".encode()


@pytest.mark.parametrize("name", ["statements", "items"])
def test_each_construct_parses(name: str) -> None:
    wrong = []
    for line in section(name):
        source = in_function(line) if name == "statements" else line.encode()
        if tree_of(source).has_error:
            wrong.append(line)
    assert wrong == []


def test_each_construct_parses_among_others() -> None:
    """A repair of one construct leaves the others alone."""
    assert not tree_of(b"\n".join(in_function(line) for line in section("statements"))).has_error
    assert not tree_of("\n".join(section("items")).encode()).has_error


def test_constructs_that_do_not_parse_yet() -> None:
    for line in section("unknown"):
        source = line.removeprefix("item: ").encode() if line.startswith("item: ") else in_function(line)
        assert tree_of(source).has_error, f"{line} parses now: move it up"
