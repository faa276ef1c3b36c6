"""Types of rustdoc's JSON as `closurelens.ty.types`.

Invariant: what cannot be said in our types becomes `Unknown`, with a reason; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from closurelens.ty import types as t
from closurelens.ty.sig import GenericParam, Generics, Predicate
from stdsig.rustdoc import CrateDoc, Json

SELF = t.Param("Self")

# Bounds which every type of stable Rust meets: they say no more than `?Sized` or `const`.
VACUOUS_TRAITS = {"core::marker::PointeeSized", "core::marker::MetaSized", "core::marker::Destruct"}
TYPE_KINDS = {"struct", "enum", "union", "trait", "trait_alias", "type_alias", "extern_type"}
ADT_KINDS = {"struct", "enum", "union", "extern_type"}

_INTEGER = re.compile(r"-?[0-9][0-9_]*(?=(?:[iu](?:8|16|32|64|128|size))?$)")


@dataclass(slots=True)
class TypeItem:
    """An item of the type namespace, found by path."""

    doc: CrateDoc
    id: int
    item: Json
    kind: str


@dataclass(slots=True)
class Alias:
    params: tuple[GenericParam, ...]
    ty: t.Ty


class World:
    """The three crates together, and what is known of an item before anything refers to it."""

    def __init__(self, docs: dict[str, CrateDoc]) -> None:
        self.docs = docs
        self.types: dict[str, TypeItem] = {}
        self._params: dict[str, tuple[GenericParam, ...]] = {}
        self._aliases: dict[str, Alias] = {}
        self._supers: dict[str, tuple[t.Bound, ...]] = {}
        self._assoc_names: dict[str, set[str]] = {}
        self.notes: list[str] = []
        for doc in docs.values():
            for id, item in doc.index.items():
                kind = doc.kind(item)
                if kind in TYPE_KINDS:
                    self.types[doc.path(id)] = TypeItem(doc, id, item, kind)

    def params(self, path: str) -> tuple[GenericParam, ...]:
        """Type and const parameters, without `Self`."""
        found = self._params.get(path)
        if found is None:
            entry = self.types[path]
            json = {} if entry.kind == "extern_type" else entry.item["inner"][entry.kind]["generics"]
            lowerer = Lowerer(self, entry.doc, path)
            self._params[path] = found = lowerer.params(json) if json else ()
        return found

    def alias(self, path: str) -> Alias:
        found = self._aliases.get(path)
        if found is None:
            entry = self.types[path]
            lowerer = Lowerer(self, entry.doc, path)
            json = entry.item["inner"]["type_alias"]
            lowerer.enter(json["generics"])
            self._aliases[path] = found = Alias(self.params(path), lowerer.ty(json["type"]))
        return found

    def assoc_names(self, path: str) -> set[str]:
        """The associated types a trait declares itself."""
        found = self._assoc_names.get(path)
        if found is None:
            entry = self.types[path]
            members = [entry.doc.index[id] for id in entry.item["inner"]["trait"]["items"]]
            found = {m["name"] for m in members if "assoc_type" in m["inner"]}
            self._assoc_names[path] = found
        return found

    def supertraits(self, path: str) -> tuple[t.Bound, ...]:
        """The traits a trait names as its bounds, over `Self` and its parameters; `where Self: ..` too."""
        found = self._supers.get(path)
        if found is None:
            self._supers[path] = ()  # while lowering, so that `Self::Item` in a bound ends
            entry = self.types[path]
            lowerer = Lowerer(self, entry.doc, path)
            lowerer.enter_trait(path, entry.item["inner"]["trait"])
            generics = lowerer.trait_generics(entry.item["inner"]["trait"])
            found = tuple([p.bound for p in generics.predicates if p.subject == SELF])
            self._supers[path] = found
        return found


@dataclass(slots=True)
class Scope:
    """What names mean at one place."""

    self_ty: t.Ty = SELF
    consts: set[str] = field(default_factory=set)
    bounds: list[tuple[Json, Json]] = field(default_factory=list)  # subject type, trait path; for `T::Item`
    here: t.Bound | None = None  # the trait being declared or implemented
    own_assoc: dict[str, Json] = field(default_factory=dict)  # of the impl at hand


class Lowerer:
    """Lowers the parts of one item. `enter*` declares the generics in scope, the parent's first."""

    def __init__(self, world: World, doc: CrateDoc, owner: t.DefPath) -> None:
        self.world = world
        self.doc = doc
        self.owner = owner
        self.scope = Scope()
        self.opaque_args: tuple[t.Ty, ...] = ()
        self.opaques = 0
        self.anonymous: list[tuple[list[Json], str]] | None = None  # set: `impl Trait` means the next of these
        self.extra: list[Predicate] = []  # from `Trait<Assoc: Bound>`
        self._resolving: list[Json] = []

    # -- scopes

    def enter(self, generics: Json) -> None:
        for param in generics["params"]:
            kind = param["kind"]
            if "const" in kind:
                self.scope.consts.add(param["name"])
            elif "type" in kind:
                self._note_bounds({"generic": param["name"]}, kind["type"]["bounds"])
        for predicate in generics["where_predicates"]:
            if "bound_predicate" in predicate:
                json = predicate["bound_predicate"]
                self._note_bounds(json["type"], json["bounds"])

    def enter_trait(self, path: str, json: Json) -> None:
        self.enter(json["generics"])
        args = tuple([t.Param(p.name) for p in self.world.params(path)])
        self.scope.here = t.Bound(path, args)
        self._note_bounds({"generic": "Self"}, json["bounds"])

    def _note_bounds(self, subject: Json, bounds: list[Json]) -> None:
        for bound in bounds:
            if "trait_bound" in bound:
                self.scope.bounds.append((subject, bound["trait_bound"]["trait"]))

    # -- generics

    def params(self, generics: Json) -> tuple[GenericParam, ...]:
        out = []
        for param in generics["params"]:
            kind = param["kind"]
            if "type" in kind and not kind["type"]["is_synthetic"]:
                default = kind["type"]["default"]
                out.append(GenericParam(param["name"], False, None if default is None else self.ty(default)))
            elif "const" in kind:
                default = kind["const"]["default"]
                out.append(GenericParam(param["name"], True, None if default is None else self.const(default)))
        return tuple(out)

    def predicates(self, generics: Json) -> list[Predicate]:
        out: list[Predicate] = []
        for param in generics["params"]:
            if "type" in param["kind"] and not param["kind"]["type"]["is_synthetic"]:
                out += self.bounded(t.Param(param["name"]), param["kind"]["type"]["bounds"])
        for predicate in generics["where_predicates"]:
            if "bound_predicate" in predicate:
                json = predicate["bound_predicate"]
                out += self.bounded(self.ty(json["type"]), json["bounds"])
            elif "eq_predicate" in predicate:
                json = predicate["eq_predicate"]
                left, right = self.ty(json["lhs"]), self.term(json["rhs"])
                if isinstance(left, t.Projection):
                    out.append(Predicate(left.self_ty, t.Bound(left.trait, left.args, ((left.name, right),))))
        return out

    def bounded(self, subject: t.Ty, bounds: list[Json]) -> list[Predicate]:
        """`subject: bounds` as predicates, those of `Trait<Assoc: Bound>` after them."""
        outer, self.extra = self.extra, []
        out = [Predicate(subject, bound) for bound in self.bounds(bounds, subject)]
        out += self.extra
        self.extra = outer
        return out

    def generics(self, json: Json) -> Generics:
        return Generics(self.params(json), tuple(self.predicates(json)))

    def trait_generics(self, json: Json) -> Generics:
        predicates = self.bounded(SELF, json["bounds"]) + self.predicates(json["generics"])
        return Generics(self.params(json["generics"]), tuple(predicates))

    # -- bounds

    def bounds(self, json: list[Json], self_ty: t.Ty) -> list[t.Bound]:
        out: list[t.Bound] = []
        for bound in json:
            if "trait_bound" not in bound or bound["trait_bound"]["modifier"] == "maybe":
                continue
            trait = bound["trait_bound"]["trait"]
            path = self.doc.path(trait["id"])
            if path in VACUOUS_TRAITS:
                continue
            entry = self.world.types.get(path)
            if entry is not None and entry.kind == "trait_alias":
                inner = Lowerer(self.world, entry.doc, path)
                out += inner.bounds(entry.item["inner"]["trait_alias"]["params"], self_ty)
            else:
                out.append(self.bound(trait, self_ty))
        return out

    def bound(self, trait: Json, self_ty: t.Ty) -> t.Bound:
        path = self.doc.path(trait["id"])
        args = trait["args"]
        if args is not None and "parenthesized" in args:
            inputs = t.Tuple(tuple([self.ty(ty) for ty in args["parenthesized"]["inputs"]]))
            output = args["parenthesized"]["output"]
            ret = t.UNIT if output is None else self.ty(output)
            return t.Bound(path, (inputs,), (("Output", ret),))
        filled = self.fill(path, self.given(args), self_ty)
        assoc: list[tuple[str, t.Ty]] = []
        for constraint in (args or {}).get("angle_bracketed", {}).get("constraints", ()):
            binding = constraint["binding"]
            if "equality" in binding:
                assoc.append((constraint["name"], self.term(binding["equality"])))
            else:
                declaring = self.declaring_trait(t.Bound(path, filled), self_ty, constraint["name"])
                subject = t.Projection(self_ty, *declaring, constraint["name"])
                for inner in self.bounds(binding["constraint"], subject):
                    self.extra.append(Predicate(subject, inner))
        return t.Bound(path, filled, tuple(assoc))

    def given(self, args: Json | str | None) -> list[t.Ty]:
        if not isinstance(args, dict):
            return []
        out: list[t.Ty] = []
        for arg in args["angle_bracketed"]["args"]:
            if arg == "infer":
                out.append(t.Unknown("an inferred argument"))
            elif "type" in arg:
                out.append(self.ty(arg["type"]))
            elif "const" in arg:
                out.append(self.const(arg["const"]["expr"], arg["const"]["value"]))
        return out

    def fill(self, path: str, given: list[t.Ty], self_ty: t.Ty) -> tuple[t.Ty, ...]:
        """`given` with the defaults of the missing parameters."""
        params = self.world.params(path)
        if len(given) > len(params):
            raise ValueError(f"{self.owner}: too many arguments for {path}")
        subst = {"Self": self_ty}
        for index, param in enumerate(params):
            if index < len(given):
                arg = given[index]
            elif param.default is not None:
                arg = t.substitute(param.default, subst)
            else:
                self.world.notes.append(f"{self.owner}: {path} lacks argument {param.name}")
                arg = t.Unknown(f"no argument is given for {param.name}")
            subst[param.name] = arg
        return tuple([subst[p.name] for p in params])

    # -- types

    def term(self, json: Json) -> t.Ty:
        return self.ty(json["type"]) if "type" in json else self.const(json["constant"]["expr"])

    def const(self, expr: str, value: str | None = None) -> t.Ty:
        for text in (expr, value):
            if text is None:
                continue
            text = text.strip("{} ")
            if text in self.scope.consts:
                return t.Param(text)
            if text in ("true", "false"):
                return t.Const(text)
            if number := _INTEGER.match(text):
                return t.Const(int(number.group().replace("_", "")))
        return t.Const(None)

    def ty(self, json: Json | str) -> t.Ty:
        if isinstance(json, str):  # "infer"
            return t.Unknown("an inferred type")
        ((kind, body),) = json.items()
        match kind:
            case "generic":
                return self.scope.self_ty if body == "Self" else t.Param(body)
            case "primitive":
                return t.NEVER if body == "never" else t.PRIMS[body]
            case "resolved_path":
                return self.path_ty(body)
            case "borrowed_ref":
                static = body["lifetime"] == "'static"
                return t.Ref(self.ty(body["type"]), mutable=body["is_mutable"], static=static)
            case "raw_pointer":
                return t.RawPtr(self.ty(body["type"]), mutable=body["is_mutable"])
            case "tuple":
                return t.Tuple(tuple([self.ty(e) for e in body]))
            case "slice":
                return t.Slice(self.ty(body))
            case "array":
                return t.Array(self.ty(body["type"]), self.const(body["len"]))
            case "pat":
                return self.ty(body["type"])
            case "function_pointer":
                sig = body["sig"]
                ret = t.UNIT if sig["output"] is None else self.ty(sig["output"])
                return t.FnPtr(tuple([self.ty(ty) for _, ty in sig["inputs"]]), ret)
            case "dyn_trait":
                return self.dyn(body)
            case "impl_trait":
                return self.impl_trait(body)
            case "qualified_path":
                return self.projection(body)
            case _:
                raise ValueError(f"{self.owner}: unknown type {kind}")

    def path_ty(self, json: Json) -> t.Ty:
        target = self.doc.targets.get(json["id"])
        if target is None:
            return t.Unknown("a type inside a function of std")
        if target.path not in self.world.types:
            return t.Unknown(f"`{target.path}` is private to std")
        args = self.fill(target.path, self.given(json["args"]), self.scope.self_ty)
        if target.kind == "type_alias":
            alias = self.world.alias(target.path)
            return t.substitute(alias.ty, {p.name: a for p, a in zip(alias.params, args, strict=True)})
        if target.kind not in ADT_KINDS:
            raise ValueError(f"{self.owner}: {target.path} is no type")
        return t.Adt(target.path, args)

    def dyn(self, json: Json) -> t.Ty:
        bounds = [self.bound(poly["trait"], t.Unknown("`Self` of a trait object")) for poly in json["traits"]]
        # The principal trait first, auto traits after it.
        bounds.sort(key=lambda b: self.world.types[b.trait].item["inner"]["trait"]["is_auto"])
        return t.Dyn(tuple(bounds))

    def impl_trait(self, json: list[Json]) -> t.Ty:
        if self.anonymous is not None:
            for place, (written, name) in enumerate(self.anonymous):
                if written == json:
                    del self.anonymous[place]
                    return t.Param(name)
            raise ValueError(f"{self.owner}: `impl` without its parameter")
        index = self.opaques
        self.opaques += 1
        outer, self.extra = self.extra, []
        bounds = tuple(self.bounds(json, t.Unknown("`Self` of an opaque type")))
        self.extra = outer
        return t.Opaque(self.owner, index, self.opaque_args, bounds)

    def projection(self, json: Json) -> t.Ty:
        if json["trait"] is None:
            return t.Unknown(f"inherent associated type `{json['name']}`")
        self_ty = self.ty(json["self_type"])
        trait = self.doc.path(json["trait"]["id"])
        if json["trait"]["path"] == "":
            args = self.shorthand_args(json["self_type"], self_ty, trait)
        else:
            args = self.fill(trait, self.given(json["trait"]["args"]), self_ty)
        name = json["name"]
        trait, args = self.declaring_trait(t.Bound(trait, args), self_ty, name)
        here = self.scope.here
        own = self.scope.own_assoc.get(name)
        own_args = tuple(self.given(json["args"]))
        is_here = here is not None and (trait, args) == (here.trait, here.args)
        if own is not None and is_here and not own_args and self_ty == self.scope.self_ty:
            return self.ty(own)
        return t.Projection(self_ty, trait, args, name, own_args)

    def declaring_trait(self, bound: t.Bound, self_ty: t.Ty, name: str) -> tuple[str, tuple[t.Ty, ...]]:
        """The trait that declares `name`: rustdoc may give one below it (`DerefMut` for `P::Target`)."""
        for found in self._elaborate(bound, self_ty):
            if name in self.world.assoc_names(found.trait):
                return found.trait, found.args
        raise ValueError(f"{self.owner}: no associated type {name} in {bound.trait}")

    def shorthand_args(self, subject: Json, self_ty: t.Ty, trait: str) -> tuple[t.Ty, ...]:
        """The trait's arguments in `T::Name`, which rustdoc leaves out: those of the bound that brings `Name`."""
        if not self.world.params(trait):
            return ()
        for bound in self._known_bounds(subject, self_ty):
            for found in self._elaborate(bound, self_ty):
                if found.trait == trait:
                    return found.args
        return self.fill(trait, [], self_ty)

    def _known_bounds(self, subject: Json, self_ty: t.Ty) -> Iterator[t.Bound]:
        if subject == {"generic": "Self"} and self.scope.here is not None:
            yield self.scope.here
        for other, trait in self.scope.bounds:
            if other == subject and trait not in self._resolving:
                self._resolving.append(trait)
                path = self.doc.path(trait["id"])
                if path not in VACUOUS_TRAITS and self.world.types[path].kind == "trait":
                    yield self.bound(trait, self_ty)
                self._resolving.pop()

    def _elaborate(self, bound: t.Bound, self_ty: t.Ty) -> Iterator[t.Bound]:
        seen: set[t.Bound] = set()
        work = [bound]
        while work:
            current = work.pop()
            if current in seen:
                continue
            seen.add(current)
            yield current
            subst = {p.name: a for p, a in zip(self.world.params(current.trait), current.args, strict=True)}
            subst["Self"] = self_ty
            work += [above.map(_substitution(subst)) for above in self.world.supertraits(current.trait)]


def _substitution(subst: dict[str, t.Ty]) -> Callable[[t.Ty], t.Ty]:
    return lambda ty: t.substitute(ty, subst)
