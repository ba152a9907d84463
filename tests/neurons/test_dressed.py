"""Regularisers from a training block: where they act, that they train, and that what is trained depends on them."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.model.backend import keras
from simulator.model.blocks import ModelFile, Training
from simulator.model.graph import part_graph
from simulator.model.layers import Crash
from simulator.model.partitions import expanded
from simulator.model.split import SplitModel
from simulator.model.train import targets_of, trained
from simulator.neurons.regularisers.balanced import balance
from simulator.neurons.regularisers.continuity import Continuity
from simulator.neurons.regularisers.dressed import dress_of, dressed, weight_terms
from tests.model.test_train import blobs

HIDDEN = [{"layer": "Dense", "units": "width", "name": "first"}, {"layer": "Activation", "activation": "sigmoid",
                                                                 "name": "hidden"}]
PLAIN = {
    "sources": {"zebra": {"numbers": [0, 2]}, "ant": {"numbers": [2, 4]}},
    "parts": {"inner": {"layers": HIDDEN},
              "answer": {"exit": True, "layers": [{"layer": "Dense", "units": "classes"}]}},
    "hyperconnections": [{"from": "zebra", "to": "inner"}, {"from": "ant", "to": "inner"},
                         {"from": "inner", "to": "answer"}],
    "constants": {"width": 24},
}


def training(**regularisers):
    return Training.model_validate({"epochs": 3, "loss": "squared", "regularisers": regularisers or None})


def model():
    return expanded(ModelFile.model_validate(PLAIN))


def split():
    return SplitModel(model(), part_graph(model(), "vanilla"), (4,), blobs().classes, seed=1)


def kernel(**regularisers):
    """Return the first kernel after training."""
    asked = training(**regularisers)
    found, _, _ = trained(model(), part_graph(model(), "vanilla"), "vanilla", blobs(), asked, None, 1,
                          dress=dress_of(asked))
    return found.parts["inner"].weights[0]


def test_constants_stand_for_numbers_in_layers_and_are_gone_afterwards():
    assert model().parts["inner"].layers[0]["units"] == 24
    assert model().constants == {}


def test_each_regulariser_acts_where_it_should():
    one = split()
    block = training(l2=0.5, balanced=0.25, continuity={"derivative": 1.0}).regularisers
    found = {weight.path.rpartition("/")[2] + str(tuple(weight.shape)): {type(term).__name__ for term in terms}
             for weight, terms in weight_terms(one, block)}
    classes = blobs().classes
    assert found == {"kernel(2, 24)": {"L1L2", "Continuity", "Balanced"}, "bias(24,)": {"Continuity"},
                     f"kernel(24, {classes})": {"L1L2"}}


def test_the_whole_penalty_is_the_sum_of_the_terms():
    one = split()
    first, last = (np.array(one.parts[name].weights[0]) for name in ("inner", "answer"))
    block = training(l1=0.5, balanced=0.25, continuity={"derivative": 2.0, "smoothness": 3.0}).regularisers
    whole = dressed(one, block)
    smooth = Continuity(2.0, 3.0)
    weights = np.abs(first).sum(axis=0) ** 2
    expected = 0.5 * (np.abs(first).sum() + np.abs(last).sum()) + 0.25 * weights.max() / (1e-5 + weights.min())
    expected += float(smooth(keras.ops.convert_to_tensor(first))) + float(smooth(one.parts["inner"].weights[1]))
    assert float(sum(whole.losses)) == pytest.approx(expected, rel=1e-5)


def test_regularisers_do_what_they_are_for():
    plain = kernel()
    assert float(Continuity(1.0, 0.0)(kernel(continuity={"derivative": 0.01}))) < float(Continuity(1.0, 0.0)(plain))
    assert balance(kernel(balanced=0.01)) > balance(plain)
    assert np.abs(kernel(l2=0.1)).sum() < np.abs(plain).sum()


def test_the_variance_penalty_is_that_of_the_gated_network_whatever_the_order_of_the_sources():
    one = split()
    whole = dressed(one, training(variance={"strength": 0.5, "crash": {"at": "hidden", "p": 0.1}}).regularisers)
    x = blobs().x_train[:5]
    at = np.asarray(one.parts["inner"](x[:, :2] + x[:, 2:]))
    contribution = at[:, :, np.newaxis] * np.array(one.parts["answer"].weights[0])
    expected = (0.1 * 0.9 * (contribution**2).sum(axis=1)).mean()
    inputs = {name: keras.ops.convert_to_tensor(array) for name, array in one.inputs_of(x).items()}
    assert float(whole.penalty(inputs)) == pytest.approx(expected, rel=1e-5)
    assert [layer.name for layer in one.parts["inner"].layers[1:]] == ["first", "hidden"], "names stay the user's"


def test_what_is_not_in_the_network_is_refused_with_its_place():
    block = training(variance={"strength": 0.5, "crash": {"at": "hiden", "p": 0.1}}).regularisers
    with pytest.raises(ScenarioError, match=r"variance.crash.0..at: .*'hiden'.*did you mean 'hidden'"):
        dressed(split(), block)


def test_crashes_in_training_scale_nothing_up_and_stop_in_inference():
    layer, ones = Crash(0.25, seed=3), np.ones((40, 100), dtype="float32")
    crashed = np.asarray(layer(ones, training=True))
    assert set(np.unique(crashed)) == {0.0, 1.0}
    # 4,000 coins: 4.9 deviations, a false alarm in a million
    assert (crashed == 0).mean() == pytest.approx(0.25, abs=4.9 * np.sqrt(0.25 * 0.75 / 4000))
    assert np.asarray(layer(ones, training=False)).min() == 1
    assert np.asarray(Crash(1.0)(ones, training=True)).max() == 0
    assert np.asarray(Crash(0.0)(ones, training=True)).min() == 1


def test_a_softplus_with_a_scale_is_within_ln_2_over_it_of_a_relu():
    scale, z = 10.0, np.linspace(-3, 3, 6001).astype("float32")
    softplus = keras.Sequential([keras.Input((6001,)), keras.layers.Rescaling(scale),
                                 keras.layers.Activation("softplus"), keras.layers.Rescaling(1 / scale)])
    off = np.asarray(softplus(z[np.newaxis]))[0] - np.maximum(z, 0)
    assert off.max() == pytest.approx(np.log(2) / scale, rel=1e-5)
    assert off.min() >= -3 * np.finfo(np.float32).eps, "never below it, to rounding"


def test_squared_targets_are_one_number_a_class():
    data = blobs()
    found = targets_of(data, training())
    assert found.shape == (len(data.y_train), data.classes)
    assert (found.argmax(axis=1) == data.y_train).all()
    assert (found.sum(axis=1) == 1).all()
