"""pygls is loaded when a message needs it, not for the first hints."""

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from closurelens.lsp.server import connect
sent = []
connection = connect(sent.append)
def say(**message):
    connection.receive([json.dumps({"jsonrpc": "2.0", **message}).encode()])
    return any(name.partition(".")[0] == "lsprotocol" for name in sys.modules)
document = {"uri": "file:///nowhere/a.rs"}
text = "fn f(v: Vec<i32>) { let c = || v.len(); c(); }"
before = [
    say(id=1, method="initialize", params={"capabilities": {"workspace": {"inlayHint": {"refreshSupport": True}}}}),
    say(method="initialized", params={}),
    say(method="textDocument/didOpen", params={"textDocument": {**document, "version": 1, "text": text}}),
    say(
        id=2,
        method="textDocument/inlayHint",
        params={
            "textDocument": document,
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}},
        },
    ),
]
after = [
    say(id=3, method="textDocument/hover", params={"textDocument": document, "position": {"line": 0, "character": 28}}),
    say(id=4, method="no/such/method", params=None),
]
answers = {message["id"]: message for message in map(json.loads, sent) if "id" in message}
hovered = "v" in json.dumps(answers[3]["result"])
print(json.dumps([before, after, len(answers[2]["result"]), hovered, answers[4]["error"]["code"]]))
"""


def test_first_hints_come_without_pygls_and_all_else_with_it() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, after, hints, hovered, code = json.loads(done.stdout.splitlines()[-1])
    assert before == [False] * 4
    assert after == [True, True]
    assert (hints > 0, hovered, code) == (True, True, -32601)
