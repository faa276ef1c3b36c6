"""std's macros that are plain Rust, as rules of our own.

They say what std's say (the version that `stdsig` was made from) to inference and captures: what is evaluated, borrowed
or moved, in which order, and the type of the whole. Messages are left out, a panic is `loop {}`.

Invariant: paths are absolute, and every one of them is in `stdsig`.
"""

from __future__ import annotations

from closurelens.hir.macros.api import Chunk
from closurelens.hir.macros.definition import RulesMacro, macro_rules

_EDITION = 2021

_ANYTHING = "($($arg:tt)*) => "

_CORE = {
    "assert": """
        ($cond:expr $(,)?) => { if !$cond { loop {} } };
        ($cond:expr, $($arg:tt)+) => { if !$cond { $crate::panic!($($arg)+) } };
    """,
    "assert_2015": """
        ($cond:expr $(,)?) => { if !$cond { loop {} } };
        ($cond:expr, $($arg:tt)+) => { if !$cond { $crate::panic_2015!($($arg)+) } };
    """,
    "assert_eq": """
        ($left:expr, $right:expr $(,)?) => {
            match (&$left, &$right) {
                (left_val, right_val) => { if !(*left_val == *right_val) { loop {} } }
            }
        };
        ($left:expr, $right:expr, $($arg:tt)+) => {
            match (&$left, &$right) {
                (left_val, right_val) => {
                    if !(*left_val == *right_val) { $crate::format_args!($($arg)+); loop {} }
                }
            }
        };
    """,
    "assert_ne": """
        ($left:expr, $right:expr $(,)?) => {
            match (&$left, &$right) {
                (left_val, right_val) => { if *left_val == *right_val { loop {} } }
            }
        };
        ($left:expr, $right:expr, $($arg:tt)+) => {
            match (&($left), &($right)) {
                (left_val, right_val) => {
                    if *left_val == *right_val { $crate::format_args!($($arg)+); loop {} }
                }
            }
        };
    """,
    "assert_matches": """
        ($left:expr, $(|)? $($pattern:pat_param)|+ $(if $guard:expr)? $(,)?) => {{
            match $left {
                $($pattern)|+ $(if $guard)? => {}
                ref left_val => { loop {} }
            }
        }};
        ($left:expr, $(|)? $($pattern:pat_param)|+ $(if $guard:expr)?, $($arg:tt)+) => {{
            match $left {
                $($pattern)|+ $(if $guard)? => {}
                ref left_val => { $crate::format_args!($($arg)+); loop {} }
            }
        }};
    """,
    "debug_assert": "($($arg:tt)*) => { if $crate::cfg!(debug_assertions) { $crate::assert!($($arg)*); } };",
    "debug_assert_2015": "($($arg:tt)*) => { if $crate::cfg!(debug_assertions) { $crate::assert_2015!($($arg)*); } };",
    "debug_assert_eq": "($($arg:tt)*) => { if $crate::cfg!(debug_assertions) { $crate::assert_eq!($($arg)*); } };",
    "debug_assert_ne": "($($arg:tt)*) => { if $crate::cfg!(debug_assertions) { $crate::assert_ne!($($arg)*); } };",
    "debug_assert_matches": """
        ($($arg:tt)*) => { if $crate::cfg!(debug_assertions) { $crate::assert_matches!($($arg)*); } };
    """,
    "panic": """
        () => { loop {} };
        ($($arg:tt)+) => {{ $crate::format_args!($($arg)+); loop {} }};
    """,
    "panic_2015": """
        () => { loop {} };
        ($message:literal $(,)?) => { loop {} };
        ($message:expr $(,)?) => {{ let message = $message; loop {} }};
        ($format:expr, $($arg:tt)+) => {{ $crate::format_args!($format, $($arg)+); loop {} }};
    """,
    "unreachable": """
        () => { loop {} };
        ($($arg:tt)+) => {{ $crate::format_args!($($arg)+); loop {} }};
    """,
    "unreachable_2015": """
        () => { loop {} };
        ($message:expr $(,)?) => {{ &$message; loop {} }};
        ($format:expr, $($arg:tt)*) => {{ $crate::format_args!($format, $($arg)*); loop {} }};
    """,
    "unimplemented": """
        () => { loop {} };
        ($($arg:tt)+) => {{ $crate::format_args!($($arg)+); loop {} }};
    """,
    "todo": """
        () => { loop {} };
        ($($arg:tt)+) => {{ $crate::format_args!($($arg)+); loop {} }};
    """,
    "matches": """
        ($expression:expr, $pattern:pat $(if $guard:expr)? $(,)?) => {
            match $expression {
                $pattern $(if $guard)? => true,
                _ => false
            }
        };
    """,
    "try": """
        ($expr:expr $(,)?) => {
            match $expr {
                $crate::result::Result::Ok(val) => val,
                $crate::result::Result::Err(err) => {
                    return $crate::result::Result::Err($crate::convert::From::from(err));
                }
            }
        };
    """,
    "write": "($dst:expr, $($arg:tt)*) => { $dst.write_fmt($crate::format_args!($($arg)*)) };",
    "writeln": """
        ($dst:expr $(,)?) => { $dst.write_fmt($crate::format_args!("")) };
        ($dst:expr, $($arg:tt)*) => { $dst.write_fmt($crate::format_args!($($arg)*)) };
    """,
    "addr_of": "($place:expr) => { &raw const $place };",
    "addr_of_mut": "($place:expr) => { &raw mut $place };",
    "pin": """
        ($value:expr $(,)?) => { unsafe { $crate::pin::Pin::new_unchecked(&mut { $value }) } };
    """,
    "ready": """
        ($e:expr $(,)?) => {
            match $e {
                $crate::task::Poll::Ready(t) => t,
                $crate::task::Poll::Pending => { return $crate::task::Poll::Pending; }
            }
        };
    """,
    "log_syntax": _ANYTHING + "{ () };",
    "trace_macros": _ANYTHING + "{ () };",
    # Values that only the compiler knows: of the right type.
    "line": _ANYTHING + "{ 1u32 };",
    "column": _ANYTHING + "{ 1u32 };",
    "file": _ANYTHING + '{ "" };',
    "module_path": _ANYTHING + '{ "" };',
    "stringify": _ANYTHING + '{ "" };',
    "concat": _ANYTHING + '{ "" };',
    "env": _ANYTHING + '{ "" };',
    "include_str": _ANYTHING + '{ "" };',
    "option_env": _ANYTHING + "{ $crate::option::Option::None::<&'static str> };",
    "concat_bytes": _ANYTHING + "{ &[0u8; { 0 }] };",
    "include_bytes": _ANYTHING + "{ &[0u8; { 0 }] };",
}

