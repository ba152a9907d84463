"""MHEALTH: no test subject is trained on or scales anything, folds cover all subjects, rows are spread evenly."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from simulator.errors import ScenarioError
from simulator.model.blocks import Data
from simulator.model.data import load_data

MATRIX = Path(__file__).parents[3] / "shared/data/mhealth/mhealth_int.npz"
needs_matrix = pytest.mark.skipif(not MATRIX.exists(), reason="the MHEALTH matrix is not here")


def block(**words):
    return TypeAdapter(Data).validate_python({"kind": "mhealth", **words})


def people(path, rows=20):
    """Write ten people: each rests (0) for two rows, then does activities 1 and 12, half of the rows each."""
    dice = np.random.Generator(np.random.PCG64(3))
    subject = np.repeat(np.arange(1, 11), rows + 2)
    y = np.tile(np.r_[0, 0, np.repeat([1, 12], rows // 2)], 10)
    x = (dice.normal(size=(len(y), 23)) * 5 + subject[:, None]).round(3)
    np.savez(path, x=x, y=y, subject=subject)
    return x, y, subject


def test_every_fold_holds_out_its_own_subjects_and_scales_on_the_others(tmp_path):
    x, y, subject = people(tmp_path / "m.npz")
    tested = []
    for fold in range(5):
        data = load_data(block(path="m.npz", fold=fold), tmp_path)
        held = [9 - 2 * fold, 10 - 2 * fold]
        seen = x[~np.isin(subject, held) & (y > 0)]
        expected = (x[np.isin(subject, held) & (y > 0)] - seen.mean(axis=0)) / seen.std(axis=0)
        assert np.allclose(data.x_test, expected, atol=1e-5)
        assert set(data.groups_test // 13) == set(held)
        assert not set(data.groups_train // 13) & set(held)
        assert len(set(data.groups_test)) == 4  # bouts: two subjects, two activities
        tested += held
    assert sorted(tested) == list(range(1, 11))
    assert (data.classes, data.x_test.dtype, sorted(set(data.y_test))) == (13, np.float32, [1, 12])


def test_rows_are_spread_evenly_from_first_to_last(tmp_path):
    people(tmp_path / "m.npz")
    whole, some = (load_data(block(path="m.npz", **words), tmp_path) for words in (
        {}, {"train_samples": 40, "test_samples": 5}))
    rows = [round(i * 159 / 39) for i in range(40)]
    assert np.array_equal(some.x_train, whole.x_train[rows])
    assert len(some.y_test) == 5
    assert np.array_equal(some.x_test[[0, -1]], whole.x_test[[0, -1]])
    assert some.fingerprint != whole.fingerprint


def raw_logs(folder, x, y, subject):
    for who in range(1, 11):
        rows = subject == who
        table = np.column_stack([x[rows], y[rows]])
        np.savetxt(folder / f"mHealth_subject{who}.log", table, fmt="%.3f", delimiter="\t")


def test_raw_logs_keep_their_floats(tmp_path):
    raw_logs(tmp_path, *people(tmp_path / "m.npz"))
    logs, matrix = (load_data(block(path=path), tmp_path) for path in (".", "m.npz"))
    assert np.allclose(logs.x_train, matrix.x_train, atol=1e-5)
    assert np.allclose(logs.x_test, matrix.x_test, atol=1e-5)
    assert np.array_equal(logs.groups_test, matrix.groups_test)
    assert np.unique(logs.x_train[:, 0]).size > 100


def test_the_reference_cuts_to_integers_loses_first_rows_and_splits_at_random(tmp_path):
    x, y, subject = people(tmp_path / "m.npz")
    raw_logs(tmp_path, x, y, subject)
    kept = y > 0
    np.savez(tmp_path / "cut.npz", x=np.fix(x[kept]).astype(np.int16), y=y[kept], subject=subject[kept])
    raw, cut = (load_data(block(path=path, preprocessing="reference"), tmp_path) for path in (".", "cut.npz"))
    assert raw.fingerprint == cut.fingerprint
    assert (len(raw.y_train), len(raw.y_test)) == (152, 19)  # of 190 = 200 - 10 rows
    rows = [tuple(row) for half in (raw.x_train, raw.x_test) for row in half]
    first = {tuple(np.fix(x[np.flatnonzero(kept & (subject == who))[0]]).astype(np.float32)) for who in range(1, 11)}
    assert not first & set(rows)
    assert set(rows) <= {tuple(row) for row in np.fix(x[kept]).astype(np.float32)}
    assert len(set(rows)) == 171  # no row in both halves
    assert set(raw.groups_test) <= set(range(1, 11)) and len(set(raw.groups_train)) == 10


def test_logs_that_are_missing_or_no_logs_are_told(tmp_path):
    raw_logs(tmp_path, *people(tmp_path / "m.npz"))
    (tmp_path / "mHealth_subject3.log").write_text("1 2 3\n")
    with pytest.raises(ScenarioError, match=r"mHealth_subject3.log' has 3 columns"):
        load_data(block(path="."), tmp_path)
    (tmp_path / "mHealth_subject3.log").write_text("one two\n")
    with pytest.raises(ScenarioError, match=r"subject3.log' is not a log of numbers"):
        load_data(block(path="."), tmp_path)
    (tmp_path / "mHealth_subject3.log").unlink()
    with pytest.raises(ScenarioError, match=r"has no 'mHealth_subject3.log'; get the MHEALTH"):
        load_data(block(path="."), tmp_path)


@pytest.mark.parametrize(("words", "told"), [
    ({"fold": 1, "preprocessing": "reference"}, "data.fold: 1 has no meaning"),
    ({"fold": 5}, "data.fold: 5 is not a fold: 10 subjects, 2 at a time, make 5; write 0 to 4"),
    ({"fold": 3, "test_subjects": 3}, "write 0 to 2"),
    ({"train_samples": 161}, "data.train_samples: 161 samples are asked, 160 are there"),
    ({"test_samples": 41}, "data.test_samples: 41 samples are asked, 40 are there"),
])
def test_what_is_not_there_is_refused(words, told, tmp_path):
    people(tmp_path / "m.npz")
    with pytest.raises(ScenarioError, match=told):
        load_data(block(path="m.npz", **words), tmp_path)


@pytest.mark.parametrize(("arrays", "told"), [
    ({"x": np.zeros((4, 22)), "y": np.ones(4), "subject": np.arange(4)}, r"signals of shape \(4, 22\)"),
    ({"x": np.zeros((4, 23)), "y": np.full(4, 13), "subject": np.arange(4)}, "labels 13 to 13"),
    ({"x": np.zeros((4, 23)), "y": np.ones(4)}, "no array 'subject'"),
])
def test_a_file_of_something_else_is_told(arrays, told, tmp_path):
    np.savez(tmp_path / "m.npz", **arrays)
    with pytest.raises(ScenarioError, match=told):
        load_data(block(path="m.npz"), tmp_path)


@needs_matrix
def test_the_shared_matrix_has_the_published_rows():
    data = load_data(block(path=str(MATRIX)), Path())
    assert len(data.y_train) + len(data.y_test) == 343_195
    assert (len(data.y_test), set(data.groups_test // 13)) == (34_354 + 33_690, {9, 10})
    assert len(set(data.groups_test)) == 24  # twelve activities of two subjects
    assert np.abs(data.x_train.mean(axis=0, dtype=float)).max() < 1e-4
    assert np.abs(data.x_train.std(axis=0, dtype=float) - 1).max() < 1e-4


@needs_matrix
def test_the_shared_matrix_has_the_rows_of_the_reference():
    data = load_data(block(path=str(MATRIX), preprocessing="reference"), Path())
    assert (len(data.y_train), len(data.y_test)) == (274_548, 34_319)  # of 343,185: 80 % and half of the rest
    assert np.array_equal(data.x_train[:1000], np.fix(data.x_train[:1000]))


def test_a_missing_matrix_is_told_with_its_source(tmp_path):
    with pytest.raises(ScenarioError, match=r"no file .*no.npz'; get the MHEALTH .*dataset/319.*put it there"):
        load_data(block(path="no.npz"), tmp_path)
    data = load_data(block(path="no.npz"), tmp_path, quick=True)
    assert (data.shape, data.classes, data.is_synthetic) == ((23,), 13, True)
