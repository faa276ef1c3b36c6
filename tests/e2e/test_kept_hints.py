"""A server that is started again gives the hints of the last one while they are what it would find itself.

`fresh` is such a server that has nothing kept: what any other says must be what it says, byte for byte.
"""

import asyncio
import gc
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lsp_client import Client

from closurelens.cli import instant
from closurelens.cli.inputs import find
from closurelens.cli.instant import analyse
from closurelens.ide.assists import ASSISTS
from closurelens.index.store import CrateStore
from closurelens.index.trace import digest_of
from closurelens.lsp import keeping
from closurelens.lsp.handlers.lifecycle import ACTION_KINDS
from closurelens.lsp.server import connect
from closurelens.lsp.session import Session
from closurelens.project.load import LoadSettings
from closurelens.project.paths import FOLDER_VARIABLES
from support.projects import COPIED, MANIFEST, OWNED, write_project

CACHE = "CLOSURELENS_CACHE_DIR"
LIB = """\
mod near;
#[path = "../../beyond.rs"]
mod beyond;
mod missing;
include!("text.in");
pub fn f() { let made = near::make(); let c = || { let _taken = made; }; c(); }
pub fn g() { let made = beyond::make(); let c = /* é🦀 */ || { let _taken = made; }; c(); }
pub fn h() { let made = d::make(); let c = || { let _taken = made; }; c(); } pub fn h2() { let _c = || 1; }
pub fn i() { let made = missing::make(); let c = || { let _taken = made; }; c(); }
pub fn j() { let made = included(); let c = || { let _taken = made; }; c(); }
pub fn k(s: (String, u8)) { let c = || s.0.len(); c(); let _ = async move { s }; }
macro_rules! item { ($n:ident, $e:expr) => { fn $n(v: Vec<u8>) { let c = $e; c(v); } } }
item!(made, |x: Vec<u8>| x.len());
"""
RESOLVING = {"textDocument": {"inlayHint": {"resolveSupport": {"properties": ["tooltip"]}}}}
REFRESHING = {**RESOLVING, "workspace": {"inlayHint": {"refreshSupport": True}}}
LONG_AGO = 1_600_000_000


class Server:
    """A server in this process; `running` are those that have not ended."""

    running: list["Server"] = []

    def __init__(self, encoding: str = "utf-16", settings: Any = None, capabilities: Any = RESOLVING) -> None:
        self.running.append(self)
        self.sent: list[Any] = []
        self._connection = connect(lambda body: self.sent.append(json.loads(body)))
        offered = {"general": {"positionEncodings": [encoding]}, **capabilities}
        self.ask("initialize", {"capabilities": offered, "initializationOptions": settings})
        self.tell("initialized", {})

    def tell(self, method: str, params: Any, **id: int) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params, **id}
        self._connection.receive([json.dumps(message).encode()])

    def ask(self, method: str, params: Any) -> Any:
        self.tell(method, params, id=1)
        return next(message["result"] for message in reversed(self.sent) if message.get("id") == 1)

    def open(self, path: Path, text: str | None = None) -> str:
        text = path.read_text("utf-8") if text is None else text
        uri = path.as_uri()
        self.tell(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "rust", "version": 1, "text": text}},
        )
        return uri

    def hints(self, uri: str, first: int = 0, last: int = 1_000) -> Any:
        lines = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 3}}
        return self.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": lines})

    def insert(self, uri: str, line: int, text: str) -> None:
        at = {"line": line, "character": 0}
        change = {"range": {"start": at, "end": at}, "text": text}
        self.tell("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [change]})

    def end(self) -> None:
        self.running.remove(self)
        self._connection.close()


@pytest.fixture(autouse=True)
def all_end() -> Iterator[None]:
    yield
    for server in list(Server.running):
        server.end()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Session]:
    """The sessions that have made an analysis."""
    sessions: list[Session] = []
    make = Session._made

    def counted(session: Session) -> Any:
        sessions.append(session)
        return make(session)

    monkeypatch.setattr(Session, "_made", counted)
    return sessions


