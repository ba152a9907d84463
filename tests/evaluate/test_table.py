"""Outcomes from a table: the poster's, and what can be wrong with one."""

from math import prod

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.evaluate.blocks import TableOutcomes
from simulator.evaluate.table import TableAccuracy
from simulator.study.assemble import read_table
from tests.support.golden_graphs import ROOT, shelf_topology

POSTER = "../shared/data/poster-logs/accuracy_by_combination.csv"
NAMES = ["f1", "f2", "f3", "f4", "e1", "e2", "e3", "e4"]
BLOCK = TableOutcomes(kind="table", path="t.csv", column="acc")
GOOD = "a,b,acc\n0,0,0.1\n0,1,0.2\n1,0,0.3\n1,1,0.9\n"


@pytest.mark.skipif(not (ROOT / POSTER).exists(), reason="the poster's table is not shipped")
@pytest.mark.parametrize(("column", "setting", "expected"), [
    ("baseline:holdout", "poster_high", .94140), ("baseline:holdout", "poster_medium", .81352),
    ("baseline:holdout", "poster_low", .71999), ("baseline:val", "poster_high", .94345),
    ("layerwise-dropout-high:holdout", "poster_high", .96790),
    ("layerwise-dropout-medium:holdout", "poster_medium", .89865),
    ("layerwise-dropout-low:holdout", "poster_low", .85465)])
def test_the_poster_table_gives_the_published_expectations(column, setting, expected):
    table = read_table(TableOutcomes(kind="table", path=POSTER, column=column), ROOT, NAMES)
    survival = shelf_topology("camera-tree").survival(setting)
    up = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(bool)
    weights = [prod(survival[n] if here else 1 - survival[n] for n, here in zip(NAMES, row, strict=True)) for row in up]
    assert np.dot(weights, table.accuracy(up)) == pytest.approx(expected, abs=5.1e-6)


def test_a_pattern_finds_its_row_whatever_the_order_of_columns_and_rows():
    up = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=bool)
    assert TableAccuracy.parse(GOOD, BLOCK, ["a", "b"]).accuracy(up).tolist() == [.1, .2, .3, .9]
    assert TableAccuracy.parse(GOOD, BLOCK, ["b", "a"]).accuracy(up).tolist() == [.1, .3, .2, .9]
    head, *rows = GOOD.splitlines()
    shuffled = "\n".join([head, *reversed(rows)])
    assert TableAccuracy.parse(shuffled, BLOCK, ["a", "b"]).accuracy(up).tolist() == [.1, .2, .3, .9]


@pytest.mark.parametrize(("text", "message"), [
    (GOOD.replace("a,b,acc", "a,x,acc"), "t.csv:1: no column for the component 'b', which can fail"),
    (GOOD.replace("a,b,acc", "a,b,Acc"), "t.csv has no column 'acc'; did you mean 'Acc'"),
    (GOOD.replace("1,1,0.9\n", ""), "1 of 4 patterns have no accuracy, the first is a=1 b=1"),
    (GOOD.replace("0.9", "94"), r"t.csv:5: acc is '94'; an accuracy is a number from 0 to 1"),
    (GOOD.replace("0.9", "nan"), "t.csv:5: acc is 'nan'"), (GOOD.replace("0.9", ""), "t.csv:5: acc is ''"),
    (GOOD.replace("1,1,", "1,2,"), "t.csv:5: b is '2'; write 1 for up and 0 for down"),
    (GOOD + "1,1,0.8\n", "t.csv:6: the pattern a=1 b=1 is there twice"), ("", "t.csv has no column 'acc'")])
def test_what_is_wrong_with_a_table_is_told(text, message):
    with pytest.raises(ScenarioError, match=message):
        TableAccuracy.parse(text, BLOCK, ["a", "b"])


def test_all_problems_of_a_table_are_told_at_once():
    with pytest.raises(ScenarioError) as told:
        TableAccuracy.parse(GOOD.replace("0.9", "9").replace("0,0,", "0,-1,"), BLOCK, ["a", "b"])
    assert len(told.value.problems) == 3  # two rows, and two patterns without a value


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ScenarioError, match=r"outcomes.path: 't.csv' cannot be read"):
        read_table(BLOCK, tmp_path, ["a"])
