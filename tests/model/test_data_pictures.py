"""CIFAR-10 and folders of pictures: every layout gives the same pixels, and nothing in a pickle is called."""

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter

from simulator.errors import ScenarioError
from simulator.model.blocks import Data
from simulator.model.data import load_data
from simulator.model.datasets import cifar10, images
from simulator.model.datasets.rows import balanced, reference_halves

SHARED = Path(__file__).parents[3] / "shared/data"
SHEETS, SMALL = SHARED / "cifar10/cifar10_webp.npz", SHARED / "cifar10/cifar10_small.npz"
PACKED = SHARED / "imagenet_sample/imagenet_sample_224.npz"
needs_cifar10 = pytest.mark.skipif(not SHEETS.exists(), reason="CIFAR-10 is not here")
needs_packed = pytest.mark.skipif(not PACKED.exists(), reason="the ImageNet sample is not here")
BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def load(base, **words):
    return load_data(TypeAdapter(Data).validate_python(words), base)


def dice():
    return np.random.Generator(np.random.PCG64(5))


# -- rows --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", range(1, 31))
def test_rows_are_the_first_of_each_class_and_as_many_of_each_as_there_are(wanted):
    y = dice().choice(4, size=30, p=[0.5, 0.3, 0.1, 0.1])
    rows = balanced(y, wanted, "data.train_samples")
    taken, there = np.bincount(y[rows], minlength=4), np.bincount(y, minlength=4)
    assert len(rows) == wanted and (np.diff(rows) > 0).all()
    for number in range(4):
        assert rows[y[rows] == number].tolist() == np.flatnonzero(y == number)[: taken[number]].tolist()
        assert taken[number] == there[number] or taken[number] >= taken.max() - 1


def test_the_references_halves_are_of_its_sizes_and_apart():
    train, test = reference_halves(60_000)
    assert (len(train), len(test), len(np.intersect1d(train, test))) == (48_000, 6_000, 0)
    assert np.array_equal(train, reference_halves(60_000)[0])
    assert abs(test.mean() - 29_999.5) < 4.4172 * 17320 / np.sqrt(6000)  # two-sided 1e-5


# -- CIFAR-10 ----------------------------------------------------------------------------------------------------------


