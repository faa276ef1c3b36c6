"""`paste!`: joins names in `[<..>]` into one (the crate `paste`, and `pastey`, which goes on with it)."""

from __future__ import annotations

from collections.abc import Callable

from closurelens.hir.macros.expansion import Arguments
from closurelens.hir.macros.tokens import CLOSE, FRAGMENT, IDENT, LIFETIME, LITERAL, OPEN, TokenBuffer
from closurelens.hir.macros.transcribe import Output


def paste(arguments: Arguments) -> Output | str:
    """The tokens with names joined, or why they cannot be."""
    buffer, base, last = arguments.buffer, arguments.first, arguments.last
    kinds, texts, partners = buffer.kinds, buffer.texts, buffer.partners
    output = Output()
    at = start = base
    while at < last:
        if kinds[at] == OPEN and texts[at] == "[" and _is_pasted(buffer, at):
            output.copy(buffer, start, at, base)
            name = _join(buffer, at + 2, partners[at] - 1)
            if name is None:
                return "what stands in `[<` and `>]` are no names"
            # The joined name belongs to whoever wrote the brackets.
            output.add(LIFETIME if name.startswith("'") else IDENT, name, at - base)
            at = start = partners[at] + 1
        else:
            at += 1
    output.copy(buffer, start, last, base)
    output.finish()
    return output


def _is_pasted(buffer: TokenBuffer, at: int) -> bool:
    close = buffer.partners[at]
    return close - at > 3 and buffer.texts[at + 1] == "<" and buffer.texts[close - 1] == ">"


def _join(buffer: TokenBuffer, at: int, end: int) -> str | None:
    kinds, texts = buffer.kinds, buffer.texts
    parts: list[str] = []
    lifetime = ""
    while at < end:
        kind, text = kinds[at], texts[at]
        if (kind == OPEN and text in FRAGMENT) or (kind == CLOSE and text[:1] == "\1"):
            at += 1
            continue
        if text == ":":
            change = _MODIFIERS.get(texts[at + 1])
            if change is None or not parts:
                return None
            parts[-1] = change(parts[-1])
            at += 2
            continue
        if kind == LIFETIME:
            lifetime, text = "'", text[1:]
        elif kind == LITERAL:
            text = text.strip('"').strip("'").replace("-", "_")
        elif text == "_":
            pass
        elif kind != IDENT or (text == "env" and texts[at + 1] == "!"):
            return None
        parts.append(text.removeprefix("r#"))
        at += 1
    name = "".join(parts)
    return lifetime + name if name else None


def _snake(text: str) -> str:
    made = ""
    before = "_"
    for char in text:
        made += "_" + char if char.isupper() and before != "_" else char
        before = char
    return made.lower()


def _camel(text: str) -> str:
    made = ""
    before = "_"
    for char in text:
        if char != "_":
            made += char.upper() if before == "_" else char.lower() if before.isupper() else char
        before = char
    return made


_MODIFIERS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "snake": _snake,
    "camel": _camel,
}
