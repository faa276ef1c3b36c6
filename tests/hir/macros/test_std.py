"""std's macros by cases, and that the paths in them exist."""

from pathlib import Path

import pytest
from expanding import Definitions, call_of
from test_rules import POSITIONS

from closurelens.hir.macros.api import Answer, AsmForm, Context, Expansion, Failure, OffsetOfForm
from closurelens.hir.macros.expander import Expander
from closurelens.hir.macros.std_macros import std_macro
from closurelens.hir.macros.std_rules import RULES
from closurelens.stdsig.database import StdDb
from closurelens.ty.sig import Namespace
from support.cases import Case, parse_cases

CASES = parse_cases(Path(__file__).with_name("std.md"))
FEATURES = {'feature = "on"': True, 'feature = "off"': False}


def told(answer: Answer) -> tuple[str, str]:
    """The role of the block that expects it, and its text."""
    match answer:
        case Expansion():
            return "becomes", answer.text.decode()
        case Failure():
            return "errors", answer.why
        case AsmForm():
            operands = [f"{way} {node.text(answer.source.text)}" for way, node in answer.operands]
            return "form", "asm: " + ", ".join(operands)
        case OffsetOfForm():
            return "form", f"offset of {answer.ty.text(answer.source.text)}"
        case _:
            return "form", "format_args"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_std(case: Case) -> None:
    blocks = iter(case.blocks)
    for call, expected in zip(blocks, blocks, strict=True):
        expander = Expander(Definitions(), Context(cfg=FEATURES.get))
        position = POSITIONS[call.options.get("position", "expr")]
        role, text = told(expander.expand(call_of(call.code, position, int(call.edition))))
        assert (role, text.split()) == (expected.role, expected.code.split())


def test_every_path_is_in_the_database() -> None:
    db = StdDb.load()
    checked = 0
    for macro in RULES.values():
        tokens = macro.tokens
        for at in range(len(tokens) - 3):
            if tokens.texts[at] != "crate" or tokens.texts[at - 1] != "$":
                continue
            names = [macro.crate]
            while tokens.texts[at + 1] == "::" and tokens.texts[at + 2].isidentifier():
                names.append(tokens.texts[at + 2])
                at += 2
            checked += 1
            if tokens.texts[at + 1] == "!":
                assert std_macro(names[-1]) is not None, names
                continue
            path = "::".join(names)
            parent = "::".join(names[:-1])
            found = [db.resolve(p, n) for p in (path, parent) for n in (Namespace.VALUES, Namespace.TYPES)]
            assert any(found), path
    assert checked > 30


def test_names() -> None:
    assert std_macro("core::ptr::addr_of") is not None
    assert std_macro("r#try") is not None
    assert std_macro("nothing") is None
