"""What `derive(Builder)` of derive_builder declares beside a struct: the builder, its functions and its error.

The options are those of version 0.20. Invariant: what is made has no bodies; where an option is not understood nothing
is made, and what the derive adds counts as unknown.
"""

from __future__ import annotations

import re

from closurelens.hir.item import (
    AdtItem,
    Attrs,
    FieldDecl,
    FnItem,
    ImplItem,
    Item,
    SelfParam,
    VariantDecl,
)
from closurelens.hir.lower.attrs import split_commas
from closurelens.hir.types import (
    BoundRef,
    GenericParamDecl,
    GenericsDecl,
    ImplType,
    Path,
    PathType,
    RefType,
    Segment,
    TypeRef,
)
from closurelens.records import dataclass
from closurelens.resolve.derive_parts import (
    SELF,
    absolute,
    cfg_only,
    impl_of,
    lower_items_of,
    lower_type_of,
    method_of,
    named,
    plain,
    receiver,
    with_parameters,
)

HELPERS = "builder builder_field_attr builder_impl_attr builder_setter_attr builder_struct_attr"

_OPTION = re.compile(r"(\w+)\s*(?:=\s*(.*)|\((.*)\))?", re.DOTALL)
_OF_STRUCT = frozenset(
    [
        "build_fn",
        "create_empty",
        "custom_constructor",
        "default",
        "derive",
        "field",
        "name",
        "no_std",
        "pattern",
        "private",
        "public",
        "setter",
    ]
)
_OF_FIELD = frozenset(["default", "field", "pattern", "private", "public", "setter"])
_OF_SETTER = frozenset(["custom", "each", "into", "name", "prefix", "skip", "strip_option"])
_RECEIVERS = {"owned": "owned", "mutable": "ref_mut", "immutable": "ref"}

_Options = dict[str, str]
"""By name; of one without a value: "true"."""


def builder_items(item: AdtItem) -> list[Item]:
    """What is declared beside the struct; empty where an option is not understood."""
    made = _read(item)
    return [] if made is None else made.items()


