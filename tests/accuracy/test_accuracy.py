"""The instant tier's figures over whole crates must not fall below their floors."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import crate_scores
import pytest
from crate_scores import TOTAL, crates, floors, oracle_of, report_of, source_of
from scoring import NAMES, Score, score

score_of = cache(crate_scores.score_of)


def below(told: Score, name: str) -> list[str]:
    """The figures of `told` that are under the floor of a crate."""
    return [
        f"{figure} is {told.percent(figure):.2f}, under {least}"
        for figure, least in floors().get(name, {}).items()
        if told.percent(figure) < least
    ]


@pytest.mark.parametrize("crate", crates())
def test_crate(crate: str, record_property: Callable[[str, object], None]) -> None:
    told = score_of(crate)
    record_property("accuracy", f"{crate:20} {told}")
    assert not below(told, crate), "\n".join(told.wrong[:20])


def test_all_crates_together(record_property: Callable[[str, object], None]) -> None:
    total = Score()
    for crate in crates():
        total.merge(score_of(crate))
    record_property("accuracy", f"{TOTAL:20} {total}")
    assert not below(total, TOTAL)


@pytest.mark.parametrize("crate", ["gloo-timers", "handlebars"])
def test_stored_dependencies_give_the_same_answers(crate: str, tmp_path: Path) -> None:
    oracle = oracle_of(crate)
    folder = source_of(oracle)
    from_source = report_of(folder, oracle["features"])
    for _ in range(2):
        assert report_of(folder, oracle["features"], str(tmp_path)) == from_source
    assert list(tmp_path.iterdir())


def test_floors_name_known_figures_and_crates() -> None:
    assert TOTAL in floors()
    assert floors().keys() <= {TOTAL, *crates()}
    assert {figure for least in floors().values() for figure in least} <= set(NAMES)


def test_oracles_are_whole() -> None:
    assert len(crates()) == 22
    assert sum(len(oracle_of(crate)["closures"]) for crate in crates()) > 3400


def closure(trait: str, *captures: tuple[str, list[str], str], **more: object) -> dict[str, object]:
    rows = [{"variable": v, "fields": f, "mode": m} for v, f, m in captures]
    return {"start": 5, "trait": trait, "kind": trait, "captures": rows, "certain": True} | more


def scored(got: list[dict[str, object]], trait: str = "FnMut", kind: str | None = "FnMut") -> Score:
    want = {"file": "a.rs", "start": 5, "line": 1, "col": 6, "trait": trait, "kind": kind}
    want["captures"] = [["p", ["x", "#1"], "uniq"], ["q", [], "move"]]
    return score({"closures": [want]}, {"files": [{"path": "a.rs", "closures": got}]})


def test_a_right_answer_in_any_order_and_by_coarse_modes() -> None:
    told = scored([closure("FnMut", ("q", [], "copy"), ("p", ["x", "y"], "mut"))])
    assert {name: told.percent(name) for name in NAMES} == dict.fromkeys(NAMES, 100.0)
    assert told.wrong == []


def test_wrong_fields_keep_the_variables_right() -> None:
    told = scored([closure("FnMut", ("q", [], "move"), ("p", ["y", "y"], "mut"))])
    assert (told.percent("exact"), told.percent("capturing"), told.percent("variable")) == (0, 0, 100)
    assert (told.percent("certain"), told.percent("sound")) == (100, 0)
    assert told.wrong == ["a.rs:1:6: rustc FnMut [mut p.x.#1, move q]; told FnMut [move q, mut p.y.y] CERTAIN"]


def test_a_wrong_mode_and_a_capture_too_many() -> None:
    assert scored([closure("FnMut", ("q", [], "ref"), ("p", ["x", "y"], "mut"))]).percent("variable") == 0
    more = closure("FnMut", ("q", [], "move"), ("p", ["x", "y"], "mut"), ("r", [], "ref"))
    assert scored([more]).percent("exact") == 0


def test_an_uncertain_wrong_answer_is_not_unsound() -> None:
    told = scored([closure("Fn", certain=False)])
    assert (told.percent("trait"), told.percent("certain")) == (0, 0)
    assert told.counts["sound"].of == 0


def test_a_closure_that_is_not_there() -> None:
    told = scored([])
    assert [told.percent(name) for name in ("found", "trait", "kind", "exact", "variable")] == [0] * 5
    assert told.wrong[0].endswith("told nothing")


def test_a_kind_that_rustc_does_not_know_is_not_counted() -> None:
    assert scored([], kind=None).counts["kind"].of == 0
