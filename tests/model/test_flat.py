"""Dense layers on pictures, laid out as one matrix product, give the numbers of the layers as they are."""

import numpy as np
import pytest

from simulator.model.backend import keras
from simulator.model.flat import with_flat_rows

layers = keras.layers
CHAINS = {
    "dense on pictures, then flatten": lambda: [layers.Dense(8, activation="relu"), layers.Dense(5), layers.Flatten(),
                                                layers.Dense(3, activation="softmax")],
    "dense between convolutions": lambda: [layers.Conv2D(4, 3, padding="same"), layers.Dense(6, activation="relu"),
                                           layers.Conv2D(2, 1), layers.GlobalAveragePooling2D(), layers.Dense(3)],
    "dropout and norm": lambda: [layers.Dense(8), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(4)],
}


def piece_of(chain, shape=(6, 7, 3)):
    start = tensor = keras.Input(shape)
    for layer in chain:
        tensor = layer(tensor)
    return keras.Model(start, tensor)


def pictures(count=5):
    return np.random.Generator(np.random.PCG64(1)).normal(size=(count, 6, 7, 3)).astype(np.float32)


@pytest.mark.parametrize("name", CHAINS)
def test_it_predicts_what_the_piece_does(name):
    piece = piece_of(CHAINS[name]())
    flat = with_flat_rows(piece)
    assert flat is not piece
    np.testing.assert_allclose(flat.predict_on_batch(pictures()), piece.predict_on_batch(pictures()), atol=1e-6)


def test_it_has_the_weights_of_the_piece_also_later():
    piece = piece_of([layers.Dense(4), layers.Flatten(), layers.Dense(2)])
    flat = with_flat_rows(piece)
    assert {id(weight) for weight in flat.weights} == {id(weight) for weight in piece.weights}
    flat.predict_on_batch(pictures())
    piece.set_weights([np.ones_like(array) for array in piece.get_weights()])
    expected = (pictures().sum(axis=-1) + 1).sum(axis=(1, 2)) * 4 + 1  # every weight is one
    np.testing.assert_allclose(flat.predict_on_batch(pictures())[:, 0], expected, rtol=1e-4)


def test_where_nothing_is_gained_it_is_the_piece():
    vector = piece_of([layers.Dense(4), layers.Dense(2)], shape=(9,))
    assert with_flat_rows(vector) is vector
    picture = piece_of([layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)])
    assert with_flat_rows(picture) is picture
