"""The database of stored crates, and what may befall it."""

import sqlite3
from pathlib import Path

import pytest

from closurelens.index.store import SCHEMA, CrateStore, cache_folder

DATA = b"signatures" * 100


def put(store: CrateStore, *keys: str) -> None:
    for key in keys:
        store.put(key, f"crate-{key}", "1.0.0", DATA)


def test_what_was_put_is_there(tmp_path: Path) -> None:
    store = CrateStore(tmp_path / "a" / "b")
    assert store.get("key") is None
    put(store, "key")
    assert store.get("key") == DATA
    assert CrateStore(tmp_path / "a" / "b").get("key") == DATA


def test_two_at_once(tmp_path: Path) -> None:
    one, two = CrateStore(tmp_path), CrateStore(tmp_path)
    put(one, "a")
    assert two.get("a") == DATA
    put(two, "a", "b")
    assert one.get("b") == DATA


@pytest.mark.parametrize("damage", [b"", b"this is no database", b"\0" * 5000])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    store = CrateStore(tmp_path)
    put(store, "a")
    store.close()
    assert store.path is not None
    for file in tmp_path.iterdir():
        file.unlink()
    store.path.write_bytes(damage)
    again = CrateStore(tmp_path)
    assert again.get("a") is None
    put(again, "a")
    assert CrateStore(tmp_path).get("a") == DATA
    assert ("damaged" in caplog.text) == bool(damage)


def test_a_file_that_is_damaged_while_it_is_open(tmp_path: Path) -> None:
    store = CrateStore(tmp_path)
    for number in range(200):
        put(store, str(number))
    store.close()
    assert store.path is not None
    size = store.path.stat().st_size
    assert CrateStore(tmp_path).get("7") == DATA
    with store.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    again = CrateStore(tmp_path)
    for number in range(200):
        assert again.get(str(number)) in (DATA, None)
    put(again, "new")
    assert again.get("new") == DATA


def test_a_damaged_crate_is_not_given(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = CrateStore(tmp_path)
    put(store, "a", "b")
    store.close()
    assert store.path is not None
    with sqlite3.connect(store.path) as database:
        database.execute("UPDATE crates SET data = ? WHERE key = 'a'", (DATA[:-1],))
    database.close()
    assert store.get("a") is None
    assert store.get("b") == DATA
    assert "damaged" in caplog.text
    put(store, "a")
    assert store.get("a") == DATA


def test_another_schema_is_replaced(tmp_path: Path) -> None:
    path = CrateStore(tmp_path).path
    assert path is not None
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE crates (other TEXT)")
        database.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    database.close()
    store = CrateStore(tmp_path)
    put(store, "a")
    assert store.get("a") == DATA


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    store = CrateStore(tmp_path, largest=10 * len(DATA))
    put(store, *"abcdefghij")
    assert store.path is not None
    with sqlite3.connect(store.path) as database:
        database.execute("UPDATE crates SET used = used - 400000")
    database.close()
    assert store.get("a") == DATA
    put(store, "k")
    assert [key for key in "abcdefghijk" if store.get(key) is not None] == list("afghijk")


def test_without_a_place_on_the_disk(tmp_path: Path) -> None:
    store = CrateStore(None)
    put(store, "a")
    assert store.get("a") == DATA
    assert store.get_from_disk("a") is None
    assert CrateStore(None).get("a") is None


def test_a_folder_that_cannot_be(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    store = CrateStore(tmp_path / "file" / "folder")
    put(store, "a")
    assert store.get("a") == DATA
    assert caplog.text.count("cannot be used") == 1


def test_a_database_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = CrateStore(tmp_path)
    put(store, "a")
    assert store.path is not None
    store._do(lambda database: database.execute("PRAGMA query_only = ON"))
    put(store, "b")
    assert store.get("a") == DATA
    assert store.get("b") == DATA
    assert store.get_from_disk("b") is None
    assert "cannot be used" in caplog.text


def test_a_locked_database(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closurelens.index.store._BUSY_SECONDS", 0.05)
    store = CrateStore(tmp_path)
    put(store, "a")
    assert store.path is not None
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    put(store, "b")
    assert store.get("a") == DATA
    assert store.get("b") == DATA
    other.execute("ROLLBACK")
    other.close()
    put(store, "c")
    assert store.get_from_disk("c") == DATA


def test_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLOSURELENS_CACHE_DIR", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.setenv("CLOSURELENS_CACHE_DIR", "")
    assert cache_folder() is None
    monkeypatch.delenv("CLOSURELENS_CACHE_DIR")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "closurelens"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "closurelens"
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "closurelens"


def test_digests_tell_rows_apart(tmp_path: Path) -> None:
    store = CrateStore(tmp_path)
    names = [f"k{number}" for number in range(1200)]
    for name in names[:3]:
        store.put(name, "n", "1", name.encode())
    store.put(names[1199], "n", "1", b"k0")
    found = store.digests(names)
    assert list(found) == [*names[:3], names[1199]]
    assert found["k0"] == found["k1199"] != found["k1"]
    store.put("k0", "n", "1", b"other")
    assert store.digests(["k0"]) != {"k0": found["k0"]}
    assert CrateStore(None).digests(names) == {}
