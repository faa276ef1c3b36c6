"""What can happen to a world.

Invariant: a change holds everything it brings; applying it reads nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from closurelens.capture.model import ClosureCaptures
from closurelens.records import dataclass
from closurelens.text import TextRange

if TYPE_CHECKING:
    from closurelens.world.state import Config


@dataclass(slots=True)
class OpenFile:
    """From now on the text of `path` is this one, whatever the disk says."""

    path: str
    text: bytes


@dataclass(slots=True)
class EditFile:
    """An edit of an open file, in bytes; None: of its whole text."""

    path: str
    range: TextRange | None
    new_text: bytes


@dataclass(slots=True)
class CloseFile:
    """The disk has the text of `path` again."""

    path: str


@dataclass(slots=True)
class FileOnDisk:
    """A file has appeared, changed or gone; of a manifest, lock file or cargo configuration: crates are loaded anew."""

    path: str


@dataclass(slots=True)
class SetConfig:
    config: Config


@dataclass(slots=True)
class ExactAnswers:
    """What rustc says of the closures of `text`, by the byte they start at."""

    path: str
    text: bytes
    closures: Mapping[int, ClosureCaptures]


@dataclass(slots=True)
class MoreDependencies:
    """Dependencies that were absent may be at hand now."""


Change = OpenFile | EditFile | CloseFile | FileOnDisk | SetConfig | ExactAnswers | MoreDependencies
