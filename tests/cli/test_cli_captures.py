"""`closurelens captures` and `explain`, as they are started."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PACKAGE = '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2024"\n'


def run(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NO_COLOR": "1"}
    argv = (sys.executable, "-m", "closurelens.cli.main", *argv)
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, encoding="utf-8", timeout=60)


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def told(folder: Path, *argv: str) -> dict[str, dict[str, Any]]:
    """The files of a JSON report that is all right, by path."""
    done = run("captures", "--format", "json", *argv, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report.keys() == {"schema", "files"}
    assert report["schema"] == 1
    return {file["path"]: file for file in report["files"]}


def test_json_has_every_field(tmp_path: Path) -> None:
    code = "fn f(mut v: String) {\n    let mut é = || v.clear();\n    é();\n}\n"
    write(tmp_path, {"a.rs": code})
    start = code.encode().index(b"|| v")
    assert told(tmp_path, "a.rs") == {
        "a.rs": {
            "path": "a.rs",
            "edition": "2021",
            "closures": [
                {
                    "start": start,
                    "end": start + len("|| v.clear()"),
                    "line": 2,
                    "column": start - code.index("\n"),
                    "move": False,
                    "trait": "FnMut",
                    "kind": "FnMut",
                    "certain": True,
                    "captures": [
                        {
                            "variable": "v",
                            "fields": [],
                            "place": "v",
                            "mode": "mut",
                            "certain": True,
                            "type": "String",
                            "uses": [
                                {
                                    "line": 2,
                                    "column": start - code.index("\n") + 3,
                                    "why": "borrowed mutably: receiver of `clear(&mut self)`",
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    }


def test_files_of_a_folder_are_sorted_relative_and_without_target(tmp_path: Path) -> None:
    closure = "fn f() { let _ = || 1; }\n"
    write(tmp_path, {"p/Cargo.toml": PACKAGE, "p/src/lib.rs": "mod b; mod a;", "p/src/b.rs": closure, "p/src/a.rs": ""})
    write(tmp_path, {"p/target/debug/x.rs": closure, "p/.hidden/x.rs": closure})
    report = told(tmp_path, "p")
    assert list(report) == ["src/a.rs", "src/b.rs", "src/lib.rs"]
    assert {file["edition"] for file in report.values()} == {"2024"}
    assert [len(file["closures"]) for file in report.values()] == [0, 1, 0]


def test_every_kind_of_target_and_files_that_no_module_reaches(tmp_path: Path) -> None:
    names = ("src/main.rs", "src/lost.rs", "tests/t.rs", "benches/b.rs", "examples/e.rs", "build.rs")
    write(tmp_path, {"Cargo.toml": PACKAGE} | dict.fromkeys(names, "fn main() { let n = 1; let _ = || n; }\n"))
    report = told(tmp_path, ".")
    assert sorted(report) == sorted(names)
    for file in report.values():
        assert [c["captures"][0]["type"] for c in file["closures"]] == ["i32"]
        assert "cfg_off" not in file["closures"][0]


def test_code_that_cfg_switches_off_is_marked(tmp_path: Path) -> None:
    code = 'fn main() {}\n#[cfg(feature = "extra")]\nfn f(s: String) { let _ = move || s.len(); }\n'
    write(tmp_path, {"Cargo.toml": PACKAGE + "[features]\nextra = []\n", "src/main.rs": code})
    for options, off in (((), True), (("--features", "extra"), False), (("--all-features",), False)):
        (closure,) = told(tmp_path, *options, ".")["src/main.rs"]["closures"]
        assert (closure["trait"], closure["captures"][0]["mode"], closure["certain"]) == ("Fn", "move", True)
        assert closure.get("cfg_off", False) is off


def test_closures_that_only_the_syntax_knows(tmp_path: Path) -> None:
    code = "fn f(x: [u8; {\n    let c = move |n: usize| n; 1\n}]) {}\n"
    code += "macro_rules! m { () => { || 1 } }\nfn g() { let _ = m!(); }\n"
    write(tmp_path, {"a.rs": code})
    (closure,) = told(tmp_path, "a.rs")["a.rs"]["closures"]
    assert (closure["line"], closure["move"], closure["certain"]) == (2, True, False)
    assert closure["reason"] == "the code around it was not understood"


def test_closures_in_calls_of_unknown_macros(tmp_path: Path) -> None:
    write(tmp_path, {"a.rs": "fn f(s: String) {\n    unknown!(|x| s.len() + x);\n}\n"})
    (closure,) = told(tmp_path, "a.rs")["a.rs"]["closures"]
    assert [c["variable"] for c in closure["captures"]] == ["s"]


def test_async_blocks_are_no_closures(tmp_path: Path) -> None:
    write(tmp_path, {"a.rs": "fn f(s: String) {\n    let _ = async { drop(s) };\n    let _ = async || 1;\n}\n"})
    assert [c["line"] for c in told(tmp_path, "a.rs")["a.rs"]["closures"]] == [3]


def test_the_edition_of_a_file_without_a_package(tmp_path: Path) -> None:
    code = "struct P { a: String, b: String }\nfn f(p: P) { let _ = || p.a.len(); }\n"
    write(tmp_path, {"a.rs": code})
    for edition, place in (("2018", "p"), ("2021", "p.a")):
        file = told(tmp_path, "--edition", edition, "a.rs")["a.rs"]
        assert (file["edition"], file["closures"][0]["captures"][0]["place"]) == (edition, place)


def test_a_byte_order_mark_counts_to_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.rs": b"\xef\xbb\xbffn f() { let _ = || 1; }"})
    (closure,) = told(tmp_path, "a.rs")["a.rs"]["closures"]
    assert (closure["start"], closure["line"], closure["column"]) == (20, 1, 18)


def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    write(tmp_path, {"a.rs": b"fn f() { \xff }", "b.rs": "fn f() { let _ = || 1; }"})
    done = run("captures", "--format", "json", "missing.rs", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert [file["path"] for file in json.loads(done.stdout)["files"]] == ["b.rs"]
    first, second = done.stderr.splitlines()
    assert first == "closurelens: missing.rs: there is no such file or folder"
    assert second.startswith("closurelens: a.rs: this is not UTF-8")


def test_wrong_usage() -> None:
    for argv in ((), ("captures",), ("captures", "--format", "xml", "."), ("explain", "nowhere")):
        done = run(*argv, cwd=Path.cwd())
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    code = "fn f(mut v: Vec<u8>) { let mut c = || v.push(1); c(); }\n"
    write(tmp_path, {f"m{n}.rs": code for n in range(12)})
    assert told(tmp_path, "--jobs", "1", ".") == told(tmp_path, "--jobs", "2", ".")


def test_text_for_people(tmp_path: Path) -> None:
    code = "fn f(mut n: u8, s: String) {\n    let mut c = move || { n += 1; s.len() };\n    c();\n}\n"
    write(tmp_path, {"src/a.rs": code})
    done = run("captures", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    head, *rest = done.stdout.splitlines()
    assert head == "src/a.rs:2:17  FnMut  move(copy n, s)"
    assert rest[0] == "    copy n: u8  copied"
    assert "        2:27  assigned by `+=`" in rest
    assert "\x1b" not in done.stdout


def test_explain(tmp_path: Path) -> None:
    write(tmp_path, {"a.rs": "fn f(mut v: Vec<u8>) {\n    let mut c = || v.push(1);\n    c();\n}\n"})
    for place in ("a.rs:2", "a.rs:2:17"):
        done = run("explain", place, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert "FnMut" in done.stdout
        assert "`v`" in done.stdout
    done = run("explain", "a.rs:4", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "closurelens: a.rs:4: no closure there\n"


def test_a_command_imports_what_it_needs(tmp_path: Path) -> None:
    write(tmp_path, {"a.rs": "fn f() { let _ = || 1; }"})
    program = (
        "import sys; from closurelens.cli.main import main; main(['captures', 'a.rs']);"
        "print([m for m in ('pygls', 'lsprotocol', 'rich', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_guess_at_what_a_closure_is_used_as_is_marked(tmp_path: Path) -> None:
    """`position` may be that of `Missing`, which may take closures of another kind."""
    code = "fn f<T>(x: T) -> Option<usize> where T: Missing { x.position(|item| item == 1) }"
    write(tmp_path, {"a.rs": code})
    why = "several methods `position` may be meant"
    (closure,) = told(tmp_path, "a.rs")["a.rs"]["closures"]
    assert (closure["trait"], closure["kind"], closure["kind_reason"]) == ("Fn", "FnMut", why)
    done = run("captures", "a.rs", cwd=tmp_path)
    assert done.stdout.splitlines() == [
        "a.rs:1:62  Fn, used as ? FnMut  captures nothing",
        f"    ? what it is used as: {why}",
    ]
