"""Small Keras models of every shape that a user may bring, and their parts composed again in numpy."""

import numpy as np

from simulator.model.backend import keras
from simulator.model.keras_graph import piece_between, read_graph
from simulator.model.regions import regions

layers, ops = keras.layers, keras.ops


def residual():
    start = keras.Input((8, 8, 3), name="image")
    one = layers.Conv2D(4, 3, padding="same", name="stem")(start)
    two = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, padding="same", name="inner")(one))
    add = layers.Activation("relu", name="relu")(layers.Add(name="add")([one, two]))
    flat = layers.GlobalAveragePooling2D(name="pool")(layers.SeparableConv2D(5, 3, name="separable")(add))
    return keras.Model(start, layers.Dense(3, activation="softmax", name="answer")(flat))


def inception():
    start = keras.Input((6, 6, 3), name="image")
    stem = layers.Conv2D(4, 1, name="stem")(start)
    one = layers.Conv2D(2, 1, name="one")(stem)
    three = layers.DepthwiseConv2D(3, padding="same", name="three")(stem)
    pool = layers.MaxPooling2D(3, strides=1, padding="same", name="pool")(stem)
    both = layers.Concatenate(name="both")([one, three, pool])
    return keras.Model(start, layers.Dense(3, name="answer")(layers.Flatten(name="flat")(both)))


def nested():
    def tower(name):
        start = keras.Input((4,), name="in")
        deep = layers.Dense(5, activation="tanh", name="dense")(start)
        return keras.Model(start, layers.Dense(4, name="out")(deep), name=name)

    start = keras.Input((4,), name="start")
    first, second = tower("first")(start), tower("second")(start)
    chain = keras.Sequential([keras.Input((4,)), layers.Dense(6, name="dense"), layers.ReLU(name="relu")], name="chain")
    return keras.Model(start, layers.Dense(3, name="answer")(chain(layers.Add(name="add")([first, second]))))


def shared():
    start = keras.Input((4,), name="start")
    dense = layers.Dense(4, activation="tanh", name="dense")
    return keras.Model(start, layers.Dense(3, name="answer")(dense(dense(dense(start)))))


def siamese():
    tower = keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="tanh", name="dense"),
                              layers.Dense(2, name="code")], name="tower")
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    both = layers.Concatenate(name="both")([tower(left), tower(right)])
    return keras.Model([left, right], layers.Dense(3, name="answer")(both))


def late_input():
    picture, number = keras.Input((4, 4, 2), name="picture"), keras.Input((3,), name="number")
    flat = layers.Flatten(name="flat")(layers.Conv2D(2, 3, name="conv")(picture))
    both = layers.Concatenate(name="both")([flat, number])
    return keras.Model({"number": number, "picture": picture}, layers.Dense(3, name="answer")(both))


def early_exit():
    start = keras.Input((6,), name="start")
    one = layers.Dense(5, activation="relu", name="one")(start)
    aux = layers.Dense(3, activation="softmax", name="aux")(layers.Dense(4, name="side")(one))
    two = layers.Dense(5, activation="relu", name="two")(one)
    return keras.Model(start, [aux, layers.Dense(3, activation="softmax", name="answer")(two)])


def two_heads():
    start = keras.Input((6,), name="start")
    trunk = layers.Dense(5, activation="relu", name="trunk")(layers.Dense(5, name="one")(start))
    left = layers.Dense(3, name="left")(layers.ReLU(name="relu")(trunk))
    return keras.Model(start, {"left": left, "right": layers.Dense(3, name="right")(trunk)})


def operations():
    start = keras.Input((6, 4), name="start")
    scaled = start * 2 + 1
    left, right = ops.split(scaled, 2, axis=1)
    both = ops.concatenate([ops.mean(left, axis=1), right[:, 0]], axis=-1)
    return keras.Model(start, ops.softmax(layers.Dense(3, name="answer")(both)))


