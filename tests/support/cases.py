"""Reads Markdown case files: headings name cases, fenced blocks hold code, comments in the code say what is expected.

`tests/README.md` explains the notation. Invariant: a line that looks like a label but cannot be read raises BadCase, so
a typing mistake never becomes a case that checks nothing.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path


class BadCase(ValueError):
    """A case file does not keep to the notation."""


@dataclass(slots=True)
class Label:
    """One label comment. `line` counts from 0 in the block; start and end are bytes of the block's code."""

    line: int
    start: int
    end: int
    text: str


@dataclass(slots=True)
class Block:
    """One fenced block; `role` is what the line before the fence calls it (else ""), `options` its `key: value`s."""

    role: str
    options: dict[str, str]
    language: str
    code: str
    line: int
    """Of the block's first line of code in the file, from 1."""
    labels: list[Label] = field(default_factory=list)

    @property
    def edition(self) -> str:
        return self.options.get("edition", "2021")


@dataclass(slots=True)
class Case:
    file: Path
    heading: str
    line: int
    blocks: list[Block] = field(default_factory=list)

    @property
    def id(self) -> str:
        """A name for pytest: `file-heading-in-words`."""
        words = re.sub(r"\W+", "-", self.heading.lower()).strip("-")
        return f"{self.file.stem}-{words}"


_HEADING = re.compile(r"#+\s+(.*\S)\s*$")
_FENCE = re.compile(r"```(\w*)\s*$")
_FILE_NAME = re.compile(r"`([^`]+)`$")
_ROLE = re.compile(r"[a-z][a-z ]*$")
_OPTION = re.compile(r"([a-z][a-z_]*):\s*(\S.*)$")


def parse_cases(path: Path) -> list[Case]:
    """All headings that have a block, in order. Two cases of one file may not have the same heading."""
    cases: list[Case] = []
    case: Case | None = None
    lines = path.read_text("utf-8").split("\n")
    at = 0
    while at < len(lines):
        heading = _HEADING.match(lines[at])
        fence = _FENCE.match(lines[at])
        if heading is not None:
            case = Case(path, heading[1], at + 1)
        elif fence is not None:
            last = next((n for n in range(at + 1, len(lines)) if lines[n].rstrip() == "```"), None)
            if last is None:
                raise BadCase(f"{path}:{at + 1}: the fence is not closed")
            if case is None:
                raise BadCase(f"{path}:{at + 1}: a block before the first heading")
            role, options = _role(lines[at - 1] if at else "")
            block = Block(role, options, fence[1], "\n".join(lines[at + 1 : last]) + "\n", at + 2)
            if block.language == "rust":
                block.labels = labels_of(block.code, f"{path}:{at + 2}")
            if not case.blocks:
                cases.append(case)
            case.blocks.append(block)
            at = last
        at += 1
    ids = [c.id for c in cases]
    for twice in {i for i in ids if ids.count(i) > 1}:
        raise BadCase(f"{path}: two cases are called {twice}")
    return cases


def _role(line: str) -> tuple[str, dict[str, str]]:
    """A role or `file name`, then options, with commas between; prose before a fence says nothing."""
    role, options = "", {}
    for part in line.rstrip(":").split(","):
        word = part.strip()
        name, option = _FILE_NAME.match(word), _OPTION.match(word)
        if option is not None:
            options[option[1]] = option[2].strip()
        elif name is not None and not role:
            role = name[1]
        elif _ROLE.match(word) and len(word.split()) <= 2 and not role:
            role = word
        else:
            return "", {}
    return role, options


_LABEL = re.compile(r"\s*//\s*(\^+)\s*(.*?)\s*$")


def labels_of(code: str, where: str) -> list[Label]:
    """The label comments of a text, each with the bytes its carets point at in the nearest line of code above."""
    labels: list[Label] = []
    target: tuple[str, int] | None = None
    start = 0
    for number, line in enumerate(code.split("\n")):
        hit = _LABEL.match(line)
        if hit is None:
            target = (line, start)
        else:
            first, last = hit.span(1)
            if target is None or not hit[2] or len(target[0]) < last:
                raise BadCase(f"{where} + {number}: a label that points at nothing or says nothing: {line.strip()}")
            text, base = target
            labels.append(Label(number, base + len(text[:first].encode()), base + len(text[:last].encode()), hit[2]))
        start += len(line.encode()) + 1
    return labels
