"""A server without a process: messages are handed over as bytes, and what it sends is kept."""

import json
from typing import Any

from closurelens.lsp.protocol import Connection
from closurelens.lsp.server import connect, prepare_process
from closurelens.lsp.transport import Frames, framed

Json = dict[str, Any]


class InProcess:
    """`send` gives a message to the server and returns what it answered at once."""

    def __init__(self, encoding: str = "utf-8") -> None:
        prepare_process()
        self._sent: list[bytes] = []
        self.connection: Connection = connect(lambda body: self._sent.append(framed(body)))
        self._frames = Frames()
        self._id = 0
        self.request("initialize", {"capabilities": {"general": {"positionEncodings": [encoding]}}})
        self.notify("initialized", {})

    def request(self, method: str, params: Any) -> Any:
        self._id += 1
        raw = json.dumps({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}).encode()
        answer = self.raw(raw)
        return json.loads(answer)["result"]

    def notify(self, method: str, params: Any) -> None:
        self.raw(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def raw(self, *messages: bytes) -> bytes:
        """Handle messages; the last thing the server says to them, not decoded."""
        self._sent.clear()
        self.connection.receive(self._frames.feed(b"".join([framed(message) for message in messages])))
        return self._sent[-1].partition(b"\r\n\r\n")[2] if self._sent else b""
