"""The first answer about a long document may be a part of it; the client is then told to ask again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.lsp_client import Client

FUNCTION = "fn f%d(mut xs: Vec<u32>, n: u32) { xs.iter_mut().for_each(|x| *x += n); }\n"
COUNT = 600
AT_ONCE = "import closurelens.lsp.handlers.inlay_hints as i; i._FIRST = -1.0; "
"""The first answer ends with the part in which there are closures."""
SERVER = "import sys; from closurelens.lsp.server import main; sys.exit(main())"


@pytest.fixture
def start() -> Iterator[Callable[[bool], Client]]:
    clients: list[Client] = []

    def started(refreshes: bool) -> Client:
        client = Client(AT_ONCE + SERVER)
        clients.append(client)
        client.start({"workspace": {"inlayHint": {"refreshSupport": refreshes}}})
        return client

    yield started
    for client in clients:
        client.stop()


@pytest.fixture
def uri(tmp_path: Path) -> str:
    path = tmp_path / "long.rs"
    path.write_text("".join(FUNCTION % number for number in range(COUNT)), "utf-8")
    return path.as_uri()


def text_of(uri: str) -> str:
    return Path(uri.removeprefix("file://")).read_text("utf-8")


def test_all_hints_are_there_once_the_client_was_told(start: Callable[[bool], Client], uri: str) -> None:
    client = start(True)
    client.open(uri, text_of(uri))
    first = client.hints(uri)
    assert 0 < len(first) < 2 * COUNT
    client.wait_for("workspace/inlayHint/refresh")
    whole = client.hints(uri)
    assert len(whole) == 2 * COUNT
    assert whole[: len(first)] == first


def test_a_question_about_a_part_is_answered_for_that_part(start: Callable[[bool], Client], uri: str) -> None:
    client = start(True)
    client.open(uri, text_of(uri))
    lines = {"start": {"line": 300, "character": 0}, "end": {"line": 310, "character": 0}}
    found = client.request("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": lines})
    assert [hint["position"]["line"] for hint in found] == [line for line in range(300, 310) for _ in range(2)]


def test_a_document_that_was_closed_meanwhile_is_left_alone(start: Callable[[bool], Client], uri: str) -> None:
    client = start(True)
    client.open(uri, text_of(uri))
    assert client.hints(uri)
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    client.open(uri, text_of(uri))
    assert client.hints(uri)


def test_a_client_that_cannot_be_told_waits_for_all(start: Callable[[bool], Client], uri: str) -> None:
    client = start(False)
    client.open(uri, text_of(uri))
    assert len(client.hints(uri)) == 2 * COUNT
