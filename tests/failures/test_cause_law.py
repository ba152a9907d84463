"""Laws by causes: of every kind of process, against the law that it states itself, by brute force."""

from functools import cache

import numpy as np
import pytest

from simulator.expect.methods.draws import FromLaw
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.beta_binomial import BetaBinomial
from simulator.failures.cascade import Cascade, Spread
from simulator.failures.cause_law import given_state
from simulator.failures.cause_union import united_causes
from simulator.failures.causes import Causes
from simulator.failures.copula import Copula
from simulator.failures.error_states import States
from simulator.failures.overlay import Overlay
from simulator.failures.process import NoLaw
from simulator.failures.repair_crew import RepairCrew
from simulator.failures.shocks import ShocksBlock
from simulator.failures.stated_causes import cause_law_of
from simulator.topology.graph import Node, Topology
from tests.failures.test_every_kind import WITH_LAW, WITHOUT, process_of
from tests.support.statistics import assert_g_test

NAMES = tuple("abcdefghijkl")
TOPOLOGY = Topology("", tuple(Node(name, position=(float(at), 0.0)) for at, name in enumerate(NAMES)), ())


def table(law):
    """Return P(exactly these down) as the causes imply it: cause after cause, state after state."""
    bits = 1 << np.arange(len(law.components))
    total = np.zeros(2 ** len(bits))
    for weight, chances in zip(law.weight, law.chance, strict=True):
        down = np.zeros(len(total))
        down[0] = 1
        for chance, fells in zip(chances, law.fells, strict=True):
            after = down * (1 - chance)
            np.add.at(after, np.arange(len(total)) | int(fells @ bits), down * chance)
            down = after
        total += weight * down
    return total


def shocks(**given):
    return ShocksBlock(kind="shocks", shocks=given).build(TOPOLOGY)


def crew(mttr, repairmen):
    return RepairCrew(NAMES[:5], (4e9, 9e9, 2e9, 6e9, 5e9), mttr, repairmen)


@cache
def others():
    """Return processes with corners that the table of kinds has not."""
    sets = {"x": ((0.3, frozenset("ab")), (0.6, frozenset("bc")), (0.1, frozenset())), "y": ((1.0, frozenset("cd")),),
            "z": ((0.5, frozenset("a")), (0.5, frozenset("d")))}
    chance = Causes(Bernoulli(tuple("xyz"), (0.7, 0.8, 0.5)), sets, tuple("abcd"))
    copula = Copula(tuple("abc"), (0.9, 0.7, 0.8), 0.5)
    beta = BetaBinomial(tuple("bcd"), 0.9, 0.2)
    return {
        "causes that choose": chance,
        "a coin that may hit": shocks(heat={"fells": {"a": 0.5, "b": 0.9, "c": 1.0}, "probability": 0.4},
                                      room={"fells": ["b", "c"], "probability": 0.1}),
        "strikes that may hit six": shocks(heat={"fells": dict(zip("abcdef", np.linspace(0.1, 0.9, 6), strict=True)),
                                                 "every": "6 s", "mttr": "4 s"}),
        "one repairman, five machines": crew((2e9,) * 5, 1),
        "two repairmen": crew((2e9,) * 5, 2),
        "repairs that differ": crew((2e9, 1e9, 2e9, 3e9, 1e9), 1),
        **{f"beta-binomial {n}, {q:g}, {rho:g}": BetaBinomial(NAMES[:n], 1 - q, rho)
           for n, q, rho in [(1, 0.2, 0.3), (2, 0.5, 0.5), (8, 0.01, 0.9), (12, 0.1, 1e-6), (9, 1e-6, 0.1),
                             (12, 0.5, 0.5)]},
        "a common order": Copula(tuple("abc"), (0.9, 0.7, 0.8), 1.0),
        "five in a t copula": Copula(NAMES[:5], tuple(np.linspace(0.6, 0.99, 5).tolist()), 0.7, 3.0),
        "mixtures laid over each other": Overlay((copula, beta, chance), NAMES),
        "states of errors": States(Overlay((copula, beta), NAMES), ("e", "f", "g", "h"), 2000),
    }


RARE = "beta-binomial 9, 1e-06, 0.1"  # a failure in 140,000 draws
PROCESSES = sorted({**WITH_LAW, **others()})


def process_named(name):
    return others()[name] if name in others() else process_of(name)


