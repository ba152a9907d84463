"""A table of one's own: columns by name, no group on both sides, and everything that does not fit is told."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from simulator.errors import ScenarioError
from simulator.model.blocks import Data
from simulator.model.data import load_data

ROWS = """who,age, pulse ,mood,note
anna,1,10.5,well,1
anna,2,11.5,ill,2
bert,3,12.5,well,3
carl,4,13.5,"dead, or so",4
carl,5,14.5,ill,5
dora,6,15.5,well,6
"""


def load(path, text=None, quick=False, **words):
    if text is not None:
        path.write_text(text, encoding="utf-8-sig")
    whole = {"kind": "table", "path": path.name, "label": "mood", **words}
    return load_data(TypeAdapter(Data).validate_python(whole), path.parent, quick)


def test_words_are_classes_in_alphabetical_order_and_the_other_columns_are_features(tmp_path):
    data = load(tmp_path / "t.csv", ROWS, group="who")
    assert data.x_train.tolist() == [[1, 10.5, 1], [2, 11.5, 2], [3, 12.5, 3], [4, 13.5, 4], [5, 14.5, 5]]
    assert (data.y_train.tolist(), data.y_test.tolist(), data.classes) == ([2, 1, 2, 0, 1], [2], 3)
    assert data.groups_train.tolist() == [0, 0, 1, 2, 2]
    assert data.x_train.dtype == np.float32


@pytest.mark.parametrize(("words", "tested"), [
    ({"test_groups": ["anna"]}, [1, 2]),
    ({"test_groups": ["dora", "bert"]}, [3, 6]),
    ({"test_share": 0.5}, [4, 5, 6]),
    ({"test_share": 0.75}, [3, 4, 5, 6]),
    ({}, [6]),
])
def test_no_group_is_on_both_sides(words, tested, tmp_path):
    data = load(tmp_path / "t.csv", ROWS, group="who", **words)
    assert data.x_test[:, 0].tolist() == tested
    assert not set(data.groups_train) & set(data.groups_test)


def test_the_last_groups_are_the_last_to_appear_and_numbers_may_name_them(tmp_path):
    text = "g,v,y\n7,1,0\n7,2,1\n3,3,0\n5,4,1\n7,5,0\n"
    assert load(tmp_path / "t.csv", text, label="y", group="g").x_test[:, 0].tolist() == [4]
    assert load(tmp_path / "t.csv", label="y", group="g", test_groups=[7]).x_test[:, 0].tolist() == [1, 2, 5]


def test_without_groups_rows_stand_for_themselves_and_test_rows_are_evenly_spread(tmp_path):
    text = "v,y\n" + "".join(f"{row},{row % 2}\n" for row in range(20))
    data = load(tmp_path / "t.csv", text, label="y")
    assert data.x_test[:, 0].tolist() == [4, 9, 14, 19]
    assert len(set(data.groups_train)) == 16


def test_columns_may_be_chosen_folded_and_standardised(tmp_path):
    data = load(tmp_path / "t.csv", ROWS, group="who", features=["pulse", "age"], shape=[2, 1], standardise=True)
    assert data.x_train.shape == (5, 2, 1)
    assert np.allclose(data.x_train[:, 0, 0], (np.arange(5) - 2) / np.sqrt(2), atol=1e-6)
    assert np.allclose(data.x_test[0], 3 / np.sqrt(2), atol=1e-6)


def test_an_npz_is_a_table_of_its_arrays(tmp_path):
    rows, path = np.arange(6), tmp_path / "t.npz"
    np.savez(path, mood=rows % 2 + 1, who=np.array(list("aabbcc")), a=rows, b=np.stack([rows, -rows], axis=1))
    data = load(path, group="who")
    assert data.x_test.tolist() == [[4, 4, -4], [5, 5, -5]]
    assert (data.y_test.tolist(), data.classes) == ([1, 2], 3)  # whole numbers are taken as they are
    assert load(path, group="who", features=["b"]).shape == (2,)
    np.savez(path, mood=rows % 2, pixels=np.full((6, 4, 4, 3), 255, np.uint8), names=np.array(["x"]))
    assert load(path, features=["pixels"]).x_train.shape == (5, 4, 4, 3)
    assert load(path, features=["pixels"]).x_train.max() == 1
    with pytest.raises(ScenarioError, match=r"array 'names' .* no entry for each of the 6 labels"):
        load(path)


@pytest.mark.parametrize(("text", "words", "told"), [
    (ROWS, {"label": "modd"}, "has no column 'modd'; did you mean 'mood'"),
    (ROWS, {"group": "whom"}, "has no column 'whom'; did you mean 'who'"),
    (ROWS, {"features": ["puls"]}, "has no column 'puls'"),
    (ROWS, {}, "is not a table of numbers: could not convert string 'anna'"),
    (ROWS, {"group": "who", "test_groups": ["ana"]}, "no group 'ana' in column 'who'; did you mean 'anna'"),
    (ROWS, {"features": ["age"], "test_groups": ["anna"]}, "no column of groups; write data.group"),
    (ROWS, {"group": "who", "test_groups": ["anna", "bert", "carl", "dora"]}, "leaves no sample for training"),
    (ROWS, {"group": "who", "shape": [2, 2]}, r"\[2, 2\] does not hold the 3 features"),
    (ROWS, {"group": "who", "classes": 2}, "labels 0 to 2, not 0 to 1; write 3"),
    (ROWS, {"label": "pulse", "group": "who", "features": ["age"]}, "'pulse' holds '10.5', which is no class"),
    ("v,mood\n1,0\n,1\n", {}, "is not a table of numbers"),
    ("v,mood\n1,0\nnan,1\n", {}, "row 2 of .* has a value that is no finite number"),
    ("v,v,mood\n1,2,0\n", {"features": ["v"]}, "more than one column 'v'"),
    ("v,mood\n", {}, "holds no rows"),
    ("", {}, "holds no rows"),
    ("mood\n1\n", {}, "no column beside label and group"),
])
def test_a_table_that_does_not_fit_is_told(text, words, told, tmp_path):
    with pytest.raises(ScenarioError, match=told):
        load(tmp_path / "t.csv", text, **words)


def test_a_missing_table_is_told_and_quick_makes_one_up(tmp_path):
    with pytest.raises(ScenarioError, match=r"no file '.*no.csv'; get the table .*put it there"):
        load(tmp_path / "no.csv")
    data = load(tmp_path / "no.csv", quick=True, features=["a", "b"], classes=3)
    assert (data.shape, data.classes, data.is_synthetic) == ((2,), 3, True)
    with pytest.raises(ScenarioError, match=r"write data.shape and data.classes"):
        load(tmp_path / "no.csv", quick=True)


def test_a_target_is_a_number_and_columns_name_a_file_without_a_header(tmp_path):
    data = load(tmp_path / "t.csv", "1,2,30.5\n3,4,10\n5,6,-2e1\n7,8,0\n9,1,4\n", label=None, target="price",
                columns=["a", "b", "price"], unit="EUR")
    assert (data.y_train.tolist(), data.y_test.tolist()) == ([30.5, 10, -20, 0], [4])
    assert (data.classes, data.is_regression, data.unit) == (1, True, "EUR")
    assert data.x_train[0].tolist() == [1, 2]
    scale = data.target_scale
    assert scale.mean == pytest.approx(np.mean([30.5, 10, -20, 0]))
    assert scale.numbers(scale.scaled(data.y_test)[:, 0]) == pytest.approx([4])


@pytest.mark.parametrize(("text", "words", "told"), [
    ("a,price\n1,cheap\n2,3\n", {"target": "price"}, "holds 'cheap', which is no number"),
    ("a,price\n1,nan\n2,3\n", {"target": "price"}, "holds 'nan', which is no number"),
    ("1,2,3\n4,5,6\n", {"target": "b", "columns": ["a", "b"]}, "2 names for the 3 columns"),
])
def test_a_target_that_is_none_is_told(text, words, told, tmp_path):
    with pytest.raises(ScenarioError, match=told):
        load(tmp_path / "t.csv", text, label=None, **words)


@pytest.mark.parametrize("words", [{}, {"target": "mood"}, {"label": None, "target": "mood", "classes": 3}])
def test_a_table_has_one_truth(words, tmp_path):
    with pytest.raises(ValueError, match=r"write either label|no classes"):
        load(tmp_path / "t.csv", ROWS, **({"label": None} if not words else words))


def test_classes_have_no_scale(tmp_path):
    data = load(tmp_path / "t.csv", ROWS, group="who")
    assert (data.is_regression, data.target_scale) == (False, None)
