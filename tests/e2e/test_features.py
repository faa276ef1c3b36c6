"""Each feature, with the capabilities of each editor."""

from collections.abc import Callable
from typing import Any

import pytest
from lsp_client import Client, Json, capabilities_of, position_of, with_edit, with_hints

Editor = tuple[str, Client]

TEXT = """fn main() {
    let mut total = 0;
    let name = String::from("🦀 é");
    let mut add = |n: i32| { let _s = "🦀"; total += n; name.len() };
    add(1);
}

fn adder(n: i32) -> impl Fn(i32) -> i32 {
    |x| x + n
}
"""

SHOWN = """fn main() {
    let mut total = 0;
    let name = String::from("🦀 é");
    let mut add = «move(&mut total, &name)»|n: i32|«: FnMut» { let _s = "🦀"; total += n; name.len() };
    add(1);
}

fn adder(n: i32) -> impl Fn(i32) -> i32 {
    «move(&n)»|x|«: Fn» x + n
}
"""


@pytest.fixture
def opened(editor: Editor, request: pytest.FixtureRequest) -> str:
    uri = f"file:///nowhere/{request.node.originalname}.rs"
    editor[1].open(uri, TEXT)
    return uri


def at(text: str, what: str, encoding: str, *, inside: int = 0) -> Json:
    return position_of(text, text.index(what) + inside, encoding)


def test_hints(editor: Editor, opened: str) -> None:
    client = editor[1]
    assert with_hints(TEXT, client.hints(opened), client.encoding) == SHOWN


def test_hints_of_a_range(editor: Editor, opened: str) -> None:
    hints = editor[1].hints(opened, end_line=6)
    assert len(hints) == 2


def test_sync_of_edits_beside_characters_of_many_bytes(editor: Editor, opened: str) -> None:
    client = editor[1]
    low, high = at(TEXT, "; total", client.encoding), at(TEXT, " name.len()", client.encoding)
    client.change(opened, 2, {"range": {"start": low, "end": high}, "text": ";"})
    client.change(opened, 3, {"range": {"start": low, "end": low}, "text": "🦀"}, {"text": TEXT}, {"text": "é" + TEXT})
    client.change(opened, 4, {"range": {"start": {"line": 0, "character": 0}, "end": _end("é", client)}, "text": ""})
    low, high = at(TEXT, "; total", client.encoding), at(TEXT, " name.len()", client.encoding)
    client.change(opened, 5, {"range": {"start": low, "end": high}, "text": ";"})
    now = TEXT.replace("; total += n; name", "; name")
    want = SHOWN.replace("; total += n; name", "; name").replace("&mut total, ", "").replace("FnMut", "Fn")
    assert with_hints(now, client.hints(opened), client.encoding) == want


def _end(text: str, client: Client) -> Json:
    return position_of(text, len(text), client.encoding)


def test_hints_of_what_is_typed(editor: Editor, opened: str) -> None:
    client = editor[1]
    where = at(TEXT, "\n    |x|", client.encoding)
    for number, char in enumerate("let f = || n;"):
        at_char = {"line": where["line"], "character": where["character"] + number}
        client.change(opened, 2 + number, {"range": {"start": at_char, "end": at_char}, "text": char})
        client.hints(opened)
    now = TEXT.replace("i32 {\n", "i32 {let f = || n;\n")
    want = SHOWN.replace("i32 {\n", "i32 {let f = «move(&n)»||«: Fn» n;\n")
    assert with_hints(now, client.hints(opened), client.encoding) == want


def test_hint_resolve(editor: Editor, opened: str) -> None:
    name, client = editor
    hints = client.hints(opened)
    if not capabilities_of(name)["textDocument"].get("inlayHint", {}).get("resolveSupport"):
        assert all(isinstance(hint["label"], str) and "data" not in hint for hint in hints)
        return
    captures = next(hint for hint in hints if "total" in str(hint["label"]))
    resolved = client.request("inlayHint/resolve", captures)
    first = resolved["label"][1]
    assert first["value"] == "&mut total"
    assert "assigned" in first["tooltip"]["value"]
    assert "(line 4)" in first["tooltip"]["value"]
    assert "tooltip" not in resolved
    assert first["location"]["range"]["start"] == at(TEXT, "total", client.encoding)
    trait = next(hint for hint in hints if "FnMut" in str(hint["label"]))
    assert "`total`" in client.request("inlayHint/resolve", trait)["tooltip"]["value"]


@pytest.mark.parametrize("what", ["|n: i32|", "add = ", "add(1)"])
def test_hover_on_a_closure(editor: Editor, opened: str, what: str) -> None:
    name, client = editor
    hover = client.hover(opened, at(TEXT, what, client.encoding))
    assert hover is not None
    text = hover["contents"]["value"]
    assert "`total` is assigned by `+=` (line 4)" in text
    assert "struct Closure1<'a>" in text
    plain = name in ("eglot", "vim-ale")
    assert hover["contents"]["kind"] == ("plaintext" if plain else "markdown")
    assert ("```" in text) is not plain


