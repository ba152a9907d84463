"""The textbook models against timetables worked out by hand, and against closed forms."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from benchmarks import textbook_chain
from benchmarks.textbook_chain import SECOND_NS, ChainDraws, reference_draws, run_with_failures
from benchmarks.textbook_dag import Crash, TextbookPlan, TextbookResult, run
from simulator.failures.process import Timeline
from simulator.seeds import stream
from tests.oracles.textbook_plans import Downs, add, graph_of, network, select, wire

CHAIN = graph_of({"x": None, "y": add(0)}, "x>y")
SKIP = graph_of({"x": None, "m": add(0), "y": select(1, 2)}, "x>m", "m>y", "x>y")


def plan(graph, topology, placement, work, births, **more) -> TextbookPlan:
    """Return a plan: one-letter nodes in the order of the parts, work of each part (a number or one per request)."""
    requests = len(births)
    downs = more.pop("downs", None)
    return TextbookPlan(
        graph=graph,
        topology=topology,
        placement=dict(zip(graph.part_by_name, placement, strict=True)),
        payload_bytes=dict.fromkeys((edge.name for edge in graph.edges), more.pop("size", 1)),
        work_ns={
            part: np.broadcast_to(np.array(ns, dtype=np.int64), requests)
            for part, ns in zip(graph.part_by_name, work, strict=True)
        },
        arrivals_ns=np.array(births, dtype=np.int64),
        timelines=None if downs is None else downs.timeline(topology, requests),
        **more,
    )


def rows(graph, result: TextbookResult) -> list[tuple[str, int, str]]:
    """Return each request's delivery as text, its end and its cause."""
    texts = [graph.text(delivery) for delivery in result.delivery]
    return list(zip(texts, result.end_ns.tolist(), result.cause, strict=True))


def timetable(graph, *arguments, **more) -> list[tuple[str, int, str]]:
    """Run a plan and return its rows, ``y <- `` left out."""
    table = rows(graph, run(plan(graph, *arguments, **more)))
    return [(text.removeprefix("y <- "), end, cause) for text, end, cause in table]


# --- one server ------------------------------------------------------------------------------------------------
#   A (x: 0 ns) --- 5 ns --- B (y: 10 ns)          request born at t reaches B at t + 5
PAIR = network("AB", wire("A-B", 5))


def pair(births, work=10, **more):
    return timetable(CHAIN, PAIR, "AB", [0, work], births, **more)


def test_jobs_queue_in_order_of_arrival():
    assert pair([0, 3, 30]) == [("x->y", 15, ""), ("x->y", 25, ""), ("x->y", 45, "")]


def test_same_instant_goes_by_request_number():
    assert pair([0, 0, 0]) == [("x->y", 15, ""), ("x->y", 25, ""), ("x->y", 35, "")]


def test_done_exactly_at_the_crash_counts_and_one_later_is_lost():
    downs = Downs({"B": [(15, 40)]})
    assert pair([0], downs=downs) == [("x->y", 15, "")]
    assert pair([1], downs=downs) == [("-", 15, "B")]


def test_arriving_at_the_crash_is_refused_and_at_the_repair_accepted():
    downs = Downs({"B": [(20, 40)]})
    assert pair([15, 34, 35], downs=downs) == [("-", 20, "B"), ("-", 39, "B"), ("x->y", 50, "")]


def test_a_crash_loses_the_job_in_service_and_the_queue():
    downs = Downs({"B": [(12, 13)]})
    assert pair([0, 1, 8], downs=downs) == [("-", 12, "B"), ("-", 12, "B"), ("x->y", 23, "")]


@pytest.mark.parametrize(
    ("crash", "ends"),
    [
        #  B: |5..15 job 0|, crash at 12, repair at 20; job 1 waits since 6, job 2 comes at 18
        (Crash("keep", "lose"), [("-", 12, "B"), ("x->y", 30, ""), ("x->y", 40, "")]),
        (Crash("keep", "restart"), [("x->y", 30, ""), ("x->y", 40, ""), ("x->y", 50, "")]),
        (Crash("lose", "restart"), [("x->y", 30, ""), ("-", 12, "B"), ("-", 18, "B")]),
    ],
)
def test_a_queue_may_be_kept_and_a_job_restarted(crash, ends):
    assert pair([0, 1, 13], downs=Downs({"B": [(12, 20)]}), crash=crash) == ends


