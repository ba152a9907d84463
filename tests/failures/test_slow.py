"""Blocks of slow machines: any process, and what is refused."""

import numpy as np
import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.failures.slow import Slow, slownesses, spells
from simulator.seeds import Streams
from simulator.topology.graph import Link, Node, Topology
from tests.support.statistics import assert_frequency

TOPOLOGY = Topology("two", (Node("edge", survival={"poor": 0.9}), Node("fog")), (Link("wire", ("edge", "fog")),))


def slow(when, factor=2.0):
    return Slow.model_validate({"factor": factor, "when": when})


def test_a_machine_is_slow_for_the_share_of_time_that_the_process_would_have_it_down():
    made = slownesses([slow({"kind": "renewal", "availability": {"fog": 0.7}, "mttr": "1 s"})], TOPOLOGY)
    lines = (spells(made, Streams(1, run), 1, 10**10)[0].timeline for run in range(4000))
    at = [line.up_at(np.array([5 * 10**9]))[0, 0] for line in lines]
    assert_frequency(int(sum(at)), len(at), 0.7)


def test_slow_spells_and_crashes_of_the_same_kind_are_independent():
    block = {"kind": "renewal", "availability": {"fog": 0.7}, "mttr": "1 s"}
    one, two = spells(slownesses([slow(block), slow(block)], TOPOLOGY), Streams(1), 1, 10**11)
    own = slownesses([slow(block)], TOPOLOGY)[0].process.timeline(Streams(1), 1, 10**11)
    firsts = {tuple(line.crash_ns[0][:5].tolist()) for line in (one.timeline, two.timeline, own)}
    assert len(firsts) == 3


@pytest.mark.parametrize(("blocks", "told"), [
    ([{"factor": 2, "when": {"kind": "bernoulli", "survival": {"fogg": 0.9}}}],
     "slow.0.when.survival.fogg: no component 'fogg'.*did you mean 'fog'"),
    ([{"factor": 2, "when": {"kind": "bernoulli", "survival": {"wire": 0.9}}}],
     "slow.0.when: 'wire' is a link, and links do no work; name machines"),
])
def test_what_is_wrong_is_told_with_its_place(blocks, told):
    with pytest.raises(ScenarioError, match=told):
        slownesses([Slow.model_validate(block) for block in blocks], TOPOLOGY)


@pytest.mark.parametrize(("change", "told"), [
    ({"slow.0.factor": 1}, "slow.0.factor: 1 .*greater than 1|slow.0.factor"),
    ({"slow.0.when.availability": {"fogg": 0.9}}, "'fogg'"),
])
def test_a_scenario_with_a_wrong_slow_block_is_refused(change, told):
    with pytest.raises(ScenarioError, match=told):
        simulator.load("slow", set=change)


def test_queues_that_are_always_slow_are_those_of_theory_at_that_speed(tmp_path):
    """Four M/M/1 queues, a link of 0.5 s before each: 4 (0.5 + 1 / (1 / 1.5 - 0.3)) seconds."""
    outages = [{"component": name, "from": "0 s", "to": "1000 day"} for name in ("first", "second", "third", "fourth")]
    scenario = simulator.load("queue", set={
        "slow": [{"factor": 1.5, "when": {"kind": "scripted", "outages": outages}}],
        "workload.arrivals.rate": "0.3 /s", "workload.requests": 2500, "replications": 20})
    (cell,) = simulator.run(scenario, out=tmp_path / "run").record.cells
    mean = cell.estimates["latency_mean_ms"]
    assert mean.low <= 1e3 * 4 * (0.5 + 1 / (1 / 1.5 - 0.3)) <= mean.high
    assert mean.high - mean.low < 0.08 * mean.value
    assert cell.counts["vectorised"] == 50_000
