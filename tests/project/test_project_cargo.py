"""Random projects: cargo and this layer see the same crates, features and dependencies.

cargo's unit graph says for every run of rustc which features, edition, root and extern names it gets.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from project_trees import CARGO, has_tool, load, run_cargo
from random_projects import RandomWorkspace, random_package, random_workspace

from closurelens.project.features import FeatureSelection
from closurelens.project.load import LoadSettings
from closurelens.project.model import Crate, CrateGraph, Problem

LIBRARY_TYPES = ("lib", "rlib", "cdylib", "dylib", "staticlib")


def kind_of(target: dict[str, Any]) -> str:
    kind = target["kind"][0]
    return {"custom-build": "build-script"}.get(kind, "lib" if kind in LIBRARY_TYPES else kind)


def of_crate(crate: Crate, names: set[str]) -> tuple[object, ...]:
    features = sorted(crate.cfg.features())
    return (crate.kind.value, crate.name, crate.root, int(crate.edition), features, crate.for_host, sorted(names))


def of_unit(unit: dict[str, Any], names: set[str]) -> tuple[object, ...]:
    target = unit["target"]
    name = target["name"].replace("-", "_")
    for_host = unit["platform"] is None
    features = sorted(unit["features"])
    return (kind_of(target), name, target["src_path"], int(target["edition"]), features, for_host, sorted(names))


def start_of(graph: CrateGraph, unit: dict[str, Any]) -> Crate:
    target = unit["target"]
    (found,) = (
        crate
        for crate in graph.crates.values()
        if (crate.root, crate.kind.value) == (target["src_path"], kind_of(target))
    )
    is_unit_test = unit["mode"] == "test" and kind_of(target) in ("lib", "proc-macro", "bin")
    return found.for_test() if is_unit_test else found


@pytest.mark.parametrize("seed", range(16))
def test_random_workspaces(tmp_path: Path, seed: int) -> None:
    workspace = random_workspace(tmp_path, seed)
    graph = load(workspace.root, settings_of(workspace))
    assert graph.diagnostics == []
    if not has_tool(CARGO):
        return
    arguments = ["build", "--workspace", "--unit-graph", "-Zunstable-options", "--target", workspace.target]
    answer = run_cargo(workspace.root, *arguments, *workspace.arguments, *(["--all-targets"] if workspace.dev else []))
    assert answer.returncode == 0, answer.stderr
    answered = json.loads(answer.stdout)
    units: list[dict[str, Any]] = answered["units"]
    work = [(index, start_of(graph, units[index])) for index in answered["roots"]]
    seen: set[tuple[int, str]] = set()
    while work:
        index, crate = work.pop()
        if (index, crate.id) in seen:
            continue
        seen.add((index, crate.id))
        unit = units[index]
        needs = {
            edge["extern_crate_name"]: edge["index"]
            for edge in unit["dependencies"]
            if units[edge["index"]]["mode"] != "run-custom-build" and kind_of(units[edge["index"]]["target"]) != "bin"
        }
        assert of_crate(crate, set(graph.extern_names(crate))) == of_unit(unit, set(needs))
        for name, target in needs.items():
            found = graph.dependency_crate(crate, name)
            assert found is not None, name
            work.append((target, found))
    compared = {index for index, _ in seen}
    assert compared == {
        index for index, unit in enumerate(units) if not belongs_to_build_script(index, units, compared)
    }


def belongs_to_build_script(index: int, units: list[dict[str, Any]], compared: set[int]) -> bool:
    """Build scripts hang on the units that wait for them, not on a name in the source; they are compared by kind."""
    return index not in compared and (
        kind_of(units[index]["target"]) == "build-script" or units[index]["platform"] is None
    )


def settings_of(workspace: RandomWorkspace) -> LoadSettings:
    selection = FeatureSelection(workspace.features, workspace.all_features, workspace.default_features)
    return LoadSettings(selection, target=workspace.target, dev_dependencies=workspace.dev)


@pytest.mark.parametrize("seed", range(40))
def test_random_packages(tmp_path: Path, seed: int) -> None:
    root = random_package(tmp_path, seed)
    graph = load(root)
    if not has_tool(CARGO):
        return
    answer = run_cargo(root, "metadata", "--no-deps", "--format-version", "1")
    if answer.returncode != 0:
        # Cargo gives up where this layer goes on with the rest; but not in silence, but for a harmless case.
        assert graph.diagnostics or "must have a unique name" in answer.stderr, answer.stderr
        return
    theirs = {
        (
            kind_of(target),
            target["name"].replace("-", "_"),
            target["src_path"],
            int(target["edition"]),
            tuple(target.get("required-features", ())),
        )
        for target in json.loads(answer.stdout)["packages"][0]["targets"]
    }
    ours = {
        (crate.kind.value, crate.name, crate.root, int(crate.edition), crate.required_features)
        for crate in graph.crates.values()
    }
    assert ours == theirs
    # `cargo metadata` does not look whether a listed file exists.
    assert {found.problem for found in graph.diagnostics} <= {Problem.MISSING_TARGET_FILE}
