"""What a user writes about lifetimes, missions, maintenance and crews, what it makes, and what is refused."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from simulator.errors import ScenarioError
from simulator.failures.blocks import Failure, build_process
from simulator.failures.laws import EXPONENTIAL, Empirical, Lognormal, Weibull
from simulator.failures.lifetimes import Lifetimes, NewAtZero
from simulator.failures.maintenance import Maintenance, Plan, RandomPhase
from simulator.failures.mission import Mission
from simulator.failures.renewal import Renewal
from simulator.failures.repair_crew import RepairCrew
from simulator.failures.scripted import Scripted
from simulator.topology.graph import Link, Node, Topology
from simulator.units import SECOND_NS

ADAPTER = TypeAdapter(Failure)
TOPOLOGY = Topology(
    "small",
    (Node("edge", survival={"poor": 0.8}), Node("fog", survival={"poor": 0.7, "normal": 0.9}), Node("cloud")),
    (Link("edge-fog", ("edge", "fog")),),
)
BARE = Topology("bare", (Node("edge"), Node("fog")), (Link("edge-fog", ("edge", "fog")),))
WEAR, WORN = {"law": "weibull", "shape": 2}, Weibull(law="weibull", shape=2)
LONG = {"law": "lognormal", "cv": 1.5}
LISTED = {"law": "empirical", "values": ["1 s", "3 s"]}
MEANT = Empirical(law="empirical", values=("1 s", "3 s"))
MAINTAINED = {"kind": "maintenance", "components": ["fog", "edge"], "lasting": "2 s", "every": "10 s"}
ALIVE = 10e9 * 2 / np.sqrt(np.pi)  # Weibull of shape 2: mean = eta Gamma(1.5), eta = 10 s where R(10 s) = 1/e


def build(*plain, topology=TOPOLOGY):
    return build_process([ADAPTER.validate_python(block) for block in plain], topology)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"kind": "renewal", "availability": 0.75, "mttr": "1 s", "up": "exponential"},
         Renewal(("edge", "fog"), (3e9, 3e9), (1e9, 1e9))),
        ({"kind": "renewal", "mtbf": {"fog": "9 s"}, "mttr": "1 s", "up": WEAR},
         Lifetimes(("fog",), (9e9,), (1e9,), WORN, EXPONENTIAL)),
        ({"kind": "renewal", "availability": "normal", "mttr": "1 s", "down": LONG},
         Lifetimes(("fog",), (9000000000.000002,), (1e9,), EXPONENTIAL, Lognormal(law="lognormal", cv=1.5))),
        ({"kind": "renewal", "availability": 0.75, "down": LISTED},
         Lifetimes(("edge", "fog"), (6e9, 6e9), (2e9, 2e9), EXPONENTIAL, MEANT)),
        ({"kind": "renewal", "up": LISTED, "mttr": {"cloud": "5 s"}},
         Lifetimes(("cloud",), (2e9,), (5e9,), MEANT, EXPONENTIAL)),
        ({"kind": "renewal", "up": LISTED, "down": LISTED, "components": ["cloud", "edge"]},
         Lifetimes(("edge", "cloud"), (2e9, 2e9), (2e9, 2e9), MEANT, MEANT)),
        ({"kind": "renewal", "mtbf": "9 s", "mttr": "1 s", "start": "new"},
         NewAtZero(("edge", "fog"), (9e9, 9e9), (1e9, 1e9), EXPONENTIAL, EXPONENTIAL)),
        ({"kind": "renewal", "mtbf": "9 s", "mttr": "1 s", "start": "equilibrium"},
         Renewal(("edge", "fog"), (9e9, 9e9), (1e9, 1e9))),
        ({"kind": "mission", "mtbf": "9 s"}, Mission(("edge", "fog"), (9e9, 9e9), EXPONENTIAL)),
        ({"kind": "mission", "up": LISTED, "components": ["fog"]}, Mission(("fog",), (2e9,), MEANT)),
        ({**MAINTAINED, "stagger": "3 s", "first": "1 s"},
         Maintenance(("edge", "fog"), Plan((4 * SECOND_NS, SECOND_NS), 10 * SECOND_NS, 2 * SECOND_NS))),
        ({"kind": "maintenance", "lasting": "2 s", "every": "10 s", "random_phase": True},
         RandomPhase(("edge", "fog"), Plan((0, 0), 10 * SECOND_NS, 2 * SECOND_NS))),
        ({"kind": "maintenance", "components": ["edge"], "lasting": "2 s", "at": ["9 s", "1 s", "2 s"]},
         Scripted(("edge",), ((SECOND_NS, 9 * SECOND_NS),), ((4 * SECOND_NS, 11 * SECOND_NS),))),
        ({"kind": "repair_crew", "mtbf": {"fog": "9 s", "edge": "5 s"}, "mttr": "1 s"},
         RepairCrew(("edge", "fog"), (5e9, 9e9), (1e9, 1e9), 1)),
        ({"kind": "repair_crew", "mtbf": "9 s", "mttr": {"edge": "1 s", "fog": "2 s"}, "repairmen": 2},
         Renewal(("edge", "fog"), (9e9, 9e9), (1e9, 2e9))),
    ],
)
def test_a_block_makes_the_process_it_says(block, expected):
    assert build(block) == expected


def test_a_mission_survival_gives_the_mean_lifetime():
    """R(T) = p: eta = T / (-ln p)^(1/shape), mean = eta Gamma(1 + 1/shape)."""
    survival = {"edge": float(np.exp(-1)), "fog": float(np.exp(-4))}
    for law, means in ((WEAR, (ALIVE * np.pi / 4, ALIVE * np.pi / 8)), ("exponential", (10e9, 2.5e9))):
        process = build({"kind": "mission", "survival": survival, "mission": "10 s", "up": law})
        assert process.mean_ns == pytest.approx(means)
        np.testing.assert_allclose(process.survival_at(10 * SECOND_NS), list(survival.values()))
    named = build({"kind": "mission", "survival": "poor", "mission": "10 s", "up": LONG})
    np.testing.assert_allclose(named.survival_at(10 * SECOND_NS), [0.8, 0.7])


@pytest.mark.parametrize(
    "block",
    [
        {"kind": "renewal", "availability": "poor", "mttr": "10 s", "up": {"law": "weibull", "shape": 1.7}},
        {"kind": "renewal", "mtbf": "10 min", "down": LISTED, "start": "new"},
        {"kind": "mission", "survival": {"edge": 0.9}, "mission": "24 h"},
        {"kind": "maintenance", "lasting": "2 h", "every": "168 h", "stagger": "3 h", "random_phase": True},
        {"kind": "repair_crew", "mtbf": "10 h", "mttr": "10 min", "repairmen": 2},
    ],
)
def test_a_block_is_written_as_it_was_read(block):
    read = ADAPTER.validate_python(block)
    assert read.model_dump(mode="json", by_alias=True, exclude_none=True) == block
    assert ADAPTER.validate_python(read.model_dump(mode="json", by_alias=True)) == read


def test_laws_that_differ_in_their_name_alone_are_told_apart_without_defaults():
    """The identity of a cell leaves out what has its default value."""
    shown = [ADAPTER.validate_python({"kind": "mission", "mtbf": "1 s", "up": law}).model_dump(exclude_defaults=True)
             for law in ("exponential", "deterministic")]
    assert shown[0] != shown[1]


@pytest.mark.parametrize(
    ("block", "problems"),
    [
        ({"kind": "renewal", "up": LISTED, "mttr": {"edg": "1 s"}},
         ["failures.0.mttr.edg: no component 'edg' in the topology; did you mean 'edge'?"]),
        ({"kind": "renewal", "up": LISTED, "down": LISTED, "components": ["edg", "fog", "fog"]},
         ["failures.0.components.0: no component 'edg' in the topology; did you mean 'edge'?",
          "failures.0.components.2: 'fog' is listed twice; name a component once"]),
        ({"kind": "mission", "mtbf": {"edg": "1 s"}},
         ["failures.0.mtbf.edg: no component 'edg' in the topology; did you mean 'edge'?"]),
        ({"kind": "mission", "survival": "por", "mission": "1 s"},
         ["failures.0.survival: no survival setting 'por' in the topology; did you mean 'poor'?"]),
        ({"kind": "mission", "survival": {"edge": 0, "fog": 0}, "mission": "1 s"},
         [f"failures.0.survival.{name}: 0 is dead from the start, and has no mean lifetime; "
          "write more than 0, or use kind: scripted for an outage" for name in ("edge", "fog")]),
        ({**MAINTAINED, "components": ["fgo"]},
         ["failures.0.components.0: no component 'fgo' in the topology; did you mean 'fog'?"]),
        ({"kind": "repair_crew", "mtbf": {"edge": "1 s", "fog": "1 s"}, "mttr": {"edge": "1 s", "clod": "1 s"}},
         ["failures.0.mttr.clod: no component 'clod' in the topology; did you mean 'cloud'?",
          "failures.0.mttr: no duration for 'fog'; give one duration for all, or one for each"]),
    ],
)
def test_a_name_that_the_topology_does_not_have_is_refused(block, problems):
    with pytest.raises(ScenarioError) as refused:
        build(block)
    assert [str(problem) for problem in refused.value.problems] == problems


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ({"kind": "renewal", "up": LISTED, "mttr": "1 s"}, "components"),
        ({"kind": "mission", "mtbf": "1 s"}, "mtbf"),
        ({"kind": "maintenance", "lasting": "2 s", "every": "10 s"}, "components"),
        ({"kind": "repair_crew", "mtbf": "1 s", "mttr": "1 s"}, "mtbf"),
    ],
)
def test_one_value_for_all_needs_a_topology_that_says_what_can_fail(block, place):
    way_out = r"write components: \[...\] with" if place == "components" else "write {component: value} for"
    told = f"failures.0.{place}: .* names no survival below 1; {way_out} some of: edge, fog, edge-fog"
    with pytest.raises(ScenarioError, match=told):
        build(block, topology=BARE)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"kind": "renewal", "availability": 0.5}, "exactly one of 'mttr' and a 'down' law with values"),
        ({"kind": "renewal", "availability": 0.5, "mttr": "1 s", "down": LISTED}, "exactly one of 'mttr'"),
        ({"kind": "renewal", "availability": 0.5, "mttr": "1 s", "up": LISTED},
         "exactly one of 'availability' and 'mtbf', or an 'up' law with values"),
        ({"kind": "renewal", "mttr": "1 s", "up": WEAR}, "exactly one of 'availability' and 'mtbf'; write"),
        ({"kind": "renewal"}, "'availability' and 'mtbf'.*; needs exactly one of 'mttr'"),
        ({"kind": "renewal", "mtbf": "1 s", "mttr": "1 s", "components": ["edge"]}, "'components' only says who"),
        ({"kind": "renewal", "up": LISTED, "mttr": {"edge": "1 s"}, "components": ["edge"]}, "'components' only says"),
        ({"kind": "renewal", "mtbf": "1 s", "mttr": "1 s", "start": "fresh"}, "equilibrium"),
        ({"kind": "renewal", "mtbf": "1 s", "mttr": "1 s", "up": {"law": "weibul", "shape": 2}}, "weibul"),
        ({"kind": "renewal", "mtbf": "1 s", "mttr": "1 s", "up": {"law": "weibull", "shape": -1}}, "0.1"),
        ({"kind": "mission"}, "exactly one of 'mtbf' and 'survival'"),
        ({"kind": "mission", "mtbf": "1 s", "survival": 0.9, "mission": "1 s"}, "exactly one of 'mtbf' and 'survival'"),
        ({"kind": "mission", "survival": 0.9}, "needs the time that is survived; write mission: 24 h"),
        ({"kind": "mission", "survival": 0.9, "mission": "1 s", "up": "deterministic"}, "all alike .* write mtbf"),
        ({"kind": "mission", "survival": 1.3, "mission": "1 s"}, "1.3 is not a probability"),
        ({"kind": "mission", "mtbf": "1 s", "components": ["edge"]}, "'components' only says who"),
        ({"kind": "maintenance", "lasting": "2 s"}, "exactly one of 'every' and 'at'"),
        ({**MAINTAINED, "at": ["1 s"]}, "exactly one of 'every' and 'at'"),
        ({**MAINTAINED, "lasting": "10 s"}, "a window of '10 s' every '10 s' leaves no time up"),
        ({**MAINTAINED, "first": "1 s", "random_phase": True}, "'first' is for windows of a period from a known time"),
        ({**MAINTAINED, "components": []}, "components"),
        ({"kind": "maintenance", "lasting": "2 s", "at": []}, r"at: \[\] maintains nothing"),
        ({"kind": "maintenance", "lasting": "2 s", "at": ["1 s"], "random_phase": True}, "'random_phase' needs"),
        ({"kind": "maintenance", "lasting": 3, "every": "10 s"}, "3 has no unit"),
        ({"kind": "repair_crew", "mtbf": "1 s", "mttr": "1 s", "repairmen": 0}, "greater than 0"),
        ({"kind": "repair_crew", "mtbf": "1 s", "mttr": "0 s"}, "must be > 0"),
    ],
)
def test_a_value_that_cannot_be_is_refused_once_and_quoted(block, message):
    with pytest.raises(ValidationError, match=message) as refused:
        ADAPTER.validate_python(block)
    assert refused.value.error_count() == 1


def test_the_blocks_of_the_documentation_are_built_as_they_stand():
    page = (Path(__file__).resolve().parents[2] / "docs/failures-lifetimes.md").read_text()
    nodes = tuple(Node(name, survival={"poor": 0.8}) for name in ("edge", "fog1", "fog2"))
    listings = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    assert len(listings) == 4
    for listing in listings:
        for block in yaml.safe_load(listing)["failures"]:
            assert build(block, topology=Topology("three", nodes, ())).components
