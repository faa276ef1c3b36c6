"""Types as they can be written in a struct of our own: with a lifetime on each reference, and a type parameter where a
type has no name.

Invariant: what cannot be written is said with its reason and shown as `_`, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from closurelens.infer.result import ClosureKind, ClosureTypes
from closurelens.records import dataclass, field
from closurelens.ty import types as t
from closurelens.ty.display import FN_TRAITS, AdtLookup, short, without_defaults
from closurelens.ty.sig import Predicate

__all__ = ["Names", "Speller", "borrows", "lifetimes_of", "params_of"]


def lifetimes_of(path: t.DefPath, adt: AdtLookup) -> int:
    """How many lifetimes the type is declared with; of std's types only whether there is one."""
    sig = adt(path)
    if sig is None:
        return 0
    if sig.generics.lifetimes is not None:
        return sig.generics.lifetimes
    return int(any(borrows(f.ty, adt, (path,)) for variant in sig.variants for f in variant.fields))


def borrows(ty: t.Ty, adt: AdtLookup, seen: Iterable[t.DefPath] = ()) -> bool:
    """Whether the type has a lifetime other than `'static`: that of a reference in it or in its declaration."""
    known = set(seen)
    work = [ty]
    while work:
        part = work.pop()
        if isinstance(part, t.Ref) and not part.static:
            return True
        if isinstance(part, t.FnPtr | t.Dyn | t.Opaque):
            continue
        if isinstance(part, t.Adt) and part.path not in known:
            known.add(part.path)
            sig = adt(part.path)
            if sig is not None and sig.generics.lifetimes is not None:
                if sig.generics.lifetimes:
                    return True
            elif sig is not None:
                work.extend([f.ty for variant in sig.variants for f in variant.fields])
        work.extend(part.parts())
    return False


@dataclass(slots=True)
class Names:
    """Names for type parameters: those in scope keep theirs, what has no name gets one of ours with its bounds.

    `closures` are what inference knows of the closures of the body, and `kind_of` the trait that each implements.
    """

    predicates: Iterable[Predicate]
    closures: dict[int, ClosureTypes]
    kind_of: Callable[[int], ClosureKind | None]
    of_type: dict[t.Ty, str] = field(default_factory=dict)
    bounds: dict[str, dict[str, None]] = field(default_factory=dict)

    def of_param(self, param: t.Param) -> str:
        if param.name == "Self":
            return self._new(param, "This")
        return self._new(param, "F") if param.name.startswith("impl#") else self._new(param, param.name)

    def _new(self, ty: t.Ty, base: str) -> str:
        known = self.of_type.get(ty)
        if known is not None:
            return known
        taken = {*self.of_type.values()}
        if base == "F":
            taken |= {name for predicate in self.predicates for name in params_of(predicate.subject)}
        name, count = base, 2
        while name in taken:
            name = f"{base}{count}"
            count += 1
        self.of_type[ty] = name
        return name

    def of_closure(self, ty: t.Closure, spell: Callable[[t.Ty], str]) -> str | None:
        """A parameter that stands for a closure's type; None where not enough is known of it."""
        types, kind = self.closures.get(ty.id), self.kind_of(ty.id)
        if types is None or kind is None or ty.is_async:
            return None
        known = ty in self.of_type
        name = self._new(ty, "F")
        if not known:
            params = ", ".join([spell(param) for param in types.params])
            ret = "" if types.ret == t.UNIT else f" -> {spell(types.ret)}"
            self.bounds[name] = {f"{kind.value}({params}){ret}": None}
        return name

    def of_opaque(self, ty: t.Opaque, bound: Callable[[t.Bound], str]) -> str:
        known = ty in self.of_type
        name = self._new(ty, "F")
        if not known:
            self.bounds[name] = {bound(b): None for b in ty.bounds}
        return name


