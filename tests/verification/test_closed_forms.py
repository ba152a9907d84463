"""Queues for which theory knows the answer, each a scenario on the shelf, through the path that a user takes.

The truth lies in the 99.9 % interval over 20 replications (Student t), and that interval's half-width is at most 3 % of
it, so that a pass says something. Deterministic cases are exact.
"""

import math

import numpy as np
import pytest
from scipy import stats

import simulator
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly, given_costs
from simulator.study.timed import simulate

CLAIMED, ASKED, HALF_WIDTH = 0.95, 0.999, 0.03


def erlang_b(servers, offered):
    """Return the share that is refused: B(k) = a B(k-1) / (k + a B(k-1)), B(0) = 1."""
    lost = 1.0
    for k in range(1, servers + 1):
        lost = offered * lost / (k + offered * lost)
    return lost


def erlang_c(servers, offered):
    """Return the probability to wait."""
    lost = erlang_b(servers, offered)
    return lost / (1 - offered / servers * (1 - lost))


def hypoexponential_tail(t, rates):
    """Return P(sum of independent exponentials > t)."""
    return sum(math.exp(-a * t) * math.prod(b / (b - a) for b in rates if b != a) for a in rates)


def breakdowns_number(arrival, service, fails, repairs):
    """Return L of M/M/1 whose server fails up or idle, and resumes."""
    up = repairs / (fails + repairs)
    busy = arrival * (1 + fails * (repairs + arrival) / repairs**2) / (service - arrival / up)
    return busy + (1 - up) * arrival / repairs


def first_of_legs(k, legs):
    """Return the mean of the k-th of so many exponential legs of rate 1, and P(it is later than 1)."""
    done = 1 - math.exp(-1)
    return sum(1 / i for i in range(legs - k + 1, legs + 1)), float(stats.binom.cdf(k - 1, legs, done))


def mean_value_analysis(demands, window):
    """Return the throughput of a closed network with so many jobs."""
    queues = [0.0] * len(demands)
    for jobs in range(1, window + 1):
        times = [demand * (1 + queue) for demand, queue in zip(demands, queues, strict=True)]
        throughput = jobs / sum(times)
        queues = [throughput * time for time in times]
    return throughput


LOST_OF_FIVE = (1 - 0.8) * 0.8**5 / (1 - 0.8**6)
B, C = erlang_b(3, 2), erlang_c(3, 2)
X = mean_value_analysis((0.5, 1.0, 0.8), 4)
FIRST_MEAN, FIRST_LATE = first_of_legs(3, 5)
L_BREAKDOWNS = breakdowns_number(0.5, 1, 0.1, 0.5)
TRUTHS = {  # by scenario: estimates (ms and shares), and by machine its utilisation and number present
    "mm1": ({"latency_mean_ms": 2000, "share_late": math.exp(-2)}, {"server": (0.5, 1.0)}),
    "md1": ({"latency_mean_ms": 1500}, {"server": (0.5, 0.75)}),
    "mg1": ({"latency_mean_ms": 1000 + 1000 * 0.5 * 1.25 / (2 * 0.5)}, {"server": (0.5, 0.8125)}),
    "mg1-ps": ({"latency_mean_ms": 1000 / (1 - 0.5)}, {"server": (0.5, 1.0)}),
    "mmc": ({"latency_mean_ms": 1000 * (1 + C / (3 - 2))}, {"server": (2 / 3, 2 + 2 * C)}),
    "mgcc": ({"share_lost": B, "latency_mean_ms": 1000}, {"server": (2 * (1 - B) / 3, 2 * (1 - B))}),
    "mm1k": ({"share_lost": LOST_OF_FIVE}, {"server": (0.8 * (1 - LOST_OF_FIVE), None)}),
    "tandem": ({"latency_mean_ms": 7500, "share_late": hypoexponential_tail(8, (0.4, 0.6, 0.3))},
               {"first": (0.6, 1.5), "second": (0.5, 1.0), "third": (2 / 3, 2.0)}),
    "stages": ({"latency_mean_ms": 1800 + 1000 * 0.6 * 0.8**2 / (2 * (1 - 0.48))}, {"second": (0.48, None)}),
    "breakdowns": ({"latency_mean_ms": 1000 * L_BREAKDOWNS / 0.5}, {"server": (0.5, L_BREAKDOWNS)}),
    "window": ({"latency_mean_ms": 4000 / X},
               {"first": (0.5 * X, None), "second": (X, None), "third": (0.8 * X, None)}),
    "first-k": ({"latency_mean_ms": 1000 * FIRST_MEAN, "share_late": FIRST_LATE}, {"one": (None, 2.0)}),
    "kept": ({"latency_mean_ms": 0.2 * 2000, "share_late": 0.2 / math.e}, {}),
    "retry": ({"latency_mean_ms": 10 + 50 * 0.3 / 0.7, "share_late": 0.3, "sendings_per_message": 1 / 0.7}, {}),
    "retry-few": ({"latency_mean_ms": (10 + 0.3 * 80) / 1.3, "share_lost": 0.09, "sendings_per_message": 1.3}, {}),
    "hedge": ({"latency_mean_ms": 1000 * (1 - math.exp(-0.5) / 2), "share_late": math.exp(-2.5),
               "sendings_per_message": 1 + math.exp(-0.5)}, {"second": (None, 2 * math.exp(-0.5))}),
    "mginf": ({"latency_mean_ms": 1000}, {"server": (None, 2.0)}),
    "two-streams": ({"latency_mean_ms": 2000}, {"server": (0.5, 1.0)}),
    "priority": ({"latency_mean_ms": 1000 * (1 + 0.6 / 0.7)}, {"server": (0.6, 1.5)}),
    "preemptive": ({"latency_mean_ms": 1000 / 0.7}, {"server": (0.6, 1.5)}),
}
OTHERS = {  # mean sojourn in ms of the other model on the machine
    "two-streams": ("second", 2000),
    "priority": ("routine", 1000 * (1 + 0.6 / (0.7 * 0.4))),
    "preemptive": ("routine", 1000 * (1 / 0.7 + 0.6 / (0.7 * 0.4))),
}


