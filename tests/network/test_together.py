"""Several plans on the same machines: against the textbook model on their union, and what none does to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from benchmarks import textbook_dag
from benchmarks.workloads import textbook_plan
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.dataflow.reach import Reach
from simulator.errors import ScenarioError
from simulator.failures.process import Timeline
from simulator.network import engine, together
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Plan
from simulator.network.together import Merged, run_together
from simulator.network.trace import Event, Trace
from simulator.study.agreement import without_delays
from simulator.topology.routes import Routes
from simulator.topology.serving import PLAIN
from tests.network.test_fuzz_against_textbook import WAITS, draws_of, with_delays
from tests.network.test_machines_against_textbook import any_kind, from_the_start
from tests.network.test_zero_delay import plans
from tests.oracles.textbook_plans import network, wire
from tests.support import small_plans

PHASES = (Phase.explicit, Phase.generate)


@st.composite
def policies(draw, crash):
    policy = {"wait": draw(st.sampled_from(WAITS)), "crash": crash}
    if draw(st.booleans()) or policy["wait"]["kind"] == "deadline":
        policy |= {"deadline": "220 us", "at_deadline": draw(st.sampled_from(["withdraw", "answer_late"]))}
    return Policy.model_validate(policy)


@st.composite
def policies_of(draw, count=2):
    """Several policies with one crash semantics, which is the machines'."""
    crash = {"queue": draw(st.sampled_from(["lose", "keep"])),
             "in_service": draw(st.sampled_from(["lose", "restart", "resume"]))}
    return [draw(policies(crash)) for _ in range(count)]


def joined(plans_: Sequence[Plan]) -> PartGraph:
    """Return the disjoint union of the graphs: parts ``0.name``, ``1.name``, ..."""
    parts, edges = [], []
    for number, plan in enumerate(plans_):
        first = len(edges)
        for part in plan.graph.parts:
            join = part.join and Join(tuple(tuple(tuple(first + e for e in a) for a in g) for g in part.join.groups),
                                      part.join.needs)
            parts.append(Part(f"{number}.{part.name}", join, part.is_exit))
        edges += [Edge(f"{number}.{e.source}", f"{number}.{e.target}") for e in plan.graph.edges]
    return PartGraph(tuple(parts), tuple(edges))


def renamed(number: int, name: str) -> str:
    return "->".join(f"{number}.{part}" for part in name.split("->"))


def book_of(plans_: Sequence[Plan], drawn: Sequence[Draws]) -> tuple[PartGraph, textbook_dag.TextbookPlan]:
    """Return the union of several plans and their draws for the textbook model, written apart from the engine's."""
    births = [(int(birth), number, place) for number, draws in enumerate(drawn)
              for place, birth in enumerate(draws.arrivals_ns)]
    births.sort()
    books = [textbook_plan(plan, draws) for plan, draws in zip(plans_, drawn, strict=True)]

    def column(number, of_plan):
        return np.array([of_plan[place] if which == number else 0 for _, which, place in births])

    priority = {}
    for number, plan in enumerate(plans_):
        for place, part in enumerate(plan.graph.parts):
            priority[f"{number}.{part.name}"] = plan.priority.get(part.name, place)
    models = tuple(
        textbook_dag.Model(
            frozenset(f"{n}.{part.name}" for part in plan.graph.parts), plan.limit_ns,
            book.wait and (book.wait[0], {f"{n}.{part}": ns for part, ns in book.wait[1].items()}))
        for n, (plan, book) in enumerate(zip(plans_, books, strict=True)))
    graph = joined(plans_)
    return graph, replace(
        books[0],
        graph=graph,
        placement={f"{n}.{part}": node for n, book in enumerate(books) for part, node in book.placement.items()},
        payload_bytes={renamed(n, e): size for n, book in enumerate(books) for e, size in book.payload_bytes.items()},
        work_ns={f"{n}.{part}": column(n, w) for n, book in enumerate(books) for part, w in book.work_ns.items()},
        arrivals_ns=np.array([birth for birth, _, _ in births]),
        coins={(renamed(n, e), link): column(n, lost).astype(bool)
               for n, book in enumerate(books) for (e, link), lost in book.coins.items()},
        priority=priority,
        models=models,
        asks=[which for _, which, _ in births],
    )


