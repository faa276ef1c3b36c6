"""Goals about types with variables: what is found out once is not found out again, and other goals do not change it."""

from __future__ import annotations

from itertools import permutations

from resolve_fixture import load

from closurelens.infer.goals import Answer, SharedCache
from closurelens.infer.table import Table, VarKind
from closurelens.infer.traits import Solver
from closurelens.ty.types import HAS_INFER, I32, Adt, Bound, Projection, Ty

TEXT = """
//# crate krate /lib.rs
//- /lib.rs
pub trait Par { type Item; }
pub struct Leaf<T>(T);
pub struct Chain<A, B>(A, B);
impl<T> Par for Leaf<T> { type Item = T; }
impl<A: Par, B: Par<Item = A::Item>> Par for Chain<A, B> { type Item = A::Item; }
pub trait Of<T> {}
impl Of<Leaf<i32>> for i32 {}
impl Of<Leaf<u8>> for u8 {}
impl<T> Of<T> for Chain<T, T> {}
"""
PAR, OF = "krate::Par", "krate::Of"


def leaf(ty: Ty) -> Ty:
    return Adt("krate::Leaf", (ty,))


def chain(a: Ty, b: Ty) -> Ty:
    return Adt("krate::Chain", (a, b))


def test_a_long_chain_is_solved_in_steps_by_its_length() -> None:
    costs = []
    for length in (10, 20):
        table = Table()
        solver = Solver(load(TEXT).program, table, (), SharedCache())
        ty = leaf(table.new_var())
        for _ in range(length):
            ty = chain(ty, leaf(table.new_var()))
        solver.require(ty, Bound(PAR))
        item = solver.normalize(Projection(ty, PAR, (), "Item"))
        solver.select_where_possible()
        table.unify(item, I32)
        solver.select_where_possible()
        assert not table.deep(ty).flags & HAS_INFER
        costs.append(table.binds)
    assert costs[1] < 10 * costs[0]


def test_the_kind_of_a_variable_is_part_of_a_goal() -> None:
    shared = SharedCache()
    program = load(TEXT).program
    for kind, answer in ((VarKind.FLOAT, Answer.NO), (VarKind.INT, Answer.MAYBE), (VarKind.FLOAT, Answer.NO)):
        table = Table()
        solver = Solver(program, table, (), shared)
        assert solver.holds(table.new_var(kind), OF, (leaf(table.new_var()),)) is answer


def test_which_variables_are_one_is_part_of_a_goal() -> None:
    for order in permutations(range(2)):
        shared = SharedCache()
        program = load(TEXT).program
        for which in order:
            table = Table()
            solver = Solver(program, table, (), shared)
            a, b = table.new_var(), table.new_var()
            asked = leaf(I32) if which else leaf(a)
            answer = solver.holds(chain(leaf(a if which else b), leaf(I32)), OF, (asked,))
            assert answer is Answer.YES
            assert solver.holds(chain(leaf(I32), leaf(Adt("krate::Other"))), OF, (asked,)) is Answer.NO


def test_what_is_undone_is_forgotten() -> None:
    table = Table()
    solver = Solver(load(TEXT).program, table, (), SharedCache())
    var = table.new_var()
    projection = Projection(chain(leaf(var), leaf(I32)), PAR, (), "Item")
    mark = table.snapshot()
    pending = list(solver.pending)
    first = solver.normalize(projection)
    solver.select_where_possible()
    assert table.deep(first) == I32
    table.rollback(mark)
    solver.pending = pending
    again = solver.normalize(projection)
    assert solver.pending
    solver.select_where_possible()
    assert table.deep(again) == I32
    assert table.deep(var) == I32
