"""What must be equal between the literature's strategies, and where it must not be, on random weights."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.model.graph import part_graph
from simulator.model.runner import KerasRunner
from tests.support.literature import first_that_is_not_zero, random_split, samples_of, small_model, whole
from tests.support.models import run_by_parts

EQUAL = ("health-mlp", "resnet18", "mobilenet-imagenet", "camera-mlp")
LARGE = ("resnet18", "mobilenet-imagenet")
CLOSE = {"rtol": 1e-4, "atol": 1e-6}


def up(split, x):
    """Return the answer with everything up; that the runner gives the same is tested below."""
    return whole(split, x)


def without_skips(name):
    """Return the weights of a model's hyperconnections that silence its skips, and the names of the skips."""
    model = small_model(name)
    simple = {edge.name for edge in part_graph(model, "vanilla").edges}
    names = [block.name for block in model.hyperconnections]
    return tuple(float(edge in simple) for edge in names), [edge for edge in names if edge not in simple]


def answers_that_vary(answer):
    """Return whether an answer says anything: it differs from sample to sample."""
    return np.ptp(answer, axis=0).max() > 1e-4


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.slow if name in LARGE else ()) for name in EQUAL])
def test_skips_of_weight_0_and_no_skips_are_vanilla(name):
    x, (weights, _) = samples_of(name), without_skips(name)
    vanilla = up(random_split(name, "vanilla"), x)
    assert answers_that_vary(vanilla)
    np.testing.assert_allclose(up(random_split(name, "dfg", weights=weights), x), vanilla, **CLOSE)
    assert not np.allclose(up(random_split(name, "dfg"), x), vanilla, **CLOSE)


@pytest.mark.slow
def test_the_border_of_zeros_keeps_mobilenet_for_small_pictures_from_being_vanilla():
    name = "mobilenet"
    x, (weights, _) = samples_of(name), without_skips(name)
    vanilla, silenced = random_split(name, "vanilla"), random_split(name, "dfg", weights=weights)
    assert [split.parts["cloud"].input.shape[1:3] for split in (vanilla, silenced)] == [(7, 7), (8, 8)]
    assert not np.allclose(up(silenced, x), up(vanilla, x), **CLOSE)
    # Without the skip that is larger than the fog's output there is no border, and the rule holds.
    weights = tuple(0.0 if block.name == "iot->fog" else 1.0 for block in small_model(name).hyperconnections)
    narrow = random_split(name, "dfg", ("iot->fog",), weights)
    np.testing.assert_allclose(up(narrow, x), up(vanilla, x), **CLOSE)


@pytest.mark.parametrize("name", [name for name in EQUAL if name != "camera-mlp"])
def test_resilinet_with_everything_up_is_vanilla(name):
    x = samples_of(name)
    vanilla = up(random_split(name, "vanilla"), x)
    for strategy in ("resilinet", "select"):
        assert np.array_equal(up(random_split(name, strategy), x), vanilla)


def test_the_camera_with_everything_up_takes_no_skip_under_resilinet():
    """Each of its joins prefers what is below, so it too is vanilla; only when something dies a skip is taken."""
    x = samples_of("camera-mlp")
    np.testing.assert_allclose(up(random_split("camera-mlp", "resilinet"), x),
                               up(random_split("camera-mlp", "vanilla"), x), **CLOSE)


@pytest.mark.parametrize("name", [*EQUAL, "mobilenet"])
def test_resilinet_plus_is_dfg_at_inference(name):
    model, (_, skips) = small_model(name), without_skips(name)
    for chosen in [tuple(skips[:count]) for count in range(len(skips) + 1)]:
        assert part_graph(model, "resilinet_plus", chosen) == part_graph(model, "dfg", chosen)
        assert part_graph(model, "resilinet", chosen) == part_graph(model, "select", chosen)
        assert {edge.name for edge in part_graph(model, "dfg", chosen).edges} >= set(chosen)
    assert part_graph(model, "dfg", ()) == part_graph(model, "vanilla")


@pytest.mark.parametrize(("name", "strategy", "dead"), [
    ("health-mlp", "dfg", "fog2"), ("health-mlp", "select", "edge"), ("camera-mlp", "dfg", "f4"),
    ("camera-mlp", "select", "f2"), ("resnet18", "select", "fog"), ("resnet18", "dfg", "edge"),
    ("mobilenet", "select", "fog"), ("mobilenet-imagenet", "dfg", "edge")])
def test_the_runner_gives_what_the_pieces_give(name, strategy, dead):
    split, x = random_split(name, strategy), samples_of(name)
    runner = KerasRunner(split, x)
    for parts in ((), (dead,)):
        found = run_by_parts(runner, split.graph, frozenset(parts), np.arange(len(x)))
        np.testing.assert_allclose(found, whole(split, x, parts), **CLOSE)


