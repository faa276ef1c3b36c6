"""Where dependencies are found: registry, vendor folder, git checkouts, patches; with and without a lock."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_trees import crate, dependency, load, package, write_tree

from closurelens.project.cfg import evaluate, macro_holds, parse_predicate
from closurelens.project.dependencies import ManifestCache
from closurelens.project.files import Entry
from closurelens.project.load import DiskFileSystem, LoadSettings, load_project
from closurelens.project.model import CrateGraph, Edition

CRATES_IO = "registry/src/index.crates.io-0123456789abcdef"
REVISION = "89abcdef0123456789abcdef0123456789abcdef"


def published(name: str, version: str, rest: str = "") -> dict[str, str]:
    folder = f"{CRATES_IO}/{name}-{version}"
    return {f"{folder}/Cargo.toml": package(name, rest, version=version), f"{folder}/src/lib.rs": ""}


def lock(*packages: tuple[str, str, str | None, str]) -> str:
    """Of (name, version, source, references separated by commas); `crates` stands for crates.io."""
    text = "version = 4\n"
    for name, version, source, references in packages:
        text += f'\n[[package]]\nname = "{name}"\nversion = "{version}"\n'
        if source is not None:
            text += f'source = "{source.replace("crates", "registry+https://github.com/rust-lang/crates.io-index")}"\n'
        if references:
            text += "dependencies = [\n" + "".join(f' "{each}",\n' for each in references.split(",")) + "]\n"
    return text


def project(tmp_path: Path, manifest: str, home: dict[str, str], **more: str) -> CrateGraph:
    files = {"Cargo.toml": package("app", manifest), "src/lib.rs": "", **more}
    root = write_tree(tmp_path / "app", files)
    return load(root, LoadSettings(cargo_home=write_tree(tmp_path / "home", home)))


def test_the_newest_present_version_that_fits(tmp_path: Path) -> None:
    home = published("dep-a", "1.2.0") | published("dep-a", "1.10.0") | published("dep-a", "2.0.0")
    home |= published("dep-a", "1.11.0-rc.1") | published("dep-a-more", "1.99.0")
    graph = project(tmp_path, '[dependencies]\ndep-a = "1.1"\n', home)
    found = crate(graph, "app").dependencies["dep_a"]
    assert (found.version, found.package, found.missing, found.instead_of) == ("1.10.0", "dep-a", None, None)
    assert found.source_dir is not None
    assert found.source_dir.endswith(f"{CRATES_IO}/dep-a-1.10.0")
    opened = dependency(graph, crate(graph, "app"), "dep_a")
    assert (opened.version, opened.is_member, opened.root) == ("1.10.0", False, f"{found.source_dir}/src/lib.rs")


def test_the_locked_version(tmp_path: Path) -> None:
    locked = lock(("app", "1.0.0", None, "dep-a"), ("dep-a", "1.2.0", "crates", ""))
    home = published("dep-a", "1.2.0") | published("dep-a", "1.10.0")
    graph = project(tmp_path, '[dependencies]\ndep-a = "1.1"\n', home, **{"Cargo.lock": locked})
    assert dependency(graph, crate(graph, "app"), "dep_a").version == "1.2.0"


def test_another_version_stands_for_a_locked_one_that_is_absent(tmp_path: Path) -> None:
    locked = lock(("app", "1.0.0", None, "dep-a"), ("dep-a", "1.2.0", "crates", ""))
    graph = project(tmp_path, '[dependencies]\ndep-a = "1.1"\n', published("dep-a", "1.3.0"), **{"Cargo.lock": locked})
    found = crate(graph, "app").dependencies["dep_a"]
    assert (found.version, found.instead_of) == ("1.3.0", "1.2.0")


def test_an_absent_package_has_a_reason(tmp_path: Path) -> None:
    graph = project(tmp_path, '[dependencies]\ndep-a = "1.1"\n', published("dep-a", "2.0.0"))
    app = crate(graph, "app")
    found = app.dependencies["dep_a"]
    assert (found.version, found.source_dir) == (None, None)
    assert found.missing == "dep-a 1.1 is not in cargo's registry on this machine"
    assert graph.dependency_crate(app, "dep_a") is None
    assert graph.dependency_crate(app, "never_heard_of") is None
    assert graph.diagnostics == []


def test_two_versions_of_a_package(tmp_path: Path) -> None:
    manifest = '[dependencies]\nold = { package = "dep", version = "1" }\ndep = "2"\n'
    locked = lock(
        ("app", "1.0.0", None, "dep 1.0.0,dep 2.0.0"), ("dep", "1.0.0", "crates", ""), ("dep", "2.0.0", "crates", "")
    )
    home = published("dep", "1.0.0") | published("dep", "2.0.0")
    graph = project(tmp_path, manifest, home, **{"Cargo.lock": locked})
    app = crate(graph, "app")
    assert dependency(graph, app, "old").version == "1.0.0"
    assert dependency(graph, app, "dep").version == "2.0.0"
    assert app.dependencies["old"].renamed
    assert not app.dependencies["dep"].renamed


def test_a_library_with_a_name_of_its_own(tmp_path: Path) -> None:
    home = published("new-name", "1.0.0", '[lib]\nname = "old_name"\n')
    graph = project(tmp_path, '[dependencies]\nnew-name = "1"\n', home)
    app = crate(graph, "app")
    assert list(app.dependencies) == ["new_name"]
    assert list(graph.extern_names(app)) == ["old_name"]
    assert graph.dependency_crate(app, "new_name") is None
    assert dependency(graph, app, "old_name").package == "new-name"


def test_dependencies_of_dependencies(tmp_path: Path) -> None:
    middle = '[dependencies]\nlow = { version = "1", features = ["x"] }\n[dev-dependencies]\nnever = "1"\n'
    home = published("middle", "1.0.0", middle) | published("low", "1.0.1", "[features]\nx = []\ny = []\nz = []\n")
    graph = project(tmp_path, '[dependencies]\nmiddle = "1"\nlow = { version = "1", features = ["y"] }\n', home)
    low = dependency(graph, dependency(graph, crate(graph, "app"), "middle"), "low")
    assert low is dependency(graph, crate(graph, "app"), "low")
    assert low.cfg.features() == {"x", "y"}
    assert evaluate(parse_predicate('feature = "z"'), low.cfg).certain() is False
    assert low.edition is Edition.E2021


def test_features_are_open_below_a_package_that_cannot_be_read(tmp_path: Path) -> None:
    locked = lock(
        ("app", "1.0.0", None, "absent,other"),
        ("absent", "1.0.0", "crates", "low"),
        ("low", "1.0.0", "crates", ""),
        ("other", "1.0.0", "crates", "low"),
    )
    home = published("low", "1.0.0", "[features]\nx = []\n") | published(
        "other", "1.0.0", '[dependencies]\nlow = "1"\n'
    )
    manifest = '[dependencies]\nabsent = "1"\nother = "1"\n'
    graph = project(tmp_path, manifest, home, **{"Cargo.lock": locked})
    other = dependency(graph, crate(graph, "app"), "other")
    low = dependency(graph, other, "low")
    answer = evaluate(parse_predicate('feature = "x"'), low.cfg)
    assert answer.doubt == "`absent` may request it, and its manifest is not on this machine"
    assert "feature" not in other.cfg.open
    assert "feature" not in crate(graph, "app").cfg.open


def test_vendored_sources(tmp_path: Path) -> None:
    config = """
        [source.crates-io]
        replace-with = "mirror"
        [source.mirror]
        replace-with = "vendored-sources"
        [source.vendored-sources]
        directory = "third-party"
        [source."https://example.org/tool.git"]
        git = "https://example.org/tool.git"
        replace-with = "vendored-sources"
    """
    files = {".cargo/config.toml": config}
    for folder, name, version in (("dep", "dep", "2.0.0"), ("dep-1.4.0", "dep", "1.4.0"), ("tool", "tool", "0.1.0")):
        files[f"third-party/{folder}/Cargo.toml"] = package(name, version=version)
        files[f"third-party/{folder}/src/lib.rs"] = ""
    manifest = '[dependencies]\nold = { package = "dep", version = "1" }\ndep = "2"\ngone = "1"\n'
    manifest += 'tool = { git = "https://example.org/tool.git" }\n'
    graph = project(tmp_path, manifest, published("dep", "1.9.0"), **files)
    app = crate(graph, "app")
    assert graph.diagnostics == []
    assert dependency(graph, app, "old").version == "1.4.0"
    assert dependency(graph, app, "dep").package_dir.endswith("/app/third-party/dep")
    assert dependency(graph, app, "tool").version == "0.1.0"
    assert (app.dependencies["gone"].missing or "").startswith("gone is not vendored in")


def git_checkout(**more: str) -> dict[str, str]:
    top = f"git/checkouts/tools-0011223344556677/{REVISION[:7]}"
    files = {
        f"{top}/Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n[workspace.package]\nedition = "2018"\n',
        f"{top}/crates/tool/Cargo.toml": '[package]\nname = "tool"\nversion = "0.3.0"\nedition.workspace = true\n'
        '[dependencies]\nhelp.path = "../help"\n',
        f"{top}/crates/tool/src/lib.rs": "",
        f"{top}/crates/help/Cargo.toml": package("help"),
        f"{top}/crates/help/src/lib.rs": "",
    }
    return files | more


@pytest.mark.parametrize("with_lock", [True, False])
def test_git_checkouts(tmp_path: Path, with_lock: bool) -> None:
    locked = lock(
        ("app", "1.0.0", None, "tool"),
        ("tool", "0.3.0", f"git+https://example.org/Tools.git?branch=main#{REVISION}", "help"),
        ("help", "1.0.0", f"git+https://example.org/Tools.git?branch=main#{REVISION}", ""),
    )
    manifest = '[dependencies]\ntool = { git = "https://example.org/Tools.git", branch = "main" }\n'
    home = git_checkout()
    graph = project(tmp_path, manifest, home, **({"Cargo.lock": locked} if with_lock else {}))
    tool = dependency(graph, crate(graph, "app"), "tool")
    assert (tool.version, tool.edition) == ("0.3.0", Edition.E2018)
    assert dependency(graph, tool, "help").package_dir.endswith("/crates/help")


def test_several_checkouts_and_no_lock(tmp_path: Path) -> None:
    home = git_checkout(**{"git/checkouts/tools-0011223344556677/1111111/Cargo.toml": package("tool")})
    graph = project(tmp_path, '[dependencies]\ntool = { git = "https://example.org/tools" }\n', home)
    missing = crate(graph, "app").dependencies["tool"].missing
    assert missing == "no lock says which of several checkouts of `https://example.org/tools` is meant"
    manifest = f'[dependencies]\ntool = {{ git = "https://example.org/tools", rev = "{REVISION}" }}\n'
    graph = project(tmp_path, manifest, home)
    assert crate(graph, "app").dependencies["tool"].version == "0.3.0"


def test_patches(tmp_path: Path) -> None:
    files = {"patched/Cargo.toml": package("low", version="1.5.0"), "patched/src/lib.rs": ""}
    manifest = '[workspace]\n[dependencies]\nmiddle = "1"\nnewer = { package = "low", version = "2" }\n'
    manifest += '[patch.crates-io]\nlow = { path = "patched" }\n'
    home = published("middle", "1.0.0", '[dependencies]\nlow = "1"\n')
    home |= published("low", "1.9.0") | published("low", "2.0.0")
    graph = project(tmp_path, manifest, home, **files)
    app = crate(graph, "app")
    assert dependency(graph, dependency(graph, app, "middle"), "low").package_dir.endswith("/app/patched")
    assert dependency(graph, app, "newer").version == "2.0.0"


def test_patches_of_the_configuration(tmp_path: Path) -> None:
    files = {
        ".cargo/config.toml": '[patch.crates-io]\nlow = { path = "patched" }\n',
        "patched/Cargo.toml": package("low", version="1.5.0"),
        "patched/src/lib.rs": "",
    }
    graph = project(tmp_path, '[dependencies]\nlow = "1"\n', published("low", "1.9.0"), **files)
    assert dependency(graph, crate(graph, "app"), "low").version == "1.5.0"


def test_a_registry_of_ones_own(tmp_path: Path) -> None:
    mine = "registry/src/my.registry.example-1111111111111111"
    home = published("dep", "1.0.0") | {
        f"{mine}/dep-1.0.0/Cargo.toml": package("dep"),
        f"{mine}/dep-1.0.0/src/lib.rs": "",
    }
    locked = lock(("app", "1.0.0", None, "dep"), ("dep", "1.0.0", "sparse+https://my.registry.example/index/", ""))
    manifest = '[dependencies]\ndep = { version = "1", registry = "mine" }\n'
    graph = project(tmp_path, manifest, home, **{"Cargo.lock": locked})
    assert mine in dependency(graph, crate(graph, "app"), "dep").package_dir


class Counting(DiskFileSystem):
    """Says which manifests were read."""

    def __init__(self) -> None:
        self.read_paths: list[str] = []

    def read(self, path: str) -> object:  # type: ignore[override]
        self.read_paths.append(path)
        return super().read(path)


def test_no_manifest_of_a_dependency_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    home = write_tree(tmp_path / "home", published("dep", "1.0.0"))
    root = write_tree(tmp_path / "app", {"Cargo.toml": package("app", '[dependencies]\ndep = "1"\n'), "src/lib.rs": ""})
    files, cache = Counting(), ManifestCache()
    settings = LoadSettings(cargo_home=home)
    graph = load_project(root, settings, files, cache)  # type: ignore[arg-type]
    assert not [path for path in files.read_paths if path.startswith(f"{home}/registry")]
    dependency(graph, crate(graph, "app"), "dep")
    assert [path for path in files.read_paths if path.startswith(f"{home}/registry")] == [
        f"{home}/{CRATES_IO}/dep-1.0.0/Cargo.toml"
    ]
    files.read_paths.clear()
    again = load_project(root, settings, files, cache)  # type: ignore[arg-type]
    dependency(again, crate(again, "app"), "dep")
    assert not [path for path in files.read_paths if path.startswith(f"{home}/registry")]


def test_entries_of_what_is_no_folder() -> None:
    assert list(DiskFileSystem().entries("/no/such/folder")) == []
    assert Entry("a", is_dir=False) == Entry("a", False)


def test_what_dependencies_depend_on_is_read_when_features_are_asked_for(tmp_path: Path) -> None:
    home = write_tree(
        tmp_path / "home", published("near", "1.0.0", '[dependencies]\nfar = "1"\n') | published("far", "1.0.0")
    )
    manifest = package("app", '[dependencies]\nnear = "1"\n')
    root = write_tree(tmp_path / "app", {"Cargo.toml": manifest, "src/lib.rs": ""})
    files = Counting()
    graph = load_project(root, LoadSettings(cargo_home=home), files, ManifestCache())  # type: ignore[arg-type]
    near = dependency(graph, crate(graph, "app"), "near")
    assert (near.name, near.version, near.is_member, near.for_host) == ("near", "1.0.0", False, False)
    assert f"{home}/{CRATES_IO}/far-1.0.0/Cargo.toml" not in files.read_paths
    assert list(near.dependencies) == ["far"]
    assert f"{home}/{CRATES_IO}/far-1.0.0/Cargo.toml" in files.read_paths
    assert near.for_test().id == f"{near.id}#test"


def test_what_builds_of_dependencies_have_left(tmp_path: Path) -> None:
    home = published("made", "1.0.0")
    home[f"{CRATES_IO}/made-1.0.0/build.rs"] = "mod cfgs;"

    def said(**more: str) -> tuple[bool | None, bool | None, list[str]]:
        graph = project(tmp_path, '[dependencies]\nmade = "1"\n', home, **more)
        made = dependency(graph, crate(graph, "app"), "made")
        fast, slow = (macro_holds(name, made.cfg).certain() for name in ("fast", "slow"))
        return (
            fast,
            slow,
            [path.removeprefix(f"{tmp_path.as_posix()}/app/target/debug/build/") for path in made.out_dirs],
        )

    def compiled(version: str) -> str:
        return f"script: {tmp_path.as_posix()}/home/{CRATES_IO}/made-{version}/build.rs\n"

    assert said() == (None, None, [])
    output = {"target/debug/build/made-1/output": "cargo::rustc-cfg=fast\n"}
    assert said(**output) == (None, None, []), "nothing tells whose output it is"
    assert said(**{"target/debug/build/made-2/script-2.d": compiled("1.0.0")}) == (True, False, ["made-1/out"])
    assert said(**{"target/debug/build/made-3/script-3.d": compiled("1.1.0")}) == (None, None, [])
