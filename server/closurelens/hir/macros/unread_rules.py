"""Macros of well-known crates for where the source of the crate is not at hand; else the crate's own rules count.

As in `proc_rules`, but keys are the paths by which users name the macros, and `$crate` is core.
"""

from __future__ import annotations

from closurelens.hir.macros.api import Chunk
from closurelens.hir.macros.definition import RulesMacro, macro_rules
from closurelens.hir.macros.proc_rules import NAMES, TEXTS

_EDITION = 2021

_LOG = """
    (target: $target:expr, $($arg:tt)+) => {{ &$target; $crate::format_args!($($arg)+); }};
    ($($arg:tt)+) => {{ $crate::format_args!($($arg)+); }};
"""
_JOIN = "(biased; $($t:tt)*) => { $crate::__join!($($t)*) }; ($($t:tt)*) => { $crate::__join!($($t)*) };"
_TRY_JOIN = "(biased; $($t:tt)*) => { $crate::__try_join!($($t)*) }; ($($t:tt)*) => { $crate::__try_join!($($t)*) };"
_SELECT = TEXTS["futures_macro::select_internal"]
_PIN = """
    ($($x:ident),* $(,)?) => {
        $(
            let mut $x = $x;
            let mut $x = unsafe { $crate::pin::Pin::new_unchecked(&mut $x) };
        )*
    };
    ($(let $x:ident = $init:expr;)*) => {
        $(
            let mut $x = $init;
            let mut $x = unsafe { $crate::pin::Pin::new_unchecked(&mut $x) };
        )*
    };
"""

_TEXTS = {f"log::{level}": _LOG for level in ("error", "warn", "info", "debug", "trace")}
_TEXTS |= {f"futures{crate}::join": _JOIN for crate in ("", "_util", "_lite")}
_TEXTS |= {f"futures{crate}::try_join": _TRY_JOIN for crate in ("", "_util", "_lite")}
_TEXTS |= {f"futures{crate}::{name}": _SELECT for crate in ("", "_util") for name in ("select", "select_biased")}
_TEXTS |= {
    f"{path}": _PIN for path in ("futures::pin_mut", "futures_util::pin_mut", "pin_utils::pin_mut", "tokio::pin")
}
_TEXTS |= {
    "log::log": """
        (target: $target:expr, $level:expr, $($arg:tt)+) => {{ &$target; &$level; $crate::format_args!($($arg)+); }};
        ($level:expr, $($arg:tt)+) => {{ &$level; $crate::format_args!($($arg)+); }};
    """,
    "tokio::join": _JOIN,
    "tokio::try_join": _TRY_JOIN,
    "tokio::select": f"""
        (biased; $($t:tt)*) => {{ $crate::__tokio_select!(@ [{NAMES}] [] [] $($t)*) }};
        ($($t:tt)*) => {{ $crate::__tokio_select!(@ [{NAMES}] [] [] $($t)*) }};
    """,
    "__tokio_select": """
        (@ $free:tt [$($name:ident ($p:pat) ($future:expr) ($if:expr) ($body:expr))*] [$($else:tt)*]) => {{
            enum Selected<$($name),*> { $($name($name),)* Disabled }
            $(let _ = !$if;)*
            let selected = {
                $(let mut $name = $crate::future::IntoFuture::into_future($future);)*
                $crate::future::poll_fn(|cx| {
                    $(
                        let pinned = unsafe { $crate::pin::Pin::new_unchecked(&mut $name) };
                        if let $crate::task::Poll::Ready(value) = $crate::future::Future::poll(pinned, cx) {
                            return $crate::task::Poll::Ready(Selected::$name(value));
                        }
                    )*
                    $crate::task::Poll::Ready(Selected::Disabled)
                }).await
            };
            match selected {
                $(Selected::$name($p) => $body,)*
                Selected::Disabled => $crate::__complete!($($else)*),
                _ => loop {},
            }
        }};
        (@ $free:tt $arms:tt $e:tt else => $body:expr $(,)?) => {
            $crate::__tokio_select!(@ $free $arms [$body])
        };
        (@ [$n:ident $($free:tt)*] [$($a:tt)*] $e:tt $p:pat = $f:expr, if $c:expr => $b:block $(,)? $($r:tt)*) => {
            $crate::__tokio_select!(@ [$($free)*] [$($a)* $n ($p) ($f) ($c) ($b)] $e $($r)*)
        };
        (@ [$n:ident $($free:tt)*] [$($a:tt)*] $e:tt $p:pat = $f:expr => $b:block $(,)? $($r:tt)*) => {
            $crate::__tokio_select!(@ [$($free)*] [$($a)* $n ($p) ($f) (true) ($b)] $e $($r)*)
        };
        (@ [$n:ident $($free:tt)*] [$($a:tt)*] $e:tt $p:pat = $f:expr, if $c:expr => $b:expr $(, $($r:tt)*)?) => {
            $crate::__tokio_select!(@ [$($free)*] [$($a)* $n ($p) ($f) ($c) ($b)] $e $($($r)*)?)
        };
        (@ [$n:ident $($free:tt)*] [$($a:tt)*] $e:tt $p:pat = $f:expr => $b:expr $(, $($r:tt)*)?) => {
            $crate::__tokio_select!(@ [$($free)*] [$($a)* $n ($p) ($f) (true) ($b)] $e $($($r)*)?)
        };
    """,
    "__join": TEXTS["futures_macro::join_internal"],
    "__try_join": TEXTS["futures_macro::try_join_internal"],
    "lazy_static::lazy_static": """
        ($(#[$attr:meta])* $vis:vis static ref $name:ident: $t:ty = $e:expr; $($rest:tt)*) => {
            $vis static $name: &'static $t = {
                fn __initial() -> $t { $e }
                loop {}
            };
            $crate::__lazy_static!($($rest)*);
        };
        () => {};
    """,
}
_TEXTS["__lazy_static"] = _TEXTS["lazy_static::lazy_static"]

RULES: dict[str, RulesMacro] = {
    path: macro_rules(path.rpartition("::")[2], Chunk(text.encode(), _EDITION), (0, len(text)), "core", _EDITION)
    for path, text in _TEXTS.items()
}
