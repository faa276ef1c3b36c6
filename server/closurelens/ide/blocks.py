"""Text for people in blocks, written once and rendered as Markdown or as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from closurelens.records import dataclass

__all__ = ["Block", "Bullets", "Code", "Heading", "Paragraph", "Table", "markdown", "plain"]


@dataclass(slots=True)
class Heading:
    text: str


@dataclass(slots=True)
class Paragraph:
    text: str


@dataclass(slots=True)
class Bullets:
    items: list[str]


@dataclass(slots=True)
class Table:
    """`rows` have as many cells as `head`."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(slots=True)
class Code:
    """Rust."""

    text: str


Block = Heading | Paragraph | Bullets | Table | Code


def markdown(blocks: Sequence[Block]) -> str:
    return "\n\n".join([_markdown(block) for block in blocks])


def _markdown(block: Block) -> str:
    match block:
        case Heading(text):
            return f"**{text}**"
        case Paragraph(text):
            return text
        case Bullets(items):
            return "\n".join([f"* {item}" for item in items])
        case Table(head, rows):
            lines = [head, tuple(["---"] * len(head)), *rows]
            return "\n".join(["| " + " | ".join([cell.replace("|", "\\|") for cell in line]) + " |" for line in lines])
        case Code(text):
            fence = "```"
            while fence in text:
                fence += "`"
            return f"{fence}rust\n{text}\n{fence}"
        case _:
            assert_never(block)


def plain(blocks: Sequence[Block]) -> str:
    """For clients that show no Markdown: backticks stay, as they tell code from prose."""
    return "\n\n".join([_plain(block) for block in blocks])


def _plain(block: Block) -> str:
    match block:
        case Heading(text) | Paragraph(text) | Code(text):
            return text
        case Bullets(items):
            return "\n".join([f"- {item}" for item in items])
        case Table(head, rows):
            lines = [head, *rows]
            widths = [max([len(line[column]) for line in lines]) for column in range(len(head))]
            return "\n".join(
                ["  ".join([c.ljust(w) for c, w in zip(line, widths, strict=True)]).rstrip() for line in lines]
            )
        case _:
            assert_never(block)
