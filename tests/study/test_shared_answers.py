"""Cells that differ only in what fails share one trained network and its answers, and say what they would say alone."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from shared import chain
from small import Told, assemblies

from simulator.evaluate.part_by_part import Evaluation
from simulator.model import train as training
from simulator.study.memory import trainings
from simulator.study.run import run

SETTING = "failures.0.survival"
THREE = {SETTING: ["normal", "poor", "bad"]}


@pytest.fixture
def work(monkeypatch, tmp_path):
    """Count trainings and evaluated deliveries; weights go to a folder of their own."""
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))
    done = {"trained": 0, "evaluated": []}
    train, predictions = training.train, Evaluation.predictions

    def trained(*args, **more):
        done["trained"] += 1
        return train(*args, **more)

    def evaluated(self, deliveries, read=None):
        done["evaluated"] += list(deliveries)
        return predictions(self, deliveries, read)

    monkeypatch.setattr(training, "train", trained)
    monkeypatch.setattr(Evaluation, "predictions", evaluated)
    return done


class Counting(Told):
    """Remembers how many trainings it was told to expect."""

    def trainings(self, count):
        self.expected = count


def test_cells_that_differ_only_in_failures_train_and_evaluate_once(work, tmp_path):
    told = Counting()
    done = run(chain(tmp_path, sweep=THREE), tmp_path / "run", progress=told)
    assert (work["trained"], told.expected) == (1, 1)
    assert len(work["evaluated"]) == len(set(work["evaluated"])) == 3
    assert [label for label, *_ in told.weights] == ["normal"]
    values = [cell.estimates["expected_accuracy"].value for cell in done.record.cells]
    assert len(set(values)) == 3
    assert len({cell.tables["weights"][0]["hash"] for cell in done.record.cells}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("sweep", [
    THREE, {"starved": ["silent", "emit"]}, {"policy.no_answer": ["expected_guess", "wrong"]},
    {"failures": [[{"kind": "bernoulli", "survival": {"edge": 0.9}}], [{"kind": "bernoulli", "survival": "poor"}]]},
    {"strategy": ["vanilla", "dfg"], SETTING: ["normal", "poor"]},
], ids=lambda sweep: " ".join(sweep))
def test_a_cell_says_what_it_says_alone_whatever_came_before_it(work, tmp_path, monkeypatch, sweep):
    together = run(chain(tmp_path, sweep=sweep), tmp_path / "together").record.cells
    for number, cell in enumerate(together):
        monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / f"cache {number}"))
        key_values = {key: values[_place(sweep, key, number)] for key, values in sweep.items()}
        alone = {key: [value] for key, value in key_values.items()}
        (only,) = run(chain(tmp_path, sweep=alone), tmp_path / f"alone {number}").record.cells
        assert asdict(only) == asdict(cell)


def _place(sweep, key, number):
    """Return the index of a key's value in a cell of the grid."""
    behind = list(sweep)[list(sweep).index(key) + 1:]
    for other in behind:
        number //= len(sweep[other])
    return number % len(sweep[key])


def test_deliveries_and_part_runs_are_those_of_the_cell_itself(work, tmp_path):
    all_fail, edge_fails = ({"kind": "bernoulli", "survival": survival} for survival in ("poor", {"edge": 0.9}))
    counts = []
    for number, order in enumerate(([all_fail, edge_fails], [edge_fails, all_fail])):
        sweep = {"failures": [[one] for one in order]}
        found = run(chain(tmp_path, sweep=sweep), tmp_path / str(number)).record.cells
        counts.append([(cell.counts["deliveries"], cell.counts["part_runs"]) for cell in found])
    assert counts[0] == counts[1][::-1]
    assert counts[0][0] > counts[0][1]


@pytest.mark.parametrize(("sweep", "count"), [
    (THREE, 1), ({"policy.deadline": ["1 s", "2 s"]}, 1), ({"strategy": ["vanilla", "dfg", "resilinet"]}, 3),
    ({"weights": ["ones", "half"], SETTING: ["normal", "poor"]}, 2),
    ({"weights": ["survival"], SETTING: ["normal", "poor", "bad"]}, 3),
    ({"strategy": ["vanilla"], "weights": ["ones", "survival"], SETTING: ["normal", "poor"]}, 1),
    ({"failout.survival": ["setting"], SETTING: ["normal", "poor"]}, 2),
    ({"failout.survival": [0.9, 0.5], SETTING: ["normal", "poor"]}, 2),
    ({"strategy": ["dfg"], "failout.survival": ["setting"], SETTING: ["normal", "poor"]}, 1),
    ({"skips": ["all", "none", ["iot->fog"]]}, 3), ({"seed": [1, 2]}, 2), ({"training.epochs": [1, 2]}, 2),
])
def test_trainings_are_counted_by_what_they_depend_on(tmp_path, sweep, count):
    assert len(trainings(assemblies(chain(tmp_path, sweep=sweep)))) == count