def test_a_job_restarts_after_each_crash():
    downs = Downs({"B": [(12, 20), (25, 26), (30, 31)]})
    assert pair([0], downs=downs, crash=Crash("lose", "restart")) == [("x->y", 41, "")]


def test_a_kept_queue_on_an_idle_server_starts_at_the_repair():
    assert pair([10], downs=Downs({"B": [(12, 20)]}), crash=Crash("keep")) == [("x->y", 30, "")]


# --- deadline --------------------------------------------------------------------------------------------------
def test_done_at_the_limit_is_on_time_and_a_start_at_the_limit_never_takes_the_server():
    #  limit 15: 0 |5..15| done at its limit; 1 would start at its limit 15; 2, born 10, |15..25| done at its limit
    assert pair([0, 0, 10], limit_ns=15) == [("x->y", 15, ""), ("-", 15, "B"), ("x->y", 25, "")]


def test_a_job_that_waits_too_long_never_takes_the_server():
    #  limit 12: 0 |5..12 cut|; 1, born 0 too, would start at its limit; 2, born 3, at B 8 |12..15| done at its limit
    assert pair([0, 0, 3], work=[10, 3, 3], limit_ns=12) == [("-", 12, "B"), ("-", 12, "B"), ("x->y", 15, "")]


def test_a_job_in_service_is_freed_at_its_limit():
    #  B: 0 |5..12 cut|, 1 (at B 8) |12..18|
    assert pair([0, 3], work=[10, 6], limit_ns=12) == [("-", 12, "B"), ("-", 15, "B")]
    assert pair([0, 3], work=[10, 3], limit_ns=12) == [("-", 12, "B"), ("x->y", 15, "")]


def test_a_message_under_way_at_the_limit_ends_the_request_at_the_limit():
    assert pair([0], limit_ns=4) == [("-", 4, "B")]


def test_a_source_on_a_node_that_is_down_is_lost_at_birth():
    assert pair([3, 4, 8], downs=Downs({"A": [(4, 8)]})) == [("x->y", 18, ""), ("-", 4, "A"), ("x->y", 28, "")]


def test_coins_say_who_is_absent_for_one_request():
    downs = Downs(absent={0: "B", 1: "A-B", 3: "A"})
    table = pair([0, 100, 200, 300], downs=downs)
    assert table == [("-", 5, "B"), ("-", 100, "A-B"), ("x->y", 215, ""), ("-", 300, "A")]


# --- links -----------------------------------------------------------------------------------------------------
#   A (x: 0 ns) --- 4 bytes at 2 ns each, then 5 ns --- B (y: 1 ns)
SLOW = network("AB", wire("A-B", 5, byte_ns=2))


def slow(births, **more):
    return timetable(CHAIN, SLOW, "AB", [0, 1], births, size=4, **more)


def test_messages_queue_for_the_transmitter_and_not_for_the_delay():
    #  sent |0..8| arrives 13; |8..16| arrives 21
    assert slow([0, 1]) == [("x->y", 14, ""), ("x->y", 22, "")]


def test_a_link_must_stay_up_until_the_last_byte_arrives():
    assert slow([0], downs=Downs({"A-B": [(13, 20)]})) == [("x->y", 14, "")]
    assert slow([0], downs=Downs({"A-B": [(12, 20)]})) == [("-", 12, "A-B")]


def test_a_dead_message_holds_the_transmitter_until_the_crash_only():
    #  0 |0..6 dead|, 1 waits and dies at 6; 2 handed over at the repair 7 |7..15| arrives 20
    downs = Downs({"A-B": [(6, 7)]})
    assert slow([0, 1, 6, 7], downs=downs) == [("-", 6, "A-B"), ("-", 6, "A-B"), ("-", 6, "A-B"), ("x->y", 21, "")]


def test_directions_do_not_share_a_transmitter():
    #   A (x, y) === B (m):  x at 0 |0..8| B 13, m works 1, back |14..22| A 27, y works 1: 28; nobody waits
    graph = graph_of({"x": None, "m": add(0), "y": add(1)}, "x>m", "m>y")
    table = timetable(graph, SLOW, "ABA", [0, 1, 1], [0, 10], size=4)
    assert table == [("x->m m->y", 28, ""), ("x->m m->y", 38, "")]


