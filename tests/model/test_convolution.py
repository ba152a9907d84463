"""Small convolutions are matrix products with the answers and gradients of the convolutions of Keras."""

import itertools

import numpy as np
import pytest

from simulator.model.backend import keras
from simulator.model.convolution import Conv2D

DICE = np.random.Generator(np.random.PCG64(5))
SIZES = list(itertools.product((1, 2, 3), (1, 2, 3, 5), (1, 2, 3)))


def pair(size, across, stride, padding="same", **more):
    """Return our layer and Keras' with the same weights, and a batch."""
    x = DICE.normal(size=(4, *size, 3)).astype(np.float32)
    ours, theirs = (kind(5, across, strides=stride, padding=padding, **more) for kind in (Conv2D, keras.layers.Conv2D))
    for layer in (ours, theirs):
        layer.build(x.shape)
    theirs.set_weights([DICE.normal(size=weight.shape).astype(np.float32) for weight in theirs.get_weights()])
    ours.set_weights(theirs.get_weights())
    return ours, theirs, x


@pytest.mark.parametrize(("size", "across", "stride"), SIZES)
def test_the_answers_are_those_of_keras(size, across, stride):
    ours, theirs, x = pair((size, size), across, stride)
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
    assert ours._is_product((size, size)) == (size <= min(across, stride))


@pytest.mark.parametrize("more", [{"padding": "valid"}, {"groups": 3, "filters": 6}, {"dilation_rate": 2}])
def test_anything_else_is_left_to_keras(more):
    settings = {"filters": 5, "padding": "same"} | more
    x = DICE.normal(size=(4, 3, 3, 3)).astype(np.float32)
    ours, theirs = (kind(kernel_size=3, **settings) for kind in (Conv2D, keras.layers.Conv2D))
    ours.build(x.shape)
    theirs.build(x.shape)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_array_equal(ours(x), theirs(x))


def test_sides_of_different_sizes_are_padded_by_themselves():
    ours, theirs, x = pair((1, 2), (3, 5), (1, 2))
    assert ours._is_product((1, 2))
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-5)


def test_training_moves_the_weights_as_keras_does():
    weights = []
    for layer in pair((1, 1), 3, 1)[:2]:
        x, y = np.ones((8, 1, 1, 3), np.float32), np.arange(8) % 5
        model = keras.Sequential([keras.Input((1, 1, 3)), layer, keras.layers.Flatten(), keras.layers.Softmax()])
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy")
        for _ in range(3):
            model.train_on_batch(x, y)
        weights.append(layer.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_a_network_with_it_can_be_copied():
    inputs = keras.Input((1, 1, 3))
    whole = keras.Model(inputs, Conv2D(2, 3, padding="same")(inputs))
    copy = keras.models.clone_model(keras.Model(inputs, whole(inputs)))
    assert copy.count_params() == whole.count_params() == 3 * 3 * 3 * 2 + 2
