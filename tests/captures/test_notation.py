"""The notation of cases itself: what it reads, and that untrue or unreadable labels fail."""

from pathlib import Path

import pytest

from support.captures import Claim, Told, ToldUse, claim, compare
from support.cases import BadCase, Block, labels_of, parse_cases

CODE = """\
fn f(mut p: P) {
    let mut c = || p.x += 1;
    //          ^^ FnMut [&mut p.x]
    //             ^^^ &mut p.x: assigned
}
"""


def block(code: str = CODE) -> Block:
    return Block("", {}, "rust", code, 1, labels_of(code, "here"))


def told(**changes: object) -> Told:
    start = CODE.index("||")
    uses = [ToldUse(start + 3, start + 6, "&mut p.x", "assigned")]
    fields = {"trait": "FnMut", "kind": "FnMut", "captures": ["&mut p.x"], "uses": uses}
    return Told(start, CODE.index(";"), **(fields | changes))  # type: ignore[arg-type]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "some_topic.md"
    path.write_text(text)
    return path


def test_headings_roles_and_options(tmp_path: Path) -> None:
    text = """\
# Topic

Prose only, so no case.

## The first, with `code`

Prose about it, with: colons.
```rust
fn a() {}
```

before, edition: 2018, errors: E0382 E0502
```rust
fn b() {}
```

`src/lib.rs`:
```toml
[x]
```

## The second
```rust
```
"""
    first, second = parse_cases(write(tmp_path, text))
    assert (first.id, second.id) == ("some_topic-the-first-with-code", "some_topic-the-second")
    assert [(b.role, b.options, b.edition, b.language) for b in first.blocks] == [
        ("", {}, "2021", "rust"),
        ("before", {"edition": "2018", "errors": "E0382 E0502"}, "2018", "rust"),
        ("src/lib.rs", {}, "2021", "toml"),
    ]
    assert first.blocks[0].code == "fn a() {}\n"
    assert text.split("\n")[first.blocks[1].line - 1] == "fn b() {}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("## A\n```rust\n", "not closed"),
        ("```rust\n```\n", "before the first heading"),
        ("## A\n```rust\n```\n## a!\n```rust\n```\n", "two cases"),
        ("## A\n```rust\n//   ^^ Fn []\n```\n", "points at nothing"),
        ("## A\n```rust\nx\n//   ^^ Fn []\n```\n", "points at nothing"),
        ("## A\n```rust\nlet c = || 1;\n//      ^^\n```\n", "says nothing"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadCase, match=why):
        parse_cases(write(tmp_path, text))


def test_labels_point_at_bytes_of_the_nearest_code_above() -> None:
    code = "let é = || 1;\n//      ^^ Fn []\n//         ^ &x\nnext\n"
    assert [(label.start, label.end, label.text) for label in labels_of(code, "here")] == [
        (9, 11, "Fn []"),
        (12, 13, "&x"),
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Fn []", Claim("Fn", "Fn", [])),
        ("FnMut as FnOnce [&mut (*self).a, q]", Claim("FnMut", "FnOnce", ["&mut (*self).a", "q"])),
        ("async [copy n]", Claim("async", None, ["copy n"])),
        ("? Fn [&p]: why so", Claim("Fn", "Fn", ["&p"], False, "why so")),
    ],
)
def test_claims(text: str, read: Claim) -> None:
    assert claim(text) == read
    assert str(read) == text


@pytest.mark.parametrize(
    "label",
    [
        "Fn",
        "Fn [&p",
        "FnNever [&p]",
        "Fn [&p]: reason",
        "Fn []; bug: ? Fn []",
        "Fn []; instant: Fn []",
        "&mutp.x!",
        "moved it",
    ],
)
def test_labels_that_are_refused(label: str) -> None:
    with pytest.raises(BadCase):
        compare(block(CODE.replace("FnMut [&mut p.x]", label)), [told()], instant=False)


def test_true_labels() -> None:
    assert compare(block(), [told()], instant=True) == []
    assert compare(block(), [told(kind=None)], instant=False) == [], "rustc without MIR tells no kind"


@pytest.mark.parametrize(
    "changes",
    [
        {"trait": "Fn"},
        {"kind": "FnOnce"},
        {"captures": []},
        {"captures": ["&uniq p.x"]},
        {"captures": ["&mut p.x", "&q"]},
        {"certain": False, "reason": "no idea"},
        {"uses": []},
        {"uses": [ToldUse(CODE.index("p.x"), CODE.index("p.x") + 3, "&p.x", "assigned")]},
    ],
)
def test_untrue_labels(changes: dict[str, object]) -> None:
    assert len(compare(block(), [told(**changes)], instant=False)) == 1


def test_the_reason_of_a_use_is_the_instant_tiers_alone() -> None:
    other = told(uses=[ToldUse(CODE.index("p.x"), CODE.index("p.x") + 3, "&mut p.x", "borrowed mutably")])
    assert compare(block(), [other], instant=False) == []
    assert compare(block(), [other], instant=True) == ["line 4: the label says assigned, but it is borrowed mutably"]


def test_closures_without_a_label_and_labels_without_a_closure() -> None:
    assert len(compare(block(), [], instant=False)) == 2
    inner = Told(CODE.index("p.x"), CODE.index(";"), "Fn", "Fn", [])
    assert compare(block(), [told(), inner], instant=False) == ["line 2: a closure without a label: Fn []"]


def test_what_the_instant_tier_does_not_know_or_says_wrongly() -> None:
    uncertain = block(CODE.replace("[&mut p.x]", "[&mut p.x]; instant: ? Fn [&p]: no type"))
    assert compare(uncertain, [told()], instant=False) == []
    guess = told(trait="Fn", kind="Fn", captures=["&p"], certain=False, reason="no type")
    assert compare(uncertain, [guess], instant=True) == []
    assert len(compare(uncertain, [told()], instant=True)) == 1
    wrong = block(CODE.replace("[&mut p.x]", "[&mut p.x]; bug: Fn [&p]"))
    assert compare(wrong, [told()], instant=False) == []
    assert compare(wrong, [told(trait="Fn", kind="Fn", captures=["&p"])], instant=True) == []
    assert len(compare(wrong, [told()], instant=True)) == 1, "a bug that is mended must leave the label"
