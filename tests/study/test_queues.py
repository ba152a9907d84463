"""Queues for which theory knows the answer, through the whole path of a scenario (specs: closed forms, F.4)."""

import math

import numpy as np
import pytest
from scipy import stats
from small import assembly, queues, simulated

import simulator
from simulator.errors import ScenarioError
from simulator.scenario.variants import variants
from simulator.seeds import Streams
from simulator.study import timed
from simulator.study.fingerprint import fingerprint
from simulator.study.run import run
from tests.support.statistics import assert_mean

FALSE_ALARM = 1e-4
HALF_WIDTH = 0.03
EXPONENTIAL = {"mean": "1 s", "law": "exponential"}


def poisson(rate, requests):
    return {"arrivals": {"kind": "poisson", "rate": f"{rate} /s"}, "requests": requests}


def by_replication(runs, values):
    """Return the mean of each replication."""
    return np.array([values[runs.replication == number].mean() for number in np.unique(runs.replication)])


def assert_theory(values, expected):
    """Assert that a 99.99 % t-interval over >= 20 replications holds the theory, and is within 3 % of it."""
    assert len(values) >= 20
    limit = stats.t.ppf(1 - FALSE_ALARM / 2, len(values) - 1)
    assert limit * values.std(ddof=1) / math.sqrt(len(values)) <= HALF_WIDTH * expected
    assert_mean(values, expected, FALSE_ALARM)


def sojourns(of):
    """Return the runs and each request's sojourn in seconds; nothing is lost."""
    runs = simulated(of)
    assert all(delivery > 0 for delivery in runs.deliveries)
    return runs, (runs.end_ns - runs.arrival_ns) / 1e9


def only(loaded):
    from small import assemblies

    (one,) = assemblies(loaded)
    return one


def test_m_m_1_mean_sojourn_and_deadline_misses(tmp_path):
    loaded = queues(tmp_path, [EXPONENTIAL], workload=poisson(0.5, 20000), replications=20)
    runs, sojourn_s = sojourns(only(loaded))
    assert_theory(by_replication(runs, sojourn_s), 1 / (1 - 0.5))
    for deadline_s in (1, 2, 4):  # the sojourn is exponential: P(W > t) = exp(-(mu - lambda) t)
        assert_mean(by_replication(runs, sojourn_s > deadline_s), math.exp(-0.5 * deadline_s), FALSE_ALARM)


def test_m_d_1_waits_half_as_long(tmp_path):
    loaded = queues(tmp_path, [{"mean": "1 s"}], workload=poisson(0.5, 8000), replications=20)
    runs, sojourn_s = sojourns(only(loaded))
    assert_theory(by_replication(runs, sojourn_s), 1 + 0.5 / (2 * (1 - 0.5)))


@pytest.mark.slow
def test_m_d_1_under_more_load(tmp_path):
    loaded = queues(tmp_path, [{"mean": "1 s"}], workload=poisson(0.7, 60000), replications=20)
    runs, sojourn_s = sojourns(only(loaded))
    assert_theory(by_replication(runs, sojourn_s - 1), 1.1666667)


def test_a_tandem_of_constant_stages_waits_as_its_slowest_alone(tmp_path):
    """H. D. Friedman, Operations Research 13 (1965): the order of the stages does not matter, to the nanosecond."""
    ends = []
    for order in ((0.4, 0.8, 0.6), (0.8, 0.6, 0.4)):
        folder = tmp_path / str(order)
        folder.mkdir()
        services = [{"mean": f"{mean} s"} for mean in order]
        runs, sojourn_s = sojourns(only(queues(folder, services, workload=poisson(0.6, 6000), replications=20)))
        ends.append(runs.end_ns)
    np.testing.assert_array_equal(*ends)
    busy = 0.6 * 0.8
    assert_theory(by_replication(runs, sojourn_s), 1.8 + 0.6 * 0.8**2 / (2 * (1 - busy)))


