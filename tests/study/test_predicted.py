"""The measure ``predicted_failures``: the toy whose every number is known, brute force, and what is refused."""

from itertools import product

import numpy as np
import pytest
from shared import chain
from small import assemblies

from simulator.dataflow.build import build_graph
from simulator.errors import ScenarioError
from simulator.failures.bernoulli import Bernoulli
from simulator.neurons.delivery_shifts import Linearised, gates
from simulator.study.answers import answers
from simulator.study.predicted_findings import spread_over
from simulator.study.predicted_orders import BY_DELIVERY, EXACT, FIRST, ORDERS, PAIRS, SINGLES, Foretold
from simulator.study.predicted_skips import IN_STATES, SECANTS, skips_of, worth_of_skips
from simulator.study.predicted_states import states_of
from simulator.study.predicted_tally import Tally
from simulator.study.progress import Progress
from simulator.study.run import run
from tests.support.golden_graphs import edges, reach_on, wired


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))


class Sums:
    """The toy of T11 taken apart by hand: e = x, f = e + x, out = f + e, each message times its gate."""

    def __init__(self, graph):
        self.graph, self.place = graph, {edge.name: place for place, edge in enumerate(graph.edges)}

    def out(self, gate):
        g = {name: gate[place] for name, place in self.place.items()}
        e = g["x->e"]
        return g["f->out"] * (g["e->f"] * e + g["x->f"]) + g["e->out"] * e

    def scores(self, deliveries):
        taken = {one: np.isin(np.arange(5), self.graph.edges_of(one)) * 1.0 for one in deliveries if one}
        return {one: np.full((1, 1), float(self.out(gate))) for one, gate in taken.items()}

    def linearised(self, reach, down, exit_part):
        fed = reach.fed(down)
        at, step = gates(self.graph, fed), 1e-6
        slopes = [(self.out(at + step * one) - self.out(at - step * one)) / (2 * step) for one in np.eye(5)]
        return Linearised(self.graph, fed, np.full((1, 1), self.out(at)), np.reshape(slopes, (1, 1, 5)))

    def part_runs(self, deliveries):
        return len(deliveries)


@pytest.fixture
def toy():
    graph = build_graph(["x"], ["e", "f", "out"], ["out"], edges(["x e", "e f", "f out", "x f", "e out"]), "add")
    process = Bernoulli(("e", "f"), (0.9, 0.8))
    return Foretold(states_of(process, reach_on(graph, wired(graph)), 4), Sums(graph))


def test_t11_mean_and_variance_of_the_toy_by_each_order(toy):
    assert toy.first.ravel().tolist() == pytest.approx([-2, -2])
    assert toy.alone.ravel().tolist() == [-2, -2]
    assert toy.both[0, 0].tolist() == [[0, 1], [1, 0]]
    for order in (PAIRS, EXACT):
        found = toy.moments(order)
        assert (found.mean.item(), found.variance.item()) == pytest.approx((-0.58, 0.8836))
    for order in (FIRST, SINGLES):
        found = toy.moments(order)
        assert (found.mean.item(), found.variance.item()) == pytest.approx((-0.6, 4 * (0.09 + 0.16)))
    assert toy.scores(PAIRS, 3).item() == 3 - 2 - 2 + 1
    assert toy.scores(SINGLES, 3).item() == 3 - 2 - 2
    shifts = {row: toy.scores(EXACT, row).item() - 3 for row in range(4)}
    assert shifts == {0: 0, 1: -2, 2: -2, 3: -3}
    assert toy.states.probability.tolist() == pytest.approx([0.72, 0.08, 0.18, 0.02])


