"""The fast path gives what the engine gives, request by request, with ==."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.failures.process import Timeline
from simulator.network import engine, vectorised
from simulator.network.vectorised import Unqualified
from tests.network.test_fuzz_against_textbook import draws_of, policies, with_delays
from tests.network.test_zero_delay import plans

COUNTED = {"same": 0, "unqualified": 0}


def same(plan, draws):
    """Compare both engines; return whether the plan qualified."""
    try:
        fast = vectorised.run(plan, draws, has_meters=True)
    except Unqualified:
        return False
    slow = engine.run(plan, draws, has_meters=True)
    assert fast.delivery == slow.delivery
    np.testing.assert_array_equal(fast.end_ns, slow.end_ns)
    np.testing.assert_array_equal(fast.blame, slow.blame)
    assert dict(fast.too_late) == dict(slow.too_late)
    assert repr(dict(fast.lines)) == repr(dict(slow.lines))
    assert repr(dict(sorted(fast.machines.items()))) == repr(dict(sorted(slow.machines.items())))
    return True


def alone(plan):
    """Return the plan with each part on a node of its own and a link for each hyperconnection."""
    from simulator.topology.graph import Link, Node, Topology

    names = [part.name for part in plan.graph.parts]
    links = {tuple(sorted((edge.source, edge.target))): edge for edge in plan.graph.edges}
    made = tuple(Link(f"{a}-{b}", (a, b)) for a, b in links)
    return replace(plan, placement={name: name for name in names},
                   topology=Topology("own", tuple(Node(name) for name in names), made))


def tried(plan, policy, seed, requests, fails=lambda plan: plan.topology.components):
    rng = np.random.default_rng(seed)
    plan = with_delays(plan, policy, rng)
    draws = draws_of(plan, rng, requests)
    return same(plan, replace(draws, timeline=only(draws.timeline, fails(plan))))


def only(timeline, names):
    """Return the timeline of some of its components."""
    kept = [place for place, name in enumerate(timeline.components) if name in names]
    return Timeline(tuple(timeline.components[place] for place in kept), tuple(timeline.crash_ns[p] for p in kept),
                    tuple(timeline.repair_ns[p] for p in kept), None, timeline.until_ns)


def nodes(plan):
    """Return what can fail without a route being found anew."""
    return [node.name for node in plan.topology.nodes]


@settings(max_examples=150, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_any_plan_that_qualifies_has_the_engines_rows(plan, policy, seed):
    tried(plan, policy, seed, requests=40)


@settings(max_examples=150, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_any_plan_with_a_machine_for_each_part_has_the_engines_rows(plan, policy, seed):
    COUNTED["same" if tried(alone(plan), policy, seed, 40, nodes) else "unqualified"] += 1


def test_most_of_them_qualified():
    assert COUNTED["same"] > 2 * COUNTED["unqualified"], COUNTED


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_many_plans_have_the_engines_rows(plan, policy, seed):
    tried(plan, policy, seed, requests=60)
    tried(alone(plan), policy, seed, 60, nodes)
