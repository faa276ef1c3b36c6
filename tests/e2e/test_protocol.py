"""What holds for every client: settings, encodings, cancellation, failures, the end."""

import json
import socket
import subprocess
import sys

import pytest
from lsp_client import Client, Json, Refused, capabilities_of, label_of, with_hints
from test_features import SHOWN, TEXT

URI = "file:///nowhere/protocol.rs"


def encodings(*names: str) -> Json:
    return {"general": {"positionEncodings": list(names)}}


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-32", "utf-8", "utf-16"], "utf-32"),
        (["utf-16", "utf-8"], "utf-8"),
        (["utf-16"], "utf-16"),
        (["utf-32"], "utf-32"),
        ([], "utf-16"),
    ],
)
def test_encoding(plain: Client, offered: list[str], chosen: str) -> None:
    plain.start(encodings(*offered))
    assert plain.encoding == chosen
    plain.open(URI, TEXT.replace("|n: i32| {", '|n: i32| { "🦀";'))
    shown = SHOWN.replace("«: FnMut» {", '«: FnMut» { "🦀";')
    moved = 'let _c = "🦀🦀"; let mut add'
    low = {"line": 3, "character": 4}
    high = {"line": 3, "character": 15}
    plain.change(URI, 2, {"range": {"start": low, "end": high}, "text": moved})
    text = TEXT.replace("|n: i32| {", '|n: i32| { "🦀";').replace("let mut add", moved)
    assert with_hints(text, plain.hints(URI), chosen) == shown.replace("let mut add", moved)


def test_settings_from_initialization_options(plain: Client) -> None:
    plain.start({}, {"inlayHints": {"captures": False}})
    plain.open(URI, TEXT)
    assert [label_of(hint) for hint in plain.hints(URI)] == [": FnMut", ": Fn"]


def test_settings_that_are_asked_for(plain: Client) -> None:
    plain.settings = {"closurelens.inlayHints.traits": False, "inlayHints": {"uncertain": 3}, "no.such": 1}
    plain.start(capabilities_of("neovim"))
    plain.wait_for("workspace/inlayHint/refresh")
    plain.open(URI, TEXT)
    assert [label_of(hint) for hint in plain.hints(URI)] == ["move(&mut total, &name)", "move(&n)"]
    logged = [plain.wait_for("window/logMessage")["params"]["message"] for _ in range(2)]
    assert logged == [
        "closurelens: closurelens.inlayHints.uncertain must be true or false, not 3",
        "closurelens: there is no setting closurelens.no.such",
    ]


def test_settings_that_are_pushed(plain: Client) -> None:
    plain.start({})
    plain.open(URI, TEXT)
    plain.notify("workspace/didChangeConfiguration", {"settings": {"closurelens": {"inlayHints": {"traits": False}}}})
    assert len(plain.hints(URI)) == 2


def test_requests_before_a_document_is_open(plain: Client) -> None:
    assert plain.hints(URI) == []
    plain.change(URI, 2, {"text": TEXT})
    plain.start({})
    assert plain.hover(URI, {"line": 0, "character": 0}) is None
    plain.open(URI, TEXT)
    assert len(plain.hints(URI)) == 4


def test_a_cancelled_request_is_answered_once_without_work(plain: Client) -> None:
    plain.start({})
    plain.open(URI, TEXT)
    plain.hints(URI)
    id = plain.next_id()
    params = {"textDocument": {"uri": URI}, "position": {"line": 3, "character": 4}}
    plain.send(
        {"id": id, "method": "textDocument/hover", "params": params},
        {"method": "$/cancelRequest", "params": {"id": id}},
    )
    with pytest.raises(Refused) as refused:
        plain.answer(id)
    assert refused.value.code == -32800
    assert len(plain.hints(URI)) == 4


def test_what_is_no_message_is_survived(plain: Client) -> None:
    plain.start({})
    assert plain.process.stdin is not None
    plain.process.stdin.write(b"Content-Length: 3\r\n\r\n{x}Nonsense: 1\r\n\r\nContent-Length: 2\r\n\r\n[]")
    plain.notify("textDocument/didOpen", {"textDocument": 3})
    plain.notify("textDocument/didChange", None)
    plain.notify("$/unknown", {})
    with pytest.raises(Refused) as refused:
        plain.request("textDocument/noSuch", {})
    assert refused.value.code == -32601
    plain.open(URI, TEXT)
    assert len(plain.hints(URI)) == 4


CRASHING = """
import sys
from closurelens.ide import hover
def crash(*_): raise ZeroDivisionError("on purpose")
hover.hover = crash
from closurelens.lsp.server import main
sys.exit(main())
"""


def test_a_feature_that_fails_does_not_end_the_server() -> None:
    client = Client(CRASHING, under_pytest=False)
    try:
        client.start({})
        client.open(URI, TEXT)
        for _ in range(2):
            assert client.hover(URI, {"line": 3, "character": 20}) is None
        told = client.wait_for("window/logMessage")["params"]
        assert told["type"] == 1
        assert "bug in hover: ZeroDivisionError: on purpose" in told["message"]
        assert len(client.hints(URI)) == 4
        assert client.notified == []
        assert client.stop() == 0
    finally:
        client.kill()


def test_a_feature_that_fails_under_pytest_raises() -> None:
    client = Client(CRASHING)
    try:
        client.start({})
        client.open(URI, TEXT)
        with pytest.raises(Refused):
            client.hover(URI, {"line": 3, "character": 20})
    finally:
        client.kill()


def test_progress_is_told_while_crates_are_read(plain: Client) -> None:
    plain.start(capabilities_of("helix"))
    plain.open(URI, TEXT)
    token = plain.wait_for("window/workDoneProgress/create")["params"]["token"]
    kinds = [plain.wait_for("$/progress")["params"] for _ in range(2)]
    assert [(p["token"], p["value"]["kind"]) for p in kinds] == [(token, "begin"), (token, "end")]


def test_the_end_without_shutdown_is_an_error(plain: Client) -> None:
    plain.start({})
    plain.notify("exit", None)
    assert plain.process.wait(10) == 1


def test_the_end_of_the_input_ends_the_server(plain: Client) -> None:
    plain.start({})
    assert plain.process.stdin is not None
    plain.process.stdin.close()
    assert plain.process.wait(10) == 1


def test_a_closed_document_is_forgotten(plain: Client) -> None:
    plain.start({})
    plain.open(URI, TEXT)
    assert len(plain.hints(URI)) == 4
    plain.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert plain.hints(URI) == []


def test_documents_that_are_no_files(plain: Client) -> None:
    plain.start({})
    plain.open("untitled:Untitled-1", TEXT)
    assert len(plain.hints("untitled:Untitled-1")) == 4


def test_tcp() -> None:
    program = "import sys; from closurelens.lsp.server import main; sys.exit(main(('127.0.0.1', 0)))"
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        port = int(process.stderr.readline().rsplit(b":")[-1])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as server:
            for id, method in ((1, "initialize"), (2, "shutdown")):
                body = json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": {}}).encode()
                server.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
                assert b'"jsonrpc":"2.0"' in server.recv(1 << 16)
            server.sendall(b'Content-Length: 33\r\n\r\n{"jsonrpc":"2.0","method":"exit"}')
            assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