def test_t11_the_skip_over_f_is_worth_more(toy):
    """With the answer itself in the place of what is right, B_e is the change of E out when a skip is removed."""
    tally = Tally(np.zeros(1, dtype=np.intp), np.zeros(1), np.zeros(1))
    tally.counted = lambda scores: scores[:, 0]
    names = [toy.graph.edges[edge].name for edge in skips_of(toy)]
    worth = worth_of_skips(toy, skips_of(toy), tally)
    assert dict(zip(names, worth[EXACT][:, 0].tolist(), strict=True)) == pytest.approx({"x->f": 0.8, "e->out": 0.9})
    assert worth[SECANTS][:, 0].tolist() == pytest.approx([(0.72 + 0.08) / 0.98, (0.72 + 0.18) / 0.98])  # given <= 1
    for order in (BY_DELIVERY, IN_STATES, SECANTS):
        assert worth[order][names.index("e->out"), 0] > worth[order][names.index("x->f"), 0]
    assert worth[IN_STATES] == pytest.approx(worth[SECANTS])  # the toy is linear in each gate


def brute(loaded):
    """Return of the cell of a chain its labels, no-answer worth, and scores by what is down, part by part by hand."""
    (of,) = assemblies(loaded)
    found = answers(of, quick=False, label="", progress=Progress())
    rows = np.arange(found.samples)
    return of, found, found.analysis(rows)


@pytest.mark.parametrize("strategy", ["dfg", "resilinet"])
def test_scores_of_deliveries_are_those_of_the_gated_network_and_answer_as_the_network_does(tmp_path, strategy):
    of, found, analysis = brute(chain(tmp_path, strategy=strategy))
    for down in (frozenset(), frozenset({"edge"}), frozenset({"fog"})):
        delivery = of.reach.delivery(down)
        scores = analysis.scores([delivery])[delivery]
        assert scores.mean(axis=1) == pytest.approx(0, abs=1e-12)
        linear = analysis.linearised(of.reach, down, "cloud")
        assert linear.outputs == pytest.approx(scores, abs=2e-5)
        right = found.outcomes.correct(delivery)
        assert np.array_equal(scores.argmax(axis=1) == found.outcomes.labels, right == 1)


@pytest.mark.parametrize("strategy", ["dfg", "resilinet"])
def test_slopes_are_those_of_finite_differences(tmp_path, strategy):
    of, _, analysis = brute(chain(tmp_path, strategy=strategy))
    linear, step = analysis.linearised(of.reach, frozenset(), "cloud"), 1e-2
    for edge in range(len(of.graph.edges)):
        ends = [analysis._gates.scores(analysis._data, linear.gates + side * step * np.eye(5)[edge], "cloud")
                for side in (1, -1)]
        slope = (ends[0] - ends[1]) / (2 * step)
        slope -= slope.mean(axis=1, keepdims=True)
        assert np.median(np.abs(slope - linear.slopes[..., edge])) < 2e-3


@pytest.mark.parametrize("failures", [
    [{"kind": "bernoulli", "survival": "poor"}],
    [{"kind": "bernoulli", "survival": "poor"}, {"kind": "groups", "groups": {"rack": {"members": ["edge", "fog"],
                                                                                      "survival": 0.9}}}],
])
def test_the_exact_order_is_the_expected_accuracy_and_pairs_of_two_machines_are_exact(tmp_path, failures):
    loaded = chain(tmp_path, failures=failures, measure=["expected_accuracy", "predicted_failures"])
    (cell,) = run(loaded, tmp_path / "run").record.cells
    rows = {row["order"]: row for row in cell.tables["predicted_orders"]}
    assert list(rows) == list(ORDERS)
    expected = cell.estimates["expected_accuracy"].value
    for order in (EXACT, PAIRS):
        assert rows[order]["expected_accuracy"] == pytest.approx(expected)
        assert rows[order]["error"] == pytest.approx(0, abs=1e-12)
        assert rows[order]["mean_error"] == pytest.approx(0, abs=1e-9)
    assert cell.tables["predicted_failures"][0]["is_independent"] is (len(failures) == 1)
    assert rows[SINGLES]["deliveries"] == 3
    assert rows[FIRST] | {"backward": 3, "deliveries": 1} == rows[FIRST]