@pytest.mark.parametrize("asked", [
    {"measure": ["traffic"]},
    {"measure": [], "design": {"choose": [{"kind": "skips"}], "objective": "information_flow"}},
], ids=["traffic", "flow"])
def test_what_needs_no_answers_trains_nothing(work, tmp_path, asked):
    told = Counting()
    done = run(chain(tmp_path, **asked), tmp_path / "run", progress=told)
    assert (work["trained"], told.expected, told.weights) == (0, 0, [])
    (cell,) = done.record.cells
    assert cell.estimates


def test_what_is_found_on_the_disk_has_the_label_of_this_run(work, tmp_path):
    run(chain(tmp_path, sweep={"policy.deadline": ["1 s"]}), tmp_path / "run")
    told = Counting()
    loaded = chain(tmp_path, sweep={"policy.deadline": ["1000 ms"]})
    again = run(loaded, tmp_path / "run", progress=told)
    assert again.was_found
    assert [cell.label for cell in again.record.cells] == [{"policy.deadline": "1000 ms"}]
    assert told.cells == [("1000 ms", True)]
    assert told.expected == 0
    assert work["trained"] == 1


@pytest.mark.slow
def test_a_study_that_was_stopped_trains_only_what_is_left(work, tmp_path):
    class Stopped(Exception):
        pass

    class Stops(Told):
        def cell(self, label, done, total, was_found):
            if done == 2:
                raise Stopped

    loaded = chain(tmp_path, sweep={"strategy": ["vanilla", "dfg", "resilinet"]},
                   repeats={"count": 2, "against": ["vanilla", "dfg"]})
    with pytest.raises(Stopped):
        run(loaded, tmp_path / "run", progress=Stops())
    assert work["trained"] == 2
    told = Counting()
    resumed = run(loaded, tmp_path / "run", progress=told)
    assert (told.expected, work["trained"]) == (4, 6)
    assert [was_found for _, was_found in told.cells] == [True, True, False, False, False, False]
    whole = run(loaded, tmp_path / "whole")
    assert whole.record.to_json() == resumed.record.to_json()
    assert len(resumed.record.repeats) == 3 * len(resumed.record.cells[0].estimates)
    against = [(row["label"]["strategy"], row["against"]) for row in resumed.record.differences]
    assert against == [("dfg", "vanilla"), ("resilinet", "vanilla"), ("resilinet", "dfg")]


# -- the composition root ----------------------------------------------------------------------------------------------


def only(folder, **scenario):
    (found,) = assemblies(chain(folder, **scenario))
    return found


def test_failout_by_setting_has_the_survival_of_each_parts_node(tmp_path):
    setting = {"failout": {"survival": "setting", "granularity": "batch"}}
    of = only(tmp_path, **setting)
    assert (of.failout.survival, of.failout.granularity) == ({"edge": 0.7, "fog": 0.8}, "batch")
    placed = only(tmp_path, **setting, placement={"fog": "cloud"})
    assert placed.failout.survival == {"edge": 0.7, "fog": 1.0}
    some = only(tmp_path, failout={"survival": "setting", "parts": ["fog"]})
    assert some.failout.survival == {"fog": 0.8}
    assert only(tmp_path, **setting, strategy="dfg").failout is None


def test_a_source_stands_beside_its_part_unless_the_scenario_places_it(tmp_path):
    loaded = chain(tmp_path)
    beside = replace(loaded, model=loaded.model.model_copy(update={
        "sources": {"iot": loaded.model.sources["iot"].model_copy(update={"beside": "edge"})}}))
    (of,) = assemblies(beside)
    assert of.placement == {"iot": "edge", "edge": "edge", "fog": "fog", "cloud": "cloud"}
    moved = beside.scenario.model_copy(update={"placement": {"edge": ("fog",)}})
    (of,) = assemblies(replace(beside, scenario=moved))
    assert (of.placement["iot"], of.placement["edge"]) == ("fog", "fog")
    moved = beside.scenario.model_copy(update={"placement": {"iot": ("iot",)}})
    (of,) = assemblies(replace(beside, scenario=moved))
    assert of.placement["iot"] == "iot"
