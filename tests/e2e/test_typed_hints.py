"""Hints after any edits are, byte for byte, those of a server that has just been started with the same text."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from closurelens.lsp.protocol import Connection
from closurelens.lsp.server import connect

CODE = """\
struct P { a: String, n: u8 }
impl P {
    fn first(&mut self) { let mut c = || self.n += 1; c(); }  fn same_line(&self) -> u8 { (|| self.n)() }
}
// é 🦀
fn second(p: P) { let c = /* 🦀 */ || drop(&p.a); c(); } fn beside(n: u8) { let c = move || n; c(); }
macro_rules! twice { ($e:expr) => { ($e, $e) } }
macro_rules! item { ($n:ident, $e:expr) => { fn $n(v: Vec<u8>) { let c = $e; c(v); } } }
item!(made, |x: Vec<u8>| x.len());
fn third(v: Vec<u8>) {
    fn inner(s: String) { let c = move || s; c(); }
    let c = || v.len();
    twice!(|| v.is_empty());
    let _ = async move { v };
}
const LEN: usize = { 2 | 1 };
const _: () = { impl Clone for P { fn clone(&self) -> P { let c = || &self.a; c(); loop {} } } };
const CALL: fn(u8) -> u8 = |x| x + 1;
fn last(a: [String; LEN], p: P) { let c = move || a[0].len(); c(); let d = || p.clone(); d(); }
"""
TYPED = (
    "{", "}", "(", ")", "|", "||", '"', "'", "/*", "*/", "//", "\n", "\r\n", " ", ";", "x", "é", "🦀", 'r#"', '"#',
    "#", "let d = move || 1;", "async move { }", "fn new(s: String) { let c = || s.len(); c(); }\n", "mod m {", "Copy",
    "impl", "#[derive(Clone, Copy)] ", "&", "mut ", "move ",
)  # fmt: skip
RESOLVING = {
    "textDocument": {"inlayHint": {"resolveSupport": {"properties": ["tooltip"]}}},
}


class Editor:
    """One open document, its text as the editor has it, and a server in this process."""

    def __init__(self, uri: str, text: str, encoding: str, more: dict[str, Any]) -> None:
        self._sent: list[bytes] = []
        self._connection: Connection = connect(self._sent.append)
        self._encoding = encoding
        self.uri = uri
        self.text = text
        self._tell("initialize", {"capabilities": {"general": {"positionEncodings": [encoding]}, **more}}, id=1)
        self._tell("initialized", {})
        opened = {"uri": uri, "languageId": "rust", "version": 0, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": opened})

    def _tell(self, method: str, params: Any, id: int | None = None) -> bytes:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        self._sent.clear()
        self._connection.receive([json.dumps(message if id is None else {**message, "id": id}).encode()])
        return self._sent[-1] if self._sent else b""

    def replace(self, start: int, end: int, new: str) -> None:
        at = {"start": self._position(start), "end": self._position(end)}
        change = {"textDocument": {"uri": self.uri, "version": 1}, "contentChanges": [{"range": at, "text": new}]}
        self._tell("textDocument/didChange", change)
        self.text = self.text[:start] + new + self.text[end:]

    def _position(self, at: int) -> dict[str, int]:
        before = self.text[:at].replace("\r\n", "\n").replace("\r", "\n")
        last = before.rpartition("\n")[2]
        units = {"utf-8": last.encode(), "utf-16": last.encode("utf-16-le")[::2], "utf-32": last}[self._encoding]
        return {"line": before.count("\n"), "character": len(units)}

    def hints(self, first: int = 0, last: int = 10_000) -> bytes:
        lines = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}
        return self._tell("textDocument/inlayHint", {"textDocument": {"uri": self.uri}, "range": lines}, id=7)

    def resolved(self, hint: Any) -> Any:
        return json.loads(self._tell("inlayHint/resolve", hint, id=8))["result"]


@pytest.fixture
def uri(tmp_path: Path) -> str:
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n')
    (tmp_path / "src").mkdir()
    (tmp_path / "src/lib.rs").write_text(CODE)
    return (tmp_path / "src/lib.rs").as_uri()


@pytest.mark.parametrize("seed", range(16))
def test_hints_after_any_edits(uri: str, seed: int) -> None:
    random = Random(seed)
    encoding = ("utf-8", "utf-16", "utf-32")[seed % 3]
    more = RESOLVING if seed % 2 else {}
    editor = Editor(uri, CODE, encoding, more)
    for _ in range(8):
        for _ in range(random.randrange(1, 4)):
            start = random.randrange(len(editor.text) + 1)
            end = min(len(editor.text), start + random.choice((0, 0, 0, 1, 3)))
            between = editor.text[start - 1 : start + 1], editor.text[end - 1 : end + 1]
            if "\r\n" in between:
                continue
            editor.replace(start, end, random.choice(TYPED))
            if random.random() < 0.5:
                editor.hints(random.randrange(10), random.randrange(10, 20))
        fresh = Editor(uri, editor.text, encoding, more)
        first, last = random.randrange(12), random.randrange(12, 24)
        assert editor.hints(first, last) == fresh.hints(first, last), editor.text
        assert editor.hints() == fresh.hints(), editor.text


def tooltips(hint: dict[str, Any]) -> list[str]:
    """Of the hint and of its parts, without the empty ones."""
    parts = hint["label"] if isinstance(hint["label"], list) else []
    return [one["tooltip"]["value"] for one in (hint, *parts) if one.get("tooltip", {}).get("value")]


def test_a_hint_is_resolved_though_the_text_before_it_has_changed(uri: str) -> None:
    editor = Editor(uri, CODE, "utf-16", RESOLVING)
    before = json.loads(editor.hints())["result"]
    editor.replace(0, 0, "// é\n")
    hints = json.loads(editor.hints())["result"]
    assert [hint["data"] for hint in hints] == [hint["data"] for hint in before]
    for hint in hints:
        assert tooltips(editor.resolved(hint))
    at = editor.text.index("self.n += 1")
    editor.replace(at, at, "*&mut ")
    assert tooltips(hints[0]) == tooltips(editor.resolved(hints[0])) == []
