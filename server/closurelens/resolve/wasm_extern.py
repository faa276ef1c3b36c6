"""What `#[wasm_bindgen] extern "C" { .. }` declares, as the items that wasm-bindgen makes of it.

A `type` becomes a struct with `Deref`, `AsRef`, `From` and `JsCast` impls; a function marked `method`, `constructor` or
`static_method_of` becomes an associated function of its class. Derives on a type stay derives. Invariant: pure; the
rules are those of wasm-bindgen's own macro (0.2).
"""

from __future__ import annotations

import re

from closurelens.hir.item import (
    AdtItem,
    Attrs,
    ExternBlock,
    FnItem,
    ImplItem,
    Item,
    SelfParam,
    TypeAliasItem,
    VariantDecl,
)
from closurelens.hir.lower.reader import Reader
from closurelens.hir.lower.types import lower_type
from closurelens.hir.macros.api import Chunk, Source
from closurelens.hir.types import (
    GenericArgs,
    GenericsDecl,
    Path,
    PathType,
    RefType,
    Segment,
    TypeRef,
)
from closurelens.records import replace
from closurelens.resolve.derive_parts import SELF, absolute, impl_beside, plain
from closurelens.syntax.nodes import tree_of_fragment

_ATTRIBUTE = re.compile(rb"#\s*\[\s*wasm_bindgen\s*\(")
_STRING_VARIANT = re.compile(rb'\w\s*=\s*"')
_OPTION = re.compile(r'\s*(\w+)\s*(?:=\s*(?:"([^"]*)"|([^,"]*)))?\s*(?:,|\Z)')
ABI_TRAITS = ("IntoWasmAbi", "FromWasmAbi", "OptionIntoWasmAbi", "OptionFromWasmAbi", "RefFromWasmAbi")
"""What lets a type pass between wasm and JavaScript."""


def foreign_items(block: ExternBlock, source: Source) -> list[Item]:
    """The items of any extern block; a foreign type is a struct of which nothing is known."""
    if "wasm_bindgen" not in block.attrs.others:
        return [_struct(item) if isinstance(item, TypeAliasItem) else item for item in block.items]
    out: list[Item] = []
    classes: dict[str, ImplItem] = {}
    at = block.range[0]
    for item in block.items:
        options = _options(source.text[at : item.range[0]])
        at = item.range[1]
        if isinstance(item, TypeAliasItem):
            out.append(_struct(item))
            out.extend(_impls_of_type(item, options))
        elif isinstance(item, FnItem):
            made = _function(item, options)
            if isinstance(made, ImplItem):
                one = classes.setdefault(repr((made.self_ty, made.generics)), made)
                if one is not made:
                    one.items = [*one.items, *made.items]
                    continue
            out.append(made)
        else:
            out.append(item)
    return out


def _struct(item: TypeAliasItem) -> AdtItem:
    variant = VariantDecl(item.name, item.name_range, "record", [], Attrs())
    return AdtItem(
        item.name, item.range, item.name_range, item.attrs, item.visibility, "struct", item.generics, [variant]
    )


def _options(text: bytes) -> list[tuple[str, str]]:
    """The options of the `#[wasm_bindgen(..)]` attributes in a text, with their values."""
    out: list[tuple[str, str]] = []
    for attribute in _ATTRIBUTE.finditer(text):
        inside = _inside(text, attribute.end()).decode("utf-8", "replace")
        at = 0
        while at < len(inside):
            option = _OPTION.match(inside, at)
            if option is None or option.end() == at:
                break
            at = option.end()
            out.append((option[1], (option[2] or option[3] or "").strip()))
    return out


def _inside(text: bytes, start: int) -> bytes:
    """Up to the parenthesis that closes the one before `start`."""
    depth = 1
    for at in range(start, len(text)):
        depth += {0x28: 1, 0x29: -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start:]


# Functions


def _function(item: FnItem, options: list[tuple[str, str]]) -> Item:
    given = dict(options)
    if "method" in given or any(name in given for name in ("getter", "setter", "structural")):
        first = item.params[0][1] if item.params else None
        if isinstance(first, RefType) and item.params[0][0] == "this":
            by_ref = SelfParam(by_ref=True, mutable=first.mutable, ty=None)
            return _inherent(first.inner, replace(item, self_param=by_ref, params=item.params[1:]))
    if "static_method_of" in given:
        return _inherent(_type(given["static_method_of"]), item)
    if "constructor" in given and item.ret is not None:
        return _inherent(_class_of(item.ret), item)
    return item


def _inherent(self_ty: TypeRef, item: FnItem) -> ImplItem:
    """The impl itself is always there, its functions have their own `cfg`; the class's parameters become the impl's."""
    at = (item.range[0], item.range[0])
    generics = GenericsDecl()
    used = _names_in(self_ty)
    if used:
        params = item.generics.params
        generics.params = [param for param in params if param.name in used]
        item = replace(item, generics=replace(item.generics, params=[p for p in params if p.name not in used]))
    return ImplItem("", item.range, at, Attrs(), None, generics, None, self_ty, [item])


