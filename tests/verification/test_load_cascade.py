"""Failures by load against small Markov chains, solved here from their rates."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

import simulator
from simulator.study.run import run

CLAIMED, ASKED, HALF_WIDTH = 0.95, 0.999, 0.03


def stationary(states, moves):
    """Return the stationary law of a chain: ``moves(state)`` yields (next state, rate)."""
    place = {state: number for number, state in enumerate(states)}
    rates = lil_matrix((len(states), len(states)))
    for state, row in place.items():
        for after, rate in moves(state):
            rates[row, place[after]] += rate
            rates[row, row] -= rate
    balance = rates.T.tolil()
    balance[0, :] = 1.0
    right = np.zeros(len(states))
    right[0] = 1.0
    return dict(zip(states, spsolve(balance.tocsr(), right), strict=True))


def pair_chain(arrival=0.4, service=1.0, mtbf=20.0, repair=0.25, adds=0.8, places=5):
    """Return the law of (jobs, is up) of both servers, and the rates of losses at each."""
    most = places + 1
    states = [(a, u, b, v) for a in range(most + 1) for u in (0, 1) for b in range(most + 1) for v in (0, 1)]

    def moves(state):
        a, u, b, v = state
        if a < most:
            yield (a + 1, u, b, v), arrival
        if u and a:
            yield (a - 1, u, min(b + 1, most), v), service  # where the second is full, the job is lost
        if v and b:
            yield (a, u, b - 1, v), service
        yield ((a, 0, b, v), (1 + adds * a) / mtbf) if u else ((a, 1, b, v), repair)
        yield ((a, u, b, 0), (1 + adds * b) / mtbf) if v else ((a, u, b, 1), repair)

    return stationary(states, moves), most


LAW, MOST = pair_chain()
LOST = (sum(p for (a, _, _, _), p in LAW.items() if a == MOST)
        + sum(p for (a, u, b, _), p in LAW.items() if u and a and b == MOST) / 0.4)
NUMBERS = {"first": sum(a * p for (a, _, _, _), p in LAW.items()),
           "second": sum(b * p for (_, _, b, _), p in LAW.items())}
WORKS = {"first": sum(p for (a, u, _, _), p in LAW.items() if u and a),
         "second": sum(p for (_, _, b, v), p in LAW.items() if v and b)}
DOWN = {"first": sum(p for (_, u, _, _), p in LAW.items() if not u),
        "second": sum(p for (_, _, _, v), p in LAW.items() if not v)}


def test_the_chain_balances():
    assert sum(LAW.values()) == pytest.approx(1)
    assert WORKS["first"] == pytest.approx(0.4 * (1 - sum(p for (a, *_), p in LAW.items() if a == MOST)))
    assert WORKS["second"] == pytest.approx(0.4 * (1 - LOST))
    assert (1 - 1 / 1.2) < DOWN["second"] < DOWN["first"]  # an idle server would be down for 4 s in 24 s


def test_the_chain_of_breakdowns_while_at_work_is_the_closed_form():
    """States (jobs, is up), cut off where nothing is left of the law."""
    def moves(state):
        jobs, up = state
        if jobs < 150:
            yield (jobs + 1, up), 0.4
        if up and jobs:
            yield (jobs - 1, 1), 1.0
            yield (jobs, 0), 0.2
        if not up:
            yield (jobs, 1), 0.5

    law = stationary([(0, 1)] + [(jobs, up) for jobs in range(1, 151) for up in (0, 1)], moves)
    assert sum(jobs * p for (jobs, _), p in law.items()) / 0.4 == pytest.approx(1.4 + 0.4 * 5.52 / (2 * (1 - 0.56)))


def assert_holds(name, truth, value, high, replications):
    """Assert that the truth is in the wider interval, and that this one is narrow."""
    half = (high - value) * stats.t.ppf((1 + ASKED) / 2, replications - 1) / stats.t.ppf((1 + CLAIMED) / 2,
                                                                                         replications - 1)
    assert half <= HALF_WIDTH * truth, f"{name}: the interval is too wide to say anything"
    assert abs(value - truth) <= half, f"{name}: {value} ± {half} does not hold {truth}"


def shares_down(done, replications):
    """Return the share of time that each component was down up to the last crash or repair seen, by replication."""
    found = {}
    for (name, _), rows in done.events.groupby(["component", "replication"], observed=True):
        times, up = rows["time_ns"].to_numpy(), rows["is_up"].to_numpy()
        found.setdefault(name, []).append(float((np.diff(times) * ~up[:-1]).sum() / times[-1]))
    assert all(len(shares) == replications for shares in found.values())
    return {name: np.array(shares) for name, shares in found.items()}


@pytest.mark.slow
def test_two_servers_that_fail_by_their_load_are_the_chain(tmp_path):
    loaded = simulator.load("theory-load-cascade")
    count = loaded.scenario.replications
    done = run(loaded, tmp_path / "run")
    (cell,) = done.record.cells
    lost = cell.estimates["share_lost"]
    assert_holds("lost", LOST, lost.value, lost.high, count)
    for row in cell.tables["machines"]:
        for column, truth in (("number_present", NUMBERS), ("utilisation", WORKS)):
            assert_holds(column, truth[row["machine"]], row[column], row[f"{column}_high"], count)
    for name, shares in shares_down(done, count).items():
        half = stats.t.ppf((1 + CLAIMED) / 2, count - 1) * shares.std(ddof=1) / math.sqrt(count)
        assert_holds(f"{name} down", DOWN[name], shares.mean(), shares.mean() + half, count)


@pytest.mark.slow
def test_breakdowns_while_at_work_are_the_closed_form(tmp_path):
    loaded = simulator.load("theory-active-breakdowns")
    (cell,) = run(loaded, tmp_path / "run").record.cells
    found = cell.estimates["latency_mean_ms"]
    assert_holds("sojourn", 1000 * (1.4 + 0.4 * 5.52 / (2 * 0.44)), found.value, found.high, 20)
    (row,) = cell.tables["machines"]
    assert_holds("works", 0.4, row["utilisation"], row["utilisation_high"], 20)


def test_a_crash_that_loses_all_jobs_loses_the_share_of_the_chain(tmp_path):
    """One server that loses its jobs at a crash and takes none while it is down: states 0, 1, ... up, and down."""
    def moves(state):
        if state == "down":
            yield 0, 0.25
            return
        if state < 60:
            yield state + 1, 0.4
        if state:
            yield state - 1, 1.0
        yield "down", (1 + 0.8 * state) / 20

    law = stationary([*range(61), "down"], moves)
    answered = sum(p for state, p in law.items() if state not in (0, "down")) / 0.4
    changes = {"policy": {"crash": {"queue": "lose", "in_service": "lose"}}, "model": "queue-exponential",
               "topology": "queue-single", "failures.0.components": ["server"], "workload.requests": 2500}
    (cell,) = run(simulator.load("theory-load-cascade", set=changes), tmp_path / "run").record.cells
    found = cell.estimates["share_lost"]
    half = (found.high - found.value) * stats.t.ppf(1 - 5e-6, 19) / stats.t.ppf(0.975, 19)  # false alarm 1e-5
    assert abs(found.value - (1 - answered)) <= half
