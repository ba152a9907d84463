"""The quick version keeps the question and makes it small."""

import pytest
from small import Told

import simulator
from simulator.scenario.shelf import names
from simulator.scenario.variants import variants
from simulator.study.quick import quickened
from simulator.study.run import run

SIZES = {"workload", "replications", "training"}


@pytest.mark.parametrize("name", names("scenario"))
def test_what_is_asked_stays_the_same(name):
    loaded = simulator.load(name)
    quick = quickened(loaded)
    for field in set(type(loaded.scenario).model_fields) - SIZES:
        assert getattr(quick.scenario, field) == getattr(loaded.scenario, field), field
    if loaded.scenario.workload:
        assert quick.scenario.workload.arrivals == loaded.scenario.workload.arrivals
        assert quick.scenario.workload.requests <= 200
    assert quick.scenario.replications <= 3
    assert len(variants(quick)) == len(variants(loaded))
    assert {cell.model.training.epochs for cell in variants(quick)} == {1}


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
