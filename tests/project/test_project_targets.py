"""Targets by cargo's rules; `test_project_cargo` compares many random packages with cargo itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_trees import crate, load, package, write_tree

from closurelens.project.model import Edition

FILES = [
    "src/lib.rs",
    "src/main.rs",
    "src/bin/one.rs",
    "src/bin/two/main.rs",
    "src/bin/three/helper.rs",
    "src/bin/.hidden.rs",
    "src/extra.rs",
    "examples/ex.rs",
    "examples/big/main.rs",
    "examples/readme.txt",
    "tests/it.rs",
    "tests/common/mod.rs",
    "benches/b.rs",
    "build.rs",
]
EVERYTHING = (
    "lib:my_app bin:my_app bin:one bin:two example:big example:ex test:it bench:b build-script:build_script_build"
)


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (package("my-app"), EVERYTHING),
        (package("my-app", "autobins = false\n"), EVERYTHING.replace("bin:my_app bin:one bin:two ", "")),
        (package("my-app", "autotests = false\nautobenches = false\n"), EVERYTHING.replace("test:it bench:b ", "")),
        (package("my-app", "autoexamples = false\n"), EVERYTHING.replace("example:big example:ex ", "")),
        (package("my-app", "autolib = false\n"), EVERYTHING.replace("lib:my_app ", "")),
        (package("my-app", "build = false\n"), EVERYTHING.replace(" build-script:build_script_build", "")),
        (package("my-app", 'build = "src/extra.rs"\n'), EVERYTHING.replace("script_build", "script_extra")),
        (package("my-app", '[lib]\nname = "other"\n'), EVERYTHING.replace("lib:my_app", "lib:other")),
        (package("my-app", "[lib]\nproc-macro = true\n"), EVERYTHING.replace("lib:my_app", "proc-macro:my_app")),
        (
            package("my-app", '[[bin]]\nname = "x-y"\npath = "src/extra.rs"\n'),
            EVERYTHING.replace("bin:two", "bin:two bin:x_y"),
        ),
        # A listed target claims its file, so that this is not discovered under another name.
        (
            package("my-app", '[[bin]]\nname = "uno"\npath = "src/bin/one.rs"\n'),
            EVERYTHING.replace("bin:one bin:two", "bin:two bin:uno"),
        ),
        # In edition 2015 one listed target switches discovery of its kind off.
        (
            package("my-app", '[[bin]]\nname = "one"\n', edition="2015"),
            EVERYTHING.replace("bin:my_app bin:one bin:two", "bin:one"),
        ),
    ],
)
def test_discovery(tmp_path: Path, manifest: str, expected: str) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": manifest, **dict.fromkeys(FILES, "")})
    graph = load(root)
    assert " ".join(f"{found.kind.value}:{found.name}" for found in graph.crates.values()) == expected
    assert graph.diagnostics == []


def test_details_of_a_target(tmp_path: Path) -> None:
    bins = '[[bin]]\nname = "one"\nedition = "2018"\nrequired-features = ["f", "g"]\n[features]\nf = []\ng = []\n'
    root = write_tree(tmp_path, {"Cargo.toml": package("a", bins + 'default = ["f"]\n'), **dict.fromkeys(FILES, "")})
    one = crate(load(root), "one", "bin")
    assert one.edition is Edition.E2018
    assert one.root == f"{root}/src/bin/one.rs"
    assert one.missing_features() == ("g",)
    assert one.id == f"{root}#bin:one"


def test_a_listed_target_without_a_file_keeps_the_others(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": package("a", '[[bin]]\nname = "gone"\n'), "src/lib.rs": ""})
    assert [found.name for found in load(root).crates.values()] == ["a"]


def test_what_tests_and_macros_are_configured_with(tmp_path: Path) -> None:
    manifest = package("a", "[lib]\nproc-macro = true\n")
    root = write_tree(tmp_path, {"Cargo.toml": manifest, **dict.fromkeys(FILES, "")})
    graph = load(root)
    having_test = {found.kind.value for found in graph.crates.values() if ("test", None) in found.cfg}
    assert having_test == {"test", "bench"}
    assert [found.name for found in graph.crates.values() if ("proc_macro", None) in found.cfg] == ["a"]
    library = crate(graph, "a", "proc-macro")
    tested = library.for_test()
    assert ("test", None) in tested.cfg
    assert tested.id == f"{library.id}#test"
    assert tested.for_test() is tested
