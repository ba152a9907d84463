"""Silent errors: what becomes of values, when, and what is refused."""

import numpy as np
import pytest
from scipy import stats

import simulator
from simulator.errors import ScenarioError
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.error_states import Strikable, silent_errors, with_errors
from simulator.failures.errors import BitFlips, Corrupted, Noisy, Stuck, flipped_bits
from simulator.seeds import IndexedStream, Streams
from simulator.topology.graph import Link, Node, Topology
from tests.support.statistics import assert_frequencies, assert_frequency, assert_mean

TOPOLOGY = Topology("two", (Node("edge", survival={"poor": 0.9}), Node("fog")), (Link("wire", ("edge", "fog")),))
ON = Strikable(TOPOLOGY, ("edge", "fog"), ("edge->fog",))
KINDS = {"bit_flips": BitFlips, "stuck": Stuck, "noisy": Noisy, "corrupted": Corrupted}


def block(kind, **keys):
    return KINDS[kind].model_validate({"kind": kind, **keys})


def dice(seed=1):
    return IndexedStream(seed, "edge", "damage").at


def done(error, rows, samples=None, seed=1, before=None):
    """Return what becomes of rows of values."""
    rows = np.asarray(rows, dtype=np.float32)
    pattern = error.pattern(dice(seed), list(samples or range(len(rows))), rows.shape[1:])
    with np.errstate(all="ignore"):
        return error.damaged(rows, pattern, rows if before is None else before)


@pytest.mark.parametrize("rate", [1e-4, 3e-3])
def test_the_chance_that_no_bit_of_n_values_flips_is_that_of_32_n_coins(rate):
    n, samples = 20, 4000
    rows = np.random.default_rng(1).normal(size=(samples, n)).astype(np.float32)
    untouched = (done(block("bit_flips", per_bit=rate), rows) == rows).all(axis=1)
    assert_frequency(int(untouched.sum()), samples, (1 - rate) ** (32 * n))


@pytest.mark.parametrize("rate", [0.01, 0.049, 0.051, 0.5])  # chosen below 0.05, tossed from there on
def test_each_bit_flips_by_itself_at_the_rate(rate):
    flips = np.zeros((3000, 40))
    for sample, row in enumerate(flips):
        row[flipped_bits(dice()(sample), 40, rate)] = 1
    for count in flips.sum(axis=0):
        assert_frequency(int(count), 3000, rate, 1e-5 / 41)
    assert_mean((flips[:, ::2] * flips[:, 1::2]).ravel(), rate**2)


@pytest.mark.parametrize(("bits", "mask"), [
    ("all", 0xFFFFFFFF), ("sign", 0x80000000), ("exponent", 0x7F800000), ("mantissa", 0x007FFFFF), ([4, 6], 0x70)])
def test_only_the_bits_of_the_field_flip_and_all_of_them_can(bits, mask):
    rows = np.random.default_rng(1).normal(size=(60, 30)).astype(np.float32)
    found = done(block("bit_flips", per_bit=0.1, bits=bits), rows)
    changed = np.bitwise_or.reduce((found.view(np.uint32) ^ rows.view(np.uint32)).ravel())
    assert changed == mask


def test_a_flipped_sign_is_a_minus_and_a_mantissa_never_more_than_halves_or_doubles():
    rows = np.random.default_rng(1).normal(size=(50, 30)).astype(np.float32)
    assert (done(block("bit_flips", per_bit=1, bits="sign"), rows) == -rows).all()
    ratio = done(block("bit_flips", per_bit=0.3, bits="mantissa"), rows) / rows
    assert ((ratio > 0.5) & (ratio < 2)).all()


def test_exponents_of_ones_alone_are_infinities_and_nan_and_they_travel():
    one = np.float32([[1.0, 1.5]])  # exponent 01111111: its highest bit makes it 255
    found = done(block("bit_flips", per_bit=1, bits=[30, 30]), one)
    assert np.isinf(found[0, 0])
    assert np.isnan(found[0, 1])
    assert found.argmax() == 1  # numpy's arg max takes the first NaN before any number


@pytest.mark.parametrize("kind", [{"kind": "stuck", "share": 0.3}, {"kind": "stuck", "share": 0.3, "anew": True}])
def test_a_unit_is_stuck_with_the_share_at_its_value(kind):
    runs = [done(block(**kind, at=7), np.zeros((3, 40)), seed=seed) for seed in range(300)]
    stuck = np.array(runs) == 7
    is_same = (stuck[:, :1] == stuck).all()
    assert is_same == ("anew" not in kind)
    assert_frequency(int(stuck[:, 0].sum()), stuck[:, 0].size, 0.3)


def test_a_stuck_channel_is_stuck_everywhere():
    found = done(block("stuck", share=0.5, units="channels"), np.ones((2, 4, 4, 60)))
    assert set(found.sum(axis=(0, 1, 2))) == {0, 32}


def test_the_last_value_is_that_of_the_sample_before():
    rows, before = np.arange(6.0).reshape(3, 2), np.float32([[0, 0], [0, 1], [2, 3]])
    assert (done(block("stuck", at="last"), rows, before=before) == before).all()


