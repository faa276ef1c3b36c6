"""What paths lead to: modules, imports, globs, preludes, crates, macros."""

from __future__ import annotations

import pytest
from resolve_fixture import answer, load

# A crate's text, and lines of `module | namespace | path => answer`.
CASES: dict[str, tuple[str, str]] = {
    "items of a module": (
        """
        mod a { pub struct S; pub enum E { V, W(u8) } pub fn f() {} pub const C: u8 = 1; pub trait T {}
                pub type A = S; }
        """,
        """
        krate | type | a::S => struct krate::a::S
        krate | value | a::S => struct krate::a::S
        krate | type | a::E => enum krate::a::E
        krate | value | a::E::V => variant krate::a::E::V
        krate | type | a::E::W => variant krate::a::E::W
        krate | value | a::f => fn krate::a::f
        krate | value | a::C => const krate::a::C
        krate | type | a::T => trait krate::a::T
        krate | type | a::A => type krate::a::A
        krate::a | type | S => struct krate::a::S
        krate::a | type | super::a::S => struct krate::a::S
        krate::a | type | crate::a::S => struct krate::a::S
        krate::a | type | self::S => struct krate::a::S
        krate | type | S => nothing
        krate | value | a::S::new => struct krate::a::S + new
        krate | value | a::E::nothing => enum krate::a::E + nothing
        krate | type | super::a => nothing
        """,
    ),
    "files": (
        """
        mod a;
        mod b { pub mod c; }
        #[path = "elsewhere.rs"] mod d;
        #[path = "runtime.rs"] mod e;
        #[path = r#"raw.rs"#] mod f;
        //- /runtime.rs
        pub struct R;
        //- /raw.rs
        pub struct W;
        //- /a/mod.rs
        pub mod x;
        //- /a/x.rs
        pub struct X; pub mod y;
        //- /a/x/y.rs
        pub struct Y;
        //- /b/c.rs
        pub struct C;
        //- /elsewhere.rs
        pub mod below;
        //- /below.rs
        pub struct B;
        """,
        """
        krate | type | a::x::X => struct krate::a::x::X
        krate | type | a::x::y::Y => struct krate::a::x::y::Y
        krate | type | b::c::C => struct krate::b::c::C
        krate | type | d::below::B => struct krate::d::below::B
        krate | type | e::R => struct krate::e::R
        krate | type | f::W => struct krate::f::W
        """,
    ),
    "a module that an attribute macro rewrites": (
        """
        pub struct S; struct Vec; pub fn f() {}
        #[export_module] mod a { pub struct T; mod b { pub struct U; } }
        #[allow(unused)] mod c {}
        """,
        """
        krate::a | type | S => struct krate::S
        krate::a | value | f => fn krate::f
        krate::a | type | T => struct krate::a::T
        krate::a | type | Vec => struct alloc::vec::Vec
        krate::a::b | type | S => struct krate::S
        krate::a::b | type | T => struct krate::a::T
        krate::c | type | S => nothing
        """,
    ),
    "a module without a file": (
        "mod gone;",
        "krate | type | gone => mod krate::gone\nkrate | type | gone::X => nothing",
    ),
    "imports and renames": (
        """
        mod a { pub struct S; pub fn f() {} pub mod deep { pub struct D; } }
        use a::S as Renamed;
        use a::{self as alias, f, deep::{self, D}};
        use a::deep as _;
        """,
        """
        krate | type | Renamed => struct krate::a::S
        krate | type | S => nothing
        krate | type | alias::S => struct krate::a::S
        krate | value | f => fn krate::a::f
        krate | type | deep::D => struct krate::a::deep::D
        krate | type | D => struct krate::a::deep::D
        """,
    ),
    "chains of imports": (
        """
        mod a { pub use super::b::X as Y; }
        mod b { pub use super::c::*; }
        mod c { pub use super::d::Z as X; }
        mod d { pub struct Z; }
        pub use a::Y;
        """,
        "krate | type | Y => struct krate::d::Z",
    ),
    "an import names all namespaces": (
        """
        mod a { pub struct X {} pub fn X() {} }
        use a::X;
        """,
        """
        krate | type | X => struct krate::a::X
        krate | value | X => fn krate::a::X
        """,
    ),
    "cyclic imports lead nowhere": (
        """
        mod a { pub use super::b::X; pub use super::b::Only as Y; }
        mod b { pub use super::a::X; pub struct Only; }
        use a::X;
        use self::Q as P; use self::P as Q;
        use self::selfish;
        """,
        """
        krate | type | X => unknown a::X
        krate | type | a::Y => struct krate::b::Only
        krate | type | P => nothing
        krate | type | selfish => nothing
        """,
    ),
    "globs": (
        """
        mod a { pub struct A; struct Hidden; pub(crate) struct Crate; pub(super) struct Super; pub use super::b::*; }
        mod b { pub struct B; pub struct A; }
        use a::*;
        mod c { use super::a::*; }
        """,
        """
        krate | type | A => struct krate::a::A
        krate | type | B => struct krate::b::B
        krate | type | Hidden => nothing
        krate | type | Crate => struct krate::a::Crate
        krate | type | Super => struct krate::a::Super
        krate::c | type | Super => struct krate::a::Super
        krate::c | type | B => struct krate::b::B
        """,
    ),
    "private names through the glob of a child": (
        """
        struct Private; use std::rc::Rc as MyRc; fn helper() {}
        mod tests { use super::*; }
        """,
        """
        krate::tests | type | Private => struct krate::Private
        krate::tests | type | MyRc => struct alloc::rc::Rc
        krate::tests | value | helper => fn krate::helper
        """,
    ),
    "a private import is not brought by a glob from elsewhere": (
        """
        mod a { use super::x::P; pub use super::x::Q; }
        mod x { pub struct P; pub struct Q; }
        mod b { use super::a::*; }
        """,
        """
        krate::b | type | P => nothing
        krate::b | type | Q => struct krate::x::Q
        """,
    ),
    "globs that need each other": (
        """
        mod a { pub mod inner { pub struct Deep; } pub use super::b::*; }
        mod b { pub use super::a::*; pub struct FromB; }
        use a::*;
        use inner::*;
        """,
        """
        krate | type | Deep => struct krate::a::inner::Deep
        krate | type | FromB => struct krate::b::FromB
        krate::b | type | inner::Deep => struct krate::a::inner::Deep
        """,
    ),
    "macros of a module that says itself that they are used outside": (
        """
        mod call; mod other;
        //- /call.rs
        //! Macros.
        #![macro_use]
        macro_rules! call { ($name:ident) => { pub struct $name; } }
        //- /other.rs
        call!(Made);
        """,
        """
        krate::other | type | Made => struct krate::other::Made
        """,
    ),
    "a module that a macro from a glob makes": (
        """
        mod node;
        pub use self::node::*;
        #[macro_export] macro_rules! _each { ($($t:tt)*) => { $($t)* } }
        #[macro_export] macro_rules! each { ($($t:tt)*) => { $crate::_each! { $($t)* } } }
        pub struct Root;
        //- /node.rs
        each!(mod server;);
        use crate::*;
        mod browser;
        pub use server::*;
        pub use browser::*;
        //- /node/server.rs
        use crate::*;
        pub struct Server;
        //- /node/browser.rs
        pub struct Browser;
        """,
        """
        krate | type | Server => struct krate::node::server::Server
        krate::node | type | server::Server => struct krate::node::server::Server
        krate::node::server | type | Root => struct krate::Root
        krate::node::server | type | Browser => struct krate::node::browser::Browser
        """,
    ),
    "named before glob before prelude": (
        """
        mod a { pub struct Option; pub struct Vec; pub struct S; }
        use a::*;
        struct Vec;
        mod b { }
        mod std { }
        """,
        """
        krate | type | Option => struct krate::a::Option
        krate | type | Vec => struct krate::Vec
        krate::b | type | Option => enum core::option::Option
        krate | type | std => mod krate::std
        krate::b | type | std::rc::Rc => struct alloc::rc::Rc
        krate | type | ::std::rc::Rc => struct alloc::rc::Rc
        """,
    ),
    "variants by glob and by name": (
        """
        enum E { A, B(u8), C { x: u8 } }
        use E::*;
        mod m { use super::E::A as First; }
        """,
        """
        krate | value | A => variant krate::E::A
        krate | type | C => variant krate::E::C
        krate::m | value | First => variant krate::E::A
        """,
    ),
    "std": (
        "",
        """
        krate | type | std::collections::HashMap => struct std::collections::hash::map::HashMap
        krate | value | Some => variant core::option::Option::Some
        krate | value | Option::Some => variant core::option::Option::Some
        krate | value | Vec::new => struct alloc::vec::Vec + new
        krate | type | u8 => primitive u8
        krate | value | u8::MAX => primitive u8 + MAX
        krate | value | str::from_utf8 => primitive str + from_utf8
        krate | value | std::mem::swap => fn core::mem::swap
        krate | type | Iterator => trait core::iter::traits::iterator::Iterator
        krate | type | TryFrom => trait core::convert::TryFrom
        """,
    ),
    "a module with the name of a primitive": (
        "use std::str; use std::u8; mod m { pub struct u32; }",
        """
        krate | type | str => primitive str
        krate | value | str::from_utf8 => fn core::str::converts::from_utf8
        krate | value | u8::MAX => const core::legacy_int_modules::u8::MAX
        krate | type | m::u32 => struct krate::m::u32
        """,
    ),
    "editions have their preludes": (
        """
        //# crate krate /lib.rs edition=2018
        mod m {}
        """,
        """
        krate::m | type | TryFrom => nothing
        krate::m | type | Iterator => trait core::iter::traits::iterator::Iterator
        """,
    ),
    "no_std": (
        "#![no_std]\nextern crate alloc; mod m { use alloc::vec::Vec; }",
        """
        krate | type | Vec => nothing
        krate::m | type | Vec => struct alloc::vec::Vec
        krate | type | Option => enum core::option::Option
        """,
    ),
    "no_std by cfg_attr": ('#![cfg_attr(not(feature = "std"), no_std)]', "krate | type | Vec => nothing"),
    "paths of the 2015 edition start at the root": (
        """
        //# crate krate /lib.rs edition=2015
        mod a { pub struct S; pub mod b { use a::S; use std::rc::Rc; } }
        """,
        """
        krate::a::b | type | S => struct krate::a::S
        krate::a::b | type | Rc => struct alloc::rc::Rc
        krate::a::b | type | ::a::S => struct krate::a::S
        """,
    ),
    "other crates": (
        """
        //# crate krate /lib.rs deps=dep,gone
        //# crate dep /dep/src/lib.rs member=no
        use dep::Thing; use dep::prelude::*; use gone::What; use undeclared::Nope;
        extern crate dep as renamed;
        mod m {}
        //- /dep/src/lib.rs
        pub struct Thing; struct Private;
        pub mod prelude { pub use crate::inner::Deep; pub(crate) struct Internal; }
        mod inner;
        //- /dep/src/inner.rs
        pub struct Deep;
        """,
        """
        krate | type | Thing => struct dep::Thing
        krate | type | Deep => struct dep::inner::Deep
        krate | type | Internal => nothing
        krate | type | renamed::Thing => struct dep::Thing
        krate::m | type | renamed::Thing => struct dep::Thing
        krate::m | type | dep::Thing => struct dep::Thing
        krate | type | What => unknown gone::What
        krate | type | gone::x::Y => unknown gone::x::Y
        krate | type | Nope => unknown undeclared::Nope
        """,
    ),
    "an import that leads nowhere hides the prelude": (
        "mod a {} use a::Option; use gone::Vec;",
        """
        krate | type | Option => unknown a::Option
        krate | type | Vec => unknown gone::Vec
        """,
    ),
    "what a cfg switches off is seen only from what is off": (
        """
        //# crate krate /lib.rs cfg=feature:on
        #[cfg(feature = "on")] struct On;
        #[cfg(feature = "off")] struct Off;
        #[cfg(not(feature = "on"))] struct Twice(u8);
        #[cfg(feature = "on")] struct Twice;
        #[cfg(test)] fn helper() {}
        #[cfg(test)] mod tests { use super::*; struct Local; }
        """,
        """
        krate | type | On => struct krate::On
        krate | type | Off => nothing
        krate | type | Twice => struct krate::Twice
        krate | type | tests => nothing
        krate::tests | type | On => struct krate::On
        krate::tests | type | Off => struct krate::Off
        krate::tests | value | helper => fn krate::helper
        krate::tests | type | Local => struct krate::tests::Local
        krate::tests | type | Twice => struct krate::Twice
        """,
    ),
    "macro_rules in the order of the text": (
        """
        macro_rules! make { ($name:ident) => { pub struct $name; } }
        make!(Made);
        mod m { make!(Inner); macro_rules! make { ($n:ident) => { enum Other { $n } } } make!(X); }
        mod file;
        late!(Late);
        #[macro_use] mod macros { macro_rules! later { ($n:ident) => { struct $n; } } }
        later!(After);
        mod inside;
        said_inside!(SaidInside);
        //- /file.rs
        make!(InFile);
        //- /inside.rs
        //! `#![macro_use]` is said in the module itself.
        #![macro_use]
        macro_rules! said_inside { ($n:ident) => { struct $n; } }
        """,
        """
        krate | type | Made => struct krate::Made
        krate::m | type | Inner => struct krate::m::Inner
        krate::m | type | Other => enum krate::m::Other
        krate | type | file::InFile => struct krate::file::InFile
        krate | type | Late => nothing
        krate | type | After => struct krate::After
        krate | type | SaidInside => struct krate::SaidInside
        """,
    ),
    "exported macros and macros by path": (
        """
        mod a { #[macro_export] macro_rules! exported { ($n:ident) => { pub struct $n; } }
                macro_rules! local { ($n:ident) => { pub struct $n; } } pub(crate) use local; }
        mod b { crate::exported!(E); use crate::exported as e; e!(E2);
                use super::a::local; local!(L); super::a::local!(P); }
        """,
        """
        krate::b | type | E => struct krate::b::E
        krate::b | type | E2 => struct krate::b::E2
        krate::b | type | L => struct krate::b::L
        krate::b | type | P => struct krate::b::P
        krate | macro | exported => macro krate::exported
        """,
    ),
    "macros of other crates": (
        """
        //# crate krate /lib.rs deps=dep
        //# crate dep /dep.rs member=no
        dep::make!(A); use dep::make; make!(B);
        #[macro_use] extern crate dep;
        mod m { second!(C); }
        //- /dep.rs
        #[macro_export] macro_rules! make { ($n:ident) => { pub struct $n($crate::Inner); } }
        #[macro_export] macro_rules! second { ($n:ident) => { $crate::make!($n); } }
        pub struct Inner;
        """,
        """
        krate | type | A => struct krate::A
        krate | type | B => struct krate::B
        krate::m | type | C => struct krate::m::C
        """,
    ),
    "items from macros in impls and modules": (
        """
        macro_rules! module { ($n:ident { $($t:tt)* }) => { pub mod $n { $($t)* } } }
        module!(made { pub struct S; pub mod deeper { pub fn f() { super::super::x() } } });
        fn x() {}
        thread_local! { static LOCAL: u8 = 1; pub static OTHER: u8 = 2 }
        """,
        """
        krate | type | made::S => struct krate::made::S
        krate | value | made::deeper::f => fn krate::made::deeper::f
        krate | value | LOCAL => const krate::LOCAL
        krate | value | OTHER => const krate::OTHER
        """,
    ),
    "a file that is included": (
        """
        include!("generated.rs");
        mod m;
        //- /generated.rs
        pub struct Generated;
        //- /m.rs
        include!("generated.rs");
        """,
        """
        krate | type | Generated => struct krate::Generated
        krate | type | m::Generated => struct krate::m::Generated
        """,
    ),
    "modules and includes of a file that is included are sought beside it": (
        """
        mod proto { include!("generated/mod.rs"); }
        //- /generated/mod.rs
        #[path = "dht.pb.rs"]
        pub mod dht;
        pub mod plain;
        pub mod inline { pub mod deep; }
        include!("more.rs");
        //- /generated/dht.pb.rs
        pub struct Message;
        //- /generated/plain.rs
        pub struct Plain;
        //- /generated/inline/deep.rs
        pub struct Deep;
        //- /generated/more.rs
        pub struct More;
        """,
        """
        krate | type | proto::dht::Message => struct krate::proto::dht::Message
        krate | type | proto::plain::Plain => struct krate::proto::plain::Plain
        krate | type | proto::inline::deep::Deep => struct krate::proto::inline::deep::Deep
        krate | type | proto::More => struct krate::proto::More
        """,
    ),
    "a file that the build script has written, the same in all builds": (
        """
        //# crate krate /lib.rs script=/one,/two,/three
        include!(concat!(env!("OUT_DIR"), "/same.rs"));
        mod m;
        //- /m.rs
        include! { concat!(env!("OUT_DIR"), "/other.rs",) }
        //- /one/same.rs
        pub struct Same;
        //- /two/same.rs
        pub struct Same;
        //- /one/other.rs
        pub struct Other;
        //- /two/other.rs
        pub struct Other(u8);
        """,
        """
        krate | type | Same => struct krate::Same
        krate | type | m::Other => nothing
        """,
    ),
    "what a build script decides about counts where it makes no difference": (
        """
        //# crate krate /lib.rs script=/out
        #[cfg(a)] type One = u8;
        #[cfg(not(a))] type One = u16;
        #[cfg(a)] fn two(x: u8) -> u8 { 1 }
        #[cfg(not(a))] fn two(x: u8)  ->  u8 { 2 }
        #[cfg(all(a, not(a)))] struct Three;
        #[cfg(not(unix))] static FOUR: u8 = 1;
        #[cfg(unix)] static FOUR: u16 = 1;
        """,
        """
        krate | type | One => nothing
        krate | value | two => fn krate::two
        krate | value | FOUR => static krate::FOUR
        """,
    ),
    "imports and modules that a build script decides about": (
        """
        //# crate krate /lib.rs script=/out
        mod a { pub struct One; pub struct Two; pub fn three() {} }
        mod b { pub struct One; pub struct Vec; }
        #[cfg(x)] use a::One;
        #[cfg(not(x))] use b::One;
        #[cfg(x)] use a::Two;
        #[cfg(not(x))] use a::Two;
        #[cfg(x)] use b::Vec;
        #[cfg(not(x))] struct Vec;
        #[cfg(x)] mod imp { pub struct Four(u8); }
        #[cfg(not(x))] mod imp { pub struct Four(String); }
        #[cfg(not(unix))] use a::three;
        #[cfg(unix)] use b::three;
        """,
        """
        krate | type | One => unknown krate::One
        krate | type | Two => struct krate::a::Two
        krate | type | Vec => unknown krate::Vec
        krate | type | imp::Four => unknown krate::imp::Four
        krate | value | three => fn krate::a::three
        """,
    ),
    "foreign items": (
        """
        extern "C" { pub fn puts(s: *const u8) -> i32; static ERRNO: i32; type Opaque; }
        """,
        """
        krate | value | puts => fn krate::puts
        krate | value | ERRNO => static krate::ERRNO
        krate | type | Opaque => struct krate::Opaque
        """,
    ),
}


