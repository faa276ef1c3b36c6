"""Writes an expansion out of code of our own and pieces of the arguments."""

from __future__ import annotations

from closurelens.hir.macros.expansion import Arguments
from closurelens.hir.macros.tokens import TokenBuffer, lex
from closurelens.hir.macros.transcribe import Output

_lexed: dict[str, TokenBuffer] = {}
_MAX_LEXED = 2048


class Code:
    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self._output = Output()

    def text(self, code: str, origin: int | None = None) -> None:
        """Code that nobody wrote; with `origin`, an index in the arguments' buffer, what that token says."""
        buffer = _lexed.get(code)
        if buffer is None:
            if len(_lexed) >= _MAX_LEXED:
                _lexed.clear()
            # Pieces need not be balanced by themselves, the whole is.
            buffer = _lexed[code] = _pieces(code)
        output = self._output
        for kind, text in zip(buffer.kinds[:-1], buffer.texts[:-1], strict=True):
            if origin is None:
                output.add(kind, text)
            else:
                output.add(kind, text, origin - self._arguments.first)

    def copy(self, start: int, end: int) -> None:
        self._output.copy(self._arguments.buffer, start, end, self._arguments.first)

    def finish(self) -> Output:
        self._output.finish()
        return self._output


def _pieces(code: str) -> TokenBuffer:
    closers = {"(": ")", "[": "]", "{": "}"}
    openers = {closer: opener for opener, closer in closers.items()}
    before: list[str] = []
    stack: list[str] = []
    for char in code:
        if char in closers:
            stack.append(char)
        elif char in openers:
            if stack:
                stack.pop()
            else:
                before.append(openers[char])
    lead = "".join(reversed(before))
    whole = lex((lead + code + "".join(closers[char] for char in reversed(stack))).encode())
    first, last = len(before), len(whole) - len(stack)
    end = len(whole.kinds) - 1
    keep = [*range(first, last), end]
    return TokenBuffer(
        [whole.kinds[i] for i in keep],
        [whole.texts[i] for i in keep],
        [whole.starts[i] for i in keep],
        [whole.ends[i] for i in keep],
        [0] * len(keep),
    )
