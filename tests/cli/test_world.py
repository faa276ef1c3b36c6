"""The world under edits: what a snapshot says depends on the text alone, and only what changed is analysed again."""

from pathlib import Path
from random import Random

import pytest

from closurelens.cli.inputs import text_or_none
from closurelens.cli.session import Reports, make_world
from closurelens.lsp.configuration import Settings
from closurelens.project.load import LoadSettings
from closurelens.text import TextRange
from closurelens.world import BodyAnalysis, Cancelled, CloseFile, EditFile, FileClosures, FileOnDisk, OpenFile, World

CODE = b"""\
mod helper;
struct P { a: String, n: u8 }
impl P {
    fn first(&mut self) { let mut c = || self.n += 1; c(); }
}
fn second(p: P) { let c = || helper::look(&p.a); c(); }
fn third(v: Vec<u8>) {
    fn inner(s: String) { let c = move || s; c(); }
    let c = || v.len();
    c();
}
const CALL: fn(u8) -> u8 = |x| x + 1;
"""
HELPER = b"pub fn look(s: &str) {}\n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n')
    (tmp_path / "src").mkdir()
    (tmp_path / "src/lib.rs").write_bytes(CODE)
    (tmp_path / "src/helper.rs").write_bytes(HELPER)
    return (tmp_path / "src/lib.rs").as_posix()


def said(found: FileClosures) -> list[str]:
    return [
        f"{found.text[slice(*placed.range)].decode()} => {placed.closure.trait.value} "
        + ", ".join(f"{c.mode} {c.place.display()} {c.uncertain}" for c in placed.closure.captures)
        for placed in found.closures()
    ]


