"""Makes the database of std's signatures anew: `python server/tools/stdsig_build.py --library DIR`.

DIR is the `library` folder of rustc's sources (Debian: package rust-web-src; rustup: component rust-src), of the same
version as `cargo`, `rustc` and `rustdoc` on PATH. It takes some two minutes. `--keep DIR` keeps rustdoc's JSON, from
which `--json DIR` starts the next time.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from stdsig.items import lower_all
from stdsig.lower import World
from stdsig.normalise import normalise
from stdsig.pack import Packer
from stdsig.select import Kept, select

from closurelens.stdsig import database
from stdsig import names, rustdoc


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--library", type=Path, help="document this copy of rustc's `library` folder first")
    source.add_argument("--json", type=Path, help="folder with rustdoc's JSON of the three crates")
    parser.add_argument("--out", type=Path, default=database.DATA, help="the file to write (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="with --library: copy rustdoc's JSON here")
    args = parser.parse_args()
    if args.json is not None:
        build(args.json, args.out)
        return
    with tempfile.TemporaryDirectory() as scratch:
        json = rustdoc.run_rustdoc(args.library, Path(scratch))
        if args.keep is not None:
            shutil.copytree(json, args.keep, dirs_exist_ok=True)
        build(json, args.out)


def build(json: Path, out: Path) -> None:
    docs = rustdoc.load(json)
    world = World(docs)
    lowered = lower_all(world)
    if world.notes:
        raise SystemExit("\n".join(["types without an argument they need:", *world.notes]))
    normalise(lowered)
    kept = select(lowered, names.Names(docs).public_modules())
    data = Packer(lowered, kept).pack()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    text = source_toml(kept, data, docs["core"].format_version)
    (out.parent.parent / "SOURCE.toml" if out == database.DATA else out.with_suffix(".toml")).write_text(text)


def source_toml(kept: Kept, data: bytes, format_version: int) -> str:
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    counts = {
        "modules": len(kept.modules),
        "data_types": len(kept.adts),
        "traits": len(kept.traits),
        "functions": len(kept.fns),
        "impls": len(kept.impls),
        "values": len(kept.values),
        "aliases": len(kept.aliases),
    }
    lines = [
        "# What data/std.sig was made from. Written by server/tools/stdsig_build.py.",
        f'rustc = "{rustc}"',
        'crates = ["core", "alloc", "std"]',
        f"rustdoc_json_format = {format_version}",
        f'command = "cargo rustdoc --lib -- {" ".join(rustdoc.RUSTDOC_FLAGS)}"',
        f"made = {datetime.date.today().isoformat()}",
        f"bytes = {len(data)}",
        f'sha256 = "{hashlib.sha256(data).hexdigest()}"',
        "",
        "[counts]",
        *[f"{name} = {count}" for name, count in counts.items()],
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
