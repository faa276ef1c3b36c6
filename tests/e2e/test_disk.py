"""What changes on the disk beside what is open: seen through the client's watch, or without one."""

import os
import time
from pathlib import Path

import pytest
from lsp_client import Client, Json, capabilities_of, label_of

LIB = "mod other;\nfn f(p: other::P) {\n    let _c = || p.x.len();\n}\n"
OTHER = "pub struct P { pub x: Vec<u8>, pub y: u8 }\n"
OTHER_BY_REF = "pub struct P { pub x: &'static [u8], pub y: u8 }\n"
MANIFEST = '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n'
MAIN = "fn main() {\n    let s = (String::new(), 1);\n    let _c = || s.0.len();\n}\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text(MANIFEST)
    (tmp_path / "src/lib.rs").write_text(LIB)
    (tmp_path / "src/other.rs").write_text(OTHER)
    return tmp_path


def open_file(client: Client, path: Path) -> str:
    client.open(path.as_uri(), path.read_text())
    return path.as_uri()


def labels(client: Client, uri: str) -> list[str]:
    return [label_of(hint) for hint in client.hints(uri)]


def soon(client: Client, uri: str) -> list[str]:
    """The hints, asked for after the time that passes between two looks at the disk."""
    time.sleep(1.1)
    return labels(client, uri)


def tell(client: Client, *paths: Path) -> None:
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": p.as_uri(), "type": 2} for p in paths]})


def watching(folder: Path, client: Client) -> None:
    """Start with a client that watches the folder."""
    capabilities = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
    folders = [{"uri": folder.as_uri(), "name": "p"}]
    client.request("initialize", {"processId": None, "workspaceFolders": folders, "capabilities": capabilities})
    client.notify("initialized", {})
    (asked,) = client.wait_for("client/registerCapability")["params"]["registrations"]
    globs = [watcher["globPattern"] for watcher in asked["registerOptions"]["watchers"]]
    assert {"**/*.rs", "**/Cargo.toml", "**/Cargo.lock"} <= set(globs)


def test_another_file_is_changed(plain: Client, package: Path) -> None:
    plain.start({})
    uri = open_file(plain, package / "src/lib.rs")
    assert labels(plain, uri) == ["move(&p.x)", ": Fn"]
    (package / "src/other.rs").write_text(OTHER_BY_REF)
    assert soon(plain, uri) == ["move(&*p.x)", ": Fn"]
    (package / "src/other.rs").unlink()
    assert soon(plain, uri) != ["move(&*p.x)", ": Fn"]
    (package / "src/other.rs").write_text(OTHER)
    assert soon(plain, uri) == ["move(&p.x)", ": Fn"]


def test_a_client_that_can_draws_anew(plain: Client, package: Path) -> None:
    plain.start(capabilities_of("neovim"))
    uri = open_file(plain, package / "src/lib.rs")
    labels(plain, uri)
    plain.asked.clear()
    (package / "src/other.rs").write_text(OTHER_BY_REF)
    soon(plain, uri)
    plain.wait_for("workspace/inlayHint/refresh", 3)


def test_the_edition_is_changed(plain: Client, package: Path) -> None:
    plain.start({})
    (package / "src/lib.rs").write_text(MAIN)
    uri = open_file(plain, package / "src/lib.rs")
    assert labels(plain, uri) == ["move(&s.0)", ": Fn"]
    (package / "Cargo.toml").write_text(MANIFEST.replace("2021", "2018"))
    assert soon(plain, uri) == ["move(&s)", ": Fn"]


def test_a_target_appears(plain: Client, package: Path) -> None:
    """A file that was no crate's becomes one of the package's, and can name the library."""
    plain.start({})
    (package / "src/lib.rs").write_text("pub struct P { pub x: Vec<u8> }\n")
    lib = open_file(plain, package / "src/lib.rs")
    labels(plain, lib)
    (package / "src/bin").mkdir()
    path = package / "src/bin/tool.rs"
    path.write_text("fn main() {}\nfn f(p: p::P) {\n    let _c = || p.x.len();\n}\n")
    time.sleep(1.1)
    assert labels(plain, open_file(plain, path)) == ["move(&p.x)", ": Fn"]


def test_a_package_appears_around_a_file(plain: Client, package: Path) -> None:
    plain.start({})
    manifest = package / "Cargo.toml"
    text = manifest.read_text().replace("2021", "2018")
    manifest.unlink()
    (package / "src/lib.rs").write_text(MAIN)
    uri = open_file(plain, package / "src/lib.rs")
    assert labels(plain, uri) == ["move(&s.0)", ": Fn"]
    manifest.write_text(text)
    assert soon(plain, uri) == ["move(&s)", ": Fn"]


def test_the_client_tells(plain: Client, package: Path) -> None:
    watching(package, plain)
    uri = open_file(plain, package / "src/lib.rs")
    assert labels(plain, uri) == ["move(&p.x)", ": Fn"]
    (package / "src/other.rs").write_text(OTHER_BY_REF)
    assert soon(plain, uri) == ["move(&p.x)", ": Fn"]
    tell(plain, package / "src/other.rs")
    assert labels(plain, uri) == ["move(&*p.x)", ": Fn"]


def test_outside_of_what_the_client_watches(plain: Client, package: Path) -> None:
    (package / "elsewhere").mkdir()
    watching(package / "elsewhere", plain)
    uri = open_file(plain, package / "src/lib.rs")
    labels(plain, uri)
    (package / "src/other.rs").write_text(OTHER_BY_REF)
    assert soon(plain, uri) == ["move(&*p.x)", ": Fn"]


def test_an_open_file_is_the_clients(plain: Client, package: Path) -> None:
    plain.start({})
    other = open_file(plain, package / "src/other.rs")
    uri = open_file(plain, package / "src/lib.rs")
    (package / "src/other.rs").write_text(OTHER_BY_REF)
    assert soon(plain, uri) == ["move(&p.x)", ": Fn"]
    plain.notify("textDocument/didClose", {"textDocument": {"uri": other}})
    assert labels(plain, uri) == ["move(&*p.x)", ": Fn"]


def test_a_file_that_is_no_text(plain: Client, package: Path) -> None:
    plain.start({})
    uri = open_file(plain, package / "src/lib.rs")
    labels(plain, uri)
    (package / "src/other.rs").write_bytes(b"pub struct P { \xff\xfe }")
    assert len(soon(plain, uri)) == 2
    (package / "src/other.rs").write_text(OTHER)
    assert soon(plain, uri) == ["move(&p.x)", ": Fn"]


@pytest.mark.parametrize("changes", [None, 3, [3, {}, {"uri": 3}, {"uri": "x:y"}, {"uri": "file:///%00"}]])
def test_nonsense_about_files(plain: Client, package: Path, changes: Json) -> None:
    plain.start({})
    uri = open_file(plain, package / "src/lib.rs")
    plain.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    assert labels(plain, uri) == ["move(&p.x)", ": Fn"]


def test_links_in_a_circle(plain: Client, package: Path) -> None:
    plain.start({})
    os.symlink(package / "src/other.rs", package / "src/again.rs")
    (package / "src/other.rs").unlink()
    os.symlink(package / "src/again.rs", package / "src/other.rs")
    assert len(labels(plain, open_file(plain, package / "src/lib.rs"))) == 2
