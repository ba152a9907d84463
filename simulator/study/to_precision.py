"""Replications are added to the cells of a study until the intervals of named estimates are narrow enough.

A look at a cell with n replications is the ordinary cell with ``replications: n``, name and bytes alike; the numbers of
replications follow a schedule that is fixed ahead. The widest cells go first, and the rounds do not depend on how many
cells are made side by side. Replications are kept apart from cells, so that more of them go on where others ended.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.expect.precision_block import Precision, as_target
from simulator.scenario.identity import cell_hash
from simulator.scenario.load import Loaded
from simulator.scenario.variants import Variant
from simulator.study.cell_files import NAME_LENGTH, CellAnswer
from simulator.study.disk import refusals, write_whole
from simulator.study.fingerprint import fingerprint
from simulator.study.widths import EXPECTED, SURE, Width, widths
from simulator.study.work import Cells

GROWTH = 1.5  # from look to look
WIDE = 0.8  # of the widest: who goes on in a round
FOLDER = "replications"
Through = Callable[[Cells, Mapping[str, str]], Sequence[CellAnswer]]
"""Returns the answers of cells, found or made, given where the replications of each are kept, by its name."""


@dataclass
class Effort:
    """One cell at work.

    Args:
        cell: The point of the grid, with as many replications as it has now.
        base: Its name without a number of replications.
        name: Its name with it.
        looks: After how many replications it was looked at.
        widths: What was seen last.
        stopped: Why no more are added; "" while some are.
        answer: Its answer, where the last look had to make it.
    """

    cell: Variant
    base: str
    name: str = ""
    looks: list[int] = field(default_factory=list)
    widths: list[Width] = field(default_factory=list)
    stopped: str = ""
    answer: CellAnswer | None = None

    @property
    def count(self) -> int:
        """How many replications it has."""
        return self.cell.scenario.replications

    @property
    def ratio(self) -> float:
        """How many times too wide its widest interval is."""
        return max((width.ratio for width in self.widths), default=0.0)

    def row(self) -> dict[str, Any]:
        """Return what the record says of it."""
        return {"label": dict(self.cell.label), "cell": self.name, "replications": self.count, "looks": self.looks,
                "stopped": self.stopped, "widths": [width.as_dict() for width in self.widths]}


@dataclass
class ToPrecision:
    """A study that is run to a precision.

    Args:
        loaded: The scenario, with its ``precision``.
        asked: That precision.
        folder: The run folder.
        through: Has cells made.
        drop: Removes a cell of an earlier look.
    """

    loaded: Loaded
    asked: Precision
    folder: Path
    through: Through
    drop: Callable[[str], None]

    def run(self, cells: Cells) -> tuple[list[CellAnswer], list[dict[str, Any]]]:
        """Return the answers of all cells, and for each why no more replications were added."""
        began_ns = time.monotonic_ns()
        efforts = [Effort(self._with(cell, cell.scenario.replications), name) for cell, name in cells]
        self._look(efforts)
        while going := [effort for effort in efforts if not effort.stopped]:
            spent_s = (time.monotonic_ns() - began_ns) / 1e9
            if self.asked.budget.seconds is not None and spent_s >= self.asked.budget.seconds:
                for effort in going:
                    effort.stopped = f"budget: {self.asked.budget.seconds:g} s"
                break
            self._look(self._grown(going, sum(effort.count for effort in efforts)))
        known = [effort for effort in efforts if effort.answer is None]
        found = self.through([(one.cell, one.name) for one in known], self._kept(known)) if known else []
        for effort, answer in zip(known, found, strict=True):
            effort.answer = answer
        for effort in efforts:  # a run before may have ended at another one
            for name in set(self._looks(effort)) - {effort.name}:
                self.drop(name)
        return [one.answer for one in efforts if one.answer], [one.row() for one in efforts]

    def _grown(self, going: list[Effort], spent: int) -> list[Effort]:
        """Return the widest of some cells with more replications, as far as the budget goes; the rest stops there."""
        widest = max(effort.ratio for effort in going)
        chosen = [e for e in going if e.ratio >= WIDE * widest or math.isinf(widest)]
        left, grown = self.asked.budget.replications - spent, []
        for effort in sorted(chosen, key=lambda one: -one.ratio):
            more = min(left, math.ceil(effort.count * (GROWTH - 1)))
            if more <= 0:
                effort.stopped = f"budget: {self.asked.budget.replications:,} replications"
                continue
            left -= more
            effort.cell = self._with(effort.cell, effort.count + more)
            grown.append(effort)
        return grown

    def _look(self, efforts: list[Effort]) -> None:
        """See how wide the intervals of some cells are now, and which of them need no more."""
        before = {effort.base: effort.name for effort in efforts if effort.looks}
        for effort in efforts:
            effort.name, effort.answer = cell_hash(effort.cell, data=fingerprint(effort.cell)), None
        seen = {effort.name: self._seen(effort) for effort in efforts}
        new = [effort for effort in efforts if seen[effort.name] is None]
        made = self.through([(effort.cell, effort.name) for effort in new], self._kept(new)) if new else []
        for effort, answer in zip(new, made, strict=True):
            effort.answer, seen[effort.name] = answer, answer.record.estimates
            self._note(effort, answer.record.estimates)
        for effort in efforts:
            effort.looks.append(effort.count)
            effort.widths = widths(self.asked, seen[effort.name] or {}, self.loaded.place("precision"))
            effort.stopped = _why_enough(effort)
            if before.get(effort.base, effort.name) != effort.name:
                self.drop(before[effort.base])

    def _with(self, cell: Variant, replications: int) -> Variant:
        """Return a cell with so many replications, and with the target of a method that samples."""
        scenario, update = cell.scenario, dict[str, Any](replications=replications)
        expected = scenario.measure.expected_accuracy
        if expected and EXPECTED in self.asked.of:
            target = as_target(self.asked.of[EXPECTED], expected.target)
            expected = expected.model_copy(update={"target": target})
            update["measure"] = scenario.measure.model_copy(update={EXPECTED: expected})
        return replace(cell, scenario=scenario.model_copy(update=update))

    def _at(self, effort: Effort) -> Path:
        return self.folder / FOLDER / effort.base[:NAME_LENGTH]

    def _kept(self, efforts: Sequence[Effort]) -> dict[str, str]:
        return {effort.name: str(self._at(effort)) for effort in efforts}

    def _seen(self, effort: Effort) -> dict[str, Estimate] | None:
        """Return the estimates of an earlier look, of this run or of one before; None where there was none."""
        found = self._looks(effort).get(effort.name)
        return {name: Estimate(**plain) for name, plain in found.items()} if found else None

    def _looks(self, effort: Effort) -> dict[str, Any]:
        try:
            return dict(json.loads((self._at(effort) / "looks.json").read_text()))
        except (OSError, ValueError, TypeError):
            return {}

    def _note(self, effort: Effort, estimates: Mapping[str, Estimate]) -> None:
        looks = self._looks(effort) | {effort.name: {name: one.as_dict() for name, one in estimates.items()}}
        with refusals(self._at(effort)):
            self._at(effort).mkdir(parents=True, exist_ok=True)
            write_whole(self._at(effort) / "looks.json", json.dumps(looks).encode())


def _why_enough(effort: Effort) -> str:
    """Return why a cell needs no more replications; "" where it does."""
    if effort.ratio * SURE > 1:
        return ""
    hopeless = [width for width in effort.widths if width.why_not and not width.is_met]
    return "; ".join(f"{width.estimate}: {width.why_not}" for width in hopeless) or "narrow enough"