def local(plans_: Sequence[Plan], number: int, graph: PartGraph, delivery: int) -> int:
    """Return a delivery of the union as one of a plan's own graph."""
    if not delivery:
        return 0
    own = plans_[number].graph
    first = sum(len(plan.graph.edges) for plan in plans_[:number])
    return own.delivery(graph.exit_of(delivery).partition(".")[2], [e - first for e in graph.edges_of(delivery)])


def on_one_topology(plans_, policies_, servings, rng):
    """Return the plans on the first one's machines, with delays."""
    nodes = tuple(replace(node, serving=servings[place % len(servings)])
                  for place, node in enumerate(plans_[0].topology.nodes))
    topology = replace(plans_[0].topology, nodes=nodes)
    first = with_delays(replace(plans_[0], topology=topology), policies_[0], rng)
    found = [first]
    for plan, policy in zip(plans_[1:], policies_[1:], strict=True):
        names = {node.name: nodes[place % len(nodes)].name for place, node in enumerate(plan.topology.nodes)}
        moved = replace(plan, placement={part: names[node] for part, node in plan.placement.items()},
                        topology=topology)
        found.append(replace(with_delays(moved, policy, rng), topology=first.topology))
    return found


def draws_of_all(plans_, rng, requests):
    drawn = [draws_of(plan, rng, requests) for plan in plans_]
    timeline = from_the_start(drawn[0].timeline)
    return [replace(draws, timeline=timeline) for draws in drawn]


def check(plans_, policies_, servings, seed, requests=30):
    rng = np.random.default_rng(seed)
    plans_ = on_one_topology(plans_, policies_, servings, rng)
    drawn = draws_of_all(plans_, rng, requests)
    graph, book_plan = book_of(plans_, drawn)
    book = textbook_dag.run(book_plan)
    merged = Merged(tuple(draws.arrivals_ns for draws in drawn))
    logs = run_together(plans_, drawn, has_meters=True)
    for number, (log, mine) in enumerate(zip(logs, merged.numbers, strict=True)):
        assert list(log.delivery) == [local(plans_, number, graph, book.delivery[place]) for place in mine]
        np.testing.assert_array_equal(log.end_ns, book.end_ns[mine])


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True, phases=PHASES)
@given(first=plans(), second=plans(), policies_=policies_of(), servings=st.lists(any_kind, min_size=3, max_size=3),
       seed=st.integers(0, 2**16))
def test_two_plans_on_any_machines_are_the_textbooks(first, second, policies_, servings, seed):
    check([first, second], policies_, servings, seed)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, derandomize=True, phases=PHASES)
@given(first=plans(), second=plans(), third=plans(), policies_=policies_of(3),
       servings=st.lists(any_kind, min_size=4, max_size=4), seed=st.integers(0, 2**16))
def test_three_plans_on_any_machines_are_the_textbooks(first, second, third, policies_, servings, seed):
    check([first, second, third], policies_, servings, seed, requests=40)


