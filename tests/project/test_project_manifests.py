"""What is wrong with a manifest is a value with a place; the rest of the manifest still counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_trees import crate, load, package, write_tree

from closurelens.project.load import LoadSettings
from closurelens.project.model import Diagnostic, Edition, Problem
from closurelens.project.tomltext import line_of

LIB = {"src/lib.rs": ""}


def only(found: list[Diagnostic]) -> Diagnostic:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("manifest", "problem", "line", "message"),
    [
        ("[package\n", Problem.TOML_SYNTAX, 0, "Expected"),
        ('[package]\nname = "a"\nname = "b"\n', Problem.TOML_SYNTAX, 2, "overwrite"),
        (package("a", edition="2031"), Problem.UNKNOWN_EDITION, 3, "`2031` is not known"),
        ('[package]\nname = "a"\nedition = 2021\n', Problem.BAD_VALUE, 2, "`package.edition` is not a string"),
        ('[package]\nversion = "1.0.0"\n', Problem.BAD_VALUE, 0, "no `name`"),
        ('[package]\nname = ["a"]\n', Problem.BAD_VALUE, 1, "is not a string"),
        (package("a", "[dependencies]\nb = 3\n"), Problem.BAD_VALUE, 5, "neither a version nor a table"),
        (package("a", "[features]\nf = true\n"), Problem.BAD_VALUE, 5, "is not a list"),
        (
            package("a", '[features]\nf = ["g"]\n'),
            Problem.BAD_FEATURE,
            5,
            "neither a feature nor an optional dependency",
        ),
        (package("a", '[features]\nf = ["dep:g"]\n'), Problem.BAD_FEATURE, 5, "not an optional dependency"),
        (package("a", '[features]\nf = ["g/h"]\n'), Problem.BAD_FEATURE, 5, "no dependency of the package"),
        (package("a", "autobins = 1\n"), Problem.BAD_VALUE, 4, "is not a boolean"),
        (package("a", "build = 1\n"), Problem.BAD_VALUE, 4, "neither a path nor a boolean"),
        ("bin = 1\n" + package("a"), Problem.BAD_VALUE, 0, "is not an array of tables"),
        (package("a", "[bin]\nname = 'a'\n"), Problem.BAD_VALUE, 4, "is not an array of tables"),
        (
            package("a", '[[bin]]\nname = "x"\npath = "src/lib.rs"\n[[bin]]\nname = "y"\npath = "no.rs"\n'),
            Problem.MISSING_TARGET_FILE,
            9,
            "`no.rs` for the bin `y` does not exist",
        ),
        (package("a", '[lib]\npath = "no.rs"\n'), Problem.MISSING_TARGET_FILE, 5, "`no.rs` does not exist"),
        (package("a", "[[test]]\n"), Problem.BAD_VALUE, 4, "has no `name`"),
        (package("a", "rust-version.workspace = true\nedition2 = 1\n"), None, None, ""),
        (package("a").replace('"2021"', "{ workspace = true }"), Problem.MISSING_WORKSPACE_ROOT, 3, "no workspace"),
        (package("a", "[dependencies]\nb.workspace = true\n"), Problem.MISSING_WORKSPACE_ROOT, 5, "no workspace"),
        (
            package("a", "[workspace]\n[dependencies]\nb = { workspace = true }\n"),
            Problem.MISSING_INHERITANCE,
            6,
            "no dependency `b`",
        ),
        (package("a", 'workspace = "../up"\n'), Problem.MISSING_WORKSPACE_ROOT, 4, "no workspace root"),
        (package("a", '[workspace]\nmembers = ["gone"]\n'), Problem.MISSING_MEMBER, 5, "`gone`"),
        (
            package("a", '[workspace]\n[dependencies]\nb = { path = "b" }\n'),
            Problem.MISSING_PATH_DEPENDENCY,
            6,
            "no package in",
        ),
    ],
)
def test_broken_manifests(
    tmp_path: Path, manifest: str, problem: Problem | None, line: int | None, message: str
) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": manifest, **LIB})
    found = load(root).diagnostics
    if problem is None:
        assert found == []
        return
    diagnostic = only(found)
    assert (diagnostic.problem, diagnostic.path, diagnostic.line) == (problem, f"{root}/Cargo.toml", line)
    assert message in diagnostic.message


def test_an_unknown_edition_counts_as_the_newest(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": package("a", edition="2099"), **LIB})
    assert crate(load(root), "a").edition is Edition.E2024


def test_an_edition_without_quotes_is_meant_as_it_says(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": '[package]\nname = "a"\nedition = 2018\n', **LIB})
    assert crate(load(root), "a").edition is Edition.E2018


def test_no_edition_is_2015(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": '[package]\nname = "my-crate"\n', **LIB})
    assert crate(load(root), "my_crate").edition is Edition.E2015


def test_a_manifest_that_is_not_utf8(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": b'[package]\nname = "\xff"\n', **LIB})
    graph = load(root)
    diagnostic = only(graph.diagnostics)
    assert (diagnostic.problem, diagnostic.line) == (Problem.NOT_UTF8, 1)
    assert graph.crates == {}
    assert f"{root}/Cargo.toml" in graph.inputs


def test_a_manifest_that_is_a_folder_is_none(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml/x": "", "a.rs": ""})
    graph = load(f"{root}/a.rs", LoadSettings(cargo_home=root))
    assert [found.name for found in graph.crates.values()] == ["a"]


def test_a_file_below_a_broken_manifest_stands_alone(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": "[", **LIB})
    graph = load(f"{root}/src/lib.rs", LoadSettings(cargo_home=root))
    assert only(graph.diagnostics).problem is Problem.TOML_SYNTAX
    assert [found.root for found in graph.crates.values()] == [f"{root}/src/lib.rs"]


def test_a_package_without_targets(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": package("a"), "build.rs": ""})
    assert only(load(root).diagnostics).problem is Problem.NO_TARGETS


KEYS = (
    *("package", "lib", "bin", "test", "dependencies", "features", "target", "workspace", "profile", "patch"),
    *("build-dependencies", "package.name", "package.edition", "package.workspace", "package.build", "lib.path"),
    *("lib.crate-type", "dependencies.x", "dependencies.x.path", "dependencies.x.features", "target.x"),
    *("target.x.dependencies", "workspace.members", "workspace.dependencies", "workspace.package", "profile.dev"),
    "patch.crates-io",
)


def test_values_of_the_wrong_kind_never_raise(tmp_path: Path) -> None:
    for number, value in enumerate(("1", '"x"', "[]", "{}", "true", "[[1]]", "{ a = 1 }", "1979-05-27")):
        for key in KEYS:
            root = write_tree(tmp_path / f"{number}-{key}", {"Cargo.toml": f"{key} = {value}\n", **LIB})
            load(root)


def test_old_spellings(tmp_path: Path) -> None:
    manifest = """
        [project]
        name = "old"
        [lib]
        proc_macro = true
        [dev_dependencies]
        a = { version = "1", default_features = false }
        [build_dependencies]
        b = "1"
    """
    root = write_tree(tmp_path, {"Cargo.toml": manifest, "build.rs": "", **LIB})
    graph = load(root)
    library = crate(graph, "old", "proc-macro")
    assert library.test_dependencies["a"].features == frozenset()
    script = crate(graph, "build_script_build", "build-script")
    assert script.dependencies["b"].features == {"default"}
    assert library.for_host
    assert script.for_host


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("package", "name"), 1),
        (("package", "nothing"), 0),
        (("dependencies", "a"), 3),
        (("dependencies", "b-c", "path"), 4),
        (("target", "cfg(unix)", "dependencies", "d"), 7),
        (("bin[0]", "name"), 9),
        (("bin[1]", "name"), 11),
        (("bin[1]", "path"), 10),
        (("other",), None),
        ((), None),
    ],
)
def test_places_of_keys(keys: tuple[str, ...], line: int | None) -> None:
    text = """[package] # the package
name = "x"
[dependencies]
"a" = "1"
b-c.path = "x"
list = [
]
[target.'cfg(unix)'.dependencies.d]
[[bin]]
name = "one"
[[bin]]
name = "two"
"""
    assert line_of(text, keys) == line
