"""The same scenario gives the same bytes; another seed does not; a change of policy moves no draw."""

import numpy as np
import pytest
from small import Told, assembly, simulated, three_cells, tree_bytes

import simulator
from simulator.study.run import run


def test_the_same_scenario_gives_the_same_bytes_in_two_folders(tmp_path):
    first, second = (run(three_cells(), tmp_path / name).folder for name in ("a", "b"))
    assert tree_bytes(first) == tree_bytes(second)


def test_another_seed_changes_requests_events_and_record(tmp_path):
    first, second = (run(three_cells(seed=seed), tmp_path / str(seed)).folder for seed in (1, 2))
    one, other = tree_bytes(first), tree_bytes(second)
    assert all(one[name] != other[name] for name in one)


def watch_run(folder, told, *, quick=False):
    few = {"sweep": {}, "strategy": "resilinet", "workload.requests": 200, "replications": 3}
    return run(simulator.load("first", set=few), folder, quick=quick, progress=told)


def test_a_model_s_run_is_the_same_to_the_byte_with_weights_from_the_cache(tmp_path, watch):
    told, weights = Told(), watch("resilinet").weights
    first, second = (watch_run(tmp_path / name, told).folder for name in ("a", "b"))
    assert told.weights == [("A wearable's activity model, split over four machines", True, weights)] * 2
    assert tree_bytes(first) == tree_bytes(second)
    assert watch_run(first, told).was_found
    assert len(told.weights) == 2
    assert tree_bytes(first) == tree_bytes(second)


@pytest.mark.slow
def test_training_again_gives_the_same_weights_and_the_same_bytes(tmp_path, monkeypatch):
    told, folders = Told(), []
    for name in ("a", "b"):
        monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / f"cache {name}"))
        folders.append(watch_run(tmp_path / name, told, quick=True).folder)
    (_, *first), (_, *second) = told.weights
    assert first == second
    assert first[0] is False
    assert tree_bytes(folders[0]) == tree_bytes(folders[1])


SAME_DRAWS = {
    "another strategy": {"strategy": "vanilla"},
    "another deadline": {"policy.deadline": "60 ms"},
    "withdrawal at the deadline": {"policy.at_deadline": "withdraw"},
    "perfect detection": {"policy.wait": {"kind": "perfect"}},
    "queues that are kept": {"policy.crash": {"queue": "keep", "in_service": "restart"}},
    "more requests": {"workload.requests": 900},
}


@pytest.mark.parametrize("change", SAME_DRAWS.values(), ids=SAME_DRAWS)
def test_a_change_moves_no_arrival_no_sample_and_no_crash(change):
    few = {"strategy": "resilinet", "workload.requests": 600, "replications": 3, "failures.0.mttr": "1 s"}
    base = simulated(assembly("first", **few), samples=100)
    other = simulated(assembly("first", **(few | change)), samples=100)
    kept = other.request < 600
    for column in ("replication", "request", "arrival_ns", "sample"):
        np.testing.assert_array_equal(getattr(base, column), getattr(other, column)[kept])
    for one, line in zip(base.timelines, other.timelines, strict=True):
        for pair in zip((*one.crash_ns, *one.repair_ns), (*line.crash_ns, *line.repair_ns), strict=True):
            shared = min(map(len, pair))
            assert shared > 10
            np.testing.assert_array_equal(pair[0][:shared], pair[1][:shared])


def test_the_change_of_strategy_is_felt_on_the_same_draws():
    vanilla, resilinet = (
        simulated(assembly("first", strategy, **{"workload.requests": 600}), samples=100)
        for strategy in ("vanilla", "resilinet")
    )
    answered = [np.array(runs.deliveries)[runs.delivery] > 0 for runs in (vanilla, resilinet)]
    assert answered[0].mean() < answered[1].mean() - 0.1
