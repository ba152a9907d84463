"""What holds for any plan: nothing is lost, names and units do not matter, the clock goes on, nothing is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simulator.dataflow.graph import Edge
from simulator.dataflow.join import Join
from simulator.dataflow.reach import Reach
from simulator.expect.exact import enumerate_patterns, probability_of_deliveries
from simulator.expect.timed import Requests, ending_counts
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.process import Timeline
from simulator.network import engine, vectorised
from simulator.network.endings import endings
from simulator.network.vectorised import Unqualified
from simulator.topology.graph import Topology
from simulator.topology.routes import Routes
from tests.network.test_fuzz_against_textbook import draws_of, policies, with_delays
from tests.network.test_vectorised import alone
from tests.network.test_zero_delay import emitting, plans
from tests.support.world_watch import watched

STRICT = settings(max_examples=40, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate),
                  suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
SEEDS = st.integers(0, 2**16)


def drawn(plan, policy, seed, requests=40):
    """Return a plan with delays, and its draws."""
    rng = np.random.default_rng(seed)
    plan = with_delays(plan, policy, rng)
    return plan, draws_of(plan, rng, requests)


def both(plan, draws):
    """Return the logs of SimPy's engine and, where the plan qualifies, of the fast path."""
    logs = [engine.run(plan, draws, has_meters=True)]
    try:
        return [*logs, vectorised.run(plan, draws, has_meters=True)]
    except Unqualified:
        return logs


def same_rows(one, other, times=1):
    assert list(one.delivery) == list(other.delivery)
    np.testing.assert_array_equal(np.asarray(one.end_ns) * times, other.end_ns)
    np.testing.assert_array_equal(one.blame, other.blame)


@STRICT
@given(plan=plans(), policy=policies(), seed=SEEDS, emits=st.booleans())
def test_each_request_has_one_ending_after_its_birth(plan, policy, seed, emits):
    plan, draws = drawn(emitting(plan) if emits else plan, policy, seed)
    for log in both(plan, draws):
        answered = np.array([delivery > 0 for delivery in log.delivery])
        ending = endings(answered, log.arrival_ns, log.end_ns, log.blame, policy.deadline_ns)
        one = np.ones(len(answered))
        births, run = log.arrival_ns, np.zeros(len(answered), dtype=int)
        requests = Requests(run, births, log.end_ns, ending, answered, one, answered)
        assert sum(ending_counts(requests, len(draws.arrivals_ns)).values()) == len(draws.arrivals_ns)
        assert (log.end_ns >= log.arrival_ns).all()


def names_of(plan, rng):
    """Return new names of nodes, links and parts, in another alphabetical order than the old ones."""
    old = [*(node.name for node in plan.topology.nodes), *(link.name for link in plan.topology.links),
           *(part.name for part in plan.graph.parts)]
    return dict(zip(old, (f"x{number:03d}" for number in rng.permutation(len(old))), strict=True))


def renamed(plan, new):
    """Return the plan with every node, link and part by another name."""
    graph, topology = plan.graph, plan.topology
    parts = tuple(replace(part, name=new[part.name]) for part in graph.parts)
    edges = tuple(replace(edge, source=new[edge.source], target=new[edge.target]) for edge in graph.edges)
    nodes = tuple(replace(node, name=new[node.name]) for node in topology.nodes)
    links = tuple(replace(link, name=new[link.name], ends=tuple(map(new.get, link.ends))) for link in topology.links)
    sizes = {after.name: plan.costs.payload_bytes.get(before.name, 0)
             for before, after in zip(graph.edges, edges, strict=True)}
    return replace(plan, graph=replace(graph, parts=parts, edges=edges), topology=Topology("", nodes, links),
                   placement={new[part]: new[node] for part, node in plan.placement.items()},
                   costs=replace(plan.costs, payload_bytes=sizes),
                   closes_ns={new[part]: after for part, after in plan.closes_ns.items()})


def renamed_draws(plan, draws, new):
    """Return the draws of the same requests by the new names."""
    line = draws.timeline
    edge = {one.name: Edge(new[one.source], new[one.target]).name for one in plan.graph.edges}
    return replace(draws, work_ns={new[part]: work for part, work in draws.work_ns.items()},
                   timeline=replace(line, components=tuple(new[name] for name in line.components)),
                   lost={(edge[hyper], new[link]): coins for (hyper, link), coins in draws.lost.items()})


@STRICT
@given(plan=plans(), policy=policies(), seed=SEEDS)
def test_other_names_give_the_same_rows(plan, policy, seed):
    plan, draws = drawn(plan, policy, seed)
    new = names_of(plan, np.random.default_rng(seed + 1))
    for one, other in zip(both(plan, draws), both(renamed(plan, new), renamed_draws(plan, draws, new)), strict=True):
        same_rows(one, other)
        assert {new[part]: count for part, count in one.too_late.items()} == dict(other.too_late)
        assert {new[node]: load for node, load in one.machines.items()} == pytest.approx(dict(other.machines))


