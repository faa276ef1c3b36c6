"""Positions, edits and the incremental line index, each against a plain model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closurelens.text import (
    DecodeError,
    Document,
    Encoding,
    LineIndex,
    OverlappingEdits,
    Position,
    TextEdit,
    TextRange,
    apply_edits,
    decode,
    encode,
)

TEXTS = st.text(alphabet="ab\r\n\u2028\f\x85é日🦀\U0001d4b3", max_size=40)
ENCODINGS = st.sampled_from(list(Encoding))


def model_lines(text: str) -> list[str]:
    """The text's lines without their ends, by the LSP's rule."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def units(text: str, encoding: Encoding) -> int:
    match encoding:
        case Encoding.UTF8:
            return len(text.encode())
        case Encoding.UTF16:
            return len(text.encode("utf-16-le")) // 2
        case Encoding.UTF32:
            return len(text)


@given(TEXTS)
def test_lines_end_only_where_the_lsp_says(text: str) -> None:
    index = LineIndex(text.encode())
    assert [index.line_text(line).decode() for line in range(index.line_count)] == model_lines(text)


@given(TEXTS, ENCODINGS)
def test_positions_round_trip(text: str, encoding: Encoding) -> None:
    index = LineIndex(text.encode())
    for line, content in enumerate(model_lines(text)):
        for cut in range(len(content) + 1):
            position = Position(line, units(content[:cut], encoding))
            offset = index.offset(position, encoding)
            assert index.position(offset, encoding) == position
            assert index.text[index.line_start(line) : offset].decode() == content[:cut]


@given(TEXTS, ENCODINGS, st.integers(-2, 12), st.integers(-2, 90))
def test_any_position_gives_an_offset_between_characters(
    text: str, encoding: Encoding, line: int, character: int
) -> None:
    source = text.encode()
    index = LineIndex(source)
    offset = index.offset(Position(line, character), encoding)
    source[:offset].decode()
    if line >= index.line_count:
        assert offset == len(source)
    elif line >= 0:
        assert index.line_start(line) <= offset <= index.line_end(line)


@given(TEXTS, ENCODINGS)
def test_any_offset_gives_the_position_of_its_character(text: str, encoding: Encoding) -> None:
    source = text.encode()
    index = LineIndex(source)
    for offset in range(-1, len(source) + 2):
        position = index.position(offset, encoding)
        back = index.offset(position, encoding)
        assert back <= max(offset, 0)
        assert index.position(back, encoding) == position


@given(TEXTS, st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), TEXTS), max_size=8))
def test_an_edited_line_index_equals_a_new_one(text: str, changes: list[tuple[int, int, str]]) -> None:
    document = Document.of(text)
    assert document.lines.line_count
    for at, length, new in changes:
        characters = document.text.decode()
        at %= len(characters) + 1
        start, end = len(characters[:at].encode()), len(characters[: at + length].encode())
        before = document.text
        document, old = document.apply_change(TextRange(start, end), new.encode()), document
        assert document.text.decode() == characters[:at] + new + characters[at + length :]
        fresh = LineIndex(document.text)
        lines = document.lines
        assert [lines.line_start(line) for line in range(lines.line_count)] == [
            fresh.line_start(line) for line in range(fresh.line_count)
        ]
        for offset in range(len(document.text) + 1):
            assert lines.line_of(offset) == fresh.line_of(offset)
        assert old.text == before
        assert old.lines.line_count == LineIndex(before).line_count


def test_a_large_shift_followed_by_an_edit_before_it() -> None:
    document = Document(b"a\nb\nc\nd\n")
    assert document.lines.line_count == 5
    document = document.apply_change(TextRange(6, 6), b"x" * 1000)
    document = document.apply_change(TextRange(0, 0), b"\n")
    document = document.apply_change(TextRange(4, 5), b"")
    assert [document.lines.line_start(line) for line in range(document.lines.line_count)] == [0, 1, 3, 6, 1008]


def test_position_past_the_end_of_a_line_or_text() -> None:
    index = LineIndex(b"ab\r\ncd")
    assert index.offset(Position(0, 9), Encoding.UTF16) == 2
    assert index.offset(Position(1, 9), Encoding.UTF16) == 6
    assert index.offset(Position(7, 0), Encoding.UTF16) == 6
    assert index.position(3, Encoding.UTF16) == (0, 2)


def test_a_position_inside_of_a_surrogate_pair_is_its_start() -> None:
    index = LineIndex("a🦀b".encode())
    assert index.offset(Position(0, 2), Encoding.UTF16) == 1
    assert index.offset(Position(0, 3), Encoding.UTF16) == 5
    assert index.offset(Position(0, 3), Encoding.UTF8) == 1
    assert index.offset(Position(0, 2), Encoding.UTF32) == 5


def test_whole_text_change_and_bad_range() -> None:
    document = Document(b"abc").apply_change(None, b"x\ny")
    assert document.lines.line_count == 2
    with pytest.raises(ValueError, match="is not in a text of 3 bytes"):
        document.apply_change(TextRange(2, 9), b"")


def test_a_range_turned_round() -> None:
    assert Document(b"ab\ncd").range(Position(1, 1), Position(0, 1), Encoding.UTF8) == TextRange(1, 4)


def test_edits_apply_together() -> None:
    edits = [TextEdit.replace(2, 3, b"X"), TextEdit.insert(0, b"<"), TextEdit.insert(0, b"="), TextEdit.delete(3, 4)]
    assert apply_edits(b"abcde", edits) == b"<=abXe"
    assert apply_edits(b"ab", [TextEdit.insert(1, b"-"), TextEdit.replace(1, 2, b"c")]) == b"a-c"


@pytest.mark.parametrize("edits", [[(0, 3), (2, 4)], [(2, 1)], [(0, 99)], [(-1, 0)]])
def test_edits_that_overlap_are_refused(edits: list[tuple[int, int]]) -> None:
    with pytest.raises(OverlappingEdits):
        apply_edits(b"abcdef", [TextEdit.delete(start, end) for start, end in edits])


def test_a_file_that_is_no_utf8() -> None:
    with pytest.raises(DecodeError) as caught:
        decode(b"\xef\xbb\xbfab\xff")
    assert caught.value.offset == 5


def test_the_byte_order_mark_is_no_text_and_is_written_back() -> None:
    decoded = decode(b"\xef\xbb\xbffn f() {}")
    assert decoded.text == b"fn f() {}"
    assert decoded.encoded(b"x") == b"\xef\xbb\xbfx"
    assert decode(b"x").encoded(b"y") == b"y"


def test_half_of_a_surrogate_pair_keeps_its_length_in_utf16() -> None:
    assert encode("a\ud800b") == b"a?b"


def test_range_algebra() -> None:
    outer, inner = TextRange(2, 8), TextRange(3, 5)
    assert outer.covers(inner)
    assert not inner.covers(outer)
    assert outer.touches(8)
    assert not outer.contains(8)
    assert not TextRange(0, 2).intersects(outer)
    assert inner.shifted(-3) == TextRange(0, 2)
    assert inner.slice(b"abcdef") == b"de"
    assert inner.length == 2
    assert TextRange(1, 1).is_empty