_ALLOC = {
    "format": "($($arg:tt)*) => { $crate::fmt::format($crate::format_args!($($arg)*)) };",
    "vec": """
        () => { $crate::vec::Vec::new() };
        ($elem:expr; $n:expr) => { $crate::vec::from_elem($elem, $n) };
        ($($x:expr),+ $(,)?) => {
            $crate::boxed::box_assume_init_into_vec_unsafe(
                $crate::intrinsics::write_box_via_move($crate::boxed::Box::new_uninit(), [$($x),+])
            )
        };
    """,
}

_STD = {
    "print": "($($arg:tt)*) => {{ $crate::format_args!($($arg)*); }};",
    "eprint": "($($arg:tt)*) => {{ $crate::format_args!($($arg)*); }};",
    "println": """
        () => { () };
        ($($arg:tt)+) => {{ $crate::format_args!($($arg)+); }};
    """,
    "eprintln": """
        () => { () };
        ($($arg:tt)+) => {{ $crate::format_args!($($arg)+); }};
    """,
    "dbg": """
        () => { () };
        ($val:expr $(,)?) => {
            match $val {
                tmp => {
                    &&tmp as &dyn $crate::fmt::Debug;
                    tmp
                }
            }
        };
        ($($val:expr),+ $(,)?) => { ($($crate::dbg!($val)),+,) };
    """,
    "thread_local": """
        () => {};
        ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = const $init:block $(; $($rest:tt)*)?) => {
            $(#[$attr])* $vis const $name: $crate::thread::LocalKey<$t> = {
                const __THREAD_LOCAL_VALUE: $t = $init;
                loop {}
            };
            $crate::thread_local!($($($rest)*)?);
        };
        ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr $(; $($rest:tt)*)?) => {
            $(#[$attr])* $vis const $name: $crate::thread::LocalKey<$t> = {
                fn __thread_local_value() -> $t { $init }
                loop {}
            };
            $crate::thread_local!($($($rest)*)?);
        };
    """,
    "hash_map": """
        () => {{ $crate::collections::HashMap::new() }};
        ($($key:expr => $value:expr),* $(,)?) => {{
            let mut map = $crate::collections::HashMap::with_capacity(0);
            $(map.insert($key, $value);)*
            map
        }};
    """,
}

_ARCHITECTURES = ["aarch64", "arm", "loongarch", "mips", "mips64", "powerpc", "powerpc64", "riscv", "s390x", "x86"]
_STD |= {f"is_{name}_feature_detected": _ANYTHING + "{ false };" for name in _ARCHITECTURES}

BEFORE_2021 = {
    name.removesuffix("_2015"): name for name in ("assert_2015", "debug_assert_2015", "panic_2015", "unreachable_2015")
}
"""Macros that mean something else when the call was written in an edition before 2021."""

RULES: dict[str, RulesMacro] = {
    name: macro_rules(name, Chunk(text.encode(), _EDITION), (0, len(text)), crate, _EDITION)
    for crate, table in (("core", _CORE), ("alloc", _ALLOC), ("std", _STD))
    for name, text in table.items()
}
