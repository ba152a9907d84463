"""From neurons to machines: whole groups that crash, and messages that come and go (T9 to T11 of the theory)."""

from itertools import product

import numpy as np
import pytest

from simulator.neurons.crashes import Crashes, of_neurons, together
from simulator.neurons.delivery_shifts import Linearised, gates
from simulator.neurons.estimators.exact import all_patterns, exact
from simulator.neurons.estimators.first_order import contributions, first_order
from simulator.neurons.estimators.single_crash import pair_corrected, single_crash
from simulator.neurons.estimators.two_levels import two_levels
from simulator.neurons.message_gates import MessageGates
from simulator.neurons.tail import DenseTail, dense_tail
from tests.support.golden_graphs import reach_on, wired
from tests.support.models import split_model, tiny

P = 0.1
ONE = {"layer": "Dense", "units": 1, "activation": "relu", "use_bias": False, "kernel_initializer": "ones"}
MACHINES = {"x": "x", "e": "e", "f": "f", "out": "out"}


def moments_of(outputs, probability):
    mean = probability @ outputs
    return mean, probability @ (outputs - mean) ** 2


def test_t9_two_machines_of_three_neurons():
    tail, y = dense_tail([np.ones((3, 1))]), np.array([[1.0, 2.0, 3.0]])
    unit = np.array([0, 0, 1])
    machines = together(unit, P)
    assert (-contributions(tail, y, machines)).ravel().tolist() == pytest.approx([-3, -3])
    for made in (first_order, single_crash, pair_corrected, exact):
        found = made(tail, y, machines)
        assert (found.mean.item(), found.variance.item()) == pytest.approx((-0.6, 1.62))
    assert first_order(tail, y, of_neurons(3, P)).variance.item() == pytest.approx(1.26)
    tied = together(unit, P, correlation=0.5)
    assert tied.covariance[0, 1] == pytest.approx(0.045)
    both = P**2 + 0.045  # rows of all patterns: none, A, B, both
    law = np.array([1 - 2 * P + both, P - both, P - both, both])
    assert first_order(tail, y, tied).variance.item() == pytest.approx(2.43)
    assert exact(tail, y, tied, law).variance.item() == pytest.approx(2.43)


def test_t9_a_machine_whose_neurons_cancel_does_not_matter():
    tail, y = dense_tail([np.array([[1.0], [-1.0], [1.0]])]), np.array([[1.0, 1.0, 3.0]])
    machines = together(np.array([0, 0, 1]), P)
    assert contributions(tail, y, machines).ravel().tolist() == pytest.approx([0, 3])
    assert first_order(tail, y, machines).variance.item() == pytest.approx(0.81)
    assert first_order(tail, y, of_neurons(3, P)).variance.item() == pytest.approx(0.99)


@pytest.mark.parametrize("correlation", [0.0, 0.4])
def test_t10_machines_and_their_neurons_crash_together_exactly_on_a_linear_tail(correlation):
    rng = np.random.default_rng(2)
    tail, y = dense_tail([rng.normal(size=(5, 2))]), rng.normal(size=(1, 5))
    unit, machine, neuron = np.array([0, 0, 1, 1, -1]), np.array([0.2, 0.3]), 0.1
    machines = together(unit, machine, correlation)
    joint = np.prod(machine) + (0 if machines.covariance is None else machines.covariance[0, 1])
    law = {(0, 0): 1 - machine.sum() + joint, (1, 0): machine[0] - joint, (0, 1): machine[1] - joint, (1, 1): joint}
    chances, outputs = [], []
    for down, neurons in product(law, product((0, 1), repeat=4)):
        alive = [not down[unit[i]] and not neurons[i] for i in range(4)] + [True]
        chances.append(law[down] * np.prod([neuron if dies else 1 - neuron for dies in neurons]))
        outputs.append((tail.outputs(y * alive) - tail.outputs(y))[0])
    mean, variance = moments_of(np.array(outputs), np.array(chances))
    slopes = np.stack([tail.gradient(y, one[np.newaxis]) for one in np.eye(2)], axis=1)
    found = two_levels(slopes * y[:, np.newaxis], machines, neuron)
    assert found.mean[0] == pytest.approx(mean)
    assert found.variance[0] == pytest.approx(variance)
    plain = two_levels(slopes * y[:, np.newaxis], machines, 0.0)
    assert plain.variance == pytest.approx(first_order(tail, y, machines).variance)
    with pytest.raises(ValueError, match=r"got 1\.5"):
        two_levels(slopes, machines, 1.5)


def test_machines_of_one_neuron_each_are_neurons():
    rng = np.random.default_rng(3)
    tail = DenseTail((rng.normal(size=(4, 3)), rng.normal(size=(3, 2))), (np.zeros(3), np.zeros(2)), "sigmoid")
    y = rng.random((5, 4))
    for made in (first_order, single_crash, pair_corrected, exact):
        one, other = made(tail, y, together(np.arange(4), P)), made(tail, y, of_neurons(4, P))
        assert one.mean == pytest.approx(other.mean)
        assert one.variance == pytest.approx(other.variance)


