"""Items of rustdoc's JSON as `closurelens.ty.sig`, every one of the three crates, private ones too.

Invariant: signatures are complete; which of them are kept is decided later, in `select`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from closurelens.ty import types as t
from closurelens.ty.sig import (
    AdtKind,
    AdtSig,
    AliasSig,
    AssocTypeSig,
    CtorKind,
    FieldSig,
    FnSig,
    GenericParam,
    Generics,
    ImplSig,
    SelfKind,
    TraitSig,
    ValueSig,
    VariantSig,
)
from stdsig import stand_ins
from stdsig.lower import SELF, Lowerer, World
from stdsig.rustdoc import CrateDoc, Json, has_attribute, in_skipped_file, is_hidden, is_skipped, stability

# Auto traits whose impls rustdoc works out from private fields; worth their room because callers ask for them.
SYNTHETIC_TRAITS = {
    "core::marker::Send",
    "core::marker::Sync",
    "core::marker::Unpin",
    "core::panic::unwind_safe::UnwindSafe",
    "core::panic::unwind_safe::RefUnwindSafe",
}


@dataclass(slots=True)
class Lowered:
    """Signatures by path."""

    adts: dict[str, AdtSig] = field(default_factory=dict)
    fns: dict[str, FnSig] = field(default_factory=dict)
    traits: dict[str, TraitSig] = field(default_factory=dict)
    impls: dict[str, ImplSig] = field(default_factory=dict)
    values: dict[str, ValueSig] = field(default_factory=dict)
    aliases: dict[str, AliasSig] = field(default_factory=dict)
    unstable: set[str] = field(default_factory=set)  # functions and methods
    hidden: set[str] = field(default_factory=set)
    synthetic: set[str] = field(default_factory=set)  # impls
    insignificant_dtors: set[str] = field(default_factory=set)
    non_public: set[str] = field(default_factory=set)  # items and inherent methods


def lower_all(world: World) -> Lowered:
    out = Lowered()
    for doc in world.docs.values():
        _CrateLowerer(world, doc, out).run()
    return out


class _CrateLowerer:
    def __init__(self, world: World, doc: CrateDoc, out: Lowered) -> None:
        self.world = world
        self.doc = doc
        self.out = out

    def run(self) -> None:
        impls: list[Json] = []
        for id, item in self.doc.index.items():
            kind = self.doc.kind(item)
            if in_skipped_file(item):
                continue
            if kind == "impl":
                impls.append(item)
                continue
            target = self.doc.targets.get(id)
            if target is None or is_skipped(target.path):
                continue
            path = target.path
            match kind:
                case "struct" | "enum" | "union" | "extern_type":
                    self.out.adts[path] = self.adt(path, item, kind)
                case "trait":
                    self.trait(path, item)
                case "type_alias":
                    alias = self.world.alias(path)
                    self.out.aliases[path] = AliasSig(path, Generics(alias.params), alias.ty)
                case "function":
                    self.function(path, item, Lowerer(self.world, self.doc, path), (), parent_unstable=False)
                case "constant":
                    lowerer = Lowerer(self.world, self.doc, path)
                    self.out.values[path] = ValueSig(path, lowerer.ty(item["inner"]["constant"]["type"]))
                case "static":
                    json = item["inner"]["static"]
                    ty = Lowerer(self.world, self.doc, path).ty(json["type"])
                    self.out.values[path] = ValueSig(path, ty, True, json["is_mutable"])
                case _:
                    continue
            self.note(path, item)
        self.impls(impls)

    def note(self, path: str, item: Json) -> None:
        if is_hidden(item):
            self.out.hidden.add(path)
        if item["visibility"] not in ("public", "default"):
            self.out.non_public.add(path)

    # -- data types

    def adt(self, path: str, item: Json, kind: str) -> AdtSig:
        if kind == "extern_type":
            return AdtSig(path, AdtKind.STRUCT, ())
        json = item["inner"][kind]
        lowerer = Lowerer(self.world, self.doc, path)
        lowerer.enter(json["generics"])
        generics = lowerer.generics(json["generics"])
        lowerer.scope.self_ty = t.Adt(path, tuple([t.Param(p.name) for p in generics.params]))
        if kind == "enum":
            variants = tuple([self.variant(lowerer, id) for id in json["variants"]])
        elif kind == "union":
            fields = self.fields(lowerer, json["fields"], in_enum=False)
            variants = (VariantSig(item["name"], CtorKind.RECORD, fields),)
        else:
            variants = (self.shape(lowerer, item["name"], json["kind"], in_enum=False),)
        if has_attribute(item, "RustcInsignificantDtor"):
            self.out.insignificant_dtors.add(path)
        return AdtSig(
            path,
            AdtKind(kind),
            variants,
            generics,
            is_packed=any(isinstance(a, dict) and a.get("repr", {}).get("packed") for a in item["attrs"]),
            is_non_exhaustive="non_exhaustive" in item["attrs"],
            is_fundamental=has_attribute(item, "Fundamental"),
        )

    def variant(self, lowerer: Lowerer, id: int) -> VariantSig:
        item = self.doc.index[id]
        return self.shape(lowerer, item["name"], item["inner"]["variant"]["kind"], in_enum=True)

    def shape(self, lowerer: Lowerer, name: str, kind: str | Json, *, in_enum: bool) -> VariantSig:
        if isinstance(kind, str):
            return VariantSig(name, CtorKind.UNIT, ())
        if "tuple" in kind:
            return VariantSig(name, CtorKind.TUPLE, self.fields(lowerer, kind["tuple"], in_enum=in_enum))
        ((_, body),) = kind.items()
        return VariantSig(name, CtorKind.RECORD, self.fields(lowerer, body["fields"], in_enum=in_enum))

    def fields(self, lowerer: Lowerer, ids: list[int | None], *, in_enum: bool) -> tuple[FieldSig, ...]:
        out = []
        for index, id in enumerate(ids):
            if id is None:
                out.append(FieldSig(str(index), t.Unknown("a private field of std"), False))
                continue
            item = self.doc.index[id]
            is_public = in_enum or item["visibility"] == "public"
            out.append(FieldSig(item["name"], lowerer.ty(item["inner"]["struct_field"]), is_public))
        return tuple(out)

    # -- functions

    def function(
        self, path: str, item: Json, lowerer: Lowerer, parent_args: tuple[t.Ty, ...], *, parent_unstable: bool
    ) -> FnSig:
        """Stores and answers the signature; `lowerer` has the parent's generics entered."""
        json = item["inner"]["function"]
        generics = json["generics"]
        lowerer.enter(generics)
        params = list(lowerer.params(generics))
        predicates = lowerer.predicates(generics)
        taken = {p.name for p in params}
        anonymous: list[tuple[list[Json], str]] = []
        for param in generics["params"]:
            if "type" in param["kind"] and param["kind"]["type"]["is_synthetic"]:
                name, count = param["name"], 2
                while name in taken:
                    name, count = f"{param['name']} #{count}", count + 1
                taken.add(name)
                anonymous.append((param["kind"]["type"]["bounds"], name))
        lowerer.anonymous = list(anonymous)
        for bounds, name in anonymous:
            params.append(GenericParam(name))
            predicates += lowerer.bounded(t.Param(name), bounds)
        lowerer.anonymous = list(anonymous)
        inputs = json["sig"]["inputs"]
        param_tys = tuple([lowerer.ty(ty) for _, ty in inputs])
        lowerer.anonymous = None
        lowerer.opaque_args = (*parent_args, *[t.Param(p.name) for p in params])
        ret = t.UNIT if json["sig"]["output"] is None else lowerer.ty(json["sig"]["output"])
        is_async = json["header"]["is_async"]
        if is_async:
            future = t.Bound("core::future::future::Future", (), (("Output", ret),))
            ret = t.Opaque(path, lowerer.opaques, lowerer.opaque_args, (future,))
        is_method = bool(parent_args) or lowerer.scope.here is not None or lowerer.scope.self_ty is not SELF
        sig = FnSig(
            path,
            item["name"],
            param_tys,
            ret,
            Generics(tuple(params), tuple(predicates)),
            _self_kind(inputs),
            path.rsplit("::", 1)[0] if is_method else None,
            is_async,
            json["sig"]["is_c_variadic"],
            json["has_body"],
            tuple([name for name, _ in inputs]),
        )
        self.out.fns[path] = sig
        stable = stability(item)
        if stable is False or (stable is None and parent_unstable):
            self.out.unstable.add(path)
        if is_hidden(item):
            self.out.hidden.add(path)
        return sig

    # -- traits

    def trait(self, path: str, item: Json) -> None:
        json = item["inner"]["trait"]
        own = self.world.params(path)
        args = (SELF, *[t.Param(p.name) for p in own])

        def lowerer() -> Lowerer:
            made = Lowerer(self.world, self.doc, path)
            made.enter_trait(path, json)
            return made

        methods: dict[str, str] = {}
        assoc: dict[str, AssocTypeSig] = {}
        consts: dict[str, t.Ty] = {}
        for id in json["items"]:
            member = self.doc.index[id]
            name = member["name"]
            match self.doc.kind(member):
                case "function":
                    methods[name] = f"{path}::{name}"
                    inner = lowerer()
                    inner.owner = methods[name]
                    self.function(methods[name], member, inner, args, parent_unstable=stability(item) is False)
                case "assoc_type":
                    body = member["inner"]["assoc_type"]
                    inner = lowerer()
                    inner.enter(body["generics"])
                    generics = inner.generics(body["generics"])
                    own_args = tuple([t.Param(p.name) for p in generics.params])
                    subject = t.Projection(SELF, path, args[1:], name, own_args)
                    predicates = inner.bounded(subject, body["bounds"])
                    bounds = tuple([p.bound for p in predicates if p.subject == subject])
                    extra = tuple([p for p in predicates if p.subject != subject])
                    default = None if body["type"] is None else inner.ty(body["type"])
                    generics = Generics(generics.params, generics.predicates + extra)
                    assoc[name] = AssocTypeSig(name, bounds, default, generics)
                case "assoc_const":
                    consts[name] = lowerer().ty(member["inner"]["assoc_const"]["type"])
                case kind:
                    raise ValueError(f"{path}: a trait holds {kind}")
        generics = lowerer().trait_generics(json)
        self.out.traits[path] = TraitSig(path, item["name"], methods, assoc, generics, consts, json["is_auto"])

    # -- impls

    def impls(self, items: list[Json]) -> None:
        """Numbers the impls of a module by their place in the source, so that paths do not depend on rustdoc's ids."""
        kept: dict[str, list[tuple[object, Json]]] = {}
        for item in items:
            json = item["inner"]["impl"]
            if json["blanket_impl"] is not None or has_attribute(item, "RustcReservationImpl"):
                continue  # rustdoc repeats blanket impls for every type; the original stays
            if json["trait"] is not None and json["trait"]["id"] not in self.doc.targets:
                continue
            if json["is_synthetic"]:
                if self.doc.path(json["trait"]["id"]) not in SYNTHETIC_TRAITS:
                    continue
                module = self._synthetic_home(json)
            else:
                module = _module_of(item["span"]["filename"])
            if module is None:
                continue
            kept.setdefault(module, []).append((_order(item), item))
        for module in sorted(kept):
            for number, (_, item) in enumerate(sorted(kept[module], key=lambda pair: repr(pair[0]))):
                self.impl(f"{module}::{{impl#{number}}}", item)

    def _synthetic_home(self, json: Json) -> str | None:
        path = json["for"].get("resolved_path")
        target = None if path is None else self.doc.targets.get(path["id"])
        if target is None or is_skipped(target.path):
            return None
        return target.path.rsplit("::", 1)[0]

    def stood_for(self, lowerer: Lowerer, ty: Json) -> t.Ty | None:
        """The type that a struct of `stand_ins` stands for; its parameters are named like those of the impl."""
        target = self.doc.targets.get(ty["resolved_path"]["id"]) if "resolved_path" in ty else None
        if target is None or not target.path.rsplit("::", 1)[-1].startswith(stand_ins.NAME):
            return None
        (field,) = self.world.types[target.path].item["inner"]["struct"]["kind"]["tuple"]
        pointer = lowerer.ty(self.doc.index[field]["inner"]["struct_field"])
        assert isinstance(pointer, t.RawPtr)
        return pointer.inner

    def impl(self, path: str, item: Json) -> None:
        json = item["inner"]["impl"]
        base = Lowerer(self.world, self.doc, path)
        base.enter(json["generics"])
        self_ty = self.stood_for(base, json["for"]) or base.ty(json["for"])
        base.scope.self_ty = self_ty
        trait = None
        if json["trait"] is not None:
            if is_skipped(self.doc.path(json["trait"]["id"])):
                return
            trait = base.bound(json["trait"], self_ty)
        members = [self.doc.index[id] for id in json["items"] if id in self.doc.index]
        own_assoc = {
            m["name"]: m["inner"]["assoc_type"]["type"] for m in members if self.doc.kind(m) == "assoc_type" and trait
        }

        def lowerer() -> Lowerer:
            made = Lowerer(self.world, self.doc, path)
            made.enter(json["generics"])
            made.scope.self_ty = self_ty
            made.scope.here = trait
            made.scope.own_assoc = own_assoc
            return made

        generics = lowerer().generics(json["generics"])
        parent_args = tuple([t.Param(p.name) for p in generics.params])
        methods: dict[str, str] = {}
        assoc: dict[str, t.Ty] = {}
        consts: dict[str, t.Ty] = {}
        for member in members:
            name = member["name"]
            match self.doc.kind(member):
                case "function":
                    methods[name] = f"{path}::{name}"
                    inner = lowerer()
                    inner.owner = methods[name]
                    unstable = trait is None and stability(item) is False
                    self.function(methods[name], member, inner, parent_args, parent_unstable=unstable)
                    if trait is None and member["visibility"] != "public":
                        self.out.non_public.add(methods[name])
                case "assoc_type":
                    inner = lowerer()
                    inner.enter(member["inner"]["assoc_type"]["generics"])
                    assoc[name] = inner.ty(member["inner"]["assoc_type"]["type"])
                case "assoc_const":
                    consts[name] = lowerer().ty(member["inner"]["assoc_const"]["type"])
                    if trait is None and member["visibility"] != "public":
                        del consts[name]
                case kind:
                    raise ValueError(f"{path}: an impl holds {kind}")
        self.out.impls[path] = ImplSig(path, self_ty, trait, methods, assoc, generics, consts, json["is_negative"])
        if json["is_synthetic"]:
            self.out.synthetic.add(path)


