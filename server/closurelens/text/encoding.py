"""Getting bytes of UTF-8 from files and from clients.

Invariant: what leaves this module is valid UTF-8, so the layers above slice and decode without a thought.
"""

from __future__ import annotations

from enum import Enum

from closurelens.records import dataclass

__all__ = ["DecodeError", "Decoded", "Encoding", "decode", "encode", "text_of"]

_BOM = b"\xef\xbb\xbf"


class Encoding(Enum):
    """What a position's `character` counts: the LSP's `PositionEncodingKind`."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


class DecodeError(Exception):
    """A file is no UTF-8, so rustc would refuse it too; `offset` is the first wrong byte."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"not UTF-8 at byte {offset}: {reason}")
        self.offset = offset
        self.reason = reason


@dataclass(slots=True)
class Decoded:
    """A file's text; `bom` says that the file has a byte order mark, which is not part of the text."""

    text: bytes
    bom: bool

    def encoded(self, text: bytes) -> bytes:
        """The bytes to write when the file's text becomes `text`."""
        return _BOM + text if self.bom else text


def decode(data: bytes) -> Decoded:
    """Check what was read from a file; raises `DecodeError`.

    Editors and rustc take the byte order mark away before they count columns, so it is taken away here.
    """
    bom = data.startswith(_BOM)
    text = data[3:] if bom else data
    if not text.isascii():
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(error.start + (3 if bom else 0), error.reason) from error
    return Decoded(text, bom)


def text_of(data: bytes) -> bytes | None:
    """What `decode` gives; None where it raises: for the analysis there is no such file."""
    try:
        return decode(data).text
    except DecodeError:
        return None


def encode(text: str) -> bytes:
    """A client's text as UTF-8; half of a surrogate pair, which JSON can carry, becomes `?`, as long in UTF-16."""
    return text.encode("utf-8", "replace")
