"""Types as Rust writes them, for people: std paths by their last segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from closurelens.ty import types as t
from closurelens.ty.sig import AdtSig

AdtLookup = Callable[[t.DefPath], AdtSig | None]

FN_TRAITS = {
    "core::ops::function::Fn": "Fn",
    "core::ops::function::FnMut": "FnMut",
    "core::ops::function::FnOnce": "FnOnce",
    "core::ops::async_function::AsyncFn": "AsyncFn",
    "core::ops::async_function::AsyncFnMut": "AsyncFnMut",
    "core::ops::async_function::AsyncFnOnce": "AsyncFnOnce",
}


def short(path: t.DefPath) -> str:
    """The last segment of a path."""
    return path.rsplit("::", 1)[-1]


def display_bound(bound: t.Bound) -> str:
    name = FN_TRAITS.get(bound.trait)
    if name is not None and len(bound.args) == 1 and isinstance(bound.args[0], t.Tuple):
        out = f"{name}({', '.join(display(a) for a in bound.args[0].elems)})"
        ret = dict(bound.assoc).get("Output")
        return out if ret is None or ret == t.UNIT else f"{out} -> {display(ret)}"
    inner = [display(a) for a in bound.args] + [f"{n} = {display(ty)}" for n, ty in bound.assoc]
    return short(bound.trait) + (f"<{', '.join(inner)}>" if inner else "")


def _args(args: tuple[t.Ty, ...]) -> str:
    return f"<{', '.join(display(a) for a in args)}>" if args else ""


def without_defaults(ty: t.Adt, adt: AdtLookup) -> tuple[t.Ty, ...]:
    """The arguments as people and rustc write them: those at the end that are the parameters' defaults are left out."""
    args = ty.args
    if not args:
        return args
    sig = adt(ty.path)
    if sig is None or len(sig.generics.params) != len(args):
        return args
    params = sig.generics.params
    count = len(args)
    while count:
        default = params[count - 1].default
        if default is None:
            break
        earlier = {param.name: arg for param, arg in zip(params, args, strict=True)}
        if t.substitute(default, earlier) != args[count - 1]:
            break
        count -= 1
    return args[:count]


def shown(ty: t.Ty, adt: AdtLookup) -> str:
    """`display` without the arguments that are defaults: `Vec<i32>`, not `Vec<i32, Global>`."""
    return display(_stripped(ty, adt))


def _stripped(ty: t.Ty, adt: AdtLookup) -> t.Ty:
    ty = ty.map(lambda part: _stripped(part, adt))
    return t.Adt(ty.path, without_defaults(ty, adt)) if isinstance(ty, t.Adt) else ty


def display(ty: t.Ty) -> str:
    """`ty` in Rust's notation, with all arguments; what is not known is `_`."""
    match ty:
        case t.Prim():
            return ty.name
        case t.Adt():
            return short(ty.path) + _args(ty.args)
        case t.Tuple():
            inner = ", ".join(display(e) for e in ty.elems)
            return f"({inner},)" if len(ty.elems) == 1 else f"({inner})"
        case t.Slice():
            return f"[{display(ty.elem)}]"
        case t.Array():
            return f"[{display(ty.elem)}; {display(ty.len)}]"
        case t.Const():
            return "_" if ty.value is None else str(ty.value)
        case t.Ref():
            inner = display(ty.inner)
            if isinstance(ty.inner, t.Dyn | t.Opaque) and len(ty.inner.bounds) > 1:
                inner = f"({inner})"
            return ("&'static " if ty.static else "&") + ("mut " if ty.mutable else "") + inner
        case t.RawPtr():
            return ("*mut " if ty.mutable else "*const ") + display(ty.inner)
        case t.FnPtr():
            ret = "" if ty.ret == t.UNIT else f" -> {display(ty.ret)}"
            return f"fn({', '.join(display(p) for p in ty.params)}){ret}"
        case t.FnDef():
            return "fn " + short(ty.path)
        case t.Closure():
            return "{async closure}" if ty.is_async else "{closure}"
        case t.Coroutine():
            trait = "impl Iterator<Item = {}>" if ty.kind == "gen" else "impl Future<Output = {}>"
            return trait.format(display(ty.output))
        case t.Dyn():
            return "dyn " + " + ".join(display_bound(b) for b in ty.bounds)
        case t.Opaque():
            return "impl " + " + ".join(display_bound(b) for b in ty.bounds)
        case t.Param():
            return ty.name
        case t.Projection():
            if isinstance(ty.self_ty, t.Param):
                return f"{ty.self_ty.name}::{ty.name}{_args(ty.own_args)}"
            return f"<{display(ty.self_ty)} as {short(ty.trait)}{_args(ty.args)}>::{ty.name}{_args(ty.own_args)}"
        case t.Infer() | t.Unknown():
            return "_"
        case _:
            return assert_never(ty)
