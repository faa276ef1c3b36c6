"""Nothing that is missing makes a certain answer wrong.

A sample of deletions runs with the other tests. CLOSURELENS_DELETIONS=2200 makes so many, over all crates; the
deletions follow from CLOSURELENS_SEED (a number), so that a run can be had again.
"""

import os
import random
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import pytest
from ablation import Ablation, Outcome, batches
from crate_scores import crates
from deletions import deletions_in, without

from closurelens.stdsig.database import StdDb

ASKED = int(os.environ.get("CLOSURELENS_DELETIONS", "0"))
SEED = os.environ.get("CLOSURELENS_SEED", "1")
SAMPLE = ("clap_builder", "criterion", "handlebars", "ignore", "indicatif", "itertools")
"""Crates that are soon read."""
SAMPLED = 35

CODE = b"""\
use std::{fmt::Write, io};
mod other;
#[derive(Clone, Copy)]
struct P { x: u8, y: u8 }
impl P {
    fn f(&self) -> u8 { let c = || self.x; c() }
}
macro_rules! m { () => {} }
"""

std = cache(StdDb.load)


@pytest.mark.parametrize("crate", crates() if ASKED else SAMPLE)
def test_what_stays_certain_is_right(crate: str, record_property: Callable[[str, object], None]) -> None:
    ablation = Ablation(crate, std())
    chance = random.Random(f"{SEED} {crate}")
    told = Outcome()
    for gone in batches(ablation, chance, -(-ASKED // len(crates())) if ASKED else SAMPLED):
        told.merge(ablation.without(gone, chance))
    if ASKED:
        for package in ablation.packages():
            told.merge(ablation.without_packages(frozenset((package,))))
    line = f"{crate:20} {told.deletions} deletions: {told.certain} of {told.compared} answers certain"
    record_property("accuracy", line)
    known = {wrong.said for wrong in ablation.intact().wrong} if told.wrong else set()
    wrong = [str(w) for w in told.wrong if w.said not in known]
    assert not wrong, "\n".join(wrong)
    assert told.compared > told.deletions
    assert told.certain > told.compared / 2


def test_every_kind_of_deletion_is_found() -> None:
    assert [d.kind for d in deletions_in("a.rs", CODE)] == [
        "use",
        "use name",
        "use name",
        "mod",
        "type",
        "derive",
        "field",
        "field",
        "impl",
        "fn",
        "macro",
    ]


def test_a_deletion_moves_nothing_and_takes_attributes_along() -> None:
    found = deletions_in("a.rs", CODE)
    for gone in found:
        left = without(CODE, [gone])
        assert len(left) == len(CODE)
        assert left[: gone.start] == CODE[: gone.start]
        assert left[gone.end :] == CODE[gone.end :]
        assert left.count(b"\n") == CODE.count(b"\n")
    struct = next(d for d in found if d.kind == "type")
    assert CODE[struct.start :].startswith(b"#[derive")
    assert b"derive" not in without(CODE, [struct])


def test_deletions_come_in_the_order_of_the_text() -> None:
    assert all(a.start <= b.start for a, b in pairwise(deletions_in("a.rs", CODE)))
