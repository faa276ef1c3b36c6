"""A package whose answers rest on every kind of file: its own, one outside of it, one that is included, one that is
missing, and a path dependency."""

from pathlib import Path

MANIFEST = '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nd = { path = "../d" }\n'
OWNED = "pub fn make() -> String { String::new() }\n"
"""What `make` gives is no longer moved once it is `COPIED`."""
COPIED = "pub fn make() -> u8 { 1 }\n"


def write_project(folder: Path, lib: str) -> Path:
    """`lib` declares `near` and `missing`, and `beyond` by its path, and includes `text.in`."""
    files = {
        "p/Cargo.toml": MANIFEST,
        "p/src/lib.rs": lib,
        "p/src/near.rs": OWNED,
        "p/src/text.in": OWNED.replace("make", "included"),
        "beyond.rs": OWNED,
        "d/Cargo.toml": '[package]\nname = "d"\nversion = "0.1.0"\n',
        "d/src/lib.rs": OWNED,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder
