"""Damaged answers are those of the whole network, damaged place by place in the slow and obvious way."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.dataflow.build import build_graph
from simulator.dataflow.graph import EMPTY, Edge, Mark, PartGraph
from simulator.evaluate.damage import damage_of
from simulator.evaluate.part_by_part import Evaluation
from simulator.evaluate.plan import RunPlan
from simulator.failures.errors import BitFlips, Corrupted, Noisy, Stuck
from simulator.seeds import IndexedStream
from tests.support.golden_graphs import camera, health, patterns, reach_on, wired
from tests.support.plain_runner import PlainRunner
from tests.support.statistics import assert_mean

KINDS = {
    "bit flips": BitFlips(kind="bit_flips", per_bit=0.01),
    "stuck": Stuck(kind="stuck", share=0.5, at="last"),
    "noisy": Noisy(kind="noisy", relative=1.0),
    "corrupted": Corrupted(kind="corrupted", per_bit=0.05),
}
SEED, SAMPLES = 3, 30


def marked(graph: PartGraph, *places: tuple[str, str]) -> PartGraph:
    marks = tuple(Mark(place, tag, {place: f"{place}[{tag}]"}) for place, tag in places)
    return replace(graph, marks=marks)


def evaluated(graph, runner, deliveries, kinds=KINDS, seed=SEED, **more):
    damage = damage_of(graph, kinds, seed)
    return Evaluation(graph, runner, SAMPLES, damage=damage, **more).predictions(deliveries)


def by_hand(graph, runner, delivery, kinds=KINDS):
    """Return the predictions of one delivery: sample by sample, from the exit back, nothing remembered."""

    def hit(place, rows, tags):
        for number, mark in enumerate(graph.marks):
            if mark.place == place and delivery & graph.mark_bit(number):
                dice = IndexedStream(SEED, f"{place}[{mark.tag}]", "damage").at
                before = np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
                pattern = kinds[mark.tag].pattern(dice, range(SAMPLES), rows.shape[1:])
                rows = kinds[mark.tag].damaged(rows, pattern, before)
        return rows

    def output(part):
        if part in graph.sources:
            return hit(part, runner.data[part][:SAMPLES], delivery)
        total = 0
        for edge in graph.edges_of(delivery):
            if graph.edges[edge].target == part:
                sent = output(graph.edges[edge].source)
                sent = sent @ runner.adapters[edge] if edge in runner.adapters else sent
                total = total + hit(graph.edges[edge].name, sent, delivery) * np.float32(graph.edges[edge].weight)
        return hit(part, np.clip(total @ runner.kernels[part] + runner.biases[part], 0, 99), delivery)

    with np.errstate(all="ignore"):
        return output(graph.exit_of(delivery)).argmax(axis=1)


def struck_deliveries(graph, machines, rng, count):
    """Return deliveries of random patterns of crashes and states."""
    reach = reach_on(graph, wired(graph))
    states = sorted(reach.strikes.states)
    downs = list(patterns(machines))
    found = []
    while len(found) < count:
        held = frozenset(state for state in states if rng.random() < 0.4)
        found.append(reach.delivery(downs[rng.integers(len(downs))] | held))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("mode", ["add", "select"])
@pytest.mark.parametrize(("memory_bytes", "rows_per_call"), [(80_000_000, 1024), (6_000, 7), (1, 1)])
def test_damaged_predictions_are_those_of_the_whole_network(mode, memory_bytes, rows_per_call):
    rng = np.random.default_rng(5)
    graph = camera(mode=mode)
    graph = marked(graph, *((part.name, tag) for part in graph.parts for tag in ("bit flips", "stuck", "noisy")
                            if rng.random() < 0.3),
                   *((edge.name, "corrupted") for edge in graph.edges if rng.random() < 0.5))
    runner = PlainRunner(graph, SAMPLES, {"e1": 6, "f4": 3})
    wanted = struck_deliveries(graph, ["f1", "f2", "f3", "f4", "e1", "e2"], rng, 25)
    found = evaluated(graph, runner, wanted, memory_bytes=memory_bytes, rows_per_call=rows_per_call)
    assert set(found) == set(wanted) - {EMPTY}
    assert sum(bool(delivery & graph.all_marks) for delivery in found) > 10
    for delivery, predicted in found.items():
        assert (predicted == by_hand(graph, runner, delivery)).all()


def test_a_part_runs_once_for_a_whole_and_a_damaged_output():
    graph = marked(health(), ("cloud", "noisy"), ("fog1", "noisy"))
    whole = reach_on(graph, wired(graph)).delivery(frozenset())
    one, both = (RunPlan.of(graph, deliveries).part_runs for deliveries in
                 ([whole], [whole, whole | graph.mark_bit(0), whole | graph.mark_bit(1)]))
    assert (one, both) == (4, 5)  # the cloud has two inputs to run on; its own damage comes after


def test_a_delivery_names_what_was_struck_behind_its_taken_edges_only():
    graph = marked(health(), ("edge", "bit flips"), ("fog2", "noisy"), ("cloud", "stuck"), ("edge->fog1", "corrupted"))
    reach = reach_on(graph, wired(graph))
    everything = frozenset(reach.strikes.states)
    assert graph.text(reach.delivery(everything)) == (
        "cloud[stuck] <- iot->edge edge->fog2[bit flips] fog2->fog1[noisy] fog1->cloud")
    assert graph.text(reach.delivery(everything | {"fog2"})) == (
        "cloud[stuck] <- iot->edge fog1->cloud edge->fog1[bit flips, corrupted]")
    assert reach.delivery(everything | {"cloud"}) == EMPTY
    assert graph.text(reach.delivery(frozenset({"edge->fog1[corrupted]"}))) == graph.text(reach.delivery(frozenset()))


def test_stuck_at_zero_is_an_absent_input_of_a_sum():
    graph = build_graph("ab", "c", "c", [Edge("a", "c", 0.5), Edge("b", "c", -2.0)], "add")
    graph = marked(graph, ("a", "stuck"))
    runner = PlainRunner(graph, SAMPLES)
    both, alone = graph.delivery("c", [0, 1]), graph.delivery("c", [1])
    found = evaluated(graph, runner, [both | graph.mark_bit(0), alone], {"stuck": Stuck(kind="stuck")})
    assert (found[both | graph.mark_bit(0)] == found[alone]).all()


class Linear(PlainRunner):
    """A runner that remembers the outputs of its exit, and has no ReLU."""

    def run(self, part, inputs):
        return sum(inputs) @ self.kernels[part]

    def predict(self, exit_part, output):
        self.output = output
        return super().predict(exit_part, output)


def test_noise_through_a_linear_part_has_the_variance_that_its_weights_make_of_it():
    graph = marked(build_graph("a", "c", "c", [Edge("a", "c", 0.5)], "add"), ("a", "noisy"))
    runner = Linear(graph, SAMPLES, {"a": 60, "c": 5}, seed=2)
    delivery = graph.delivery("c", [0])
    evaluated(graph, runner, [delivery])
    plain, excess = runner.output, []
    for seed in range(200):
        evaluated(graph, runner, [delivery | graph.mark_bit(0)], seed=seed)
        spread = runner.data["a"].std(axis=1, keepdims=True) * 0.5 * np.sqrt((runner.kernels["c"] ** 2).sum(axis=0))
        excess.append((runner.output - plain) / spread)
    excess = np.array(excess)[:, :, 0]
    assert_mean(excess.ravel(), 0)
    assert_mean(excess.ravel() ** 2, 1, precision=0.05)


@pytest.mark.parametrize("kind", [
    BitFlips(kind="bit_flips", per_bit=0), Noisy(kind="noisy", relative=0), Stuck(kind="stuck", share=0),
    Corrupted(kind="corrupted", per_bit=0)])
def test_damage_of_no_size_changes_nothing(kind):
    graph = marked(health(), ("edge", "x"), ("iot", "x"), ("edge->fog2", "x"))
    runner = PlainRunner(graph, SAMPLES)
    whole = reach_on(graph, wired(graph)).delivery(frozenset())
    found = evaluated(graph, runner, [whole, whole | graph.all_marks], {"x": kind})
    assert (found[whole] == found[whole | graph.all_marks]).all()


def test_an_answer_of_nan_is_the_class_of_the_first():
    class AllOnes(Stuck):
        def damaged(self, rows, pattern, before):
            found = rows.copy()
            found[:, 2:4] = np.nan
            return found

    graph = marked(build_graph("a", "c", "c", [Edge("a", "c")], "add"), ("c", "stuck"))
    delivery = graph.delivery("c", [0]) | graph.mark_bit(0)
    found = evaluated(graph, PlainRunner(graph, SAMPLES, {"c": 5}), [delivery], {"stuck": AllOnes(kind="stuck")})
    assert set(found[delivery]) == {2}
