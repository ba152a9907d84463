"""A route that only takes time, as one delay: what going hop by hop gives, at every tie of message and outage."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dataflow.costs import Costs
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.columns import Lives, ends_until_crash
from simulator.network.life import Life
from simulator.network.machines import FallibleMachine
from simulator.network.plan import Draws, Plan
from simulator.network.wiring import Wiring
from simulator.topology.graph import Link, Node, Topology
from tests.network.test_pace import CHAIN

HOPS = ("A", "r", "s", "B")
latencies = st.tuples(*[st.integers(0, 5)] * 3)
outages = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), max_size=4)
EDGE = 1 << 62


def switches(spells):
    """Return crashes and repairs from gaps and lengths."""
    edges = np.cumsum([length for spell in spells for length in (spell[0] + 1, spell[1])]).astype(np.int64)
    return edges[0::2], edges[1::2]


def rows(delays, failing):
    """Return delivery, end and blame of a request born at every instant."""
    links = tuple(Link(f"{a}-{b}", (a, b), latency_ns=delay)
                  for (a, b), delay in zip(pairwise(HOPS), delays, strict=True))
    topology = Topology("", tuple(Node(name, forwards_when_down=False) for name in HOPS), links)
    lines = [switches(spells) for spells in failing.values()]
    timeline = Timeline(tuple(failing), tuple(c for c, _ in lines), tuple(r for _, r in lines), None, 10**9)
    births = np.arange(60)
    plan = Plan(CHAIN, {"x": "A", "y": "B"}, topology, Costs({}, {}))
    no_coins = {part: np.zeros(60, dtype=np.int64) for part in ("x", "y")}
    log = engine.run(plan, Draws(births, no_coins, timeline))
    return list(log.delivery), log.end_ns.tolist(), log.blame.tolist()


@settings(max_examples=250, deadline=None, derandomize=True)
@given(delays=latencies, relays=st.tuples(outages, outages), lines=st.tuples(outages, outages, outages))
def test_one_delay_has_the_rows_of_going_hop_by_hop(delays, relays, lines):
    failing = dict(zip(("r", "s", "A-r", "r-s", "s-B"), (*relays, *lines), strict=True))
    at_once = rows(delays, failing)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Wiring, "_cut", lambda *_: None)
        assert at_once == rows(delays, failing)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(spells=outages, jobs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=30))
def test_a_column_of_jobs_ends_as_they_do_one_by_one(spells, jobs):
    crash, repair = switches(spells)
    when, work = np.cumsum([gap for gap, _ in jobs]), np.array([work for _, work in jobs])
    machine = FallibleMachine(Life(crash.tolist(), repair.tolist()), 0)
    one_by_one = [machine.serve(*job, 0) for job in zip(when.tolist(), work.tolist(), strict=True)]
    column = ends_until_crash(when, work, Lives(np.append(crash, EDGE), np.append(repair, EDGE), None))
    assert column.tolist() == one_by_one
