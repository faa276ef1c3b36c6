"""Configuration predicates, and the options of platforms."""

from __future__ import annotations

import subprocess

import pytest
from project_trees import RUSTC, has_tool

from closurelens.project.cfg import (
    attributes_hold,
    cfg_predicate,
    evaluate,
    expand,
    macro_holds,
    parse_predicate,
    string_value,
)
from closurelens.project.config import apply_flags
from closurelens.project.model import ANY_CUSTOM_NAME, CfgSet
from closurelens.project.platform import _PLATFORMS, DEFAULT_TRIPLE, platform_cfg

CFG = platform_cfg(DEFAULT_TRIPLE).with_options([("feature", "std"), ("feature", "a-b"), ("has_probe", None)])
OPEN = CfgSet(CFG.options, {ANY_CUSTOM_NAME: "the build script may set it", "feature": "requests are missing"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unix", True),
        ("windows", False),
        ("test", False),
        ("true", True),
        ("false", False),
        ("r#true", False),
        ("debug_assertions", True),
        ('target_os = "linux"', True),
        ('target_os = "macos"', False),
        ('target_pointer_width = "64"', True),
        ('panic = "unwind"', True),
        ('target_has_atomic = "ptr"', True),
        ("target_has_atomic", False),
        ('feature = "std"', True),
        ('feature="a-b"', True),
        ('feature = "nope"', False),
        ("feature", False),
        ('feature = r"std"', True),
        ('feature = r#"std"#', True),
        ('feature = "s\\u{74}d"', True),
        ("has_probe", True),
        ("has_other_probe", False),
        ("all()", True),
        ("any()", False),
        ("all(unix, windows)", False),
        ("any(unix, windows)", True),
        ("not(unix)", False),
        ("not(not(unix))", True),
        ('all(feature = "std", not(test),)', True),
        ('any(windows, all(unix, any(feature = "nope", target_arch = "x86_64")))', True),
        ('target(os = "linux", arch = "x86_64")', True),
        ('target(os = "linux", arch = "x86")', False),
        ("unix, ", True),
        ("/* a */ unix // b\n", True),
        ("any(windows, r#unix)", True),
    ],
)
def test_predicates_that_have_an_answer(text: str, expected: bool) -> None:
    answer = evaluate(parse_predicate(text), CFG)
    assert (answer.holds, answer.doubt) == (expected, None)
    assert macro_holds(text, CFG) == answer


@pytest.mark.parametrize(
    ("text", "holds", "doubt"),
    [
        ("has_other_probe", False, "the build script may set it"),
        ("not(has_other_probe)", True, "the build script may set it"),
        ('feature = "nope"', False, "requests are missing"),
        ("all(unix, has_other_probe)", False, "the build script may set it"),
        ("any(windows, not(has_other_probe))", True, "the build script may set it"),
        ("target_thread_local", False, "only nightly compilers define `target_thread_local`"),
        ('version("1.70")', False, "`version(...)` is not a stable configuration predicate"),
        ("", False, "a configuration predicate is missing"),
        ("unix, windows", False, "`unix, windows` is not one configuration predicate"),
        ("all(unix", False, "`all(` has no end"),
        ("not(unix, windows)", False, "`not` takes one predicate"),
        ("target(unix(1))", False, "`unix(...)` is not a stable configuration predicate"),
        ("target_os = concat!(1)", False, "the value of `target_os` is not a string"),
        ('"unix"', False, "`unix` does not start a configuration predicate"),
        ("not(" * 100 + "unix" + ")" * 100, False, "the configuration predicate is nested too deeply"),
    ],
)
def test_predicates_with_a_doubt(text: str, holds: bool, doubt: str) -> None:
    answer = evaluate(parse_predicate(text), OPEN)
    assert (answer.holds, answer.doubt) == (holds, doubt)
    assert answer.certain() is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all(windows, has_other_probe)", False),
        ("any(unix, has_other_probe)", True),
        ("all(has_other_probe, not(unix))", False),
        ("windows", False),
        ('feature = "std"', True),
        ("clippy", False),
    ],
)
def test_a_doubt_that_does_not_matter(text: str, expected: bool) -> None:
    assert evaluate(parse_predicate(text), OPEN).certain() is expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ([], True),
        (["#[inline]", '#[doc = "cfg(windows)"]'], True),
        (["#[cfg(unix)]"], True),
        (["#![cfg(windows)]"], False),
        (["#[cfg(unix)]", "#[cfg(windows)]"], False),
        (["cfg(unix)"], True),
        (["#[cfg_attr(unix, cfg(windows))]"], False),
        (["#[cfg_attr(windows, cfg(windows))]"], True),
        (['#[cfg_attr(unix, inline, cfg_attr(feature = "std", cfg(test)))]'], False),
        (['#[cfg_attr(unix, doc = "a, cfg(windows)")]'], True),
        (["#[ cfg ( all ( unix ) ) ]"], True),
    ],
)
def test_attributes(attributes: list[str], expected: bool) -> None:
    answer = attributes_hold(attributes, CFG)
    assert (answer.holds, answer.doubt) == (expected, None)


