"""A trace replayed: the stated law is the share of time, counted second by second; bad words are told."""

import itertools

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.failures.blocks import build_process
from simulator.failures.process import NoLaw
from simulator.failures.trace import Trace
from simulator.failures.trace_block import TraceBlock
from simulator.failures.trace_table import Node as Machine
from simulator.failures.trace_table import TraceTable, joined
from simulator.seeds import Streams
from simulator.topology.graph import Node, Topology
from simulator.units import SECOND_NS
from tests.support.statistics import FALSE_ALARM, assert_frequencies

S, LASTS = SECOND_NS, 40
NAMES = ("edge", "fog", "wire")
TOPOLOGY = Topology("three", tuple(Node(name) for name in NAMES), ())
PATTERNS = np.array(list(itertools.product((True, False), repeat=3)))
OUTAGES = (((0, 5), (12, 20), (38, 40)), ((12, 15), (30, 40)), ((3, 4), (12, 20)))


def machine(name, outages, cluster="c1", watched=(0, LASTS)):
    crash, repair = (np.array(times, dtype=np.int64) * S for times in zip(*outages, strict=True)) if outages else (
        np.empty(0, np.int64), np.empty(0, np.int64))
    return Machine(name, cluster, (watched[0] * S, watched[1] * S), crash, repair)


MACHINES = tuple(machine(f"m{place}", outages) for place, outages in enumerate(OUTAGES))
REPLAYED = Trace(NAMES, MACHINES, (0, LASTS * S))
APART = Trace(NAMES, MACHINES, (0, LASTS * S), together=False)
TABLE = TraceTable("trace.csv", (*MACHINES, *(machine(f"n{place}", (), "c2") for place in range(2)),
                                 machine("late", (), "c3", (50, 60))))
# Second by second, with nothing of the code that is tested.
IS_UP = np.array([[not any(a <= second < b for a, b in outages) for outages in OUTAGES] for second in range(LASTS)])


def shares():
    return np.array([np.mean((pattern == IS_UP).all(axis=1)) for pattern in PATTERNS])


def pattern_counts(up):
    return np.bincount((~up) @ np.array([4, 2, 1]), minlength=8)


def test_the_law_is_the_share_of_time():
    np.testing.assert_allclose(REPLAYED.survival(), IS_UP.mean(axis=0))
    np.testing.assert_allclose(np.exp(REPLAYED.log_probability(PATTERNS)), shares())
    np.testing.assert_allclose(REPLAYED.pairwise_survival(), IS_UP.T.astype(float) @ IS_UP / LASTS)


def test_apart_the_law_is_the_product_of_the_shares():
    np.testing.assert_allclose(APART.survival(), IS_UP.mean(axis=0))
    product = [np.prod(np.where(pattern, IS_UP.mean(axis=0), 1 - IS_UP.mean(axis=0))) for pattern in PATTERNS]
    np.testing.assert_allclose(np.exp(APART.log_probability(PATTERNS)), product)


def test_an_outage_over_the_end_counts_once_in_the_switches():
    around = np.vstack([IS_UP, IS_UP[:1]])
    np.testing.assert_allclose(REPLAYED.switches_per_s(), (around[1:] != around[:-1]).sum(axis=0) / LASTS)


@pytest.mark.parametrize("process", [REPLAYED, APART], ids=["together", "apart"])
def test_every_instant_and_every_snapshot_has_the_stated_law(process):
    law, times = np.exp(process.log_probability(PATTERNS)), np.array([0, 7 * S, 100 * S + 1])
    up = np.array([process.timeline(Streams(3, run), 0, 101 * S).up_at(times) for run in range(1500)])
    for at in range(3):
        assert_frequencies(pattern_counts(up[:, at]), law, FALSE_ALARM / 10)
    assert_frequencies(pattern_counts(process.sample_up(Streams(3), 20_000)), law)


def test_a_fixed_origin_replays_the_trace_from_there_and_repeats_it():
    line = Trace(NAMES, MACHINES, (0, LASTS * S), begin_ns=13 * S).timeline(Streams(1), 0, 100 * S)
    seconds = np.arange(100)
    assert (line.up_at(seconds * S) == IS_UP[(seconds + 13) % LASTS]).all()
    assert [crash[0] for crash in line.crash_ns] == [-1, -1, -1]


def test_without_repeating_all_is_up_after_the_end():
    line = Trace(NAMES, MACHINES, (0, LASTS * S), 0, repeat=False).timeline(Streams(1), 0, 100 * S)
    seconds = np.arange(100)
    assert (line.up_at(seconds * S)[:LASTS] == IS_UP).all()
    assert line.up_at(seconds * S)[LASTS:].all()


