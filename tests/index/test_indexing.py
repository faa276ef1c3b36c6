"""Dependencies are indexed when they are asked for: by the command line in its own process, for a server by another."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from closurelens.index.background import Background
from closurelens.index.builder import Builder
from closurelens.index.keys import Keys
from closurelens.index.store import CrateStore
from closurelens.index.worker import read_file
from closurelens.project.load import load_project
from closurelens.project.model import Crate, CrateGraph
from closurelens.resolve.dependencies import Absent, Route
from closurelens.resolve.stored import is_current
from closurelens.stdsig.database import StdDb

FILES = {
    "Cargo.toml": """
        [package]
        name = "user"
        version = "0.1.0"
        edition = "2021"
        [dependencies]
        near = { path = "../near" }
        [workspace]
        """,
    "src/lib.rs": """
        pub fn f(v: near::Value) { let c = || v.consume(); let d = || v.look(); }
        pub fn g() { let v = near::far::make(); let c = || drop(v); }
        """,
    "../near/Cargo.toml": """
        [package]
        name = "near"
        version = "1.0.0"
        edition = "2021"
        [dependencies]
        far = { path = "../far" }
        """,
    "../near/src/lib.rs": """
        pub use far;
        pub struct Value;
        impl Value { pub fn consume(self) {} pub fn look(&self) {} }
        """,
    "../far/Cargo.toml": """
        [package]
        name = "far"
        version = "1.0.0"
        edition = "2021"
        """,
    "../far/src/lib.rs": """
        #[derive(Clone, Copy)] pub struct Made;
        pub fn make() -> Made { Made }
        """,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "user"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def dependency(project: Path) -> tuple[CrateGraph, Crate, Route]:
    graph = load_project(str(project))
    [member] = graph.crates.values()
    crate = graph.dependency_crate(member, "near")
    assert crate is not None
    return graph, crate, Route(member.id, ("near",))


def key(project: Path) -> str:
    graph, crate, _ = dependency(project)
    return Keys(graph).key(crate)


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    os.utime(path, ns=(1, 1))


def test_a_key_is_that_of_sources_and_configuration(project: Path) -> None:
    first = key(project)
    assert key(project) == first
    edit(project / "../near/src/lib.rs", "look", "see")
    second = key(project)
    assert second != first
    edit(project / "../far/src/lib.rs", "Clone, Copy", "Clone")
    third = key(project)
    assert third not in (first, second)
    edit(project / "../near/Cargo.toml", 'edition = "2021"', 'edition = "2018"')
    assert key(project) not in (first, second, third)
    edit(project / "src/lib.rs", "drop(v)", "v")
    assert key(project) == key(project)


def raised(what: str, work: Any) -> Any:
    return work()


def test_the_builder_makes_what_is_missing_once(project: Path, tmp_path: Path) -> None:
    graph, crate, route = dependency(project)
    made: list[str] = []

    def guard(what: str, work: Any) -> Any:
        made.append(what)
        return work()

    store = CrateStore(tmp_path / "cache")
    std = StdDb.load()
    data = Builder(store, std, read_file, guard).load(graph, crate, route)
    assert data is not None
    assert is_current(data)
    assert made == ["indexing near 1.0.0", "indexing far 1.0.0"]
    assert Builder(CrateStore(tmp_path / "cache"), std, read_file, guard).load(graph, crate) == data
    assert len(made) == 2


def test_a_crate_that_cannot_be_made_is_tried_once(project: Path) -> None:
    graph, crate, _ = dependency(project)
    tried: list[str] = []
    builder = Builder(CrateStore(None), StdDb.load(), read_file, lambda what, work: tried.append(what))
    assert builder.load(graph, crate) is None
    assert builder.load(graph, crate) is None
    assert tried == ["indexing near 1.0.0"]


class Waiting:
    def __init__(self) -> None:
        self.event = threading.Event()
        self.background: Background | None = None

    def changed(self) -> None:
        if self.background is not None and self.background.state().finished:
            self.event.set()


@pytest.mark.parametrize("on_disk", [True, False])
def test_another_process_makes_it(project: Path, tmp_path: Path, on_disk: bool) -> None:
    graph, crate, route = dependency(project)
    waiting = Waiting()
    folder = tmp_path / "cache" if on_disk else None
    waiting.background = background = Background(CrateStore(folder), waiting.changed)
    assert background.load(graph, crate, route) == Absent("crate `near` is being indexed")
    assert background.load(graph, crate, route) == Absent("crate `near` is being indexed")
    assert background.state().names == ["near"]
    assert waiting.event.wait(120)
    data = background.load(graph, crate, route)
    assert isinstance(data, bytes)
    assert is_current(data)
    assert data == Builder(CrateStore(None), StdDb.load(), read_file, raised).load(graph, crate)
    worker = background._worker
    background.close()
    assert worker is not None
    assert worker.returncode is not None
    assert isinstance(background.load(graph, crate, Route(route.member)), bytes)


def test_a_worker_that_dies_is_replaced_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, crate, route = dependency(project)
    waiting = Waiting()
    monkeypatch.setattr(sys, "executable", "false")
    waiting.background = background = Background(CrateStore(None), waiting.changed)
    background.load(graph, crate, route)
    assert waiting.event.wait(60)
    answer = background.load(graph, crate, route)
    assert isinstance(answer, Absent)
    assert "could not be indexed" in answer.why
    background.close()


def test_no_process_can_be_started(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, crate, route = dependency(project)
    monkeypatch.setattr(sys, "executable", "/there/is/no/such/file")
    background = Background(CrateStore(None), lambda: None)
    background.load(graph, crate, route)
    answer = background.load(graph, crate, route)
    assert isinstance(answer, Absent)
    assert "could not be indexed" in answer.why
    background.close()


def test_the_worker_ends_with_its_input() -> None:
    worker = subprocess.Popen([sys.executable, "-m", "closurelens.index.worker", ""], stdin=subprocess.PIPE)
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(60) == 0


def report(folder: Path, cache: str) -> dict[str, Any]:
    argv = [sys.executable, "-m", "closurelens.cli.main", "captures", "--format", "json", "."]
    env = {**os.environ, "CLOSURELENS_CACHE_DIR": cache}
    done = subprocess.run(argv, cwd=folder, env=env, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_the_command_line_says_the_same_with_and_without_a_database(project: Path, tmp_path: Path) -> None:
    told = report(project, "")
    cache = str(tmp_path / "cache")
    assert report(project, cache) == told
    assert report(project, cache) == told
    assert list((tmp_path / "cache").iterdir())
    traits = [closure["trait"] for file in told["files"] for closure in file["closures"]]
    assert traits == ["FnOnce", "Fn", "Fn"]
    assert all(closure["certain"] for file in told["files"] for closure in file["closures"])
