"""Procedural macros of published crates, as rules of our own.

As in `std_rules`, they say to inference and captures what the macro's code says: what is evaluated, borrowed or moved,
where the patterns are bound, and the type of the whole. Keys are the macro's own crate and name. Names that start with
`__` are helpers of these rules; `$crate` is core.
"""

from __future__ import annotations

from typing import Final

from closurelens.hir.macros.api import Chunk
from closurelens.hir.macros.definition import RulesMacro, macro_rules

_EDITION = 2021
NAMES: Final = " ".join(f"_{number}" for number in range(64))

_TURSO_DETAILS = "$(, $message:literal $(, { $($key:literal : $value:expr),* $(,)? })?)? $(,)?"
_TURSO_TOLD = '$($($(let _ = ::std::format!("{:?}", &$value);)*)?)?'
_TURSO_CONDITION = (
    f"($condition:expr {_TURSO_DETAILS}) => {{{{ if !$condition {{ {_TURSO_TOLD} ::std::panic!() }} }}}};"
)
_TURSO_COMPARISONS = {
    "eq": "==",
    "ne": "!=",
    "greater_than": ">",
    "greater_than_or_equal": ">=",
    "less_than": "<",
    "less_than_or_equal": "<=",
}


def _turso_comparison(operator: str) -> str:
    return f"""
        ($left:expr, $right:expr {_TURSO_DETAILS}) => {{{{
            let ref left = $left;
            let ref right = $right;
            if !(left {operator} right) {{ {_TURSO_TOLD} ::std::panic!() }}
        }}}};
    """


