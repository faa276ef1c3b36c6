"""Helix with `editors/helix`, in a terminal whose screen is read."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import expected
import pytest
from run import ROOT, Run, saved, tool, until

SETTINGS = ROOT / "editors/helix"
WITHOUT_ANALYZER = 'language-servers = ["closurelens"]\n'


class Terminal:
    """Helix in a terminal of 60 lines of 160 characters."""

    def __init__(self, run: Run, file: Path) -> None:
        program, tmux = tool("hx"), tool("tmux")
        assert program is not None and tmux is not None
        self._run = run
        self._tmux = [str(tmux), "-f", "/dev/null", "-S", str(run.home / "tmux")]
        size = ("-x", "160", "-y", "60")
        self._do("-u", "new-session", "-d", "-s", "helix", *size, f"exec '{program}' '{file}' 2> '{run.home}/errors'")

    def _do(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments], env=self._run.environment, cwd=self._run.package, capture_output=True, text=True
        )
        return done.stdout

    def screen(self) -> str:
        return self._do("capture-pane", "-p", "-t", "helix")

    def line_of(self, text: str) -> str:
        """The line of the screen with `text`, without the line's number; empty if there is none."""
        return next((line[7:].rstrip() for line in self.screen().splitlines() if text in line), "")

    def keys(self, *keys: str) -> None:
        self._do("send-keys", "-t", "helix", *keys)

    def escape(self) -> None:
        """As the sequence `CSI 27 u`: a lone escape byte makes one Alt key with what is read along with it."""
        self._do("send-keys", "-t", "helix", "-H", "1b", "5b", "32", "37", "75")

    def type(self, text: str) -> None:
        # A semicolon at the end would end tmux's own command.
        self._do("send-keys", "-l", "-t", "helix", text[:-1] + "\\;" if text.endswith(";") else text)

    def command(self, text: str) -> None:
        self.escape()
        self.type(f":{text}")
        self.keys("Enter")

    def quit(self) -> None:
        """On a busy machine the command was lost once."""
        for _ in range(2):
            self.command("quit")
            if until(lambda: not self.screen().strip(), 10):
                return
        raise AssertionError(self.screen())

    def shows(self, *texts: str, seconds: float = 40) -> bool:
        """Helix asks for hints when nothing has happened for a while after a key."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if until(lambda: all(text in self.screen() for text in texts), 2):
                return True
            self.keys("l", "h")
        return False

    def stop(self) -> None:
        self._do("kill-server")


@pytest.fixture
def terminal(run: Run, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    config = run.home / ".config/helix"
    config.mkdir(parents=True)
    (config / "config.toml").write_text((SETTINGS / "config.toml").read_text())
    languages = (SETTINGS / "languages.toml").read_text()
    if not getattr(request, "param", False):
        start = languages.index("language-servers")
        languages = languages[:start] + WITHOUT_ANALYZER
    (config / "languages.toml").write_text(languages)
    found = Terminal(run, run.file("environment.rs"))
    yield found
    found.stop()


def check(run: Run, terminal: Terminal) -> None:
    assert terminal.shows("let f = move(&a) |x|: Fn x + a;"), terminal.screen()
    assert terminal.line_of("let x = move(&a") == "    let x = move(&a, &mut b, c) ||: FnOnce {"
    assert terminal.line_of("let greet") == '    let greet = move(name) ||: Fn println!("Hello, {}", name);'

    terminal.command("goto 4")
    terminal.keys("o")
    terminal.type("let c = 2;")
    terminal.escape()
    terminal.command("goto 6")
    terminal.keys("g", "l", "i")
    terminal.type(" + /* 🦀é */ c")
    terminal.escape()
    assert terminal.shows("let f = move(&a, &c) |x|: Fn x + a + /*"), terminal.screen()
    assert terminal.line_of("let x = move(&a") == "    let x = move(&a, &mut b, c) ||: FnOnce {"
    terminal.command("write")
    assert until(lambda: expected.TYPED_LINE in saved(run.file("environment.rs")), 15), terminal.screen()
    assert terminal.shows("let f = move(&a, &c) |x|: Fn x + a + /*")

    terminal.command("goto 14")
    terminal.keys("f", "|")
    terminal.keys("Space", "k")
    seen = "mutable borrow"
    assert until(lambda: seen in terminal.screen(), 20), terminal.screen()
    hover = terminal.screen()
    for _ in range(4):
        terminal.keys("C-d")
        time.sleep(0.3)
        hover += terminal.screen()
    for part in expected.HOVER:
        assert part in hover.replace("`", ""), hover
    terminal.escape()

    terminal.command("goto 6")
    terminal.keys("f", "|")
    terminal.keys("Space", "a")
    assert until(lambda: "Add `move`" in terminal.screen(), 20), terminal.screen()
    rows = terminal.screen().splitlines()
    under_the_line = next(at for at, row in enumerate(rows) if "let f = " in row) + 1
    for _ in range(under_the_line, next(at for at, row in enumerate(rows) if "Add `move`" in row)):
        terminal.keys("Down")
    terminal.keys("Enter")
    assert terminal.shows("let f = move(a, c) |x|: Fn x + a + /*"), terminal.screen()
    terminal.command("write")
    assert until(lambda: expected.ACTION_LINE in saved(run.file("environment.rs")), 15), terminal.screen()

    terminal.quit()
    run.assert_nothing_is_left()


@pytest.mark.needs("hx", "tmux")
def test_alone(run: Run, terminal: Terminal) -> None:
    check(run, terminal)


@pytest.mark.needs("hx", "tmux", "rust-analyzer")
@pytest.mark.parametrize("terminal", [True], indirect=True)
def test_beside_rust_analyzer(run: Run, terminal: Terminal) -> None:
    check(run, terminal)
