"""A file that is edited says what a file read from scratch says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closurelens.syntax.chunks import Chunk, Refresh, SourceFile
from closurelens.syntax.items import scan_items
from closurelens.syntax.nodes import tree_of
from closurelens.syntax.skeleton import item_tree_of
from closurelens.text import TextRange

from .corpus import DEMO, corpus_files, texts

TEXTS = texts(20)


def said(file: SourceFile) -> list[object]:
    """All that a file says which must not depend on its history."""
    return [
        file.is_balanced,
        file.skeleton_key(),
        [(chunk.kind, chunk.name, chunk.text, chunk.body, file.start_of(i)) for i, chunk in enumerate(file.chunks)],
    ]


def at(text: bytes, needle: bytes, offset: int = 0) -> TextRange:
    start = text.index(needle) + offset
    return TextRange(start, start)


def named(file: SourceFile, name: str) -> Chunk:
    return next(chunk for chunk in file.chunks if chunk.name == name)


def test_the_chunks_of_the_demo() -> None:
    file = SourceFile.of(DEMO)
    assert file.is_settled
    assert file.is_balanced
    assert [(chunk.kind, chunk.name) for chunk in file.chunks] == [
        ("const", "EMPTY"),
        ("static", "HOOK"),
        ("const", "TABLE"),
        ("macro_rules", "count"),
        ("macro_call", "thread_local"),
        ("fn", "new"),
        ("fn", "run"),
        ("fn", "twice"),
        ("fn", "visit"),
        ("fn", "callback"),
        ("fn", "one_line"),
        ("fn", "closures"),
        ("fn", "a"),
        ("fn", "b"),
        ("fn", "code_in_a_string_at_the_margin"),
        ("fn", "last"),
    ]
    assert named(file, "new").text.startswith(b"#[inline]")
    hook = named(file, "HOOK")
    assert hook.body is not None
    assert hook.body.slice(hook.text) == b"|x| x + 1"
    twice = named(file, "twice")
    assert twice.body is not None
    assert twice.body.slice(twice.text).startswith(b"{\n        (self.visit()")
    for chunk in file.chunks:
        assert not chunk.tree().has_error, chunk


def test_the_skeleton_has_no_bodies_and_no_comments() -> None:
    skeleton = SourceFile.of(DEMO).skeleton
    assert not skeleton.tree().has_error
    for word in (b"doc comment", b"nested", b"total", b"quoted", b"code.len"):
        assert word not in skeleton.text
    for word in (
        b"fn new(name: &'a T) -> Self{}",
        b"HOOK: fn(i32) -> i32 ={};",
        b"const LIMIT: usize = 1 << 20;",
    ):
        assert word in skeleton.text


def test_offsets_of_the_skeleton_lead_to_the_file() -> None:
    file = SourceFile.of(DEMO)
    skeleton = file.skeleton
    for node in skeleton.tree().descendants():
        start, end = file.from_skeleton(node.start, node.end)
        if not node.children and node.kind != "block":
            assert DEMO[start:end].split() == skeleton.text[node.start : node.end].split(), node
        if node.kind == "block" and node.text(skeleton.text) == "{}":
            index = file.chunk_of_body(node.start)
            assert index is not None
            chunk = file.chunks[index]
            assert chunk.body is not None
            assert chunk.body.shifted(file.start_of(index)) == (start, end)
            assert file.placeholder_of(index) == node.start
        if node.kind == "function_item":
            assert DEMO[start:end].endswith(b"}")
            assert DEMO[start:end].split()[0] in (b"pub", b"fn", b"pub(crate)", b"extern", b"pub(crate)")


def test_the_item_tree_has_offsets_of_the_file() -> None:
    root = item_tree_of(DEMO)
    assert not root.has_error
    whole = {(node.kind, node.start, node.end) for node in tree_of(DEMO).descendants()}
    for node in root.descendants():
        if node.kind not in ("closure_expression", "block", "source_file"):
            assert (node.kind, node.start, node.end) in whole
    blocks = [node for node in root.descendants() if node.kind == "block"]
    assert len([block for block in blocks if not block.children]) == len(
        [chunk for chunk in SourceFile.of(DEMO).chunks if chunk.body is not None]
    )
    assert not any(node.kind == "closure_expression" for node in root.descendants())


def test_typing_in_a_body_touches_one_chunk() -> None:
    file = SourceFile.of(DEMO)
    skeleton = file.skeleton
    edited = file.apply_change(at(DEMO, b"add(1)"), b"let z = 1;\n")
    assert edited.is_settled
    assert edited.skeleton is skeleton
    same = [old is new for old, new in zip(file.chunks, edited.chunks, strict=True)]
    assert same.count(False) == 1
    assert said(edited) == said(SourceFile.of(edited.document.text))
    assert said(file) == said(SourceFile.of(DEMO))


@pytest.mark.parametrize(
    "edit",
    [
        (b"n: usize| ->", 0, b"mut "),
        (b"/// Doc of new", 3, b" More"),
        (b"    use super::*;\n", 0, b'\n\n    // a comment { with " marks\n'),
        (b"const LIMIT", 0, b"  \n"),
    ],
)
def test_bodies_comments_and_space_keep_the_key(edit: tuple[bytes, int, bytes]) -> None:
    file = SourceFile.of(DEMO)
    skeleton = file.skeleton
    edited = file.apply_change(at(DEMO, edit[0], edit[1]), edit[2]).refreshed()
    assert edited.skeleton is skeleton


@pytest.mark.parametrize(
    "edit",
    [
        (b"pub fn new", 0, b"pub "),
        (b"name: &'a T) ->", 0, b"mut "),
        (b"radius", 0, b"r"),
        (b"1 << 20", 0, b"2"),
        (b"{ 0 };", 2, b"1"),
        (b"Cell::new(0)", 10, b"9"),
        (b"PartialEq<str>", 0, b"Clone + "),
        (b"mod shapes", 0, b"sub"),
        (b"#[inline]", 2, b"x"),
    ],
)
def test_anything_else_changes_the_key(edit: tuple[bytes, int, bytes]) -> None:
    file = SourceFile.of(DEMO)
    assert file.apply_change(at(DEMO, edit[0], edit[1]), edit[2]).refreshed().skeleton_key() != file.skeleton_key()


@pytest.mark.parametrize(
    "typed", [b"{", b"}", b'"', b"/*", b"(", b"if x {", b"'", b'r#"', b"match x { A => {", b"|| {"]
)
@pytest.mark.parametrize("place", [b"add(1)", b"return Err(", b"match self", b"[0; { N", b"assert_eq!(code"])
def test_unfinished_code_in_one_body_leaves_the_others(typed: bytes, place: bytes) -> None:
    file = SourceFile.of(DEMO)
    broken = file.apply_change(at(DEMO, place), typed)
    assert len(broken.chunks) == len(file.chunks)
    # What opens a raw string may well be closed by the end of another one.
    for settled in (broken, broken) if b"r#" in typed else (broken, broken.refreshed()):
        same = [chunk for chunk in settled.chunks if any(chunk is old for old in file.chunks)]
        assert len(same) >= len(file.chunks) - 1
    typed_at = DEMO.index(place)
    for state in (broken, broken.refreshed()):
        mended = state.apply_change(TextRange(typed_at, typed_at + len(typed)), b"")
        assert said(mended.refreshed()) == said(file)
        if state is broken:
            assert mended.is_settled


def test_space_at_the_end_of_an_initialiser() -> None:
    file = SourceFile.of(DEMO)
    for typed in (b" ", b"+ || ", b""):
        file = file.apply_change(at(DEMO, b"|x| x + 1", 9), typed)
        assert file.is_settled
        assert said(file) == said(SourceFile.of(file.document.text))
        assert said(file.refreshed()) == said(file)


def test_slices() -> None:
    file = SourceFile.of(DEMO).apply_change(at(DEMO, b"mod inner"), b"fn more() {}\n")
    assert not file.is_settled
    refresh = Refresh(file)
    steps = 1
    while not refresh.step(100):
        steps += 1
    assert steps > 10
    assert said(refresh.result()) == said(SourceFile.of(file.document.text))


def test_chunks_of_a_viewport() -> None:
    file = SourceFile.of(DEMO)
    start, end = DEMO.index(b"pub(crate) fn one_line"), DEMO.index(b"add(1)")
    assert [file.chunks[i].name for i in file.chunks_in(TextRange(start, end))] == ["one_line", "closures"]
    assert [file.chunks[i].name for i in file.chunks_in(TextRange(0, len(DEMO)))] == [c.name for c in file.chunks]
    assert list(file.chunks_in(TextRange(0, 3))) == []
    assert file.chunk_at(0) is None
    index = file.chunk_at(end)
    assert index is not None
    assert file.chunks[index].name == "closures"


SMALL = b'{ } " \' /* */ // ( ) [ ] ; |x| a \xc3\xa9 r#" "# #[a] pub \\ \'a => < >'.split(b" ")
LARGE = [
    b"\n",
    b"\r\n",
    b"}\n",
    b"\n}\n",
    b"fn g() { 1 }",
    b"\nfn h() {\n",
    b"\n    fn i(&self) {\n    }\n",
    b"const X: u8 = { 1 };",
    b"mod m {",
    b"impl T {",
    b"macro_rules! m { () => {} }",
    b"m! { }",
    b"struct S;",
    b"\nuse a::b;\n",
    b"use x",
    b"const F: fn() = || ",
    b"",
]
PIECES = st.sampled_from(SMALL + LARGE)
EDITS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 30), PIECES), min_size=1, max_size=8)


def edited(file: SourceFile, edit: tuple[int, int, bytes]) -> SourceFile:
    where, length, new = edit
    text = file.document.text
    start = where % (len(text) + 1)
    # Most edits delete nothing, as in typing.
    end = min(start + (length if length < 8 else 0), len(text))
    return file.apply_change(TextRange(start, end), new)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), EDITS, st.booleans())
def test_incremental_equals_scratch(text: bytes, edits: list[tuple[int, int, bytes]], always: bool) -> None:
    file = SourceFile.of(text)
    for edit in edits:
        file = edited(file, edit)
        document = file.document.text
        assert document == file.document.text
        for index, chunk in enumerate(file.chunks):
            start, end = file.range_of(index)
            assert document[start:end] == chunk.text
            assert index == 0 or file.range_of(index - 1).end <= start
        if file.is_settled:
            assert said(file) == said(SourceFile.of(document))
        elif always:
            file = file.refreshed()
            assert said(file) == said(SourceFile.of(document))
    assert said(file.refreshed()) == said(SourceFile.of(file.document.text))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 10**6))
def test_any_prefix_is_read(text: bytes, cut: int) -> None:
    prefix = text[: cut % (len(text) + 1)]
    file = SourceFile.of(prefix)
    file.skeleton.tree()
    item_tree_of(prefix)
    for chunk in file.chunks[-2:]:
        chunk.tree()


LONG = b"fn long(v: &[u8]) {\n" + b"    v.iter().map(|x| x + 1).filter(|x| *x > 2).count();\n" * 50 + b"}\n"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(25, 2500), PIECES), min_size=1, max_size=5))
def test_a_long_chunk_parsed_again_equals_one_parsed_anew(edits: list[tuple[int, bytes]]) -> None:
    file = SourceFile.of(LONG)
    file.chunks[0].tree()
    for where, new in edits:
        file = file.apply_change(TextRange(where, where), new)
        chunk = file.chunks[0]
        assert chunk.tree().dump() == tree_of(chunk.text).dump()
        spans = [(node.kind, node.start, node.end) for node in chunk.tree().descendants()]
        assert spans == [(node.kind, node.start, node.end) for node in tree_of(chunk.text).descendants()]


def functions_by_parser(text: bytes) -> list[tuple[int, int]] | None:
    root = tree_of(text)
    if root.has_error:
        return None
    found = []
    work = [root]
    while work:
        for child in work.pop().children:
            if child.kind == "function_item":
                body = child.child_by_field("body")
                assert body is not None
                found.append((body.start, body.end))
            elif child.kind in ("impl_item", "trait_item", "mod_item", "foreign_mod_item", "declaration_list"):
                work.append(child)
    return sorted(found)


def test_functions_are_those_of_the_parser() -> None:
    for text in [DEMO, *(path.read_bytes() for path in corpus_files()[:300])]:
        expected = functions_by_parser(text)
        if expected is not None:
            scan = scan_items(text)
            assert scan.is_balanced
            assert [(span.body_start, span.body_end) for span in scan.found if span.kind == "fn"] == expected
