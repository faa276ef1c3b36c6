"""Dependencies come from another process while the server answers."""

from pathlib import Path

import pytest
from lsp_client import Client, capabilities_of, label_of

MANIFEST = '[package]\nname = "{name}"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\n{dependencies}\n'
TEXT = "pub fn f(v: near::Value) { let c = || v.consume(); }\n"
NEAR = "pub struct Value;\nimpl Value { pub fn consume(self) {} }\n"


@pytest.fixture
def user(tmp_path: Path) -> Path:
    for name, dependencies, text in (("user", 'near = { path = "../near" }\n[workspace]', TEXT), ("near", "", NEAR)):
        (tmp_path / name / "src").mkdir(parents=True)
        (tmp_path / name / "Cargo.toml").write_text(MANIFEST.format(name=name, dependencies=dependencies))
        (tmp_path / name / "src" / "lib.rs").write_text(text)
    return tmp_path / "user" / "src" / "lib.rs"


def labels(client: Client, uri: str) -> str:
    return " ".join(label_of(hint) for hint in client.hints(uri))


def test_hints_come_again_when_a_dependency_is_indexed(
    user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSURELENS_CACHE_DIR", str(tmp_path / "cache"))
    uri = user.as_uri()
    first = Client()
    first.start(capabilities_of("vscode"))
    first.open(uri, TEXT)
    before = labels(first, uri)
    assert "?" in before
    assert "FnOnce" not in before
    begun = first.wait_for("$/progress", 60)
    while begun["params"]["value"].get("message") != "near":
        begun = first.wait_for("$/progress", 60)
    first.wait_for("workspace/inlayHint/refresh", 120)
    while "FnOnce" not in labels(first, uri):
        first.wait_for("workspace/inlayHint/refresh", 120)
    after = labels(first, uri)
    assert "?" not in after
    assert first.stop() == 0

    second = Client()
    second.start(capabilities_of("vscode"))
    second.open(uri, TEXT)
    assert labels(second, uri) == after
    assert second.stop() == 0


WAYS = {
    "a test": ("lib.rs", "#[cfg(test)]\nmod tests {\n    use near;\n" + TEXT + "}\n"),
    "a file that nothing leads to": ("stray.rs", TEXT),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_dependency_of_tests_is_indexed(
    way: str, user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSURELENS_CACHE_DIR", str(tmp_path / "cache"))
    manifest = user.parents[1] / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace("[dependencies]", "[dev-dependencies]"))
    name, text = WAYS[way]
    user.write_text("")
    path = user.parent / name
    path.write_text(text)
    client = Client()
    client.start(capabilities_of("vscode"))
    client.open(path.as_uri(), text)
    while "FnOnce" not in labels(client, path.as_uri()):
        client.wait_for("workspace/inlayHint/refresh", 60)
    assert client.stop() == 0


def test_dependencies_can_be_left_out(user: Path) -> None:
    client = Client()
    client.start({}, {"index.dependencies": False})
    client.open(user.as_uri(), TEXT)
    assert "?" in labels(client, user.as_uri())
    assert client.stop() == 0
