"""Asks rustc about all blocks of a case file at once: every block is a module of one crate per edition."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from closurelens.exact import ExactAnswers, FileOptions, ask_sources
from closurelens.exact.model import Closure, CompileError, Flavour
from closurelens.exact.places import display_capture
from support.captures import Told, ToldUse
from support.cases import Block, parse_cases

ROOT = b"#![allow(warnings)]\n"


@dataclass(slots=True)
class Answer:
    """One block's closures, the codes (or messages) of its errors, and what rustc said nothing of (by its start)."""

    closures: list[Told]
    errors: list[str]
    unanswered: dict[int, str] = field(default_factory=dict)


def told(closure: Closure) -> Told:
    uses = [
        ToldUse(u.span.start, u.span.end, display_capture(u.place, u.mode)) for u in closure.uses if u.span is not None
    ]
    return Told(
        closure.start,
        closure.end,
        "async" if closure.flavour is Flavour.ASYNC_BLOCK or closure.natural is None else closure.natural.value,
        closure.kind.value if closure.kind is not None else None,
        [display_capture(c.place, c.mode) for c in closure.captures],
        uses,
    )


@cache
def answers_for(path: Path) -> dict[int, Answer]:
    """rustc's answers to the rust blocks of a case file, by the line of the block."""
    blocks = [block for case in parse_cases(path) for block in case.blocks if block.language == "rust"]
    answers: dict[int, Answer] = {}
    for edition in sorted({block.edition for block in blocks}):
        sound = [b for b in blocks if b.edition == edition and "errors" not in b.options]
        if sound:
            answers |= _ask(sound, edition)
    for block in blocks:
        if "errors" in block.options:
            answers |= _ask([block], block.edition)
    return answers


def _ask(blocks: list[Block], edition: str) -> dict[int, Answer]:
    names = {f"line{block.line}.rs": block for block in blocks}
    root = ROOT + b"".join(f"pub mod {name[:-3]};\n".encode() for name in names)
    texts = {name: block.code.encode() for name, block in names.items()} | {"lib.rs": root}
    asked = ask_sources("lib.rs", texts, edition, FileOptions(timeout_seconds=120))
    if not isinstance(asked, ExactAnswers):
        errors = getattr(asked, "errors", None)
        if errors is None:
            raise RuntimeError(asked.message)
        return {b.line: Answer([], _errors(errors, name) or [asked.message]) for name, b in names.items()}
    return {
        block.line: Answer(
            [told(c) for c in asked.files[name].closures.values()],
            _errors(asked.errors, name),
            {start: why.value for start, why in asked.files[name].unanswered.items()},
        )
        for name, block in names.items()
    }


def _errors(errors: list[CompileError], name: str) -> list[str]:
    return [e.code or e.message for e in errors if e.file == name]