def _names_in(ty: TypeRef) -> set[str]:
    """The plain names among the arguments of a type."""
    if not isinstance(ty, PathType) or not ty.path.segments or ty.path.segments[-1].args is None:
        return set()
    names = [arg.path.name() for arg in ty.path.segments[-1].args.types if isinstance(arg, PathType)]
    return {name for name in names if name is not None}


def _class_of(ret: TypeRef) -> TypeRef:
    """`T` of `Result<T, E>`, else the type itself."""
    if isinstance(ret, PathType) and ret.path.segments:
        last = ret.path.segments[-1]
        if last.name == "Result" and last.args is not None and last.args.types:
            return last.args.types[0]
    return ret


# Types


def _impls_of_type(item: TypeAliasItem, options: list[tuple[str, str]]) -> list[Item]:
    args = GenericArgs([plain(param.name) for param in item.generics.params])
    own: TypeRef = PathType(Path([Segment(item.name, args if args.types else None)]))
    js_value = _type("::wasm_bindgen::JsValue")
    extends = [_type(value) for name, value in options if name == "extends"]
    out: list[Item] = []
    if "no_deref" not in dict(options):
        target = extends[0] if extends else js_value
        out.append(_impl(own, absolute("core::ops::Deref"), [_target(item, target), _deref(item, target)], item))
    for other in (js_value, own, *extends):
        as_ref = _method("as_ref", item, RefType(other, False))
        out.append(_impl(own, absolute("core::convert::AsRef", other), [as_ref], item))
    for other in (js_value, *extends):
        out.append(_impl(other, absolute("core::convert::From", own), [_from(item, own)], item))
    out.append(_impl(own, absolute("core::convert::From", js_value), [_from(item, js_value)], item))
    out.append(_impl(own, absolute("wasm_bindgen::JsCast"), [], item))
    out.append(_impl(own, absolute("wasm_bindgen::describe::WasmDescribe"), [], item))
    out.extend(_impl(own, absolute(f"wasm_bindgen::convert::{trait}"), [], item) for trait in ABI_TRAITS)
    out.append(_impl(RefType(own, False), absolute("wasm_bindgen::convert::IntoWasmAbi"), [], item))
    return out


def items_beside(item: AdtItem, source: Source) -> list[Item]:
    """What `#[wasm_bindgen]` adds to an enum whose variants are strings."""
    if item.kind != "enum" or "wasm_bindgen" not in item.attrs.others:
        return []
    if _STRING_VARIANT.search(source.text, *item.range) is None:
        return []
    like = TypeAliasItem(item.name, item.range, item.name_range, item.attrs, item.visibility, item.generics, [], None)
    text = _type("&'static str")
    from_str = _fn("from_str", like, _type(f"::core::option::Option<{item.name}>"))
    from_str.params.append(("s", _type("&str")))
    to_str = _method("to_str", like, text)
    from_js = _fn("from_js_value", like, _type(f"::core::option::Option<{item.name}>"))
    from_js.params.append(("obj", _type("&::wasm_bindgen::JsValue")))
    from_js.visibility = item.visibility
    own = _type(item.name)
    out: list[Item] = [_inherent(own, from_str), _inherent(own, to_str), _inherent(own, from_js)]
    out.append(_impl(_type("::wasm_bindgen::JsValue"), absolute("core::convert::From", own), [_from(like, own)], like))
    out.extend(_impl(own, absolute(f"wasm_bindgen::convert::{trait}"), [], like) for trait in ABI_TRAITS)
    return out


def _target(item: TypeAliasItem, target: TypeRef) -> TypeAliasItem:
    return TypeAliasItem("Target", item.range, item.name_range, Attrs(), None, GenericsDecl(), [], target)


def _deref(item: TypeAliasItem, target: TypeRef) -> FnItem:
    return _method("deref", item, RefType(target, False))


def _method(name: str, item: TypeAliasItem, ret: TypeRef) -> FnItem:
    made = _fn(name, item, ret)
    made.self_param = SelfParam(by_ref=True, mutable=False, ty=None)
    return made


def _from(item: TypeAliasItem, source: TypeRef) -> FnItem:
    made = _fn("from", item, SELF)
    made.params.append(("value", source))
    return made


def _fn(name: str, item: TypeAliasItem, ret: TypeRef) -> FnItem:
    return FnItem(
        name,
        item.range,
        item.name_range,
        Attrs(),
        None,
        GenericsDecl(),
        None,
        [],
        ret,
        is_async=False,
        is_unsafe=False,
        is_const=False,
        is_variadic=False,
        body=None,
    )


def _impl(self_ty: TypeRef, trait: Path, items: list[Item], like: TypeAliasItem) -> ImplItem:
    return impl_beside(like, like.generics, trait, self_ty, items)


def _type(text: str) -> TypeRef:
    source = text.encode()
    return lower_type(Reader(Chunk(source)), tree_of_fragment(source, "type"))
