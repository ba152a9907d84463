"""Codecs on the hyperconnections of split models: part by part, as one network, in training, in costs and in names."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.model.backend import keras
from simulator.model.blocks import Training
from simulator.model.coders import CodecLayer
from simulator.model.data import DataSet
from simulator.model.graph import part_graph
from simulator.model.messages import place_model
from simulator.model.runner import KerasRunner
from simulator.model.train import train, weights_key
from tests.support.models import (
    TINY,
    alive_patterns,
    answers,
    edges_up,
    run_by_parts,
    shelf_model,
    split_model,
    tiny,
)

BOTTLENECK = {"kind": "bottleneck", "width": 2}
KINDS = ["float16", "int8", {"kind": "top_k", "share": 0.4}, BOTTLENECK]
each_kind = pytest.mark.parametrize("said", KINDS, ids=str)


def split(strategy="resilinet", seed=2, **codecs):
    return split_model(tiny(codecs=codecs), strategy, (4,), 3, seed=seed)


def rows(count=40):
    return np.random.Generator(np.random.PCG64(5)).normal(size=(count, 4)).astype(np.float32)


def made_up():
    x = rows(64)
    y = (x[:, 0] > 0).astype(np.int64)
    return DataSet(x, y, x, y, np.arange(64), np.arange(64), 3, "made up", True, "made up")


def edge(model, name):
    return next(place for place, one in enumerate(model.graph.edges) if one.name == name)


@each_kind
@pytest.mark.parametrize("strategy", ["resilinet", "dfg"])
def test_part_by_part_is_the_network_that_is_told_which_edges_are_up(said, strategy):
    model, x = split(strategy, skips=said), rows()
    runner = KerasRunner(model, x)
    for dead in answers(model.graph):
        told = model.told_model.predict_on_batch(
            {"iot": x, "edges_up": np.tile(edges_up(model.graph, dead), (len(x), 1))})
        parts = run_by_parts(runner, model.graph, dead, np.arange(len(x)))
        assert np.allclose(parts, told["cloud"], atol=1e-6)


def test_a_codec_changes_degraded_answers_and_no_other():
    model, plain, x = split(skips={"kind": "top_k", "k": 1}), split(), rows()
    coded, as_sent = KerasRunner(model, x), KerasRunner(plain, x)
    for dead in alive_patterns(model.graph)[:3]:
        one, other = (run_by_parts(runner, model.graph, dead, np.arange(40)) for runner in (coded, as_sent))
        assert np.array_equal(one, other) == (not dead)
        without = run_by_parts(coded.without_arithmetic(), model.graph, dead, np.arange(40))
        assert np.array_equal(without, other)


def test_the_adapter_comes_before_the_codec_and_the_weight_after_it():
    model, x = split(skips="int8"), rows()
    place = edge(model, "iot->fog")
    adapted = KerasRunner(split(), x).send(place, x) / np.float32(0.5)
    low, high = adapted.min(1, keepdims=True), adapted.max(1, keepdims=True)
    levels = (high - low) / 255
    expected = 0.5 * (low + np.round((adapted - low) / levels) * levels)
    assert np.allclose(KerasRunner(model, x).send(place, x), expected, atol=1e-6)


@each_kind
def test_the_layer_and_numpy_agree(said):
    model, x = split(skips=said), rows()
    codec = model.codecs[edge(model, "edge->cloud")]
    received = keras.ops.convert_to_numpy(CodecLayer(codec)(x, training=False))
    assert np.array_equal(received, codec.received(x))
    again = CodecLayer.from_config(CodecLayer(codec).get_config())
    assert again.codec == codec


def test_a_codec_only_changes_other_pieces_where_it_is_trained():
    plain, coded, narrow = split(), split(skips="int8"), split(skips=BOTTLENECK)
    assert coded.weights.keys() == plain.weights.keys()
    for model in (coded, narrow):
        assert all(np.array_equal(model.weights[name], array) for name, array in plain.weights.items())
    new = sorted(narrow.weights.keys() - plain.weights.keys())
    assert new[:4] == [f"edge->cloud {coder}:{number}" for coder in ("decoder", "encoder") for number in (0, 1)]
    assert narrow.count_params() == plain.count_params() + 2 * (5 * 2 + 2 + 2 * 5 + 5)


def test_weights_depend_on_a_codec_only_where_training_does():
    keys = [weights_key(split("resilinet", **codecs), "resilinet", made_up(), Training(epochs=1), None, 2)
            for codecs in ({}, {"skips": "int8"}, {"skips": {"kind": "top_k", "k": 2}}, {"skips": BOTTLENECK},
                           {"skips": {"kind": "int8", "in_training": True}})]
    assert keys[0] == keys[1] == keys[2]
    assert len(set(keys)) == 3


def test_a_bottleneck_and_a_codec_in_training_are_trained_and_others_change_no_weight():
    data = made_up()

    def trained(**codecs):
        model = split(**codecs)
        before = model.weights
        train(model, data, Training(epochs=1, batch_size=32), 1, lambda done, epochs: None)
        return model.weights, before

    plain, _ = trained()
    after, _ = trained(all="int8")
    assert all(np.array_equal(plain[name], array) for name, array in after.items())
    through, _ = trained(all={"kind": "top_k", "k": 1, "in_training": True})
    assert any(not np.array_equal(plain[name], array) for name, array in through.items())
    narrow, before = trained(all=BOTTLENECK)
    assert not np.array_equal(narrow["edge->fog encoder:0"], before["edge->fog encoder:0"])
    assert not np.array_equal(narrow["edge->fog decoder:0"], before["edge->fog decoder:0"])


def test_straight_through_has_the_gradient_of_the_identity():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the gradient is taken with tensorflow")
    import tensorflow as tf

    x = tf.constant(rows(3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = tf.reduce_sum(CodecLayer({"kind": "int8", "in_training": True})(x, training=True) * 3.0)
    assert np.allclose(tape.gradient(out, x), 3.0)


def test_the_sender_encodes_and_the_receiver_decodes():
    plain, narrow = split().costs(), split(**{"edge->cloud": BOTTLENECK}).costs()
    more = {name: narrow.work_flop[name] - plain.work_flop[name] for name in plain.work_flop}
    assert more == {"iot": 0, "edge": 2 * 5 * 2, "fog": 0, "cloud": 2 * 2 * 5}
    more = {name: narrow.memory_bytes[name] - plain.memory_bytes[name] for name in ("edge", "cloud")}
    assert more == {"edge": 4 * (5 * 2 + 2 + 5), "cloud": 4 * (2 * 5 + 5 + 5)}  # weights and the widest tensor
    assert narrow.payload_bytes == plain.payload_bytes | {"edge->cloud": 8}


def test_messages_have_the_bytes_of_their_codecs_after_the_adapter():
    codecs = tiny(codecs={"skips": "int8", "simple": "float16"}).codecs
    model = shelf_model("watch-mlp").model_copy(update={"codecs": codecs})
    payload = split_model(model, "resilinet", (50, 6), 7).costs().payload_bytes
    assert payload == {"iot->edge": 600, "edge->fog2": 256, "fog2->fog1": 256, "fog1->cloud": 256,
                       "iot->fog2": 136, "edge->fog1": 136, "fog2->cloud": 136}


def test_a_bottleneck_on_pictures_is_a_pointwise_convolution():
    parts = {"edge": {"layers": [{"layer": "Conv2D", "filters": 6, "kernel_size": 3, "padding": "same"}]},
             "cloud": {"exit": True, "layers": [{"layer": "Flatten"}, {"layer": "Dense", "units": "classes"}]}}
    model = tiny(sources={"cam": {}}, parts=parts, codecs={"edge->cloud": BOTTLENECK},
                 hyperconnections=[{"from": "cam", "to": "edge"}, {"from": "edge", "to": "cloud"}])
    made = split_model(model, "vanilla", (8, 8, 3), 3)
    assert made.costs().payload_bytes["edge->cloud"] == 4 * 2 * 64
    encoder, decoder = made.coders[1]
    assert (encoder.output.shape[1:], decoder.output.shape[1:]) == ((8, 8, 2), (8, 8, 6))
    assert encoder.count_params() == decoder.count_params() == 12


def test_a_bottleneck_that_is_none_is_refused_with_the_widths_that_fit():
    with pytest.raises(ScenarioError, match=r"'bottleneck 5' on 'edge->cloud' is not narrower.*a width from 1 to 4"):
        split(**{"edge->cloud": {"kind": "bottleneck", "width": 5}})


def test_a_delivery_names_codecs_and_vanilla_has_none_of_skips():
    graph = part_graph(tiny(codecs={"skips": "int8", "fog->cloud": "float16"}), "resilinet")
    assert graph.text(graph.delivery("cloud", [0, 4])) == "cloud <- iot->edge edge->cloud[int8]"
    assert graph.text(graph.delivery("cloud", [2, 3])) == "cloud <- fog->cloud[float16] iot->fog[int8]"
    assert part_graph(tiny(codecs={"skips": "int8"}), "vanilla") == part_graph(tiny(), "vanilla")


def test_the_most_particular_key_wins_and_the_block_lies_over_the_hyperconnection():
    own = [dict(one) for one in TINY["hyperconnections"]]
    own[0]["codec"] = "int8"

    def tags(**codecs):
        return [one.tag for one in part_graph(tiny(hyperconnections=own, codecs=codecs), "dfg").edges]

    assert tags() == ["int8", "", "", "", ""]
    assert tags(all="float16") == ["float16"] * 5
    assert tags(all="float16", skips="int8", simple="float32", **{"edge->cloud": "float32"}) == ["", "", "", "int8", ""]


def test_what_the_receiver_only_puts_in_its_place_is_coded_without_its_padding():
    model, x = split(**{"edge->cloud": {"kind": "top_k", "share": 0.4}}), rows()
    place = edge(model, "edge->cloud")
    model.adapters[place] = place_model("placed", "b", {"a": (3,), "b": (5,)})
    output = KerasRunner(model, x).run("edge", [x])
    sent = KerasRunner(model, x).send(place, output)
    assert np.array_equal(sent[:, :3], np.zeros((40, 3)))
    assert np.array_equal(sent[:, 3:], model.codecs[place].received(output))
    assert model.codecs[place].message_bytes(model.sent_shape(place)) == 2 * 6
