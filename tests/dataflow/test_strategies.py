"""What each strategy makes of a model file."""

import pytest

from simulator.errors import ScenarioError
from simulator.model.blocks import ModelFile
from simulator.model.graph import part_graph, strategy_has_failout
from tests.support import golden_graphs as golden


def model_file(words, sources, parts, exits, **more):
    return ModelFile.model_validate({
        "sources": {name: {} for name in sources},
        "parts": {name: {"exit": name in exits, **more.get(name, {})} for name in parts},
        "hyperconnections": [dict(zip(("from", "to"), word.split(), strict=True)) for word in words],
    })


CAMERA = model_file(golden.CAMERA_SIMPLE + golden.CAMERA_SKIPS, *golden.CAMERA, ["c"])


def test_vanilla_drops_the_skips_and_adds():
    assert part_graph(CAMERA, "vanilla") == golden.camera([0] * 7, "add")


@pytest.mark.parametrize(("strategy", "mode", "has_failout"), [
    ("dfg", "add", False), ("resilinet_plus", "add", True), ("resilinet", "select", True), ("select", "select", False)])
def test_the_others_keep_them(strategy, mode, has_failout):
    assert part_graph(CAMERA, strategy) == golden.camera(mode=mode)
    assert strategy_has_failout(strategy) is has_failout


def test_weights_of_hyperconnections_stay_with_them():
    file = model_file(golden.HEALTH_SIMPLE + golden.HEALTH_SKIPS, *golden.HEALTH, ["cloud"])
    weighted = file.model_copy(update={"hyperconnections": tuple(
        block.model_copy(update={"weight": place / 2}) for place, block in enumerate(file.hyperconnections))})
    assert [edge.weight for edge in part_graph(weighted, "dfg").edges] == [place / 2 for place in range(7)]


def test_vanilla_forgets_the_dropped_inputs_of_explicit_groups():
    file = model_file(["a b", "b c", "a c"], "a", "bc", "c", c={"groups": [[["a"], ["b"]]]})
    assert part_graph(file, "resilinet").part_by_name["c"].join.groups == (((2,), (1,)),)
    assert part_graph(file, "vanilla").part_by_name["c"].join.groups == (((1,),),)


def test_a_mistake_in_a_skip_is_told_for_vanilla_too():
    file = model_file(["a b", "b c", "a x"], "a", "bc", "c")
    with pytest.raises(ScenarioError, match="no part named 'x'"):
        part_graph(file, "vanilla")
