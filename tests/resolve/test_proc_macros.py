"""What a crate of procedural macros exports, read from its root file."""

from closurelens.resolve.proc_macros import exports

MAKES = """
macro_rules! create(
    ($feature:literal, $mod_:ident $(:: $rest:ident)*, $trait_:ident, $fn_name: ident $(,$attribute:ident)*) => {
        #[proc_macro_derive($trait_, attributes($($attribute),*))]
        pub fn $fn_name(input: TokenStream) -> TokenStream { $mod_::expand("a)b", input) }
    }
);
"""


def test_derives_that_a_macro_makes() -> None:
    calls = (
        'create!("add", ops::add, Add, add_derive, add);\ncreate!(\n    "deref",\n    deref,\n    Deref,\n    f,\n);\n'
    )
    found = exports((MAKES + calls).encode())
    assert (found.names, found.is_open) == ({"Add", "Deref"}, False)
    assert "add" in found.helpers["Add"]


def test_names_that_cannot_be_told() -> None:
    found = exports((MAKES + 'create!("a");\n').encode())
    assert found.is_open
    assert found.may_export("Anything")


def test_what_is_written_out() -> None:
    found = exports(b"#[proc_macro_derive(A, attributes(b))]\npub fn a(i: TokenStream) -> TokenStream { i }\n")
    assert ("A" in found.names, found.may_export("B"), found.helpers["A"]) == (True, False, {"b"})
