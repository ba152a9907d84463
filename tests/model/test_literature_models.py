"""The literature's models on the shelf: parameters, MACs, shapes and messages are those of the papers' own code."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from simulator.documents.complaints import read_block
from simulator.documents.yaml_text import read_document
from simulator.model.blocks import ModelFile
from simulator.model.graph import part_graph
from simulator.model.partitions import expanded
from simulator.model.split import SplitModel
from simulator.model.work import flop_of

MODELS = Path(__file__).resolve().parents[2] / "models"
SIZES = {"health-mlp": ((23,), 13), "mobilenet": ((32, 32, 3), 10), "resnet18": ((32, 32, 3), 10),
         "mobilenet-imagenet": ((160, 160, 3), 1000), "camera-mlp": ((6, 32, 32, 3), 3)}


def shelf_model(name):
    model, problems = read_block(ModelFile, read_document(MODELS / f"{name}.yaml"))
    assert not problems
    return model


@cache
def split(name, partition=None, strategy="dfg"):
    model = expanded(shelf_model(name), partition)
    return SplitModel(model, part_graph(model, strategy), *SIZES[name])


HEAVY = {"Conv2D", "DepthwiseConv2D", "Dense"}


def macs(piece):
    """Return the multiply-accumulates of convolutions and Dense layers: half of the FLOP of those layers."""
    heavy = [layer for layer in piece.layers if layer.__class__.__name__ in HEAVY]
    return sum(flop_of(layer, [layer.input], [layer.output]) for layer in heavy) / 2


# Name, partition, strategy, and the parameters of each piece (specification of the reference, sections 2.1 to 2.4).
PARAMETERS = [
    ("health-mlp", "1-2-3-4", {"edge": 6_000, "fog2": 125_500, "fog1": 188_250, "cloud": 254_263}, 574_013, 580_013),
    ("health-mlp", "2-3-2-3", {"edge": 68_750, "fog2": 188_250, "fog1": 125_500, "cloud": 191_513}, 574_013, 580_013),
    ("camera-mlp", None, {"e1": 128, "e4": 128, "f3": 1_056, "f4": 2_112, "f2": 2_112, "f1": 2_112, "c": 101_475},
     109_379, 109_379),
    ("mobilenet", "1-3-5-5", {"iot": 744, "edge": 18_120, "fog": 446_304, "cloud": 1_375_498}, 1_840_666, 1_879_834),
    ("mobilenet", "2-2-4-6", {"iot": 2_400, "edge": 16_464, "fog": 292_320, "cloud": 1_529_482}, 1_840_666, 1_882_138),
    ("mobilenet-imagenet", "1-3-5-5", {"cloud": 2_136_808}, 2_601_976, 2_641_144),
    ("mobilenet-imagenet", "2-2-4-6", {}, 2_601_976, 2_643_448),
    ("resnet18", "1-4-4-9", {"iot": 9_728, "edge": 152_896, "fog": 527_232, "cloud": 10_510_602},
     11_200_458, 11_212_746),
    ("resnet18", "1-8-4-5", {"edge": 680_128, "fog": 2_103_040, "cloud": 8_407_562}, 11_200_458, 11_241_418),
]


@pytest.mark.parametrize(("name", "partition", "parts", "vanilla", "dfg"), PARAMETERS)
def test_the_parameters_are_those_of_the_reference(name, partition, parts, vanilla, dfg):
    whole = split(name, partition)
    assert {part: whole.parts[part].count_params() for part in parts} == parts
    assert whole.count_params() == dfg
    assert split(name, partition, "vanilla").count_params() == vanilla


ADAPTERS = [
    ("health-mlp", "1-2-3-4", {"iot->fog2": 6_000}),
    ("mobilenet", "1-3-5-5", {"iot->fog": 2_304, "edge->cloud": 36_864, "fog->cloud": 0}),
    ("mobilenet", "2-2-4-6", {"iot->fog": 4_608, "edge->cloud": 36_864, "fog->cloud": 0}),
    ("resnet18", "1-4-4-9", {"iot->fog": 4_096, "edge->cloud": 8_192}),
    ("resnet18", "1-8-4-5", {"iot->fog": 8_192, "edge->cloud": 32_768}),
    ("camera-mlp", None, {}),
]


@pytest.mark.parametrize(("name", "partition", "adapters"), ADAPTERS)
def test_the_adapters_are_derived_from_the_shapes(name, partition, adapters):
    whole = split(name, partition)
    assert {whole.graph.edges[edge].name: piece.count_params() for edge, piece in whole.adapters.items()} == adapters


# Message bytes of a sample in float32 (section 2.5), in order: iot->edge, iot->fog, edge->fog, edge->cloud, fog->cloud.
MESSAGES = [
    ("mobilenet", "1-3-5-5", "dfg", (92_256, 369_024, 369_024, 98_304, 98_304)),
    ("mobilenet", "1-3-5-5", "vanilla", (92_256, None, 369_024, None, 75_264)),
    ("mobilenet", "2-2-4-6", "dfg", (184_512, 369_024, 369_024, 98_304, 98_304)),
    ("mobilenet-imagenet", "1-3-5-5", "dfg", (614_400, 614_400, 614_400, 153_600, 153_600)),
    ("mobilenet-imagenet", "2-2-4-6", "dfg", (1_228_800, 614_400, 614_400, 153_600, 153_600)),
    ("resnet18", "1-4-4-9", "dfg", (65_536, 4_096, 4_096, 2_048, 2_048)),
    ("resnet18", "1-8-4-5", "dfg", (65_536, 2_048, 2_048, 1_024, 1_024)),
]


@pytest.mark.parametrize(("name", "partition", "strategy", "sent"), MESSAGES)
def test_the_messages_have_the_bytes_of_the_reference(name, partition, strategy, sent):
    payload = split(name, partition, strategy).costs().payload_bytes
    edges = ("iot->edge", "iot->fog", "edge->fog", "edge->cloud", "fog->cloud")
    assert tuple(payload.get(edge) for edge in edges) == sent


def test_the_messages_of_health_and_camera_have_the_bytes_of_the_reference():
    health, camera = (split(name).costs().payload_bytes for name in ("health-mlp", "camera-mlp"))
    assert health.pop("iot->edge") == 92
    assert set(health.values()) == {1_000}
    assert {camera[f"cam{view}->{edge}"] for view, edge in ((1, "e1"), (3, "e2"), (6, "e4"))} == {12_288}
    assert {sent for edge, sent in camera.items() if not edge.startswith("cam")} == {131_072}


# MACs of convolutions and Dense layers in millions (sections 2.1 to 2.4), to the digits that are given there.
MACS = [
    ("health-mlp", "1-2-3-4", "dfg", {"edge": 0.00575, "fog2": 0.125, "fog1": 0.1875, "cloud": 0.25325}, 1e-9),
    ("camera-mlp", None, "dfg", {"e1": 0.098304, "f3": 1.048576, "f4": 2.097152, "c": 3.244032}, 1e-9),
    ("mobilenet", "1-3-5-5", "vanilla", {"iot": 0.62, "edge": 15.84, "fog": 31.51, "cloud": 30.25}, 0.005),
    ("mobilenet", "1-3-5-5", "dfg", {"cloud": 43.30}, 0.005),
    ("mobilenet", "2-2-4-6", "vanilla", {"iot": 1.94, "edge": 14.53, "fog": 24.12, "cloud": 37.64}, 0.005),
    ("mobilenet", "2-2-4-6", "dfg", {"cloud": 52.96}, 0.005),
    ("mobilenet-imagenet", "1-3-5-5", "dfg", {"iot": 4.15, "edge": 32.9, "fog": 60.9, "cloud": 68.4}, 0.05),
    ("mobilenet-imagenet", "2-2-4-6", "dfg", {"iot": 12.9, "edge": 24.2, "fog": 45.8, "cloud": 83.5}, 0.05),
    ("resnet18", "1-4-4-9", "dfg", {"iot": 2.41, "edge": 2.42, "fog": 2.10, "cloud": 10.49}, 0.005),
]


@pytest.mark.parametrize(("name", "partition", "strategy", "wanted", "digits"), MACS)
def test_the_work_is_that_of_the_reference(name, partition, strategy, wanted, digits):
    parts = split(name, partition, strategy).parts
    assert {part: macs(parts[part]) / 1e6 for part in wanted} == pytest.approx(wanted, abs=digits)


def test_the_cloud_of_mobilenet_works_on_7_by_7_alone_and_on_8_by_8_with_skips():
    assert split("mobilenet", strategy="vanilla").parts["cloud"].input.shape[1:] == (7, 7, 384)
    assert split("mobilenet").parts["cloud"].input.shape[1:] == (8, 8, 384)
