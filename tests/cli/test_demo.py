"""The demo crate holds the closures of the lessons, and rustc confirms what it is expected to say of them.

That is: traits, captures, types, what does not compile, and that the struct which we show for a closure compiles in its
place, has its size and does the same.
"""

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from demo_answers import DEMO, EXPECTED, answers, cell, closures_of, desugared, report, rows, views

from closurelens.ide.desugar import Desugared
from closurelens.ide.view import ClosureView
from support.stand_in import FEATURES, stand_ins


@cache
def expected() -> dict[str, dict[str, dict[str, object]]]:
    read: dict[str, dict[str, dict[str, object]]] = json.loads(EXPECTED.read_text("utf-8"))
    return read


def without_structs(*, typed: bool) -> dict[str, dict[str, dict[str, object]]]:
    kept = ("closure", "types") if typed else ("closure",)
    return {path: {at: {k: v[k] for k in kept} for at, v in found.items()} for path, found in expected().items()}


def test_instant_agrees() -> None:
    found = answers(report())
    for path, closures in expected().items():
        for at, closure in closures.items():
            got = found[path].pop(at)
            said = str(got["closure"])
            if path.startswith("refused/") and " as " not in str(closure["closure"]):
                # Of code with errors rustc does not tell the contextual kind.
                said = re.sub(r" as \w+", "", said)
            assert said == closure["closure"], f"{path}:{at}"
            types = closure["types"]
            assert isinstance(types, list)
            assert all(want in (None, has) for want, has in zip(types, got["types"], strict=True)), f"{path}:{at}"
    assert not any(found.values())


def test_rustc_agrees() -> None:
    assert answers(report("--engine", "rustc")) == without_structs(typed=True)


def test_structs() -> None:
    """What hovers show; that it is right, rustc says below."""
    shown = {path: {at: v["desugared"] for at, v in found.items()} for path, found in expected().items()}
    assert desugared() == shown


def test_every_closure_belongs_to_a_lesson() -> None:
    untold = {(path, at) for path, found in expected().items() for at in found if path != "src/wasm.rs"}
    for row in rows():
        here = closures_of(answers_only(), row.path, row.function)
        assert row.closures == cell(here), f"{row.path} {row.function}"
        untold -= {(row.path, at) for at in here}
    assert not untold
    assert len(rows()) == 50


def answers_only() -> dict[str, dict[str, dict[str, object]]]:
    return without_structs(typed=False)


# What does not compile


@pytest.mark.parametrize("name", sorted(path.stem for path in (DEMO / "refused").iterdir()))
def test_rustc_refuses(name: str, tmp_path: Path) -> None:
    path = DEMO / "refused" / f"{name}.rs"
    lines = path.read_text("utf-8").splitlines()
    said = {
        (n + 1, code) for n, line in enumerate(lines) for code in re.findall(r"E\d{4}", line.partition("// rustc:")[2])
    }
    command = ["rustc", "--edition=2021", "--crate-type=lib", "--emit=metadata", "--error-format=json"]
    done = subprocess.run(
        [*command, "--out-dir", str(tmp_path), str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    told = [json.loads(line) for line in done.stderr.splitlines()]
    errors = {(s["line_start"], e["code"]["code"]) for e in told if e["code"] for s in e["spans"] if s["is_primary"]}
    assert errors == said
    assert done.returncode != 0


# The structs

_SIZE = re.compile(r"print-type-size type: `(.*)`: (\d+) bytes, alignment: (\d+) bytes")


def program(folder: Path, texts: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Compiles the demo with these texts as a program that calls what takes no arguments, and runs it.

    Gives the sizes and alignments of types.
    """
    folder.mkdir()
    calls = []
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
        if name not in ("lib.rs", "wasm.rs"):
            calls += [f"{name[:-3]}::{function}" for function in re.findall(r"^pub fn (\w+)\(\)", text, re.M)]
    modules = "".join(f"mod {name[:-3]};\n" for name in texts if name != "lib.rs")
    body = "".join(f"    let _ = {call}();\n" for call in calls)
    main = folder / "main.rs"
    main.write_text(f"{FEATURES}#![allow(warnings)]\n{modules}fn main() {{\n{body}}}\n", "utf-8")
    options = [
        "--edition=2021",
        "-Cdebuginfo=0",
        "-Clink-dead-code",
        "-Zprint-type-sizes",
        "-o",
        str(folder / "program"),
    ]
    done = subprocess.run(
        ["rustc", *options, "main.rs"],
        cwd=folder,
        env={**os.environ, "RUSTC_BOOTSTRAP": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(calls) > 20
    subprocess.run([str(folder / "program")], check=True, timeout=60, stdout=subprocess.PIPE)
    return {name: (int(size), int(align)) for name, size, align in _SIZE.findall(done.stdout)}


def test_structs_have_the_size_of_closures_and_do_the_same(tmp_path: Path) -> None:
    """Outer closures first, then those inside of others. What becomes a function pointer must stay a closure."""
    files = {path.removeprefix("src/"): view for path, view in views() if path.startswith("src/")}
    texts = {name: view.document.text.decode() for name, view in files.items()}
    sizes = program(tmp_path / "closures", texts)
    done: set[tuple[str, int]] = set()
    compared = 0
    for turn in ("outer", "inner"):
        replaced = {}
        here: list[tuple[str, str]] = []
        before = frozenset(done)
        for name, view in files.items():

            def wanted(
                closure: ClosureView, made: Desugared, name: str = name, known: frozenset[tuple[str, int]] = before
            ) -> bool:
                return not made.problems and (name, closure.range.start) not in known

            replaced[name], made = stand_ins(view, wanted)
            done |= {(name, one.closure.range.start) for one in made}
            for one in made:
                start = one.closure.range.start
                column = start - view.document.text.rfind(b"\n", 0, start)
                if all(generic.startswith("'") for generic in one.made.generics):
                    here.append((f"closure@{name}:{view.line(start)}:{column}:", one.name))
        found = program(tmp_path / turn, {**texts, **replaced})
        for closure, struct in here:
            real = {size for told, size in sizes.items() if re.fullmatch(rf"\{{{closure} \d+:\d+\}}", told)}
            ours = {size for told, size in found.items() if re.search(rf"::{struct}(<.*>)?$", told)}
            if real:
                assert ours == real, f"{closure} {struct}"
                compared += 1
    in_source = [
        v["desugared"] for path, found in expected().items() if path.startswith("src/") for v in found.values()
    ]
    assert sum("problem: it is made a function pointer" in str(lines) for lines in in_source) == 4
    assert len(done) == len(in_source) - 4
    assert compared > 30
