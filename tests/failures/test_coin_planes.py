"""Coins as planes are the coins of the process, request by request."""

import numpy as np
import pytest

from simulator.dataflow.bit_planes import unpacked
from simulator.failures import coin_planes
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.coin_planes import tossed_planes
from simulator.seeds import Streams


@pytest.mark.parametrize("requests", [1, 64, 300])
def test_draw_i_belongs_to_request_i(requests, monkeypatch):
    monkeypatch.setattr(coin_planes, "BLOCK_WORDS", 2)
    process = Bernoulli(("edge", "fog", "cloud"), (0.3, 0.5, 0.9))
    blocks = [unpacked(planes, count) for planes, count in
              tossed_planes(Streams(7), "coin", process.components, process.survival(), requests)]
    assert (np.concatenate(blocks) == process.sample_up(Streams(7), requests)).all()
