"""Text as bytes: documents, ranges, lines, positions and edits.

Invariant: this layer knows nothing of Rust.
"""

from closurelens.text.document import Document
from closurelens.text.encoding import Decoded, DecodeError, Encoding, decode, encode, text_of
from closurelens.text.lines import LineIndex, Position
from closurelens.text.offsets import Offsets
from closurelens.text.ranges import OverlappingEdits, TextEdit, TextRange, apply_edits

__all__ = [
    "DecodeError",
    "Decoded",
    "Document",
    "Encoding",
    "LineIndex",
    "Offsets",
    "OverlappingEdits",
    "Position",
    "TextEdit",
    "TextRange",
    "apply_edits",
    "decode",
    "encode",
    "text_of",
]
