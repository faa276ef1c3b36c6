"""Where `mod name;` is: rustc's rules.

`ModuleData.mod_dirs` is the one folder in which a module's child modules are looked for. Invariant: text only, no file is
asked for.
"""

from __future__ import annotations

from closurelens.project import paths
from closurelens.resolve.module import ModuleData


def candidates(parent: ModuleData, file: str, name: str, path: str | None) -> list[str]:
    """Files that `mod name;` in `parent` may mean, first choice first; `file` is where the declaration stands.

    A `#[path]` is relative to the file's folder, inside an inline module to the folder of that module.
    """
    if path is not None:
        inline = parent.declared is not None and parent.declared.items is not None
        base = parent.mod_dir if inline else paths.parent(file)
        return [paths.join(base, path)]
    return [f"{parent.mod_dir}/{name}.rs", f"{parent.mod_dir}/{name}/mod.rs"]


def dir_of_file(file: str, name: str, *, is_path: bool) -> str:
    """Where the children of the module in `file` are: beside a `mod.rs` or a `#[path]` file, else in a folder `name`."""
    folder = paths.parent(file)
    return folder if is_path or paths.name(file) == "mod.rs" else f"{folder}/{name}"


def dir_of_inline(parent: ModuleData, name: str, path: str | None) -> str:
    return paths.join(parent.mod_dir, path or name)
