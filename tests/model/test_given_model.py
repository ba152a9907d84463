"""A model file that is cut from a Keras file: built, fitted, fine-tuned, and known by its file and its cuts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from simulator.errors import ScenarioError
from simulator.model.adapters import bypassed, fit_adapters
from simulator.model.backend import keras
from simulator.model.blocks import ModelFile, Training
from simulator.model.datasets.dataset import DataSet
from simulator.model.given_parts import exit_loss
from simulator.model.graph import part_graph
from simulator.model.partition import Wish, partition
from simulator.model.runner import KerasRunner
from simulator.model.split import SplitModel
from simulator.model.train import train, weights_key
from simulator.model.work import work_flop
from simulator.model.written import yaml_text
from tests.support import keras_models
from tests.support.models import run_by_parts

layers = keras.layers
DICE = np.random.Generator(np.random.PCG64(11))
RESIDUAL = Wish(Path(), (("norm", "stem"), ("relu",)), ("device", "edge", "cloud"), (1, 1))


def given(make, folder, wish=RESIDUAL, **training):
    """Return a model, saved, and the model file of its partition."""
    keras.utils.clear_session()
    model = make()
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([DICE.uniform(0.5, 1.5, weight.shape) for weight in layer.weights])
    model.save(folder / "model.keras")
    text = yaml_text(partition(replace(wish, path=folder / "model.keras"), folder).model)
    file = ModelFile.model_validate(yaml.safe_load(text))
    return model, file.model_copy(update={"keras": file.keras.beside(folder), "training": Training(**training)})


def split_of(file, shape=(8, 8, 3), classes=3, strategy="select", **kwargs):
    return SplitModel(file, part_graph(file, strategy), shape, classes, **kwargs)


def samples(count=40, shape=(8, 8, 3), classes=3):
    x = DICE.normal(size=(count, *shape)).astype(np.float32)
    y = (x.mean(axis=tuple(range(1, x.ndim))) * 10).round().astype(np.int64) % classes
    return DataSet(x, y, x, y, y, y, classes, "random", is_synthetic=True, fingerprint="random")


@pytest.mark.parametrize("strategy", ["vanilla", "select"])
def test_with_everything_up_it_answers_as_the_model_does(tmp_path, strategy):
    model, file = given(keras_models.residual, tmp_path)
    split, data = split_of(file, strategy=strategy), samples(6)
    fit_adapters(split, data.x_train)
    parts = run_by_parts(KerasRunner(split, data.x_train), split.graph, frozenset(), np.arange(6))
    np.testing.assert_allclose(parts, model(data.x_train), rtol=1e-4, atol=1e-6)


def test_tensors_that_cross_together_are_one_message_of_their_bytes(tmp_path):
    _, file = given(keras_models.residual, tmp_path)
    sent = split_of(file).costs().payload_bytes
    assert sent == {"sensor->device": 8 * 8 * 3 * 4, "device->edge": 2 * 8 * 8 * 4 * 4, "edge->cloud": 8 * 8 * 4 * 4,
                    "device->cloud": 8 * 8 * 4 * 4}


def test_samples_are_scaled_before_they_enter(tmp_path):
    model, file = given(keras_models.residual, tmp_path, replace(RESIDUAL, scaling=(255.0, -3.0)))
    data = samples(5)
    split = split_of(file)
    got = run_by_parts(KerasRunner(split, data.x_train), split.graph, frozenset(), np.arange(5))
    np.testing.assert_allclose(got, model(data.x_train * 255 - 3), rtol=1e-3, atol=1e-5)


def test_several_sources_make_one_message_and_each_sends_its_own_tensor(tmp_path):
    wish = Wish(Path(), (("both",),), ("device", "cloud"))
    model, file = given(keras_models.siamese, tmp_path, wish)
    split, x = split_of(file, (2, 4)), DICE.normal(size=(5, 2, 4)).astype(np.float32)
    assert split.costs().payload_bytes == {"left->device": 16, "right->device": 16, "device->cloud": 16}
    runner = KerasRunner(split, x)
    whole = run_by_parts(runner, split.graph, frozenset(), np.arange(5))
    np.testing.assert_allclose(whole, model([x[:, 0], x[:, 1]]), rtol=1e-4, atol=1e-6)
    blind = run_by_parts(runner, split.graph, frozenset({"right"}), np.arange(5))
    np.testing.assert_allclose(blind, model([x[:, 0], np.zeros((5, 4))]), rtol=1e-4, atol=1e-6)


def test_inputs_of_different_shapes_lie_in_a_vector_one_after_the_other(tmp_path):
    wish = Wish(Path(), (("conv", "number"),), ("device", "cloud"))
    model, file = given(keras_models.late_input, tmp_path, wish)
    assert {name: source.numbers for name, source in file.sources.items()} == {"number": (0, 3), "picture": (3, 35)}
    split, x = split_of(file, (35,)), DICE.normal(size=(5, 35)).astype(np.float32)
    assert split.costs().payload_bytes == {"number->device": 12, "picture->device": 128, "device->cloud": 44}
    whole = run_by_parts(KerasRunner(split, x), split.graph, frozenset(), np.arange(5))
    expected = model({"number": x[:, :3], "picture": x[:, 3:].reshape(5, 4, 4, 2)})
    np.testing.assert_allclose(whole, expected, rtol=1e-4, atol=1e-6)
    with pytest.raises(ScenarioError, match=r"sources\.picture\.numbers: \[3, 35\] is not 32 numbers"):
        split_of(file, (30,))


def test_an_early_output_is_an_exit_that_answers_without_what_follows(tmp_path):
    wish = Wish(Path(), (("one", "aux"),), ("device", "cloud"))
    model, file = given(keras_models.early_exit, tmp_path, wish)
    split, x = split_of(file, (6,)), DICE.normal(size=(5, 6)).astype(np.float32)
    assert split.graph.exits == ("device_aux", "cloud")
    runner = KerasRunner(split, x)
    device = runner.run("device", [runner.source("sensor", np.arange(5))])
    for exit_part, expected in zip(("device_aux", "cloud"), model(x), strict=True):
        edge = split.graph.inputs[exit_part][0]
        np.testing.assert_allclose(runner.run(exit_part, [runner.send(edge, device)]), expected, rtol=1e-4, atol=1e-6)


def test_an_adapter_is_the_least_squares_answer_to_what_the_bypassed_part_sent(tmp_path):
    _, file = given(keras_models.residual, tmp_path)
    split, data = split_of(file), samples(30)
    (skip, others), = bypassed(split.graph).items()
    assert [split.graph.edges[edge].name for edge in (skip, *others)] == ["device->cloud", "edge->cloud"]
    left = fit_adapters(split, data.x_train)[skip]
    runner = KerasRunner(split, data.x_train)
    device = runner.run("device", [runner.source("sensor", np.arange(30))])
    edge = runner.run("edge", [device])
    stem = device[:, 8 * 8 * 4:].reshape(-1, 4)  # the adapter takes the last tensor of the message: norm, then stem
    best, *_ = np.linalg.lstsq(stem.astype(float), edge.reshape(-1, 4).astype(float), rcond=None)
    got = runner.send(skip, device).reshape(-1, 4)
    np.testing.assert_allclose(got, stem @ best, atol=1e-3)
    expected = ((stem @ best - edge.reshape(-1, 4)) ** 2).sum() / ((edge.reshape(-1, 4) -
                                                                    edge.reshape(-1, 4).mean(axis=0)) ** 2).sum()
    assert left == pytest.approx(expected, rel=1e-3)


def test_an_adapter_between_vectors_finds_a_linear_part_exactly(tmp_path):
    def linear():
        start = keras.Input((6,), name="start")
        one = layers.Dense(5, activation="relu", name="one")(start)
        return keras.Model(start, layers.Dense(3, name="answer")(layers.Dense(4, name="two")(one)))

    _, file = given(linear, tmp_path, Wish(Path(), (("one",), ("two",)), ("a", "b", "c"), (1, 1)))
    split = split_of(file, (6,))
    left = fit_adapters(split, DICE.normal(size=(50, 6)).astype(np.float32))
    assert list(left.values()) == pytest.approx([0], abs=1e-6)


def test_a_message_of_several_tensors_has_an_adapter_for_each_that_is_not_carried(tmp_path):
    def branches():
        start = keras.Input((6,), name="start")
        one = layers.Dense(5, activation="relu", name="one")(start)
        left, right = layers.Dense(4, name="left")(one), layers.Dense(3, name="right")(one)
        both = layers.Concatenate(name="both")([left, right, one])
        return keras.Model(start, layers.Dense(3, name="answer")(both))

    wish = Wish(Path(), (("one",), ("left", "one", "right")), ("a", "b", "c"), (1, 1))
    model, file = given(branches, tmp_path, wish)
    split, x = split_of(file, (6,)), DICE.normal(size=(50, 6)).astype(np.float32)
    assert list(fit_adapters(split, x).values()) == pytest.approx([0], abs=1e-5)
    bypass = run_by_parts(KerasRunner(split, x), split.graph, frozenset({"b"}), np.arange(50))
    np.testing.assert_allclose(bypass, model(x), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("weights", ["fixed", "trained"])
def test_given_weights_stay_or_move_and_normalisation_never_does(tmp_path, weights):
    _, file = given(keras_models.residual, tmp_path, given=weights, epochs=2, learning_rate=0.01)
    split = split_of(file, failout=file.failout)
    before = dict(split.weights)
    train(split, samples(64), file.training, 1, lambda done, of: None)
    moved = {name for name, array in split.weights.items() if not np.array_equal(array, before[name])}
    norm = {name for name, array in before.items() if name.startswith("device") and array.shape == (4,)}
    assert "device->cloud:0" in moved
    assert any(name.startswith("cloud:") for name in moved) == (weights == "trained")
    normalisation = [weight for weight in split.parts["device"].weights if "norm" in weight.path]
    assert len(normalisation) == 4
    assert norm
    place = {weight.path: number for number, weight in enumerate(split.parts["device"].weights)}
    assert not moved & {f"device:{place[weight.path]}" for weight in normalisation}


def test_no_epochs_leave_a_given_model_as_it_is(tmp_path):
    _, file = given(keras_models.residual, tmp_path, epochs=0, adapters="labels")
    split = split_of(file)
    before = split.weights
    train(split, samples(), file.training, 1, lambda done, of: None)
    assert all(np.array_equal(array, before[name]) for name, array in split.weights.items())


def test_weights_are_known_by_the_file_the_cuts_and_what_may_move(tmp_path):
    _, file = given(keras_models.residual, tmp_path)
    split, data = split_of(file), samples(4)
    other = tmp_path / "other"
    other.mkdir()
    keras_models.residual().save(other / "model.keras")
    edge = file.parts["edge"].model_copy(update={"from_keras": file.parts["cloud"].from_keras})
    files = [file, *(file.model_copy(update=change) for change in (
        {"training": Training(given="fixed")}, {"training": Training(adapters="labels")},
        {"parts": {**file.parts, "edge": edge}}, {"keras": file.keras.beside(other)},
        {"keras": file.keras.model_copy(update={"scale": 2.0}).beside(tmp_path)},
    ))]
    names = set()
    for one in files:
        split.model = one
        names.add(weights_key(split, "select", data, one.training, None, 1))
    assert len(names) == len(files)


def test_where_the_file_is_missing_random_parts_of_its_interface_can_stand_in(tmp_path):
    _, file = given(keras_models.residual, tmp_path)
    whole = split_of(file)
    (tmp_path / "model.keras").unlink()
    with pytest.raises(ScenarioError, match=r"no file .*model\.keras"):
        split_of(file)
    made_up = split_of(file.model_copy(update={"keras": file.keras.standing_in()}))
    assert made_up.shapes == whole.shapes
    assert made_up.costs().payload_bytes == whole.costs().payload_bytes


def test_what_does_not_fit_the_file_is_told_with_its_place(tmp_path):
    _, file = given(keras_models.residual, tmp_path)
    plain = file.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["parts"]["edge"]["from_keras"]["outputs"] = {"rellu": [8, 8, 4]}
    plain["parts"]["cloud"]["from_keras"]["inputs"] = {"relu": [8, 8, 5]}
    wrong = ModelFile.model_validate(plain)
    with pytest.raises(ScenarioError) as caught:
        split_of(wrong.model_copy(update={"keras": wrong.keras.beside(tmp_path)}))
    told = "\n".join(map(str, caught.value.problems))
    assert "parts.edge.from_keras.outputs.rellu: the Keras model has no tensor 'rellu'; did you mean 'relu'?" in told
    assert "parts.cloud.from_keras.inputs.relu: (8, 8, 5) is not its shape; write (8, 8, 4)" in told


def test_data_of_another_shape_and_an_exit_of_other_classes_are_told(tmp_path):
    _, file = given(keras_models.residual, tmp_path)
    with pytest.raises(ScenarioError, match=r"sources\.sensor: its samples have the shape \(9, 8, 3\).*\(8, 8, 3\)"):
        split_of(file, (9, 8, 3))
    with pytest.raises(ScenarioError, match="one number for each of 4 classes"):
        split_of(file, classes=4)


@pytest.mark.parametrize(("ends", "is_logits"), [
    (lambda t: layers.Dense(3)(t), True), (lambda t: layers.Dense(3, activation="softmax")(t), False),
    (lambda t: layers.Softmax()(layers.Dense(3)(t)), False), (lambda t: keras.ops.softmax(layers.Dense(3)(t)), False),
    (lambda t: layers.Activation("softmax")(layers.Dense(3)(t)), False),
    (lambda t: layers.ReLU()(layers.Dense(3)(t)), True),
    (lambda t: layers.Activation("softmax", dtype="float32")(layers.Reshape((3,))(layers.Dense(3)(t))), False),
])
def test_the_loss_fits_what_an_exit_ends_in(ends, is_logits):
    start = keras.Input((4,))
    loss = exit_loss(keras.Model(start, ends(start)))
    assert (loss != "sparse_categorical_crossentropy") == is_logits


def test_copies_of_a_shared_layer_count_in_every_part_that_holds_one(tmp_path):
    keras.utils.clear_session()
    keras_models.shared().save(tmp_path / "model.keras")
    made = partition(Wish(tmp_path / "model.keras", (("dense",), ("dense@2",)), ("a", "b", "c")), tmp_path)
    assert made.shared == ("dense",)
    assert [row.parameters for row in made.parts] == [20, 20, 20 + 15]
    assert sum(row.work_flop for row in made.parts) == work_flop(keras_models.shared())