class Count:
    """A guard that notes which bodies were analysed."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, what: str, work: "object") -> list[BodyAnalysis] | None:
        self.seen.append(what.rpartition("::")[2])
        assert callable(work)
        found: list[BodyAnalysis] = work()
        return found


def fresh(path: str, text: bytes) -> list[str]:
    world = make_world(LoadSettings(), Reports())
    return said(world.apply(OpenFile(path, text)).closures_in(path))


def replaced(world: World, path: str, old: bytes, new: bytes) -> None:
    file = world.file(path)
    assert file is not None
    at = file.document.text.index(old)
    world.apply(EditFile(path, TextRange(at, at + len(old)), new))


def test_a_keystroke_analyses_one_body(path: str) -> None:
    world = make_world(LoadSettings(), Reports())
    count = Count()
    before = world.apply(OpenFile(path, CODE)).closures_in(path, count)
    assert len(before.closures()) == 5
    assert sorted(count.seen) == ["CALL", "first", "second", "third"]
    for old, new, analysed in (
        (b"self.n += 1", b"self.n += 2; self.a.clear()", ["first"]),
        (b"v.len()", b"drop(v)", ["third"]),
        (b"move || s", b"|| s", ["third"]),
        (b"fn second(p", b"\n\n// words\nfn second(p", []),
    ):
        count.seen.clear()
        replaced(world, path, old, new)
        world.settle(path)
        found = world.snapshot().closures_in(path, count)
        assert count.seen == analysed
        assert said(found) == fresh(path, found.text)


def test_a_changed_item_reaches_other_bodies_and_files(path: str) -> None:
    world = make_world(LoadSettings(), Reports())
    world.apply(OpenFile(path, CODE)).closures_in(path)
    replaced(world, path, b"struct P { a: String", b"#[derive(Clone, Copy)] struct P { a: &'static str")
    world.settle(path)
    found = world.snapshot().closures_in(path)
    assert said(found) == fresh(path, found.text)
    helper = path.replace("lib.rs", "helper.rs")
    world.apply(OpenFile(helper, b"pub fn look(s: impl Fn() -> u8) {}"))
    replaced(world, path, b"helper::look(&p.a)", b"helper::look(|| p.n)")
    found = world.snapshot().closures_in(path)
    assert "|| p.n => Fn" in "\n".join(said(found))


def test_unbalanced_text_on_the_way(path: str) -> None:
    """While a brace is missing the answers are the best there are; afterwards they are those of the text."""
    world = make_world(LoadSettings(), Reports())
    world.apply(OpenFile(path, CODE)).closures_in(path)
    for typed in (b"{", b" let d = || p.n;", b" }"):
        file = world.file(path)
        assert file is not None
        at = file.document.text.index(b" c(); }\nfn third")
        world.apply(EditFile(path, TextRange(at, at), typed))
        world.snapshot().closures_in(path)
        world.settle(path)
    found = world.snapshot().closures_in(path)
    assert said(found) == fresh(path, found.text)


TYPED = (
    b"{", b"}", b"(", b")", b"|", b"||", b'"', b"'", b"/*", b"*/", b"//", b"\n", b" ", b";", b"x", b"#[cfg(test)]\n",
    b"fn new(s: String) { let c = || s.len(); c(); }\n", b"let d = move || 1;", b"struct S { f: fn() }\n", b"mod m {",
    b"impl P { fn again(&self) { let c = || &self.a; } }\n",
    b"macro_rules! k { () => { const K: fn() = || (); } }\nk!();\n",
    b"const Z: u8 = { let c = || 1; c() };\n", b"async move { }", b"trait T { fn g(&self) { || self; } }\n",
)  # fmt: skip
"""What a random edit puts in: mostly what moves the bounds of items."""


@pytest.mark.parametrize("seed", range(24))
def test_any_edits_end_in_the_answers_of_the_text(path: str, seed: int) -> None:
    """Whatever was typed and asked on the way, a settled file answers as one that was just opened."""
    random = Random(seed)
    world = make_world(LoadSettings(), Reports())
    text = CODE
    world.apply(OpenFile(path, text)).closures_in(path)
    for _ in range(12):
        for _ in range(random.randrange(1, 5)):
            start = random.randrange(len(text) + 1)
            end = min(len(text), start + random.choice((0, 0, 0, 1, 3, 40)))
            new = random.choice((*TYPED, b"", text[end : end + 30]))
            text = text[:start] + new + text[end:]
            world.apply(EditFile(path, TextRange(start, end), new))
            if random.random() < 0.6:
                world.snapshot().closures_in(path)
            if random.random() < 0.3:
                world.settle(path)
        world.settle(path)
        assert said(world.snapshot().closures_in(path)) == fresh(path, text), text.decode()
        if random.random() < 0.3:
            text = CODE
            world.apply(EditFile(path, None, text))


def test_a_closed_file_has_the_text_of_the_disk(path: str) -> None:
    world = make_world(LoadSettings(), Reports())
    world.apply(OpenFile(path, b"fn f() {}")).closures_in(path)
    assert said(world.apply(CloseFile(path)).closures_in(path)) == fresh(path, CODE)
    Path(path).write_bytes(b"fn f(s: String) { let _ = || s.len(); }")
    found = world.apply(FileOnDisk(path)).closures_in(path)
    assert said(found) == fresh(path, Path(path).read_bytes())


def test_another_edition_in_the_manifest(path: str) -> None:
    world = make_world(LoadSettings(), Reports())
    assert world.snapshot().edition_of(path) == 2021
    manifest = Path(path).parents[1] / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace("2021", "2018"))
    snapshot = world.apply(FileOnDisk(manifest.as_posix()))
    assert snapshot.edition_of(path) == 2018
    assert "p None" in "\n".join(said(snapshot.closures_in(path)))


def test_an_overtaken_snapshot_is_cancelled(path: str) -> None:
    world = make_world(LoadSettings(), Reports())
    old = world.snapshot()
    world.apply(OpenFile(path, CODE))
    with pytest.raises(Cancelled):
        old.closures_in(path)


def test_a_body_that_fails_leaves_the_others(path: str) -> None:
    world = make_world(LoadSettings(), Reports())

    def guard(what: str, work: object) -> list[BodyAnalysis] | None:
        assert callable(work)
        found: list[BodyAnalysis] = work()
        return None if what.endswith("second") else found

    found = world.snapshot().closures_in(path, guard)
    assert [failure.owner for failure in found.failures] == ["p::second"]
    assert len(found.closures()) == 4


def test_a_file_that_is_not_there(path: str) -> None:
    gone = path.replace("lib.rs", "gone.rs")
    assert text_or_none(gone) is None
    assert make_world(LoadSettings(), Reports()).snapshot().closures_in(gone).closures() == []


def test_dependencies_count_unless_they_are_switched_off() -> None:
    assert make_world(LoadSettings(), Reports()).config.index_dependencies
    assert Settings().index.dependencies