def age(folder: Path) -> None:
    """Files that were just written are not trusted."""
    for at, _, files in os.walk(folder):
        for name in files:
            os.utime(os.path.join(at, name), (LONG_AGO, LONG_AGO))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    write_project(tmp_path, LIB)
    age(tmp_path)
    index_dependencies(tmp_path)
    return tmp_path


def index_dependencies(project: Path) -> None:
    """As the command line does, which leaves its databases open until it ends."""
    analyse(find([str(project / "p")])[0], LoadSettings(), jobs=1)
    instant._worlds.clear()
    gc.unfreeze()
    gc.collect()


def keep(project: Path, **options: Any) -> Any:
    """The hints that a server gives which then ends."""
    server = Server(**options)
    found = server.hints(server.open(project / "p/src/lib.rs"))
    server.end()
    return found


@pytest.fixture
def fresh(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Server]:
    """A server that knows of the dependencies what all know, and has no hints of another one."""

    def make(**options: Any) -> Server:
        with monkeypatch.context() as patch:
            patch.setattr("closurelens.lsp.kept.cache_folder", lambda: None)
            return Server(**options)

    return make


def fresh_hints(fresh: Callable[..., Server], project: Path, **options: Any) -> Any:
    server = fresh(**options)
    found = server.hints(server.open(project / "p/src/lib.rs"))
    server.end()
    return found


ENCODINGS = ("utf-8", "utf-16", "utf-32")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("capabilities", [RESOLVING, {}], ids=["resolving", "plain"])
def test_kept_hints_are_what_an_analysis_finds(
    project: Path, fresh: Callable[..., Server], made: list[Session], encoding: str, capabilities: Any
) -> None:
    options = {"encoding": encoding, "capabilities": capabilities}
    first = keep(project, **options)
    assert first == fresh_hints(fresh, project, **options)
    server, other = Server(**options), fresh(**options)
    uri = server.open(project / "p/src/lib.rs")
    other.open(project / "p/src/lib.rs")
    made.clear()
    assert server.hints(uri) == first
    lines = LIB.count("\n") + 1
    for low in range(lines):
        for high in range(low, lines):
            assert server.hints(uri, low, high) == other.hints(uri, low, high)
    assert len(made) == 0


def written(name: str, text: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text, "utf-8")
        os.utime(project / name, (LONG_AGO, LONG_AGO + 7))

    return change


def same_size(project: Path) -> None:
    """Only the time tells that the file is another one."""
    path = project / "p/src/near.rs"
    path.write_text(COPIED.replace("\n", " " * (len(OWNED) - len(COPIED)) + "\n"), "utf-8")
    assert path.stat().st_size == len(OWNED)
    os.utime(path, (LONG_AGO, LONG_AGO + 1))


def another_file(project: Path) -> None:
    """Only the file's identity tells."""
    path = project / "p/src/near.rs"
    new = project / "p/src/new"
    new.write_text(COPIED.replace("\n", " " * (len(OWNED) - len(COPIED)) + "\n"), "utf-8")
    os.utime(new, (LONG_AGO, LONG_AGO))
    os.replace(new, path)


def renamed(project: Path) -> None:
    os.replace(project / "p/src/near.rs", project / "p/src/missing.rs")


def without_dependencies(project: Path) -> None:
    for path in (project / "cache").glob("crates-*"):
        path.unlink()


