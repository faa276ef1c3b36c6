"""Dispatch of JSON-RPC messages: pygls's, with plain dicts for what is in the messages.

Invariant: a request is answered exactly once; one that was cancelled before its work started is answered without it.
The answer "content modified" is never given: editors then forget what they show.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import attrs
import cattrs
import msgspec
from lsprotocol.types import ResponseError
from pygls.protocol.json_rpc import (
    JsonRPCNotification,
    JsonRPCProtocol,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
)
from pygls.server import JsonRPCServer

__all__ = ["Connection", "Json", "Protocol"]

Json = dict[str, Any]

_REQUEST_CANCELLED = -32800
_INVALID_REQUEST = -32600
_PARSE_ERROR = -32700

logger = logging.getLogger(__name__)


@attrs.define
class _ErrorMessage:
    id: Any
    jsonrpc: str
    error: ResponseError


class Protocol(JsonRPCProtocol):
    """Messages go out through `send`, framed by the transport."""

    send: Callable[[bytes], None] | None = None

    def handle_message(self, message: Any) -> None:
        """What a keystroke sends does without the context and the future that pygls makes for each handler."""
        kind = message.__class__
        if kind is JsonRPCNotification and message.method == "textDocument/didChange":
            self.fm.builtin_features[message.method](message.params)
        elif kind is JsonRPCRequestMessage and message.method == "textDocument/inlayHint":
            result = self.fm.builtin_features[message.method](message.params)
            self._send_data(JsonRPCResponseMessage(message.id, "2.0", result))
        else:
            super().handle_message(message)

    def _send_data(self, data: Any) -> None:
        if self.send is None or not data:
            return
        self.send(msgspec.json.encode(data))


class Connection:
    """One client: takes raw messages in batches, so that it sees a cancellation before it starts on the request."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.server = JsonRPCServer(Protocol, cattrs.Converter)
        protocol = self.server.protocol
        assert isinstance(protocol, Protocol)
        self.protocol: Protocol = protocol
        protocol.send = send
        self.is_shut_down = False
        self.exit_code: int | None = None
        self.wake: Callable[[], None] = lambda: None
        """Makes the transport look at `exit_code` although nothing has arrived."""
        self._at_end: list[Callable[[], None]] = []

    def register(self, method: str, handler: Callable[[Any], Any]) -> None:
        self.protocol.fm.add_builtin_feature(method, handler)

    def at_end(self, work: Callable[[], None]) -> None:
        """`work` is done by `close`."""
        self._at_end.append(work)

    def close(self) -> None:
        """The client is gone."""
        for work in self._at_end:
            work()
        self._at_end.clear()

    def notify(self, method: str, params: Any) -> None:
        self.protocol.notify(method, params)

    def request(self, method: str, params: Any, then: Callable[[Any], None] | None = None) -> None:
        """Ask the client; `then` gets the result, or None if the client answers with an error."""

        def done(future: Any) -> None:
            error = None if future.cancelled() else future.exception()
            if error is not None:
                logger.warning("the client refused %s: %s", method, error)
            if then is not None and not future.cancelled():
                then(None if error is not None else future.result())

        self.protocol.send_request(method, params).add_done_callback(done)

    def end(self) -> None:
        """Nobody listens any more."""
        if self.exit_code is None:
            self.exit_code = 1
        self.wake()

    def receive(self, batch: list[bytes]) -> None:
        messages = [m for m in map(self._decoded, batch) if m is not None]
        cancelled = {
            _id_of(m.get("params")) for m in messages if m.get("method") == "$/cancelRequest" and "id" not in m
        }
        for message in messages:
            if self.exit_code is not None:
                return
            self._handle(message, cancelled)

    def _decoded(self, raw: bytes) -> Json | None:
        try:
            message = _json(raw)
        except (ValueError, RecursionError) as error:
            self._refuse(None, _PARSE_ERROR, f"not JSON: {error}")
            return None
        if not isinstance(message, dict) or not isinstance(message.get("method"), str | None):
            return None
        return message if isinstance(message.get("id"), int | str | float | None) else None

    def _handle(self, message: Json, cancelled: set[Any]) -> None:
        method = message.get("method")
        id: Any = message.get("id")
        if method is None:
            self._handle_response(message)
        elif "id" not in message:
            if method != "$/cancelRequest":
                self._notified(method, message.get("params"))
        elif id in cancelled:
            self._refuse(id, _REQUEST_CANCELLED, "cancelled")
        elif self.is_shut_down:
            self._refuse(id, _INVALID_REQUEST, "the server is shutting down")
        else:
            self.protocol.handle_message(JsonRPCRequestMessage(id, method, "2.0", message.get("params")))

    def _notified(self, method: str, params: Any) -> None:
        if method == "exit":
            self.exit_code = 0 if self.is_shut_down else 1
        elif method in self.protocol.fm.builtin_features:
            self.protocol.handle_message(JsonRPCNotification(method, "2.0", params))

    def _handle_response(self, message: Json) -> None:
        id: Any = message.get("id")
        self.protocol._result_types.pop(id, None)
        error = message.get("error")
        if isinstance(error, dict):
            code = error.get("code")
            told = ResponseError(code if isinstance(code, int) else 0, str(error.get("message", "")))
            self.protocol.handle_message(_ErrorMessage(id, "2.0", told))
        elif id is not None:
            self.protocol.handle_message(JsonRPCResponseMessage(id, "2.0", message.get("result")))

    def _refuse(self, id: Any, code: int, why: str) -> None:
        if self.protocol.send is not None:
            self.protocol.send(
                msgspec.json.encode({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": why}})
            )


def _json(raw: bytes) -> Any:
    """Editors that keep text as UTF-16 may send half a character: it becomes a question mark, which is as long."""
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return msgspec.json.decode(json.dumps(json.loads(raw), ensure_ascii=False).encode("utf-8", "replace"))


def _id_of(params: Any) -> Any:
    id = params.get("id") if isinstance(params, dict) else None
    return id if isinstance(id, int | str) else None