@pytest.mark.parametrize("name", PROCESSES)
def test_causes_imply_the_law_that_the_process_states(name):
    process = process_named(name)
    law, count = cause_law_of(process), len(process.components)
    up = (np.arange(2**count)[:, np.newaxis] >> np.arange(count)) & 1 == 0
    np.testing.assert_allclose(table(law), np.exp(process.log_probability(up)), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(law.survival(), process.survival(), atol=1e-9)
    assert law.components == process.components
    assert len(set(law.causes)) == len(law.causes) == law.fells.shape[0] == law.chance.shape[1]
    assert law.weight.sum() == pytest.approx(1, abs=1e-12)
    assert ((law.chance >= 0) & (law.chance <= 1)).all()


@pytest.mark.parametrize("name", [name for name in PROCESSES if name != RARE])
def test_draws_of_the_causes_have_the_law_of_the_process(name):
    process, law = process_named(name), cause_law_of(process_named(name))
    count = len(process.components)
    up = (np.arange(2**count)[:, np.newaxis] >> np.arange(count)) & 1 == 0
    drawn = np.concatenate([row for _, row in FromLaw(law, np.random.default_rng(4)).next(20_000)])
    counts = np.bincount(~drawn @ (1 << np.arange(count)), minlength=2**count)
    assert_g_test(counts, np.exp(process.log_probability(up)))


@pytest.mark.parametrize("name", WITHOUT)
def test_what_moves_in_time_has_no_law_by_causes(name):
    with pytest.raises(NoLaw):
        cause_law_of(process_of(name))


def test_only_a_cut_state_is_not_exact():
    inexact = {name for name in PROCESSES if not cause_law_of(process_named(name)).is_exact}
    assert inexact == {"Gaussian copula", "t copula that holds", "coins over copula over groups",
                       "five in a t copula", "mixtures laid over each other", "states of errors"}


def test_components_that_fail_for_themselves_in_two_processes_are_independent_still():
    assert cause_law_of(process_of("crash and repair, twice")).is_independent
    assert cause_law_of(process_of("coins")).is_independent
    assert not cause_law_of(process_of("groups")).is_independent


def test_a_cause_keeps_its_name_and_one_of_the_same_name_that_fells_others_gets_a_number():
    process = Overlay((shocks(surge={"fells": ["a", "b"], "probability": 0.1}),
                       shocks(surge={"fells": ["b", "c"], "probability": 0.2}), Bernoulli(("a",), (0.9,))), NAMES)
    assert cause_law_of(process).causes == ("surge", "surge (2)", "a")


def test_what_is_too_large_is_refused_with_the_reason():
    with pytest.raises(NoLaw, match="13 components whose dependence is known by the table"):
        cause_law_of(RepairCrew(tuple("abcdefghijklm"), (4e9,) * 13, (1e9,) * 13, 2))
    with pytest.raises(NoLaw, match="hit together in 8,192 sets"):
        names = tuple(f"n{place}" for place in range(13))
        topology = Topology("", tuple(Node(name) for name in names), ())
        block = {"heat": {"fells": dict.fromkeys(names, 0.5), "every": "6 s", "mttr": "4 s"}}
        cause_law_of(ShocksBlock(kind="shocks", shocks=block).build(topology))
    with pytest.raises(NoLaw, match="latent states of"):
        one = given_state(("a", "b"), np.full(2000, 1 / 2000), np.full((2000, 2), 0.5))
        united_causes([one, one], ("a", "b"))


def test_an_overlay_of_too_many_states_lists_its_patterns_if_they_are_few():
    process = Overlay(
        tuple(Copula(tuple("abc"), (0.9, 0.7, 0.8), 0.6, 4.0) for _ in range(2)), NAMES)
    assert len(cause_law_of(process).weight) == 8


def test_a_cascade_of_no_law_has_no_causes():
    with pytest.raises(NoLaw, match="chance below 1"):
        cause_law_of(Cascade(("a", "b"), (4e9, 5e9), (1e9, 1e9), (Spread(0, 1, 0.5, 1e9),)))


def test_one_repairman_of_forty_machines_needs_few_states():
    process = RepairCrew(tuple(f"n{place}" for place in range(40)), (90e9,) * 40, (2e9,) * 40, 1)
    law = cause_law_of(process)
    assert len(law.weight) == 21
    np.testing.assert_allclose(law.survival(), process.survival(), atol=1e-12)
