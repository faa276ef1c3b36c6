"""Dispatch of JSON-RPC messages, with plain dicts for what is in them.

What start-up and keystrokes consist of is dispatched here; all else by pygls, whose import takes as long as the
rest of a start: it is loaded once the first hints are sent, or when it is asked for. Invariant: a request is answered
exactly once; one that was cancelled before its work started is answered without it. The answer "content modified" is
never given: editors then forget what they show.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from closurelens.lsp.rpc import Rpc

__all__ = ["Connection", "Json"]

Json = dict[str, Any]

_REQUEST_CANCELLED = -32800
_INVALID_REQUEST = -32600
_PARSE_ERROR = -32700

_DIRECT = frozenset(
    [
        "initialize",
        "initialized",
        "shutdown",
        "workspace/didChangeConfiguration",
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "textDocument/inlayHint",
    ]
)
"""Messages that do without pygls. Their handlers are guarded, so that nothing is raised here."""

logger = logging.getLogger(__name__)


class Connection:
    """One client: takes raw messages in batches, so that it sees a cancellation before it starts on the request."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._handlers: dict[str, Callable[[Any], Any]] = {}
        self._asked: dict[str, tuple[str, Callable[[Any], None] | None]] = {}
        self._number = 0
        self._rpc: Rpc | None = None
        self.is_shut_down = False
        self.exit_code: int | None = None
        self.wake: Callable[[], None] = lambda: None
        """Makes the transport look at `exit_code` although nothing has arrived."""
        self.first_hints: Callable[[], None] = lambda: None
        """Called once, when hints have been sent."""
        self._at_end: list[Callable[[], None]] = []

    def register(self, method: str, handler: Callable[[Any], Any]) -> None:
        """To be called before the first message comes."""
        self._handlers[method] = handler

    def at_end(self, work: Callable[[], None]) -> None:
        """`work` is done by `close`."""
        self._at_end.append(work)

    def close(self) -> None:
        """The client is gone."""
        for work in self._at_end:
            work()
        self._at_end.clear()

    def notify(self, method: str, params: Any) -> None:
        self._send(msgspec.json.encode({"jsonrpc": "2.0", "method": method, "params": params}))

    def request(self, method: str, params: Any, then: Callable[[Any], None] | None = None) -> None:
        """Ask the client; `then` gets the result, or None if the client answers with an error."""
        self._number += 1
        id = f"closurelens/{self._number}"
        self._asked[id] = method, then
        self._send(msgspec.json.encode({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))

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
            self._requested(method, id, message.get("params"))

    def _requested(self, method: str, id: Any, params: Any) -> None:
        handler = self._handlers.get(method)
        if handler is None or method not in _DIRECT:
            self._pygls().request(id, method, params)
            return
        self._send(msgspec.json.encode({"jsonrpc": "2.0", "id": id, "result": handler(params)}))
        if method == "textDocument/inlayHint":
            first, self.first_hints = self.first_hints, _nothing
            first()

    def _notified(self, method: str, params: Any) -> None:
        if method == "exit":
            self.exit_code = 0 if self.is_shut_down else 1
        elif method in _DIRECT:
            handler = self._handlers.get(method)
            if handler is not None:
                handler(params)
        elif method in self._handlers:
            self._pygls().notification(method, params)

    def _handle_response(self, message: Json) -> None:
        id = message.get("id")
        method, then = self._asked.pop(id, ("", None)) if isinstance(id, str) else ("", None)
        error = message.get("error")
        if error is not None and method:
            logger.warning("the client refused %s: %s", method, error)
        if then is not None:
            then(None if error is not None else message.get("result"))

    def _pygls(self) -> Rpc:
        if self._rpc is None:
            from closurelens.lsp.rpc import Rpc

            self._rpc = Rpc(self._send, self._handlers)
        return self._rpc

    def _refuse(self, id: Any, code: int, why: str) -> None:
        self._send(msgspec.json.encode({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": why}}))


def _nothing() -> None:
    pass


def _json(raw: bytes) -> Any:
    """Editors that keep text as UTF-16 may send half a character: it becomes a question mark, which is as long."""
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return msgspec.json.decode(json.dumps(json.loads(raw), ensure_ascii=False).encode("utf-8", "replace"))


def _id_of(params: Any) -> Any:
    id = params.get("id") if isinstance(params, dict) else None
    return id if isinstance(id, int | str) else None
