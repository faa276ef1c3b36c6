"""Settings, from initialization options, `workspace/configuration` or pushed by the client.

Names are `closurelens.` and the path below: nested objects and dotted keys mean the same. Invariant: a setting that
cannot be understood keeps its default, and is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from closurelens.ide.config import HoverConfig, InlayHintsConfig
from closurelens.records import dataclass, field

__all__ = ["SETTINGS", "IndexSettings", "Settings", "read_settings"]


@dataclass(slots=True)
class IndexSettings:
    """`dependencies`: read the sources of dependencies that are on this machine."""

    dependencies: bool = True


@dataclass(slots=True)
class Settings:
    inlay_hints: InlayHintsConfig = field(default_factory=InlayHintsConfig)
    hover: HoverConfig = field(default_factory=HoverConfig)
    index: IndexSettings = field(default_factory=IndexSettings)


SETTINGS: dict[str, tuple[str, str]] = {
    "inlayHints.traits": ("inlay_hints", "traits"),
    "inlayHints.captures": ("inlay_hints", "captures"),
    "inlayHints.uncertain": ("inlay_hints", "uncertain"),
    "hover.desugar": ("hover", "desugar"),
    "index.dependencies": ("index", "dependencies"),
}
"""Setting -> where it is kept. All are booleans."""

_OF_CLIENTS = ("path", "args", "importStrategy", "interpreter", "trace", "trace.server")
"""Settings that only editors' extensions read."""


def read_settings(given: Any) -> tuple[Settings, list[str]]:
    """The settings, and what is wrong with what was given."""
    settings = Settings()
    wrong: list[str] = []
    if isinstance(given, Mapping) and isinstance(given.get("closurelens"), Mapping):
        given = given["closurelens"]
    if given is None:
        return settings, wrong
    if not isinstance(given, Mapping):
        return settings, [f"settings must be an object, not {given!r}"]
    for name, value in _flat(given):
        name = name.removeprefix("closurelens.")
        place = SETTINGS.get(name)
        if place is None:
            if not name.startswith(_OF_CLIENTS):
                wrong.append(f"there is no setting closurelens.{name}")
        elif value is None:
            continue
        elif not isinstance(value, bool):
            wrong.append(f"closurelens.{name} must be true or false, not {value!r}")
        else:
            setattr(getattr(settings, place[0]), place[1], value)
    return settings, wrong


def _flat(given: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    out: list[tuple[str, Any]] = []
    work: list[tuple[str, Any]] = [(str(key), value) for key, value in given.items()]
    while work:
        name, value = work.pop()
        if isinstance(value, Mapping):
            work.extend([(f"{name}.{key}", inner) for key, inner in value.items()])
        else:
            out.append((name, value))
    return sorted(out, key=lambda pair: pair[0])
