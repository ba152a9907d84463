"""Blocks, partitions, defaults and residual items: from what a model file says to the layers of each part."""

from __future__ import annotations

import numpy as np
import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.model.blocks import ModelFile
from simulator.model.graph import part_graph
from simulator.model.partitions import expanded
from simulator.model.split import SplitModel
from simulator.scenario.identity import cell_hash
from simulator.scenario.variants import variants
from tests.support.models import SHELF, TINY

HIDDEN = {"layer": "Dense", "units": 4}
ONCE, TWICE, LAST = [{"block": "hidden"}], [{"block": "hidden", "times": 2}], [{"block": "output"}]
SOFTMAX = {"layer": "Dense", "units": "classes", "activation": "softmax"}
PARTS = {"edge": {}, "fog": {}, "cloud": {"exit": True}}


def model(**changes):
    """Return the tiny chain with two partitions."""
    plain = {**TINY, "parts": PARTS, "blocks": {"hidden": [HIDDEN], "output": [SOFTMAX]}, "partitions": {
        "1-2": {"edge": ONCE, "fog": TWICE, "cloud": LAST}, "2-1": {"edge": TWICE, "fog": ONCE, "cloud": LAST},
    }}
    return ModelFile.model_validate({**plain, **changes})


def layers(of, partition=None):
    """Return the layers of each part."""
    return {name: part.layers for name, part in expanded(of, partition).parts.items()}


def with_edge(*items, **more):
    """Return a model of one partition whose edge has these items."""
    parts = {"edge": {"layers": list(items)}, "fog": {"layers": [HIDDEN]},
             "cloud": {"exit": True, "layers": [SOFTMAX]}}
    return model(parts=parts, partitions={}, **more)


def problems(of, partition=None):
    with pytest.raises(ScenarioError) as refused:
        expanded(of, partition)
    return [(problem.place, problem.message, problem.way_out) for problem in refused.value.problems]


def test_a_partition_writes_its_blocks_out_as_often_as_it_says():
    assert layers(model(), "1-2") == {"edge": (HIDDEN,), "fog": (HIDDEN, HIDDEN), "cloud": (SOFTMAX,)}
    assert layers(model(), "2-1") == {"edge": (HIDDEN, HIDDEN), "fog": (HIDDEN,), "cloud": (SOFTMAX,)}


def test_the_partition_of_the_scenario_wins_over_that_of_the_file_over_the_first():
    assert layers(model())["fog"] == (HIDDEN, HIDDEN)
    assert layers(model(partition="2-1"))["fog"] == (HIDDEN,)
    assert layers(model(partition="2-1"), "1-2")["fog"] == (HIDDEN, HIDDEN)


def test_a_part_that_a_partition_leaves_out_keeps_its_own_layers():
    of = model(parts={**PARTS, "fog": {"layers": [SOFTMAX]}}, partitions={"a": {"edge": [HIDDEN], "cloud": [SOFTMAX]}})
    assert layers(of)["fog"] == (SOFTMAX,)


def test_blocks_may_hold_blocks_also_inside_residual_items():
    conv, relu = {"layer": "Conv2D", "filters": 2}, {"layer": "ReLU"}
    of = with_edge({"block": "deep"}, blocks={
        "conv": [conv, {"block": "relu"}], "relu": [relu],
        "deep": [{"residual": [{"block": "conv", "times": 2}], "shortcut": [{"block": "relu"}]}, {"block": "relu"}]})
    assert layers(of)["edge"] == ({"residual": [conv, relu, conv, relu], "shortcut": [relu]}, relu)


def test_what_is_written_out_stays_as_it_is():
    once = expanded(model(), "2-1")
    assert expanded(once) == once
    assert (once.blocks, once.partitions, once.partition, once.layer_defaults) == ({}, {}, None, {})


def test_a_layer_has_the_defaults_of_its_class_unless_it_says_otherwise():
    linear = {**HIDDEN, "activation": "linear"}
    item = {"residual": [HIDDEN, linear], "shortcut": [HIDDEN]}
    of = with_edge(item, layer_defaults={"Dense": {"activation": "relu", "use_bias": False}})
    given = {"use_bias": False}
    relu, own = {**HIDDEN, "activation": "relu"} | given, linear | given
    assert layers(of)["edge"] == ({"residual": [relu, own], "shortcut": [relu]},)
    assert layers(of)["cloud"] == (SOFTMAX | given,)


def test_an_initializer_of_the_defaults_reaches_the_layer_that_names_none():
    defaults = {"Dense": {"kernel_initializer": "zeros"}}
    of = expanded(with_edge(HIDDEN, {**HIDDEN, "kernel_initializer": "ones"}, layer_defaults=defaults))
    split = SplitModel(of, part_graph(of, "dfg"), (4,), 3)
    assert not split.weights["edge:0"].any()
    assert np.all(split.weights["edge:2"] == 1)


# -- names are no part of a cell's identity ----------------------------------------------------------------------------


def renamed(folder, changes):
    """Return the hash of a health cell whose model file says the same in other words."""
    text = (SHELF / "health-mlp.yaml").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "other.yaml").write_text(text)
    of = {"sweep": {}, "repeats": 1, "model": str(folder / "other.yaml")}
    (cell,) = variants(simulator.load("health-average-accuracy", set=of))
    return cell_hash(cell)


