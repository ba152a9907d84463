"""What is refused of the blocks of correlated failures: the place, the value and the way out, all problems at once."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from simulator.errors import ScenarioError
from simulator.failures.blocks import Failure, build_process
from simulator.scenario.load import load
from simulator.topology.graph import Link, Node, Topology
from tests.scenario.small import write

USUAL = "  - {kind: renewal, availability: poor, mttr: 10 s}\n"
ADAPTER = TypeAdapter(Failure)
TOPOLOGY = Topology("small", (
    Node("edge", survival={"poor": 0.8}, position=(0.0, 0.0)), Node("fog", survival={"poor": 0.8}, position=(1.0, 2.0)),
    Node("cloud", position=(3.0, 1.0))), (Link("edge-fog", ("edge", "fog")), Link("fog-cloud", ("fog", "cloud"))))


def refused():
    """Return (block, what is told) of each entry of ``refused.txt``."""
    entries = []
    for line in (Path(__file__).parent / "refused.txt").read_text().splitlines()[2:]:
        if line.startswith("    "):
            entries[-1][1].append(line.strip())
        else:
            entries.append((line, []))
    return entries


def told(folder, block, *changes):
    with pytest.raises(ScenarioError) as error:
        load(write(folder, [("ask.yaml", USUAL, f"  - {{{block}}}\n"), *changes]))
    return [str(problem).replace(f"{folder}/", "") for problem in error.value.problems]


@pytest.mark.parametrize(("block", "problems"), refused(), ids=[block for block, _ in refused()])
def test_what_cannot_be_is_refused_with_place_value_and_way_out(block, problems, tmp_path):
    found = told(tmp_path, block)
    assert [line.removeprefix("ask.yaml:5 failures.0").lstrip(".") for line in found] == problems
    for line in found:
        assert line.startswith("ask.yaml:5 failures.0")
        message, _, way_out = line.partition("; ")
        assert message
        assert way_out, "no way out is told"


def test_a_node_off_the_globe_is_named_with_where_it_is(tmp_path):
    block = "kind: regional, radius: 2, probability: 0.1, positions: globe, among: [sensor]"
    (line,) = told(tmp_path, block, ("chain.yaml", "{kind: sensor}", "{kind: sensor, position: [200, 3]}"))
    assert line == ("ask.yaml:5 failures.0.positions: the node 'sensor' at [200.0, 3.0] is not on the globe; "
                    "write [longitude, latitude] in degrees, or positions: plane")


PLAIN = [
    {"kind": "groups", "groups": {"rack": {"members": ["edge", "site"], "survival": 0.9},
                                  "site": {"members": ["fog"], "survival": 0.5}}},
    {"kind": "common_cause", "survival": "poor", "beta": 0.1, "among": [["edge", "fog"]]},
    {"kind": "beta_binomial", "survival": {"edge": 0.9, "fog": 0.9}, "correlation": 0.3, "holds": "3 s"},
    {"kind": "copula", "survival": "poor", "correlation": 0.3, "tail": 3.0},
    {"kind": "shocks", "shocks": {"a": {"fells": ["edge", "fog"], "every": "30 h", "mttr": "2 h"},
                                  "b": {"fells": {"edge": 0.5}, "probability": 0.1}}},
    {"kind": "regional", "radius": 1.5, "links": True, "every": "30 h",
     "mttr": "2 h", "cells": 50},
    {"kind": "regional", "radius": [1.5, 3.0], "kill": "linear", "probability": 0.1, "margin": 3.0},
    {"kind": "regional", "radius": {"mean": 1.5}, "links": False,
     "among": ["edge", "edge-fog"], "probability": 0.1, "cells": 50},
    {"kind": "alpha_factor", "survival": "poor", "alphas": [0.9, 0.1], "testing": "staggered", "mttr": "3 s"},
    {"kind": "environment", "holds": "1 min", "states": {"calm": {"lasts": "3 h", "survival": 0.99},
                                                         "storm": {"lasts": "1 h", "survival": 0.5}}},
    {"kind": "environment", "states": {"calm": {"lasts": "3 h", "mttr": "1 h"},
                                       "storm": {"lasts": "1 h", "mttr": "1 h", "mtbf": {"fog": "2 h"}}},
     "next": {"calm": {"storm": 1.0}, "storm": {"calm": 1.0}}},
    {"kind": "cascade", "depends": {"fog": {"edge": {"chance": 0.5, "after": "3 s"}}}, "availability": "poor",
     "mttr": "9 s"},
]


@pytest.mark.parametrize("block", PLAIN, ids=lambda block: block["kind"])
def test_a_block_is_written_as_it_was_read_and_makes_a_process(block):
    read = ADAPTER.validate_python(block)
    assert block.items() <= read.model_dump(mode="json", by_alias=True, exclude_none=True).items()
    assert ADAPTER.validate_python(read.model_dump(mode="json", by_alias=True)) == read
    process = build_process([read], TOPOLOGY)
    assert set(process.components) <= set(TOPOLOGY.components)
    assert list(process.components) == [name for name in TOPOLOGY.components if name in process.components]


@pytest.mark.parametrize(("short", "long"), [
    (["edge", "cloud"], {"edge": {}, "cloud": {"chance": 1}}),
    ({"edge": 0.5, "cloud": {"after": "3 s"}}, {"edge": {"chance": 0.5}, "cloud": {"chance": 1, "after": "3 s"}}),
])
def test_a_dependency_has_a_short_form(short, long):
    one, other = (ADAPTER.validate_python({"kind": "cascade", "depends": {"fog": on}, "mtbf": "9 s", "mttr": "1 s"})
                  for on in (short, long))
    assert one == other


def test_a_copula_of_what_is_never_up_still_has_a_law():
    process = build_process([ADAPTER.validate_python(
        {"kind": "copula", "survival": {"edge": 0.0, "fog": 0.9}, "correlation": 0.5})], TOPOLOGY)
    np.testing.assert_allclose(process.pairwise_survival(), [[0, 0], [0, 0.9]], atol=1e-9)
