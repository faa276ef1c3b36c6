"""Nothing that is missing makes a certain answer wrong.

2,000 deletions, over all crates. They follow from CLOSURELENS_SEED (a number), so that a run can be had again;
CLOSURELENS_DELETIONS is another number of them. Of each crate's dependencies two are taken away, each by itself;
CLOSURELENS_PACKAGES=all takes every one (three times as long): `pytest -n2 --dist load tests/accuracy/test_ablation.py`
uses two cores for it.
"""

import gc
import os
import random
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice, pairwise

import pytest
from ablation import Ablation, Outcome, batches
from crate_scores import crates
from deletions import deletions_in, without

from closurelens.stdsig.database import StdDb

DELETIONS = int(os.environ.get("CLOSURELENS_DELETIONS", "2000"))
PACKAGES = os.environ.get("CLOSURELENS_PACKAGES", "2")
SEED = os.environ.get("CLOSURELENS_SEED", "1")

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


@pytest.fixture(autouse=True)
def few_searches_for_cycles() -> Iterator[None]:
    """As the command line does, as much is made here that has no cycles."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()
    gc.collect()


def read(crate: str) -> Ablation:
    """What is known of the intact crate stays, so that no search for cycles looks at it."""
    ablation = Ablation(crate, std())
    gc.freeze()
    return ablation


@pytest.mark.parametrize("crate", crates())
def test_what_stays_certain_is_right(crate: str, record_property: Callable[[str, object], None]) -> None:
    ablation = read(crate)
    chance = random.Random(f"{SEED} {crate}")
    told = Outcome()
    for gone in batches(ablation, chance, -(-DELETIONS // len(crates()))):
        told.merge(ablation.without(gone, ablation.asked(gone, chance)))
    packages = ablation.packages
    for folders in packages if PACKAGES == "all" else chance.sample(packages, min(int(PACKAGES), len(packages))):
        told.merge(ablation.without_packages(folders))
        gc.collect()
    line = f"{crate:20} {told.deletions} deletions: {told.certain} of {told.compared} answers certain"
    record_property("accuracy", line)
    wrong = ablation.surprises(told)
    assert not wrong, "\n".join(map(str, wrong))
    assert told.compared > told.deletions / 2
    assert told.certain > told.compared / 2


def test_an_edit_gives_what_a_new_start_gives() -> None:
    ablation = read("ignore")
    chance = random.Random(SEED)
    for gone in islice(batches(ablation, chance, 1000), 4):
        bodies = ablation.asked(gone, chance)
        edited = ablation.without(gone, bodies)
        assert edited.answers == ablation.without_from_scratch(gone, bodies).answers
    assert ablation.without([], ablation.bodies).answers == ablation.intact.answers


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
