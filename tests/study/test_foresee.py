"""What a run would do is told before: which cells are left, and how long they take, by those that are finished."""

from __future__ import annotations

import pytest
from small import many_cells
from typer.testing import CliRunner

from simulator.cli.main import app
from simulator.errors import Unfinished
from simulator.study.executors.task import Failure
from simulator.study.foresee import DONE, FAILED, LEFT, foresee, seconds_of
from simulator.study.how import How
from simulator.study.run import run
from simulator.study.standing import TIMES, keep_failure, times


def test_where_nothing_is_known_one_cell_is_made_for_its_time_and_kept(tmp_path):
    foreseen = foresee(many_cells(), tmp_path / "run", How(jobs=2), quick=False)
    assert [foreseen.count(each) for each in (DONE, FAILED, LEFT)] == [1, 0, 5]
    assert (foreseen.pilot, foreseen.timed, foreseen.workers, foreseen.trainings) == ("0.5, 0.6", 1, 2, 0)
    (took,) = times(tmp_path / "run").values()
    assert foreseen.seconds == pytest.approx(5 * took / 2)
    assert len(list((tmp_path / "run" / "cells").iterdir())) == 1
    assert not (tmp_path / "run" / "record.json").exists()


def test_what_is_finished_and_what_failed_is_told_and_nothing_is_made_again(tmp_path):
    with pytest.raises(Unfinished):
        run(many_cells(), tmp_path / "run", how=How(only=("second=0.5",)))
    before = sorted(path for path in (tmp_path / "run").rglob("*"))
    foreseen = foresee(many_cells(), tmp_path / "run", How(), quick=False)
    assert sorted(path for path in (tmp_path / "run").rglob("*")) == before
    assert [standing for _, standing in foreseen.cells] == [DONE, DONE, LEFT, LEFT, LEFT, LEFT]
    assert (foreseen.pilot, foreseen.timed) == ("", 2)
    assert foreseen.seconds == pytest.approx(2 * sum(times(tmp_path / "run").values()))
    assert len(foresee(many_cells(), tmp_path / "run", How(only=("second=0.9",)), quick=False).cells) == 2


def test_a_failed_cell_is_told_as_such(tmp_path):
    with pytest.raises(Unfinished):
        run(many_cells(), tmp_path / "run", how=How(only=("second=0.5",)))
    from simulator.study.grid import Grid

    name = Grid.of(many_cells(), tmp_path / "run", quick=False).cells[4][1]
    keep_failure(tmp_path / "run", name, "0.9, 0.6", Failure("broken", "trace"))
    foreseen = foresee(many_cells(), tmp_path / "run", How(), quick=False)
    assert [standing for _, standing in foreseen.cells] == [DONE, DONE, LEFT, LEFT, FAILED, LEFT]
    assert foresee(many_cells(), tmp_path / "run", How(failed=True), quick=False).count(FAILED) == 1


@pytest.mark.parametrize(("took", "left", "seconds"), [
    ({}, ["a1"], None),
    ({"a1": 9.0}, ["a2", "b1", "b2"], 27.0),  # only a first one is known, of which the others are taken to be like
    ({"a1": 9.0, "a2": 1.0}, ["b1", "b2", "a3"], 11.0),
    ({"free": 2.0}, ["free2"], 2.0),
    ({"of another study": 5.0}, ["a1"], None),
])
def test_the_first_cell_of_a_training_has_a_time_of_its_own(took, left, seconds):
    needs = {name: () if "free" in name else (name[0],) for name in ("a1", "a2", "a3", "b1", "b2", "free", "free2")}
    assert seconds_of(needs, took, left) == seconds


def test_a_torn_line_of_times_is_left_out(tmp_path):
    (tmp_path / f"{TIMES}.jsonl").write_text('{"cell": "a", "seconds": 1.5}\n{"cell": "b", "sec')
    assert times(tmp_path) == {"a": 1.5}


WORDS = ["run", "queue", "--set", "workload.requests=50", "--set", "sweep={policy.deadline: [8 s, 10 s]}", "--set",
         "replications=2"]


def test_the_command_tells_what_is_left_and_ends_with_a_code_that_says_how_it_went(tmp_path):
    def sim(*more):
        return CliRunner().invoke(app, [*WORDS, "--out", str(tmp_path / "run"), *more])

    told = sim("--dry-run")
    assert told.exit_code == 0, told.output
    for words in ("8 s", "finished", "to do", "2 cells, 1 finished, 1 to do", "made for its time, and kept: 8 s",
                  "going by 1 finished cell"):
        assert words in told.stdout
    late = sim("--max-seconds", "0")
    assert (late.exit_code, "1 of 2 cells are finished; run the same command again" in late.stderr) == (5, True)
    some = sim("--only", "deadline=8 s")
    assert (some.exit_code, "1 of 1 cells are finished, of 2 in all" in some.stderr) == (0, True)
    for wrong in (("--shard", "3/2"), ("--only", "deadline=9 s"), ("--only", "x")):
        assert sim(*wrong).exit_code == 2