CHANGES: dict[str, Callable[[Path], None]] = {
    "the file itself": written("p/src/lib.rs", LIB.replace("near::make()", "1")),
    "a file of the crate": written("p/src/near.rs", COPIED),
    "a file of the crate, with as many bytes": same_size,
    "a file of the crate, of the same time and size": another_file,
    "a file of the crate that was missing": written("p/src/missing.rs", OWNED),
    "a folder's file where one was missing": written("p/src/missing/mod.rs", OWNED),
    "a second file for a module": written("p/src/near/mod.rs", COPIED),
    "a file of the crate that is gone": lambda project: (project / "p/src/near.rs").unlink(),
    "a file of another name": renamed,
    "a file outside the package": written("beyond.rs", COPIED),
    "a file outside the package that is gone": lambda project: (project / "beyond.rs").unlink(),
    "included text": written("p/src/text.in", COPIED.replace("make", "included")),
    "a dependency": written("d/src/lib.rs", COPIED),
    "a dependency's edition": written("d/Cargo.toml", '[package]\nname = "d"\nversion = "0.1.0"\nedition = "2024"\n'),
    "a dependency that is not indexed": without_dependencies,
    "the edition": written("p/Cargo.toml", MANIFEST.replace("2021", "2018")),
    "no such dependency": written("p/Cargo.toml", MANIFEST.partition("d = {")[0]),
    "a workspace around it": written("Cargo.toml", '[workspace]\nmembers = ["p", "d"]\n'),
    "a broken manifest": written("p/Cargo.toml", "[package"),
    "a manifest below": written("p/src/Cargo.toml", MANIFEST.replace("2021", "2018").replace("../d", "../../d")),
    "a lock file": written("p/Cargo.lock", 'version = 4\n[[package]]\nname = "p"\nversion = "0.1.0"\n'),
    "cargo's configuration": written("p/.cargo/config.toml", '[build]\ntarget = "wasm32-unknown-unknown"\n'),
    "cargo's configuration above": written(".cargo/config.toml", '[build]\ntarget = "wasm32-unknown-unknown"\n'),
    "a target that is found by its place": written("p/src/main.rs", "fn main() {}\n"),
    "a test": written("p/tests/all.rs", "fn main() {}\n"),
}
NEUTRAL = (
    "a second file for a module",
    "a workspace around it",
    "a lock file",
    "a target that is found by its place",
    "a test",
)
"""They could change the answer, but not this one."""


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_is_looked_at_anew(
    what: str, project: Path, fresh: Callable[..., Server], made: list[Session]
) -> None:
    before = keep(project)
    CHANGES[what](project)
    expected = fresh_hints(fresh, project)
    made.clear()
    assert keep(project) == expected
    assert len(made) == 1
    assert (expected == before) == (what in NEUTRAL), "this change does not tell whether it is seen"


def test_what_has_not_changed_is_not(project: Path, made: list[Session]) -> None:
    """The tests above can fail: nothing else makes an analysis."""
    before = keep(project)
    made.clear()
    (project / "elsewhere.rs").write_text("fn f() {}")
    (project / "p/src/unheard_of.rs").write_text("fn f() {}")
    (project / "p/README.md").write_text("words")
    assert keep(project) == before
    assert made == []


@pytest.mark.parametrize("order", [("lib", "near"), ("near", "lib")])
@pytest.mark.parametrize("name", ["near", "missing"])
def test_another_document_is_not_what_the_disk_has(
    project: Path, fresh: Callable[..., Server], order: tuple[str, str], name: str
) -> None:
    before = keep(project)
    found: list[Any] = []
    for server in (Server(), fresh()):
        for which in order:
            if which == "lib":
                uri = server.open(project / "p/src/lib.rs")
                if order[0] == "lib":
                    assert server.hints(uri) == before
            else:
                server.open(project / f"p/src/{name}.rs", COPIED)
        found.append(server.hints(uri))
        server.end()
    assert found[0] == found[1] != before


def test_another_document_is_what_the_disk_has(project: Path, made: list[Session]) -> None:
    server = Server()
    uris = [server.open(project / f"p/src/{name}.rs") for name in ("lib", "near")]
    found = [server.hints(uri) for uri in uris]
    server.end()
    made.clear()
    server = Server()
    assert [server.open(project / f"p/src/{name}.rs") for name in ("lib", "near")] == uris
    assert [server.hints(uri) for uri in uris] == found
    assert made == []


def test_a_text_that_is_not_the_one(project: Path, fresh: Callable[..., Server]) -> None:
    """A buffer that was not saved when the editor ended may come back."""
    keep(project)
    found: list[Any] = []
    for server in (Server(), fresh()):
        found.append(server.hints(server.open(project / "p/src/lib.rs", LIB.replace("near::make()", "1"))))
    assert found[0] == found[1]