def _questions() -> list[tuple[str, str]]:
    out = []
    for name, (_, lines) in CASES.items():
        out.extend((name, line.strip()) for line in lines.strip().splitlines())
    return out


@pytest.mark.parametrize(("case", "line"), _questions(), ids=lambda value: value)
def test_name(case: str, line: str) -> None:
    question, expected = line.split(" => ")
    module, namespace, path = question.split(" | ")
    assert answer(load(_dedented(CASES[case][0])), module, namespace, path) == expected


@pytest.mark.parametrize("case", CASES)
def test_order_of_questions_does_not_matter(case: str) -> None:
    text, lines = CASES[case]
    fixture = load(_dedented(text))
    questions = [line.strip().split(" => ") for line in lines.strip().splitlines()]
    for question, expected in reversed(questions):
        module, namespace, path = question.split(" | ")
        fixture.program.module(module)
        assert answer(fixture, module, namespace, path) == expected


def _dedented(text: str) -> str:
    return "\n".join(line.strip() if line.strip().startswith("//") else line for line in text.splitlines()) + "\n"


def test_many_modules_of_macros_are_filled_one_after_the_other() -> None:
    """Each calls a macro of the first, which is looked for in those before."""
    count = 300
    text = "#[macro_use] mod base;\n" + "".join(f"#[macro_use] mod m{at};\n" for at in range(count)) + "mod last;\n"
    text += "//- /base.rs\nmacro_rules! make { ($name:ident) => { pub struct $name; } }\n"
    text += "".join(f"//- /m{at}.rs\nmake!(S{at});\n" for at in range(count))
    text += "//- /last.rs\nmake!(Last);\n"
    fixture = load(text)
    assert answer(fixture, "krate::last", "type", "Last") == "struct krate::last::Last"
    assert answer(fixture, "krate", "type", "m7::S7") == "struct krate::m7::S7"


GLOBS = """
//# crate krate /lib.rs deps=dep
//# crate dep /dep.rs
pub mod a { use dep::*; }
pub mod b { use crate::c::*; use inner::*; }
pub mod c { pub mod inner { pub struct In; } }
//- /dep.rs
pub struct Thing; pub struct Other;
"""


@pytest.mark.parametrize(
    ("module", "first", "then", "found"),
    [
        ("krate::a", "dep::Thing", "Other", "struct dep::Other"),
        ("krate::a", "Other", "dep::Thing", "struct dep::Thing"),
        ("krate::b", "inner::In", "In", "struct krate::c::inner::In"),
        ("krate::b", "In", "inner::In", "struct krate::c::inner::In"),
    ],
)
def test_a_name_in_a_globs_own_path_is_asked_for_first(module: str, first: str, then: str, found: str) -> None:
    fixture = load(GLOBS)
    assert answer(fixture, module, "type", first) != "nothing"
    assert answer(fixture, module, "type", then) == found
