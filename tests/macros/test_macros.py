"""Closures in and around the macros of published crates: `expected.json` is what rustc says.

There are closures in macros of which rustc cannot be asked; what is told of those is not judged here. The crates that
`web` needs take minutes to compile, so only its recorded answers count.
"""

import subprocess

import pytest
from crates import FOLDERS, HERE, Table, expected, table

LEAST = {"async_crates": 121, "web": 142}


def by_place(told: Table) -> dict[str, str]:
    return {f"{path}:{line.split()[0]}": line for path, lines in told.items() for line in lines}


def fetched(folder: str) -> None:
    subprocess.run(["cargo", "fetch", "--quiet", "--locked"], cwd=HERE / folder, check=True)


def test_folders() -> None:
    assert LEAST.keys() == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_instant_agrees(folder: str) -> None:
    fetched(folder)
    want = by_place(expected(folder))
    assert len(want) >= LEAST[folder]
    got = by_place(table(folder))
    assert {place: got.get(place) for place in want} == want


def test_rustc_agrees() -> None:
    fetched("async_crates")
    assert table("async_crates", "--engine", "rustc") == expected("async_crates")
