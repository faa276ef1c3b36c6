"""The state that features read: texts, crates, configuration, and the closures of a file.

Start at `state.World`. Invariant: `World.apply` is the only way in; what comes out is plain data about one `Snapshot`.
Nothing here touches the disk: texts and crate graphs come through callables of the caller.
"""

from closurelens.world.changes import (
    Change,
    CloseFile,
    EditFile,
    ExactAnswers,
    FileOnDisk,
    MoreDependencies,
    OpenFile,
    SetConfig,
)
from closurelens.world.model import (
    Basis,
    BodyAnalysis,
    ChunkClosures,
    Failure,
    FileClosures,
    Guard,
    PlacedBody,
    PlacedClosure,
    unguarded,
)
from closurelens.world.state import Cancelled, Config, Snapshot, World

__all__ = [
    "Basis",
    "BodyAnalysis",
    "Cancelled",
    "Change",
    "ChunkClosures",
    "CloseFile",
    "Config",
    "EditFile",
    "ExactAnswers",
    "Failure",
    "FileClosures",
    "FileOnDisk",
    "Guard",
    "MoreDependencies",
    "OpenFile",
    "PlacedBody",
    "PlacedClosure",
    "SetConfig",
    "Snapshot",
    "World",
    "unguarded",
]
