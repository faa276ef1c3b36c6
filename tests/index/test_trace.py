"""What was looked at is noted in the state it had, and a trace holds as long as all of it is so."""

import os
import time
from pathlib import Path

import pytest

from closurelens.index.stamps import state_of
from closurelens.index.store import CrateStore
from closurelens.index.trace import Looks, Trace, is_young, names_in, names_of
from closurelens.lsp.disk import Record, RememberingDisk
from closurelens.project.files import Unreadable


@pytest.fixture
def disk() -> RememberingDisk:
    return RememberingDisk(clock=lambda: 0.0)


def write(path: Path, text: str, *, age: float = 100.0) -> str:
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)
    return str(path)


def trace_of(looks: Looks) -> Trace:
    folders = {path: (state, names_of(entries)) for path, (state, entries) in looks.folders.items()}
    return Trace(files=looks.files, folders=folders, is_file=looks.is_file, is_dir=looks.is_dir)


def test_all_that_was_looked_at_is_in_the_trace(tmp_path: Path, disk: RememberingDisk) -> None:
    there, missing = write(tmp_path / "there", "1"), str(tmp_path / "missing")
    (tmp_path / "folder").mkdir()
    record = Record(disk)
    assert record.read(there) == b"1"
    assert isinstance(record.read(missing), Unreadable)
    assert not record.is_file(str(tmp_path / "file"))
    assert record.is_dir(str(tmp_path / "folder"))
    assert [entry.name for entry in record.entries(str(tmp_path / "folder"))] == []
    store = CrateStore(None)

    def holds() -> bool:
        return trace_of(record.looks).holds(store)

    assert holds()
    write(tmp_path / "unheard", "of")
    assert holds()
    write(tmp_path / "missing", "now there")
    assert not holds()
    (tmp_path / "missing").unlink()
    assert holds()
    write(tmp_path / "file", "")
    assert not holds()
    (tmp_path / "file").unlink()
    inside = tmp_path / "folder/inside"
    write(inside, "")
    assert not holds()
    inside.unlink()
    assert holds(), "the folder's time is another one, and its names are the same"
    inside.mkdir()
    assert not holds()
    inside.rmdir()
    (tmp_path / "folder").rmdir()
    assert not holds()


def test_a_trace_names_rows_and_packages(tmp_path: Path) -> None:
    store = CrateStore(tmp_path / "cache")
    store.put("a", "a", "1", b"1")
    (tmp_path / "p").mkdir()
    write(tmp_path / "p/lib.rs", "1")
    from closurelens.index.stamps import digest_below

    folder = str(tmp_path / "p")
    trace = Trace(crates=store.digests(["a"]), walked={folder: digest_below(folder)})
    assert trace.holds(store)
    store.put("a", "a", "1", b"2")
    assert not trace.holds(store)
    store.put("a", "a", "1", b"1")
    assert trace.holds(store)
    write(tmp_path / "p/more.rs", "1")
    assert not trace.holds(store)


def test_the_first_state_stands_until_it_is_known_to_have_changed(tmp_path: Path, disk: RememberingDisk) -> None:
    path = write(tmp_path / "a", "1")
    first = state_of(path)
    disk.read(path)
    write(tmp_path / "a", "22", age=50)
    assert disk.read(path) == b"22"
    assert disk.seen.files[path] == first, "somebody has read what was there before"
    assert disk.look() == [path]
    disk.forget([path])
    disk.read(path)
    assert disk.seen.files[path] == state_of(path)
    assert disk.look() == []


def test_a_folder_that_is_listed_twice_is_seen_to_change(tmp_path: Path, disk: RememberingDisk) -> None:
    disk.entries(str(tmp_path))
    path = write(tmp_path / "a", "1")
    disk.entries(str(tmp_path))
    assert disk.look() == [path]
    assert disk.look() == []


def test_what_was_just_written_is_young(tmp_path: Path, disk: RememberingDisk) -> None:
    old, new = write(tmp_path / "old", "1"), write(tmp_path / "new", "1", age=0)
    for path in (old, new):
        disk.read(path)
    assert set(disk.seen.young) == {new}
    assert not is_young(state_of(old))
    assert not is_young(None)


def test_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    write(tmp_path / "a", "")
    assert names_in(str(tmp_path)) == names_of([("b", True), ("a", False)]) != names_of([("b", False), ("a", False)])
    assert names_in(str(tmp_path / "nowhere")) == names_of([])
