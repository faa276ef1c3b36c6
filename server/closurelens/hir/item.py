"""Items as written: what a module, impl, trait or block declares, without bodies.

Offsets are bytes in the file; of items inside of a body, bytes in the chunk, or in the macro expansion that
`ItemStmt.source` names. A function's body stays in its chunk: `FnItem.body` says where, lowering it is separate.
"""

from __future__ import annotations

from collections.abc import Sequence

from closurelens.hir.types import Anchor, BoundRef, GenericsDecl, Path, TypeRef
from closurelens.records import dataclass, field

Range = tuple[int, int]


@dataclass(slots=True)
class Attrs:
    """What attributes say that later layers use. `cfg` holds the texts inside `cfg(..)`, all of which must hold."""

    cfg: list[str] = field(default_factory=list)
    derives: list[Path] = field(default_factory=list)
    is_packed: bool = False
    path: str | None = None  # #[path = ".."]
    macro_use: bool = False
    macro_export: bool = False
    non_exhaustive: bool = False
    others: list[str] = field(default_factory=list)  # names of the rest: "tokio::main", "wasm_bindgen", "test"
    arguments: dict[str, str] | None = None
    """What stands in the brackets of the rest, by name; of several attributes of a name with a NUL between them."""
    conditional: list[tuple[str, Attrs]] = field(default_factory=list)
    """`cfg_attr`: a predicate's text, and what is added where it holds (`lower.attrs.effective` adds it)."""


@dataclass(slots=True)
class Item:
    """Base of all items. `visibility` None: private; "pub", "crate", "super", "self" or a path's text."""

    name: str
    range: Range
    name_range: Range
    attrs: Attrs
    visibility: str | None


@dataclass(slots=True)
class Module(Item):
    """`items` None: `mod name;`, in a file of its own."""

    items: Sequence[Item] | None


@dataclass(slots=True)
class UseImport:
    """One leaf of a use tree; `alias` "_" imports a trait without a name."""

    segments: list[str]
    anchor: Anchor
    supers: int
    crate: str | None
    alias: str | None
    is_glob: bool
    range: Range


@dataclass(slots=True)
class Use(Item):
    imports: list[UseImport]


@dataclass(slots=True)
class ExternCrate(Item):
    """`extern crate name as alias;` (`self` too)."""

    alias: str | None


@dataclass(slots=True)
class SelfParam:
    """`self` (neither), `&self`, `&mut self`, or `self: ty`."""

    by_ref: bool
    mutable: bool  # `&mut self`; for by-value `mut self` this is False and `binding_mut` True
    ty: TypeRef | None
    binding_mut: bool = False


@dataclass(slots=True)
class FnItem(Item):
    generics: GenericsDecl
    self_param: SelfParam | None
    params: list[tuple[str, TypeRef]]  # a name where the pattern is one, else ""
    ret: TypeRef | None
    is_async: bool
    is_unsafe: bool
    is_const: bool
    is_variadic: bool
    body: Range | None  # the block
    param_attrs: dict[int, Attrs] | None = None
    """Of those `params` that a `cfg` may switch off."""


@dataclass(slots=True)
class FieldDecl:
    name: str
    ty: TypeRef
    attrs: Attrs
    visibility: str | None


@dataclass(slots=True)
class VariantDecl:
    """`ctor`: "record", "tuple" or "unit"."""

    name: str
    name_range: Range
    ctor: str
    fields: list[FieldDecl]
    attrs: Attrs


@dataclass(slots=True)
class AdtItem(Item):
    """`kind`: "struct", "enum" or "union". A struct has one variant of its own name."""

    kind: str
    generics: GenericsDecl
    variants: list[VariantDecl]
    _named: dict[str, list[VariantDecl]] | None = field(default=None, init=False, repr=False, compare=False)

    def variants_named(self, name: str) -> Sequence[VariantDecl]:
        """More than one where `cfg` chooses."""
        named = self._named
        if named is None:
            named = self._named = {}
            for variant in self.variants:
                named.setdefault(variant.name, []).append(variant)
        return named.get(name, ())


@dataclass(slots=True)
class TraitItem(Item):
    generics: GenericsDecl
    supertraits: list[BoundRef]
    items: Sequence[Item]
    is_auto: bool = False
    is_alias: bool = False


@dataclass(slots=True)
class ImplItem(Item):
    generics: GenericsDecl
    trait: Path | None
    self_ty: TypeRef
    items: Sequence[Item]
    is_negative: bool = False


@dataclass(slots=True)
class TypeAliasItem(Item):
    """Also an associated type, in a trait with `bounds`."""

    generics: GenericsDecl
    bounds: list[BoundRef]
    ty: TypeRef | None


@dataclass(slots=True)
class ValueItem(Item):
    """A const or static, associated ones too; `value` is where its initialiser stands."""

    ty: TypeRef
    is_static: bool
    is_mutable: bool
    value: Range | None


@dataclass(slots=True)
class MacroRulesItem(Item):
    """`macro_rules! name {..}` or `macro name {..}`: `rules` is the range inside the outer delimiters."""

    rules: Range


@dataclass(slots=True)
class MacroCallItem(Item):
    """A macro call in item position (`name` is the macro's last segment); `args` is the range inside the delimiters."""

    path: Path
    args: Range


@dataclass(slots=True)
class ExternBlock(Item):
    """`extern "C" { .. }`."""

    abi: str
    items: list[Item]


@dataclass(slots=True)
class ErrorItem(Item):
    """Text in item position that does not parse."""

    why: str
