"""What every editor is to show of `tests/demo/src/environment.rs`. Lines and characters start at 0."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

AT_FIRST = [(4, 12, "move(&a) "), (4, 15, ": Fn"), (12, 12, "move(&a, &mut b, c) "), (12, 14, ": FnOnce")]
"""The hints of the first two functions, with their paddings."""
TYPED_LINE = "    let f = |x| x + a + /* 🦀é */ c;"
"""Line 5 after `let c = 2;` was put before it, and a use of `c` into it."""
TYPED = [(5, 12, "move(&a, &c) "), (5, 15, ": Fn"), (13, 12, "move(&a, &mut b, c) "), (13, 14, ": FnOnce")]
ACTION_LINE = TYPED_LINE.replace("|x|", "move |x|")
AFTER_ACTION = [(5, 16, "(a, c)"), (5, 20, ": Fn"), *TYPED[2:]]
HOVER = ("closure: FnOnce", "mutable borrow", "c is moved", "struct Closure1<'a>", "b: &'a mut Vec<i32>")
"""Parts of what is said of the second function's closure, apart from backquotes, which some editors draw."""


def is_ours(hint: Any) -> bool:
    return hint[2].startswith((": Fn", "move(", "(", "async"))


def ours(hints: list[Any]) -> list[tuple[int, int, str]]:
    """Without rust-analyzer's, which are of other forms."""
    return [(line, character, text) for line, character, text in filter(is_ours, hints)]


def first(hints: list[Any], last_line: int = 13) -> list[tuple[int, int, str]]:
    return [hint for hint in ours(hints) if hint[0] <= last_line]


_ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from lsp_client import Client, label_of
client = Client()
client.start({"general": {"positionEncodings": ["utf-8"]}})
uri, text = sys.argv[2], open(sys.argv[3], encoding="utf-8").read()
client.open(uri, text)
out = []
for hint in client.hints(uri):
    label = " " * hint.get("paddingLeft", False) + label_of(hint) + " " * hint.get("paddingRight", False)
    out.append([hint["position"]["line"], hint["position"]["character"], label])
client.stop()
print(json.dumps(sorted(out, key=lambda hint: hint[:2])))
"""


def all_hints(path: Path, environment: dict[str, str]) -> list[tuple[int, int, str]]:
    """The hints of a file as the server tells a client that is no editor; characters in UTF-8."""
    e2e = Path(__file__).parents[1] / "e2e"
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(e2e), path.as_uri(), str(path)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [(line, character, text) for line, character, text in json.loads(done.stdout)]
