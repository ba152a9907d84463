"""The tail and the distribution of accuracy: what a cell's record says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.expect.estimate import Estimate
from simulator.expect.methods.expectation import Expectation, Question
from simulator.expect.methods.method import CannotEstimate, Method
from simulator.expect.scored import Scored
from simulator.expect.tail.blocks import AccuracyExceedance
from simulator.expect.tail.creation import Creation
from simulator.expect.tail.cross_check import CrossCheck
from simulator.expect.tail.distribution import Distribution
from simulator.expect.tail.events import Event
from simulator.expect.tail.hits import until_hits
from simulator.expect.tail.monotone import check
from simulator.expect.tail.splitting import TOO_FEW, Splitting, split
from simulator.failures.process import NoLaw
from simulator.seeds import Streams
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.sampled_findings import law_of
from simulator.study.scored import ScoredDeliveries, scored_of

Numbers = dict[str, Estimate]
PLACE = "measure.accuracy_exceedance"


@dataclass(frozen=True)
class Tail:
    """Finds the distribution of accuracy of a cell.

    Args:
        assembly: The cell.
        scored: What its patterns are worth.
        asked: What is wanted.
        found: What is filled in.
    """

    assembly: Assembly
    scored: Scored
    asked: AccuracyExceedance
    found: Findings

    def question(self, prefix: str) -> Question:
        """Return the question on dice whose names begin with a word."""
        streams, process = Streams(self.assembly.scenario.seed), self.assembly.process
        purpose = f"accuracy exceedance, {prefix}"
        return Question(self.scored, law_of(process), lambda name: streams.of("", f"{purpose}, {name}"),
                        lambda count: process.sample_up(streams, count))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """No answer, where deliveries are known, and accuracy below each level."""
        no_answer = (Event(self.scored),) if isinstance(self.scored, ScoredDeliveries) else ()
        return (*no_answer, *(Event(self.scored, level) for level in self.asked.below))

    def find(self) -> None:
        """Fill in the estimates, the curve and the table.

        Raises:
            ScenarioError: a method does not go with these failures.
        """
        expectation = self._expected(self.asked.by, "by")
        distribution = Distribution(expectation.sample, self.scored, expectation.how)
        numbers = self._numbers(distribution)
        self._keep(numbers)
        self.found.curves["accuracy_exceedance"] = distribution.exceedance()
        rows = [_row(name, "", one) for name, one in numbers.items()]
        rows += [_row(event.name, "hits", one) for event, one in self._by_hits()]
        rows += [_row(event.name, "splitting", one) for event, one in self._by_splitting()]
        self.found.tables["distribution"] = rows
        if expectation.chosen:
            self.found.notes.append(f"accuracy exceedance by '{expectation.method}', chosen because "
                                    f"{expectation.chosen}")
        self.found.notes.append(f"accuracy exceedance: {expectation.how}; stopped because {expectation.stopped}")
        if self.asked.check:
            self._check(self.asked.check, numbers)

    def _expected(self, method: Method, prefix: str) -> Expectation:
        try:
            return method.expect(self.question(prefix))
        except CannotEstimate as cannot:
            raise ScenarioError(Problem(f"{PLACE}.{prefix}", str(cannot))) from cannot

    def _numbers(self, distribution: Distribution) -> Numbers:
        """Return every number asked for, by its name for people."""
        asked = self.asked
        quantiles = {f"{100 * share:g} % quantile": distribution.quantile(share) for share in asked.quantiles}
        worst = {f"mean of the worst {100 * share:g} %": distribution.worst(share) for share in asked.worst}
        shares = {event.name: distribution.chance(event) for event in self.events}
        spread = {"standard deviation": distribution.deviation(), "variance": distribution.variance()}
        return {**shares, **quantiles, **worst, **spread}

    def _keep(self, numbers: Numbers) -> None:
        """Put the first of each kind among the estimates; the table has all."""
        estimates, asked = self.found.estimates, self.asked
        if asked.below:
            estimates["accuracy_below"] = numbers[Event(self.scored, asked.below[0]).name]
        if asked.quantiles:
            estimates["accuracy_quantile"] = numbers[f"{100 * asked.quantiles[0]:g} % quantile"]
        if asked.worst:
            estimates["accuracy_worst"] = numbers[f"mean of the worst {100 * asked.worst[0]:g} %"]
        estimates["accuracy_deviation"] = numbers["standard deviation"]

    def _by_hits(self) -> list[tuple[Event, Estimate]]:
        if self.asked.hits is None:
            return []
        return list(zip(self.events, until_hits(self.question("hits"), self.events, self.asked.hits), strict=True))

    def _by_splitting(self) -> list[tuple[Event, Estimate]]:
        """Return the chances by splitting, of the events that are monotone as far as can be seen."""
        question = self.question("splitting")
        if self.asked.splitting is None:
            return []
        if question.law is None:
            raise ScenarioError(Problem(f"{PLACE}.splitting", "splitting needs the law of the failures, and these "
                                        "state none", "leave it out, and use hits"))
        found = []
        for event in self.events:
            creation = Creation(question.law, event)
            if (one := self._split(creation, self.asked.splitting, question.dice)) is not None:
                found.append((event, one))
        return found

    def _split(self, creation: Creation, settings: Splitting,
               dice: Callable[[str], np.random.Generator]) -> Estimate | None:
        name = creation.event.name
        checked = check(creation, dice(f"chains, {name}"))
        if not checked.is_monotone:
            self.found.notes.append(f"WARNING: no splitting of '{name}', which would be wrong: {checked.against} "
                                    f"({checked.what} looked at); 'hits' and 'by: importance' need no order")
            return None
        self.found.notes.append(f"splitting of '{name}': more failures never end it in {checked.what}")
        found = split(creation, settings, dice)
        if TOO_FEW in found.method:
            self.found.notes.append(f"WARNING: splitting of '{name}': {TOO_FEW}")
        return found

    def _check(self, method: Method, numbers: Numbers) -> None:
        """Ask another method on dice of its own, and tell whether they agree."""
        other = self._expected(method, "check")
        again = self._numbers(Distribution(other.sample, self.scored, other.how))
        checks = [CrossCheck(name, one, again[name]) for name, one in numbers.items()]
        self.found.tables["cross_checks"] = [check.row() for check in checks]
        far = [check for check in checks if not check.agrees]
        worst = max(checks, key=lambda check: abs(check.z))
        told = f"largest |z| {abs(worst.z):.2f} ({worst.name})"
        if far:
            told += "".join(f"; {check.name} {check.text()}" for check in far)
        self.found.notes.append(f"{'WARNING: ' * bool(far)}check by '{method.model_dump()['method']}' "
                                f"({other.how}): {len(checks) - len(far)} of {len(checks)} numbers agree, {told}")


def find_tail(assembly: Assembly, answers: Callable[[], Answers | None], found: Findings) -> None:
    """Fill in the distribution of accuracy of a cell, where it is asked for, and there is any accuracy and a law.

    Args:
        assembly: The cell.
        answers: Returns those of its model; None: they are given, or there are none.
        found: What is filled in.
    """
    if (asked := assembly.scenario.measure.accuracy_exceedance) is None:
        return
    of_model = answers()
    scored = scored_of(assembly, of_model.outcomes if of_model else None)
    if scored is None:
        found.notes.append("no model and no given outcomes: the distribution of accuracy is not measured")
        return
    try:
        Tail(assembly, scored, asked, found).find()
    except NoLaw as no_law:
        found.notes.append(f"no distribution of accuracy: {no_law}")


def _row(name: str, by: str, one: Estimate) -> dict[str, float | str]:
    return {"name": name, "by": by, "value": one.value, "low": one.low, "high": one.high, "method": one.method,
            "uncertainty": one.uncertainty}
