"""Warnings: too few failure cycles, machines and links that cannot keep up, waits that are too short."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.scenario.advice import advice, few_cycles, overloads
from simulator.scenario.load import load
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly, given_costs
from simulator.topology.serving import Batch, Serving
from tests.scenario.small import write

ASK, CHAIN, SPLIT = "ask.yaml", "chain.yaml", "split.yaml"


def planned(folder, *changes):
    (cell,) = variants(load(write(folder, changes)))
    assembly = Assembly(cell.scenario, cell.topology, cell.model, cell.base)
    return cell.scenario, assembly.plan(given_costs(cell.model, assembly.graph))


@pytest.mark.parametrize(("span_s", "is_warned"), [(74.9, True), (75.1, False)])
def test_fewer_than_30_cycles_of_a_component_are_warned_of(tmp_path, span_s, is_warned):
    # survival 0.8 and MTTR 10 s: MTBF 40 s, a cycle 50 s; 20 replications of 75 s are 30 cycles
    scenario, plan = planned(tmp_path, (CHAIN, ", survival: 0.95", ""))
    told = list(few_cycles(scenario, plan, round(span_s * 1e9)))
    assert bool(told) == is_warned
    if told:
        assert told[0].startswith("edge goes through about 30 failure cycles in all 20 replications (one takes 50 s)")
        assert told[0].endswith("replications: 21")


@pytest.mark.parametrize(("gap_ms", "is_warned"), [(9.9, True), (10.1, False)])
def test_a_node_that_is_asked_for_more_than_it_can_do_is_warned_of(tmp_path, gap_ms, is_warned):
    _, plan = planned(tmp_path)
    told = [line for line in overloads(plan, gap_ms * 1e6) if "node 'edge'" in line]
    assert bool(told) == is_warned


def test_parts_on_one_node_add_up(tmp_path):
    _, plan = planned(tmp_path, (ASK, "seed: 1", "placement: {cloud: edge}"))
    assert [line.split(" is asked for")[0] for line in overloads(plan, 14e6)] == ["node 'edge'"]


@pytest.mark.parametrize(("gap_ms", "is_warned"), [(0.79, True), (0.81, False)])
def test_a_link_that_is_asked_for_more_than_it_can_carry_is_warned_of(tmp_path, gap_ms, is_warned):
    # 100 B over 1 Mbps are 0.8 ms
    _, plan = planned(tmp_path, (CHAIN, "loss: 0.01", "bandwidth: 1 Mbps"))
    assert any("link 'edge-cloud' from 'edge'" in line for line in overloads(plan, gap_ms * 1e6)) == is_warned


def test_a_wait_shorter_than_the_wait_before_it_plus_the_path_is_warned_of(tmp_path):
    skips = (SPLIT, "  - {from: sensor, to: cloud}", "  - {from: sensor, to: cloud}\n  - {from: lidar, to: edge}")
    lidar = (SPLIT, "{sensor: {}}", "{sensor: {}, lidar: {}}")
    place = (ASK, "seed: 1", "placement: {lidar: sensor}")
    births = np.arange(2000) * 10**9
    short = (ASK, "after: 80 ms", "after: {edge: 80 ms, cloud: 80 ms}")
    assert any("cloud waits 80 ms" in line for line in advice(*planned(tmp_path, skips, lidar, place, short), births))
    assert not any("waits" in line for line in advice(*planned(tmp_path, skips, lidar, place), births))


def test_servers_share_what_is_asked_and_a_buffer_refuses_the_rest(tmp_path):
    _, plan = planned(tmp_path)
    def told(gap_ms, serving):
        nodes = tuple(replace(node, serving=serving) for node in plan.topology.nodes)
        of = replace(plan, topology=replace(plan.topology, nodes=nodes))
        return [line for line in overloads(of, gap_ms * 1e6) if "node 'edge'" in line]

    assert not told(5.1, Serving(2))
    (line,) = told(4.9, Serving(2))
    assert line.startswith("node 'edge' is asked for 2.04 s of work a second and has 2 servers: its queue grows")
    (line,) = told(9.9, Serving(1, 3))
    assert "its buffer fills and it refuses the rest" in line
    assert not told(0.1, Serving(None))
    assert not told(2.6, Serving(batch=Batch(size=4)))  # a batch of 4 takes 10 ms
    assert told(2.4, Serving(batch=Batch(size=4)))


def test_a_closed_loop_is_told_of_no_cycles_that_nobody_can_know(tmp_path):
    scenario, plan = planned(tmp_path)
    assert not any("cycles" in line for line in advice(scenario, plan, np.zeros(100, dtype=np.int64)))


@pytest.mark.parametrize(("failures", "named"), [
    ("{kind: shocks, shocks: {surge: {fells: [edge], every: 1 h, mttr: 1 min}}}", ["edge"]),
    ("{kind: renewal, availability: {edge: 0.8}, mttr: 10 s, up: {law: weibull, shape: 3}}", ["edge"]),
    ("{kind: bernoulli, survival: {edge: 0.8}}", []),
    ("{kind: scripted, outages: [{component: edge, from: 1 s, to: 2 s}]}", []),
])
def test_every_process_with_a_rate_of_failures_is_looked_at(tmp_path, failures, named):
    scenario, plan = planned(tmp_path, (ASK, "{kind: renewal, availability: poor, mttr: 10 s}", failures))
    assert [line.split(" goes ")[0] for line in few_cycles(scenario, plan, round(20e9))] == named


def test_spells_of_silent_errors_are_counted_like_failures(tmp_path):
    errors = "errors: [{kind: noisy, relative: 1, when: {kind: renewal, availability: {edge: 0.9}, mttr: 1 h}}]\nseed:"
    scenario, plan = planned(tmp_path, (ASK, "seed:", errors))
    assert any(told.startswith("edge[noisy] goes through about ") for told in few_cycles(scenario, plan, 10**9))
