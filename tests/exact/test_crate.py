"""Asking rustc about packages."""

from pathlib import Path

import pytest

from closurelens.exact import CrateOptions, ExactAnswers, ask_crate
from closurelens.exact.model import DoesNotCompile, NoCompiler, NotAPackage, TimedOut, Trait, Unanswered
from closurelens.exact.places import display_capture

MANIFEST = '[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n'


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def told(answers: object) -> dict[str, list[list[str]]]:
    assert isinstance(answers, ExactAnswers), answers
    return {
        name: [[display_capture(k.place, k.mode) for k in c.captures] for c in file.closures.values()]
        for name, file in answers.files.items()
        if file.closures
    }


@pytest.fixture
def package(tmp_path: Path) -> Path:
    files = {
        "Cargo.toml": MANIFEST.format(name="some-crate")
        + '[features]\nextra = []\n[[bin]]\nname = "tool"\npath = "src/tool.rs"\n',
        "src/lib.rs": "mod deep;\npub fn f(s: String) -> usize { let c = || s.len(); c() }\n"
        + '#[cfg(feature = "extra")]\nfn g(s: String) { let c = || drop(s); c(); }\n'
        + "#[cfg(test)]\nmod tests { #[test] fn t() { let n = 1; let c = || n; c(); } }\n",
        "src/deep.rs": "pub struct P { x: i32 }\nimpl P { fn f(&mut self) { let mut c = || self.x = 1; c(); } }\n",
        "src/tool.rs": 'fn main() { env!("MADE"); (0..2).for_each(|n| drop(some_crate::f(n.to_string()))); }\n',
        "tests/it.rs": "#[test]\nfn it() { let n = 1; let c = move || n; c(); }\n",
        "build.rs": 'fn main() { let c = || println!("cargo::rustc-env=MADE=1"); c(); }\n',
    }
    return write(tmp_path / "pkg", files)


@pytest.fixture
def options(tmp_path: Path) -> CrateOptions:
    return CrateOptions(tmp_path / "target", check_args=("--offline",))


def test_library_and_programs_are_answered(package: Path, options: CrateOptions) -> None:
    answers = ask_crate(package, options)
    assert told(answers) == {
        "src/lib.rs": [["&s"]],
        "src/deep.rs": [["&mut (*self).x"]],
        "src/tool.rs": [[]],
    }
    assert isinstance(answers, ExactAnswers)
    assert answers.errors == []
    assert [c.kind for c in answers.files["src/tool.rs"].closures.values()] == [Trait.FN_MUT]
    assert set(answers.files["src/lib.rs"].unanswered.values()) == {Unanswered.NOT_COMPILED}


def test_what_cargo_finds_fresh_is_answered_again(package: Path, options: CrateOptions) -> None:
    first = told(ask_crate(package, options))
    assert told(ask_crate(package, options)) == first
    deep = package / "src/deep.rs"
    deep.write_text(deep.read_text().replace("self.x = 1", "self.x"))
    assert told(ask_crate(package, options)) == first | {"src/deep.rs": [["&(*self).x"]]}


def test_features_and_all_targets(package: Path, options: CrateOptions) -> None:
    options.check_args += ("--features", "extra")
    assert told(ask_crate(package, options))["src/lib.rs"] == [["&s"], ["s"]]
    options.all_targets = True
    everything = told(ask_crate(package, options))
    assert everything["src/lib.rs"] == [["&s"], ["s"], ["&n"]]
    assert everything["tests/it.rs"] == [["copy n"]]


def test_the_package_is_left_as_it_was(package: Path, options: CrateOptions) -> None:
    before = {p: p.read_bytes() for p in package.rglob("*") if p.is_file()}
    ask_crate(package, options)
    after = {p: p.read_bytes() for p in package.rglob("*") if p.is_file()}
    assert after.keys() - before.keys() <= {package / "Cargo.lock"}
    assert {p: after[p] for p in before} == before


def test_a_member_of_a_workspace_reaches_its_neighbours(tmp_path: Path, options: CrateOptions) -> None:
    root = write(
        tmp_path / "ws",
        {
            "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\nresolver = "2"\n'
            + '[workspace.package]\nedition = "2018"\n',
            "README.md": "read me\n",
            "crates/one/Cargo.toml": '[package]\nname = "one"\nversion = "0.1.0"\nedition.workspace = true\n'
            + '[dependencies]\ntwo = { path = "../two" }\n',
            "crates/one/src/lib.rs": '#![doc = include_str!("../../../README.md")]\n'
            + '#[path = "../../shared.rs"]\nmod shared;\n'
            + "fn f(p: two::P) { two::call(|| p.x); }\n",
            "crates/shared.rs": "pub fn s() {}\n",
            "crates/two/Cargo.toml": '[package]\nname = "two"\nversion = "0.1.0"\nedition = "2021"\n',
            "crates/two/src/lib.rs": "pub struct P { pub x: i32 }\n"
            + "pub fn call<F: FnOnce() -> i32>(f: F) { let c = || 1; }\n",
        },
    )
    answers = ask_crate(root / "crates/one", options)
    assert told(answers) == {"src/lib.rs": [["&p"]]}
    assert isinstance(answers, ExactAnswers)
    (closure,) = answers.files["src/lib.rs"].closures.values()
    assert (closure.natural, closure.kind) == (Trait.FN, Trait.FN_ONCE)
    assert isinstance(ask_crate(root, options), NotAPackage)


def test_a_crate_that_does_not_compile(package: Path, options: CrateOptions) -> None:
    (package / "src/deep.rs").write_text('pub fn broken() -> i32 { "x" }\n')
    answers = ask_crate(package, options)
    assert told(answers) == {"src/lib.rs": [["&s"]]}
    assert isinstance(answers, ExactAnswers)
    assert [e.code for e in answers.errors] == ["E0308"]
    (package / "src/deep.rs").write_text("pub fn broken( {\n")
    answers = ask_crate(package, options)
    assert isinstance(answers, DoesNotCompile)
    assert answers.errors


def test_a_dependency_that_is_not_there(tmp_path: Path, options: CrateOptions) -> None:
    files = {
        "Cargo.toml": MANIFEST.format(name="lonely") + '[dependencies]\nmissing = { path = "../missing" }\n',
        "src/lib.rs": "fn f() { let c = || 1; }\n",
    }
    answers = ask_crate(write(tmp_path / "lonely", files), options)
    assert isinstance(answers, DoesNotCompile)
    assert "missing" in answers.message


def test_no_package(tmp_path: Path, options: CrateOptions) -> None:
    assert isinstance(ask_crate(tmp_path, options), NotAPackage)
    assert isinstance(ask_crate(tmp_path / "nowhere", options), NotAPackage)


def test_no_cargo(package: Path, options: CrateOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    answers = ask_crate(package, options)
    assert isinstance(answers, NoCompiler)
    assert "cargo" in answers.message


def test_time_runs_out(package: Path, options: CrateOptions) -> None:
    options.timeout_seconds = 0.0
    assert isinstance(ask_crate(package, options), TimedOut)


def test_the_callers_environment_is_not_written_down(
    package: Path, options: CrateOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARGO_REGISTRIES_SECRET_TOKEN", "hush-hush")
    ask_crate(package, options)
    records = list((options.target_dir / "closurelens-calls").iterdir())
    assert len([r for r in records if r.suffix == ".json"]) >= 3
    assert not any("hush-hush" in r.read_text() for r in records)
    assert any('"MADE": "1"' in r.read_text() for r in records)
