"""What a build script learns from the crate `autocfg`, and what it has that crate tell rustc.

Invariant: what only a compiler can say is not known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from closurelens.project.model import CfgSet
from closurelens.project.script_values import Value
from closurelens.records import dataclass

_OLDEST = 85
"""Compilers are taken to be 1.85 or newer: std's signatures are those of a newer one still."""
_WITHOUT_STD = frozenset(("cuda", "none", "uefi"))
_METHOD = re.compile(r"(?:emit|probe)_(?:constant|expression|has|path|rustc|sysroot|trait|type)(?:_\w+)?")


@dataclass(slots=True)
class Probe:
    """The answer to a question, None: not known; `option` is set if it is yes, None: it is only asked."""

    answer: bool | None
    option: str | None = None


def probe(method: str, texts: Sequence[str], values: Sequence[Value], cfg: CfgSet) -> Probe | None:
    """A method of `AutoCfg`, with the texts and values of its arguments; None: it is something else.

    `cfg` is that of the platform that is asked about.
    """
    if _METHOD.fullmatch(method) is None:
        return None
    answer: bool | None = None
    option: str | None = None
    names = [value for value in values if isinstance(value, str)]
    if method.endswith("rustc_version"):
        option = f"rustc_{'_'.join(texts)}"
        if len(texts) == 2 and texts[0] == "1" and texts[1].isdigit() and int(texts[1]) <= _OLDEST:
            answer = True
    elif method.endswith("_cfg"):
        option = names[-1] if names else ""
    elif names:
        option = "has_" + re.sub(r"\W", "_", names[0])
        if method.endswith("sysroot_crate"):
            answer = _is_in_sysroot(names[0], cfg)
    return Probe(answer, (option or "*") if method.startswith("emit") else None)


def _is_in_sysroot(name: str, cfg: CfgSet) -> bool | None:
    if name == "core":
        return True
    systems = {value for key, value in cfg.options if key == "target_os"}
    if name not in ("std", "alloc") or "target_os" in cfg.open or not systems:
        return None
    return True if systems.isdisjoint(_WITHOUT_STD) else None
