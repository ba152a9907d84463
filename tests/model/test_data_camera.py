"""Camera crops: grouped by object or as the reference does, from names alone; a folder and an npz are the same data."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter

from simulator.errors import ScenarioError
from simulator.model.blocks import Data
from simulator.model.data import load_data
from simulator.model.datasets.views import Crops, by_frame, by_object

PACKED = Path(__file__).parents[3] / "shared/data/camera_multiview/camera_multiview.npz"
needs_packed = pytest.mark.skipif(not PACKED.exists(), reason="the camera data set is not here")
HALVES, LABELS = ("train", "test", "holdout"), ("person", "car", "bus")


def block(**words):
    return TypeAdapter(Data).validate_python({"kind": "camera", **words})


def name_of(half, y, frame, obj, camera):
    return f"{HALVES[half]}_dir/{LABELS[y]}_images/c{camera}_{obj}_{frame:08d}.png"


def write(folder, names, picture):
    for number, name in enumerate(names):
        path = folder / name_of(*name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(number)).save(path, compress_level=0)
    return folder


def shade(number):
    return np.full((32, 32, 3), [number, 200, 0], dtype=np.uint8)


WHOLE = [(half, y, frame, obj, camera) for half, y, frame, obj in
         ((0, 0, 1, 0), (0, 1, 1, 0), (0, 1, 1, 1), (1, 2, 1, 0), (2, 1, 2, 0), (2, 0, 3, 1)) for camera in range(6)]


def test_a_folder_is_grouped_by_object_and_incomplete_objects_are_counted(tmp_path):
    write(tmp_path, [*WHOLE, (0, 0, 1, 1, 3), (2, 1, 2, 2, 0)], shade)
    data = load_data(block(path="."), tmp_path)
    assert data.y_train.tolist() == [0, 1, 1]
    assert data.y_test.tolist() == [1, 0]
    assert data.groups_test.tolist() == [2, 3]
    assert "2 pictures of incomplete objects left out" in data.title
    assert np.allclose(data.x_train[:, :, 0, 0, 0] * 255, np.arange(18).reshape(3, 6))  # camera v is view v
    assert np.allclose(data.x_test[0, :, 5, 7], np.array([[24 + v, 200, 0] for v in range(6)]) / 255)


def test_the_half_that_is_left_out_may_be_the_other_one(tmp_path):
    write(tmp_path, WHOLE, shade)
    data = load_data(block(path=".", validation="holdout"), tmp_path)
    assert data.y_test.tolist() == [2]


def test_the_reference_lists_a_frame_by_name_and_cuts_it_in_sixes(tmp_path):
    write(tmp_path, WHOLE, shade)
    data = load_data(block(path=".", grouping="reference"), tmp_path)
    # Two cars in frame 1: c0_0, c0_1, c1_0, ... are the pictures 6, 12, 7, ...
    assert (data.x_train[:, :, 0, 0, 0] * 255).round().tolist() == [
        [0, 1, 2, 3, 4, 5], [6, 12, 7, 13, 8, 14], [9, 15, 10, 16, 11, 17]]


def test_the_reference_drops_a_frame_that_is_no_multiple_of_six(tmp_path):
    write(tmp_path, [*WHOLE, (0, 0, 1, 1, 3)], shade)
    (tmp_path / "train_dir/bus_images").mkdir()
    write(tmp_path, [(0, 2, 9, 0, camera) for camera in range(6)], shade)
    data = load_data(block(path=".", grouping="reference"), tmp_path)
    assert data.y_train.tolist() == [2]
    assert "19 pictures left out" in data.title


def crops_of(names):
    half, y, frame, obj, camera = np.array(names).T
    return Crops(half, y, frame, obj, camera)


def counts(grouping, crops):
    chosen = grouping.crops[:, 0]
    return [np.bincount(crops.y[chosen[crops.half[chosen] == half]], minlength=3).tolist() for half in range(3)]


def all_names():
    """Return names as the 8,312 files have them: the complete objects, and 38 crops of incomplete ones.

    Known of these: pairs in frame 77 (train), 202 and 214 (test) are one object each with a wrong number; the others
    make three training frames (of 5 persons and 12 cars) and a test frame (of 3 persons) no multiple of six.
    """
    raw = np.load(PACKED)
    objects = np.stack([raw[name].astype(int) for name in ("split", "y", "frame", "obj")], axis=1)
    names = [(*row, camera) for row in objects.tolist() for camera in range(6)]
    pairs = [(0, 0, 77, 0, 1), (1, 0, 202, 0, 2), (1, 0, 214, 0, 1)]
    for half, y, frame, one, other in pairs:
        names += [(half, y, frame, one if camera < 2 else other, camera) for camera in range(6)]
    paired = {(half, frame) for half, _, frame, _, _ in pairs}

    def cast(half, frame):
        return tuple(np.bincount(objects[(objects[:, 0] == half) & (objects[:, 2] == frame), 1], minlength=3))

    def frames(half, wanted):
        return [frame for frame in range(1, 243) if cast(half, frame) == wanted and (half, frame) not in paired]

    broken = [(0, frames(0, (1, 4, 0))[0]), *((0, frame) for frame in frames(0, (2, 4, 0))[:2]),
              (1, frames(1, (3, 0, 0))[0])]
    names += [(half, 0, frame, 5, camera) for half, frame in broken for camera in range(5)]
    return names


@needs_packed
def test_both_groupings_have_the_published_counts():
    crops = crops_of(all_names())
    assert len(crops.y) == 8312
    whole, cut = by_object(crops), by_frame(crops)
    assert counts(whole, crops) == [[290, 813, 7], [46, 98, 2], [33, 89, 1]]
    assert whole.dropped == 38
    assert counts(cut, crops) == [[286, 801, 7], [45, 98, 2], [33, 89, 1]]
    assert cut.dropped == 117 + 23


@needs_packed
def test_most_samples_of_the_reference_mix_objects_and_none_mixes_classes():
    crops = crops_of(all_names())
    cut = by_frame(crops).crops
    tested = cut[crops.half[cut[:, 0]] == 2]
    assert (np.ptp(crops.obj[tested], axis=1) > 0).sum() == 110  # published, for the holdout in the order of names
    assert (crops.camera[tested] == np.arange(6)).all(axis=1).sum() == 13
    assert (np.ptp(crops.y[cut], axis=1) == 0).all()


@needs_packed
def test_the_npz_can_be_grouped_as_the_reference_does_but_for_what_it_lacks():
    data, by_objects = (load_data(block(path=str(PACKED), grouping=grouping), Path()) for grouping in
                        ("reference", "object"))
    assert (len(data.y_train), len(data.y_test)) == (1110, 123)
    assert "incomplete objects not known" in data.title
    assert not np.array_equal(data.x_test, by_objects.x_test)
    views = [np.sort(of.x_test.reshape(-1, 3072).sum(axis=1)) for of in (data, by_objects)]
    assert np.array_equal(*views)  # the same crops


@needs_packed
@pytest.mark.slow
def test_a_folder_of_the_crops_is_the_same_data_set_as_the_npz(tmp_path):
    raw = np.load(PACKED)
    objects = np.stack([raw[name].astype(int) for name in ("split", "y", "frame", "obj")], axis=1).tolist()
    names, flat = [(*row, camera) for row in objects for camera in range(6)], raw["x"].reshape(-1, 32, 32, 3)
    write(tmp_path, names, lambda number: flat[number])
    for grouping in ("object", "reference"):
        folder, packed = (load_data(block(path=str(path), grouping=grouping), Path()) for path in (tmp_path, PACKED))
        assert folder.fingerprint == packed.fingerprint


def test_a_folder_of_something_else_is_told_with_all_that_is_wrong(tmp_path):
    write(tmp_path, WHOLE[:18], shade)
    (tmp_path / "train_dir/car_images/view7.png").write_bytes(b"")
    with pytest.raises(ScenarioError) as caught:
        load_data(block(path="."), tmp_path)
    told = str(caught.value)
    assert "no pictures in 'test_dir'; get the EPFL" in told and "no pictures in 'holdout_dir'" in told
    assert "1 pictures, such as" in told and "c<camera 0 to 5>_<object>_<frame>.jpg is needed" in told


def test_crops_of_another_size_and_unreadable_ones_are_told(tmp_path):
    write(tmp_path, WHOLE, shade)
    Image.fromarray(shade(0)[:30]).save(tmp_path / name_of(0, 1, 1, 0, 2))
    with pytest.raises(ScenarioError, match=r"c2_0_00000001.png' has the shape \(30, 32, 3\)"):
        load_data(block(path="."), tmp_path)
    (tmp_path / name_of(0, 1, 1, 0, 2)).write_bytes(b"no picture")
    with pytest.raises(ScenarioError, match=r"c2_0_00000001.png' is not a readable picture"):
        load_data(block(path="."), tmp_path)