def test_a_buffer_that_is_not_saved_is_not_kept(project: Path, made: list[Session]) -> None:
    before = keep(project)
    server = Server()
    uri = server.open(project / "p/src/lib.rs")
    server.insert(uri, 5, "pub fn more() { let _c = || 1; }\n")
    assert len(server.hints(uri)) == len(before) + 1
    server.end()
    made.clear()
    assert keep(project) == before
    assert made == []


SETTINGS = [
    {"inlayHints.traits": False},
    {"inlayHints.captures": False},
    {"inlayHints.uncertain": False},
    {"index.dependencies": False},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_other_settings_are_other_questions(
    project: Path, fresh: Callable[..., Server], made: list[Session], settings: Any
) -> None:
    before = keep(project)
    expected = fresh_hints(fresh, project, settings=settings)
    assert keep(project, settings=settings) == expected != before
    made.clear()
    assert keep(project, settings=settings) == expected
    server = Server()
    uri = server.open(project / "p/src/lib.rs")
    assert server.hints(uri) == before
    server.tell("workspace/didChangeConfiguration", {"settings": settings})
    assert server.hints(uri) == expected
    assert made == []


@pytest.mark.parametrize("variable", FOLDER_VARIABLES)
def test_other_folders_of_cargo_are_other_questions(
    project: Path, made: list[Session], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    keep(project)
    made.clear()
    keep(project)
    assert made == []
    monkeypatch.setenv(variable, str(project / "elsewhere"))
    keep(project)
    assert made != []


def test_settings_that_nothing_is_kept_for(project: Path, fresh: Callable[..., Server]) -> None:
    keep(project)
    server = Server()
    uri = server.open(project / "p/src/lib.rs")
    server.hints(uri)
    server.tell("workspace/didChangeConfiguration", {"settings": SETTINGS[0]})
    assert server.hints(uri) == fresh_hints(fresh, project, settings=SETTINGS[0])


def damage_all(data: bytes) -> bytes:
    return b"nonsense" * 1_000


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",
    "truncated": lambda data: data[: len(data) // 2],
    "garbled": lambda data: bytes(byte ^ 0x55 for byte in data),
    "garbled at the end": lambda data: data[:4096] + bytes(byte ^ 0x55 for byte in data[4096:]),
    "something else": damage_all,
}


def written_out(project: Path) -> Path:
    """The database in one file."""
    (path,) = (project / "cache").glob("hints-*.sqlite3")
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_cache_is_as_if_it_were_empty(project: Path, how: str, made: list[Session]) -> None:
    before = keep(project)
    path = written_out(project)
    path.write_bytes(DAMAGES[how](path.read_bytes()))
    made.clear()
    assert keep(project) == before
    assert len(made) == 1
    assert keep(project) == before
    assert len(made) == 1


@pytest.mark.parametrize("data", [b"", b"\xc1", msgspec.msgpack.encode({"files": 3}), msgspec.msgpack.encode([1, 2])])
def test_rows_that_make_no_sense(project: Path, data: bytes, made: list[Session]) -> None:
    before = keep(project)
    store = CrateStore(project / "cache", "hints")
    database = sqlite3.connect(written_out(project))
    keys = [key for (key,) in database.execute("SELECT key FROM crates")]
    database.close()
    assert keys
    for key in keys:
        store.put(key, "", "", data)
    store.close()
    made.clear()
    assert keep(project) == before
    assert len(made) == 1


def test_nothing_is_kept_where_nothing_may_be(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, "")
    keep(project)
    assert not list(project.glob("**/hints-*"))


def test_a_file_that_was_just_written_is_not_trusted(project: Path, made: list[Session]) -> None:
    """Another change within the same tick of a clock would not show."""
    (project / "p/src/near.rs").write_text(OWNED)
    keep(project)
    made.clear()
    keep(project)
    assert len(made) == 1


def test_a_change_while_the_server_runs_is_not_kept_over(project: Path, fresh: Callable[..., Server]) -> None:
    server = Server()
    uri = server.open(project / "p/src/lib.rs")
    server.hints(uri)
    written("p/src/near.rs", COPIED)(project)
    server.end()
    assert keep(project) == fresh_hints(fresh, project)


def test_a_change_that_is_told_of(project: Path, fresh: Callable[..., Server]) -> None:
    before = keep(project)
    server = Server()
    uri = server.open(project / "p/src/lib.rs")
    assert server.hints(uri) == before
    written("p/src/near.rs", COPIED)(project)
    changed = {"uri": (project / "p/src/near.rs").as_uri(), "type": 2}
    server.tell("workspace/didChangeWatchedFiles", {"changes": [changed]})
    assert server.hints(uri) == fresh_hints(fresh, project) != before
    server.end()


def test_what_comes_after_kept_hints(project: Path, fresh: Callable[..., Server]) -> None:
    """Tooltips, hovers, repairs and edits are answered as if an analysis had been there all the time."""
    keep(project)
    told: list[list[Any]] = []
    for server in (Server(), fresh()):
        uri = server.open(project / "p/src/lib.rs")
        hints = server.hints(uri)
        document = {"uri": uri}
        at = {"line": 5, "character": LIB.splitlines()[5].index("||")}
        answers: list[Any] = [hints, [server.ask("inlayHint/resolve", hint) for hint in hints]]
        answers.append(server.ask("textDocument/hover", {"textDocument": document, "position": at}))
        action = {"textDocument": document, "range": {"start": at, "end": at}, "context": {"diagnostics": []}}
        answers.append(server.ask("textDocument/codeAction", action))
        server.insert(uri, 5, "pub fn more(s: String) { let _c = || s.len(); }\n")
        answers.append(server.hints(uri))
        told.append(answers)
    assert told[0] == told[1]
    assert "tooltip" in json.dumps(told[0][1])
    assert told[0][2] is not None
    assert len(told[0][4]) == len(told[0][0]) + 2


def test_an_edit_right_after_kept_hints(project: Path, fresh: Callable[..., Server]) -> None:
    keep(project)
    found: list[Any] = []
    for server in (Server(), fresh()):
        uri = server.open(project / "p/src/lib.rs")
        server.hints(uri)
        server.insert(uri, 0, "// é\n")
        found.append(server.hints(uri))
    assert found[0] == found[1]


def test_two_servers_at_once(project: Path, made: list[Session]) -> None:
    servers = [Server(), Server()]
    found = [server.hints(server.open(project / "p/src/lib.rs")) for server in servers]
    for server in servers:
        server.end()
    assert found[0] == found[1]
    made.clear()
    servers = [Server(), Server()]
    assert [server.hints(server.open(project / "p/src/lib.rs")) for server in servers] == found
    assert made == []


# With a loop, and as a process


async def until(what: Callable[[], object]) -> None:
    for _ in range(600):
        if what():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(keeping, "_IDLE", 0.05)
    monkeypatch.setattr(keeping, "_AFTER_KEPT", 0.05)
    yield


@pytest.mark.asyncio
async def test_hints_are_kept_when_nothing_is_asked(
    project: Path, made: list[Session], hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_AT_END", 0.0)
    server = Server()
    before = server.hints(server.open(project / "p/src/lib.rs"))
    await until(lambda: list((project / "cache").glob("hints-*.sqlite3")) and rows(project) == 2)
    server.end()
    made.clear()
    server = Server()
    assert server.hints(server.open(project / "p/src/lib.rs")) == before
    assert made == []


def rows(project: Path) -> int:
    (path,) = (project / "cache").glob("hints-*.sqlite3")
    database = sqlite3.connect(path)
    try:
        return database.execute("SELECT count(*) FROM crates").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        database.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("is_false", [True, False])
async def test_hints_are_drawn_anew_where_kept_ones_differ(
    project: Path, made: list[Session], hurried: None, is_false: bool
) -> None:
    """A kept row is made false here. The analysis is made meanwhile, by another thread."""
    before = keep(project, capabilities=REFRESHING)
    if is_false:
        falsify(project)
    made.clear()
    server = Server(capabilities=REFRESHING)
    uri = server.open(project / "p/src/lib.rs")
    assert (server.hints(uri) == before) != is_false
    session = server_session(server)
    await until(lambda: session.documents[uri].kept is None)
    await asyncio.sleep(0.5)
    assert made == []
    asked = [message for message in server.sent if message.get("method") == "workspace/inlayHint/refresh"]
    assert len(asked) == is_false
    assert server.hints(uri) == before
    server.end()


def server_session(server: Server) -> Session:
    scheduler = server._connection._at_end[0].__self__  # type: ignore[attr-defined]
    return scheduler._session


def falsify(project: Path) -> None:
    store = CrateStore(project / "cache", "hints")
    database = sqlite3.connect(written_out(project))
    ((key, data),) = database.execute("SELECT key, data FROM crates WHERE name <> ''").fetchall()
    database.close()
    text, trace, hints = msgspec.msgpack.decode(data)
    assert text == digest_of(LIB.encode())
    store.put(key, "x", "", msgspec.msgpack.encode([text, trace, hints[1:]]))
    store.close()


@pytest.mark.asyncio
async def test_an_edit_while_the_analysis_is_made(
    project: Path, fresh: Callable[..., Server], hurried: None, made: list[Session]
) -> None:
    keep(project)
    other = fresh()
    expected: list[Any] = []
    for delay in (0.0, 0.055, 0.06, 0.08, 0.2):
        server = Server()
        uri = server.open(project / "p/src/lib.rs")
        server.hints(uri)
        await asyncio.sleep(delay)
        server.open(project / "p/src/near.rs", COPIED)
        server.insert(uri, 0, "// é\n")
        if not expected:
            other.open(project / "p/src/lib.rs")
            other.open(project / "p/src/near.rs", COPIED)
            other.insert(uri, 0, "// é\n")
            expected = other.hints(uri)
        assert server.hints(uri) == expected
        server.end()


PROGRAM = """
import json, sys
from closurelens.lsp.server import connect
sent = []
connection = connect(sent.append)
def say(**message):
    connection.receive([json.dumps({"jsonrpc": "2.0", **message}).encode()])
uri, text = sys.argv[1], open(sys.argv[2], encoding="utf-8").read()
say(id=1, method="initialize", params={"capabilities": {}})
say(method="initialized", params={})
say(method="textDocument/didOpen", params={"textDocument": {"uri": uri, "version": 1, "text": text}})
lines = {"start": {"line": 0, "character": 0}, "end": {"line": 100, "character": 0}}
say(id=2, method="textDocument/inlayHint", params={"textDocument": {"uri": uri}, "range": lines})
loaded = [name for name in ("syntax", "hir", "resolve", "infer", "capture", "world", "ide.hover", "project.load")
          if "closurelens." + name in sys.modules]
connection.close()
print(json.dumps([json.loads(sent[-1])["result"], loaded]))
"""


def test_a_second_start_loads_no_analysis(project: Path) -> None:
    told: list[Any] = []
    path = project / "p/src/lib.rs"
    for _ in range(2):
        command = [sys.executable, "-c", PROGRAM, path.as_uri(), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        told.append(json.loads(done.stdout.splitlines()[-1]))
    assert told[0][0] == told[1][0] != []
    assert "world" in told[0][1]
    assert told[1][1] == []


def test_a_server_that_is_told_to_end_keeps_its_hints(project: Path, made: list[Session], plain: Client) -> None:
    path = project / "p/src/lib.rs"
    plain.start({"general": {"positionEncodings": ["utf-16"]}})
    plain.open(path.as_uri(), path.read_text("utf-8"))
    first = plain.hints(path.as_uri())
    plain.process.send_signal(signal.SIGTERM)
    plain.process.wait(10)
    server = Server(capabilities={})
    assert server.hints(server.open(path)) == first != []
    assert made == []


def test_the_kinds_of_repairs_are_told_without_loading_them() -> None:
    assert set(ACTION_KINDS) == {assist.kind for assist in ASSISTS}
