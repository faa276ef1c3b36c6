"""pygls, as far as messages are left to it: handlers, errors, and methods that nobody handles.

Only `protocol` imports this, when it is needed: pygls loads a class for every message that the LSP knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cattrs
import msgspec
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCProtocol, JsonRPCRequestMessage
from pygls.server import JsonRPCServer

__all__ = ["Rpc"]


class _Protocol(JsonRPCProtocol):
    """Messages go out through `send`, framed by the transport."""

    send: Callable[[bytes], None]

    def _send_data(self, data: Any) -> None:
        if data:
            self.send(msgspec.json.encode(data))


class Rpc:
    """`send` gets the bodies of answers."""

    def __init__(self, send: Callable[[bytes], None], handlers: Mapping[str, Callable[[Any], Any]]) -> None:
        protocol = JsonRPCServer(_Protocol, cattrs.Converter).protocol
        assert isinstance(protocol, _Protocol)
        protocol.send = send
        self._protocol = protocol
        for method, handler in handlers.items():
            protocol.fm.add_builtin_feature(method, handler)

    def request(self, id: int | str, method: str, params: Any) -> None:
        self._protocol.handle_message(JsonRPCRequestMessage(id, method, "2.0", params))

    def notification(self, method: str, params: Any) -> None:
        self._protocol.handle_message(JsonRPCNotification(method, "2.0", params))
