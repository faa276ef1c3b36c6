"""Databases of what is costly to make: one SQLite file of each kind, used by any number of processes at once.

A row stands by itself under its key, so readers need no locks beyond SQLite's. Invariant: nothing here raises for what
may be wrong with the file or the disk; what cannot be kept there is kept in memory.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

R = TypeVar("R")

SCHEMA = 1
_LARGEST = 512 * 1024 * 1024
"""Bytes of stored crates from which on the least recently used ones are removed."""
_KEPT_PART = 0.75
_DAY = 86_400
_BUSY_SECONDS = 2.0
_MOST_ASKED = 500
"""Keys in one question."""
_VARIABLE = "CLOSURELENS_CACHE_DIR"

logger = logging.getLogger(__name__)


def cache_folder() -> Path | None:
    """Where caches of this program belong on this system; None: `CLOSURELENS_CACHE_DIR` is empty, none are wanted."""
    given = os.environ.get(_VARIABLE)
    if given is not None:
        return Path(given) if given else None
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "closurelens" / "Cache"
    xdg = os.environ.get("XDG_CACHE_HOME")
    if xdg and os.path.isabs(xdg):
        return Path(xdg) / "closurelens"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "closurelens"
    return home / ".cache" / "closurelens"


class CrateStore:
    """`folder` None: in memory only. `kind`: what is stored. `largest`: bytes kept on the disk."""

    def __init__(self, folder: Path | None, kind: str = "crates", *, largest: int = _LARGEST) -> None:
        self.path = None if folder is None else folder / f"{kind}-{SCHEMA}.sqlite3"
        self._largest = largest
        self._database: sqlite3.Connection | None = None
        self._is_open = False
        self._is_told = False
        self._memory: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        found = self._memory.get(key)
        return self.get_from_disk(key) if found is None else found

    def get_from_disk(self, key: str) -> bytes | None:
        row = self._do(lambda database: _row(database, key))
        if row is None:
            return None
        data, digest, used = row
        if not isinstance(data, bytes) or _digest(data) != digest:
            self._tell("holds a damaged row, which is removed")
            self._do(lambda database: database.execute("DELETE FROM crates WHERE key = ?", (key,)))
            return None
        now = int(time.time())
        if now - used > _DAY:
            self._do(lambda database: database.execute("UPDATE crates SET used = ? WHERE key = ?", (now, key)))
        return data

    def may_have(self, name: str, version: str) -> bool:
        """Something is stored of this version of a crate, in whatever configuration."""
        if self._memory:
            return True
        query = "SELECT 1 FROM crates WHERE name = ? AND version = ? LIMIT 1"
        return self._do(lambda database: database.execute(query, (name, version)).fetchone()) is not None

    def put(self, key: str, name: str, version: str, data: bytes) -> None:
        """Keep `data`, in place of what is there; `name` and `version` are for people who look into the database."""
        if not self.put_on_disk(key, name, version, data):
            self._memory[key] = data

    def put_on_disk(self, key: str, name: str, version: str, data: bytes) -> bool:
        """The same, if that is possible."""
        row = (key, name, version, data, _digest(data), len(data), int(time.time()))
        done = self._do(
            lambda database: database.execute("INSERT OR REPLACE INTO crates VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        )
        if done is not None:
            self._do(self._shrink)
        return done is not None

    def digests(self, keys: Iterable[str]) -> dict[str, str]:
        """Of those that are on the disk, a word that tells their data apart."""
        wanted = list(keys)
        parts = [wanted[start : start + _MOST_ASKED] for start in range(0, len(wanted), _MOST_ASKED)]
        found = self._do(lambda database: [row for part in parts for row in _digests(database, part)])
        return {key: digest.hex() for key, digest in found or () if isinstance(digest, bytes)}

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = None
        self._is_open = False

    def _shrink(self, database: sqlite3.Connection) -> bool:
        size: int = database.execute("SELECT coalesce(sum(size), 0) FROM crates").fetchone()[0]
        if size <= self._largest:
            return False
        for key, of_row in database.execute("SELECT key, size FROM crates ORDER BY used, rowid").fetchall():
            if size <= self._largest * _KEPT_PART:
                break
            database.execute("DELETE FROM crates WHERE key = ?", (key,))
            size -= of_row
        database.execute("PRAGMA incremental_vacuum")
        return True

    # The file

    def _do(self, work: Callable[[sqlite3.Connection], R]) -> R | None:
        """`work` on the database; None where that is not possible."""
        for _ in range(2):
            database = self._connection()
            if database is None:
                return None
            try:
                return work(database)
            except sqlite3.OperationalError as error:
                self._tell(f"cannot be used ({error}); nothing is kept for the next run")
                return None
            except sqlite3.DatabaseError as error:
                self._tell(f"is damaged ({error}) and made anew")
                self.close()
                if self.path is None or not _remove(self.path):
                    self._is_open = True
                    return None
        return None

    def _connection(self) -> sqlite3.Connection | None:
        if not self._is_open:
            self._is_open = True
            self._database = None if self.path is None else self._opened(self.path)
        return self._database

    def _opened(self, path: Path) -> sqlite3.Connection | None:
        for attempt in range(2):
            try:
                return _open(path)
            except (sqlite3.OperationalError, OSError) as error:
                # Locked, full, not writable, no folder: it may be all right for others.
                self._tell(f"cannot be used ({error}); nothing is kept for the next run")
                return None
            except sqlite3.DatabaseError as error:
                self._tell(f"is damaged ({error}) and made anew")
                if attempt or not _remove(path):
                    return None
        return None

    def _tell(self, what: str) -> None:
        if not self._is_told:
            self._is_told = True
            logger.warning("the database %s %s", self.path, what)


def _row(database: sqlite3.Connection, key: str) -> tuple[object, object, int] | None:
    found: tuple[object, object, int] | None = database.execute(
        "SELECT data, digest, used FROM crates WHERE key = ?", (key,)
    ).fetchone()
    return found


def _digests(database: sqlite3.Connection, keys: list[str]) -> list[tuple[str, object]]:
    marks = ",".join("?" * len(keys))
    return database.execute(f"SELECT key, digest FROM crates WHERE key IN ({marks})", keys).fetchall()


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        version: int = database.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA:
            database.execute("PRAGMA auto_vacuum = INCREMENTAL")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            database.execute("DROP TABLE IF EXISTS crates")
            database.execute(
                "CREATE TABLE crates (key TEXT PRIMARY KEY, name TEXT, version TEXT, data BLOB, digest BLOB,"
                " size INTEGER, used INTEGER)"
            )
            database.execute(f"PRAGMA user_version = {SCHEMA}")
            database.execute("COMMIT")
        # A crate that is lost with the power is made again.
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("SELECT key FROM crates LIMIT 1").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database


def _remove(path: Path) -> bool:
    try:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        logger.warning("the database %s cannot be removed: %s", path, error)
        return False
    return True
