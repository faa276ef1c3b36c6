"""Rust files that tests read: a demo file, and with CLOSURELENS_CORPUS the files of a folder."""

from __future__ import annotations

import os
from pathlib import Path

DEMO = (Path(__file__).parent / "demo.rs").read_bytes()


def corpus_files() -> list[Path]:
    folder = os.environ.get("CLOSURELENS_CORPUS")
    return sorted(Path(folder).rglob("*.rs")) if folder else []


def texts(count: int) -> list[bytes]:
    """The demo file, and so many files of the corpus, spread over it."""
    files = [path for path in corpus_files() if path.stat().st_size < 40_000]
    step = max(len(files) // count, 1)
    return [DEMO, *(path.read_bytes() for path in files[::step][:count])]