@pytest.mark.parametrize("process", [Trace(NAMES, MACHINES, (0, LASTS * S), 0),
                                     Trace(NAMES, MACHINES, (0, LASTS * S), None, repeat=False)])
def test_what_moves_in_time_states_no_law(process):
    for asked in (process.survival, process.pairwise_survival, process.switches_per_s,
                  lambda: process.log_probability(PATTERNS), lambda: process.sample_up(Streams(1), 2)):
        with pytest.raises(NoLaw, match="begin: random"):
            asked()


@pytest.mark.parametrize("process", [REPLAYED, APART, Trace(NAMES, MACHINES, (0, LASTS * S), 5 * S)])
def test_a_longer_horizon_only_adds(process):
    short, longer = (process.timeline(Streams(2), 0, until * S) for until in (70, 300))
    for few, many in zip((*short.crash_ns, *short.repair_ns), (*longer.crash_ns, *longer.repair_ns), strict=True):
        assert (many[: len(few)] == few).all()
    for crash, repair in zip(longer.crash_ns, longer.repair_ns, strict=True):
        assert (crash < repair).all()
        assert (crash[1:] > repair[:-1]).all()


def test_a_machine_that_was_always_down_stays_down():
    process = Trace(("edge",), (machine("m", ((0, LASTS),)),), (0, LASTS * S))
    assert process.survival() == [0]
    assert process.switches_per_s() == [0]
    assert not process.timeline(Streams(1), 0, 500 * S).up_at(np.arange(0, 500 * S, S)).any()


def test_joined_outages_are_sorted_and_touching_ones_are_one():
    crash, repair = joined(np.array([9, 1, 3, 20]), np.array([12, 3, 5, 20]))
    assert (crash.tolist(), repair.tolist()) == ([1, 9], [5, 12])


def block(**words):
    return TraceBlock.model_validate({"kind": "trace", "path": "trace.csv", **words})


def built(**words):
    return block(**words).build(TOPOLOGY, lambda _: TABLE)


def test_components_are_mapped_by_name_in_the_order_of_the_topology():
    process = built(components={"wire": "m0", "edge": "m2"})
    assert (process.components, [node.name for node in process.nodes]) == (("edge", "wire"), ["m2", "m0"])


def test_neighbours_come_from_one_cluster_and_the_sample_is_a_number():
    chosen = {tuple(node.name for node in built(components=list(NAMES), from_cluster="c1", sample=n).nodes)
              for n in range(20)}
    assert chosen == {("m0", "m1", "m2"), ("m1", "m2", "m0"), ("m2", "m0", "m1")}
    again = [built(components=["edge", "fog"], from_cluster="c1", sample=3).nodes for _ in range(2)]
    assert [node.name for node in again[0]] == [node.name for node in again[1]]


@pytest.mark.parametrize(("words", "lines"), [
    ({"components": {"egde": "m0", "fgo": "m0"}},
     ["components.egde: no component 'egde' in the topology; did you mean 'edge'?",
      "components.fgo: no component 'fgo' in the topology; did you mean 'fog'?"]),
    ({"components": {"edge": "mm1", "fog": "zzz"}},
     ["components.edge: no machine 'mm1' in trace.csv; did you mean 'm1'?",
      "components.fog: no machine 'zzz' in trace.csv; known: 'm0', 'm1', 'm2', 'n0', 'n1', 'late'"]),
    ({"components": ["edge"], "from_cluster": "c9"},
     ["from_cluster: no cluster 'c9' in trace.csv; known: 'c1', 'c2', 'c3'"]),
    ({"components": list(NAMES), "from_cluster": "c2"},
     ["components: 3 components, but only 2 machines in the trace; name fewer components, or another cluster"]),
    ({"components": {"edge": "m0", "fog": "late"}},
     ["components: 'm0', 'late' of trace.csv were never watched at the same time; "
      "choose other machines, or one cluster with from_cluster"]),
    ({"components": {"edge": "m0"}, "begin": "1 h"},
     ["begin: is after the end of the trace, which lasts 0.000463 days; write an earlier instant, or random"]),
])
def test_words_that_do_not_fit_the_trace_are_told(words, lines):
    with pytest.raises(ScenarioError) as told:
        built(**words)
    assert [str(problem) for problem in told.value.problems] == lines


def test_without_a_reader_only_names_are_looked_at():
    assert build_process([block(components={"edge": "m0"})], TOPOLOGY).components == ()
    with pytest.raises(ScenarioError, match=r"failures\.0\.components\.egde"):
        build_process([block(components={"egde": "m0"})], TOPOLOGY)


def test_an_origin_for_each_needs_a_random_begin():
    with pytest.raises(ValueError, match="write begin: random"):
        block(begin="3 s", together=False)
