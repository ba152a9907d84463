"""A .keras file is read without running anything in it, and what is not read says why and what to do."""

import json
import zipfile

import pytest

from simulator.errors import ScenarioError
from simulator.model.backend import keras
from simulator.model.keras_files import file_hash, file_problems, read_keras

layers = keras.layers


def saved(model, folder, name="model.keras"):
    path = folder / name
    model.save(path)
    return path


def small(*inner):
    return keras.Sequential([keras.Input((4,)), *inner, layers.Dense(2)])


def told(path, **kwargs):
    with pytest.raises(ScenarioError) as caught:
        read_keras(path, "argument MODEL", **kwargs)
    return [str(problem) for problem in caught.value.problems]


def test_a_plain_model_is_read(tmp_path):
    path = saved(small(layers.BatchNormalization(), layers.Activation("swish")), tmp_path)
    assert read_keras(path, "", file_hash(path)).count_params() > 0


def test_lambda_layers_are_refused_all_at_once_with_the_way_out(tmp_path):
    inner = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x, name="deep")], name="inside")
    problems = told(saved(small(layers.Lambda(lambda x: x + 1, name="odd"), inner), tmp_path))
    assert len(problems) == 2
    assert "'odd' is a Lambda" in problems[0]
    assert "'deep' is a Lambda" in problems[1]
    assert all("keras.ops" in problem and "register_keras_serializable" in problem for problem in problems)


def test_a_lambda_is_never_run(tmp_path):
    trap = tmp_path / "ran"
    name = str(trap)
    path = saved(small(layers.Lambda(lambda x, to=name: (open(to, "w").close(), x)[1], output_shape=(4,))), tmp_path)
    trap.unlink(missing_ok=True)
    told(path)
    assert not trap.exists()


def test_a_class_that_nobody_registered_is_told(tmp_path):
    class Own(layers.Layer):
        def call(self, inputs):
            return inputs

    (problem,) = told(saved(small(Own(name="mine")), tmp_path))
    assert "'mine' is of the class 'Own'" in problem
    assert "register_keras_serializable" in problem


def test_a_class_that_is_registered_is_read(tmp_path):
    @keras.saving.register_keras_serializable(package="tests_of_files")
    class Doubling(layers.Layer):
        def call(self, inputs):
            return inputs * 2

    assert read_keras(saved(small(Doubling()), tmp_path), "").layers


def test_a_file_that_names_a_module_to_import_is_refused(tmp_path):
    path = saved(small(), tmp_path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1] |= {"module": "os", "class_name": "system", "registered_name": "system"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**parts, "config.json": json.dumps(config)}.items():
            archive.writestr(name, content)
    assert "'system'" in told(path)[0]


@pytest.mark.parametrize("name", ["model.h5", "model.weights.h5"])
def test_other_formats_are_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    assert "not a .keras file" in told(path)[0]
    assert ".h5 files and folders are not read" in told(path)[0]


def test_a_missing_file_is_told(tmp_path):
    assert "no file" in file_problems(tmp_path / "none.keras", "here")[0].message


def test_another_file_than_it_was_is_refused(tmp_path):
    path = saved(small(), tmp_path)
    assert "another file than it was" in told(path, sha256="0" * 64)[0]


def test_a_model_that_is_no_graph_is_refused(tmp_path):
    @keras.saving.register_keras_serializable(package="tests_of_files")
    class Free(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = layers.Dense(2)

        def call(self, inputs):
            return self.dense(inputs)

    model = Free()
    model(keras.ops.ones((1, 4)))
    assert "is no graph of layers" in told(saved(model, tmp_path))[0]
