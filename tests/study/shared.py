"""A scenario of a chain with skips, its tiny network and its own data, in a folder."""

import json

import numpy as np

import simulator

NODES = ("iot", "edge", "fog", "cloud")
SETTINGS = {"edge": {"normal": 0.9, "poor": 0.7, "bad": 0.5}, "fog": {"normal": 0.95, "poor": 0.8, "bad": 0.6}}
PAIRS = [("iot", "edge"), ("edge", "fog"), ("fog", "cloud"), ("iot", "fog"), ("edge", "cloud")]
BERNOULLI = [{"kind": "bernoulli", "survival": "poor"}]


def chain(folder, **scenario):
    """Return a loaded scenario on files in a folder: an answer takes one epoch on 64 samples."""
    dice = np.random.Generator(np.random.PCG64(1))
    x = dice.normal(size=(104, 4)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64) + (x[:, 1] > 0.5)
    np.savez(folder / "data.npz", x_train=x[:64], y_train=y[:64], x_test=x[64:], y_test=y[64:],
             groups_train=np.arange(64) // 4, groups_test=100 + np.arange(40) // 5)
    dense = {"layer": "Dense", "units": 5, "activation": "relu"}
    files = {
        "topology": {"title": "a chain",
                     "nodes": {name: {"survival": SETTINGS[name]} if name in SETTINGS else {} for name in NODES},
                     "links": [{"between": list(pair), "latency": "1 ms"} for pair in PAIRS]},
        "model": {
            "data": {"kind": "arrays", "path": str(folder / "data.npz")},
            "sources": {"iot": {}},
            "parts": {"edge": {"layers": [dense]}, "fog": {"layers": [dense]}, "cloud": {"exit": True, "layers": [
                {"layer": "Dense", "units": "classes", "activation": "softmax"}]}},
            "hyperconnections": [{"from": a, "to": b} for a, b in PAIRS],
            "training": {"epochs": 1, "batch_size": 16},
        },
        "scenario": {"title": "a chain", "topology": "topology.yaml", "model": "model.yaml", "failures": BERNOULLI,
                     "measure": ["expected_accuracy", "individual_failures"], **scenario},
    }
    for name, plain in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(plain))
    return simulator.load(folder / "scenario.yaml")