@dataclass(slots=True)
class Speller:
    """Collects what the types mention: `problems` (why one cannot be written), type `params` as declared, whether any
    borrows.

    `lifetime` is put on references: "'a" in a struct, "" in a function.
    """

    adt: AdtLookup
    names: Names
    lifetime: str = "'a"
    problems: list[str] = field(default_factory=list)
    params: dict[str, None] = field(default_factory=dict)
    borrows: bool = False

    def spell(self, ty: t.Ty, what: str) -> str:
        """`what` names the thing of this type in a problem: "`a`"."""
        match ty:
            case t.Prim():
                return ty.name
            case t.Adt():
                args = [self.spell(a, what) for a in without_defaults(ty, self.adt)]
                if self.lifetime:
                    count = lifetimes_of(ty.path, self.adt)
                    self.borrows = self.borrows or count > 0
                    args = [self.lifetime] * count + args
                return f"{short(ty.path)}<{', '.join(args)}>" if args else short(ty.path)
            case t.Tuple():
                inner = ", ".join([self.spell(e, what) for e in ty.elems])
                return f"({inner},)" if len(ty.elems) == 1 else f"({inner})"
            case t.Slice():
                return f"[{self.spell(ty.elem, what)}]"
            case t.Array():
                return f"[{self.spell(ty.elem, what)}; {self.spell(ty.len, what)}]"
            case t.Const():
                return (
                    self._unknown(f"a length in the type of {what} is not known") if ty.value is None else str(ty.value)
                )
            case t.Ref():
                inner = self.spell(ty.inner, what)
                if " + " in inner and isinstance(ty.inner, t.Dyn):
                    inner = f"({inner})"
                self.borrows = self.borrows or not ty.static
                lifetime = "'static" if ty.static else self.lifetime
                return f"&{lifetime}{' ' if lifetime else ''}{'mut ' if ty.mutable else ''}{inner}"
            case t.RawPtr():
                return f"*{'mut' if ty.mutable else 'const'} {self.spell(ty.inner, what)}"
            case t.FnPtr():
                return f"fn{self._in_fn(ty.params, ty.ret, what)}"
            case t.Dyn():
                return "dyn " + " + ".join([self.bound(b, what) for b in ty.bounds])
            case t.Param():
                name = self.names.of_param(ty)
                self.params[name] = None
                return name
            case t.Projection():
                base = self.spell(ty.self_ty, what)
                own = self._args([self.spell(a, what) for a in ty.own_args])
                if isinstance(ty.self_ty, t.Param):
                    return f"{base}::{ty.name}{own}"
                trait_args = self._args([self.spell(a, what) for a in ty.args])
                return f"<{base} as {short(ty.trait)}{trait_args}>::{ty.name}{own}"
            case t.Closure():
                made = self.names.of_closure(ty, lambda part: self._elided(part, what))
                if made is None:
                    return self._unknown(f"the type of {what} has no name in Rust")
                self.params[made] = None
                return made
            case t.Opaque():
                name = self.names.of_opaque(ty, lambda b: self.bound(b, what))
                self.params[name] = None
                return name
            case t.Coroutine() | t.FnDef():
                return self._unknown(f"the type of {what} has no name in Rust")
            case _:
                return self._unknown(f"the type of {what} is not known")

    def returned(self, ty: t.Ty, what: str) -> str:
        """As `spell` where `impl Trait` can be written: what has no name is said by its trait."""
        match ty:
            case t.Closure() if (types := self.names.closures.get(ty.id)) is not None and not ty.is_async:
                kind = self.names.kind_of(ty.id)
                if kind is not None:
                    return f"impl {kind.value}{self._in_fn(tuple(types.params), types.ret, what)}"
                return self.spell(ty, what)
            case t.Opaque():
                return "impl " + " + ".join([self.bound(b, what) for b in ty.bounds])
            case t.Adt() if any(isinstance(a, t.Closure | t.Opaque | t.Coroutine) for a in ty.args):
                args = [self.returned(a, what) for a in without_defaults(ty, self.adt)]
                return f"{short(ty.path)}<{', '.join(args)}>"
            case t.Coroutine() if ty.kind == "async":
                return f"impl std::future::Future<Output = {self.returned(ty.output, what)}>"
            case _:
                return self.spell(ty, what)

    def where(self, bound: t.Bound, what: str) -> str:
        """As `bound` in a where-clause, which needs names for all lifetimes: they are taken to be of any length."""
        kept, borrowed, self.lifetime, self.borrows = self.lifetime, self.borrows, "'x", False
        text = self.bound(bound, what)
        if self.borrows:
            text = f"for<'x> {text}"
        self.lifetime, self.borrows = kept, borrowed
        return text

    def bound(self, bound: t.Bound, what: str) -> str:
        """`Iterator<Item = T>`, `Fn(A) -> B`."""
        name = FN_TRAITS.get(bound.trait)
        if name is not None and len(bound.args) == 1 and isinstance(bound.args[0], t.Tuple):
            return name + self._in_fn(bound.args[0].elems, dict(bound.assoc).get("Output", t.UNIT), what)
        inside = [self.spell(a, what) for a in bound.args]
        inside += [f"{n} = {self.spell(ty, what)}" for n, ty in bound.assoc]
        return short(bound.trait) + self._args(inside)

    def _args(self, args: list[str]) -> str:
        return f"<{', '.join(args)}>" if args else ""

    def _in_fn(self, params: tuple[t.Ty, ...], ret: t.Ty, what: str) -> str:
        arrow = "" if ret == t.UNIT else f" -> {self._elided(ret, what)}"
        return f"({', '.join([self._elided(p, what) for p in params])}){arrow}"

    def _elided(self, ty: t.Ty, what: str) -> str:
        kept, borrowed, self.lifetime = self.lifetime, self.borrows, ""
        text = self.spell(ty, what)
        self.lifetime, self.borrows = kept, borrowed
        return text

    def _unknown(self, why: str) -> str:
        if why not in self.problems:
            self.problems.append(why)
        return "_"


def params_of(ty: t.Ty) -> list[str]:
    """The names of the type parameters in a type."""
    out: dict[str, None] = {}
    work = [ty]
    while work:
        part = work.pop()
        if isinstance(part, t.Param):
            out[part.name] = None
        work.extend(part.parts())
    return list(out)
