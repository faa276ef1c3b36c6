"""Puts a published crate in a folder, with its dependencies on disk: `python server/tools/published.py NAME@VERSION`.

The folder is a workspace of its own, so that cargo takes nothing from the folders around it; it stays for the next
time. Prints the folder's path. It needs cargo, and the registry for what is not on disk yet.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

_LEFT_OUT = ("rust-toolchain", "rust-toolchain.toml", ".cargo", "Cargo.lock", ".cargo-ok")


def default_cache() -> Path:
    return Path(__file__).resolve().parents[2] / "target" / "published"


def published(name: str, version: str, cache: Path) -> Path:
    """The folder of a crate's published source. Raises CalledProcessError where cargo cannot get it."""
    folder = cache / f"{name}-{version}"
    if (folder / "Cargo.lock").exists():
        return folder
    source = _registry_source(name, version, cache)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    manifest = folder / "Cargo.toml"
    text = manifest.read_text("utf-8")
    if "[workspace]" not in text:
        manifest.write_text(text + "\n[workspace]\n", "utf-8")
    _cargo(["fetch", "--quiet", "--target", host_triple()], folder)
    return folder


def host_triple() -> str:
    told = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    return next(line.removeprefix("host: ") for line in told.splitlines() if line.startswith("host: "))


def _registry_source(name: str, version: str, cache: Path) -> Path:
    """Where cargo keeps the crate's source, after fetching it as the dependency of an empty package."""
    probe = cache / "probe" / f"{name}-{version}"
    (probe / "src").mkdir(parents=True, exist_ok=True)
    (probe / "src" / "lib.rs").write_text("", "utf-8")
    (probe / "Cargo.toml").write_text(
        '[package]\nname = "probe"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'
        f'[dependencies]\n{name} = "={version}"\n',
        "utf-8",
    )
    _cargo(["fetch", "--quiet", "--target", host_triple()], probe)
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    for registry in (home / "registry" / "src").iterdir():
        if (registry / f"{name}-{version}").is_dir():
            return registry / f"{name}-{version}"
    raise FileNotFoundError(f"{name}-{version} is not where cargo keeps sources")


def _cargo(args: list[str], folder: Path) -> None:
    subprocess.run(["cargo", *args], cwd=folder, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("crate", help="NAME@VERSION")
    parser.add_argument("--cache", type=Path, default=default_cache())
    args = parser.parse_args()
    name, _, version = args.crate.partition("@")
    print(published(name, version, args.cache))
    return 0


if __name__ == "__main__":
    sys.exit(main())
