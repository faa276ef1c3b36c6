"""What expressions, patterns, types, items, `cfg` and unexpanded macros are lowered to: see the Markdown files."""

import pytest
from lower_text import body_of, cases, check, show

from closurelens.hir.body import Block
from closurelens.hir.lower.items import lower_items
from closurelens.syntax.nodes import tree_of

Case = tuple[str, list[str], list[str]]


def of(file: str) -> pytest.MarkDecorator:
    found = list(cases(file))
    assert found, file
    return pytest.mark.parametrize("case", found, ids=[name for name, _, _ in found])


def lower_statements(line: str) -> str:
    body = body_of(f"fn f() {{ {line} }}")
    assert isinstance(body.root, Block)
    return show(body.root)[1:-1] + "".join(f" held {show(expr)}" for expr in body.disabled)


def lower_pattern(line: str) -> str:
    body = body_of(f"fn f() {{ match x {{ {line} => 0 }} }}")
    shown = show(body.root)
    return shown[len("{(Match x [(Arm ") : -len(" 0)])}")]


def lower_type(line: str) -> str:
    body = body_of(f"fn f() {{ let x: {line}; }}")
    return show(body.root)[len("{let x:0: ") : -len(";}")]


def lower_params(line: str) -> str:
    body = body_of(line)
    return f"{show(body.params)} -> {show(body.ret)}" + (" async" if body.is_async else "")


def lower_item(line: str) -> str:
    source = line.encode()
    return " ".join(map(show, lower_items(tree_of(source), source)))


@of("exprs.md")
def test_expressions(case: Case) -> None:
    check(case[1], case[2], lower_statements)


@of("cfg.md")
def test_cfg(case: Case) -> None:
    check(case[1], case[2], lower_statements)


@of("unexpanded.md")
def test_unexpanded_macros(case: Case) -> None:
    check(case[1], case[2], lower_statements)


@of("broken.md")
def test_broken(case: Case) -> None:
    check(case[1], case[2], lower_statements)


@of("pats.md")
def test_patterns(case: Case) -> None:
    check(case[1], case[2], lower_pattern)


@of("types.md")
def test_types(case: Case) -> None:
    check(case[1], case[2], lower_type)


@of("params.md")
def test_params(case: Case) -> None:
    check(case[1], case[2], lower_params)


@of("items.md")
def test_items(case: Case) -> None:
    check(case[1], case[2], lower_item)
