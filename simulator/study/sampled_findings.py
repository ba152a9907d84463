"""Expected accuracy where not all patterns are summed: the findings of a method that samples, or sums a part."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.evaluate.outcomes import Outcomes
from simulator.evaluate.score_outcomes import ScoreOutcomes
from simulator.expect.estimate import Estimate
from simulator.expect.frontier import no_information_flow
from simulator.expect.frontier_plan import NotExact
from simulator.expect.individual import worth_by_cluster
from simulator.expect.intervals import cluster_mean, exactly, within
from simulator.expect.methods.expectation import Expectation, Mean, Question
from simulator.expect.methods.method import CannotEstimate, Method
from simulator.expect.methods.most_probable import most_probable
from simulator.expect.scored import Floats, Places, Scored
from simulator.failures.cause_law import CauseLaw
from simulator.failures.process import FailureProcess, NoLaw
from simulator.failures.stated_causes import cause_law_of
from simulator.seeds import Streams
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.score_findings import find_scores, score_outcomes
from simulator.study.scored import ScoredDeliveries, scored_of

LIKELY, TRIED = 16, 64  # patterns in a record, and sets of causes that they are looked for among
ROUNDING = 1e-12
READABLE = 60  # hyperconnections in the text of a delivery
LEFT_OUT = "left out"  # what an interval covers: patterns that were not looked at
MOST_CLUSTERS = 2000  # clusters in a record


@dataclass(frozen=True)
class Sampled:
    """Finds the expected accuracy of a cell by a method.

    Args:
        assembly: The cell.
        answers: The answers of its model; None: given, or none.
        method: How.
        found: What is filled in.
    """

    assembly: Assembly
    answers: Answers | None
    method: Method
    found: Findings

    @property
    def outcomes(self) -> Outcomes | None:
        """The worth of the model's answers."""
        return self.answers.outcomes if self.answers else None

    def find(self) -> Estimate | None:
        """Fill in the estimates and return the expected accuracy, None where nothing says it.

        Raises:
            ScenarioError: the method does not go with these failures.
        """
        scored = scored_of(self.assembly, self.outcomes)
        if scored is None:
            self.found.notes.append("no model and no given outcomes: accuracy is not measured")
            return None
        if math.isinf(scored.bounds[1]):
            raise ScenarioError(Problem("measure.expected_accuracy", "the error of a regression has no highest value, "
                                        "so that what is left out or not drawn cannot be bounded",
                                        "sum over all patterns: let at most 20 fail, or write method: exact"))
        no_flow = exact_no_flow(self.assembly) if isinstance(scored, ScoredDeliveries) else None
        question = question_of(self.assembly, scored, None if no_flow is None else no_flow.value)
        try:
            expectation = self.method.expect(question)
        except CannotEstimate as cannot:
            raise ScenarioError(Problem("measure.expected_accuracy", str(cannot))) from cannot
        except NoLaw as no_law:
            self.found.notes.append(f"no expected accuracy: {no_law}")
            return None
        by_sample = self._by_sample(expectation, scored)
        self._keep(expectation, scored, by_sample)
        if no_flow is not None:
            self.found.estimates["no_information_flow"] = no_flow
        self._note(expectation)
        if question.law is not None and not question.law.is_exact:
            states = len(question.law.weight)
            self.found.notes.append(f"the failures' latent state is continuous: {states} values stand for it "
                                    "(quadrature)")
        if question.law is not None:
            self._likely(question.law, scored, expectation)
        if len(by_sample) and self.outcomes is not None:
            keep_clusters(self.found, by_sample, self.outcomes.groups)
        self._scores(expectation, scored)
        return self.found.estimates["expected_accuracy"]

    def _scores(self, expectation: Expectation, scored: Scored) -> None:
        """Find the further scores: the same weights of deliveries, and the sampling's interval of each."""
        if self.answers is None or not isinstance(scored, ScoredDeliveries) or not self.method.scores:
            return
        places, weights = expectation.sample.by_delivery
        chances = dict(zip((scored.deliveries[place] for place in places), weights.tolist(), strict=True))
        all_up = self.assembly.reach.delivery(frozenset())
        find_scores(self.answers, self.method.scores, chances, all_up, self.found)
        if not expectation.draws:
            return
        for one in score_outcomes(self.answers, self.method.scores):
            mean = expectation.sample.mean(partial(_scores_of, one, scored))
            if one.score.name != "accuracy":
                self.found.estimates[f"expected_{one.score.name}_sampling"] = Estimate(
                    mean.value, mean.low, mean.high, expectation.draws, expectation.how, "failures")

    def _by_sample(self, expectation: Expectation, scored: Scored) -> Floats:
        """Return the expected worth of each test sample: the same weights of deliveries, for each sample."""
        if self.outcomes is None or not isinstance(scored, ScoredDeliveries):
            return np.zeros(0)
        total, counted = np.zeros(len(self.outcomes.labels)), 0.0
        for place, weight in zip(*expectation.sample.by_delivery, strict=True):
            worth = self.outcomes.correct(scored.deliveries[place])
            if not np.isnan(worth).any():
                total, counted = total + weight * worth, counted + float(weight)
        return total / counted if counted > 0 else np.full(len(total), np.nan)

    def _keep(self, expectation: Expectation, scored: Scored, by_sample: Floats) -> None:
        found, mean, how = self.found, expectation.mean, expectation.how
        sampling = Estimate(mean.value, mean.low, mean.high, expectation.draws, how, "failures")
        if len(by_sample) and self.outcomes is not None:
            own = cluster_mean(by_sample, self.outcomes.groups)
            found.estimates["expected_accuracy"] = within(replace(own, method=f"{how}, {own.method}"))
        elif expectation.draws:
            found.estimates["expected_accuracy"] = sampling
        else:
            found.estimates["expected_accuracy"] = Estimate(mean.value, *mean.bounds, 0, how, LEFT_OUT)
        if expectation.draws:
            found.estimates["expected_accuracy_sampling"] = sampling
        if expectation.sample.rest > ROUNDING:
            left_out = f"patterns left out have probability {expectation.sample.rest:.2g}"
            found.estimates["expected_accuracy_bounds"] = Estimate(mean.value, *mean.bounds, 0, left_out, LEFT_OUT)
        found.estimates["all_up_accuracy"] = self._all_up(scored)
        if isinstance(scored, ScoredDeliveries):
            no_flow = expectation.sample.mean(lambda places: np.asarray(places == 0, dtype=np.float64))
            found.estimates["no_information_flow"] = _probability(no_flow, expectation)
            self._deliveries(expectation, scored)
        found.counts |= {"draws": expectation.draws, "forwards": expectation.forwards}

    def _all_up(self, scored: Scored) -> Estimate:
        place = scored.places(np.ones((1, len(scored.components)), dtype=bool))
        if self.outcomes is None or not isinstance(scored, ScoredDeliveries):
            return exactly(float(scored.scores(place)[0]), 1, "given")
        return within(cluster_mean(self.outcomes.correct(scored.deliveries[int(place[0])]), self.outcomes.groups))

    def _deliveries(self, expectation: Expectation, scored: ScoredDeliveries) -> None:
        if len(self.assembly.graph.edges) > READABLE:
            return
        places, weights = expectation.sample.by_delivery
        first = np.argsort(-weights, kind="stable")[:LIKELY]
        graph, scores = self.assembly.graph, scored.scores(places[first])
        rows = zip(places[first].tolist(), weights[first].tolist(), scores.tolist(), strict=True)
        self.found.tables["deliveries"] = [
            {"delivery": graph.text(scored.deliveries[place]), "probability": weight, "accuracy": score}
            for place, weight, score in rows]

    def _note(self, expectation: Expectation) -> None:
        name = expectation.method.replace("_", " ")
        if expectation.chosen:
            self.found.notes.append(f"expected accuracy by '{name}', chosen because {expectation.chosen}")
        self.found.notes.append(f"expected accuracy, '{name}': {expectation.how}; {expectation.forwards:,} forwards; "
                                f"stopped because {expectation.stopped}")

    def _likely(self, law: CauseLaw, scored: Scored, expectation: Expectation) -> None:
        """Put down the most probable patterns, with what each adds to the expectation and takes from it."""
        at_work, probability = most_probable(law, TRIED)
        patterns, first, row = np.unique(law.up(at_work), axis=0, return_index=True, return_inverse=True)
        chance = np.bincount(row.reshape(-1), probability, len(patterns))
        order = np.argsort(first)[np.argsort(-chance[np.argsort(first)], kind="stable")][:LIKELY]
        places = scored.places(patterns[order])
        known = scored.is_scored(places)
        scores = np.full(len(order), np.nan)
        scores[known] = scored.scores(places[known])
        best = float(scored.scores(scored.places(np.ones((1, len(scored.components)), dtype=bool)))[0])
        self.found.tables["likely_patterns"] = [
            {"down": ", ".join(np.array(scored.components)[~up].tolist()) or "nothing", "probability": float(p),
             "accuracy": float(score), "contribution": float(p * score), "loss": float(p * (best - score))}
            for up, p, score in zip(patterns[order], chance[order], scores, strict=True)]


