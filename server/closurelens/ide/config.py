"""What users can choose about features.

Invariant: importing this loads no feature, so that settings are read before anything is analysed.
"""

from __future__ import annotations

from closurelens.records import dataclass

__all__ = ["HoverConfig", "InlayHintsConfig"]


@dataclass(slots=True)
class InlayHintsConfig:
    """Which hints are shown; `uncertain` False hides those that would end in `?`."""

    traits: bool = True
    captures: bool = True
    uncertain: bool = True


@dataclass(slots=True)
class HoverConfig:
    """`desugar`: show the closure as a struct with a method."""

    desugar: bool = True
