"""Data sets are what they say, test subjects are never trained on, and a missing file is told with the way out."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from simulator.errors import ScenarioError
from simulator.model.blocks import Data
from simulator.model.data import load_data

CAMERA = Path(__file__).parents[3] / "shared/data/camera_multiview/camera_multiview.npz"
needs_camera = pytest.mark.skipif(not CAMERA.exists(), reason="the camera data set is not here")


def block(**words):
    return TypeAdapter(Data).validate_python(words)


def test_the_watch_is_split_by_subject_in_seconds_of_six_signals():
    data = load_data(block(kind="watch"), Path())
    assert (data.x_train.shape, data.x_test.shape, data.classes) == ((3787, 50, 6), (1030, 50, 6), 7)
    assert data.x_train.dtype == np.float32
    assert not set(data.groups_train) & set(data.groups_test)
    assert np.abs(data.x_train.reshape(-1, 6).mean(axis=0)).max() < 1e-4  # standardised on the training subjects only
    assert np.abs(data.x_train.reshape(-1, 6).std(axis=0) - 1).max() < 1e-4
    assert np.abs(data.x_test.reshape(-1, 6).mean(axis=0)).max() > 1e-3
    assert data.prior("test").sum() == pytest.approx(1)
    one = load_data(block(kind="watch", test_subjects=1), Path())
    assert len(one.x_test) < len(data.x_test)
    assert one.fingerprint != data.fingerprint


@needs_camera
def test_the_camera_set_has_the_published_counts_and_keeps_black_views():
    data = load_data(block(kind="camera", path=str(CAMERA)), Path())
    assert np.bincount(data.y_train).tolist() == [290, 813, 7]
    assert np.bincount(data.y_test).tolist() == [33, 89, 1]
    assert data.x_test.shape == (123, 6, 32, 32, 3)
    assert data.x_test.max() <= 1
    blank = (data.x_test == 0).all(axis=(2, 3, 4)).sum(axis=1)
    assert np.bincount(blank, minlength=6).tolist() == [8, 7, 48, 24, 30, 6]


def arrays(path, **changes):
    dice = np.random.Generator(np.random.PCG64(1))
    whole = {"x_train": dice.integers(0, 256, (20, 4, 4, 3), np.uint8), "y_train": np.arange(20) % 3,
             "x_test": dice.integers(0, 256, (10, 4, 4, 3), np.uint8), "y_test": np.arange(10) % 3, **changes}
    np.savez(path, **{name: array for name, array in whole.items() if array is not None})
    return load_data(block(kind="arrays", path=path.name), path.parent)


def test_pictures_are_divided_by_255_and_rows_are_their_own_clusters(tmp_path):
    data = arrays(tmp_path / "a.npz")
    assert 0.9 < data.x_train.max() <= 1
    assert data.classes == 3
    assert len(set(data.groups_test)) == 10


def test_clusters_may_be_given(tmp_path):
    data = arrays(tmp_path / "a.npz", groups_train=np.arange(20) // 2, groups_test=np.arange(10) // 5)
    assert data.groups_test.tolist() == [0] * 5 + [1] * 5


def test_subjects_are_held_out_and_every_so_manyth_row_is_kept(tmp_path):
    rows = np.arange(40)
    np.savez(tmp_path / "s.npz", x=np.stack([rows, -rows], axis=1), y=rows % 4, subject=rows // 10)
    words = block(kind="arrays", path="s.npz", every=2, test_subjects=1, standardise=True, classes=5)
    data = load_data(words, tmp_path)
    assert (len(data.x_train), len(data.x_test), data.classes) == (15, 5, 5)
    assert set(data.groups_test) == {3}
    assert np.allclose(data.x_train.mean(axis=0), 0, atol=1e-5)


def test_a_missing_file_is_told_with_what_to_get_and_where_to_put_it(tmp_path):
    for words in ({"kind": "camera", "path": "no.npz"}, {"kind": "arrays", "path": "no.npz"}):
        with pytest.raises(ScenarioError, match=r"data.path: no file '.*no.npz'; get .*put it there"):
            load_data(block(**words), tmp_path)


@pytest.mark.parametrize(("words", "shape", "classes"), [
    ({"kind": "camera", "path": "no.npz"}, (6, 32, 32, 3), 3),
    ({"kind": "arrays", "path": "no.npz", "shape": [23], "classes": 13}, (23,), 13),
])
def test_quick_makes_up_arrays_of_the_shapes_and_says_so(words, shape, classes, tmp_path):
    data, again = (load_data(block(**words), tmp_path, quick=True) for _ in range(2))
    assert (data.shape, data.classes, data.is_synthetic) == (shape, classes, True)
    assert "SYNTHETIC" in data.title
    assert data.fingerprint == again.fingerprint
    assert np.array_equal(data.x_test, again.x_test)


def test_quick_does_not_replace_a_file_that_is_there(tmp_path):
    arrays(tmp_path / "a.npz")
    assert not load_data(block(kind="arrays", path="a.npz"), tmp_path, quick=True).is_synthetic


def test_quick_without_shapes_is_told(tmp_path):
    with pytest.raises(ScenarioError, match=r"write data.shape and data.classes"):
        load_data(block(kind="arrays", path="no.npz"), tmp_path, quick=True)


@pytest.mark.parametrize(("changes", "told"), [
    ({"y_test": None}, "has no array 'y_test'"),
    ({"y_train": np.arange(20) - 1}, "labels -1 to"),
    ({"y_test": np.arange(9) % 3}, "20 training and 10 test samples, but 20 and 9 labels"),
    ({"x_test": np.zeros((10, 5), np.uint8)}, "one shape"),
    ({"x_train": np.zeros((0, 4, 4, 3), np.uint8), "y_train": np.zeros(0, int)}, "no sample for training"),
])
def test_arrays_that_do_not_fit_together_are_told(changes, told, tmp_path):
    with pytest.raises(ScenarioError, match=told):
        arrays(tmp_path / "a.npz", **changes)


def test_a_wrong_shape_and_an_unreadable_file_are_told(tmp_path):
    arrays(tmp_path / "a.npz")
    with pytest.raises(ScenarioError, match=r"write \[4, 4, 3\]"):
        load_data(block(kind="arrays", path="a.npz", shape=[5]), tmp_path)
    (tmp_path / "text.npz").write_text("not an npz")
    with pytest.raises(ScenarioError, match="not a readable npz"):
        load_data(block(kind="arrays", path="text.npz"), tmp_path)