def states():
    start = keras.Input((5, 3), name="start")
    whole, hidden, cell = layers.LSTM(4, return_sequences=True, return_state=True, name="lstm")(start)
    more = layers.LSTM(4, name="second")(whole, initial_state=[hidden, cell])
    return keras.Model(start, layers.Dense(3, name="answer")(more))


def attention():
    start = keras.Input((5, 4), name="start")
    seen = layers.LayerNormalization(name="norm")(start)
    met = layers.MultiHeadAttention(2, 3, name="attention")(seen, value=start)
    flat = layers.GlobalAveragePooling1D(name="pool")(layers.Add(name="add")([start, met]))
    return keras.Model(start, layers.Dense(3, name="answer")(flat))


def chain():
    return keras.Sequential([keras.Input((6, 6, 2), name="image"), layers.Conv2D(3, 3, name="conv"),
                             layers.Dropout(0.5, name="drop"), layers.Flatten(name="flat"),
                             layers.Dense(3, name="answer")])


# model: cuts that separate, from input to output
CUTS = {
    residual: [[("stem",)], [("inner", "stem")], [("stem",), ("add",)], [("norm", "stem"), ("relu",), ("separable",)]],
    inception: [[("stem",)], [("one", "three", "pool")], [("stem",), ("pool", "stem", "one"), ("both",)]],
    nested: [[("first", "second/dense")], [("add",), ("chain/dense",)], [("first/dense", "start"), ("chain",)]],
    shared: [[("dense",)], [("dense",), ("dense@2",), ("dense@3",)]],
    siamese: [[("tower", "tower@2")], [("tower/dense", "right"), ("both",)]],
    late_input: [[("conv", "number")], [("both",)]],
    early_exit: [[("one",)], [("one", "aux")], [("two",)], [("one",), ("two",)]],
    two_heads: [[("one",)], [("trunk",)], [("one",), ("trunk",)]],
    operations: [[("add",)], [("split", "split:1")], [("add",), ("mean", "split:1")]],
    states: [[("lstm", "lstm:1", "lstm:2")]],
    attention: [[("norm", "start")], [("add",)], [("norm", "start"), ("attention", "start")]],
    chain: [[("conv",)], [("drop",), ("flat",)]],
}


def messages_of(shapes, tensors):
    """Return tensors as one message: itself, or a vector."""
    if len(shapes) == 1:
        return tensors[0]
    return np.concatenate([np.reshape(tensor, (len(tensor), -1)) for tensor in tensors], axis=1)


def tensors_of(shapes, message):
    """Return the tensors of a message."""
    if len(shapes) == 1:
        return [message]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    return [part.reshape(-1, *shape) for part, shape in zip(np.split(message, ends, axis=1), shapes, strict=True)]


def inputs_of(opened, count=3):
    """Return random inputs by name."""
    dice = np.random.Generator(np.random.PCG64(7))
    return {name: dice.normal(size=(count, *opened.shape(name))).astype(np.float32) for name in opened.graph.inputs}


def composed(opened, made, inputs):
    """Return the outputs of a model by name when its parts are run one after the other."""
    values = dict(inputs)
    for region in made:
        piece = piece_between(opened, region.name, region.inputs, region.outputs)
        message = messages_of(region.inputs, [values[tensor] for tensor in region.inputs])
        shapes = [opened.shape(tensor) for tensor in region.outputs]
        out = tensors_of(shapes, np.asarray(piece(message, training=False)))
        values |= dict(zip(region.outputs, out, strict=True))
    return {output: values[output] for output in opened.graph.outputs}


def opened_and_cut(model, cuts):
    """Return a model as a graph, and its parts."""
    opened = read_graph(model, "here")
    named = tuple(tuple(opened.named(tensor) for tensor in cut) for cut in cuts)
    return opened, named, regions(opened.graph, named, [f"p{number}" for number in range(len(cuts) + 1)])