def builder_known(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    """The impls of the struct itself: none, if the options are understood."""
    return None if _read(item) is None else []


@dataclass(slots=True)
class _Builder:
    item: AdtItem
    options: _Options
    fields: list[_Field]

    def items(self) -> list[Item]:
        item, options = self.item, self.options
        build = _nested(options.get("build_fn", "")) or {}
        error = build.get("error", "")
        name = options.get("name", f"{item.name}Builder")
        # The name of the error follows the builder's where that is written.
        error_name = f"{name}Error"
        is_own_error = not error or "=" in error
        pattern = options.get("pattern", "mutable")
        needs_clone = any(one.options.get("pattern", pattern) != "owned" for one in self.fields) or pattern != "owned"
        visibility = _visibility(options, item.visibility)
        attrs = cfg_only(item.attrs)
        attrs.derives = [absolute("core::clone::Clone")] if needs_clone else []
        attrs.derives += [Path([Segment(word) for word in one.split("::")]) for one in _listed(options, "derive")]
        fields = [
            FieldDecl(one.decl.name, one.held(), cfg_only(one.decl.attrs), one.visibility(options))
            for one in self.fields
        ]
        at = item.name_range
        variants = [VariantDecl(name, at, "record", fields, Attrs())]
        made: list[Item] = [AdtItem(name, item.range, at, attrs, visibility, "struct", item.generics, variants)]
        own = with_parameters(name, item.generics)
        bounded = _cloning(item) if pattern != "owned" else item.generics
        methods: list[Item] = []
        for one in self.fields:
            methods += one.setters(options)
        if not _is_on(build, "skip"):
            failed = plain(error_name) if is_own_error else _type(error)
            returned = named("core::result::Result", with_parameters(item.name, item.generics), failed)
            by = "owned" if pattern == "owned" else "ref"
            done = method_of(item, build.get("name", "build"), receiver(by), [], returned)
            done.visibility = _visibility(build, visibility)
            methods.append(done)
        empty = method_of(item, options.get("create_empty", "create_empty"), None, [], SELF)
        empty.visibility = None
        methods.append(empty)
        implementing = impl_of(item, None, own, methods)
        implementing.generics = bounded
        made.append(implementing)
        if not _is_on(options, "custom_constructor"):
            made.append(impl_of(item, absolute("core::default::Default"), own))
        if is_own_error:
            made += self._error(
                error_name, visibility, validates="validation_error=false" not in error.replace(" ", "")
            )
        return made

    def _error(self, name: str, visibility: str | None, *, validates: bool) -> list[Item]:
        text = f"""
            #[derive(::core::fmt::Debug)] enum {name} {{ UninitializedField(&'static str), {
            "ValidationError(::std::string::String)" if validates else ""
        } }}
            impl ::core::fmt::Display for {name} {{}} impl ::core::error::Error for {name} {{}}
            impl ::core::convert::From<::derive_builder::UninitializedFieldError> for {name} {{}}
            {f"impl ::core::convert::From<::std::string::String> for {name} {{}}" if validates else ""}
        """
        made = lower_items_of(text)
        for one in made:
            one.visibility = visibility
            one.range, one.name_range = self.item.range, self.item.name_range
            one.attrs.cfg = self.item.attrs.cfg
        return made


@dataclass(slots=True)
class _Field:
    item: AdtItem
    decl: FieldDecl
    options: _Options
    setter: _Options
    setter_of_struct: _Options

    def _is_held(self) -> bool:
        if "skip" in self.setter:
            return not _is_on(self.setter, "skip")
        return bool(self.setter.keys() - {"custom"}) or not _is_on(self.setter_of_struct, "skip")

    def held(self) -> TypeRef:
        """The type of the builder's field."""
        if not self._is_held():
            return named("core::marker::PhantomData", self.decl.ty)
        return self._written() or named("core::option::Option", self.decl.ty)

    def _written(self) -> TypeRef | None:
        text = (_nested(self.options.get("field", "")) or {}).get("ty")
        return None if text is None else _type(text)

    def visibility(self, of_struct: _Options) -> str | None:
        if not self._is_held():
            return None
        outer = _visibility(_nested(of_struct.get("field", "")) or {}, None)
        return _visibility(_nested(self.options.get("field", "")) or {}, outer)

    def setters(self, of_struct: _Options) -> list[Item]:
        given = self.setter_of_struct | self.setter
        if not self._is_held() or _is_on(self.setter, "custom"):
            return []
        pattern = self.options.get("pattern", of_struct.get("pattern", "mutable"))
        returned: TypeRef = RefType(SELF, mutable=True) if pattern == "mutable" else SELF
        by = receiver(_RECEIVERS[pattern])
        ty = self._written() or self.decl.ty
        if _is_on(given, "strip_option"):
            ty = _inside_option(ty) or ty
        name = given.get("name") or "_".join(filter(None, (given.get("prefix"), self.decl.name.removeprefix("r#"))))
        taken = ImplType([BoundRef(absolute("core::convert::Into", ty))]) if _is_on(given, "into") else ty
        visibility = _visibility(self.options, _visibility(of_struct, "pub"))
        made = [method_of(self.item, name, by, [("value", taken)], returned)]
        each = self.setter.get("each")
        if each is not None:
            made.append(self._each(each, by, ty, returned))
        for one in made:
            one.attrs = cfg_only(self.decl.attrs)
            one.visibility = visibility
        return list(made)

    def _each(self, text: str, by: SelfParam, ty: TypeRef, returned: TypeRef) -> FnItem:
        options = _nested(text)
        name = text if options is None or "name" not in options else options["name"]
        value = plain("VALUE")
        params = [GenericParamDecl("VALUE")]
        taken = value
        if options is not None and _is_on(options, "into"):
            params.append(GenericParamDecl("FROM_VALUE", [BoundRef(absolute("core::convert::Into", value))]))
            taken = plain("FROM_VALUE")
        made = method_of(self.item, name, by, [("item", taken)], returned)
        bounds = [BoundRef(absolute("core::default::Default")), BoundRef(absolute("core::iter::Extend", value))]
        made.generics = GenericsDecl(params, [(ty, bounds)])
        return made


def _read(item: AdtItem) -> _Builder | None:
    if item.kind != "struct" or not item.variants or item.variants[0].ctor != "record":
        return None
    options = _options_at(item.attrs, _OF_STRUCT)
    if options is None or options.get("pattern", "mutable") not in _RECEIVERS:
        return None
    of_struct = _nested(options.get("setter", ""))
    error = (_nested(options.get("build_fn", "")) or {}).get("error", "")
    if of_struct is None or not of_struct.keys() <= _OF_SETTER or ("=" in error and "name" in error):
        return None
    fields: list[_Field] = []
    for declared in item.variants[0].fields:
        given = _options_at(declared.attrs, _OF_FIELD)
        if given is None or given.get("pattern", "mutable") not in _RECEIVERS:
            return None
        setter = {"skip": "false"} if given.get("setter") == "true" else _nested(given.get("setter", ""))
        if setter is None or not setter.keys() <= _OF_SETTER:
            return None
        fields.append(_Field(item, declared, given, setter, of_struct))
    return _Builder(item, options, fields)


def _options_at(attrs: Attrs, known: frozenset[str]) -> _Options | None:
    if any(name in HELPERS.split() and name != "builder" for name in attrs.others):
        return None
    found: _Options = {}
    for text in (attrs.arguments or {}).get("builder", "").split("\0"):
        options = _nested(text)
        if options is None or not options.keys() <= known:
            return None
        found |= options
    return found


def _nested(text: str) -> _Options | None:
    found: _Options = {}
    for part in split_commas(text):
        option = _OPTION.fullmatch(part)
        if option is None:
            return None
        value = option[2] if option[2] is not None else option[3]
        found[option[1]] = "true" if value is None else _unquoted(value.strip())
    return found


def _unquoted(text: str) -> str:
    is_text = len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]
    return text[1:-1] if is_text else text


def _is_on(options: _Options, name: str) -> bool:
    return options.get(name, "false") != "false"


def _listed(options: _Options, name: str) -> list[str]:
    return [one for one in split_commas(options.get(name, "")) if re.fullmatch(r"[\w:]+", one)]


def _visibility(options: _Options, otherwise: str | None) -> str | None:
    if _is_on(options, "public"):
        return "pub"
    return None if _is_on(options, "private") else otherwise


def _cloning(item: AdtItem) -> GenericsDecl:
    given = item.generics
    clone = BoundRef(absolute("core::clone::Clone"))
    params = [
        one
        if one.const_type is not None
        else GenericParamDecl(one.name, [*one.bounds, clone], one.default, one.const_type)
        for one in given.params
    ]
    return GenericsDecl(params, given.where, given.lifetimes)


def _inside_option(ty: TypeRef) -> TypeRef | None:
    last = ty.path.segments[-1] if isinstance(ty, PathType) and ty.path.segments else None
    is_option = last is not None and last.name == "Option" and last.args is not None and len(last.args.types) == 1
    return last.args.types[0] if is_option and last is not None and last.args is not None else None


def _type(text: str) -> TypeRef:
    made = lower_type_of(text)
    assert made is not None
    return made
