"""Small crates as data: one text with several files, and questions about it.

A text is split at lines `//- /path`; what stands before the first is `/lib.rs`. Crates are given by lines
`//# crate name path-of-root [edition=2018] [deps=a,b] [cfg=feature:std,unix] [member=no]
[kind=proc-macro] [script=/out,/out2]`; without such a line there is
one crate `krate` of the 2021 edition with the root `/lib.rs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from closurelens.hir.body import PathExpr
from closurelens.hir.types import Path
from closurelens.project.model import (
    ANY_CUSTOM_NAME,
    CfgSet,
    Crate,
    CrateGraph,
    CrateId,
    Dependency,
    Edition,
    TargetKind,
)
from closurelens.resolve.bodies import BodyOwner, LoweredBody, file_bodies, lower_owner, scopes_of
from closurelens.resolve.body_scope import BodyScopes
from closurelens.resolve.program import Program
from closurelens.resolve.resolver import Resolver
from closurelens.stdsig.database import StdDb
from closurelens.ty.sig import Namespace
from closurelens.ty.types import Infer

FOLDER = "/w"
"""What stands before every path of a fixture."""


@cache
def std() -> StdDb:
    return StdDb.load()


@dataclass
class Opener:
    crates: dict[str, Crate] = field(default_factory=dict)

    def dependency_crate(self, crate: Crate, extern_name: str) -> Crate | None:
        return self.crates.get(extern_name) if extern_name in crate.dependencies else None

    def extern_names(self, crate: Crate) -> dict[str, Dependency]:
        return crate.dependencies

    def resolve_features(self) -> None:
        return None


def files_of(text: str) -> tuple[dict[str, str], list[str]]:
    files: dict[str, str] = {}
    crates: list[str] = []
    path = "/lib.rs"
    for line in text.splitlines(keepends=True):
        if line.startswith("//- "):
            path = line[4:].strip()
            files[path] = ""
        elif line.startswith("//# crate "):
            crates.append(line.removeprefix("//# crate ").strip())
        else:
            files[path] = files.get(path, "") + line
    return files, crates


def _crate(line: str) -> Crate:
    name, root, *options = line.split()
    given = dict(option.split("=", 1) for option in options)
    cfg: set[tuple[str, str | None]] = set()
    for option in filter(None, given.get("cfg", "").split(",")):
        key, colon, value = option.partition(":")
        cfg.add((key, value if colon else None))
    dependencies = {
        dep: Dependency(dep, "1.0.0", None, frozenset()) for dep in filter(None, given.get("deps", "").split(","))
    }
    return Crate(
        CrateId(f"{root}#{name}"),
        name,
        TargetKind(given.get("kind", "lib")),
        FOLDER + root,
        Edition(int(given.get("edition", "2021"))),
        name,
        "1.0.0",
        "/",
        CfgSet(frozenset(cfg), {ANY_CUSTOM_NAME: "the build script may set it"} if "script" in given else {}),
        dependencies,
        is_member=given.get("member", "yes") == "yes",
        out_dirs=tuple(FOLDER + folder for folder in given.get("script", "").split(",")),
    )


@dataclass
class Fixture:
    program: Program
    crates: list[Crate]
    files: dict[str, bytes]

    def resolver(self, module: str) -> Resolver:
        found = self.program.module(module)
        assert found is not None, f"no module {module}"
        return self.program.module_resolver(found)

    def owners(self, file: str = "/lib.rs", crate: int = 0) -> dict[str, BodyOwner]:
        index = self.program.crate(self.crates[crate])
        return {owner.path: owner for owner in file_bodies(index, FOLDER + file)}

    def body(self, path: str, file: str = "/lib.rs") -> tuple[LoweredBody, BodyScopes, list[BodyOwner]]:
        owner = self.owners(file)[path]
        lowered = lower_owner(owner)
        assert lowered is not None
        scopes, nested = scopes_of(owner, lowered)
        return lowered, scopes, nested


def load(text: str) -> Fixture:
    files, lines = files_of(text)
    crates = [_crate(line) for line in lines or ["krate /lib.rs"]]
    texts = {FOLDER + path: content.encode() for path, content in files.items()}
    opener = Opener({crate.name: crate for crate in crates})
    graph = CrateGraph("/", {}, {crate.id: crate for crate in crates}, opener=opener)
    program = Program(graph, std(), lambda path: texts.get(path))
    for crate in crates:
        if crate.is_member:
            program.crate(crate)
    return Fixture(program, crates, texts)


NAMESPACES = {"type": Namespace.TYPES, "value": Namespace.VALUES, "macro": Namespace.MACROS}


def answer(fixture: Fixture, module: str, namespace: str, path: str) -> str:
    """What a path written in a module leads to: `kind path`, and `+ rest` for what is left of it."""
    resolver = fixture.resolver(module)
    found = resolver.resolve_path(path_of(path), NAMESPACES[namespace])
    if found is None:
        return "nothing"
    target = found.target
    told = f"{target.kind.value} {target.path}" if hasattr(target, "kind") else repr(target)
    rest = "::".join(segment.name for segment in found.rest)
    return f"{told} + {rest}" if rest else told


def path_of(text: str) -> Path:
    """A path by the lowering itself."""
    from closurelens.hir.lower.body import LowerContext, lower_body
    from closurelens.syntax.nodes import tree_of_fragment

    source = text.encode()
    node = tree_of_fragment(source, "expr")
    assert node is not None
    body = lower_body(node, source, LowerContext())
    assert isinstance(body.root, PathExpr), text
    return body.root.path


def numbers() -> object:
    """A maker of inference variables."""
    count = iter(range(1 << 30))
    return lambda: Infer(next(count))
