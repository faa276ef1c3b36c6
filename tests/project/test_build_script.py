"""What is read from the source of a build script: for each, what is known of options `a`, `b` and of any other."""

from __future__ import annotations

import pytest

from closurelens.project.build_script import output_of_script
from closurelens.project.cfg import macro_holds
from closurelens.project.model import CfgSet

CFG = CfgSet(frozenset((("feature", "big-one"), ("target_os", "linux"), ("unix", None))))
HOST = CfgSet(frozenset((("feature", "big-one"), ("target_os", "macos"))))


def known(script: str, *, has_helpers: bool = False) -> list[bool | None]:
    output = output_of_script(script.encode(), "app", CFG, HOST, has_helpers=has_helpers)
    cfg = CfgSet(CFG.options | output.options, CFG.open | output.open)
    return [macro_holds(name, cfg).certain() for name in ("a", "b", "other")]


def says(name: str) -> str:
    return f'println!("cargo:rustc-cfg={name}");'


A, B = says("a"), says("b")
SET = """}
fn is_unix(os: &str) -> bool { match os { "linux" | "macos" => true, _ => false } }
fn set(key: &str, on: bool) {
    println!("cargo:rustc-check-cfg=cfg({key})");
    if on { println!("cargo:rustc-cfg={key}"); }
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", [False, False, False]),
        (A, [True, False, False]),
        (f"if true {{ {A} }} else {{ {B} }}", [True, False, False]),
        (f"if minor() > 60 {{ {A} }} {B}", [None, True, False]),
        (f"if minor() > 60 {{ {A} {B} }} else {{ {A} }}", [True, None, False]),
        (
            f"match minor() {{ Some(x) if x > 3 => {{ {A} return; }} Some(_) => {{ {A} }} None => {{ {A} {B} }} }} {B}",
            [True, None, False],
        ),
        (f'if std::env::var_os("CARGO_FEATURE_BIG_ONE").is_some() {{ {A} }}', [True, False, False]),
        (f'if std::env::var("CARGO_FEATURE_SMALL").is_err() && !cfg!(feature = "x") {{ {A} }}', [True, False, False]),
        (f'if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {{ {A} }}', [True, False, False]),
        (f'if std::env::var("CARGO_CFG_TARGET_OS").unwrap() != "linux" {{ {A} }}', [False, False, False]),
        (f'if std::env::var("CARGO_CFG_TARGET_ENV").unwrap_or_default() == "" {{ {A} }}', [True, False, False]),
        (f'if cfg!(target_os = "macos") {{ {A} }}', [True, False, False]),
        (f'#[cfg(feature = "x")] {A}', [False, False, False]),
        (f'if std::env::var("SKIP").is_ok() {{ return; }} {A}', [None, False, False]),
        (f'let x = std::env::var("SKIP")?; {A}', [True, False, False]),
        (f'for x in all() {{ {A} }} println!("cargo:rustc-cfg={{}}", x);', [None, None, None]),
        (f"}} fn unused() {{ {A}", [False, False, False]),
        (f"all().for_each(helper); }} fn helper(x: u8) {{ {A}", [None, False, False]),
        (f"helper(); }} fn helper() {{ if unknown() {{ return; }} {A} }} fn more() {{ {B}", [None, False, False]),
        (f'set("a", true); set("b", cfg!(feature = "x")); {SET}', [True, False, False]),
        (f'set("a", minor() > 3); set("b", std::env::var("CI").is_ok() && cfg!(x)); {SET}', [None, False, False]),
        (
            f'let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap(); set("a", is_unix(&os)); {SET}',
            [True, False, False],
        ),
        (f'let mut on = false; change(&mut on); set("a", on); {SET}', [None, False, False]),
        (f'for name in ["a", "b"] {{ set(name, true); }} {SET}', [True, True, False]),
        (f"set(&name(), true); {SET}", [None, None, None]),
        (
            f'if let Ok(os) = std::env::var("CARGO_CFG_TARGET_OS") {{ set("a", os == "linux"); }} {SET}',
            [True, False, False],
        ),
        (f'set("a", matches!(std::env::var("CARGO_FEATURE_X").as_deref(), Ok("1"))); {SET}', [False, False, False]),
        ('let line = "cargo::rustc-cfg=a"; println!("{}", line); println!("{line}");', [True, False, False]),
        ('let line = "cargo::rustc-cfg=a"; emit(line);', [None, False, False]),
        ('emit!("b"); } macro_rules! emit { ($x:expr) => { println!("cargo:rustc-cfg={}", $x) }', [None, None, None]),
        (f"pick(); }} #[since(1.50)] fn pick() {{ {A} }} #[before(1.50)] fn pick() {{ {B}", [None, None, False]),
        (f"on_exit(); {A} }} fn on_exit() {{ if bad() {{ exit(0) }}", [None, False, False]),
        (f'// {A}\nlet url = "http://x"; {B}', [False, True, False]),
        ("} mod generated; fn more() {", [None, None, None]),
    ],
)
def test_options(body: str, expected: list[bool | None]) -> None:
    assert known(f"fn main() {{ {body} }}") == expected


def test_other_crates_may_print_more() -> None:
    assert known(f"fn main() {{ {A} helper::run(); }}", has_helpers=True) == [True, None, None]


@pytest.mark.parametrize(
    ("body", "option", "expected"),
    [
        ('autocfg::new().emit_sysroot_crate("std");', "has_std", True),
        ("let ac = autocfg::new(); ac.emit_rustc_version(1, 36);", "rustc_1_36", True),
        ("let ac = autocfg::new(); ac.emit_rustc_version(1, 90);", "rustc_1_90", None),
        ('if autocfg::new().probe_rustc_version(1, 36) { autocfg::emit("a"); }', "a", True),
        ('let ac = autocfg::new(); ac.emit_expression_cfg("1.total_cmp(2)", "a");', "a", None),
        ('let ac = autocfg::new(); ac.emit_expression_cfg("1.total_cmp(2)", "a");', "b", False),
        ('let ac = autocfg::new(); ac.emit_has_type("i128");', "has_i128", None),
        ("let ac = autocfg::new(); ac.emit_has_type(name());", "has_i128", None),
    ],
)
def test_autocfg(body: str, option: str, expected: bool | None) -> None:
    output = output_of_script(f"fn main() {{ {body} }}".encode(), "app", CFG, HOST, has_helpers=False)
    cfg = CfgSet(CFG.options | output.options, CFG.open | output.open)
    assert macro_holds(option, cfg).certain() is expected
