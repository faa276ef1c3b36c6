"""What an attribute macro leaves of the functions that it stands on, found out from the source of its crate."""

from __future__ import annotations

from closurelens.resolve.attributes.evaluate import Evaluation
from closurelens.resolve.attributes.output import Kept, kept
from closurelens.resolve.attributes.source import MacroCrate
from closurelens.resolve.attributes.values import OTHER, Part, Undecided


def read_attribute(crate: MacroCrate, name: str, kind: str) -> Kept | None:
    """What the macro `name` leaves of an item of the kind, named as in `syn::Item`; None: perhaps nothing."""
    if crate.parses_functions:
        return None
    found = [one for one in crate.functions(name) if not one.owner and one.file is crate.files[0]]
    if len(found) != 1:
        return None
    evaluation = Evaluation(crate, kind)
    try:
        value = evaluation.call(found[0], [OTHER, Part()])
        return kept(value, kind, evaluation.changed, evaluation.stored)
    except Undecided:
        return None