def test_a_common_cause_has_the_moments_of_its_mixture_on_a_linear_tail():
    rng = np.random.default_rng(4)
    tail, y, unit = dense_tail([rng.normal(size=(6, 2))]), rng.normal(size=(3, 6)), np.array([0, 0, 1, 1, 2, 2])
    shock, alone = 0.05, np.array([0.1, 0.2, 0.0])
    down = all_patterns(3)
    law = (1 - shock) * np.where(down, alone, 1 - alone).prod(axis=1) + shock * down.all(axis=1)
    crash = law @ down
    covariance = (down * law[:, np.newaxis]).T @ down - np.outer(crash, crash)
    machines = Crashes(crash, unit, covariance)
    assert covariance[0, 1] == pytest.approx(shock * (1 - shock) * 0.9 * 0.8)
    truth = exact(tail, y, machines, law)
    found = first_order(tail, y, machines)
    assert found.mean == pytest.approx(truth.mean)
    assert found.variance == pytest.approx(truth.variance)
    assert np.all(first_order(tail, y, Crashes(crash, unit)).variance != pytest.approx(truth.variance))


def test_the_error_of_each_order_falls_with_its_power_of_the_crash_probability():
    rng = np.random.default_rng(5)
    tail = DenseTail((rng.normal(size=(6, 5)), rng.normal(size=(5, 2))), (np.zeros(5), np.zeros(2)), "sigmoid")
    y, unit = rng.random((4, 6)), np.array([0, 0, 1, 1, 2, 2])

    def errors(made):
        off = []
        for p in (1e-2, 1e-3):
            machines = together(unit, p)
            off.append(np.abs(made(tail, y, machines).mean - exact(tail, y, machines).mean).max())
        return off

    slopes = {made.__name__: np.log10(np.divide(*errors(made))) for made in (first_order, single_crash, pair_corrected)}
    assert slopes == {"first_order": pytest.approx(1, abs=0.1), "single_crash": pytest.approx(2, abs=0.1),
                      "pair_corrected": pytest.approx(3, abs=0.1)}


def test_a_loss_is_flat_where_training_ends_and_tells_nothing_of_the_machine_before_it():
    """Why scores are expanded and not the loss: sum_ij W_ij dL/dW_ij = 0 at an optimum, so D of the loss is 0."""
    rng = np.random.default_rng(6)
    y, labels = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)
    w = np.zeros(3)
    for _ in range(30):  # Newton's method, of a logistic regression without a bias
        p = 1 / (1 + np.exp(-y @ w))
        w += np.linalg.solve((y * (p * (1 - p))[:, np.newaxis]).T @ y, y.T @ (labels - p))
    tail, machines = dense_tail([w[:, np.newaxis]]), together(np.zeros(3, dtype=int), P)
    signs = 2 * labels - 1

    def loss(z):
        return np.log1p(np.exp(-signs * z)).mean()

    z = tail.outputs(y)[:, 0]
    shift = -contributions(tail, y, machines)[:, 0, 0]
    by_loss = (-signs / (1 + np.exp(signs * z)) * shift).mean()
    assert abs(by_loss) < 1e-12
    truth = np.log(2) - loss(z)
    assert truth > 0.005
    assert loss(z + shift) - loss(z) == pytest.approx(truth)


@pytest.fixture(scope="module")
def skips():
    """T11: e = x, f = e + x over the skip x->f, out = f + e over the skip e->out."""
    return toy("dfg")


def toy(strategy):
    pairs = [("x", "e"), ("e", "f"), ("f", "out"), ("x", "f"), ("e", "out")]
    parts = {name: {"layers": [ONE], "exit": name == "out"} for name in ("e", "f", "out")}
    model = tiny(sources={"x": {}}, parts=parts, hyperconnections=[{"from": a, "to": b} for a, b in pairs])
    split = split_model(model, strategy, (1,), 1)
    return split, reach_on(split.graph, wired(split.graph))


def linearised(split, reach, down=frozenset(), x=1.0):
    fed, network = reach.fed(down), MessageGates(split)
    data, taken = {"x": np.full((1, 1), x, np.float32)}, gates(split.graph, fed)
    return Linearised(split.graph, fed, network.scores(data, taken, "out"), network.slopes(data, taken, "out"))


def test_t11_each_machine_and_each_skip_of_the_toy(skips):
    split, reach = skips
    found = linearised(split, reach)
    assert found.outputs.item() == pytest.approx(3)

    def shift(*down, without=None):
        cut = reach if without is None else reach.without(split.graph.edges.index(without))
        return found.shift(cut.delivery(frozenset(down))).item()

    s1, s2 = (next(one for one in split.graph.edges if one.name == name) for name in ("x->f", "e->out"))
    assert (shift("e"), shift("f"), shift("e", "f")) == pytest.approx((-2, -2, -3))
    assert (shift(without=s1), shift(without=s2)) == pytest.approx((-1, -1))
    assert shift("f", without=s1) == pytest.approx(-2)  # d_{f,s1} = +1: without f its skip is worth nothing
    assert shift("e", without=s1) == pytest.approx(-3)  # no answer is left


def test_the_slopes_in_a_state_are_those_of_what_is_alive_in_it(skips):
    split, reach = skips
    found = linearised(split, reach, frozenset({"f"}))
    assert found.outputs.item() == pytest.approx(1)  # over the skip e->out alone
    assert found.shift(reach.delivery(frozenset({"f"}))).item() == 0
    assert found.shift(0).item() == pytest.approx(-1)


def test_a_select_join_takes_its_skip_in_the_place_of_what_is_missing():
    split, reach = toy("resilinet")
    found = linearised(split, reach)
    assert found.outputs.item() == pytest.approx(1)  # x, handed on by e and f
    assert found.shift(reach.delivery(frozenset({"f"}))).item() == pytest.approx(0)  # e comes instead, and is x too
    names = [edge.name for edge in split.graph.edges]
    assert dict(zip(names, found.changes(reach.delivery(frozenset({"f"}))).tolist(), strict=True)) == {
        "x->e": 0, "e->f": 0, "f->out": -1, "x->f": 0, "e->out": 1}
