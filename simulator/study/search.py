"""A search over continuous settings: trial by trial a cell, the best one compared with the start on fresh seeds.

All trials have the scenario's root seed, so that they meet the same failures and arrivals, and differ by their
settings. The best of many is partly lucky: what it is worth is told by other root seeds, on which nothing was chosen.
A search that was stopped finds its finished cells, tells the sampler of them in the same order, and goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.expect.estimate import Estimate
from simulator.expect.search_blocks import SearchBlock, Written
from simulator.expect.student import student_mean
from simulator.scenario.labels import label_text
from simulator.scenario.load import Loaded
from simulator.scenario.searching import value_at
from simulator.scenario.variants import Variant, variant_at
from simulator.study.cell_files import CellAnswer
from simulator.study.progress import Progress
from simulator.study.record import CellRecord
from simulator.study.samplers import Point, Sampler, sampler_of

AnswerOf = Callable[[Variant], CellAnswer]
ROOT_SEED = "root seed"
AS_WRITTEN = "as written"


@dataclass(frozen=True)
class Trial:
    """One point that was tried.

    Args:
        number: 0 for the scenario as written, else from 1 on.
        values: Each setting as it would stand in a file; empty for the scenario as written.
        label: Each setting for people.
        numbers: Each setting in the unit of its range; None where the scenario as written has no such number.
        record: The answer; None where the point cannot be.
        why_not: Why it cannot be, or has no value.
    """

    number: int
    values: dict[str, Written]
    label: dict[str, str]
    numbers: dict[str, float | None]
    record: CellRecord | None = None
    why_not: str = ""


@dataclass(frozen=True)
class Searched:
    """A finished search: the cells that are shown (the start, then the best where it is another), and what is told."""

    cells: tuple[CellAnswer, ...]
    told: dict[str, Any]


@dataclass
class Search:
    """A search at work.

    Args:
        loaded: The scenario, with its ``search``.
        answer_of: Returns the answer of a cell, found or made.
        progress: Who is told.
    """

    loaded: Loaded
    answer_of: AnswerOf
    progress: Progress
    trials: list[Trial] = field(default_factory=list)

    @property
    def block(self) -> SearchBlock:
        """What is searched."""
        block = self.loaded.scenario.search
        if block is None:
            raise ScenarioError("the scenario has no 'search'")
        return block

    def run(self) -> Searched:
        """Return the finished search.

        Raises:
            ScenarioError: there is no such estimate, or its sampler is not installed.
        """
        sampler, best = self._sampler(), 0
        self.trials.append(self._start())
        point = self._shares(self.trials[0])
        if (value := self._value(self.trials[0])) is not None and point is not None:
            sampler.add(point, value)
        for number in range(1, self.block.trials + 1):
            trial = self._tried(number, sampler.ask())
            sampler.tell(self._value(trial))
            self.trials.append(trial)
            self.progress.trials(self.loaded.scenario.title, number, self.block.trials)
            best = number if self._is_better(trial, self.trials[best]) else best
        fresh = self._fresh(self.trials[best]) if best else {}
        shown = [self._cell(self.trials[place]) for place in dict.fromkeys((0, best))]
        return Searched(tuple(self.answer_of(cell) for cell in shown), self._told(best) | {"fresh": fresh})

    def _sampler(self) -> Sampler:
        block = self.block
        return sampler_of(block.by, list(block.over), self.loaded.scenario.seed,
                          is_maximised=block.maximise is not None, place=self.loaded.place("search"))

    def _cell(self, trial: Trial, **more: Written) -> Variant:
        label = trial.label | {key: f"{key} {value}" for key, value in more.items()}
        return replace(variant_at(self.loaded, {**trial.values, **more}), label=label)

    def _start(self) -> Trial:
        """Return the scenario as written, with its answer; raise ScenarioError where it has no such estimate."""
        at = {key: value_at(self.loaded.scenario, key) for key in self.block.over}
        numbers = {key: _number(self.block, key, value) for key, value in at.items()}
        label = {key: AS_WRITTEN if numbers[key] is None else label_text(value, key) for key, value in at.items()}
        trial = Trial(0, {}, label, numbers)
        record, name = self.answer_of(self._cell(trial)).record, self.block.estimate
        if name not in record.estimates:
            aim = "maximise" if self.block.maximise else "minimise"
            raise ScenarioError(Problem(self.loaded.place(f"search.{aim}"), f"{name!r} is no estimate of this scenario",
                                        did_you_mean(name, record.estimates)))
        return replace(trial, record=record)

    def _shares(self, trial: Trial) -> Point | None:
        over = self.block.over
        found = [over[key].share_of(over[key].written(number)) for key, number in trial.numbers.items()
                 if number is not None]
        known = tuple(share for share in found if share is not None)
        return known if len(known) == len(over) else None

    def _tried(self, number: int, point: Point) -> Trial:
        """Return a point with its answer, or why it has none."""
        numbers = {key: one.number_at(share) for (key, one), share in zip(self.block.over.items(), point, strict=True)}
        values = {key: self.block.over[key].written(each) for key, each in numbers.items()}
        trial = Trial(number, values, {key: label_text(value, key) for key, value in values.items()}, dict(numbers))
        try:
            cell = self._cell(trial)
        except ScenarioError as error:
            return replace(trial, why_not=error.problems[0].message)
        record = self.answer_of(cell).record
        return replace(trial, record=record, why_not="" if _estimate(record, self.block) else "no such estimate")

    def _value(self, trial: Trial) -> float | None:
        estimate = trial.record and _estimate(trial.record, self.block)
        return estimate.value if estimate else None

    def _is_better(self, trial: Trial, other: Trial) -> bool:
        mine, theirs = self._value(trial), self._value(other)
        if mine is None or theirs is None:
            return mine is not None
        return mine > theirs if self.block.maximise else mine < theirs

    def _fresh(self, best: Trial) -> dict[str, Any]:
        """Return what start and best are worth on other root seeds, seed by seed, and their means and difference."""
        seeds = [self.loaded.scenario.seed + place for place in range(1, self.block.fresh_seeds + 1)]
        values: dict[str, list[float]] = {}
        for name, trial in (("start", self.trials[0]), ("best", best)):
            found = (_estimate(self.answer_of(self._cell(trial, seed=seed)).record, self.block) for seed in seeds)
            values[name] = [one.value if one else math.nan for one in found]
        start, end = np.array(values["start"]), np.array(values["best"])
        means = {"start_mean": start, "best_mean": end, "difference": end - start}
        return {"seeds": seeds, **{name: [_plain(one) for one in each] for name, each in values.items()},
                **{name: _plain_estimate(student_mean(each, ROOT_SEED)) for name, each in means.items()}}

    def _told(self, best: int) -> dict[str, Any]:
        """Return the search as plain values: what was asked, a row for each trial, and which is the best."""
        block = self.block
        over = {key: {"low": one.ends[0], "high": one.ends[1], "unit": one.unit, "scale": one.scale}
                for key, one in block.over.items()}
        return {"estimate": block.estimate, "is_maximised": block.maximise is not None, "by": block.by,
                "keys": list(over), "over": over, "trials": list(self._rows()), "best": best}

    def _rows(self) -> Iterator[dict[str, Any]]:
        for trial in self.trials:
            estimate = trial.record and _estimate(trial.record, self.block)
            found = _plain_estimate(estimate) if estimate else {"value": None, "low": None, "high": None}
            cell = trial.record.hash if trial.record else ""
            yield {"trial": trial.number, "cell": cell, "label": trial.label, "values": trial.values,
                   "numbers": trial.numbers, "why_not": trial.why_not, **found}


def _estimate(record: CellRecord, block: SearchBlock) -> Estimate | None:
    """Return what is searched for, None where a cell has no such number."""
    estimate = record.estimates.get(block.estimate)
    return None if estimate is None or math.isnan(estimate.value) else estimate


def _number(block: SearchBlock, key: str, value: object) -> float | None:
    try:
        return block.over[key].number_of(value)
    except ValueError:
        return None


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value


def _plain_estimate(estimate: Estimate) -> dict[str, Any]:
    return {name: _plain(value) if isinstance(value, float) else value for name, value in estimate.as_dict().items()}
