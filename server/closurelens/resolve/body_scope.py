"""Which binding or item each name in a body means.

Invariant: only names are looked at, never types.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from closurelens.hir.body import Body
from closurelens.resolve.resolver import Resolver
from closurelens.ty.sig import Def


@dataclass(slots=True)
class BodyScopes:
    """`resolver` is the owner's; blocks that declare items have their own in `block_resolver` (by Block expression id).

    `resolvers` has an entry for each path-bearing expression, and `pat_resolvers` for each such pattern, inside of such a
    block; use `resolver_at` and `resolver_at_pat`.
    """

    resolver: Resolver
    local_of: dict[int, int] = field(default_factory=dict)
    """Path expression id -> binding id."""
    pat_def: dict[int, Def] = field(default_factory=dict)
    """BindPat id -> the const, static, unit struct or unit variant that it is instead of a binding."""
    block_resolver: dict[int, Resolver] = field(default_factory=dict)
    resolvers: dict[int, Resolver] = field(default_factory=dict)
    pat_resolvers: dict[int, Resolver] = field(default_factory=dict)

    def resolver_at(self, expr_id: int) -> Resolver:
        return self.resolvers.get(expr_id, self.resolver)

    def resolver_at_pat(self, pat_id: int) -> Resolver:
        return self.pat_resolvers.get(pat_id, self.resolver)


def for_body(body: Body, resolver: Resolver) -> BodyScopes:
    raise NotImplementedError