def _self_kind(inputs: list[tuple[str, Json]]) -> SelfKind:
    if not inputs or inputs[0][0] != "self":
        return SelfKind.NONE
    ty = inputs[0][1]
    if ty == {"generic": "Self"}:
        return SelfKind.VALUE
    if "borrowed_ref" in ty and ty["borrowed_ref"]["type"] == {"generic": "Self"}:
        return SelfKind.MUT if ty["borrowed_ref"]["is_mutable"] else SelfKind.REF
    return SelfKind.TYPED


def _module_of(filename: str) -> str:
    """`alloc/src/vec/mod.rs` -> `alloc::vec`: the file an impl stands in, taken for its module."""
    crate, _, rest = filename.partition("/src/")
    parts = rest.removesuffix(".rs").split("/")
    if parts[-1] in ("mod", "lib"):
        parts.pop()
    return "::".join([crate, *parts])


def _order(item: Json) -> object:
    json = item["inner"]["impl"]
    span = item["span"]
    begin = tuple(f"{n:06}" for n in span["begin"]) if span is not None else ()
    trait = json["trait"]
    return (begin, "" if trait is None else trait["path"], _text(trait and trait["args"]), _text(json["for"]))


def _text(json: object) -> str:
    """The JSON without ids, which change from run to run."""
    if isinstance(json, dict):
        return "{" + ",".join(f"{k}:{_text(v)}" for k, v in sorted(json.items()) if k != "id") + "}"
    if isinstance(json, list):
        return "[" + ",".join(_text(v) for v in json) + "]"
    return str(json)
