"""Writes the closure labels of case files from rustc's answers: `python -m support.label captures/*.md`, in tests/.

Closures that have a label keep it when it is true; a use label `=` (or `=: why`) gets its place and mode from rustc.
What it writes is to be read: it says what rustc does, not whether the case shows what its heading says.
"""

import sys
from pathlib import Path

from support.captures import Claim, ClosureLabel, Told, closure_at, read_label
from support.cases import Block, Label, parse_cases
from support.rustc import Answer, answers_for


def relabel(block: Block, answer: Answer) -> list[str]:
    """The lines of the block's code with true labels."""
    lines = block.code.split("\n")[:-1]
    code = block.code.encode()
    starts = [0]
    for text in lines:
        starts.append(starts[-1] + len(text.encode()) + 1)
    labels: dict[int, list[str]] = {}
    labelled: set[int] = set()
    for label in block.labels:
        text = label.text
        if text == "=" or text.startswith("=:"):
            text = _use(label, answer)
        else:
            read = read_label(label)
            told = closure_at(label, answer.closures) if isinstance(read, ClosureLabel) else None
            if isinstance(read, ClosureLabel) and told is not None:
                labelled.add(told.start)
                claim = _claim(told)
                if told.kind is None:
                    claim.kind = read.truth.kind
                if str(read.truth) != str(claim):
                    text = str(claim)
        line = _line_of(label.start, starts)
        width = len(code[label.start : label.end].decode())
        labels.setdefault(line, []).append(_label(lines[line], label.start - starts[line], width, text))
    for told in sorted(answer.closures, key=lambda t: t.start):
        if told.start not in labelled:
            line = _line_of(told.start, starts)
            width = _width(code[told.start : told.end].decode().split("\n")[0])
            new = _label(lines[line], told.start - starts[line], width, str(_claim(told)))
            labels.setdefault(line, []).append(new)
    out: list[str] = []
    gone = {label.line for label in block.labels}
    for number, text in enumerate(lines):
        if number not in gone:
            out.append(text)
            out += sorted(labels.get(number, []), key=lambda t: t.index("^"))
    return out


def _line_of(offset: int, starts: list[int]) -> int:
    return next(n for n in range(len(starts)) if starts[n + 1] > offset)


def _width(head: str) -> int:
    """How many characters the keywords and parameters of a closure have, or the keywords of an async block."""
    bar = head.find("|")
    if bar < 0 or (head.startswith("async") and "{" in head[:bar]):
        return len(head.partition("{")[0].rstrip()) or 2
    end = head.find("|", bar + 1)
    return end + 1 if end >= 0 else bar + 1


def _label(code: str, at: int, width: int, text: str) -> str:
    """A label line below `code`, its slashes where the code begins; `at` is a byte of the line."""
    column = len(code.encode()[:at].decode())
    indent = min(len(code) - len(code.lstrip()), max(column - 3, 0))
    return " " * indent + "//" + " " * (column - indent - 2) + "^" * width + " " + text


def _claim(told: Told) -> Claim:
    return Claim(told.trait, told.kind, told.captures)


def _use(label: Label, answer: Answer) -> str:
    texts = [u.text for c in answer.closures for u in c.uses if (u.start, u.end) == (label.start, label.end)]
    return f"{texts[0] if texts else 'NOTHING'}{label.text[1:]}"


def _problems(path: Path, block: Block, answer: Answer) -> list[str]:
    """Why nothing is written: an unexpected error leaves rustc without MIR, and every kind in the file untold."""
    problems: list[str] = []
    if sorted(set(answer.errors)) != sorted(block.options.get("errors", "").split()):
        problems.append(f"{path}:{block.line}: errors {answer.errors}")
    if answer.unanswered:
        problems.append(f"{path}:{block.line}: unanswered {answer.unanswered}")
    return problems


def main() -> int:
    for name in sys.argv[1:]:
        path = Path(name)
        lines = path.read_text("utf-8").split("\n")
        answers = answers_for(path)
        blocks = [b for c in parse_cases(path) for b in c.blocks if b.language == "rust"]
        problems = [p for block in blocks for p in _problems(path, block, answers[block.line])]
        if problems:
            print("\n".join(problems))
            continue
        for block in reversed(blocks):
            answer = answers[block.line]
            size = block.code.count("\n")
            lines[block.line - 1 : block.line - 1 + size] = relabel(block, answer)
        path.write_text("\n".join(lines), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
