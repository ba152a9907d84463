"""What ``sim check`` says of a model's blocks, partitions and skips: file, line, value, way out."""

from __future__ import annotations

import numpy as np
import pytest

from tests.house.commands import python

TOPOLOGY = """\
title: Three machines
nodes: {a: , b: {survival: {poor: 0.8}}, c: }
links:
  - {between: [a, b], latency: 1 ms}
  - {between: [b, c], latency: 1 ms}
"""
MODEL = """\
title: Two parts
sources: {a: {}}
parts:
  b: {}
  c: {exit: true}
layer_defaults:
  Dens: {activation: relu}
blocks:
  hidden: [{layer: Dense, units: 4}]
  loop: [{block: loop}]
partitions:
  one:
    b: [{block: hiden}]
    c: [{block: loop}, {block: hidden, times: 0}]
    d: []
hyperconnections:
  - {from: a, to: b}
  - {from: b, to: c}
"""
SCENARIO = """\
title: A question
topology: topology.yaml
model: model.yaml
skips: [a->c]
measure: [expected_accuracy]
failures: [{kind: bernoulli, survival: poor}]
"""


@pytest.fixture
def scenario(tmp_path):
    for name, text in {"topology": TOPOLOGY, "model": MODEL, "ask": SCENARIO}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path / "ask.yaml"


def test_everything_that_is_wrong_with_a_partition_is_told_at_once_with_file_and_line(scenario):
    checked = python("-m", "simulator", "check", scenario)
    assert checked.code == 2
    folder = scenario.parent
    assert set(checked.said.splitlines()) == {
        f"{folder}/ask.yaml:4 skips: no skip hyperconnection named 'a->c'; the model has none",
        f"{folder}/model.yaml:7 layer_defaults.Dens: no layer of the class 'Dens' in the model; did you mean 'Dense'?",
        f"{folder}/model.yaml:13 partitions.one.b.0: no block named 'hiden'; did you mean 'hidden'?",
        f"{folder}/model.yaml:10 blocks.loop.0: the block 'loop' holds itself; take it out",
        f"{folder}/model.yaml:14 partitions.one.c.1: times: 0 is not a whole number >= 1; write times: 2",
        f"{folder}/model.yaml:15 partitions.one.d: no part named 'd'; known: 'b', 'c'",
    }


BUILT = """\
title: Two parts
data: {kind: arrays, path: data.npz}
sources: {a: {}}
parts:
  b:
    layers:
      - {layer: Dense, units: 4}
      - {layer: Dense, unitz: 4}
  c: {exit: true}
blocks:
  output: [{layer: Dense, units: 7}]
partitions:
  one: {c: [{block: output}]}
hyperconnections:
  - {from: a, to: b}
  - {from: b, to: c}
"""


@pytest.mark.slow
def test_what_only_shows_when_the_network_is_built_has_file_and_line_too(scenario):
    folder = scenario.parent
    run = ("-m", "simulator", "run", scenario, "--out", folder / "out")
    (folder / "model.yaml").write_text(BUILT)
    scenario.write_text(SCENARIO.replace("skips: [a->c]\n", ""))
    dice = np.random.Generator(np.random.PCG64(1))
    np.savez(folder / "data.npz", x=dice.normal(size=(40, 3)).astype(np.float32), y=np.arange(40) % 3,
             subject=np.arange(40) // 4)
    told = f"{folder}/model.yaml:8 parts.b.layers.1: Dense has no argument 'unitz'; did you mean 'units'?"
    for command in (run, ("-m", "simulator", "whatif", scenario, "--down", "b")):
        done = python(*command)
        assert done.code == 2
        assert told in done.said
    # One error further, into the same folder: what came to nothing is in nobody's way.
    (folder / "model.yaml").write_text(BUILT.replace("unitz", "units"))
    assert f"{folder}/model.yaml:9 parts.c.layers: an exit must end in one number for each of 3" in python(*run).said
    scenario.write_text(scenario.read_text() + "data: {kind: arrays, path: data.npz, classes: 2}\n")
    assert f"{folder}/ask.yaml:6 data.classes: " in python(*run).said