@pytest.mark.slow
def test_a_jackson_tandem_has_a_hypoexponential_sojourn(tmp_path):
    services = [{"mean": f"{1 / rate:.9f} s", "law": "exponential"} for rate in (1, 1.2, 0.9)]
    runs, sojourn_s = sojourns(only(queues(tmp_path, services, workload=poisson(0.6, 25000), replications=20)))
    assert_theory(by_replication(runs, sojourn_s), 7.5)
    assert_mean(by_replication(runs, sojourn_s > 8), 0.3753, FALSE_ALARM, precision=0.02)


@pytest.mark.slow
def test_the_shipped_queue_scenario_agrees_with_jackson():
    runs, sojourn_s = sojourns(assembly("queue", replications=20))
    assert_theory(by_replication(runs, sojourn_s), 10.0)


def test_an_idle_chain_takes_its_links_and_its_services_to_the_nanosecond(tmp_path):
    workload = {"arrivals": {"kind": "periodic", "every": "1 min"}, "requests": 5}
    services = [{"mean": "3 ms"}, {"mean": "1700 ns"}]
    loaded = queues(tmp_path, services, link={"latency": "20 us"}, workload=workload, replications=1)
    runs, _ = sojourns(only(loaded))
    assert set(runs.end_ns - runs.arrival_ns) == {2 * 20_000 + 3_000_000 + 1_700}


def failing(folder, **more):
    scenario = {
        "failures": [{"kind": "renewal", "availability": {"server1": 0.8}, "mttr": "1 s"}],
        "workload": poisson(5, 4000),
        "replications": 20,
    }
    return queues(folder, [{"mean": "0 s"}], **(scenario | more))


def test_requests_that_take_no_time_are_answered_as_often_as_the_machine_is_up(tmp_path):
    runs = simulated(only(failing(tmp_path)))
    answered = np.array([delivery > 0 for delivery in runs.deliveries])[runs.delivery]
    assert_theory(by_replication(runs, answered), 0.8)


@pytest.mark.parametrize("queue", ["lose", "keep"])
@pytest.mark.parametrize("in_service", ["lose", "restart"])
@pytest.mark.parametrize("at_deadline", ["answer_late", "withdraw"])
def test_every_request_has_exactly_one_ending(tmp_path, queue, in_service, at_deadline):
    policy = {"deadline": "4 s", "at_deadline": at_deadline, "crash": {"queue": queue, "in_service": in_service}}
    up = {"server1": 0.8, "server2": 0.9, "origin-server1": 0.9}
    loaded = queues(
        tmp_path,
        [EXPONENTIAL, {"mean": "500 ms"}],
        link={"latency": "100 ms", "loss": 0.05},
        policy=policy,
        failures=[{"kind": "renewal", "availability": up, "mttr": "2 s"}],
        workload=poisson(0.6, 400),
        replications=3,
    )
    done = run(loaded, tmp_path / "run")
    (cell,) = done.record.cells
    assert sum(cell.counts[ending] for ending in ("on_time", "late", "lost")) == 1200 == len(done.requests)
    assert min(cell.counts[ending] for ending in ("on_time", "late", "lost")) > 0
    seen = done.requests["ending"].value_counts()
    assert all(seen[ending] == cell.counts[ending] for ending in ("on_time", "late", "lost"))
    assert ((done.requests["reason"] == "") == (done.requests["ending"] == "on_time")).all()
    assert (done.requests["end_ns"] >= done.requests["arrival_ns"]).all()


