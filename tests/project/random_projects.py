"""Random workspaces and packages, for comparisons with cargo. A seed always gives the same one."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

from project_trees import write_tree

PLATFORM_TABLES = (
    *(None, None, None, "'cfg(unix)'", "'cfg(windows)'", "'cfg(target_arch = \"wasm32\")'"),
    "x86_64-unknown-linux-gnu",
)
EXTRA_FILES = (
    *(("build.rs", 0.4), ("src/main.rs", 0.3), ("src/bin/x.rs", 0.2), ("src/bin/y/main.rs", 0.2)),
    *(("tests/t.rs", 0.3), ("tests/common/mod.rs", 0.2), ("examples/e.rs", 0.2), ("benches/b.rs", 0.2)),
)


@dataclass
class RandomWorkspace:
    """`arguments` are the command line's equivalent of `features`, `all_features` and `default_features`."""

    root: str
    target: str
    dev: bool
    arguments: list[str] = field(default_factory=list)
    features: tuple[str, ...] = ()
    all_features: bool = False
    default_features: bool = True


@dataclass
class _Package:
    index: int
    folder: str  # from the folder the workspace is in
    features: list[str]
    library: str

    @property
    def name(self) -> str:
        return f"pk-{self.index}"


def random_workspace(folder: Path, seed: int) -> RandomWorkspace:
    """Path packages that depend on those with a higher number, some of them outside the workspace's folder."""
    chance = random.Random(seed)
    packages = []
    for index in range(chance.randint(3, 9)):
        inside = index == 0 or chance.random() < 0.6
        library = "[lib]\nproc-macro = true\n" if chance.random() < 0.2 else ""
        if chance.random() < 0.3:
            library = (library or "[lib]\n") + f'name = "lib{index}"\n'
        features = [f"f{number}" for number in range(chance.randint(0, 4))]
        packages.append(_Package(index, f"{'ws' if inside else 'out'}/pk-{index}", features, library))
    files: dict[str, str] = {}
    for package in packages:
        files[f"{package.folder}/Cargo.toml"] = _manifest(package, packages, chance)
        files[f"{package.folder}/src/lib.rs"] = ""
        for name, likely in EXTRA_FILES:
            if chance.random() < likely:
                files[f"{package.folder}/{name}"] = "fn main() {}"
    resolver = chance.choice(["", 'resolver = "1"\n', 'resolver = "2"\n', 'resolver = "3"\n'])
    edition = chance.choice(["2018", "2021", "2024"])
    files["ws/Cargo.toml"] = f'[workspace]\nmembers = ["pk-*"]\n{resolver}[workspace.package]\nedition = "{edition}"\n'
    write_tree(folder, files)
    target = chance.choice(["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"])
    result = RandomWorkspace(str(folder / "ws"), target, dev=chance.random() < 0.6)
    inside = [feature for package in packages if package.folder.startswith("ws/") for feature in package.features]
    match chance.randint(0, 4):
        case 0:
            result.arguments, result.all_features = ["--all-features"], True
        case 1:
            result.arguments, result.default_features = ["--no-default-features"], False
        case 2 if inside:
            feature = chance.choice(inside)
            result.arguments, result.features = ["--features", feature], (feature,)
    return result


def _manifest(package: _Package, packages: list[_Package], chance: random.Random) -> str:
    sections: dict[str, dict[str, str]] = {}
    requests: list[str] = []
    for other in packages[package.index + 1 :]:
        key = f"re{other.index}" if chance.random() < 0.25 else other.name
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            if chance.random() >= (0.45 if kind == "dependencies" else 0.2):
                continue
            platform = chance.choice(PLATFORM_TABLES)
            optional = kind != "dev-dependencies" and chance.random() < 0.4
            wanted = [feature for feature in other.features if chance.random() < 0.3]
            value = f'{{ path = "{os.path.relpath(other.folder, package.folder)}", package = "{other.name}"'
            value += ", optional = true" if optional else ""
            value += ", default-features = false" if chance.random() < 0.4 else ""
            value += f", features = {json.dumps(wanted)} }}"
            section = kind if platform is None else f"target.{platform}.{kind}"
            sections.setdefault(section, {})[key] = value
            if kind != "dev-dependencies":
                requests.extend(f"{key}/{feature}" for feature in other.features)
            if optional:
                requests.append(f"dep:{key}")
                requests.extend(f"{key}?/{feature}" for feature in other.features)
    features: dict[str, list[str]] = {}
    for number, feature in enumerate(package.features):
        enables = chance.sample(requests, min(len(requests), chance.randint(0, 2)))
        features[feature] = enables + [later for later in package.features[number + 1 :] if chance.random() < 0.3]
    if package.features and chance.random() < 0.6:
        features["default"] = [feature for feature in package.features if chance.random() < 0.4]
    inherits = package.folder.startswith("ws/") and chance.random() < 0.5
    edition = "edition.workspace = true" if inherits else f'edition = "{chance.choice(["2018", "2021", "2024"])}"'
    text = f'[package]\nname = "{package.name}"\nversion = "0.{package.index}.0"\n{edition}\n{package.library}'
    for section, entries in sections.items():
        text += f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
    return text + "[features]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in features.items())


TARGET_FILES = (
    *("src/lib.rs", "src/main.rs", "src/bin/a.rs", "src/bin/b/main.rs", "src/bin/b.rs", "src/bin/main.rs"),
    *("src/bin/.hidden.rs", "src/bin/c/util.rs", "src/foo.rs", "src/my_pkg.rs", "src/bench.rs", "other/x.rs"),
    *("examples/e1.rs", "examples/e2/main.rs", "examples/d.txt", "tests/t1.rs", "tests/common/mod.rs"),
    *("tests/t2/main.rs", "tests/a.b.rs", "benches/b1.rs", "benches/bench.rs", "build.rs"),
)
TARGET_NAMES = (
    ("bin", ("a", "b", "foo", "my-pkg", "zz")),
    ("example", ("e1", "e2", "q")),
    ("test", ("t1", "t2", "k-k")),
    ("bench", ("b1", "bench")),
)


def random_package(folder: Path, seed: int) -> str:
    """A package with a random choice of files and of targets that are listed, some of which cargo refuses."""
    chance = random.Random(seed)
    files = {name: "fn main() {}" for name in TARGET_FILES if chance.random() < 0.5}
    edition = chance.choice(["", "2015", "2018", "2021", "2024"])
    text = '[package]\nname = "my-pkg"\nversion = "0.1.0"\n' + (f'edition = "{edition}"\n' if edition else "")
    for kind in ("lib", "bins", "examples", "tests", "benches"):
        if chance.random() < 0.2:
            text += f"auto{kind} = {chance.choice(['true', 'false'])}\n"
    text += chance.choice(["", "", "", "build = false\n", "build = true\n", 'build = "other/x.rs"\n'])
    if chance.random() < 0.4:
        text += "[lib]\n" + chance.choice(["", 'name = "renamed"\n']) + chance.choice(["", 'path = "src/foo.rs"\n'])
        text += chance.choice(["", "proc-macro = true\n", 'crate-type = ["cdylib", "rlib"]\n'])
        text += chance.choice(["", 'edition = "2018"\n'])
    for section, names in TARGET_NAMES:
        for name in names:
            if chance.random() < 0.2:
                text += f'[[{section}]]\nname = "{name}"\n'
                text += chance.choice(["", 'path = "other/x.rs"\n', 'path = "src/foo.rs"\n'])
                text += chance.choice(["", 'required-features = ["f"]\n', 'edition = "2021"\n'])
    return write_tree(folder, files | {"Cargo.toml": text + "[features]\nf = []\n"})
