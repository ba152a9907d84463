"""Held values stand in for missing inputs, never for those that are here; held bits lie above all others."""

from itertools import chain, combinations

import pytest

from simulator.dataflow.held import stand_ins
from simulator.dataflow.join import Join
from tests.support.golden_graphs import camera, health

ADD, SELECT = Join((((0, 1, 2),),)), Join((((0,), (1,)), ((2,),)))
MIXED = Join((((0, 1), (2,)),))


def subsets(edges=(0, 1, 2)):
    return [set(some) for some in chain.from_iterable(combinations(edges, n) for n in range(len(edges) + 1))]


@pytest.mark.parametrize("needs", ["any", "all", 1, 2, 3])
@pytest.mark.parametrize("join", [ADD, SELECT, MIXED], ids=["add", "select", "mixed"])
def test_without_held_values_a_join_takes_what_it_always_takes(join, needs):
    join = Join(join.groups, needs)
    for fresh in subsets():
        assert (stand_ins(join, fresh, set()) is not None) == bool(join.take(fresh))
        assert not stand_ins(join, fresh, set())


@pytest.mark.parametrize("needs", ["any", "all", 1, 2, 3])
@pytest.mark.parametrize("join", [ADD, SELECT, MIXED], ids=["add", "select", "mixed"])
def test_held_values_fill_up_what_the_fresh_ones_chose_and_count_for_what_is_needed(join, needs):
    join, free = Join(join.groups, needs), Join(join.groups)
    for fresh in subsets():
        for held in subsets():
            found = stand_ins(join, fresh, held - fresh)
            chosen = set(free.take(fresh))
            if found is None:
                assert not join.take(fresh)  # what is met without held values is met with them
                continue
            assert set(found) <= held - fresh
            filled = chosen | set(found)
            for group in join.groups:
                (alternative, *others) = [a for a in group if filled & set(a)] or [()]
                assert not others  # one alternative of each group
                if fresh & {edge for a in group for edge in a}:
                    assert alternative == next(a for a in group if fresh & set(a))  # that of the fresh inputs
                assert set(alternative) & held <= filled


@pytest.mark.parametrize("graph", [health(mode="add"), camera()], ids=["health", "camera"])
def test_held_bits_are_no_other_bits_and_are_told(graph):
    own = graph.delivery(graph.exits[0], range(len(graph.edges)))
    assert graph.held_mask.bit_count() == len(graph.edges)
    assert not graph.held_mask & (own | 1 << (1 + len(graph.edges) + len(graph.exits)))
    last = graph.inputs[graph.exits[0]][-1]
    delivery = own & ~graph.edge_bit(last) | graph.held_bit(last)
    assert graph.held_of(delivery) == (last,)
    assert last not in graph.edges_of(delivery)
    assert f"{graph.edges[last].name}[held]" in graph.text(delivery)
    assert "held" not in graph.text(own)