def test_the_formulas_give_the_numbers_of_the_literature():
    assert (B, C) == (pytest.approx(4 / 19), pytest.approx(4 / 9))
    assert pytest.approx(1.91667, abs=1e-5) == L_BREAKDOWNS
    assert pytest.approx(0.82771, abs=5e-6) == X
    assert hypoexponential_tail(8, (0.4, 0.6, 0.3)) == pytest.approx(0.3753, abs=5e-5)
    assert pytest.approx(0.08882, abs=5e-6) == LOST_OF_FIVE
    assert first_of_legs(3, 5) == (pytest.approx(0.78333, abs=5e-6), pytest.approx(0.26356, abs=5e-6))
    assert first_of_legs(5, 5)[0] == pytest.approx(137 / 60)


def assert_holds(name, truth, value, high, replications):
    """Assert that the truth is in the wider interval, and that this one is narrow."""
    half = high - value
    degrees = replications - 1
    half *= stats.t.ppf((1 + ASKED) / 2, degrees) / stats.t.ppf((1 + CLAIMED) / 2, degrees)
    assert half <= HALF_WIDTH * truth, f"{name}: the interval is too wide to say anything"
    assert abs(value - truth) <= half, f"{name}: {value} ± {half} does not hold {truth}"


@pytest.mark.slow
@pytest.mark.parametrize("name", TRUTHS)
def test_a_queue_on_the_shelf_agrees_with_theory(name, tmp_path):
    loaded = simulator.load(f"theory-{name}")
    replications = loaded.scenario.replications
    assert replications >= 20
    (cell,) = simulator.run(loaded, tmp_path / "run").record.cells
    estimates, machines = TRUTHS[name]
    for estimate, truth in estimates.items():
        found = cell.estimates[estimate]
        assert_holds(estimate, truth, found.value, found.high, replications)
    rows = {row["machine"]: row for row in cell.tables.get("machines", [])}
    for machine, truths in machines.items():
        for column, truth in zip(("utilisation", "number_present"), truths, strict=True):
            if truth is not None:
                row = rows[machine]
                assert_holds(f"{machine} {column}", truth, row[column], row[f"{column}_high"], replications)
    if name in OTHERS:
        other, truth = OTHERS[name]
        (row,) = (row for row in cell.tables["models"] if row["model"] == other)
        assert_holds(other, truth, row["latency_mean_ms"], row["latency_mean_ms_high"], replications)
    assert sum(cell.counts[ending] for ending in ("on_time", "late", "lost")) == (
        replications * loaded.scenario.workload.requests)


def sojourns_ms(name, **changes):
    """Return the sojourn of each request of the only cell of a scenario without a network."""
    (cell,) = variants(simulator.load(f"theory-{name}", set=changes))
    assembly = Assembly(cell.scenario, cell.topology, cell.model, cell.base)
    plan = assembly.plan(given_costs(assembly.model, assembly.graph))
    runs = simulate(assembly, plan, cell.scenario.workload, np.zeros(0, dtype=np.int64), lambda done: None)
    return (runs.end_ns - runs.arrival_ns) / 1e6


def test_requests_that_come_together_leave_a_pipeline_of_constant_stages_at_the_pace_of_the_slowest():
    found = sojourns_ms("batch").reshape(-1, 8)
    np.testing.assert_array_equal(found, np.broadcast_to(1800 + 800 * np.arange(8), found.shape))
    assert found[:, -1].tolist() == [1800 + 7 * 800] * 10


def test_a_lone_request_takes_the_sum_of_its_stages_to_the_nanosecond():
    alone = {"workload.arrivals": {"kind": "periodic", "every": "1 min"}, "workload.requests": 5, "replications": 1}
    assert sojourns_ms("stages", **alone).tolist() == [1800.0] * 5


def test_the_number_of_sendings_is_geometric():
    late = sojourns_ms("retry", replications=1)
    again = (late - 10) / 50
    assert np.array_equal(again, np.round(again))
    counts = np.bincount(again.astype(int), minlength=6)
    chances = np.array([*(0.7 * 0.3**n for n in range(5)), 0.3**5])
    assert stats.chisquare([*counts[:5], counts[5:].sum()], len(late) * chances).pvalue > 1e-5


def test_two_copies_at_once_take_the_smaller_of_two_exponential_times():
    late = sojourns_ms("hedge", **{"policy.hedge.after": "0 s", "replications": 1})
    assert stats.kstest(late, stats.expon(scale=500).cdf).pvalue > 1e-5


@pytest.mark.parametrize("scenario", ["mm1k", "mgcc"])
def test_a_short_run_is_near_the_loss_of_theory(scenario, tmp_path):
    short = {"workload.requests": 1000, "replications": 20}
    (cell,) = simulator.run(simulator.load(f"theory-{scenario}", set=short), tmp_path / "run").record.cells
    found, truth = cell.estimates["share_lost"], TRUTHS[scenario][0]["share_lost"]
    half = (found.high - found.value) * stats.t.ppf(1 - 5e-6, 19) / stats.t.ppf(0.975, 19)  # false alarm 1e-5
    assert abs(found.value - truth) <= half
    reasons = {row["reason"] for row in cell.tables["reasons"]}
    assert reasons == {"the buffer of server was full"}
