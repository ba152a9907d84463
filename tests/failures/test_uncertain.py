"""Survivals that are not known exactly: how they are read, written, copied, and taken out of the blocks."""

import copy
import pickle

import numpy as np
import pytest
from pydantic import ValidationError

from simulator.failures.bernoulli import BernoulliBlock
from simulator.failures.inputs import certain_process, uncertain_inputs
from simulator.failures.renewal import RenewalBlock
from simulator.failures.uncertain import Counted, Range, UncertainProbability, Watched
from simulator.topology.graph import Node, Topology
from simulator.units import SECOND_NS
from tests.support.statistics import assert_frequency, assert_mean

TOPOLOGY = Topology("", tuple(Node(name) for name in "abcd"), ())
WRITTEN = {"a": [0.9, 0.97], "b": {"up": 968, "of": 1000}, "c": {"up": "10 s", "down": "1 s", "failures": 4}, "d": 0.5}
KNOWN = {"a": Range(0.9, 0.97), "b": Counted(968, 1000), "c": Watched(10 * SECOND_NS, SECOND_NS, 4)}


@pytest.mark.parametrize("block", [
    BernoulliBlock(kind="bernoulli", survival=WRITTEN),
    RenewalBlock(kind="renewal", availability=WRITTEN, mttr="3 s"),
])
def test_a_block_computes_with_means_and_is_written_as_it_was_read(block):
    process = block.build(TOPOLOGY)
    np.testing.assert_allclose(process.survival()[[0, 1, 3]], [0.935, 968.5 / 1001, 0.5], rtol=1e-12)
    written = block.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert (written.get("survival") or written["availability"]) == WRITTEN
    assert type(block).model_validate(written) == block
    inputs = uncertain_inputs([block])
    assert {each.component: each.knowledge for each in inputs} == KNOWN
    rest = certain_process([block], TOPOLOGY)
    assert (rest.components, rest.survival().tolist()) == (("d",), [0.5])


def test_what_is_all_uncertain_leaves_nothing_and_other_processes_stay():
    blocks = [BernoulliBlock(kind="bernoulli", survival={"a": [0.9, 1.0]}),
              BernoulliBlock(kind="bernoulli", survival={"a": 0.5, "b": 0.25})]
    rest = certain_process(blocks, TOPOLOGY)
    assert dict(zip(rest.components, rest.survival().tolist(), strict=True)) == {"a": 0.5, "b": 0.25}
    assert certain_process(blocks[:1], TOPOLOGY).components == ()
    assert uncertain_inputs(blocks[1:]) == ()


def test_a_copy_knows_what_its_original_does():
    given = UncertainProbability(Counted(9, 10))
    for other in (copy.deepcopy(given), pickle.loads(pickle.dumps(given))):
        assert (other, other.knowledge) == (given, Counted(9, 10))


@pytest.mark.parametrize("knowledge", [KNOWN["b"], KNOWN["c"]])
def test_draws_have_the_mean_and_the_interval(knowledge):
    low, high = knowledge.draws(np.random.default_rng(1), 20_000)
    assert (low == high).all()
    assert_mean(low, knowledge.mean, precision=0.01)
    inside = np.sum((low >= knowledge.interval()[0]) & (low <= knowledge.interval()[1]))
    assert_frequency(int(inside), 20_000, 0.95)


def test_a_range_has_its_ends_each_time():
    low, high = KNOWN["a"].draws(np.random.default_rng(1), 3)
    assert (low.tolist(), high.tolist()) == ([0.9] * 3, [0.97] * 3)


@pytest.mark.parametrize(("survival", "told"), [
    ({"a": [0.97, 0.9]}, r"a: the range \[0.97, 0.9\] begins above its end; write \[0.9, 0.97\]"),
    ({"a": [0.9, 1.2]}, r"a: \[0.9, 1.2\] is no probability in \[0, 1\]; write a probability such as 0.95, a range"),
    ({"a": [0.9]}, r"a: \[0.9\] is no probability"),
    ({"a": {"up": 11, "of": 10}}, "a: {up: 11, of: 10} is no count"),
    ({"a": {"up": 1.5, "of": 10}}, "is no count; write whole numbers"),
    ({"a": {"up": 1}}, r"a: {'up': 1} is no probability"),
    ({"a": {"up": "10 s", "down": "1 s", "failures": 0}}, "failures: 0 tells nothing"),
    ({"a": {"up": "10 m/s", "down": "1 s", "failures": 2}}, "10 m/s"),
    ({"a": 2, "b": [3, 4]}, "a: 2 is no probability.*b: "),
    ([0.9, 0.97], r"\[0.9, 0.97\] is one range for several components; write one for each: {fog1: \[0.90, 0.97\]}"),
    ({}, "{} is not a probability"),
])
def test_what_is_no_probability_is_refused_with_the_value_and_a_way_out(survival, told):
    with pytest.raises(ValidationError, match=told):
        BernoulliBlock(kind="bernoulli", survival=survival)
