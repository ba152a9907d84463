"""Repeats: every point of the grid again, with another root seed and with values of its own."""

from __future__ import annotations

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.identity import cell_hash
from simulator.scenario.load import load
from simulator.scenario.variants import variants
from tests.scenario.small import write

ASK = "ask.yaml"


def cells(folder, lines):
    return variants(load(write(folder, [(ASK, "seed: 1", lines)])))


def test_the_grid_is_run_repeat_by_repeat_with_the_next_seed_in_each(tmp_path):
    found = cells(tmp_path, "seed: 7\nsweep: {strategy: [dfg, select], policy.deadline: [1 s, 2 s]}\nrepeats: 3")
    assert [tuple(cell.label.values()) for cell in found[3:6]] == [
        ("select", "2 s", "repeat 1"), ("dfg", "1 s", "repeat 2"), ("dfg", "2 s", "repeat 2")]
    assert list(found[0].label) == ["strategy", "policy.deadline", "repeat"]
    assert [cell.scenario.seed for cell in found] == [7] * 4 + [8] * 4 + [9] * 4
    assert all(cell.scenario.repeats.count == 1 and cell.scenario.sweep == {} for cell in found)
    assert len({cell_hash(cell) for cell in found}) == 12


def test_a_number_is_short_for_a_count_and_one_repeat_leaves_no_trace(tmp_path):
    assert cells(tmp_path, "seed: 1\nrepeats: 2") == cells(tmp_path, "seed: 1\nrepeats: {count: 2}")
    plain = cells(tmp_path, "seed: 1")
    assert cells(tmp_path, "seed: 1\nrepeats: 1") == plain
    assert [cell.label for cell in plain] == [{}]


def test_the_first_repeat_is_the_cell_without_repeats(tmp_path):
    (alone,), several = cells(tmp_path, "seed: 3"), cells(tmp_path, "seed: 3\nrepeats: 2")
    assert [cell_hash(cell) == cell_hash(alone) for cell in several] == [True, False]


def test_each_repeat_has_its_own_of_the_values_with_it(tmp_path):
    found = cells(tmp_path, "sweep: {strategy: [dfg, select]}\n"
                            "repeats: {count: 2, with: {policy.deadline: [1 s, 2 s], training.epochs: [3, 4]}}")
    assert [cell.scenario.policy.deadline_ns for cell in found] == [10**9, 10**9, 2 * 10**9, 2 * 10**9]
    assert [cell.model.training.epochs for cell in found] == [3, 3, 4, 4]
    assert list(found[0].label) == ["strategy", "repeat"]
    (only,) = cells(tmp_path, "repeats: {count: 1, with: {strategy: [dfg]}}")
    assert (only.scenario.strategy, only.label) == ("dfg", {})


def test_a_seed_of_the_sweep_goes_on_and_those_of_the_repeats_are_as_written(tmp_path):
    for one, four in (("1", "4"), ("'1'", "'4'")):
        found = cells(tmp_path, f"sweep: {{seed: [{one}, {four}]}}\nrepeats: 2")
        assert [cell.scenario.seed for cell in found] == [1, 4, 2, 5]
    found = cells(tmp_path, "repeats: {count: 2, with: {seed: [10, 20]}}")
    assert [cell.scenario.seed for cell in found] == [10, 20]


WRONG = [
    ("repeats: 0", "repeats", "0 must be > 0"),
    ("repeats: true", "repeats", "True is not"),
    ("repeats: 2.5", "repeats", "2.5 is not"),
    ("repeats: {count: 2, with: {replications: [3]}}", "repeats", "replications has 1 values for 2 repeats"),
    ("repeats: {count: 2, with: {replications: 3}}", "repeats.with.replications", "3 is not a list"),
    ("repeats: {count: 2, wit: {}}", "repeats.wit", "did you mean 'with'?"),
    ("repeats: {count: 2, with: {policy.deadline: [1 s, oops]}}", "repeats.with.policy.deadline.1", "'oops'"),
    ("repeats: {count: 2, with: {sweep.strategy: [[dfg], [select]]}}", "repeats.with.sweep.strategy",
     "repeats cannot vary 'sweep.strategy'"),
    ("repeats: {count: 2, with: {repeats: [1, 1]}}", "repeats.with.repeats", "repeats cannot vary 'repeats'"),
    ("sweep: {repeats: [1, 2]}", "sweep.repeats", "a sweep cannot vary 'repeats'"),
    ("sweep: {repeats.count: [1, 2]}", "sweep.repeats.count", "a sweep cannot vary 'repeats.count'"),
    ("sweep: {strategy: [dfg]}\nrepeats: {count: 2, with: {strategy: [dfg, select]}}", "repeats.with.strategy",
     "'strategy' is varied by the sweep too"),
    ("repeats: {count: 2, against: [dfg]}", "repeats.against.0", "there is no sweep to compare in"),
    ("sweep: {strategy: [dfg, select]}\nrepeats: {count: 2, against: [dfg, selekt]}", "repeats.against.1",
     "did you mean 'select'?"),
    ("sweep: {strategy: [dfg, select]}\nrepeats: {count: 2, against: dfg}", "repeats.against",
     "'dfg' is not a list"),
]


@pytest.mark.parametrize(("lines", "place", "told"), WRONG)
def test_repeats_that_make_no_sense_are_refused_with_file_and_line(tmp_path, lines, place, told):
    with pytest.raises(ScenarioError) as refused:
        cells(tmp_path, lines)
    (problem,) = refused.value.problems
    assert problem.place.endswith(f" {place}")
    assert f"{ASK}:{11 + lines.count(chr(10))}" in problem.place
    assert told in str(problem)
