"""rustdoc's JSON of core, alloc and std: how it is made, and how its items are named across the three.

Invariant: an item's path is that of its definition, also where a crate re-exports it; ids never leave this module's
`CrateDoc`, since each file numbers items anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdsig.stand_ins import add_stand_ins

CRATES = ("core", "alloc", "std")
RUSTDOC_FLAGS = (
    "-Zunstable-options",
    "--output-format=json",
    "--document-private-items",
    "--document-hidden-items",
    "--cap-lints=allow",
)

# Vendor intrinsics and portable SIMD: half of core by size, and of no use to closures.
SKIPPED_PREFIXES = ("core::core_arch::", "core::core_simd::", "std_detect::")
SKIPPED_FILES = ("core_arch/", "portable-simd/", "primitive_docs.rs")

Json = dict[str, Any]


def run_rustdoc(library: Path, scratch: Path) -> Path:
    """Documents the three crates of `library` (rustc's `library/`, left as it is) as JSON; answers its folder.

    The first run fetches std's few dependencies. `cargo`, `rustc` and `rustdoc` come from PATH.
    """
    copy = scratch / "library"
    shutil.copytree(library, copy)
    add_stand_ins(copy)
    env = {**os.environ, "RUSTC_BOOTSTRAP": "1", "CARGO_TARGET_DIR": str(scratch / "target")}
    for crate in CRATES:
        subprocess.run(["cargo", "rustdoc", "--lib", "--", *RUSTDOC_FLAGS], cwd=copy / crate, env=env, check=True)
    return scratch / "target" / "doc"


@dataclass(slots=True)
class Target:
    """What an id leads to: the path of its definition and rustdoc's word for its kind."""

    path: str
    kind: str


class CrateDoc:
    """One crate's JSON."""

    def __init__(self, name: str, data: Json) -> None:
        self.name = name
        self.index: dict[int, Json] = {}
        self.targets: dict[int, Target] = {}
        self.root: int = data["root"]
        self.format_version: int = data["format_version"]
        externs: Json = data["external_crates"]
        crate_names = {0: name} | {int(k): v["name"] for k, v in externs.items()}
        for key, summary in data["paths"].items():
            # rustdoc spells the crate's own name first; external ones are already full paths.
            path = "::".join(summary["path"])
            assert path.split("::")[0] == crate_names[summary["crate_id"]], path
            self.targets[int(key)] = Target(path, summary["kind"])
        for key, item in data["index"].items():
            if item["crate_id"] == 0:
                self.index[int(key)] = item

    def kind(self, item: Json) -> str:
        """rustdoc's word for the item's kind."""
        kind: str = next(iter(item["inner"]))
        return kind

    def path(self, id: int) -> str:
        return self.targets[id].path


def load(folder: Path) -> dict[str, CrateDoc]:
    return {name: CrateDoc(name, json.loads((folder / f"{name}.json").read_bytes())) for name in CRATES}


def is_skipped(path: str) -> bool:
    return path.startswith(SKIPPED_PREFIXES)


def in_skipped_file(item: Json) -> bool:
    span = item["span"]
    return span is not None and any(part in span["filename"] for part in SKIPPED_FILES)


def attributes(item: Json) -> list[str]:
    return [a["other"] for a in item["attrs"] if isinstance(a, dict) and "other" in a]


def is_hidden(item: Json) -> bool:
    return any(a.startswith("#[doc(") and "hidden" in a for a in attributes(item))


def has_attribute(item: Json, name: str) -> bool:
    """`name` as the compiler's attribute enum spells it, e.g. `Fundamental`."""
    start = f"#[attr = {name}"
    return any(a.startswith(start) for a in attributes(item))


def stability(item: Json) -> bool | None:
    """True: stable, False: unstable, None: inherits an unstable parent's."""
    for text in attributes(item):
        if text.startswith("#[attr = Stability "):
            return "level: Unstable" not in text
    return None
