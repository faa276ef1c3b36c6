"""Little projects for tests: folders made from a mapping, and cargo asked about them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from closurelens.project.load import LoadSettings, from_os_path, load_project
from closurelens.project.model import Crate, CrateGraph

CARGO = shutil.which("cargo")
RUSTC = shutil.which("rustc")


def has_tool(tool: str | None) -> bool:
    """Whether a comparison with the real tool can run; where everything is required, it must."""
    assert tool is not None or not os.environ.get("CLOSURELENS_REQUIRE_ALL"), "cargo and rustc are required"
    return tool is not None


def write_tree(folder: Path, files: Mapping[str, str | bytes]) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return from_os_path(folder)


def load(root: str, settings: LoadSettings | None = None) -> CrateGraph:
    """A graph that takes nothing from the home of whoever runs the tests."""
    settings = LoadSettings() if settings is None else settings
    if settings.cargo_home is None:
        settings.cargo_home = f"{root}/no-cargo-home"
    return load_project(root, settings)


def crate(graph: CrateGraph, name: str, kind: str = "lib") -> Crate:
    found = [crate for crate in graph.crates.values() if crate.name == name and crate.kind.value == kind]
    assert len(found) == 1, [(crate.name, crate.kind.value) for crate in graph.crates.values()]
    return found[0]


def dependency(graph: CrateGraph, user: Crate, name: str) -> Crate:
    found = graph.dependency_crate(user, name)
    assert found is not None, f"{user.name} has no {name}: {sorted(graph.extern_names(user))}"
    return found


def package(name: str, rest: str = "", edition: str = "2021", version: str = "1.0.0") -> str:
    return f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "{edition}"\n{rest}'


def run_cargo(folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """With the unstable parts of a stable cargo switched on, and offline."""
    assert CARGO is not None
    return subprocess.run(
        [CARGO, *arguments, "--offline"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "RUSTC_BOOTSTRAP": "1"},
        check=False,
    )
