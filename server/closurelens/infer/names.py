"""Paths of the items that the language itself knows (rustc's lang items), where inference needs one by name."""

from __future__ import annotations

STD_CRATES = ("core", "alloc", "std")

FN = "core::ops::function::Fn"
FN_MUT = "core::ops::function::FnMut"
FN_ONCE = "core::ops::function::FnOnce"
ASYNC_FN = "core::ops::async_function::AsyncFn"
ASYNC_FN_MUT = "core::ops::async_function::AsyncFnMut"
ASYNC_FN_ONCE = "core::ops::async_function::AsyncFnOnce"
FN_TRAITS = frozenset((FN, FN_MUT, FN_ONCE))
ASYNC_FN_TRAITS = frozenset((ASYNC_FN, ASYNC_FN_MUT, ASYNC_FN_ONCE))
CALL_TRAITS = FN_TRAITS | ASYNC_FN_TRAITS

COPY = "core::marker::Copy"
CLONE = "core::clone::Clone"
SIZED = "core::marker::Sized"
DROP = "core::ops::drop::Drop"
AUTO_TRAITS = frozenset(
    (
        "core::marker::Send",
        "core::marker::Sync",
        "core::marker::Unpin",
        "core::marker::Freeze",
        "core::panic::unwind_safe::UnwindSafe",
        "core::panic::unwind_safe::RefUnwindSafe",
        "core::marker::UnsafeUnpin",
        "core::marker::Destruct",
        "core::marker::MetaSized",
        "core::marker::PointeeSized",
    )
)
TUPLE_TRAIT = "core::marker::Tuple"

DEREF = "core::ops::deref::Deref"
DEREF_MUT = "core::ops::deref::DerefMut"
INDEX = "core::ops::index::Index"
INDEX_MUT = "core::ops::index::IndexMut"
ITERATOR = "core::iter::traits::iterator::Iterator"
INTO_ITERATOR = "core::iter::traits::collect::IntoIterator"
FUTURE = "core::future::future::Future"
INTO_FUTURE = "core::future::into_future::IntoFuture"
ASYNC_ITERATOR = "core::async_iter::AsyncIterator"
TRY = "core::ops::try_trait::Try"
PARTIAL_EQ = "core::cmp::PartialEq"
PARTIAL_ORD = "core::cmp::PartialOrd"

BOX = "alloc::boxed::Box"
RC = "alloc::rc::Rc"
ARC = "alloc::sync::Arc"
PIN = "core::pin::Pin"
STRING = "alloc::string::String"
VEC = "alloc::vec::Vec"
OPTION = "core::option::Option"
RESULT = "core::result::Result"
POLL = "core::task::poll::Poll"
ARGUMENTS = "core::fmt::Arguments"
C_STR = "core::ffi::c_str::CStr"

RANGE = "core::ops::range::Range"
RANGE_FROM = "core::ops::range::RangeFrom"
RANGE_TO = "core::ops::range::RangeTo"
RANGE_FULL = "core::ops::range::RangeFull"
RANGE_INCLUSIVE = "core::ops::range::RangeInclusive"
RANGE_TO_INCLUSIVE = "core::ops::range::RangeToInclusive"

BINARY_TRAITS = {
    "+": ("core::ops::arith::Add", "add"),
    "-": ("core::ops::arith::Sub", "sub"),
    "*": ("core::ops::arith::Mul", "mul"),
    "/": ("core::ops::arith::Div", "div"),
    "%": ("core::ops::arith::Rem", "rem"),
    "&": ("core::ops::bit::BitAnd", "bitand"),
    "|": ("core::ops::bit::BitOr", "bitor"),
    "^": ("core::ops::bit::BitXor", "bitxor"),
    "<<": ("core::ops::bit::Shl", "shl"),
    ">>": ("core::ops::bit::Shr", "shr"),
    "==": (PARTIAL_EQ, "eq"),
    "!=": (PARTIAL_EQ, "ne"),
    "<": (PARTIAL_ORD, "lt"),
    "<=": (PARTIAL_ORD, "le"),
    ">": (PARTIAL_ORD, "gt"),
    ">=": (PARTIAL_ORD, "ge"),
}
COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
ASSIGN_TRAITS = {
    "+": ("core::ops::arith::AddAssign", "add_assign"),
    "-": ("core::ops::arith::SubAssign", "sub_assign"),
    "*": ("core::ops::arith::MulAssign", "mul_assign"),
    "/": ("core::ops::arith::DivAssign", "div_assign"),
    "%": ("core::ops::arith::RemAssign", "rem_assign"),
    "&": ("core::ops::bit::BitAndAssign", "bitand_assign"),
    "|": ("core::ops::bit::BitOrAssign", "bitor_assign"),
    "^": ("core::ops::bit::BitXorAssign", "bitxor_assign"),
    "<<": ("core::ops::bit::ShlAssign", "shl_assign"),
    ">>": ("core::ops::bit::ShrAssign", "shr_assign"),
}
UNARY_TRAITS = {"!": ("core::ops::bit::Not", "not"), "-": ("core::ops::arith::Neg", "neg")}