def test_edges_over_one_link_go_in_the_order_of_declaration():
    #   A (x) === B (m, y): x>m |0..8| at 13, x>y |8..16| at 21; m works 1, needs all: y starts at 21
    graph = graph_of({"x": None, "m": add(0), "y": add(1, 2, needs="all")}, "x>m", "m>y", "x>y")
    assert timetable(graph, SLOW, "ABB", [0, 1, 1], [0], size=4) == [("x->m m->y x->y", 22, "")]


def test_a_lost_message_is_known_when_it_should_have_arrived():
    coins = {("x->y", "A-B"): np.array([True, False])}
    assert slow([0, 1], coins=coins) == [("-", 13, "A-B"), ("x->y", 22, "")]


def test_two_parts_on_one_node_need_no_link_and_share_the_server():
    #   A: x0 |0..3| x1, here since 1, |3..6| y0 |6..10| y1 |10..14|
    table = timetable(CHAIN, network("A"), "AA", [3, 4], [0, 1])
    assert table == [("x->y", 10, ""), ("x->y", 14, "")]


# --- routes ----------------------------------------------------------------------------------------------------
#   A --- 2 --- R --- 2 --- B       and        A --- 9 --- B
TRIANGLE = network("ARB", wire("A-R", 2), wire("R-B", 2), wire("A-B", 9), stops="R")


def triangle(births, downs):
    return timetable(CHAIN, TRIANGLE, "AB", [0, 1], births, downs=downs)


def test_the_route_is_the_best_over_what_is_up_when_the_message_leaves():
    downs = Downs({"R": [(10, 20)], "R-B": [(30, 40)]})
    assert triangle([0, 10, 20, 30], downs) == [("x->y", end, "") for end in (5, 20, 25, 40)]


def test_a_message_does_not_change_its_route_on_the_way():
    #  the relay dies at 2, when the message comes; the link ahead dies at 1; the link behind at 3, no harm
    assert triangle([0], Downs({"R": [(2, 9)]})) == [("-", 2, "R")]
    assert triangle([0], Downs({"R-B": [(1, 9)]})) == [("-", 2, "R-B")]
    assert triangle([0], Downs({"A-R": [(2, 9)]})) == [("x->y", 5, "")]


def test_without_a_route_the_first_component_down_on_the_best_one_is_blamed():
    assert triangle([0], Downs({"A-B": [(0, 9)], "R-B": [(0, 9)], "R": [(0, 9)]})) == [("-", 0, "R-B")]
    assert triangle([0], Downs({"A-B": [(0, 9)], "R": [(0, 9)]})) == [("-", 0, "R")]


def test_a_router_may_forward_while_its_host_is_down():
    topology = network("ARB", wire("A-R", 2), wire("R-B", 2))
    downs = Downs({"R": [(0, 9)]})
    assert timetable(CHAIN, topology, "AB", [0, 1], [0], downs=downs) == [("x->y", 5, "")]


# --- joins, perfect detection ------------------------------------------------------------------------------------
#   A (x: 0 ns) --- 2 --- M (m: 10 ns) --- 3 --- B (y: 1 ns)      and the skip  A --- 4 --- B
SKIPS = network("AMB", wire("A-M", 2), wire("M-B", 3), wire("A-B", 4))


def skip(births, **more):
    return timetable(SKIP, SKIPS, "AMB", [0, 10, 1], births, **more)


def test_select_waits_for_its_first_choice_while_it_can_come():
    assert skip([0]) == [("x->m m->y", 16, "")]


def test_a_crash_wakes_the_join_that_waits_on_it():
    assert skip([0], downs=Downs({"M": [(7, 50)]})) == [("x->y", 8, "")]
    assert skip([0], downs=Downs({"M": [(3, 50)]})) == [("x->y", 5, "")]  # known at 3, the skip comes at 4


def test_a_crash_after_sending_changes_nothing():
    assert skip([0], downs=Downs({"M": [(12, 50)]})) == [("x->m m->y", 16, "")]


def test_the_loss_known_last_is_blamed():
    assert skip([0], downs=Downs({"M": [(7, 50)], "A-B": [(3, 50)]})) == [("-", 7, "M")]
    assert skip([0], downs=Downs({"M": [(1, 50)], "A-B": [(3, 50)]})) == [("-", 3, "A-B")]
    assert skip([0], downs=Downs({"M": [(3, 50)], "A-B": [(3, 50)]})) == [("-", 3, "A-B")]  # tie: the higher edge


