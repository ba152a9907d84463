"""Order, spans and joins of part graphs, and every mistake a user can make in one."""

import pytest

from simulator.dataflow.build import JoinRule, build_graph, spans
from simulator.dataflow.graph import PartGraph
from simulator.errors import ScenarioError
from tests.support import golden_graphs as golden
from tests.support.golden_graphs import camera, chain, edges, health


def groups(graph: PartGraph, part: str) -> list[list[set[str]]]:
    join = graph.part_by_name[part].join
    return [[{graph.edges[edge].source for edge in alternative} for alternative in group] for group in join.groups]


def test_a_span_is_the_number_of_parts_bypassed_on_the_longest_path():
    assert spans("abcd", edges(["a b", "b c", "c d", "a c", "a d"])) == (0, 0, 0, 1, 2)
    assert spans("abcd", edges(["a d", "a b", "b d", "b c", "c d"])) == (2, 0, 1, 0, 0)


def test_camera_select_joins_are_those_of_resilinet():
    graph = camera()
    assert groups(graph, "f2") == [[{"f3"}, {"e1"}], [{"f4"}, {"e2", "e3", "e4"}]]
    assert groups(graph, "f1") == [[{"f2"}, {"f3", "f4"}]]
    assert groups(graph, "c") == [[{"f1"}, {"f2"}]]
    assert groups(graph, "f4") == [[{"e2"}], [{"e3"}], [{"e4"}]]  # nothing to choose: the sum of what is present


def test_health_select_joins_prefer_the_part_below():
    graph = health()
    assert [groups(graph, part) for part in ("edge", "fog2", "fog1", "cloud")] == [
        [[{"iot"}]], [[{"edge"}, {"iot"}]], [[{"fog2"}, {"edge"}]], [[{"fog1"}, {"fog2"}]]]


def test_add_takes_everything_in_one_group():
    assert groups(camera(mode="add"), "f2") == [[{"f3", "f4", "e1", "e2", "e3", "e4"}]]


def test_longer_skips_are_later_alternatives():
    graph = build_graph("a", "bcd", "d", edges(["a b", "b c", "c d", "a d", "b d"]), "select")
    assert groups(graph, "d") == [[{"c"}, {"b"}, {"a"}]]


def test_a_skip_that_bypasses_two_simple_inputs_merges_their_groups():
    graph = build_graph("a", "bcd", "d", edges(["a b", "a c", "b d", "c d", "a d"]), "select")
    assert groups(graph, "d") == [[{"b", "c"}, {"a"}]]


def test_groups_of_the_file_win_in_select_and_are_ignored_in_add():
    rules = {"c": JoinRule(groups=((("a",), ("b",)),))}
    steps = edges(["a b", "b c", "a c"])
    assert groups(build_graph("a", "bc", "c", steps, "select", rules), "c") == [[{"a"}, {"b"}]]
    assert groups(build_graph("a", "bc", "c", steps, "add", rules), "c") == [[{"a", "b"}]]


def test_parts_come_in_topological_order_whatever_the_order_of_declaration():
    sources, parts = golden.HEALTH
    graph = build_graph(sources, list(reversed(parts)), ["cloud"], edges(golden.HEALTH_SIMPLE), "add")
    assert list(graph.position) == ["iot", "edge", "fog2", "fog1", "cloud"]
    assert list(chain(12).position) == ["source", *(f"p{i:02}" for i in range(1, 13))]


def test_needs_reach_the_join():
    graph = build_graph("ab", "c", "c", edges(["a c", "b c"]), "add", {"c": JoinRule(needs=2)})
    assert graph.part_by_name["c"].join.needs == 2


MISTAKES = {
    "cycle": (dict(edges=["a b", "b c", "c b"]), "the parts feed each other in a cycle: b -> c -> b"),
    "unknown part": (dict(edges=["a b", "b c", "a d"]), "hyperconnections.2: no part named 'd'"),
    "duplicate": (dict(edges=["a b", "b c", "a b"]),
                  "hyperconnections.2: 'a->b' is declared twice, first at hyperconnections.0"),
    "no input": (dict(edges=["a c"]), "parts.b: 'b' has no input"),
    "feeds a source": (dict(edges=["a b", "b c", "c a"]), "'c->a' feeds a source"),
    "no exit": (dict(exits=""), "no part is an exit; write 'exit: true'"),
    "unknown exit": (dict(exits="d"), "the exit 'd' is not a part"),
    "unreachable exit": (dict(edges=["a b"]), "the exit 'c' is fed by no source"),
    "needs": (dict(rules={"c": JoinRule(needs=2)}), "parts.c.needs: 'c' needs 2 of its 1 inputs"),
    "needs nothing": (dict(rules={"c": JoinRule(needs=0)}), "parts.c.needs: 'c' needs 0 of its 1 inputs"),
    "group": (dict(rules={"c": JoinRule(groups=((("a",), ("b",)),))}), "parts.c.groups: 'a' is not an input of 'c'"),
    "left out": (dict(rules={"c": JoinRule(groups=())}), "the inputs 'b' of 'c' are in no group"),
    "named twice": (dict(rules={"c": JoinRule(groups=((("b",),), (("b",),)))}), "'b' is named 2 times"),
    "twice declared": (dict(parts="bcb"), "parts.b: 'b' is declared 2 times"),
    "no source": (dict(sources=""), "the model has no source"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_told(name):
    wrong, message = MISTAKES[name]
    given = {"sources": "a", "parts": "bc", "exits": "c", "edges": ["a b", "b c"], "rules": {}} | wrong
    with pytest.raises(ScenarioError) as told:
        build_graph(given["sources"], given["parts"], given["exits"], edges(given["edges"]), "select", given["rules"])
    assert message in str(told.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ScenarioError) as told:
        build_graph("a", "bcd", "x", edges(["a b", "b c", "c b", "a b", "a y"]), "add", {"c": JoinRule(needs=7)})
    assert len(told.value.problems) == 6
