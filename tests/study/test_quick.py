"""The quick version keeps the question and makes it small."""

from itertools import product
from math import prod

import pytest
from small import Told

import simulator
from simulator.scenario.designs import axis_points
from simulator.scenario.labels import label_text
from simulator.scenario.variants import variants
from simulator.study.quick import CELLS, quickened
from simulator.study.run import run
from tests.support.shelf import readable_params

SIZES = {"workload", "replications", "training", "sweep", "repeats", "others", "search", "precision", "claims", "plots"}


@pytest.mark.parametrize("name", readable_params())
def test_what_is_asked_stays_the_same(name):
    loaded = simulator.load(name)
    quick = quickened(loaded)
    for field in set(type(loaded.scenario).model_fields) - SIZES:
        assert getattr(quick.scenario, field) == getattr(loaded.scenario, field), field
    if loaded.scenario.workload:
        assert quick.scenario.workload.arrivals == loaded.scenario.workload.arrivals
        assert quick.scenario.workload.requests <= 200
    for other, whole in zip(quick.scenario.others.values(), loaded.scenario.others.values(), strict=True):
        assert other.model_copy(update={"workload": whole.workload}) == whole
        assert (other.workload.requests or 0) <= 200
    if loaded.scenario.search:
        few = {"trials": quick.scenario.search.trials, "fresh_seeds": quick.scenario.search.fresh_seeds}
        assert quick.scenario.search == loaded.scenario.search.model_copy(update=few)
        assert few["trials"] <= 3
    assert quick.scenario.replications <= 3
    assert {cell.model.training.epochs for cell in variants(quick)} <= {0, 1}
    assert len(variants(quick)) <= max(CELLS, 2 ** len(loaded.scenario.sweep))


@pytest.mark.parametrize("name", readable_params())
def test_a_large_grid_keeps_its_corners_and_a_small_one_all_of_its_points(name):
    loaded = simulator.load(name)
    whole = [[label_text(min(point.values[name], 1), name) if name == "training.epochs" else
              ", ".join(point.label.values()) for point in axis_points(loaded.scenario, loaded.model, name)]
             for name in loaded.scenario.sweep]
    if prod(map(len, whole)) > CELLS:
        whole = [list(dict.fromkeys((texts[0], texts[-1]))) for texts in whole]
    found = [", ".join(cell.label.values()) for cell in variants(quickened(loaded))]
    assert found == [", ".join(texts) for texts in product(*whole)]


def test_a_grid_with_repeats_runs_each_point_once():
    loaded = simulator.load("queue", set={"sweep": {"seed": [1, 2]}, "repeats": 5})
    assert [cell.label for cell in variants(quickened(loaded))] == [{"seed": "1"}, {"seed": "2"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"epochs": 30}},
        {"training": {"epochs": 30, "batch_size": 8}},
        {"sweep": {"model": ["watch-mlp"]}},
        {"sweep": {"training.batch_size": [8, 16]}},
    ],
)
def test_one_epoch_is_trained_whatever_the_scenario_or_its_sweep_says_of_training(changes):
    loaded = simulator.load("first", set={"sweep": {}} | changes)
    for quick, whole in zip(variants(quickened(loaded)), variants(loaded), strict=True):
        assert quick.model.training.epochs == 1
        one, other = (cell.model.training.model_copy(update={"epochs": 0}) for cell in (quick, whole))
        assert one == other


def test_a_training_of_no_epochs_stays_one_of_none():
    (quick,) = variants(quickened(simulator.load("first", set={"sweep": {}, "training": {"epochs": 0}})))
    assert quick.model.training.epochs == 0


def test_the_whole_version_is_another_run(tmp_path):
    few = {"workload.requests": 50, "replications": 2}
    quick, whole = (run(simulator.load("queue", set=few), tmp_path / str(q), quick=q) for q in (True, False))
    assert quick.record.hash != whole.record.hash
    assert (quick.record.is_quick, whole.record.is_quick) == (True, False)


def test_progress_hears_of_every_cell(tmp_path):
    told = Told()
    run(simulator.load("queue", set={"sweep": {"seed": [1, 2]}}), tmp_path / "run", quick=True, progress=told)
    assert told.cells == [("1", False), ("2", False)]
