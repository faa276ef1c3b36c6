"""The attributes whose macros are known by name, and bevy's derives."""

from __future__ import annotations

import re

import pytest
from resolve_fixture import load

from closurelens.hir.lower.rustversion import cfg_of
from closurelens.project.cfg import macro_holds
from closurelens.project.model import CfgSet
from closurelens.resolve import attribute_models
from closurelens.resolve.bodies import file_bodies
from closurelens.resolve.derive_models import DERIVES
from closurelens.ty.display import display
from closurelens.ty.types import Opaque

# How each is written, on what; its macro's crate.
KEPT = {
    '#[rocket::get("/")] fn f() {}': "rocket",
    "#[rocket::catch(404)] fn f() {}": "rocket",
    "#[rocket::launch] fn f() -> u8 { 1 }": "rocket",
    "#[rocket::main] async fn f() {}": "rocket",
    "#[rocket::async_test] async fn f() {}": "rocket",
    "#[tauri::command] fn f() {}": "tauri",
    "#[pyo3::pyfunction] fn f() {}": "pyo3",
    "#[pyo3::pymethods] impl S { fn f(&self) {} }": "pyo3",
    "#[poem_openapi::OpenApi] impl S { fn f(&self) {} }": "poem_openapi",
    "#[rustversion::since(1.50)] fn f() {}": "rustversion",
    "#[rustversion::attr(since(1.50), const)] fn f() {}": "rustversion",
    "#[rustversion::attr(since(1.50), must_use)] fn f() {}": "rustversion",
    "#[rustversion::attr(before(1.50), other::rewrite)] fn f() {}": "rustversion",
}
REWRITTEN = {
    "#[other::get] fn f() {}": "other",
    "#[rocket::unheard_of] fn f() {}": "rocket",
    "#[rustversion::attr(since(1.50), other::rewrite)] fn f() {}": "other",
    "#[pyo3::pymodule] fn f() {}": "pyo3",
}
FACADES = {
    "rocket": "rocket_codegen",
    "tauri": "tauri_macros",
    "pyo3": "pyo3_macros",
    "poem_openapi": "poem_openapi_derive",
}


def _why(code: str, crate: str) -> str | None:
    """Why the body of `f` may have been rewritten; the macros' own source tells nothing."""
    macros = FACADES.get(crate, crate)
    lines = [f"//# crate krate /lib.rs deps={crate}"]
    if macros != crate:
        lines += [f"//# crate {crate} /facade.rs member=no deps={macros}"]
    lines += [f"//# crate {macros} /macros.rs member=no kind=proc-macro", f"struct S; {code}"]
    names = sorted(set(re.findall(rf"{crate}::(\w+)", code)))
    lines += ["//- /facade.rs", f"pub use {macros}::*;", "//- /macros.rs"]
    lines += [f"#[proc_macro_attribute] pub fn {name}(a: T, i: T) -> T {{ opaque::call(i) }}" for name in names]
    fixture = load("\n".join(lines) + "\n")
    index = fixture.program.crate(fixture.crates[0])
    owner = next(one for one in file_bodies(index, "/w/lib.rs") if one.entry.item.name == "f")
    return fixture.program.why_rewritten(owner.entry)


@pytest.mark.parametrize(("code", "crate"), KEPT.items(), ids=KEPT)
def test_the_code_stays_as_it_is_written(code: str, crate: str) -> None:
    assert _why(code, crate) is None


@pytest.mark.parametrize(("code", "crate"), REWRITTEN.items(), ids=REWRITTEN)
def test_others_may_rewrite_it(code: str, crate: str) -> None:
    assert _why(code, crate) is not None


@pytest.mark.parametrize("name", ["main", "async_test"])
def test_what_runs_a_future_to_its_end_gives_what_that_gives(name: str) -> None:
    crates = "//# crate krate /lib.rs deps=rocket\n"
    program = load(f"{crates}#[rocket::{name}] async fn f() -> u8 {{ 1 }} async fn g() -> u8 {{ 1 }}\n").program
    blocking, other = program.fn("krate::f"), program.fn("krate::g")
    assert blocking is not None and other is not None
    assert display(blocking.ret) == "u8"
    assert isinstance(other.ret, Opaque)


def test_the_tables_agree() -> None:
    assert attribute_models.BLOCKING <= attribute_models.TRANSPARENT
    assert attribute_models.PUBLISHING <= attribute_models.TRANSPARENT