TEXTS: Final = {
    # bitfield: the one function of `Debug`.
    "bitfield_macros::bitfield_debug": """
        ($($t:tt)*) => {
            fn fmt(&self, f: &mut $crate::fmt::Formatter) -> $crate::fmt::Result { loop {} }
        };
    """,
    # futures: the futures are moved into locals and polled; a future that is a plain name is polled where it is.
    "futures_macro::join_internal": "($($fut:expr),* $(,)?) => {{ ($({ let fut = $fut; fut.await },)*) }};",
    "futures_macro::try_join_internal": """
        ($($fut:expr),* $(,)?) => {
            'joined: {
                $crate::result::Result::Ok(($({
                    let fut = $fut;
                    match fut.await {
                        $crate::result::Result::Ok(value) => value,
                        $crate::result::Result::Err(error) => break 'joined $crate::result::Result::Err(error),
                    }
                },)*))
            }
        };
    """,
    "futures_macro::select_internal": f"($($t:tt)*) => {{ $crate::__futures_select!(@ [{NAMES}] [] [] [] $($t)*) }};",
    "futures_macro::select_biased_internal": (
        f"($($t:tt)*) => {{ $crate::__futures_select!(@ [{NAMES}] [] [] [] $($t)*) }};"
    ),
    "__futures_select": """
        (@ $free:tt [$($name:ident {$($bind:tt)*} ($p:pat) ($poll:expr) ($body:expr))*] [$($complete:tt)*] []) => {{
            enum Selected<$($name),*> { $($name($name),)* Complete }
            let selected = {
                $($($bind)*)*
                $crate::future::poll_fn(|cx| {
                    $(
                        let pinned = unsafe { $crate::pin::Pin::new_unchecked(&mut $poll) };
                        if let $crate::task::Poll::Ready(value) = $crate::future::Future::poll(pinned, cx) {
                            return $crate::task::Poll::Ready(Selected::$name(value));
                        }
                    )*
                    $crate::task::Poll::Ready(Selected::Complete)
                }).await
            };
            match selected {
                $(Selected::$name($p) => $body,)*
                Selected::Complete => $crate::__complete!($($complete)*),
            }
        }};
        (@ $free:tt [$($name:ident {$($bind:tt)*} ($p:pat) ($poll:expr) ($body:expr))*] [$($c:tt)*] [$d:expr]) => {{
            enum Selected<$($name),*> { $($name($name),)* Complete }
            let selected = {
                $($($bind)*)*
                let mut poll = |cx: &mut $crate::task::Context<'_>| {
                    $(
                        let pinned = unsafe { $crate::pin::Pin::new_unchecked(&mut $poll) };
                        if let $crate::task::Poll::Ready(value) = $crate::future::Future::poll(pinned, cx) {
                            return $crate::task::Poll::Ready(Selected::$name(value));
                        }
                    )*
                    $crate::task::Poll::Ready(Selected::Complete)
                };
                poll(&mut $crate::task::Context::from_waker($crate::task::Waker::noop()))
            };
            match selected {
                $crate::task::Poll::Ready(ready) => match ready {
                    $(Selected::$name($p) => $body,)*
                    Selected::Complete => $crate::__complete!($($c)*),
                },
                _ => $d,
            }
        }};
        (@ $free:tt $arms:tt $c:tt $d:tt complete => $body:block $(,)? $($r:tt)*) => {
            $crate::__futures_select!(@ $free $arms [$body] $d $($r)*)
        };
        (@ $free:tt $arms:tt $c:tt $d:tt complete => $body:expr $(, $($r:tt)*)?) => {
            $crate::__futures_select!(@ $free $arms [$body] $d $($($r)*)?)
        };
        (@ $free:tt $arms:tt $c:tt $d:tt default => $body:block $(,)? $($r:tt)*) => {
            $crate::__futures_select!(@ $free $arms $c [$body] $($r)*)
        };
        (@ $free:tt $arms:tt $c:tt $d:tt default => $body:expr $(, $($r:tt)*)?) => {
            $crate::__futures_select!(@ $free $arms $c [$body] $($($r)*)?)
        };
        (@ [$n:ident $($free:tt)*] [$($a:tt)*] $c:tt $d:tt $p:pat = $f:ident => $body:block $(,)? $($r:tt)*) => {
            $crate::__futures_select!(@ [$($free)*] [$($a)* $n {} ($p) ($f) ($body)] $c $d $($r)*)
        };
        (@ [$n:ident $($free:tt)*] [$($a:tt)*] $c:tt $d:tt $p:pat = $f:ident => $body:expr $(, $($r:tt)*)?) => {
            $crate::__futures_select!(@ [$($free)*] [$($a)* $n {} ($p) ($f) ($body)] $c $d $($($r)*)?)
        };
        (@ [$n:ident $($free:tt)*] [$($a:tt)*] $c:tt $d:tt $p:pat = $f:expr => $body:block $(,)? $($r:tt)*) => {
            $crate::__futures_select!(
                @ [$($free)*] [$($a)* $n {let mut $n = $f;} ($p) ($n) ($body)] $c $d $($r)*
            )
        };
        (@ [$n:ident $($free:tt)*] [$($a:tt)*] $c:tt $d:tt $p:pat = $f:expr => $body:expr $(, $($r:tt)*)?) => {
            $crate::__futures_select!(
                @ [$($free)*] [$($a)* $n {let mut $n = $f;} ($p) ($n) ($body)] $c $d $($($r)*)?
            )
        };
    """,
    "__complete": "() => { loop {} }; ($body:expr) => { $body };",
    # indoc: the macros of std, with the string's indentation taken away.
    "indoc::indoc": "($text:literal $(,)?) => { $text };",
    "indoc::formatdoc": "($($arg:tt)*) => { ::std::format!($($arg)*) };",
    "indoc::printdoc": "($($arg:tt)*) => { ::std::print!($($arg)*) };",
    "indoc::eprintdoc": "($($arg:tt)*) => { ::std::eprint!($($arg)*) };",
    "indoc::writedoc": "($($arg:tt)*) => { ::std::write!($($arg)*) };",
    "indoc::panicdoc": "($($arg:tt)*) => { ::std::panic!($($arg)*) };",
    "indoc::concatdoc": '($($text:expr),* $(,)?) => { "" };',
    "yew_macro::classes": """
        ($($class:expr),* $(,)?) => {{
            let mut all = ::yew::html::Classes::new();
            $(all.push($class);)*
            all
        }};
    """,
    # rocket: a macro that has a path like other items.
    "rocket_codegen::export": """
        ($(#[$attribute:meta])* macro_rules! $name:ident { $($rule:tt)* }) => {
            #[macro_export]
            macro_rules! $name { $($rule)* }
            pub use $name;
        };
    """,
    # tokio: what its `select!` leaves to procedural macros.
    "tokio_macros::select_priv_declare_output_enum": (
        f"(($($branch:tt)*)) => {{ $crate::__tokio_out!(@ [{NAMES}] [] $($branch)*); }};"
    ),
    "__tokio_out": """
        (@ $free:tt [$($name:ident)*]) => {
            pub(super) enum Out<$($name),*> { $($name($name),)* Disabled }
            pub(super) type Mask = u64;
        };
        (@ [$next:ident $($free:ident)*] [$($name:ident)*] $branch:tt $($rest:tt)*) => {
            $crate::__tokio_out!(@ [$($free)*] [$($name)* $next] $($rest)*);
        };
    """,
    "tokio_macros::select_priv_clean_pattern": "($($pattern:tt)*) => { _ };",
    # turso: the message is no format string; what the details name is borrowed to be written.
    "turso_macros::turso_assert": _TURSO_CONDITION,
    "turso_macros::turso_debug_assert": _TURSO_CONDITION,
} | {f"turso_macros::turso_assert_{name}": _turso_comparison(operator) for name, operator in _TURSO_COMPARISONS.items()}

RULES: dict[str, RulesMacro] = {
    path: macro_rules(path.rpartition("::")[2], Chunk(text.encode(), _EDITION), (0, len(text)), "core", _EDITION)
    for path, text in TEXTS.items()
}
