"""What the derives of yara-x-macros add."""

from __future__ import annotations

from resolve_fixture import load

from closurelens.ty.display import display

TEXT = """
//# crate krate /lib.rs deps=yara_x_macros
//# crate yara_x_macros /macros.rs member=no kind=proc-macro
use yara_x_macros::{ErrorEnum, ErrorStruct};
pub struct ReportBuilder;
pub struct Report;
pub struct Label;
pub struct Footer;
pub struct Patch;
#[derive(ErrorEnum)]
pub enum Warning { Slow(Box<Slow>) }
#[derive(ErrorStruct)]
#[associated_enum(Warning)]
#[warning(code = "slow", title = "slow")]
#[label("here", loc)]
pub struct Slow { report: Report, loc: (u8, u8), note: Option<String> }
//- /macros.rs
#[proc_macro_derive(ErrorStruct, attributes(error, warning, label, footer, associated_enum))]
pub fn one(input: TokenStream) -> TokenStream { input }
#[proc_macro_derive(ErrorEnum)] pub fn other(input: TokenStream) -> TokenStream { input }
"""


def _methods(ty: str) -> dict[str, str]:
    program = load(TEXT).program
    out = {}
    for impl in program.inherent_impls(ty):
        for name, path in impl.methods.items():
            fn = program.fn(path)
            assert fn is not None
            out[name] = f"({', '.join(display(one) for one in fn.params)}) -> {display(fn.ret)}"
    return out


def test_a_struct_is_built_from_its_fields() -> None:
    found = _methods("krate::Slow")
    assert found["build"] == "(&ReportBuilder, (u8, u8), Option<String>) -> Warning"
    assert found["code"] == "() -> &'static str"
    assert found["title"] == "(&Slow) -> &str"


def test_an_enum_leads_to_its_report() -> None:
    found = _methods("krate::Warning")
    assert found["report_mut"] == "(&mut Warning) -> &mut Report"
    assert found["code"] == "(&Warning) -> &'static str"
    assert {"all_codes", "labels", "footers", "patches", "report", "title"} <= set(found)


def test_nothing_else_may_be_added() -> None:
    program = load(TEXT).program
    assert program.unknown_derives("krate::Slow") == []