def test_what_is_exposed_is_no_more_private() -> None:
    program = load(
        "//# crate krate /lib.rs deps=rhai_codegen\n//# crate rhai_codegen /m.rs member=no kind=proc-macro\n"
        "use rhai_codegen::expose_under_internals; mod inner { use crate::*; pub struct S; impl S {"
        " #[expose_under_internals] fn shown(&self) {} #[must_use] fn hidden(&self) {} } }\n//- /m.rs\n"
        "#[proc_macro_attribute] pub fn expose_under_internals(a: T, i: T) -> T { opaque::call(i) }\n"
    ).program
    shown = program.fn("krate::inner::{impl#0}::shown")
    hidden = program.fn("krate::inner::{impl#0}::hidden")
    assert shown is not None and hidden is not None
    assert (shown.visible_in, hidden.visible_in) == (None, "krate::inner")


# rustversion; the answer of a compiler that is stable and newer than the oldest, and whether every such one has it
CONDITIONS = {
    "since(1.50)": (True, True),
    "since(1.50.1)": (True, True),
    "since(1.990)": (True, False),
    "before(1.50)": (False, True),
    "before(1.990)": (False, False),
    "since(2020-01-01)": (False, False),
    "before(2020-01-01)": (True, False),
    "stable": (True, False),
    "stable(1.50)": (False, False),
    "beta": (False, False),
    "nightly": (False, False),
    "nightly(2020-01-01)": (False, False),
    "not(before(1.50))": (True, True),
    "not(nightly)": (True, False),
    "any(nightly, since(1.50))": (True, True),
    "all(stable, since(1.50), before(1.60))": (False, True),
    "all(since(1.50), not(nightly))": (True, False),
    "what(1.50)": (False, False),
}


@pytest.mark.parametrize(("condition", "answer"), CONDITIONS.items(), ids=CONDITIONS)
def test_conditions_of_rustversion(condition: str, answer: tuple[bool, bool]) -> None:
    name, _, rest = condition.partition("(")
    found = macro_holds(cfg_of(name, rest[:-1]), CfgSet(frozenset()))
    assert (found.holds, found.doubt is None) == answer


def test_of_two_functions_the_one_of_this_compiler_counts() -> None:
    program = load(
        "#[rustversion::before(1.60)] pub fn f() -> u8 { 1 } #[rustversion::since(1.60)] pub fn f() -> u16 { 1 }\n"
    ).program
    found = program.fn("krate::f")
    assert found is not None
    assert display(found.ret) == "u16"


# bevy's derives

BEVY = """
//# crate krate /lib.rs deps=bevy
//# crate bevy /bevy.rs member=no deps=bevy_derive
//# crate bevy_derive /macros.rs member=no kind=proc-macro
use bevy::{Deref, DerefMut};
#[derive(Deref, DerefMut)] pub struct Only(Vec<u8>);
#[derive(Deref, DerefMut)] pub struct Marked<T> { size: u8, #[deref] inner: T }
#[derive(Deref)] pub struct Unmarked { size: u8, inner: u16 }
#[derive(Deref)] pub enum Sum { A(u8) }
//- /bevy.rs
pub use bevy_derive::{Deref, DerefMut};
//- /macros.rs
#[proc_macro_derive(Deref, attributes(deref))] pub fn a(input: TokenStream) -> TokenStream { opaque::call(input) }
#[proc_macro_derive(DerefMut, attributes(deref))] pub fn b(input: TokenStream) -> TokenStream { opaque::call(input) }
"""
TARGETS = {"Only": ["Vec<u8, Global>"], "Marked": ["T"], "Unmarked": [], "Sum": []}


@pytest.mark.parametrize("name", TARGETS)
def test_bevys_deref_leads_to_the_field(name: str) -> None:
    program = load(BEVY).program
    impls = program.trait_impls("core::ops::deref::Deref", f"krate::{name}")
    assert [display(ty) for impl in impls for ty in impl.assoc_types.values()] == TARGETS[name]
    assert bool(program.unknown_derives(f"krate::{name}")) is not bool(TARGETS[name])
    mutable = program.trait_impls("core::ops::deref::DerefMut", f"krate::{name}")
    assert len(mutable) == len(TARGETS[name])


def test_both_derives_have_the_helper() -> None:
    assert {DERIVES[f"bevy_derive::{name}"].attributes for name in ("Deref", "DerefMut")} == {"deref"}
