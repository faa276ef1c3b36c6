"""Types as they can be written in a struct of our own: with a lifetime on each reference.

Invariant: what cannot be written is said with its reason and shown as `_`, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from closurelens.ty import types as t
from closurelens.ty.display import AdtLookup, display, display_bound, short, without_defaults

__all__ = ["Speller", "params_of"]


@dataclass(slots=True)
class Speller:
    """Collects what the types mention: `problems` (why one cannot be written), type `params`, whether any borrows.

    `lifetime` is put on references: "'a " in a struct, "" in a function.
    """

    adt: AdtLookup
    lifetime: str = "'a "
    problems: list[str] = field(default_factory=list)
    params: dict[str, None] = field(default_factory=dict)
    borrows: bool = False

    def spell(self, ty: t.Ty, what: str) -> str:
        """`what` names the thing of this type in a problem: "`a`"."""
        match ty:
            case t.Prim():
                return ty.name
            case t.Adt():
                args = ", ".join([self.spell(a, what) for a in without_defaults(ty, self.adt)])
                return f"{short(ty.path)}<{args}>" if args else short(ty.path)
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
                lifetime = "'static " if ty.static else self.lifetime
                self.borrows = self.borrows or not ty.static
                return f"&{lifetime}{'mut ' if ty.mutable else ''}{inner}"
            case t.RawPtr():
                return f"*{'mut' if ty.mutable else 'const'} {self.spell(ty.inner, what)}"
            case t.FnPtr():
                ret = "" if ty.ret == t.UNIT else f" -> {self._in_fn(ty.ret, what)}"
                return f"fn({', '.join([self._in_fn(p, what) for p in ty.params])}){ret}"
            case t.Dyn():
                return "dyn " + " + ".join([display_bound(b) for b in ty.bounds])
            case t.Param():
                if ty.name == "Self":
                    return self._unknown(f"the type of {what} is `Self`, which means another type in this `impl`")
                self.params[ty.name] = None
                return ty.name
            case t.Projection():
                text = display(ty)
                self.params |= dict.fromkeys(params_of(ty))
                return text
            case t.Closure() | t.Coroutine() | t.Opaque() | t.FnDef():
                return self._unknown(f"the type of {what} has no name in Rust ({display(ty)})")
            case t.Unknown():
                return self._unknown(f"the type of {what} is not known")
            case _:
                return self._unknown(f"the type of {what} is not known")

    def _in_fn(self, ty: t.Ty, what: str) -> str:
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
