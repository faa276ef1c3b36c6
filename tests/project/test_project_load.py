"""From any path to its workspace; open buffers; the corpus of real crates."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from project_trees import crate, load, package, write_tree

from closurelens.project import paths
from closurelens.project.features import FeatureSelection
from closurelens.project.files import Overlay, Unreadable
from closurelens.project.load import DiskFileSystem, LoadSettings, from_os_path, load_project, loose_file
from closurelens.project.model import Edition, Problem, TargetKind

WORKSPACE = {
    "Cargo.toml": """
        [workspace]
        members = ["crates/*", "tools/one"]
        exclude = ["crates/out"]
        resolver = "2"
        [workspace.package]
        edition = "2018"
        version = "3.2.1"
        [workspace.dependencies]
        low = { path = "crates/low", default-features = false, features = ["x"] }
    """,
    "crates/low/Cargo.toml": "[package]\nname = 'low'\nedition.workspace = true\nversion = { workspace = true }\n"
    "[features]\nx = []\ny = []\ndefault = ['y']\n",
    "crates/low/src/lib.rs": "",
    "crates/high/Cargo.toml": package(
        "high",
        "[dependencies]\nlow = { workspace = true, optional = true }\n[features]\nall = ['low']\n"
        "[dev-dependencies]\nhelp = { path = '../../deep/help' }\n",
    ),
    "crates/high/src/lib.rs": "",
    "crates/high/src/main.rs": "",
    "crates/high/tests/t.rs": "",
    "crates/out/Cargo.toml": package("out"),
    "crates/out/src/lib.rs": "",
    "crates/notes.txt": "",
    "crates/empty/readme.md": "",
    "tools/one/Cargo.toml": package("one", 'workspace = "../.."\n'),
    "tools/one/src/main.rs": "",
    "deep/help/Cargo.toml": package("help"),
    "deep/help/src/lib.rs": "",
}


@pytest.mark.parametrize("start", ["", "Cargo.toml", "crates", "crates/high/src/main.rs", "tools/one/src", "deep/help"])
def test_the_same_workspace_from_everywhere(tmp_path: Path, start: str) -> None:
    root = write_tree(tmp_path, WORKSPACE)
    graph = load_project(f"{root}/{start}", LoadSettings(cargo_home=f"{root}/home"))
    assert graph.diagnostics == []
    assert graph.root == root
    assert sorted(found.name for found in graph.packages.values()) == ["help", "high", "low", "one"]


def test_an_excluded_package_is_its_own_root(tmp_path: Path) -> None:
    root = write_tree(tmp_path, WORKSPACE)
    graph = load(f"{root}/crates/out")
    assert (graph.root, graph.diagnostics) == (f"{root}/crates/out", [])
    assert list(graph.packages) == [f"{root}/crates/out"]


def test_a_package_that_is_inside_but_no_member(tmp_path: Path) -> None:
    root = write_tree(tmp_path, WORKSPACE | {"deep/new/Cargo.toml": package("new"), "deep/new/src/lib.rs": ""})
    graph = load(f"{root}/deep/new")
    assert [(found.problem, found.line) for found in graph.diagnostics] == [(Problem.MISSING_MEMBER, 0)]
    assert list(graph.packages) == [f"{root}/deep/new"]


def test_inheritance(tmp_path: Path) -> None:
    root = write_tree(tmp_path, WORKSPACE)
    graph = load(root, LoadSettings(features=FeatureSelection(("all",), default_features=False)))
    low = crate(graph, "low")
    assert (low.edition, low.version) == (Edition.E2018, "3.2.1")
    assert low.cfg.features() == {"x"}
    found = crate(graph, "high").dependencies["low"]
    assert (found.version, found.features) == ("3.2.1", {"x"})


def test_what_each_kind_of_crate_can_name(tmp_path: Path) -> None:
    root = write_tree(tmp_path, WORKSPACE)
    graph = load(root, LoadSettings(features=FeatureSelection(("all",))))
    names = {
        f"{found.kind.value}:{found.name}": sorted(found.dependencies)
        for found in graph.packages[f"{root}/crates/high"].crates
    }
    assert names == {"lib:high": ["low"], "bin:high": ["high", "low"], "test:t": ["help", "high", "low"]}
    library = crate(graph, "high")
    assert graph.dependency_crate(library, "help") is None
    assert graph.dependency_crate(library.for_test(), "help") is crate(graph, "help")
    assert graph.dependency_crate(crate(graph, "high", "bin"), "high") is library
    assert graph.packages[f"{root}/crates/high"].library() is library


def test_a_root_package_with_path_dependencies_has_members(tmp_path: Path) -> None:
    files = {
        "Cargo.toml": package("root", '[workspace]\n[dependencies]\nin.path = "in"\nout.path = "../out"\n'),
        "src/lib.rs": "",
        "in/Cargo.toml": package("in", '[build-dependencies]\ndeep.path = "deep"\n'),
        "in/src/lib.rs": "",
        "in/deep/Cargo.toml": package("deep"),
        "in/deep/src/lib.rs": "",
    }
    write_tree(tmp_path / "out", {"Cargo.toml": package("out"), "src/lib.rs": ""})
    root = write_tree(tmp_path / "ws", files)
    graph = load(root)
    assert [found.name for found in graph.packages.values()] == ["root", "in", "deep"]
    outside = graph.dependency_crate(crate(graph, "root"), "out")
    assert outside is not None
    assert (outside.is_member, crate(graph, "deep").is_member) == (False, True)


def test_packages_that_need_one_another_for_tests(tmp_path: Path) -> None:
    features = "[features]\nf = []\n"
    itself = '[dev-dependencies]\na = { path = ".", features = ["f"] }\n'
    root = write_tree(
        tmp_path,
        {
            "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\n',
            "a/Cargo.toml": package("a", f'[dependencies]\nb.path = "../b"\n{itself}{features}'),
            "a/src/lib.rs": "",
            "b/Cargo.toml": package("b", '[dev-dependencies]\na.path = "../a"\n'),
            "b/src/lib.rs": "",
        },
    )
    graph = load(root)
    assert crate(graph, "a").cfg.features() == {"f"}
    assert graph.dependency_crate(crate(graph, "b").for_test(), "a") is crate(graph, "a")


def test_open_buffers_stand_before_the_disk(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": package("old"), "src/lib.rs": ""})
    texts = {f"{root}/Cargo.toml": package("new").encode(), f"{root}/src/bin/tool.rs": b"fn main() {}"}
    files = Overlay(DiskFileSystem(), texts)
    graph = load_project(root, LoadSettings(cargo_home=root), files)
    assert [(found.name, found.kind) for found in graph.crates.values()] == [
        ("new", TargetKind.LIB),
        ("tool", TargetKind.BIN),
    ]
    assert files.is_dir(f"{root}/src/bin")
    assert not files.is_dir(f"{root}/src/bin/tool.rs")
    assert files.read(f"{root}/nothing") == Unreadable(missing=True, reason="there is no such file")


class Locked(DiskFileSystem):
    """Nothing can be read."""

    def read(self, path: str) -> Unreadable:
        return Unreadable(missing=False, reason="the file cannot be read: Permission denied")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": package("a"), "src/lib.rs": ""})
    graph = load_project(f"{root}/src/lib.rs", LoadSettings(cargo_home=root), Locked())
    assert [(found.problem, found.path, found.line) for found in graph.diagnostics] == [
        (Problem.UNREADABLE, f"{root}/Cargo.toml", None)
    ]
    assert [found.root for found in graph.crates.values()] == [f"{root}/src/lib.rs"]


def test_a_folder_that_links_to_itself(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": package("a"), "src/lib.rs": "", "tests/t.rs": ""})
    (tmp_path / "tests" / "loop").symlink_to("loop")
    assert [found.name for found in load(root).crates.values()] == ["a", "t"]


def test_a_loose_file(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"some-file.rs": ""})
    graph = load(f"{root}/some-file.rs")
    (found,) = graph.crates.values()
    assert (found.name, found.edition, found.kind) == ("some_file", Edition.E2021, TargetKind.BIN)
    assert found.root == f"{root}/some-file.rs"
    assert graph.dependency_crate(found, "serde") is None
    graph = load(f"{root}/some-file.rs", LoadSettings(loose_edition=Edition.E2018))
    assert [found.edition for found in graph.crates.values()] == [Edition.E2018]
    assert load(f"{root}").crates == {}
    assert list(loose_file(f"{root}/x.rs").crates) == [f"{root}/x.rs#loose"]


def test_a_file_that_does_not_exist_yet(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": package("a"), "src/lib.rs": ""})
    assert [found.name for found in load(f"{root}/src/new/unsaved.rs").crates.values()] == ["a"]


def test_inputs(tmp_path: Path) -> None:
    root = write_tree(tmp_path, WORKSPACE)
    inputs = load(f"{root}/crates/high").inputs
    for name in ("Cargo.toml", "Cargo.lock", "crates/low/Cargo.toml", ".cargo/config.toml"):
        assert f"{root}/{name}" in inputs


@pytest.mark.parametrize(
    ("base", "relative", "expected"),
    [
        ("/a/b", "c/d.rs", "/a/b/c/d.rs"),
        ("/a/b", "../c", "/a/c"),
        ("/a/b", "./c/", "/a/b/c"),
        ("/a/b", "/x/y", "/x/y"),
        ("C:/a/b", "..\\c\\d.rs", "C:/a/c/d.rs"),
        ("C:/a", "D:\\x", "D:/x"),
        ("//host/share/a", "b", "//host/share/a/b"),
        ("/", "a", "/a"),
    ],
)
def test_joined_paths(base: str, relative: str, expected: str) -> None:
    assert paths.join(base, relative) == expected


def test_parts_of_paths() -> None:
    assert paths.ancestors("/a/b") == ["/a/b", "/a", "/"]
    assert paths.ancestors("C:/a") == ["C:/a", "C:/"]
    assert paths.relative_to("/a/b/c", "/a") == "b/c"
    assert paths.relative_to("/ab", "/a") is None
    assert paths.relative_to("/a", "/") == "a"
    assert paths.stem("/x/a.b.rs") == "a.b"
    assert not paths.is_within("/ab", "/a")


CORPUS = os.environ.get("CLOSURELENS_CORPUS")
DEMO = Path(__file__).parents[1] / "demo"
CORPUS_CRATES = [DEMO, *(sorted(path.parent for path in Path(CORPUS).glob("*/Cargo.toml")) if CORPUS else [])]


@pytest.mark.parametrize("folder", CORPUS_CRATES, ids=lambda folder: folder.name)
def test_the_corpus_loads(folder: Path) -> None:
    graph = load_project(folder)
    assert graph.diagnostics == []
    assert graph.packages[from_os_path(folder)].crates
    for found in graph.crates.values():
        assert os.path.isfile(found.root)
        for name in graph.extern_names(found):
            graph.dependency_crate(found, name)