def scaled(plan, draws, times):
    """Return plan and draws with all that is a time so many times as long, and bandwidths so many times as small."""
    links = tuple(replace(link, latency_ns=link.latency_ns * times, bandwidth_bps=link.bandwidth_bps / times)
                  for link in plan.topology.links)
    update = {"deadline_ns": plan.policy.deadline_ns and plan.policy.deadline_ns * times}
    line = draws.timeline
    work_ns = {part: work * times for part, work in draws.work_ns.items()}
    timeline = Timeline(line.components, tuple(crash * times for crash in line.crash_ns),
                        tuple(repair * times for repair in line.repair_ns), None, line.until_ns * times)
    slower = replace(draws, arrivals_ns=draws.arrivals_ns * times, work_ns=work_ns, timeline=timeline)
    policy = plan.policy.model_copy(update=update)
    return replace(plan, topology=Topology("", plan.topology.nodes, links), policy=policy,
                   closes_ns={part: after * times for part, after in plan.closes_ns.items()}), slower


@STRICT
@given(plan=plans(), policy=policies(), seed=SEEDS, times=st.sampled_from([2, 8, 64]), is_alone=st.booleans())
def test_in_other_units_all_ends_are_those_times_the_unit(plan, policy, seed, times, is_alone):
    """Powers of two, so that a bandwidth of so many parts is exact too."""
    plan, draws = drawn(alone(plan) if is_alone else plan, policy, seed)
    for one, other in zip(both(plan, draws), both(*scaled(plan, draws, times)), strict=True):
        same_rows(one, other, times)
        assert dict(one.too_late) == dict(other.too_late)
        assert dict(one.machines) == pytest.approx(dict(other.machines))
        assert dict(one.lines) == pytest.approx(dict(other.lines))


def reach_of(plan):
    return Reach(plan.graph, plan.placement, Routes(plan.topology))


def deliveries(plan, patterns):
    reach = reach_of(plan)
    return [reach.delivery(down) for down in patterns.down()]


def no_flow(plan, survival):
    """Return P(no information flow), exactly."""
    patterns = enumerate_patterns(Bernoulli(plan.topology.components, tuple(survival)), 12)
    return probability_of_deliveries(patterns.probability, deliveries(plan, patterns)).get(0, 0.0)


SMALL = plans().filter(lambda plan: len(plan.topology.components) <= 8)


@STRICT
@given(plan=SMALL, seed=SEEDS)
def test_the_more_survives_the_less_often_nothing_flows(plan, seed):
    rng = np.random.default_rng(seed)
    survival = rng.random(len(plan.topology.components))
    before = no_flow(plan, survival)
    for which in range(len(survival)):
        better = survival.copy()
        better[which] += (1 - better[which]) * rng.random()
        assert no_flow(plan, better) <= before + 1e-12


@STRICT
@given(plan=SMALL, seed=SEEDS, data=st.data())
def test_a_skip_more_never_takes_the_flow_away(plan, seed, data):
    """Of joins that need any of their inputs: one more to choose from, first or last, is never worse."""
    graph = plan.graph
    free = [replace(part, join=part.join and Join(part.join.groups, "any")) for part in graph.parts]
    known = {(edge.source, edge.target) for edge in graph.edges}
    pairs = [(a, b) for b, part in enumerate(free) if part.join for a in range(b)
             if (free[a].name, part.name) not in known]
    if not pairs:
        return
    source, target = data.draw(st.sampled_from(pairs))
    before = replace(plan, graph=replace(graph, parts=tuple(free)))
    join = free[target].join
    one = ((len(graph.edges),),)
    groups = data.draw(st.sampled_from([(*join.groups, one), (one, *join.groups)]))
    free[target] = replace(free[target], join=Join(groups, "any"))
    edges = (*graph.edges, Edge(free[source].name, free[target].name))
    after = replace(plan, graph=replace(graph, parts=tuple(free), edges=edges))
    survival = np.random.default_rng(seed).random(len(plan.topology.components))
    assert no_flow(after, survival) <= no_flow(before, survival) + 1e-12


@STRICT
@given(plan=SMALL, seed=SEEDS)
def test_exact_probabilities_do_not_know_names(plan, seed):
    rng = np.random.default_rng(seed)
    new, survival = names_of(plan, rng), rng.random(len(plan.topology.components))
    assert no_flow(renamed(plan, new), survival) == no_flow(plan, survival)


@STRICT
@given(plan=plans(), policy=policies(), seed=SEEDS, emits=st.booleans())
def test_no_event_is_in_the_past_and_nothing_is_left_of_a_run(plan, policy, seed, emits, monkeypatch):
    plan, draws = drawn(emitting(plan) if emits else plan, policy, seed)
    with watched(monkeypatch) as watch:
        engine.run(plan, draws)
    assert watch.steps
    watch.assert_nothing_is_left()