@settings(max_examples=15, deadline=None, derandomize=True, phases=PHASES)
@given(first=plans(), second=plans(), seed=st.integers(0, 2**16))
def test_without_delays_each_plan_has_the_deliveries_of_the_pattern_at_each_birth(first, second, seed):
    rng = np.random.default_rng(seed)
    pair = on_one_topology([first, second], [Policy(), Policy()], [PLAIN], rng)
    topology = without_delays(pair[0].topology)
    pair = [replace(plan, topology=topology, costs=Costs({}, {})) for plan in pair]
    drawn = [replace(draws, work_ns={part: np.zeros_like(work) for part, work in draws.work_ns.items()}, lost={})
             for draws in draws_of_all(pair, rng, 40)]
    coins = [rng.random((40, len(topology.components))) < 0.9 for _ in pair]
    drawn = [replace(draws, timeline=replace(draws.timeline, coins=mine))
             for draws, mine in zip(drawn, coins, strict=True)]
    for plan, draws, log in zip(pair, drawn, run_together(pair, drawn), strict=True):
        reach, up = Reach(plan.graph, plan.placement, Routes(topology)), draws.timeline.up_at(draws.arrivals_ns)
        downs = [frozenset(n for n, is_up in zip(topology.components, row, strict=True) if not is_up) for row in up]
        assert list(log.delivery) == [reach.delivery(down) for down in downs]


@settings(max_examples=20, deadline=None, derandomize=True, phases=PHASES)
@given(plan=plans(), policies_=policies_of(1), seed=st.integers(0, 2**16))
def test_a_plan_beside_one_without_requests_runs_as_alone(plan, policies_, seed):
    rng = np.random.default_rng(seed)
    (plan,) = on_one_topology([plan], policies_, [PLAIN], rng)
    (draws,) = draws_of_all([plan], rng, 40)
    nobody = replace(draws, arrivals_ns=draws.arrivals_ns[:0], lost={key: lost[:0] for key, lost in draws.lost.items()},
                     work_ns={part: work[:0] for part, work in draws.work_ns.items()})
    alone = engine.run(plan, draws)
    log, nothing = run_together([plan, plan], [draws, nobody])
    assert list(log.delivery) == list(alone.delivery)
    np.testing.assert_array_equal(log.end_ns, alone.end_ns)
    np.testing.assert_array_equal(log.blame, alone.blame)
    assert log.too_late == alone.too_late
    assert len(nothing.end_ns) == 0


PAIR = small_plans.graph([("s", "c")])


def small(work, births):
    """Return a plan of one job on the machine m, and its draws."""
    topology = network("om", wire("o-m"))
    plan = Plan(PAIR, {"s": "o", "c": "m"}, topology, Costs({}, {}))
    return plan, Draws(np.array(births), {"s": np.zeros(len(births), dtype=np.int64),
                                          "c": np.full(len(births), work)})


def test_jobs_of_two_plans_wait_in_one_queue_in_order_of_birth_and_then_of_plan():
    first, second = small(10, [0, 30]), small(7, [0, 5, 30])
    logs = run_together(*zip(first, second, strict=True))
    assert logs[0].end_ns.tolist() == [10, 40]
    assert logs[1].end_ns.tolist() == [17, 24, 47]


def test_what_a_request_lives_through_is_noted_by_its_merged_number():
    first, second = small(10, [4]), small(7, [0])
    trace = Trace(1)
    run_together(*zip(first, second, strict=True), trace=trace)
    assert [note.when_ns for note in trace.notes if note.event is Event.DONE] == [4, 17]


def test_draws_that_cannot_be_spread_are_refused(monkeypatch):
    plan, draws = small(10, [0])
    monkeypatch.setattr(together, "SPREAD", together.SPREAD - {"lost"})
    with pytest.raises(ScenarioError, match="do not go together with 'lost'"):
        run_together([plan, plan], [replace(draws, lost={("s->c", "o-m"): np.array([False])}), draws])


def test_coins_are_each_plans_own():
    plan, draws = small(10, [0])
    down = Timeline(("m",), (np.zeros(0, dtype=np.int64),), (np.zeros(0, dtype=np.int64),), np.array([[False]]), 100)
    up = replace(down, coins=np.array([[True]]))
    logs = run_together([plan, plan], [replace(draws, timeline=down), replace(draws, timeline=up)])
    assert [bool(log.delivery[0]) for log in logs] == [False, True]
