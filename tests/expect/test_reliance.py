"""Reliance on hyperconnections: against brute force, and the identities of a fair division."""

import numpy as np
import pytest

from simulator.dataflow.build import build_graph
from simulator.dataflow.graph import EMPTY, Edge
from simulator.dataflow.switches import switched
from simulator.evaluate.outcomes import Outcomes
from simulator.evaluate.part_by_part import Evaluation
from simulator.expect.coalitions import chains, measure_weights
from simulator.expect.reliance import Game, exact_reliance, sampled_coalitions, sampled_reliance
from simulator.failures.bernoulli import Bernoulli
from tests.support.golden_graphs import camera, edges, health, patterns, reach_on, wired
from tests.support.plain_runner import PlainRunner, forward

SAMPLES = 40
MACHINES = ("edge", "fog2", "fog1")


def outcomes_of(runner, graph, seed=3):
    """Outcomes of a plain runner whose all-up answer is right for most samples; groups of four samples."""
    evaluation = Evaluation(graph, runner, SAMPLES)
    dice = np.random.default_rng(seed)
    labels = evaluation.predictions([reach_on(graph, wired(graph)).delivery(frozenset())]).popitem()[1].copy()
    wrong = dice.random(SAMPLES) < 0.2
    labels[wrong] = (labels[wrong] + 1) % 4
    return Outcomes(labels, np.arange(SAMPLES) // 4, np.full(SAMPLES, 0.25), evaluation.predictions)


def game_of(graph, switches, down, probability, coalitions=None):
    coalitions = range(1 << len(switches)) if coalitions is None else coalitions
    found = switched(reach_on(graph, wired(graph)), down, switches, coalitions)
    return Game.of(len(switches), coalitions, found.deliveries, found.place, probability)


def independent(names, survival):
    down = list(patterns(names))
    up = np.array([[name not in one for name in names] for one in down])
    return down, np.exp(Bernoulli(tuple(names), tuple([survival] * len(names))).log_probability(up))


def health_game(mode="select"):
    graph = health(mode=mode)
    down, probability = independent(MACHINES, 0.8)
    return graph, game_of(graph, [4, 5, 6], down, probability), down, probability


@pytest.mark.parametrize("mode", ["add", "select"])
def test_measures_are_those_of_expected_accuracies_computed_one_by_one(mode):
    graph, game, down, probability = health_game(mode)
    outcomes = outcomes_of(PlainRunner(graph, SAMPLES), graph)
    found = exact_reliance(game, outcomes.correct, outcomes.groups)
    values = []
    for coalition in range(8):  # the network without the hyperconnections, forward by forward
        place = switched(reach_on(graph, wired(graph)), down, [4, 5, 6], [coalition])
        worth = [np.mean(outcomes.correct(place.deliveries[at])) for at in place.place[0]]
        values.append(probability @ np.array(worth))
    for name, weights in measure_weights(3).items():
        assert [one.value for one in found.measures[name]] == pytest.approx(list(weights @ np.array(values)))
    assert [one.value for one in found.ends] == pytest.approx([values[0], values[-1]])


def test_shapley_worths_sum_to_the_gain_of_all_sample_by_sample():
    graph, game, _, _ = health_game()
    outcomes = outcomes_of(PlainRunner(graph, SAMPLES), graph)
    found = exact_reliance(game, outcomes.correct, outcomes.groups)
    gain = found.ends[1].value - found.ends[0].value
    assert sum(one.value for one in found.measures["shapley"]) == pytest.approx(gain)
    ends = game.by_sample(np.eye(8)[[0, 7]], outcomes.correct)
    assert found.by_sample.sum(axis=0) == pytest.approx(ends[1] - ends[0])


def test_a_hyperconnection_of_weight_0_is_worth_nothing():
    plain = edges(["s a", "s b", "a c", "b c"])
    graph = build_graph("s", "abc", "c", [*plain, Edge("s", "c", 0.0)], "add")
    down, probability = independent("ab", 1.0)  # with a and b both down its zeros would still be an answer
    outcomes = outcomes_of(PlainRunner(graph, SAMPLES), graph)
    found = exact_reliance(game_of(graph, [2, 4], down, probability), outcomes.correct)
    for measure in found.measures.values():
        assert measure[1].value == 0
    assert found.pairs[0].value == 0
    assert found.measures["shapley"][0].value != 0


def test_hyperconnections_that_can_be_exchanged_are_worth_the_same():
    graph = build_graph("s", "abc", "c", edges(["s a", "s b", "a c", "b c"]), "add")
    runner = PlainRunner(graph, SAMPLES)
    runner.kernels["b"] = runner.kernels["a"]
    down, probability = independent("ab", 0.7)
    outcomes = outcomes_of(runner, graph)
    found = exact_reliance(game_of(graph, [2, 3], down, probability), outcomes.correct)
    for measure in found.measures.values():
        assert measure[0].value == pytest.approx(measure[1].value)


def test_a_class_predicted_from_the_delivery_alone_is_that_of_the_whole_network():
    graph, game, _, _ = health_game()
    runner = PlainRunner(graph, SAMPLES)
    known = Evaluation(graph, runner, SAMPLES).predictions(game.deliveries)
    for delivery in game.deliveries:
        if delivery != EMPTY:
            assert (known[delivery] == forward(runner, delivery, SAMPLES)).all()
    assert len(game.deliveries) < 64  # of 8 subsets x 8 patterns


def test_what_fails_together_weighs_hyperconnections_otherwise():
    graph, game, down, _ = health_game()
    all_or_none = np.array([0.8 if not one else 0.2 if len(one) == 3 else 0.0 for one in down])
    together = game_of(graph, [4, 5, 6], down, all_or_none)
    outcomes = outcomes_of(PlainRunner(graph, SAMPLES), graph)
    alone = exact_reliance(game, outcomes.correct).measures["shapley"]
    found = exact_reliance(together, outcomes.correct).measures["shapley"]
    assert [(one.value, one.low, one.high) for one in found] == [(0, 0, 0)] * 3  # all are up, or none: no skip helps
    assert max(abs(one.value) for one in alone) > 0.01


def test_sampled_orders_cover_what_all_subsets_give():
    graph = camera()
    down, probability = independent(("f1", "f2", "f4"), 0.8)
    switches = list(range(14, 21))
    outcomes = outcomes_of(PlainRunner(graph, SAMPLES), graph)
    exact = exact_reliance(game_of(graph, switches, down, probability), outcomes.correct, outcomes.groups)
    drawn = chains(7, 60, np.random.default_rng(2))
    game = game_of(graph, switches, down, probability, sampled_coalitions(7, drawn))
    found = sampled_reliance(game, drawn, outcomes.correct, outcomes.groups)
    for one, true in zip(found.measures["shapley"], exact.measures["shapley"], strict=True):
        assert one.low <= true.value <= one.high
        assert one.high - one.low >= true.high - true.low - 0.05
    for name in ("removal", "addition"):
        assert [e.value for e in found.measures[name]] == pytest.approx([e.value for e in exact.measures[name]])
    assert sum(e.value for e in found.measures["shapley"]) == pytest.approx(exact.ends[1].value - exact.ends[0].value)


@pytest.mark.slow
def test_intervals_cover_what_the_whole_population_gives():
    _, game, _, _ = health_game()
    dice = np.random.default_rng(11)
    skill = {delivery: dice.uniform(0.2, 0.9) for delivery in game.deliveries}
    true = measure_weights(3)["shapley"] @ (game.chance @ np.array([*skill.values()]))
    hits = 0
    for _ in range(1500):
        hard = dice.normal(size=30).repeat(4)  # clusters of four samples that are hard or easy together
        worth = {d: (dice.random(120) < np.clip(skill[d] + 0.1 * hard, 0, 1)).astype(float) for d in skill}
        found = exact_reliance(game, worth.__getitem__, np.arange(120) // 4).measures["shapley"]
        hits += sum(one.low <= value <= one.high for one, value in zip(found, true, strict=True))
    assert 0.93 <= hits / 4500 <= 0.97