def test_noise_has_the_spread_that_is_asked_for_of_each_sample_s_own():
    rows = np.random.default_rng(1).normal(size=(400, 50)).astype(np.float32) * np.linspace(0.1, 9, 400)[:, None]
    noise = (done(block("noisy", relative=0.25), rows) - rows) / rows.std(axis=1, keepdims=True)
    assert stats.kstest(noise.ravel() / 0.25, "norm").pvalue > 1e-5
    assert_mean(noise.ravel() ** 2, 0.25**2)


def test_damage_belongs_to_the_sample_whoever_else_is_asked_for():
    for error in (block("bit_flips", per_bit=0.01), block("noisy", relative=1), block("stuck", share=0.5, anew=True)):
        rows = np.random.default_rng(1).normal(size=(9, 8)).astype(np.float32)
        whole = done(error, rows)
        assert (done(error, rows[4:6], samples=[4, 5]).view(np.uint32) == whole[4:6].view(np.uint32)).all()
        assert (done(error, rows, seed=2).view(np.uint32) != whole.view(np.uint32)).any()


def test_states_are_components_with_their_exact_chance_and_leave_failures_alone():
    crashes = Bernoulli(("edge", "fog"), (0.9, 0.8))
    errors = silent_errors([block("noisy", relative=1, chance=0.2, on="fog"), block("corrupted", chance=0.4),
                            block("noisy", relative=2, on="edge", chance=0.5)], ON)
    both = with_errors(crashes, errors)
    assert both.components == ("edge", "fog", "fog[noisy]", "wire[corrupted]", "edge[noisy 2]")
    assert both.survival() == pytest.approx([0.9, 0.8, 0.8, 0.6, 0.5])
    up = both.sample_up(Streams(1), 20_000)
    assert (up[:, :2] == crashes.sample_up(Streams(1), 20_000)).all()
    patterns = (np.arange(32)[:, None] >> np.arange(5)) & 1 == 0
    counts = [(up == pattern).all(axis=1).sum() for pattern in patterns]
    assert_frequencies(counts, np.exp(both.log_probability(patterns)))
    coins = both.timeline(Streams(1), 20_000, 10**9).coins
    assert (coins == up).all()


def test_spells_hold_for_their_share_of_time():
    (error,) = silent_errors([block("noisy", relative=1, when={"kind": "renewal", "availability": {"fog": 0.7},
                                                               "mttr": "1 s"})], ON)
    lines = (error.process.timeline(Streams(1, run), 1, 10**10) for run in range(3000))
    at = [line.up_at(np.array([5 * 10**9]))[0, 0] for line in lines]
    assert_frequency(int(sum(at)), len(at), 0.7)
    assert error.process.components == ("fog[noisy]",)


def test_a_block_without_chance_strikes_nothing():
    (error,) = silent_errors([block("noisy", relative=1, chance=0)], ON)
    assert with_errors(Bernoulli((), ()), [error]).components == ()


@pytest.mark.parametrize(("keys", "told"), [
    ({"kind": "noisy", "relative": 1, "on": ["fogg"]}, "errors.0.on: no node named 'fogg'; did you mean 'fog'"),
    ({"kind": "noisy", "relative": 1, "on": "wire"}, "errors.0.on: no node named 'wire'"),
    ({"kind": "corrupted", "on": ["edge-fog"]}, "no link or hyperconnection named 'edge-fog'; did you mean"),
    ({"kind": "noisy", "relative": 1, "when": {"kind": "bernoulli", "survival": {"wire": 0.5}}},
     "errors.0.when: 'wire' is a link; links compute nothing; name some of: edge, fog"),
    ({"kind": "corrupted", "when": {"kind": "bernoulli", "survival": {"fog": 0.5}}},
     "'fog' is a node; messages are corrupted on links"),
    ({"kind": "corrupted", "when": {"kind": "bernoulli", "survival": {"wir": 0.5}}},
     "errors.0.when.survival.wir: no component 'wir'.*did you mean 'wire'"),
])
def test_what_is_wrong_is_told_with_its_place(keys, told):
    with pytest.raises(ScenarioError, match=told):
        silent_errors([block(**keys)], ON)


@pytest.mark.parametrize(("change", "told"), [
    ({"errors.0.kind": "bit_flip"}, "errors.0.*bit_flip"),
    ({"errors.0.per_bit": 2}, "errors.0.per_bit: 2"),
    ({"errors.0.bits": [9, 3]}, "begins after its end"),
    ({"errors.0.bits": "expo"}, "errors.0.bits"),
    ({"errors.0.on": ["fogg"]}, "errors.0.on: no node named 'fogg'"),
    ({"errors.0.chance": 0.5, "errors.0.when": {"kind": "bernoulli", "survival": {"edge": 0.5}}}, "leave 'chance' out"),
])
def test_a_scenario_with_a_wrong_block_is_refused(change, told):
    with pytest.raises(ScenarioError, match=told):
        simulator.load("silent-errors", set={"sweep": {}, **change})
