"""What a build script decides about its package: told by the output of the last builds in `target/`, or by its source.

Nothing is run. Invariant: what builds of the workspace differ in, or what nothing tells, stays open.
"""

from __future__ import annotations

import re

from closurelens.project import paths
from closurelens.project.cfg import evaluate, parse_predicate
from closurelens.project.files import FileSystem, Unreadable
from closurelens.project.model import ANY_CUSTOM_NAME, CfgOption, CfgSet
from closurelens.records import dataclass, field

_OUTPUT_CFG = re.compile(rb'^cargo::?rustc-cfg=(\w+)(?:="([^"]*)")?\s*$', re.MULTILINE)
_ALIASES = re.compile(r"\bcfg_aliases!\s*[({\[]")
_ALIAS = re.compile(r"\s*(\w+)\s*:\s*\{([^{}]*)\}\s*,?")
_COMMENTS = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(slots=True)
class BuildOutput:
    """`options` are set, for each name in `open` more may be, with the reason; `out_dirs` stand for `OUT_DIR`.

    `inputs` is what this was read from.
    """

    options: frozenset[CfgOption] = frozenset()
    open: dict[str, str] = field(default_factory=dict)
    out_dirs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(slots=True)
class Builds:
    """The folders that cargo keeps for each configuration of a package below `target_dir`."""

    files: FileSystem
    target_dir: str
    triple: str | None
    _names: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def output(self, package: str, source: str | None = None) -> BuildOutput | None:
        """None: it was not built here; or, where `source` is what it has to be built from, others were as well."""
        found: list[frozenset[CfgOption]] = []
        out_dirs: list[str] = []
        inputs: list[str] = []
        has_source = source is None
        for folder in self._folders(package):
            output = self.files.read(f"{folder}/output")
            if not isinstance(output, Unreadable):
                found.append(_options(output))
                out_dirs.append(f"{folder}/out")
                inputs.append(f"{folder}/output")
            elif source is not None:
                if not self._is_compiled_from(folder, source):
                    return None
                has_source = True
        if not (found and has_source):
            return None
        always = frozenset.intersection(*found)
        why = f"builds of `{package}` differ in it"
        differing = {name: why for name, _ in frozenset.union(*found) - always}
        return BuildOutput(always, differing, tuple(out_dirs), tuple(inputs))

    def _folders(self, package: str) -> list[str]:
        target = self.target_dir
        bases = [target] if self.triple is None else [target, paths.join(target, self.triple)]
        builds = [f"{base}/{profile}/build" for base in bases for profile in ("debug", "release")]
        return [f"{build}/{name}" for build in builds for name in self._listed(build).get(package, ())]

    def _listed(self, build: str) -> dict[str, list[str]]:
        if build not in self._names:
            names: dict[str, list[str]] = {}
            for name in sorted(entry.name for entry in self.files.entries(build) if entry.is_dir):
                names.setdefault(name.rpartition("-")[0], []).append(name)
            self._names[build] = names
        return self._names[build]

    def _is_compiled_from(self, folder: str, source: str) -> bool:
        """Whether the build script that lies in this folder comes from that package, as the list of its files says."""
        wanted = f"{source}/".encode("utf-8", "surrogatepass")
        for entry in self.files.entries(folder):
            if entry.name.endswith(".d"):
                listed = self.files.read(f"{folder}/{entry.name}")
                return not isinstance(listed, Unreadable) and wanted in listed.replace(b"\\ ", b" ")
        return False


def doubted(found: BuildOutput, package: str) -> BuildOutput:
    """From a folder that other workspaces may build into: a package of theirs can have the same name."""
    why = f"a build of another `{package}` may have left it"
    names = {name: why for name, _ in found.options} | {ANY_CUSTOM_NAME: why}
    return BuildOutput(frozenset(), names | found.open, found.out_dirs, found.inputs)


def _options(output: bytes) -> frozenset[CfgOption]:
    return frozenset(
        (name.decode(), value.decode("utf-8", "replace") if value is not None else None)
        for name, value in (match.groups() for match in _OUTPUT_CFG.finditer(output))
    )


def output_of_aliases(script: bytes, cfg: CfgSet) -> BuildOutput | None:
    """From a script that sets nothing but what `cfg_aliases!` says; `cfg` is the package's without it."""
    text = _COMMENTS.sub("", script.decode("utf-8", "replace"))
    calls = list(_ALIASES.finditer(text))
    if not calls or "rustc-cfg" in text:
        return None
    open_names: dict[str, str] = {}
    own: list[CfgOption] = []
    for call in calls:
        at = call.end()
        while (alias := _ALIAS.match(text, at)) is not None:
            at = alias.end()
            known = CfgSet(cfg.options.union(own), cfg.open | open_names)
            answer = evaluate(parse_predicate(alias[2].strip().removesuffix(",")), known)
            if answer.doubt is not None:
                open_names[alias[1]] = answer.doubt
            elif answer.holds:
                own.append((alias[1], None))
    return BuildOutput(frozenset(own), open_names)
