"""The two questions: what do the closures of this file, or of this crate, capture?

Both compile code (a crate's build scripts and procedural macros run): ask only where the user allows it.
"""

import os
import shutil
import tempfile
from pathlib import Path

from closurelens.exact.answers import put_together
from closurelens.exact.cargo import CargoTargets, CrateOptions, cargo_targets, link, mirror, package_of
from closurelens.exact.model import (
    CompileError,
    DoesNotCompile,
    ExactAnswers,
    ExactFailure,
    FileAnswers,
    NoCompiler,
    NotAPackage,
    TimedOut,
)
from closurelens.exact.process import Command, Deadline, DeadlinePassed, NotInstalled, run
from closurelens.exact.targets import Layout, Source, Target, TargetReport, ask_target, source_of
from closurelens.records import dataclass
from closurelens.syntax.nodes import tree_of

_NO_RUSTC = "rustc is not on the PATH: install Rust, or leave the exact answers off"


@dataclass(slots=True)
class FileOptions:
    timeout_seconds: float = 60.0
    rustc: str = "rustc"


def ask_crate(package_dir: Path, options: CrateOptions) -> ExactAnswers | ExactFailure:
    """The closures of one package, in all files that cargo's targets reach.

    `files` of the answer holds paths relative to `package_dir`. The package is compiled where it is, into
    `options.target_dir`, and its sources are marked in a copy.
    """
    package_dir = Path(os.path.abspath(package_dir))
    deadline = Deadline(options.timeout_seconds)
    try:
        package = package_of(package_dir, options, deadline)
        if isinstance(package, NotAPackage):
            return package
        found = cargo_targets(package, options, deadline)
        with tempfile.TemporaryDirectory(prefix="closurelens-") as scratch:
            sources = {key: source_of((package_dir / key).read_bytes()) for key in package.source_files()}
            asked = {key: source for key, source in sources.items() if source.sites}
            if not asked:
                return ExactAnswers(_version("rustc", package_dir, deadline), {}, found.errors)
            marked = mirror(package, Path(scratch) / "mirror")
            layout = Layout(package_dir, marked, _made(Path(scratch) / "out"))
            reports = [ask_target(target, asked, layout, deadline) for target in found.targets]
            return _conclude(asked, reports, found, _version("rustc", package_dir, deadline))
    except DeadlinePassed:
        return TimedOut(options.timeout_seconds)
    except NotInstalled as error:
        return NoCompiler(f"cargo or rustc cannot be started ({error})")


def ask_file(source: Path | bytes, edition: str, options: FileOptions | None = None) -> ExactAnswers | ExactFailure:
    """The closures of one file without a package, known as `lib.rs` in the answers when it is given as bytes.

    It is compiled as a library, or as a program when it has a `main`. Modules beside a `Path` are found, but not asked.
    """
    if isinstance(source, bytes):
        return ask_sources("lib.rs", {"lib.rs": source}, edition, options)
    beside = source.resolve().parent
    return ask_sources(source.name, {source.name: source.read_bytes()}, edition, options, beside=beside)


def ask_sources(
    root: str,
    texts: dict[str, bytes],
    edition: str,
    options: FileOptions | None = None,
    *,
    beside: Path | None = None,
) -> ExactAnswers | ExactFailure:
    """As `ask_file`, for several files that `root` makes one crate of; `texts` are by relative path."""
    options = options or FileOptions()
    if shutil.which(options.rustc) is None:
        return NoCompiler(_NO_RUSTC)
    deadline = Deadline(options.timeout_seconds)
    sources = {key: source_of(text) for key, text in texts.items()}
    cwd = beside or Path.cwd()
    try:
        version = _version(options.rustc, cwd, deadline)
        if not any(source.sites for source in sources.values()):
            return ExactAnswers(version, {key: FileAnswers(source.digest) for key, source in sources.items()}, [])
        with tempfile.TemporaryDirectory(prefix="closurelens-") as scratch:
            layout = Layout(*(_made(Path(scratch) / name) for name in ("plain", "marked", "out")))
            for folder in (layout.plain, layout.marked):
                _lay_out(folder, texts, beside)
            kind = "bin" if _has_main(texts[root]) else "lib"
            name = "".join(c if c.isascii() and c.isalnum() else "_" for c in Path(root).stem)
            args = [root, "--edition", edition, "--crate-type", kind, "--crate-name", f"_{name}"]
            target = Target(options.rustc, args, 0, root, cwd, dict(os.environ))
            report = ask_target(target, sources, layout, deadline)
            return _conclude(sources, [report], CargoTargets([], []), version)
    except DeadlinePassed:
        return TimedOut(options.timeout_seconds)
    except NotInstalled as error:
        return NoCompiler(f"rustc cannot be started ({error})")


def _lay_out(folder: Path, texts: dict[str, bytes], beside: Path | None) -> None:
    for key, text in texts.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    if beside is not None:
        for entry in beside.iterdir():
            if not (folder / entry.name).exists():
                link(entry, folder / entry.name)


def _conclude(
    sources: dict[str, Source], reports: list[TargetReport], found: CargoTargets, version: str
) -> ExactAnswers | DoesNotCompile:
    files = put_together(sources, reports)
    errors = list(found.errors)
    for report in reports:
        errors += [e.error for e in report.own_errors if not _is_known(e.error, errors)]
    if errors and not any(answers.closures for answers in files.values()):
        return DoesNotCompile(f"the code does not compile: {errors[0].message}", errors)
    return ExactAnswers(version, files, errors)


def _is_known(error: CompileError, errors: list[CompileError]) -> bool:
    return any(e.message == error.message and e.span == error.span and e.file == error.file for e in errors)


def _has_main(text: bytes) -> bool:
    for item in tree_of(text).children:
        if item.kind == "function_item":
            name = item.child_by_field("name")
            if name is not None and name.text(text) == "main":
                return True
    return False


def _version(rustc: str, cwd: Path, deadline: Deadline) -> str:
    done = run(Command([rustc, "--version"], cwd, dict(os.environ)), deadline)
    if done.status:
        raise NotInstalled(done.err.strip() or f"{rustc} --version fails")
    return done.out.strip()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