def test_moments_to_first_order_use_the_covariance_of_any_process(tmp_path):
    failures = [{"kind": "common_cause", "survival": {"edge": 0.8, "fog": 0.8}, "beta": 0.5}]
    of, _, analysis = brute(chain(tmp_path, failures=failures))
    foretold = Foretold(states_of(of.process, of.reach, 4), analysis)
    law, down = foretold.states.probability, np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    crash = law @ down
    covariance = (down * law[:, np.newaxis]).T @ down - np.outer(crash, crash)
    assert foretold.states.crashes.covariance == pytest.approx(covariance)
    assert covariance[0, 1] > 0.05
    shifts = foretold.first @ down.T
    mean = shifts @ law
    assert foretold.moments(FIRST).mean == pytest.approx(mean)
    assert foretold.moments(FIRST).variance == pytest.approx((shifts - mean[..., np.newaxis]) ** 2 @ law)


def test_worth_of_skips_and_importance_are_those_of_cutting_and_setting_down_by_hand(tmp_path):
    loaded = chain(tmp_path, measure=[{"predicted_failures": {"draws": 20}},
                                      {"sensitivity": {"of": ["components", "hyperconnections"]}}])
    (cell,) = run(loaded, tmp_path / "run").record.cells
    of, found, _ = brute(loaded)
    chances = {frozenset(down): (0.3 if "edge" in down else 0.7) * (0.2 if "fog" in down else 0.8)
               for down in ((), ("edge",), ("fog",), ("edge", "fog"))}

    def expected(cut=None):
        reach = of.reach if cut is None else of.reach.without(cut)
        return sum(chance * found.outcomes.accuracy([reach.delivery(down)])[0] for down, chance in chances.items())

    for row in cell.tables["predicted_skips"]:
        edge = [one.name for one in of.graph.edges].index(row["name"])
        assert row["exact"] == pytest.approx(expected() - expected(edge))
        assert row["low"] <= row["exact"] <= row["high"]
    removed = {row["of"]: row["value"] for row in cell.tables["reliance"] if row["measure"] == "removal"}
    assert {row["name"]: row["exact"] for row in cell.tables["predicted_skips"]} == pytest.approx(removed)
    measured = {row["name"]: row for row in cell.tables["importance"]}
    for row in cell.tables["predicted_components"]:
        assert row["birnbaum"] == pytest.approx(measured[row["name"]]["birnbaum"])
        assert row["improvement"] == pytest.approx(measured[row["name"]]["improvement"])
        assert row["pairs"] == pytest.approx(row["birnbaum"])
    assert {(row["of"], row["by"]) for row in cell.tables["predicted_ranks"]} == {
        *product(["components"], ["shift", "variance", FIRST, BY_DELIVERY, SINGLES, PAIRS]),
        *product(["skips"], [BY_DELIVERY, IN_STATES, SECANTS])}


@pytest.mark.parametrize(("changes", "told"), [
    ({"policy": {"no_answer": "exclude"}}, "have no accuracy"),
    ({"failures": []}, "nothing that matters to the model can fail"),
    ({"measure": [{"predicted_failures": {"max_components": 1}}]}, "raise max_components"),
])
def test_what_cannot_be_foretold_is_told(tmp_path, changes, told):
    loaded = chain(tmp_path, **{"measure": ["predicted_failures"], **changes})
    (cell,) = run(loaded, tmp_path / "run").record.cells
    assert any(told in note for note in cell.notes)
    assert "predicted_orders" not in cell.tables


def test_silent_errors_are_refused_before_the_run(tmp_path):
    errors = [{"kind": "bit_flips", "per_bit": 0.1}]
    with pytest.raises(ScenarioError, match="'predicted_failures' foretells what is up or down"):
        chain(tmp_path, measure=["predicted_failures"], errors=errors)


def test_samples_are_spread_over_the_test_set():
    assert spread_over(100, 7).tolist() == [0, 14, 28, 42, 57, 71, 85]