def dense(split, part, tensor):
    """Return what the Dense layers of a part make of a tensor, in numpy."""
    arrays = [split.weights[f"{part}:{number}"] for number in range(len(split.parts[part].weights))]
    for kernel, bias in zip(arrays[::2], arrays[1::2], strict=True):
        if kernel.shape[0] != tensor.shape[-1]:  # the exit flattens before its last layer
            logits = tensor.reshape(len(tensor), -1) @ kernel + bias
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            return powers / powers.sum(axis=1, keepdims=True)
        tensor = np.maximum(tensor @ kernel + bias, 0)
    return tensor


@pytest.mark.parametrize("strategy", ["dfg", "resilinet_plus"])
def test_the_sums_of_the_camera_are_those_of_the_reference(strategy):
    split, x = random_split("camera-mlp", strategy), samples_of("camera-mlp")
    view = [x[:, place] for place in range(6)]
    e1, e2, e3, e4 = (dense(split, f"e{number}", given) for number, given in enumerate(
        (view[0] + view[1], view[2], view[3] + view[4], view[5]), 1))
    f3, f4 = dense(split, "f3", e1), dense(split, "f4", e2 + e3 + e4)
    f2 = dense(split, "f2", e1 + e2 + e3 + e4 + f3 + f4)
    f1 = dense(split, "f1", f2 + f3 + f4)
    np.testing.assert_allclose(up(split, x), dense(split, "c", f1 + f2), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("dead", "taken"), [
    ({"f3"}, ("e1", "f4", "f2", "f1")), ({"f4"}, ("f3", "e2+e3+e4", "f2", "f1")),
    ({"f2"}, ("f3", "f4", "f3+f4", "f1")), ({"f1"}, ("f3", "f4", "f2", "f2"))])
def test_the_choices_of_the_camera_are_those_of_the_reference(dead, taken):
    split, x = random_split("camera-mlp", "resilinet"), samples_of("camera-mlp")
    left, right, into_f1, into_c = taken
    view = [x[:, place] for place in range(6)]
    known = {f"e{number}": dense(split, f"e{number}", given) for number, given in enumerate(
        (view[0] + view[1], view[2], view[3] + view[4], view[5]), 1)}

    def total(names):
        return sum(known[name] for name in names.split("+"))

    known["f3"], known["f4"] = dense(split, "f3", total("e1")), dense(split, "f4", total("e2+e3+e4"))
    known["f2"] = dense(split, "f2", total(left) + total(right))
    known["f1"] = dense(split, "f1", total(into_f1))
    np.testing.assert_allclose(whole(split, x, dead), dense(split, "c", total(into_c)), rtol=1e-4, atol=1e-5)


# -- a dead part is a part whose last layers are zeroed ---------------------------------------------------------------


def zeroed_layers(piece):
    """Return the layers that the reference zeroes for a dead part: what its output is a sum of, or ends in.

    MobileNet: the last BatchNormalization, before the ReLU. ResNet: of each residual block the last convolution and the
    shortcut's BatchNormalization.
    """
    last = [layer for layer in piece.layers if layer.weights][-1:]
    ends = [tensor._keras_history.operation for layer in piece.layers if type(layer).__name__ == "Add"
            for tensor in layer.input]
    return [layer for layer in ends if layer.weights] or last


@pytest.mark.parametrize("partition", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("strategy", ["dfg", "select"])
@pytest.mark.parametrize(("name", "kind"), [("resnet18", "Conv2D"), ("mobilenet", "BatchNormalization")])
def test_a_masked_prediction_is_that_of_zeroed_weights(name, kind, strategy, partition):
    names = {"resnet18": ("1-4-4-9", "1-8-4-5"), "mobilenet": ("1-3-5-5", "2-2-4-6")}
    split, x = random_split(name, strategy, partition=names[name][partition]), samples_of(name)
    answers = []
    for dead in ((), ("edge",), ("fog",)):
        masked = whole(split, x, dead)
        layers = [layer for part in dead for layer in zeroed_layers(split.parts[part])]
        assert not dead or kind in {type(layer).__name__ for layer in layers}
        kept = [layer.get_weights() for layer in layers]
        for layer, arrays in zip(layers, kept, strict=True):
            layer.set_weights([np.zeros_like(array) for array in arrays])
        for part in dead:
            shape = (len(x), *split.parts[part].input.shape[1:])
            assert not np.asarray(split.parts[part](np.ones(shape, np.float32), training=False)).any()
        zeroed = whole(split, x, chosen=first_that_is_not_zero)
        for layer, arrays in zip(layers, kept, strict=True):
            layer.set_weights(arrays)
        np.testing.assert_allclose(masked, zeroed, **CLOSE)
        assert not any(np.allclose(masked, other, rtol=1e-3) for other in answers)
        answers.append(masked)
