"""Whatever a client sends, the server goes on and answers the next sensible request."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsp_client import Client, Json, Refused, capabilities_of, label_of
from test_features import TEXT

URI = "file:///nowhere/nonsense.rs"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ODD = st.sampled_from([None, True, -1, 0, 3, 10**30, 1.5, "", "x", [], [3], {}, {"line": []}, "\ud800"])
POSITION = ODD | st.fixed_dictionaries({"line": ODD, "character": ODD})
RANGE = POSITION | st.fixed_dictionaries({"start": POSITION, "end": POSITION})
DOCUMENT = ODD | st.fixed_dictionaries({"uri": st.sampled_from([URI, 3, "file:", "x"]), "version": ODD, "text": ODD})
CHANGE = ODD | st.fixed_dictionaries({"range": RANGE, "text": ODD})
PARAMS = ODD | st.fixed_dictionaries(
    {
        "textDocument": DOCUMENT,
        "position": POSITION,
        "range": RANGE,
        "contentChanges": ODD | st.lists(CHANGE, max_size=2),
        "context": ODD | st.fixed_dictionaries({"only": ODD, "triggerKind": ODD}),
        "data": ODD | st.fixed_dictionaries({"uri": ODD | st.just(URI), "closure": ODD, "kind": ODD, "target": ODD}),
        "settings": JSON,
    }
)
REQUESTS = (
    "textDocument/inlayHint", "inlayHint/resolve", "textDocument/hover", "textDocument/codeAction",
    "codeAction/resolve", "no/such",
)  # fmt: skip
NOTIFICATIONS = (
    "initialized", "textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "textDocument/didSave",
    "workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles", "$/cancelRequest", "$/setTrace", "no/such",
)  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    client = Client()
    client.start(capabilities_of("vscode"))
    yield client
    assert client.stop() == 0


def is_sane(client: Client) -> bool:
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    client.open(URI, TEXT)
    return [label_of(hint) for hint in client.hints(URI)] == ["move(&mut total, &name)", ": FnMut", "move(&n)", ": Fn"]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(REQUESTS + NOTIFICATIONS), PARAMS), min_size=1, max_size=8))
def test_params_of_any_form(client: Client, sent: list[tuple[str, Any]]) -> None:
    """The settings come last: they are what lasts."""
    for method, params in sent:
        if method in REQUESTS:
            try:
                client.request(method, params)
            except Refused as refused:
                assert method == "no/such", refused
        else:
            client.notify(method, params)
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    assert is_sane(client)


MESSAGES = (
    b"{}", b"3", b"null", b"[]", b'""', b"{x}", b"\xff", b"", b"[" * 100_000, b'{"a":' * 20_000,
    b'{"id":[1],"method":"textDocument/hover","params":{}}', b'{"id":{},"method":"textDocument/hover"}',
    b'{"id":null,"method":"textDocument/hover"}', b'{"id":1.5,"method":"textDocument/hover"}',
    b'{"method":3}', b'{"id":77,"method":[]}', b'{"id":"x","result":1}', b'{"id":[1],"result":1}',
    b'{"id":9999,"error":{"code":"x"}}', b'{"id":{},"error":{"code":1}}', b'{"id":9998,"error":3}',
    b'{"method":"$/cancelRequest","params":{"id":[1]}}', b'{"method":"textDocument/didOpen","params":[1]}',
    b'{"method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a.rs","text":"\\ud800"}}}',
)  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: repr(message[:40]))
def test_messages_of_any_form(client: Client, message: bytes) -> None:
    stdin = client.process.stdin
    assert stdin is not None
    stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(message), message))
    assert is_sane(client)


@pytest.mark.parametrize("head", [b"Content-Length: x\r\n\r\n", b"\r\n\r\n", b"Content-Length: -5\r\n\r\n"])
def test_headers_of_any_form(client: Client, head: bytes) -> None:
    stdin = client.process.stdin
    assert stdin is not None
    stdin.write(head)
    assert is_sane(client)


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1", "git:/a/b.rs?%7B%22ref%22%3A%22HEAD%22%7D", "vscode-notebook-cell:/x#y", "", "x",
        "file:", "file://", "file:///", "file:///%00.rs", "file:///%ff.rs", "file://host/share/a.rs", "FILE:///a.rs",
        "file:///c%3A/a.rs", "file:///a/../../b.rs", "http://[::1/a.rs", "file://[::1/a.rs", "file:///tmp",
        "file:///" + "a" * 5000 + ".rs",
    ],
)  # fmt: skip
def test_documents_of_any_name(client: Client, uri: str) -> None:
    client.open(uri, TEXT)
    assert len(client.hints(uri)) == 4
    client.change(uri, 2, {"text": TEXT + TEXT})
    assert len(client.hints(uri)) == 8
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert client.hints(uri) == []


@pytest.mark.parametrize("document", ["", 3, [], {}, {"uri": 3}])
def test_a_change_of_no_document(client: Client, document: object) -> None:
    """The document without a name is open."""
    client.open("", TEXT)
    client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"range": 3, "text": ""}]})
    client.notify("textDocument/didClose", {"textDocument": {"uri": ""}})
    assert is_sane(client)


def test_versions_that_go_backwards(client: Client) -> None:
    """Changes count in the order in which they come."""
    client.open(URI, TEXT, version=9)
    client.change(URI, 3, {"text": ""})
    assert client.hints(URI) == []
    client.change(URI, -1, {"text": TEXT})
    assert len(client.hints(URI)) == 4


def test_a_document_is_opened_twice(client: Client) -> None:
    client.open(URI, "")
    client.open(URI, TEXT)
    assert len(client.hints(URI)) == 4
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert client.hints(URI) == []


def test_a_file_under_two_names(client: Client) -> None:
    other = URI.replace("nonsense", "%6eonsense")
    client.open(URI, TEXT)
    client.open(other, TEXT)
    client.notify("textDocument/didClose", {"textDocument": {"uri": other}})
    start = {"line": 0, "character": 0}
    client.change(URI, 2, {"range": {"start": start, "end": start}, "text": "// é\n"})
    assert len(client.hints(URI)) == 4


def test_a_change_of_a_closed_document(client: Client) -> None:
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    client.change(URI, 5, {"text": TEXT})
    assert client.hints(URI) == []
    assert is_sane(client)


TEXTS = ("fn f() {" * 5_000, "(" * 500, "|" * 50_000, "\x00\x01\r\r\n" * 1000, "\ufeff" + TEXT, "\ud800" + TEXT)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:12]))
def test_texts_of_any_form(client: Client, text: str) -> None:
    client.open("file:///nowhere/odd.rs", text)
    client.hints("file:///nowhere/odd.rs")
    assert is_sane(client)


def test_a_long_file(client: Client) -> None:
    uri = "file:///nowhere/long.rs"
    lines = 1_500
    text = "".join(f"fn f{n}(a: u32) -> u32 {{ let g = |x: u32| x + a; g({n}) }}\n" for n in range(lines))
    client.open(uri, text)
    last = {"start": {"line": lines - 1, "character": 0}, "end": {"line": lines, "character": 0}}
    params = {"textDocument": {"uri": uri}, "range": last}
    assert len(client.request("textDocument/inlayHint", params)) == 2
    at = {"line": lines - 1, "character": 5}
    client.change(uri, 2, {"range": {"start": at, "end": at}, "text": "x"})
    assert len(client.request("textDocument/inlayHint", params)) == 2


PARENT = """
import json, subprocess, sys, os, time
server = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=int(sys.argv[2]), stdout=int(sys.argv[3]))
print(os.getpid(), server.pid, flush=True)
sys.stdin.read()
"""


def test_the_end_of_the_clients_process_ends_the_server() -> None:
    """Though its input stays open, as it does when another process has inherited it."""
    program = "import sys; from closurelens.lsp.server import main; sys.exit(main())"
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    arguments = [sys.executable, "-c", PARENT, program, str(their_in), str(their_out)]
    parent = subprocess.Popen(arguments, stdin=-1, stdout=-1, pass_fds=(their_in, their_out))
    assert parent.stdin is not None and parent.stdout is not None
    try:
        process, server = map(int, parent.stdout.readline().split())
        os.close(their_out)
        message: Json = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": process}}
        body = json.dumps(message).encode()
        os.write(our_out, b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        assert b"capabilities" in os.read(our_in, 1 << 16)
        parent.stdin.close()
        parent.wait(10)
        assert os.read(our_in, 1) == b""
        assert not Path(f"/proc/{server}/cmdline").exists() or not Path(f"/proc/{server}/cmdline").read_bytes()
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        for end in (their_in, our_out, our_in):
            os.close(end)


@pytest.mark.parametrize("process", [None, 0, -1, 10**30, 2**22 + 1, "x"])
def test_a_client_whose_process_cannot_be_seen(plain: Client, process: Any) -> None:
    plain.request("initialize", {"processId": process, "capabilities": {}})
    plain.notify("initialized", {})
    time.sleep(0.1)
    plain.open(URI, TEXT)
    assert len(plain.hints(URI)) == 4
