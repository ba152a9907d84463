"""What a user writes about failures, what it makes, and what is refused."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from simulator.errors import ScenarioError
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.blocks import Failure, build_process
from simulator.failures.overlay import Overlay
from simulator.failures.process import NoLaw
from simulator.failures.renewal import Renewal
from simulator.failures.scripted import Scripted
from simulator.seeds import Streams
from simulator.topology.graph import Link, Node, Topology
from simulator.units import SECOND_NS

ADAPTER = TypeAdapter(Failure)
TOPOLOGY = Topology(
    "small",
    (Node("edge", survival={"poor": 0.8}), Node("fog", survival={"poor": 0.7, "normal": 0.9}), Node("cloud")),
    (Link("edge-fog", ("edge", "fog"), survival={"poor": 0.95}), Link("fog-cloud", ("fog", "cloud"))),
)
BARE = Topology("bare", (Node("edge"), Node("fog")), (Link("edge-fog", ("edge", "fog")),))


def build(*plain, topology=TOPOLOGY):
    return build_process([ADAPTER.validate_python(block) for block in plain], topology)


def test_without_a_block_nothing_can_fail():
    process = build()
    assert process.components == ()
    assert process.survival().shape == (0,)
    assert np.exp(process.log_probability(np.ones((1, 0), dtype=bool))).tolist() == [1.0]
    assert process.timeline(Streams(1), 3, 10).up_at(np.arange(3)).shape == (3, 0)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"kind": "bernoulli", "survival": "poor"}, Bernoulli(("edge", "fog", "edge-fog"), (0.8, 0.7, 0.95))),
        ({"kind": "bernoulli", "survival": "normal"}, Bernoulli(("fog",), (0.9,))),
        ({"kind": "bernoulli", "survival": "no_failure"}, Bernoulli((), ())),
        ({"kind": "bernoulli", "survival": 0.9}, Bernoulli(("edge", "fog", "edge-fog"), (0.9, 0.9, 0.9))),
        ({"kind": "bernoulli", "survival": 1}, Bernoulli((), ())),
        (
            {"kind": "bernoulli", "survival": {"fog-cloud": 0.5, "edge": 0, "fog": 1}},
            Bernoulli(("edge", "fog-cloud"), (0.0, 0.5)),
        ),
        ({"kind": "renewal", "availability": {"edge": 0.75}, "mttr": "1 s"}, Renewal(("edge",), (3e9,), (1e9,))),
        ({"kind": "renewal", "availability": "normal", "mttr": "1 s"}, Renewal(("fog",), (9000000000.000002,), (1e9,))),
        (
            {"kind": "renewal", "mtbf": "9 s", "mttr": {"edge": "1 s", "fog": "2 s", "edge-fog": "3 s"}},
            Renewal(("edge", "fog", "edge-fog"), (9e9, 9e9, 9e9), (1e9, 2e9, 3e9)),
        ),
        (
            {"kind": "renewal", "mtbf": {"cloud": "1 h", "edge": "1 min"}, "mttr": "1 s"},
            Renewal(("edge", "cloud"), (6e10, 3.6e12), (1e9, 1e9)),
        ),
        (
            {
                "kind": "scripted",
                "outages": [
                    {"component": "fog", "from": "3 s", "to": "5 s"},
                    {"component": "fog", "from": "4 s", "to": "6 s"},
                    {"component": "edge-fog", "from": 0, "to": "1 s"},
                ],
            },
            Scripted(("fog", "edge-fog"), ((3 * SECOND_NS,), (0,)), ((6 * SECOND_NS,), (SECOND_NS,))),
        ),
    ],
)
def test_a_block_makes_the_process_it_says(block, expected):
    assert build(block) == expected


@pytest.mark.parametrize(
    "block",
    [
        {"kind": "bernoulli", "survival": {"edge": 0.5}},
        {"kind": "renewal", "availability": "poor", "mttr": "10 s"},
        {"kind": "renewal", "mtbf": {"edge": "10 min"}, "mttr": {"edge": "250 ms"}},
        {"kind": "scripted", "outages": [{"component": "fog", "from": "3 s", "to": "5 s"}]},
    ],
)
def test_a_block_is_written_as_it_was_read(block):
    read = ADAPTER.validate_python(block)
    assert read.model_dump(mode="json", by_alias=True, exclude_none=True) == block
    assert ADAPTER.validate_python(read.model_dump(mode="json", by_alias=True)) == read


@pytest.mark.parametrize(
    ("block", "problems"),
    [
        (
            {"kind": "bernoulli", "survival": "por"},
            ["failures.0.survival: no survival setting 'por' in the topology; did you mean 'poor'?"],
        ),
        (
            {"kind": "bernoulli", "survival": {"edg": 0.5, "fogg": 0.5}},
            [
                "failures.0.survival.edg: no component 'edg' in the topology; did you mean 'edge'?",
                "failures.0.survival.fogg: no component 'fogg' in the topology; did you mean 'fog'?",
            ],
        ),
        (
            {"kind": "renewal", "availability": {"edge": 0}, "mttr": "1 s"},
            [
                "failures.0.availability.edge: 0 is never up, and has no mean time up; "
                "write more than 0, or use kind: scripted for an outage"
            ],
        ),
        (
            {"kind": "renewal", "availability": {"edge": 0.5, "fog": 0.5}, "mttr": {"edge": "1 s", "clod": "1 s"}},
            [
                "failures.0.mttr.clod: no component 'clod' in the topology; did you mean 'cloud'?",
                "failures.0.mttr: no duration for 'fog'; give one duration for all, or one for each",
            ],
        ),
        (
            {"kind": "renewal", "mtbf": {"edg": "1 s"}, "mttr": "1 s"},
            ["failures.0.mtbf.edg: no component 'edg' in the topology; did you mean 'edge'?"],
        ),
        (
            {"kind": "scripted", "outages": [{"component": "fgo", "from": "3 s", "to": "5 s"}]},
            ["failures.0.outages.0.component: no component 'fgo' in the topology; did you mean 'fog'?"],
        ),
    ],
)
def test_a_name_that_the_topology_does_not_have_is_refused(block, problems):
    with pytest.raises(ScenarioError) as refused:
        build(block)
    assert [str(problem) for problem in refused.value.problems] == problems


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ({"kind": "bernoulli", "survival": 0.9}, "survival"),
        ({"kind": "renewal", "availability": 0.9, "mttr": "1 s"}, "availability"),
        ({"kind": "renewal", "mtbf": "9 s", "mttr": "1 s"}, "mtbf"),
    ],
)
def test_one_value_for_all_needs_a_topology_that_says_what_can_fail(block, place):
    with pytest.raises(
        ScenarioError, match=rf"failures.0.{place}: one value is meant for all .* some of: edge, fog, edge-fog"
    ):
        build(block, topology=BARE)


def test_the_problems_of_all_blocks_come_at_once():
    with pytest.raises(ScenarioError) as refused:
        build(
            {"kind": "bernoulli", "survival": "por"},
            {"kind": "bernoulli", "survival": "poor"},
            {"kind": "renewal", "mtbf": {"x": "1 s"}, "mttr": "1 s"},
        )
    assert [problem.place for problem in refused.value.problems] == ["failures.0.survival", "failures.2.mtbf.x"]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"kind": "bernoulli", "survival": 1.3}, "1.3 is not a probability"),
        ({"kind": "bernoulli", "survival": -0.1}, "-0.1 is not a probability"),
        ({"kind": "bernoulli", "survival": float("nan")}, "nan is not a probability"),
        ({"kind": "bernoulli", "survival": True}, "True is not a probability"),
        ({"kind": "bernoulli", "survival": {"edge": 0.5, "fog": 2}}, "fog: 2 is no probability"),
        ({"kind": "bernoulli", "survival": {}}, "{} is not a probability"),
        ({"kind": "bernoulli", "survival": [0.5]}, r"\[0.5\] is one range for several components"),
        ({"kind": "renewal", "mttr": "1 s"}, "exactly one of 'availability' and 'mtbf'"),
        (
            {"kind": "renewal", "availability": 0.5, "mtbf": "1 s", "mttr": "1 s"},
            "exactly one of 'availability' and 'mtbf'",
        ),
        ({"kind": "renewal", "availability": 0.5, "mttr": "10 mb"}, "'10 mb' "),
        ({"kind": "renewal", "availability": 0.5, "mttr": 0}, "0 must be > 0"),
        ({"kind": "renewal", "availability": 0.5, "mttr": {"edge": "1 s", "fog": 3}}, "fog: 3 has no unit"),
        ({"kind": "renewal", "availability": 0.5, "mttr": {}}, "{} has no duration"),
        ({"kind": "scripted", "outages": []}, "breaks nothing"),
        (
            {"kind": "scripted", "outages": [{"component": "fog", "from": "3 s", "to": "3 s"}]},
            "from '3 s' to '3 s' does not last",
        ),
        ({"kind": "weibull"}, "weibull"),
    ],
)
def test_a_value_that_cannot_be_is_refused_once_and_quoted(block, message):
    with pytest.raises(ValidationError, match=message) as refused:
        ADAPTER.validate_python(block)
    assert refused.value.error_count() == 1


def test_a_scripted_outage_has_no_law_and_says_why():
    process = build({"kind": "scripted", "outages": [{"component": "fog", "from": "3 s", "to": "5 s"}]})
    up = np.ones((1, 1), dtype=bool)
    for ask in (
        process.survival,
        process.pairwise_survival,
        process.switches_per_s,
        lambda: process.log_probability(up),
        lambda: process.sample_up(Streams(1), 3),
    ):
        with pytest.raises(NoLaw, match="moves in time"):
            ask()


def test_an_overlay_with_a_scripted_outage_has_a_timeline_but_no_law():
    process = build(
        {"kind": "bernoulli", "survival": "poor"},
        {"kind": "scripted", "outages": [{"component": "fog", "from": "3 s", "to": "5 s"}]},
    )
    assert isinstance(process, Overlay)
    with pytest.raises(NoLaw):
        process.survival()
    with pytest.raises(NoLaw, match="moves in time"):
        process.log_probability(np.ones((1, 3), dtype=bool))
    up = process.timeline(Streams(1), 3000, 10 * SECOND_NS).up_at(
        np.repeat([2 * SECOND_NS, 4 * SECOND_NS, 5 * SECOND_NS], 1000)
    )
    assert up[:1000, 1].any()
    assert not up[1000:2000, 1].any()
    assert up[2000:, 1].any()


class Twins:
    """Two components that are up and down together: dependent on each other."""

    components = ("edge", "fog")

    def survival(self):
        return np.array([0.9, 0.9])

    def pairwise_survival(self):
        return np.full((2, 2), 0.9)

    def log_probability(self, up):
        with np.errstate(divide="ignore"):
            return np.log(np.where(up.all(axis=1), 0.9, np.where(up.any(axis=1), 0.0, 0.1)))


def test_dependent_components_keep_their_joint_in_an_overlay_side_by_side():
    process = Overlay((Twins(), Bernoulli(("cloud",), (0.5,))), TOPOLOGY.components)
    np.testing.assert_allclose(process.pairwise_survival(), [[0.9, 0.9, 0.45], [0.9, 0.9, 0.45], [0.45, 0.45, 0.5]])
    up = np.array([[True, True, True], [True, False, True], [False, False, True]])
    np.testing.assert_allclose(np.exp(process.log_probability(up)), [0.45, 0, 0.05])


def test_dependent_components_under_another_process_have_a_law_too():
    process = Overlay((Twins(), Bernoulli(("fog",), (0.5,))), TOPOLOGY.components)
    np.testing.assert_allclose(process.pairwise_survival(), [[0.9, 0.45], [0.45, 0.45]])
    up = np.array([[True, True], [True, False], [False, True], [False, False]])
    np.testing.assert_allclose(np.exp(process.log_probability(up)), [0.45, 0.45, 0, 0.1])


def test_an_overlay_of_overlays_is_refused():
    inner = Overlay((Bernoulli(("edge",), (0.5,)),), ("edge",))
    with pytest.raises(ValueError, match="side by side"):
        Overlay((inner,), ("edge",))
