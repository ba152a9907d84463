"""What ``sim check`` says of a model's blocks, partitions and skips: file, line, value, way out."""

from __future__ import annotations

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