def halves(path, each=4):
    """Write a tiny npz of both halves; four training and two test pictures of each class."""
    y_train, y_test = np.tile(np.arange(10), each), np.tile(np.arange(10), each // 2)
    x_train, x_test = (dice().integers(0, 256, (len(y), 32, 32, 3), np.uint8) for y in (y_train, y_test))
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return x_train, y_train, x_test, y_test


def python2_text(data):
    return b"T" + len(data).to_bytes(4, "little") + data


def python2_batch(x, y):
    """Return the bytes that Python 2 wrote for a batch: protocol 2, strings of bytes, arrays by ``_reconstruct``."""
    rows = np.ascontiguousarray(x.transpose(0, 3, 1, 2)).reshape(len(x), 3072)
    count = len(x).to_bytes(2, "little")
    array = (b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01M" + count
             + b"M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNN"
             + b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb" + b"\x89" + python2_text(rows.tobytes()) + b"tb")
    labels = b"](" + b"".join(b"K" + bytes([label]) for label in y) + b"e"
    return (b"\x80\x02}(U\x0bbatch_labelU\x04testU\x06labels" + labels + b"U\x04data" + array + b"u.")


def batches(folder, x_train, y_train, x_test, y_test):
    for name, x, y in zip(BATCHES, [*np.array_split(x_train, 5), x_test], [*np.array_split(y_train, 5), y_test],
                          strict=True):
        (folder / name).write_bytes(python2_batch(x, y))


def test_batches_and_npz_are_the_same_pictures(tmp_path):
    made = halves(tmp_path / "c.npz")
    batches(tmp_path, *made)
    for words in ({}, {"split": "reference"}, {"standardise": True}, {"train_samples": 20, "test_samples": 7}):
        folder, packed = (load(tmp_path, kind="cifar10", path=path, **words) for path in (".", "c.npz"))
        assert folder.fingerprint == packed.fingerprint
    assert np.array_equal(load(tmp_path, kind="cifar10", path=".").x_train, made[0] / np.float32(255))


def test_a_batch_that_python_3_wrote_is_read_too(tmp_path):
    x, y, x_test, y_test = halves(tmp_path / "c.npz")
    batches(tmp_path, x, y, x_test, y_test)
    rows = x_test.transpose(0, 3, 1, 2).reshape(len(x_test), 3072)
    (tmp_path / "test_batch").write_bytes(pickle.dumps({b"data": rows, b"labels": y_test}, protocol=4))
    assert np.array_equal(load(tmp_path, kind="cifar10", path=".").x_test, x_test / np.float32(255))


class Caller:
    def __init__(self, call, *words):
        self.call, self.words = call, words

    def __reduce__(self):
        return self.call, self.words


@pytest.mark.parametrize("called", [
    lambda mark: Caller(Path.touch, mark),
    lambda mark: Caller(open, str(mark), "w"),
    lambda mark: Caller(eval, f"open({str(mark)!r}, 'w')"),
    lambda mark: Caller(np.save, str(mark), [1]),
    lambda mark: Caller(getattr, mark, "touch"),
    lambda mark: np.array([Caller(open, str(mark), "w")], dtype=object),
])
def test_what_a_pickle_calls_is_refused_and_not_called(called, tmp_path):
    batches(tmp_path, *halves(tmp_path / "c.npz"))
    mark = tmp_path / "called.npy"
    (tmp_path / "data_batch_3").write_bytes(pickle.dumps({b"data": called(mark), b"labels": [0]}, protocol=4))
    with pytest.raises(ScenarioError, match=r"data_batch_3' is not a batch of CIFAR-10: .*which is refused; get"):
        load(tmp_path, kind="cifar10", path=".")
    assert not mark.exists()


@pytest.mark.parametrize("text", [b"", b"not a pickle", b"\x80\x02}.", b"\x80\x02cnumpy\ndtype\n}b.",
                                  pickle.dumps({b"data": np.zeros(3072, complex), b"labels": [0]}, protocol=4)])
def test_a_damaged_batch_is_told(text, tmp_path):
    batches(tmp_path, *halves(tmp_path / "c.npz"))
    (tmp_path / "test_batch").write_bytes(text)
    with pytest.raises(ScenarioError, match="test_batch' is not a batch of CIFAR-10"):
        load(tmp_path, kind="cifar10", path=".")


def test_a_pickle_cannot_change_what_a_name_stands_for(tmp_path):
    batches(tmp_path, *halves(tmp_path / "c.npz"))
    batch = (tmp_path / "test_batch").read_bytes()
    (tmp_path / "test_batch").write_bytes(b"\x80\x02cnumpy\ndtype\n}U\x05_makeK\x01sb0" + batch[2:])
    with pytest.raises(ScenarioError, match="it changes what a name stands for"):
        load(tmp_path, kind="cifar10", path=".")


def test_a_missing_batch_is_told(tmp_path):
    batches(tmp_path, *halves(tmp_path / "c.npz"))
    (tmp_path / "data_batch_2").unlink()
    with pytest.raises(ScenarioError, match=r"has no 'data_batch_2'; get CIFAR-10, python version .*kriz/cifar.html"):
        load(tmp_path, kind="cifar10", path=".")


def test_validation_pictures_are_taken_from_the_end_of_training(tmp_path):
    x_train, *_ = halves(tmp_path / "c.npz")
    data = load(tmp_path, kind="cifar10", path="c.npz", validation_samples=13)
    assert np.array_equal(data.x_train, x_train[:27] / np.float32(255))
    with pytest.raises(ScenarioError, match=r"data.validation_samples: 40 of 40"):
        load(tmp_path, kind="cifar10", path="c.npz", validation_samples=40)


def test_colours_are_standardised_on_the_training_pictures(tmp_path):
    x_train, _, x_test, _ = halves(tmp_path / "c.npz")
    data = load(tmp_path, kind="cifar10", path="c.npz", standardise=True)
    seen = (x_train / 255).reshape(-1, 3)
    assert np.allclose(data.x_test, (x_test / 255 - seen.mean(axis=0)) / seen.std(axis=0), atol=1e-4)


def test_only_the_sheets_that_are_needed_are_decoded(tmp_path, monkeypatch):
    sheets = [dice().integers(0, 256, (800, 1280, 3), np.uint8) for _ in range(2)]
    packed = []
    for sheet in sheets:
        buffer = io.BytesIO()
        Image.fromarray(sheet).save(buffer, "WEBP", lossless=True, method=0, quality=0)
        packed.append(buffer.getvalue())
    packed.append(b"never read")
    ends = np.cumsum([0, *map(len, packed)])
    np.savez(tmp_path / "s.npz", webp=np.frombuffer(b"".join(packed), np.uint8), offsets=ends,
             y_train=np.arange(2000) % 10, y_test=np.arange(1000) % 10)
    decoded, real = [], cifar10.pixels
    monkeypatch.setattr(cifar10, "pixels", lambda data, name: decoded.append(name) or real(data, name))
    with pytest.raises(ScenarioError, match=r"sheet 2 of .*is not a readable picture"):
        load(tmp_path, kind="cifar10", path="s.npz", train_samples=30)
    assert len(decoded) == 2  # sheet 0 for training, sheet 2 for the test
    np.savez(tmp_path / "t.npz", webp=np.frombuffer(b"".join(packed[:2]), np.uint8), offsets=ends[:3],
             y_train=np.arange(1000) % 10, y_test=np.arange(1000) % 10)
    data = load(tmp_path, kind="cifar10", path="t.npz", train_samples=50)
    assert np.array_equal(data.x_train[41], sheets[0][32:64, 32:64] / np.float32(255))  # second row, second picture
    assert np.array_equal(data.x_test[999], sheets[1][-32:, -32:] / np.float32(255))


@needs_cifar10
def test_the_sheets_hold_the_pictures_of_the_small_file():
    sheets = load(Path(), kind="cifar10", path=str(SHEETS), train_samples=2000)
    small = load(Path(), kind="cifar10", path=str(SMALL))
    order = np.argsort(np.load(SMALL)["train_index"])
    assert np.array_equal(sheets.x_test, small.x_test)
    assert np.array_equal(sheets.x_train, small.x_train[order])
    assert np.array_equal(sheets.y_train, small.y_train[order])
    assert np.bincount(sheets.y_train).tolist() == [200] * 10


# -- folders -----------------------------------------------------------------------------------------------------------


def pictures(folder, layout, size=(8, 6)):
    """Write one-coloured pictures; ``layout`` maps 'half/class' to how many."""
    shades = {}
    for number, (place, count) in enumerate(layout.items()):
        (folder / place).mkdir(parents=True)
        for k in range(count):
            shades[place, k] = 20 * number + k
            Image.new("RGB", size, (20 * number + k, 255, 0)).save(folder / place / f"p{k}.png")
    return shades


def test_classes_are_folders_by_name_and_pictures_are_resized_and_scaled(tmp_path):
    pictures(tmp_path, {"train/dog": 3, "train/ant": 2, "val/dog": 1, "val/ant": 1})
    data = load(tmp_path, kind="images", path=".", size=[4, 5])
    assert (data.y_train.tolist(), data.y_test.tolist(), data.classes) == ([0, 0, 1, 1, 1], [0, 1], 2)
    assert data.x_train.shape == (5, 4, 5, 3)
    assert np.allclose(data.x_train[:, 2, 2, 0] * 255, [20, 21, 0, 1, 2])
    other = load(tmp_path, kind="images", path=".", size=[4, 5], scale="minus_one_one")
    assert np.allclose(other.x_train, data.x_train * 2 - 1, atol=1e-6)
    assert other.x_train.max() == 1
    few = load(tmp_path, kind="images", path=".", size=[4, 5], train_samples=3)
    assert np.allclose(few.x_train[:, 2, 2, 0] * 255, [20, 21, 0])


def test_height_comes_before_width(tmp_path):
    pictures(tmp_path, {"train/a": 1, "test/a": 1, "train/b": 1})
    Image.fromarray(np.repeat(np.array([[[0], [250]]], np.uint8), 3, axis=2)).save(tmp_path / "train/a/p0.png")
    data = load(tmp_path, kind="images", path=".", size=[3, 2])
    assert (data.x_train[0, :, :, 0] * 255).round().tolist() == [[0, 250]] * 3


@pytest.mark.parametrize(("layout", "told"), [
    ({"train/a": 1, "train/b": 1}, "test' has no pictures in folders of classes; get pictures in folders"),
    ({"train": 1, "test/a": 1}, "train' has no pictures in folders of classes"),
    ({"train/a": 1, "test/b": 1}, "classes that are not in training, such as 'b'"),
])
def test_folders_that_do_not_fit_are_told(layout, told, tmp_path):
    pictures(tmp_path, layout)
    with pytest.raises(ScenarioError, match=told):
        load(tmp_path, kind="images", path=".")


def test_more_pictures_than_memory_holds_are_refused_before_one_is_read(tmp_path, monkeypatch):
    pictures(tmp_path, {"train/a": 3, "test/a": 1})
    (tmp_path / "train/a/p0.png").write_bytes(b"no picture")
    monkeypatch.setattr(images, "MOST_BYTES", 3 * 10 * 10 * 3 * 4)
    with pytest.raises(ScenarioError, match=r"data.train_samples: 4 pictures of 10 x 10 .* ask for at most 3"):
        load(tmp_path, kind="images", path=".", size=[10, 10])


def test_an_npz_of_jpegs_gives_every_so_manyth_picture_to_the_test(tmp_path):
    packed = []
    for shade in range(7):
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8), (30 * shade,) * 3).save(buffer, "JPEG", quality=100)
        packed.append(buffer.getvalue())
    words = {"jpeg": np.frombuffer(b"".join(packed), np.uint8), "y": np.arange(7),
             "offsets": np.cumsum([0, *map(len, packed)])}
    np.savez(tmp_path / "j.npz", **words)
    data = load(tmp_path, kind="images", path="j.npz", size=[2, 2], test_every=3)
    assert (data.y_test.tolist(), data.y_train.tolist(), data.classes) == ([2, 5], [0, 1, 3, 4, 6], 7)
    assert np.allclose(data.x_test[:, 0, 0, 0] * 255, [60, 150], atol=1)
    np.savez(tmp_path / "j.npz", **{**words, "y": np.arange(6)})
    with pytest.raises(ScenarioError, match=r"has 8 offsets into .* bytes, and 6 labels"):
        load(tmp_path, kind="images", path="j.npz")


@needs_packed
def test_every_fifth_picture_of_the_sample_is_a_test_picture():
    data = load(Path(), kind="images", path=str(PACKED), size=[32, 32])
    assert (len(data.y_train), len(data.y_test), data.classes) == (800, 200, 1000)
    assert data.y_test.tolist() == list(range(4, 1000, 5))


@pytest.mark.parametrize(("kind", "source", "shape", "classes"), [
    ("cifar10", "kriz/cifar.html", (32, 32, 3), 10), ("images", "image-net.org", (160, 160, 3), 1000)])
def test_missing_pictures_are_told_with_their_source(kind, source, shape, classes, tmp_path):
    with pytest.raises(ScenarioError, match=rf"no file '.*nowhere'; get .*{source}.*put it there"):
        load(tmp_path, kind=kind, path="nowhere")
    block = TypeAdapter(Data).validate_python({"kind": kind, "path": "nowhere"})
    data = load_data(block, tmp_path, quick=True)
    assert (data.shape, data.classes, data.is_synthetic) == (shape, classes, True)