def test_other_names_of_blocks_and_partitions_are_the_same_cell_and_other_layers_another(tmp_path):
    plain = renamed(tmp_path, {})
    assert renamed(tmp_path, {"hidden: [": "width250: [", "block: hidden": "block: width250"}) == plain
    assert renamed(tmp_path, {"  1-2-3-4:": "  first:"}) == plain
    assert renamed(tmp_path, {"{block: output}": "{layer: Dense, units: classes, activation: softmax}"}) == plain
    assert renamed(tmp_path, {"times: 3": "times: 2"}) != plain
    assert renamed(tmp_path, {"  1-2-3-4:": "  zzz:", "  2-3-2-3:": "  1-2-3-4:"}) == plain  # still the first
    assert renamed(tmp_path, {"data: {kind": "partition: 2-3-2-3\ndata: {kind"}) != plain


# -- what a user can get wrong -----------------------------------------------------------------------------------------

MISTAKES = [
    (model(), "1-3", [("partition", "no partition named '1-3'", "did you mean '1-2'?")]),
    (with_edge(HIDDEN), "1-2", [("partition", "'1-2', but the model has one partition only", "leave it out")]),
    (with_edge({"block": "hiden"}), None,
     [("parts.edge.layers.0", "no block named 'hiden'", "did you mean 'hidden'?")]),
    (with_edge(HIDDEN, {"block": "a"}, blocks={"a": [{"block": "b"}], "b": [HIDDEN, {"block": "a"}]}), None,
     [("blocks.b.1", "the block 'a' holds itself", "take it out")]),
    (with_edge({"block": "hidden", "units": 3}), None,
     [("parts.edge.layers.0", "'units' beside a block", "write {block: name, times: 2}")]),
    *((with_edge({"block": "hidden", "times": times}), None,
       [("parts.edge.layers.0", f"times: {times!r} is not a whole number >= 1", "write times: 2")])
      for times in (0, -1, 1.5, "2", True)),
    (with_edge({"residual": "hidden"}), None,
     [("parts.edge.layers.0.residual", "'hidden' is no list of layers", "write [{layer: ReLU}], or [{block: name}]")]),
    (with_edge({"residual": [HIDDEN], "shortcut": ["hidden"]}), None,
     [("parts.edge.layers.0.shortcut.0", "'hidden' is no layer", "write {layer: ReLU}, or {block: name}")]),
    (with_edge({"residual": [{"residual": [{"block": "x"}]}]}), None,
     [("parts.edge.layers.0.residual.0.residual.0", "no block named 'x'", "known: 'hidden', 'output'")]),
    (with_edge(HIDDEN, layer_defaults={"Dens": {"use_bias": False}}), None,
     [("layer_defaults.Dens", "no layer of the class 'Dens' in the model", "did you mean 'Dense'?")]),
    (model(partitions={"a": {"edge": [HIDDEN], "fogg": [HIDDEN], "cloud": [{"block": "outptu"}]}}), None,
     [("partitions.a.fogg", "no part named 'fogg'", "did you mean 'fog'?"),
      ("partitions.a", "'a' says nothing of 'fog', a part without layers of its own",
       "write fog: [{block: name}, ...]"),
      ("partitions.a.cloud.0", "no block named 'outptu'", "did you mean 'output'?")]),
]


@pytest.mark.parametrize(("of", "partition", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_the_way_out_all_at_once(of, partition, told):
    assert problems(of, partition) == told


def test_a_mistake_in_a_block_is_told_once_however_often_the_block_is_named():
    of = model(blocks={"hidden": [{"block": "x"}], "output": [SOFTMAX]})
    assert [place for place, _, _ in problems(of)] == ["blocks.hidden.0"]


def test_a_default_of_a_class_that_only_another_partition_has_is_fine():
    of = model(partitions={"a": {name: [HIDDEN] for name in PARTS}, "b": {name: [{"layer": "ReLU"}] for name in PARTS}},
               layer_defaults={"ReLU": {"max_value": 6}})
    assert layers(of, "a")["edge"] == (HIDDEN,)
    assert layers(of, "b")["edge"] == ({"layer": "ReLU", "max_value": 6},)


def built(*items):
    of = expanded(with_edge(*items))
    return SplitModel(of, part_graph(of, "vanilla"), (4,), 3)


def test_a_residual_is_the_sum_of_its_chain_and_its_shortcut():
    ones = {"layer": "Dense", "units": 4, "kernel_initializer": "ones"}
    x = np.float32([[1, 2, 3, 4]])
    for items, expected in (([{"residual": [ones]}], 10 + x), ([{"residual": [ones], "shortcut": [ones]}], [[20] * 4]),
                            ([{"residual": []}], 2 * x)):
        assert np.allclose(built(*items).parts["edge"](x), expected)


@pytest.mark.parametrize(("item", "told"), [
    ({"residual": [{"layer": "Dense", "units": 5}]},
     ["parts.edge.layers[0]", "ends in (5,) cannot be added to a shortcut of (4,)", "give the shortcut"]),
    ({"residual": [HIDDEN], "shortcut": [{"layer": "Dense", "units": 3}]}, ["(4,)", "shortcut of (3,)"]),
    ({"residual": [HIDDEN], "units": 3}, ["'units' beside a residual", "write {residual: [...], shortcut: [...]}"]),
    ({"residual": [{"layer": "Dens", "units": 5}]}, ["parts.edge.layers[0].residual[0]", "did you mean 'Dense'?"]),
    ({"shortcut": [HIDDEN]}, ["does not say which layer"]),
])
def test_a_residual_that_does_not_fit_is_refused_with_both_shapes(item, told):
    with pytest.raises(ScenarioError) as refused:
        built(item)
    for words in told:
        assert words in str(refused.value)
