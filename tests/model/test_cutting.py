"""Cuts of a graph: a cut separates where no path from input to output avoids it, and what is refused says why."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.model.cuts import Step, TensorGraph, closed, cut_problems, leaks
from simulator.model.regions import regions

# in -> a -> b -> add -> out, and a -> add: a residual block
BLOCK = TensorGraph(("in",), ("out",), (
    Step("a", ("in",), ("a",)), Step("b", ("a",), ("b",)), Step("add", ("a", "b"), ("add",)),
    Step("out", ("add",), ("out",)),
))


def messages(*cuts, graph=BLOCK):
    return [str(problem) for problem in cut_problems(graph, cuts)]


@pytest.mark.parametrize("cuts", [[("a",)], [("b", "a")], [("a",), ("add",)], [("a",), ("b", "a"), ("add",)]])
def test_a_cut_that_separates_has_no_problem(cuts):
    assert messages(*cuts) == []


def test_a_leak_is_named_with_its_path_and_the_cut_that_closes_it():
    (told,) = messages(("b",))
    assert "'a' leaks (in -> a -> add -> out)" in told
    assert "write --cuts 'b+a'" in told


@pytest.mark.parametrize(("cuts", "told"), [
    ([("ad",)], "no tensor 'ad'; did you mean 'add'?"),
    ([("out",)], "no output lies behind it"),
    ([("add", "b")], "'b' is not needed behind the cut; leave it out"),
    ([("add", "add")], "'add' is named 2 times"),
    ([("add",), ("a",)], "'a' lies before cut 1; list the cuts from input to output"),
    ([("add",), ("add",)], "no layer lies between it and cut 1"),
    ([("in",)], "no layer lies between it and the input"),
])
def test_what_is_refused_says_why(cuts, told):
    assert told in "\n".join(messages(*cuts))


def test_all_problems_are_told_at_once():
    assert len(messages(("b",), ("nothing",), ("out",))) == 3


def test_a_part_takes_the_message_before_it_and_makes_the_one_behind_it():
    made = regions(BLOCK, [("a",), ("b", "a")], ["x", "y", "z"])
    assert [(part.name, part.inputs, part.outputs, part.is_exit, part.feeder) for part in made] == [
        ("x", ("in",), ("a",), False, None), ("y", ("a",), ("b", "a"), False, "x"),
        ("z", ("b", "a"), ("out",), True, "y")]


@st.composite
def graphs(draw):
    """Return a random graph of calls, one or two outputs each, and some of its tensors."""
    tensors, steps = ["in0", "in1"][: draw(st.integers(1, 2))], []
    inputs = tuple(tensors)
    for number in range(draw(st.integers(2, 9))):
        taken = draw(st.lists(st.sampled_from(tensors), min_size=1, max_size=3, unique=True))
        made = tuple(f"t{number}.{place}" for place in range(draw(st.integers(1, 2))))
        steps.append(Step(f"s{number}", tuple(taken), made))
        tensors += made
    outputs = draw(st.lists(st.sampled_from([t for step in steps for t in step.outputs][-4:]), min_size=1, max_size=2,
                            unique=True))
    graph = TensorGraph(inputs, tuple(outputs), tuple(steps))
    return graph, tuple(draw(st.lists(st.sampled_from(tensors), min_size=1, max_size=4, unique=True)))


def sees_an_input(graph, cut, output):
    """Return whether a path from an input to the output avoids the cut: a search on the graph without it."""
    whole = nx.DiGraph()
    whole.add_nodes_from(graph.tensors)
    for step in graph.steps:
        whole.add_edges_from((taken, made) for taken in step.inputs for made in step.outputs)
    whole.remove_nodes_from(cut)
    # A call that makes two tensors makes both, so what leads to one leads to the other.
    return any(start in whole and output in whole and nx.has_path(whole, start, output) for start in graph.inputs)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_a_cut_leaks_exactly_where_a_path_avoids_it(case):
    graph, cut = case
    behind = graph.outputs_behind(cut)
    assert bool(leaks(graph, cut)) == any(sees_an_input(graph, cut, output) for output in behind)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_what_leaks_put_into_the_cut_closes_it(case):
    graph, cut = case
    assert leaks(graph, closed(graph, cut)) == {}


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_parts_make_what_others_take_and_every_output_is_answered_once(case):
    graph, cut = case
    if cut_problems(graph, [cut]):
        return
    made = regions(graph, [cut], ["front", "back"])
    there = set(graph.inputs)
    for part in made:
        assert set(part.inputs) <= there
        need = graph.need(part.outputs, part.inputs)
        assert not set(need.seen) & (set(graph.inputs) - set(part.inputs))
        there |= set(part.outputs)
    assert sorted(part.outputs[0] for part in made if part.is_exit) == sorted(graph.outputs)