def test_a_condition_in_doubt_makes_what_it_guards_doubtful() -> None:
    assert attributes_hold(["#[cfg_attr(has_other_probe, cfg(windows))]"], OPEN).certain() is None
    assert attributes_hold(["#[cfg_attr(has_other_probe, cfg(unix))]"], OPEN).certain() is True


def test_expand_keeps_other_attributes() -> None:
    assert [text for text, _ in expand('#[path = "x.rs"]', CFG)] == ['path = "x.rs"']
    assert [text for text, _ in expand('#[cfg_attr(unix, path = "a,b.rs", allow(x))]', CFG)] == [
        'path = "a,b.rs"',
        "allow(x)",
    ]
    assert expand('#[cfg_attr(windows, path = "x.rs")]', CFG) == []


def test_values_of_attributes() -> None:
    assert string_value('#[path = "x.rs"]', "path") == "x.rs"
    assert string_value('path = r"a\\b.rs"', "path") == "a\\b.rs"
    assert string_value('#[pathology = "x.rs"]', "path") is None
    assert string_value("#[path = concat!()]", "path") is None
    assert cfg_predicate("#[cfg_attr(unix, x)]") is None


def test_flags_of_the_compiler() -> None:
    flags = ["--cfg", "tokio_unstable", '--cfg=api="x"', "-C", "target-feature=+simd128", "-Cpanic=abort"]
    cfg = apply_flags([*flags, "-Ccodegen-units=1", "-C", "debug-assertions=off"], CFG)
    assert ("tokio_unstable", None) in cfg
    assert ("api", "x") in cfg
    assert ("target_feature", "simd128") in cfg
    assert ("panic", "abort") in cfg
    assert ("panic", "unwind") not in cfg
    assert ("debug_assertions", None) not in cfg
    assert evaluate(parse_predicate('target_feature = "avx2"'), cfg).certain() is None


def test_an_unknown_platform_has_no_options_but_a_reason() -> None:
    cfg = platform_cfg("my-own-board")
    answer = evaluate(parse_predicate("unix"), cfg)
    assert (answer.holds, answer.doubt) == (False, "the platform `my-own-board` is not known here")


@pytest.mark.parametrize(
    "triple",
    [DEFAULT_TRIPLE, "wasm32-unknown-unknown", "x86_64-pc-windows-msvc", "thumbv6m-none-eabi", "wasm32-wasip1"],
)
def test_rustc_agrees_about_platforms(triple: str) -> None:
    assert triple in _PLATFORMS
    if not has_tool(RUSTC):
        return
    assert RUSTC is not None
    output = subprocess.run(
        [RUSTC, "--print", "cfg", "--target", triple], capture_output=True, text=True, check=True
    ).stdout
    expected = set()
    for line in output.splitlines():
        name, equals, value = line.partition("=")
        expected.add((name, value[1:-1] if equals else None))
    # Target features are added to platforms with every other release of rustc.
    assert {option for option in expected if option[0] != "target_feature"} == {
        option for option in platform_cfg(triple).options if option[0] != "target_feature"
    }
