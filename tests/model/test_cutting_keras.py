"""Parts of a Keras model, composed again, are the model: residual, branched, nested, shared, many ins and outs."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.model.backend import keras
from simulator.model.cuts import cut_problems
from simulator.model.keras_graph import mask_problems, read_graph
from simulator.model.work import work_flop
from tests.support import keras_models
from tests.support.keras_models import CUTS, composed, inputs_of, opened_and_cut

layers = keras.layers
CASES = [(make, cuts) for make, several in CUTS.items() for cuts in several]


@pytest.fixture(autouse=True)
def names_start_anew():
    keras.utils.clear_session()


def predicted(model, opened, inputs):
    """Return what the model itself says, by the names of its outputs in the graph."""
    out = keras.tree.flatten(model(inputs if len(inputs) > 1 else next(iter(inputs.values())), training=False))
    return dict(zip(opened.graph.outputs, map(np.asarray, out), strict=True))


@pytest.mark.parametrize(("make", "cuts"), CASES, ids=lambda case: getattr(case, "__name__", None) or str(case))
def test_the_parts_composed_again_give_the_models_own_predictions(make, cuts):
    model = make()
    opened, named, made = opened_and_cut(model, cuts)
    assert cut_problems(opened.graph, named) == ()
    inputs = inputs_of(opened)
    got, expected = composed(opened, made, inputs), predicted(model, opened, inputs)
    assert got.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(got[name], array, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("make", "cuts"), CASES, ids=lambda case: getattr(case, "__name__", None) or str(case))
def test_every_call_is_in_one_part(make, cuts):
    opened, _, made = opened_and_cut(make(), cuts)
    held = [step for region in made for step in opened.graph.need(region.outputs, region.inputs).steps]
    assert sorted(held) == sorted(step.name for step in opened.graph.steps)


def test_an_output_that_the_cut_names_is_an_exit_beside_the_part_before_it():
    _, _, made = opened_and_cut(keras_models.early_exit(), [("one", "aux")])
    assert [(region.name, region.is_exit, region.feeder) for region in made] == [
        ("p0", False, None), ("p0_aux", True, "p0"), ("p1", True, "p0")]
    assert made[1].inputs == ("one",)


def test_two_outputs_of_the_last_part_share_its_trunk():
    _, _, made = opened_and_cut(keras_models.two_heads(), [("one",)])
    assert [region.name for region in made] == ["p0", "p1", "p1_left", "p1_right"]
    assert made[1].outputs == ("trunk",)


@pytest.mark.parametrize("of", ["residual", "inception", "shared"])
def test_the_flop_of_the_parts_add_up_to_those_of_the_model(of):
    make = getattr(keras_models, of)
    whole = work_flop(make())
    for cuts in CUTS[make]:
        opened, _, made = opened_and_cut(make(), cuts)
        parts = [keras_models.piece_between(opened, region.name, region.inputs, region.outputs) for region in made]
        assert sum(map(work_flop, parts)) == whole


def test_a_layer_that_is_called_thrice_counts_thrice():
    assert work_flop(keras_models.shared()) == 3 * 2 * 4 * 4 + 2 * 4 * 3


def test_sizes_that_the_model_leaves_open_must_be_given():
    start = keras.Input((None, None, 3), name="image")
    model = keras.Model(start, layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(start)))
    with pytest.raises(ScenarioError, match=r"\(None, None, 3\).*--shape"):
        read_graph(model, "here")
    assert read_graph(model, "here", [(9, 9, 3)]).shape("conv") == (7, 7, 4)
    with pytest.raises(ScenarioError, match="--shape"):
        read_graph(model, "here", [(9, 9, 4)])


def test_a_mask_does_not_travel():
    start = keras.Input((5,), name="words")
    seen = layers.Embedding(10, 3, mask_zero=True, name="embedding")(start)
    opened = read_graph(keras.Model(start, layers.LSTM(2, name="lstm")(seen)), "here")
    assert "mask" in mask_problems(opened, [("embedding",)], "here")[0].message
    assert mask_problems(opened, [("lstm",)], "here") == []


def test_whole_numbers_travel_as_floats_and_come_back_as_they_were():
    start = keras.Input((5,), dtype="int32", name="words")
    seen = layers.GlobalAveragePooling1D(name="pool")(layers.Embedding(10, 3, name="embedding")(start + 1))
    model = keras.Model(start, layers.Dense(2, name="answer")(seen))
    opened, _, made = opened_and_cut(model, [("add",)])
    words = np.arange(15).reshape(3, 5) % 9
    got = composed(opened, made, {"words": words.astype(np.float32)})
    np.testing.assert_allclose(got["answer"], model(words.astype(np.int32)), rtol=1e-5)


WORDS = st.lists(st.tuples(st.sampled_from(["dense", "add", "concatenate"]), st.integers(0, 99), st.integers(0, 99)),
                 min_size=2, max_size=7)


def model_of(inputs, words):
    """Return a model of Dense layers, each fed by one or two of the tensors before it."""
    tensors = [keras.Input((3,), name=f"in{number}") for number in range(inputs)]
    fed = list(tensors)
    for number, (kind, first, second) in enumerate(words):
        one, two = tensors[first % len(tensors)], tensors[second % len(tensors)]
        joint = {"dense": lambda pair: pair[0], "add": layers.Add(), "concatenate": layers.Concatenate()}[kind]
        tensors.append(layers.Dense(3, activation="tanh", name=f"dense{number}")(joint([one, two])))
    end = layers.Dense(2, name="answer")(layers.Concatenate(name="all")([*fed, *tensors[-2:]]))
    return keras.Model(fed if inputs > 1 else fed[0], end)


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])  # shrinking builds many models
@given(st.integers(1, 2), WORDS, st.integers(0, 99))
def test_random_models_are_cut_anywhere_and_composed_again(inputs, words, number):
    model = model_of(inputs, words)
    opened = read_graph(model, "here")
    order = [step.name for step in opened.graph.steps]
    number = 1 + number % (len(order) - 1)
    before = {*opened.graph.inputs, *(t for step in opened.graph.steps[:number] for t in step.outputs)}
    used = opened.graph.need(opened.graph.outputs, before).used  # what crosses a cut of the order itself
    cut = tuple(tensor for tensor in opened.graph.tensors if tensor in used)
    if set(cut) <= set(opened.graph.inputs):
        return
    opened, named, made = opened_and_cut(model, [cut])
    assert cut_problems(opened.graph, named) == ()
    inputs = inputs_of(opened)
    for name, array in predicted(model, opened, inputs).items():
        np.testing.assert_allclose(composed(opened, made, inputs)[name], array, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "cuts"), [
    ("MobileNetV2", [("block_4_add",), ("block_8_expand_relu", "block_7_add"), ("block_12_add",)]),
    ("EfficientNetV2B0", [("block3b_add",), ("block5e_add",)]),
    ("DenseNet121", [("pool2_pool",), ("pool3_pool",)]),
])
def test_networks_of_keras_are_cut_and_composed_again(name, cuts):
    model = getattr(keras.applications, name)(input_shape=(32, 32, 3), weights=None, classes=10)
    opened, named, made = opened_and_cut(model, cuts)
    assert cut_problems(opened.graph, named) == ()
    inputs = inputs_of(opened, 2)
    (output,) = opened.graph.outputs
    np.testing.assert_allclose(composed(opened, made, inputs)[output], predicted(model, opened, inputs)[output],
                               rtol=1e-3, atol=1e-6)