def test_news_of_a_loss_passes_through_parts_at_once():
    graph = graph_of({"x": None, "m": add(0), "n": add(1), "y": add(2)}, "x>m", "m>n", "n>y")
    topology = network("AMNB", wire("A-M", 2), wire("M-N", 2), wire("N-B", 2))
    table = timetable(graph, topology, "AMNB", [0, 10, 10, 10], [0], downs=Downs({"M": [(5, 6)]}))
    assert table == [("-", 5, "M")]


def test_a_part_that_is_down_when_ready_is_not_tried_again():
    assert skip([0], downs=Downs({"B": [(15, 16)]})) == [("-", 15, "B")]


@pytest.mark.parametrize(
    ("needs", "row"), [("any", ("b->y", 6, "")), (1, ("b->y", 6, "")), (2, ("-", 5, "A")), ("all", ("-", 5, "A"))]
)
def test_needs(needs, row):
    #   A (a) --- 3 ---\
    #   B (b) --- 5 --- C (y: 1 ns)       A is down at birth
    graph = graph_of({"a": None, "b": None, "y": add(0, 1, needs=needs)}, "a>y", "b>y")
    topology = network("ABC", wire("A-C", 3), wire("B-C", 5))
    assert timetable(graph, topology, "ABC", [0, 0, 1], [0], downs=Downs({"A": [(0, 1)]})) == [row]


# --- joins, timeouts and cut-offs ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("after", "row"),
    [
        # the skip comes at 4, m's answer at 15
        (10, ("x->y", 15, "")),
        (11, ("x->m m->y", 16, "")),
        (12, ("x->m m->y", 16, "")),
    ],
)
def test_an_input_exactly_at_closing_time_counts(after, row):
    assert skip([0], wait=("timeout", {"m": 0, "y": after})) == [row]
    assert skip([0], wait=("cutoff", {"m": 2, "y": 4 + after})) == [row]


def test_a_timed_join_does_not_see_a_loss():
    downs = Downs({"M": [(0, 50)]})
    assert skip([0], wait=("timeout", {"m": 9, "y": 9}), downs=downs) == [("x->y", 14, "")]


def test_a_timed_join_that_has_lost_all_ends_at_the_last_loss():
    downs = Downs({"M": [(7, 50)], "A-B": [(3, 50)]})
    assert skip([0], wait=("timeout", {"m": 9, "y": 9}), downs=downs) == [("-", 7, "M")]
    assert skip([0], wait=("cutoff", {"m": 9, "y": 9}), downs=downs) == [("-", 7, "M")]


def test_a_cutoff_with_nothing_there_is_a_loss_at_closing_time():
    assert skip([0], wait=("cutoff", {"m": 9, "y": 3})) == [("-", 3, "")]
    assert skip([0], wait=("cutoff", {"m": 1, "y": 5})) == [("x->y", 6, "")]  # m closed before its input came


def test_a_timeout_with_needs_not_met_starves():
    graph = graph_of({"a": None, "b": None, "y": add(0, 1, needs=2)}, "a>y", "b>y")
    topology = network("ABC", wire("A-C", 3), wire("B-C", 9))
    table = timetable(graph, topology, "ABC", [0, 0, 1], [0], wait=("timeout", {"y": 5}))
    assert table == [("-", 8, "")]


def test_joins_that_close_come_last_in_their_instant():
    #  0 (born 0, no m): skip at 4, closes at 16; 1 (born 1): m |3..13| at B 16, and goes first: y |16..17|
    table = skip([0, 1], wait=("timeout", {"m": 0, "y": 12}), downs=Downs(absent={0: "M"}))
    assert table == [("x->y", 18, ""), ("x->m m->y", 17, "")]


# --- closed forms ------------------------------------------------------------------------------------------------
def mean_interval(values, false_alarm):
    """Return Student's interval of the mean of independent values."""
    half = stats.t.ppf(1 - false_alarm / 2, len(values) - 1) * stats.sem(values)
    return np.mean(values) - half, np.mean(values) + half


