"""Features; `test_project_cargo` compares random workspaces with cargo itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_trees import crate, dependency, load, package, write_tree

from closurelens.project.cfg import evaluate, macro_holds, parse_predicate
from closurelens.project.features import FeatureSelection
from closurelens.project.load import LoadSettings
from closurelens.project.model import ANY_CUSTOM_NAME

APP = """
[dependencies]
opt = { path = "../opt", optional = true }
hidden = { path = "../opt", package = "opt", optional = true }
[features]
default = ["a"]
a = ["b"]
b = []
with-dep = ["dep:hidden"]
weak = ["opt?/x"]
strong = ["opt/y"]
"""


@pytest.mark.parametrize(
    ("selection", "features", "dependencies"),
    [
        (FeatureSelection(), "a b default", ""),
        (FeatureSelection(default_features=False), "", ""),
        (FeatureSelection(("opt",), default_features=False), "opt", "opt"),
        (FeatureSelection(("with-dep",), default_features=False), "with-dep", "hidden"),
        (FeatureSelection(("hidden",), default_features=False), "", ""),
        (FeatureSelection(("weak",), default_features=False), "weak", ""),
        (FeatureSelection(("weak", "opt"), default_features=False), "opt weak", "opt"),
        (FeatureSelection(("strong",), default_features=False), "opt strong", "opt"),
        (FeatureSelection(("app/b",), default_features=False), "b", ""),
        (FeatureSelection(("opt/x",), default_features=False), "opt", "opt"),
        (FeatureSelection(("unknown",), default_features=False), "", ""),
        (FeatureSelection(all_features=True), "a b default opt strong weak with-dep", "hidden opt"),
    ],
)
def test_selection(tmp_path: Path, selection: FeatureSelection, features: str, dependencies: str) -> None:
    write_tree(tmp_path / "opt", {"Cargo.toml": package("opt", "[features]\nx = []\ny = []\n"), "src/lib.rs": ""})
    root = write_tree(tmp_path / "app", {"Cargo.toml": package("app", APP), "src/lib.rs": ""})
    graph = load(root, LoadSettings(features=selection))
    app = crate(graph, "app")
    assert " ".join(sorted(app.cfg.features())) == features
    assert " ".join(sorted(app.dependencies)) == dependencies
    assert graph.diagnostics == []


def test_weak_requests_wait_for_the_dependency(tmp_path: Path) -> None:
    write_tree(tmp_path / "opt", {"Cargo.toml": package("opt", "[features]\nx = []\ny = []\n"), "src/lib.rs": ""})
    root = write_tree(tmp_path / "app", {"Cargo.toml": package("app", APP), "src/lib.rs": ""})
    for requested in (("weak", "opt"), ("opt", "weak")):
        graph = load(root, LoadSettings(features=FeatureSelection(requested)))
        assert dependency(graph, crate(graph, "app"), "opt").cfg.features() == {"x"}


WORKSPACE = {
    "Cargo.toml": '[workspace]\nmembers = ["*"]\nresolver = "RESOLVER"\n',
    "one/Cargo.toml": package("one", '[dependencies]\nshared = { path = "../shared", features = ["from-one"] }\n'),
    "one/src/lib.rs": "",
    "two/Cargo.toml": package(
        "two",
        """
        [dependencies]
        shared = { path = "../shared", default-features = false }
        [dev-dependencies]
        shared = { path = "../shared", features = ["from-tests"] }
        [build-dependencies]
        shared = { path = "../shared", default-features = false, features = ["from-build"] }
        [target.'cfg(windows)'.dependencies]
        shared = { path = "../shared", features = ["from-windows"] }
        """,
    ),
    "two/src/lib.rs": "",
    "two/build.rs": "",
    "shared/Cargo.toml": package(
        "shared",
        "[features]\ndefault = []\nfrom-one = []\nfrom-tests = []\nfrom-build = []\nfrom-windows = []\n",
    ),
    "shared/src/lib.rs": "",
}


@pytest.mark.parametrize(
    ("resolver", "dev", "ordinary", "build"),
    [
        ("1", True, "default from-build from-one from-tests from-windows", None),
        ("2", True, "default from-one from-tests", "from-build"),
        ("2", False, "default from-one", "from-build"),
        ("3", False, "default from-one", "from-build"),
    ],
)
def test_requests_of_the_workspace_are_unified(
    tmp_path: Path, resolver: str, dev: bool, ordinary: str, build: str | None
) -> None:
    files = {name: text.replace("RESOLVER", resolver) for name, text in WORKSPACE.items()}
    graph = load(write_tree(tmp_path, files), LoadSettings(dev_dependencies=dev))
    assert graph.diagnostics == []
    assert " ".join(sorted(crate(graph, "shared").cfg.features())) == ordinary
    assert dependency(graph, crate(graph, "one"), "shared") is crate(graph, "shared")
    for_build = dependency(graph, crate(graph, "build_script_build", "build-script"), "shared")
    assert " ".join(sorted(for_build.cfg.features())) == (ordinary if build is None else build)
    assert for_build.id.endswith("#host")


def test_dependencies_follow_the_platform(tmp_path: Path) -> None:
    manifest = """
        [target.'cfg(windows)'.dependencies]
        w = "1"
        [target.'cfg(target_arch = "wasm32")'.dependencies]
        web = "1"
        [target.x86_64-unknown-linux-gnu.dependencies]
        linux = "1"
        [target.'cfg(not(target_arch = "wasm32"))'.build-dependencies]
        native = "1"
    """
    root = write_tree(tmp_path, {"Cargo.toml": package("a", manifest), "src/lib.rs": "", "build.rs": ""})
    assert sorted(crate(load(root), "a").dependencies) == ["linux"]
    graph = load(root, LoadSettings(target="wasm32-unknown-unknown"))
    assert sorted(crate(graph, "a").dependencies) == ["web"]
    script = crate(graph, "build_script_build", "build-script")
    assert sorted(script.dependencies) == ["native"]
    assert ("unix", None) in script.cfg


def test_the_target_of_the_configuration(tmp_path: Path) -> None:
    config = """
        [build]
        target = "wasm32-unknown-unknown"
        rustflags = ["--cfg", "web_sys_unstable_apis"]
    """
    root = write_tree(
        tmp_path,
        {"a/Cargo.toml": package("a"), "a/src/lib.rs": "", "a/build.rs": "", ".cargo/config.toml": config},
    )
    graph = load(f"{root}/a")
    library = crate(graph, "a")
    assert ("target_arch", "wasm32") in library.cfg
    assert ("web_sys_unstable_apis", None) in library.cfg
    script = crate(graph, "build_script_build", "build-script")
    assert ("target_arch", "x86_64") in script.cfg
    assert ("web_sys_unstable_apis", None) not in script.cfg
    assert f"{root}/.cargo/config.toml" in graph.inputs


def test_profiles_and_target_flags(tmp_path: Path) -> None:
    config = "[target.'cfg(unix)']\nrustflags = '--cfg on_unix'\n[build]\nrustflags = '--cfg unused'\n"
    manifest = package("a", '[profile.dev]\npanic = "abort"\ndebug-assertions = false\n')
    root = write_tree(tmp_path, {"Cargo.toml": manifest, "src/lib.rs": "", ".cargo/config": config})
    options = crate(load(root), "a").cfg.options
    assert {("on_unix", None), ("panic", "abort")} <= options
    assert not {("unused", None), ("panic", "unwind"), ("debug_assertions", None)} & options


def test_an_unknown_target_is_reported(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"Cargo.toml": package("a"), "src/lib.rs": ""})
    graph = load(root, LoadSettings(target="my-board"))
    assert [found.message for found in graph.diagnostics] == [
        "the platform `my-board` is not known; what depends on it is uncertain"
    ]
    assert evaluate(parse_predicate("unix"), crate(graph, "a").cfg).certain() is None


def test_a_build_script_makes_custom_names_uncertain(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path, {"Cargo.toml": package("a"), "src/lib.rs": "", "build.rs": "mod cfgs;", "tests/t.rs": ""}
    )
    graph = load(root)
    for user in (crate(graph, "a"), crate(graph, "t", "test")):
        assert user.cfg.open[ANY_CUSTOM_NAME] == "the build script of `a` may set it"
    assert crate(graph, "build_script_build", "build-script").cfg.open == {}


def test_what_builds_have_left(tmp_path: Path) -> None:
    both = 'cargo:rustc-cfg=fast\ncargo::rustc-cfg=level="2"\ncargo::rustc-check-cfg=cfg(slow)\n'
    root = write_tree(
        tmp_path,
        {
            "Cargo.toml": package("app"),
            "src/lib.rs": "",
            "build.rs": "mod cfgs;",
            "target/debug/build/app-1/output": both + "cargo::rustc-cfg=only_debug\n",
            "target/release/build/app-2/output": both,
            "target/debug/build/app-other-3/output": "cargo::rustc-cfg=other\n",
            "target/debug/build/app-4/build-script-build": "",
        },
    )
    graph = load(root)
    found = crate(graph, "app")
    names = ("fast", 'level = "2"', "slow", "other", "only_debug")
    assert [macro_holds(name, found.cfg).certain() for name in names] == [True, True, False, False, None]
    assert [path.removeprefix(root) for path in found.out_dirs] == [
        "/target/debug/build/app-1/out",
        "/target/release/build/app-2/out",
    ]
    assert f"{root}/target/debug/build/app-1/output" in graph.inputs
    assert not crate(graph, "build_script_build", "build-script").out_dirs


def test_builds_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = {"build/app-1/output": "cargo::rustc-cfg=fast\n", "build/app-1/out/made.rs": ""}
    files = {"Cargo.toml": package("app"), "src/lib.rs": "", "build.rs": "mod cfgs;"}
    for folder in ("ws/inside", "outside", "ws/target"):
        write_tree(tmp_path, {f"{folder}/debug/{name}": text for name, text in left.items()})

    def said(config: str) -> tuple[bool | None, bool | None, list[str]]:
        root = write_tree(tmp_path / "ws", files | {".cargo/config.toml": config})
        found = crate(load(root), "app")
        outs = [path.removeprefix(tmp_path.as_posix()) for path in found.out_dirs]
        return macro_holds("fast", found.cfg).certain(), macro_holds("slow", found.cfg).certain(), outs

    for name in ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert said("") == (True, False, ["/ws/target/debug/build/app-1/out"])
    inside = (True, False, ["/ws/inside/debug/build/app-1/out"])
    shared = (None, None, ["/outside/debug/build/app-1/out"])
    assert said('[build]\ntarget-dir = "inside"') == inside
    assert said('[build]\ntarget-dir = "../outside"') == shared
    assert said('[build]\nbuild-dir = "{workspace-root}/inside"') == inside
    assert said('[build]\nbuild-dir = "{cargo-cache-home}/build/{workspace-path-hash}"') == (None, None, [])
    monkeypatch.setenv("CARGO_TARGET_DIR", (tmp_path / "outside").as_posix())
    assert said('[build]\ntarget-dir = "inside"') == shared


def test_aliases_of_cfg(tmp_path: Path) -> None:
    script = """fn main() { cfg_aliases! {
        posix: { unix }, // wide: { all() }
        wide: { all(posix, feature = "big") }, narrow: { not(wide) },
    } }"""
    manifest = package("app", '[build-dependencies]\ncfg_aliases = "0.2"\n')
    root = write_tree(tmp_path, {"Cargo.toml": manifest, "src/lib.rs": "", "build.rs": script})
    cfg = crate(load(root), "app").cfg
    assert [macro_holds(name, cfg).certain() for name in ("posix", "wide", "narrow", "x")] == [True, False, True, False]
    write_tree(tmp_path, {"build.rs": script + 'fn more() { println!("cargo:rustc-cfg=x"); }'})
    assert macro_holds("x", crate(load(root), "app").cfg).certain() is None


def test_a_dependency_outside_the_workspace_can_request_features_of_a_member(tmp_path: Path) -> None:
    write_tree(
        tmp_path / "outside",
        {
            "Cargo.toml": package("outside", '[dependencies]\nlow = { path = "../ws/low", features = ["x"] }\n'),
            "src/lib.rs": "",
        },
    )
    root = write_tree(
        tmp_path / "ws",
        {
            "Cargo.toml": package(
                "top", '[workspace]\n[dependencies]\nlow.path = "low"\noutside.path = "../outside"\n'
            ),
            "src/lib.rs": "",
            "low/Cargo.toml": package("low", "[features]\nx = []\n"),
            "low/src/lib.rs": "",
        },
    )
    graph = load(root)
    assert sorted(graph.packages) == [root, f"{root}/low"]
    assert crate(graph, "low").cfg.features() == {"x"}
