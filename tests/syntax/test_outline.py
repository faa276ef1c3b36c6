"""A file that is read head by head has the items that it has when it is read at once."""

from pathlib import Path

import pytest

from closurelens.syntax.node import Node
from closurelens.syntax.outline import block_of, outline_of
from closurelens.syntax.skeleton import item_tree_of

TESTS = Path(__file__).parents[1]
FILES = [*sorted(TESTS.glob("demo/**/*.rs")), TESTS / "syntax/demo.rs"]

WHOLE = b"""\
#![no_std]
//! A crate.
mod inner { use super::*; impl A { fn f(&self) { g(|x| x) } } mod deep { pub(super) struct D { d: u8 } } }
#[cfg(test)]
mod tests {
    #![allow(unused)]
    fn in_tests() {}
}
impl<T: Iterator<Item = [u8; { 1 + 1 }]>> Tr for B<T> where T: Fn(&str) -> u8 {
    type Out = T;
    const N: usize = { 3 };
    make!(a, b);
    other! { |x| x }
    fn g(self, a: impl Fn(u8) -> u8) -> u8 { a(1) }
}
unsafe impl Send for A {}
pub trait Tr: Sized { type Out: Clone; const N: usize; fn d(&self) {} fn r<'a>(&'a self) -> &'a str; }
extern "C" { fn c(x: u8); static S: u8; }
macro_rules! make { ($a:ident) => { impl Tr for $a { fn odd(&self) { } } }; }
thread_local! { static L: u8 = { 1 } }
make!(A);
"""


def filled(root: Node, late: dict[int, int], source: bytes) -> list[tuple[str, int, int, str | None]]:
    """All nodes below, with those of the blocks that were left out."""
    found: list[tuple[str, int, int, str | None]] = []
    work = list(reversed(root.children))
    while work:
        node = work.pop()
        found.append((node.kind, node.start, node.end, node.field))
        if node.kind == "declaration_list" and node.start in late:
            assert not node.children
            inside = block_of(source, node.start + 1, late[node.start] - 1)
            found += filled(inside.root, dict(inside.late), source)
        if node.kind != "macro_definition":  # what it says is read from the text
            work += reversed(node.children)
    return found


@pytest.mark.parametrize("source", [*(path.read_bytes() for path in FILES), WHOLE])
def test_blocks_read_later_have_the_nodes_of_the_whole(source: bytes) -> None:
    outline = outline_of(source)
    assert filled(outline.root, dict(outline.late), source) == filled(item_tree_of(source), {}, source)


def test_blocks_are_left_out_where_nothing_speaks_from_within() -> None:
    late = outline_of(WHOLE).late
    opening = [WHOLE[:start].rpartition(b"\n")[2].split(b" ")[0] for start in late]
    assert opening == [b"mod", b"impl<T:", b"unsafe", b"pub"]


@pytest.mark.parametrize(
    "broken", [b"impl A { fn f( }\nfn g() {}\n", b"impl A { fn f() { }\nfn g() {}\n", b"fn f() {} )\n"]
)
def test_a_broken_file_is_read_at_once(broken: bytes) -> None:
    outline = outline_of(broken)
    if outline.late:
        broken = broken[: next(iter(outline.late.values()))]
        assert broken == b"impl A { fn f( }"
    else:
        assert filled(outline.root, {}, broken) == filled(item_tree_of(broken), {}, broken)
