"""Sources and exits stand on machines that fail like all others: in a snapshot, in time, and with their names."""

import numpy as np
import pytest
from small import assemblies, queues, simulated

from simulator.expect.exact import enumerate_patterns
from simulator.network.blame import BY_CRASH, blame_code
from simulator.study.run import run
from tests.support import small_plans
from tests.support.statistics import assert_frequency

CHAIN = small_plans.graph([("s", "m"), ("m", "c")])
ENDS = {"origin": 0.9, "server2": 0.8}


def test_a_source_that_is_down_at_birth_and_an_exit_that_crashes_lose_the_request_then():
    down = {"s": [(10, 20)], "c": [(45, 60)]}
    log = small_plans.run(CHAIN, [0, 10, 19, 20, 40], work={"m": 2, "c": 5}, down=down)
    assert small_plans.taken(CHAIN, log) == ["c <- s->m m->c", "-", "-", "c <- s->m m->c", "-"]
    assert log.end_ns.tolist() == [7, 10, 19, 27, 45]  # the last was in service at the exit when that crashed
    names = ("s", "m", "c")
    assert log.blame.tolist() == [0, blame_code(names.index("s"), BY_CRASH), blame_code(names.index("s"), BY_CRASH), 0,
                                  blame_code(names.index("c"), BY_CRASH)]


@pytest.mark.parametrize("kind", ["bernoulli", "renewal"])
def test_the_ends_of_a_chain_that_fail_cost_what_the_pattern_says(kind, tmp_path):
    block = {"survival": ENDS} if kind == "bernoulli" else {"availability": ENDS, "mttr": "50 ms"}
    workload = {"arrivals": {"kind": "poisson", "rate": "2 /s"}, "requests": 5000}
    service = {"mean": "0 s"}
    loaded = queues(tmp_path, [service, service], failures=[{"kind": kind, **block}], workload=workload, replications=4)
    (of,) = assemblies(loaded)
    patterns = enumerate_patterns(of.process, 20, "expected_accuracy")
    answers = sum(p for p, down in zip(patterns.probability, patterns.down(), strict=True) if of.reach.delivery(down))
    assert answers == pytest.approx(0.72)
    runs = simulated(of)
    answered = np.array([delivery > 0 for delivery in runs.deliveries])[runs.delivery]
    if kind == "bernoulli":  # independent requests
        assert_frequency(int(answered.sum()), len(answered), expected=0.72)
    assert abs(answered.mean() - 0.72) < 0.03
    np.testing.assert_array_equal(runs.delivery, runs.snapshot)


def test_the_ends_are_named_as_reasons(tmp_path):
    failures = [{"kind": "renewal", "availability": ENDS, "mttr": "5 s"}]
    workload = {"arrivals": {"kind": "poisson", "rate": "1 /s"}, "requests": 400}
    done = run(queues(tmp_path, [{"mean": "10 ms"}] * 2, failures=failures, workload=workload, replications=2),
               tmp_path / "run")
    (cell,) = done.record.cells
    assert {row["reason"] for row in cell.tables["reasons"]} == {"origin was down", "server2 was down"}