def _scores_of(one: ScoreOutcomes, scored: ScoredDeliveries, places: Places) -> Floats:
    distinct, row = np.unique(places, return_inverse=True)
    values: Floats = one.accuracy([scored.deliveries[place] for place in distinct.tolist()])[row.reshape(-1)]
    return values


def _probability(no_flow: Mean, expectation: Expectation) -> Estimate:
    """Return P(no answer) with everything that is not known about it: the sampling, and what was left out."""
    low, high = no_flow.reach
    if not expectation.draws and expectation.sample.rest <= ROUNDING:
        return exactly(no_flow.value, 0, expectation.how)
    uncertainty = "failures" if expectation.draws else LEFT_OUT
    return within(Estimate(no_flow.value, low, high, expectation.draws, expectation.how, uncertainty))


def keep_clusters(found: Findings, by_sample: Floats, groups: NDArray[np.generic]) -> None:
    """Keep what paired comparisons of cells need, unless the test set has too many clusters for a record."""
    clusters = worth_by_cluster(by_sample, groups)
    if len(clusters["samples"]) <= MOST_CLUSTERS:
        found.tables["clusters"] = [dict(clusters)]


def question_of(assembly: Assembly, scored: Scored, no_flow: float | None) -> Question:
    """Return what is expected over a cell's patterns.

    Its dice have the same names in every cell: cells with the same failures and seed draw the same patterns.
    """
    streams, process = Streams(assembly.scenario.seed), assembly.process
    return Question(scored, law_of(process), lambda name: streams.of("", f"expected accuracy, {name}"),
                    lambda count: process.sample_up(streams, count), None if no_flow is None else lambda: no_flow)


def exact_no_flow(assembly: Assembly) -> Estimate | None:
    """Return P(no answer) along the frontier; None where that is not exact, or too wide."""
    law = law_of(assembly.process)
    if law is None or not law.is_exact or assembly.replicas or assembly.errors:
        return None
    try:
        return no_information_flow(assembly.graph, assembly.placement, assembly.reach.routes, law)
    except NotExact:
        return None


def law_of(process: FailureProcess) -> CauseLaw | None:
    """Return the law of a process as independent causes; None where it states none."""
    try:
        return cause_law_of(process)
    except NoLaw:
        return None