def test_hover_on_a_captured_variable(editor: Editor, opened: str) -> None:
    client = editor[1]
    hover = client.hover(opened, at(TEXT, "name.len()", client.encoding, inside=1))
    assert hover is not None
    assert "`name`: shared borrow" in hover["contents"]["value"]
    assert hover["range"]["start"] == at(TEXT, "name.len()", client.encoding)


def test_add_move(editor: Editor, opened: str) -> None:
    name, client = editor
    actions = client.actions(opened, at(TEXT, "|x|", client.encoding))
    assert [action["title"] for action in actions] == (["Add `move`"] if _has_literals(name) else [])
    for action in actions:
        if "edit" not in action:
            action = client.request("codeAction/resolve", action)
        now = with_edit(TEXT, action["edit"], client.encoding)
        assert now == TEXT.replace("    |x|", "    move |x|")


def test_an_action_on_a_selected_line(editor: Editor, opened: str) -> None:
    """It is that of the only closure there; of two beside each other, none."""
    name, client = editor
    context = {"diagnostics": []}

    def titles(text: str, line: int) -> list[str]:
        client.change(opened, 2, {"text": text})
        span = {"start": {"line": line, "character": 0}, "end": {"line": line + 1, "character": 0}}
        params = {"textDocument": {"uri": opened}, "range": span, "context": context}
        return [action["title"] for action in client.request("textDocument/codeAction", params)]

    assert titles(TEXT, 8) == (["Add `move`"] if _has_literals(name) else [])
    assert titles("fn f(n: i32) {\n    let _c = (|| n, || n);\n}\n", 1) == []


def _has_literals(name: str) -> bool:
    return "codeActionLiteralSupport" in capabilities_of(name)["textDocument"].get("codeAction", {})


def test_add_move_is_refused_with_its_reason(editor: Editor, opened: str) -> None:
    name, client = editor
    used = TEXT.replace("add(1);", "add(1); drop(name);")
    client.change(opened, 2, {"text": used})
    actions = client.actions(opened, at(used, "|n: i32|", client.encoding))
    shows_disabled = capabilities_of(name)["textDocument"].get("codeAction", {}).get("disabledSupport", False)
    reasons = [action["disabled"]["reason"] for action in actions]
    assert reasons == (["the closure would take `name`, which is used after it in line 5"] if shows_disabled else [])
    assert client.actions(opened, at(used, "|n: i32|", client.encoding), triggerKind=2) == []


def test_actions_of_other_kinds_are_not_offered(editor: Editor, opened: str) -> None:
    client = editor[1]
    assert client.actions(opened, at(TEXT, "|x|", client.encoding), only=["quickfix"]) == []


def test_hints_are_refreshed_after_the_last_change(editor: Editor, opened: str) -> None:
    name, client = editor
    refresh = capabilities_of(name)["workspace"].get("inlayHint", {}).get("refreshSupport", False)
    client.asked.clear()
    client.change(opened, 2, {"text": TEXT})
    if refresh:
        client.wait_for("workspace/inlayHint/refresh", 3)
    else:
        with pytest.raises(TimeoutError):
            client.wait_for("workspace/inlayHint/refresh", 0.6)


ASKS: list[Callable[[Client, str], Any]] = [
    lambda client, uri: client.hints(uri),
    lambda client, uri: client.hover(uri, {"line": 3, "character": 4}),
    lambda client, uri: client.actions(uri, {"line": 3, "character": 4}),
]


@pytest.mark.parametrize("ask", ASKS)
def test_unknown_documents_have_empty_answers(editor: Editor, ask: Callable[[Client, str], Any]) -> None:
    assert not ask(editor[1], "file:///nowhere/never-opened.rs")


def test_positions_outside_of_the_text_are_moved_into_it(editor: Editor, opened: str) -> None:
    client = editor[1]
    for position in ({"line": 9_999, "character": 9}, {"line": 3, "character": 99_999}, {"line": -1, "character": -1}):
        client.hover(opened, position)
        client.actions(opened, position)
    far = {"line": 99_999, "character": 99_999}
    client.change(opened, 2, {"range": {"start": far, "end": far}, "text": "// end\n"})
    assert len(client.hints(opened)) == 4


def test_lines_in_a_tooltip_are_those_of_the_file(editor: Editor, opened: str) -> None:
    """Not those of the item, which hints are made from."""
    name, client = editor
    hints = client.hints(opened)
    if not capabilities_of(name)["textDocument"].get("inlayHint", {}).get("resolveSupport"):
        return
    last = client.request("inlayHint/resolve", hints[-2])
    assert "closure of line 9" in last["label"][1]["tooltip"]["value"]
    assert last["label"][1]["location"]["range"]["start"]["line"] == 7
