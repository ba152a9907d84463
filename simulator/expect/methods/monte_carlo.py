"""Monte Carlo: patterns drawn as they come, each delivery scored once, with control variates where there are any."""

from __future__ import annotations

from typing import Literal, final

import numpy as np

from simulator.expect.methods.control import Controls, no_controls
from simulator.expect.methods.draws import Drawing, patterns_of
from simulator.expect.methods.expectation import Expectation, Mean, Question, Sample
from simulator.expect.methods.method import Method, as_is, schedule
from simulator.expect.methods.strata import Drawn, Floats, Places
from simulator.expect.methods.target import FIRST, GROWTH, LEAST, MOST_DRAWS, Guarantee


@final
class MonteCarlo(Method):
    """Independent draws of the patterns; the cost is distinct deliveries.

    ``controls``: whether control variates are used (the exact chance of no answer, first-order terms). ``guarantee``:
    an interval that holds with many draws (``asymptotic``), or with any number of them (``any_size``, several times as
    wide, without control variates).
    """

    method: Literal["monte_carlo"]
    controls: bool = True
    guarantee: Guarantee = "asymptotic"

    def expect(self, question: Question) -> Expectation:
        """Return the expectation from draws consumed in index order, looked at on a schedule that is fixed ahead."""
        scored, before = question.scored, question.scored.forwards
        controls = self._controls(question)
        drawing = patterns_of(question, "all patterns")
        places: Places = np.zeros(0, dtype=np.intp)
        columns: Floats = np.zeros((0, controls.count))
        stopped, looks = f"{MOST_DRAWS:,} draws", 0
        for draws in schedule(FIRST, GROWTH, MOST_DRAWS):
            new, more = _more(question, drawing, draws - len(places), controls)
            kept = as_is(scored, new, self.target.max_forwards - (scored.forwards - before))
            places, columns = np.concatenate([places, kept]), np.concatenate([columns, more[: len(kept)]])
            scored.scores(kept)
            is_spent = len(kept) < len(new)
            if len(places) < LEAST and not is_spent:
                continue
            looks += 1
            sample = self._sample(places, columns, controls, looks)
            mean = self._mean(sample, question)
            met = self.target.met(mean)
            if met or is_spent:
                stopped = met or self.target.spent(self.target.max_forwards) or ""
                break
        how = f"Monte Carlo over {len(places):,} draws{self._told(sample, question)}"
        return Expectation(self.method, mean, sample, scored.forwards - before, how, stopped)

    @property
    def _is_sure(self) -> bool:
        return self.guarantee == "any_size"

    def _controls(self, question: Question) -> Controls:
        return Controls.of(question, self.target) if self.controls and not self._is_sure else no_controls()

    @staticmethod
    def _sample(places: Places, columns: Floats, controls: Controls, looks: int) -> Sample:
        has_any = controls.count > 0
        stratum = Drawn("all patterns", 1.0, places, columns if has_any else None, controls.means if has_any else None)
        return Sample((stratum,), looks)

    def _mean(self, sample: Sample, question: Question) -> Mean:
        return sample.mean(question.scored.scores, question.scored.bounds, is_guaranteed=self._is_sure)

    def _told(self, sample: Sample, question: Question) -> str:
        if self._is_sure:
            return ", empirical Bernstein (conservative)"
        drawn = sample.strata[0]
        if not isinstance(drawn, Drawn) or drawn.controls is None:
            return ""
        values = question.scored.scores(drawn.places)
        if np.isnan(values).any() or not (spread := float(values.var())):
            return ", control variates"
        left = max(float((drawn.residuals(values) ** 2).mean()), 1e-300)
        return f", control variates: variance {spread / left:.3g} times smaller"


def _more(question: Question, drawing: Drawing, count: int, controls: Controls) -> tuple[Places, Floats]:
    """Return the places of the next draws and their control variates, in pieces that fit into memory."""
    places, columns = [], []
    for at_work, up in drawing.next(count):
        found = question.scored.places(up)
        places.append(found)
        columns.append(controls.columns(at_work, found))
    return np.concatenate(places), np.concatenate(columns)
