"""A client that speaks to the server over its standard input and output, with the capabilities of a real editor."""

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CAPABILITIES = Path(__file__).parent / "capabilities"
EDITORS = sorted(path.stem for path in CAPABILITIES.glob("*.json"))

Json = dict[str, Any]

_SERVER = "import sys; from closurelens.lsp.server import main; sys.exit(main())"


def capabilities_of(editor: str) -> Json:
    return json.loads((CAPABILITIES / f"{editor}.json").read_text())["capabilities"]


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, error: Json) -> None:
        super().__init__(error["message"])
        self.code: int = error["code"]


class Client:
    """`settings` is what it answers to `workspace/configuration`; `asked` are the server's requests so far."""

    def __init__(self, program: str = _SERVER, *, under_pytest: bool = True) -> None:
        env = dict(os.environ)
        if not under_pytest:
            env.pop("PYTEST_CURRENT_TEST", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, bufsize=0
        )
        self.settings: Any = None
        self.asked: list[Json] = []
        self.notified: list[Json] = []
        self.result: Json = {}
        self._buffer = b""
        self._ids = 0
        self._answers: dict[int, Json] = {}

    # Messages

    def send(self, *messages: Json) -> None:
        out = b""
        for message in messages:
            body = json.dumps({"jsonrpc": "2.0", **message}).encode()
            out += b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        assert self.process.stdin is not None
        self.process.stdin.write(out)

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def next_id(self) -> int:
        self._ids += 1
        return self._ids

    def request(self, method: str, params: Any) -> Any:
        id = self.next_id()
        self.send({"id": id, "method": method, "params": params})
        return self.answer(id)

    def answer(self, id: int) -> Any:
        while id not in self._answers:
            self._take(30)
        message = self._answers.pop(id)
        if "error" in message:
            raise Refused(message["error"])
        return message["result"]

    def wait_for(self, method: str, seconds: float = 10) -> Json:
        """The first request or notification of this name that has not been waited for."""
        end = time.monotonic() + seconds
        while True:
            for got in (self.asked, self.notified):
                for message in got:
                    if message["method"] == method:
                        got.remove(message)
                        return message
            self._take(end - time.monotonic())

    def _take(self, seconds: float) -> None:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], max(seconds, 0))
        if not ready:
            raise TimeoutError
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        if not data:
            raise EOFError(f"the server has ended with {self.process.wait(5)}")
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = int(head.split(b":")[1])
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._took(json.loads(rest[:length]))

    def _took(self, message: Json) -> None:
        if "method" not in message:
            self._answers[message["id"]] = message
        elif "id" in message:
            self.asked.append(message)
            result = [self.settings] if message["method"] == "workspace/configuration" else None
            self.send({"id": message["id"], "result": result})
        else:
            self.notified.append(message)

    # A session

    def start(self, capabilities: Json, options: Any = None) -> Json:
        params = {"processId": None, "rootUri": None, "capabilities": capabilities, "initializationOptions": options}
        self.result = self.request("initialize", params)
        self.notify("initialized", {})
        return self.result["capabilities"]

    @property
    def encoding(self) -> str:
        return self.result["capabilities"]["positionEncoding"]

    def open(self, uri: str, text: str, version: int = 1) -> None:
        document = {"uri": uri, "languageId": "rust", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, uri: str, version: int, *changes: Json) -> None:
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def hints(self, uri: str, end_line: int = 10_000) -> list[Json]:
        at = {"start": {"line": 0, "character": 0}, "end": {"line": end_line, "character": 0}}
        return self.request("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": at})

    def hover(self, uri: str, position: Json) -> Json | None:
        return self.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})

    def actions(self, uri: str, position: Json, **context: Any) -> list[Json]:
        at = {"start": position, "end": position}
        params = {"textDocument": {"uri": uri}, "range": at, "context": {"diagnostics": [], **context}}
        return self.request("textDocument/codeAction", params)

    def stop(self) -> int:
        self.request("shutdown", None)
        self.notify("exit", None)
        code = self.process.wait(10)
        self._close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def label_of(hint: Json) -> str:
    label = hint["label"]
    return label if isinstance(label, str) else "".join(part["value"] for part in label)


def position_of(text: str, offset: int, encoding: str) -> Json:
    """Of a character of the text, as the encoding counts; lines end at `\\n` here."""
    before = text[:offset]
    line = before.rsplit("\n", 1)[-1]
    units = {"utf-8": len(line.encode()), "utf-16": len(line.encode("utf-16-le")) // 2, "utf-32": len(line)}
    return {"line": before.count("\n"), "character": units[encoding]}


def offset_of(text: str, position: Json, encoding: str) -> int:
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: position["line"]])
    line = lines[position["line"]]
    for count in range(len(line) + 1):
        if position_of(line, count, encoding)["character"] == position["character"]:
            return start + count
    raise AssertionError(f"{position} is inside of a character")


def with_hints(text: str, hints: list[Json], encoding: str) -> str:
    """The text as an editor shows it, hints in `«»`."""
    placed = [(offset_of(text, hint["position"], encoding), label_of(hint)) for hint in hints]
    for at, label in sorted(placed, reverse=True):
        text = f"{text[:at]}«{label}»{text[at:]}"
    return text


def with_edit(text: str, edit: Json, encoding: str) -> str:
    """The text after a workspace edit of one file, in either of its forms."""
    if "documentChanges" in edit:
        (change,) = edit["documentChanges"]
        edits = change["edits"]
    else:
        (edits,) = edit["changes"].values()
    placed = [
        (offset_of(text, e["range"]["start"], encoding), offset_of(text, e["range"]["end"], encoding), e["newText"])
        for e in edits
    ]
    for start, end, new in sorted(placed, reverse=True):
        text = text[:start] + new + text[end:]
    return text
