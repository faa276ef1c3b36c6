"""Which file a `mod name;` stands for, and which crate a file most likely belongs to.

Invariant: pure. The candidates are in the order rustc looks at them; which of them exist is for the caller to see (if
both do, rustc reports an error, and the first is as good as the other). The rules are those of `rustc_expand::module`.
"""

from __future__ import annotations

from collections.abc import Iterable

from closurelens.project import paths
from closurelens.project.cfg import CfgAnswer, expand, string_value
from closurelens.project.model import LIBRARY_KINDS, CfgSet, Crate, CrateGraph, TargetKind
from closurelens.records import dataclass


@dataclass(slots=True, eq=True)
class ModuleFolder:
    """Where the children of a module are looked for.

    * `relative` is `foo` inside `foo.rs`, whose children are in `foo/`; None for a crate root, a `mod.rs` and a file
      that a `#[path]` names.
    * `in_block`: inside a function's body, where a `mod name;` needs a `#[path]`.
    """

    folder: str
    relative: str | None = None
    in_block: bool = False


@dataclass(slots=True, eq=True)
class ModuleFile:
    """A file that a declaration may stand for, and where the modules declared in it are looked for."""

    path: str
    folder: ModuleFolder


@dataclass(slots=True, eq=True)
class PathAttribute:
    """The value of a `#[path]`; `given` says whether it is there, if it comes out of a `cfg_attr`."""

    value: str
    given: CfgAnswer


def root_folder(root: str) -> ModuleFolder:
    """Of a crate's root file, whatever it is called."""
    return ModuleFolder(paths.parent(root))


def inline_folder(parent: ModuleFolder, name: str, path: str | None = None) -> ModuleFolder:
    """Of `mod name { .. }`. With a `#[path]`, that is the folder itself."""
    if path is not None:
        return ModuleFolder(paths.join(parent.folder, path))
    base = parent.folder if parent.relative is None or parent.in_block else f"{parent.folder}/{parent.relative}"
    return ModuleFolder(f"{base}/{_plain(name)}", in_block=parent.in_block)


def block_folder(parent: ModuleFolder) -> ModuleFolder:
    """Of a module inside a function's body or another block."""
    return ModuleFolder(parent.folder, parent.relative, in_block=True)


def included_folder(file: str) -> ModuleFolder:
    """Of a module as far as it is in a file that an `include!` names: beside that file."""
    return ModuleFolder(paths.parent(file))


def module_files(parent: ModuleFolder, name: str, path: str | None = None) -> tuple[ModuleFile, ...]:
    """The files that `mod name;` may stand for; none inside a block without a `#[path]`.

    A file that a `#[path]` names counts as a `mod.rs`: its children are its siblings.
    """
    if path is not None:
        file = paths.join(parent.folder, path)
        return (ModuleFile(file, ModuleFolder(paths.parent(file))),)
    if parent.in_block:
        return ()
    name = _plain(name)
    base = parent.folder if parent.relative is None else f"{parent.folder}/{parent.relative}"
    return (
        ModuleFile(f"{base}/{name}.rs", ModuleFolder(base, name)),
        ModuleFile(f"{base}/{name}/mod.rs", ModuleFolder(f"{base}/{name}")),
    )


def path_attributes(attributes: Iterable[str], cfg: CfgSet) -> list[PathAttribute]:
    """The `#[path]`s of a module in order, out of `cfg_attr` too, up to the first that is certainly there.

    rustc takes the first. One with a doubt comes before what counts otherwise; an empty list is no `#[path]` at all,
    and a list that ends with a doubtful one leaves the default files possible.
    """
    found: list[PathAttribute] = []
    for text in attributes:
        if "path" not in text:
            continue
        for attribute, given in expand(text, cfg):
            value = string_value(attribute, "path")
            if value is not None:
                found.append(PathAttribute(value, given))
                if given.certain():
                    return found
    return found


def _plain(name: str) -> str:
    return name.removeprefix("r#")


def crate_of_file(graph: CrateGraph, path: str) -> list[Crate]:
    """The crates that may own a file, the most likely first; the module trees decide.

    A crate's root belongs to that crate alone. Any other file goes to the crates whose root is in the nearest folder
    above it, a crate with the name of a folder on the way first, then libraries before binaries. A file beside all of
    these folders is of the library or a binary of its package, if one includes it or has it as a module by a `#[path]`.
    """
    roots = [crate for crate in graph.crates.values() if crate.root == path]
    if roots:
        return roots
    found: list[tuple[tuple[int, bool, int, str], Crate]] = []
    for crate in graph.crates.values():
        folder = paths.parent(crate.root)
        below = paths.relative_to(path, folder)
        if not below:
            continue
        if crate.kind is TargetKind.BUILD_SCRIPT and folder == crate.package_dir:
            # `build.rs` lies above everything else in the package.
            depth = -1
        else:
            depth = len(folder)
        on_the_way = paths.stem(crate.root) in below.split("/")[:-1]
        found.append(((-depth, not on_the_way, _KIND_ORDER[crate.kind], crate.name), crate))
    nearest = _nearest_package(graph, path)
    if all(key[0] == 1 for key, _ in found):
        for crate in graph.crates.values():
            if crate.package_dir == nearest and (crate.kind in LIBRARY_KINDS or crate.kind is TargetKind.BIN):
                found.append(((1, True, _KIND_ORDER[crate.kind], crate.name), crate))
    if not found:
        return []
    found.sort(key=lambda item: item[0])
    inside = [item for item in found if item[1].package_dir == nearest] or found
    depth = inside[0][0][0]
    return [crate for key, crate in inside if key[0] == depth]


_KIND_ORDER = {kind: 0 if kind in LIBRARY_KINDS else index for index, kind in enumerate(TargetKind)}


def _nearest_package(graph: CrateGraph, path: str) -> str | None:
    inside = [folder for folder in graph.packages if paths.is_within(path, folder)]
    return max(inside, key=len, default=None)