@pytest.mark.parametrize("crash", [{}, {"queue": "keep"}, {"queue": "keep", "in_service": "restart"}])
def test_a_horizon_that_grows_gives_what_a_huge_one_gives(tmp_path, monkeypatch, crash):
    loaded = queues(
        tmp_path,
        [EXPONENTIAL],
        policy={"crash": crash},
        workload=poisson(20, 200),
        replications=1,
        failures=[
            {"kind": "renewal", "availability": {"server1": 0.6}, "mttr": "20 s"},
            {"kind": "renewal", "availability": {"server1": 0.9}, "mttr": "3 s"},
        ],
    )
    of, streams, calls = only(loaded), Streams(7), []
    arrivals, plan = of.arrivals_ns(loaded.scenario.workload, streams), of.plan(timed_costs(of))
    real = timed.simulated
    monkeypatch.setattr(timed, "simulated", lambda *args, **more: calls.append(1) or real(*args, **more))
    logs = []
    for slack_ns in (1, 10**13):
        monkeypatch.setattr(timed, "FIRST_SLACK_NS", slack_ns)
        calls.clear()
        logs.append((timed.run_once(of, plan, arrivals, streams)[0], len(calls)))
    (grown, tries), (at_once, tries_of_huge) = logs
    if crash:
        assert tries > 1
    assert tries_of_huge == 1
    assert grown.delivery == at_once.delivery
    np.testing.assert_array_equal(grown.end_ns, at_once.end_ns)
    np.testing.assert_array_equal(grown.blame, at_once.blame)


def timed_costs(of):
    from simulator.study.assemble import given_costs

    return given_costs(of.model, of.graph)


def test_the_record_of_the_queue_says_what_its_requests_say(tmp_path):
    done = run(simulator.load("queue", set={"workload.requests": 2000}), tmp_path / "run")
    frame = done.requests.assign(ms=(done.requests["end_ns"] - done.requests["arrival_ns"]) / 1e6)
    (cell,) = done.record.cells
    means = frame.groupby("replication")["ms"].mean()
    assert cell.estimates["latency_mean_ms"].value == pytest.approx(means.mean(), rel=1e-12)
    half = stats.t.ppf(0.975, 9) * means.std(ddof=1) / math.sqrt(10)
    assert cell.estimates["latency_mean_ms"].high == pytest.approx(means.mean() + half, rel=1e-9)
    assert cell.estimates["latency_mean_ms"].samples == 10


def test_measured_service_times_are_read_beside_the_scenario_and_name_the_cell(tmp_path):
    (tmp_path / "times.csv").write_text("ms\n2\n4\n")
    loaded = queues(tmp_path, [{"law": "empirical", "path": "times.csv"}], workload=every_second(), replications=1)
    _, sojourn_s = sojourns(only(loaded))
    assert set(np.round(sojourn_s * 1e3)) == {2, 4}
    (cell,) = variants(loaded)
    before = fingerprint(cell)
    (tmp_path / "times.csv").write_text("ms\n2\n4\n5\n")
    assert fingerprint(cell) != before
    (tmp_path / "times.csv").unlink()
    with pytest.raises(ScenarioError, match=r"no file 'times\.csv'"):
        simulator.load(tmp_path / "scenario.yaml")


def every_second():
    return {"arrivals": {"kind": "periodic", "every": "1 s"}, "requests": 40}


def test_an_overload_is_noted_in_the_run_and_its_machine_is_busy_all_the_time(tmp_path):
    loaded = queues(tmp_path, [{"mean": "1100 ms"}], workload=every_second(), replications=2)
    (cell,) = run(loaded, tmp_path / "run").record.cells
    assert [note for note in cell.notes if "node 'server1' is asked for 1.13 s of work a second" in note]
    (row,) = cell.tables["machines"]
    assert row["utilisation"] == 1.0
    assert row["offered_load"] == pytest.approx(1.1 * 40 / 39)


def test_machines_are_not_measured_where_that_is_not_wanted(tmp_path):
    measure = [{"timed": {"machines": False}}]
    loaded = queues(tmp_path, [{"mean": "100 ms"}], workload=every_second(), replications=2, measure=measure)
    (cell,) = run(loaded, tmp_path / "run").record.cells
    assert "machines" not in cell.tables
    assert cell.estimates["latency_mean_ms"].value == 100
