"""Under a scripted outage accuracy falls, and comes back."""

import numpy as np
import pytest
from small import cells

import simulator


@pytest.fixture(scope="module")
def curves(watch):
    """The accuracy over time of each strategy in the outage scenario."""
    found = {}
    for cell in cells(simulator.load("outage")):
        strategy = cell.assembly.scenario.strategy
        cell.answers = watch(strategy)
        found[strategy] = cell.run().record.curves["accuracy_over_time"]
    return found


def spans(curve, *seconds):
    """Return the bins that lie within one of some spans of time."""
    half = (curve.x[1] - curve.x[0]) / 2
    x = np.array(curve.x)
    return np.any([(begin - 0.01 <= x - half) & (x + half <= end + 0.01) for begin, end in seconds], axis=0)


def test_vanilla_falls_in_both_outages_by_more_than_both_bands_and_comes_back(curves):
    curve = curves["vanilla"]
    low, high = np.array(curve.low), np.array(curve.high)
    inside = [spans(curve, (20, 35)), spans(curve, (50, 65))]
    outside = [spans(curve, (0, 20)), spans(curve, (35, 50)), spans(curve, (65, 80))]
    assert all(bins.sum() >= 5 for bins in (*inside, *outside))
    for during in inside:
        for between in outside:
            assert high[during].max() < low[between].min()
    values = np.array(curve.value)
    before, *after = (values[between].mean() for between in outside)
    half = (high - low).max() / 2
    assert all(abs(back - before) <= half for back in after)


def test_skips_keep_part_of_the_answer_while_one_machine_is_down(curves):
    during = spans(curves["vanilla"], (20, 35))
    assert (np.array(curves["resilinet"].low)[during] > np.array(curves["vanilla"].high)[during]).all()


def test_with_edge_and_fog1_down_data_still_passes_over_two_skips(curves):
    """From 60 s on edge and fog1 are down: data passes each by its skip, iot->fog2 and fog2->cloud."""
    resilinet, vanilla = curves["resilinet"], curves["vanilla"]
    both = spans(resilinet, (60, 65))
    assert both.any()
    assert (np.array(resilinet.value)[both] > np.array(vanilla.value)[both]).all()