def test_the_reference_workload_has_the_mean_of_jackson():
    # A run starts empty; its first 500 requests are left out (4 servers at load 0.5 relax within tens of services).
    means = []
    for seed in range(12):
        draws = reference_draws(3_000, seed)
        sojourn_ns = textbook_chain.run(draws, SECOND_NS // 2).end_ns - draws.arrivals_ns
        means.append(sojourn_ns[500:].mean() / SECOND_NS)
    low, high = mean_interval(means, 1e-5)
    assert low <= 10.0 <= high
    assert high - low < 2.0


def chain_plan(draws: ChainDraws, **more) -> TextbookPlan:
    """Return the reference workload as a part graph: a source, then a part on each server."""
    servers = len(draws.work_ns)
    names = ("source", *draws.timeline.components)
    edges = [f"{a}>{b}" for a, b in pairwise(names)]
    graph = graph_of({"source": None} | {name: add(place) for place, name in enumerate(names[1:])}, *edges)
    links = [wire(f"{a}-{b}", SECOND_NS // 2) for a, b in pairwise(names)]
    topology = replace(network("", *links), nodes=tuple(network(names).nodes))
    work = [0, *draws.work_ns]
    assert servers == len(edges)
    return plan(graph, topology, names, work, draws.arrivals_ns, **more)


def test_the_two_textbooks_agree_on_the_chain():
    draws = reference_draws(2_000, 7)
    general = run(chain_plan(draws))
    assert (general.end_ns == textbook_chain.run(draws, SECOND_NS // 2).end_ns).all()


def test_the_two_textbooks_agree_on_the_chain_with_failures_and_deadline():
    draws = reference_draws(3_000, 8)
    chain = run_with_failures(draws, SECOND_NS // 2, 30 * SECOND_NS)
    general = run(replace(chain_plan(draws, limit_ns=30 * SECOND_NS), timelines=draws.timeline))
    assert 0.6 < chain.ok.mean() < 0.95
    assert ((np.array(general.delivery, dtype=object) != 0) == chain.ok).all()
    assert (general.end_ns == chain.end_ns).all()


# --- zero delay: the delivery is the one that the pattern of absent components gives -------------------------------
def random_graph(dice):
    """Return a random part graph: two sources, four joins of random kind, the last part is the exit."""
    names, joins, edges = "abcdef", {"a": None, "b": None}, []
    for place in range(2, 6):
        feeders = dice.choice(place, size=dice.integers(1, place + 1), replace=False)
        inputs = tuple(range(len(edges), len(edges) + len(feeders)))
        edges += [f"{names[feeder]}>{names[place]}" for feeder in feeders]
        joins[names[place]] = [add(*inputs), add(*inputs, needs="all"), select(*inputs)][dice.integers(3)]
    return graph_of(joins, *edges)


def delivery_of(graph, absent):
    """Return the delivery when these nodes are absent, by recursion; part p stands on node P."""

    def behind(part):
        if part.upper() in absent:
            return None
        join = graph.part_by_name[part].join
        if join is None:
            return frozenset()
        inputs = {e: behind(graph.edges[e].source) for e in graph.inputs[part]}
        taken = join.take({e for e, fed in inputs.items() if fed is not None})
        return frozenset(taken).union(*(inputs[e] for e in taken)) if taken else None

    edges = behind("f")
    return 0 if edges is None else graph.delivery("f", edges)


@pytest.mark.parametrize("seed", range(20))
def test_at_zero_delay_the_delivery_is_that_of_the_pattern(seed):
    # A link per edge and hosts that do not forward: only nodes fail, as a cut link would leave detours over live nodes.
    dice = stream(seed, 0, "", "graphs")
    graph = random_graph(dice)
    links = [wire(edge.name.upper().replace("->", "-")) for edge in graph.edges]
    topology = network("ABCDEF", *links, stops="ABCDEF")
    requests = 40
    up = dice.random((requests, len(topology.components))) < 0.75
    up[:, 6:] = True
    timeline = Timeline(
        topology.components,
        (np.array([], dtype=np.int64),) * up.shape[1],
        (np.array([], dtype=np.int64),) * up.shape[1],
        up,
        10**9,
    )
    result = run(replace(plan(graph, topology, "ABCDEF", [0] * 6, np.arange(requests)), timelines=timeline))
    absent = [{n for n, is_up in zip(topology.components, row, strict=True) if not is_up} for row in up]
    assert result.delivery == [delivery_of(graph, gone) for gone in absent]
    assert (result.end_ns == np.arange(requests)).all()
    assert all((delivery == 0) == bool(cause) for delivery, cause in zip(result.delivery, result.cause, strict=True))
