"""Hints as the bytes that are sent.

The hints of a chunk are encoded once, with positions relative to its start, and kept with its closures; where the chunk
stands is put in when they are asked for. Invariant: what is sent is what a server says that has just been started with
the same text.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import msgspec

from closurelens.ide import inlay_hints as feature
from closurelens.ide.view import chunk_view
from closurelens.index.hints import Hint
from closurelens.lsp.client import Client
from closurelens.records import dataclass
from closurelens.syntax.chunks import SourceFile
from closurelens.text import TextRange
from closurelens.world import ChunkClosures

__all__ = ["HintPieces"]


@dataclass(slots=True)
class _Row:
    """One hint: its offset, line and character from the start of the chunk, and what is sent after the position."""

    offset: int
    line: int
    character: int
    rest: bytes


@dataclass(slots=True)
class _Piece:
    """The hints of one chunk, from the offset `low` to `high`, and what was sent of them last.

    `placed` is right as long as `place` is the same; None where the chunk is not the first on its line, so that others
    move it.
    """

    maker: HintPieces
    rows: list[_Row]
    low: int
    high: int
    place: object | None = None
    placed: bytes = b""


class HintPieces:
    """Makes the answers about one document, for one configuration and client."""

    __slots__ = ("_client", "_config", "_gaps", "_lines", "_place", "_uri")

    def __init__(self, uri: str, config: feature.InlayHintsConfig, client: Client) -> None:
        self._uri = uri
        self._config = config
        self._client = client
        self._gaps: object = None
        self._lines: object = None
        self._place = object()
        """Another one when chunks may stand in other lines than they did."""

    def fits(self, config: feature.InlayHintsConfig, client: Client) -> bool:
        return self._config is config and self._client is client

    def response(self, file: SourceFile, found: list[tuple[int, ChunkClosures]], within: TextRange) -> bytes:
        """The hints in `within` as JSON. `found` are the chunks that touch it, with where they start."""
        low, high = within
        lines = file.document.lines
        if self._gaps is not file.gaps_key or self._lines is not lines.starts_key:
            self._gaps, self._lines = file.gaps_key, lines.starts_key
            self._place = object()
        place = self._place
        encoding = self._client.encoding
        parts: list[bytes] = []
        for start, chunk in found:
            piece = self._piece(chunk)
            rows = piece.rows
            if not rows:
                continue
            is_inside = low <= start + piece.low and start + piece.high <= high
            if is_inside and piece.place is place:
                parts.append(piece.placed)
                continue
            line, character = lines.position(start, encoding)
            if is_inside:
                piece.placed = _joined(rows, line, character)
                piece.place = place if file.document.content[lines.line_start(line) : start].isspace() else None
                parts.append(piece.placed)
            else:
                parts.append(_joined([row for row in rows if low <= start + row.offset <= high], line, character))
        return b"[%b]" % b"".join(parts)[1:]

    def hints(self, file: SourceFile, found: list[tuple[int, ChunkClosures]]) -> list[Hint]:
        """All of `found`, in the order of a response."""
        out: list[Hint] = []
        for start, chunk in found:
            piece = self._piece(chunk)
            line, character = file.document.lines.position(start, self._client.encoding)
            out.extend([(start + row.offset, _joined([row], line, character)[1:]) for row in piece.rows])
        return out

    def _piece(self, chunk: ChunkClosures) -> _Piece:
        piece = chunk.kept
        if not isinstance(piece, _Piece) or piece.maker is not self:
            chunk.kept = piece = self._made(chunk)
        return piece

    def _made(self, chunk: ChunkClosures) -> _Piece:
        view = chunk_view(chunk)
        lines = view.document.lines
        encoding = self._client.encoding
        of = crc32(chunk.text)
        rows: list[_Row] = []
        for hint in feature.inlay_hints(view, None, self._config):
            line, character = lines.position(hint.offset, encoding)
            rows.append(_Row(hint.offset, line, character, b"," + msgspec.json.encode(self._rest(hint, of))[1:]))
        offsets = [row.offset for row in rows]
        return _Piece(self, rows, min(offsets, default=0), max(offsets, default=0))

    def _rest(self, hint: feature.InlayHint, of: int) -> dict[str, Any]:
        """Parts only where the client can resolve them: for the others, the text is all they show."""
        out: dict[str, Any] = {}
        if self._client.hint_resolve:
            out["label"] = [{"value": part.text} for part in hint.parts]
            out["data"] = {"uri": self._uri, "kind": hint.kind.value, "at": hint.closure - hint.offset, "of": of}
        else:
            out["label"] = hint.label
        if hint.padding_left:
            out["paddingLeft"] = True
        if hint.padding_right:
            out["paddingRight"] = True
        return out


def _joined(rows: list[_Row], line: int, character: int) -> bytes:
    """The hints of a chunk that starts there, each with a comma before it."""
    return b"".join(
        [
            b',{"position":{"line":%d,"character":%d}%b'
            % (line + row.line, row.character if row.line else character + row.character, row.rest)
            for row in rows
        ]
    )
