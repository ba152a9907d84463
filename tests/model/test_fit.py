"""What a part takes where its inputs differ in size: the size of its simple input, or the largest."""

from __future__ import annotations

import pytest

from simulator.model.graph import part_graph
from simulator.model.pieces import FITS
from simulator.model.split import SplitModel
from tests.support.models import tiny

SIMPLE = (7, 7, 384)


@pytest.mark.parametrize(("sent", "grown"), [
    ([SIMPLE], SIMPLE),
    ([SIMPLE, (31, 31, 96)], (8, 8, 384)),  # 31 at stride 4 is 8
    ([SIMPLE, (28, 28, 96)], SIMPLE),
    ([SIMPLE, (31, 7, 2), (7, 9, 2)], (8, 9, 384)),
    ([SIMPLE, (5, 5, 384)], SIMPLE),  # a smaller one is padded
    ([SIMPLE, (100,)], SIMPLE),  # one of another kind does not count
])
def test_grow_takes_the_largest_after_its_stride_and_shrink_the_simple_one(sent, grown):
    assert FITS["grow"](SIMPLE, sent) == grown
    assert FITS["shrink"](SIMPLE, sent) == SIMPLE


def test_vectors_do_not_grow():
    assert FITS["grow"]((5,), [(5,), (9,)]) == (5,)


@pytest.mark.parametrize(("fit", "size"), [("shrink", 4), ("grow", 5)])
def test_the_part_and_its_adapters_have_the_size_that_was_chosen(fit, size):
    conv = {"layer": "Conv2D", "filters": 2, "kernel_size": 3}
    exits = [{"layer": "GlobalAveragePooling2D"}, {"layer": "Dense", "units": "classes", "activation": "softmax"}]
    model = tiny(parts={"edge": {"layers": [conv]}, "fog": {"layers": [conv, {**conv, "kernel_size": 2, "strides": 2}]},
                        "cloud": {"exit": True, "fit": fit, "layers": exits}})
    split = SplitModel(model, part_graph(model, "dfg"), (12, 12, 1), 3)
    assert split.parts["edge"].output.shape[1:] == (10, 10, 2)
    assert split.parts["fog"].output.shape[1:] == (4, 4, 2)
    assert split.parts["cloud"].input.shape[1:] == (size, size, 2)
    sent = {split.graph.edges[edge].name: adapter.output.shape[1:] for edge, adapter in split.adapters.items()}
    assert sent["edge->cloud"] == (size, size, 2)
    assert ("fog->cloud" in sent) == (fit == "grow")
