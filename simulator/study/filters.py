"""Cells that pass tests: ``strategy=dfg``, ``policy.deadline!=8 s``, ``expected_accuracy>=0.7``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.study.record import CellRecord

TEST = re.compile(r"\s*([\w.]+?)\s*(!=|>=|<=|=|>|<)\s*(.*?)\s*")
NUMBERS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
WAY_OUT = "write --where strategy=dfg, or --where 'expected_accuracy>=0.7'"


@dataclass(frozen=True)
class Test:
    """A test of a cell: a key of its label or the name of an estimate, a sign, and what stands after it."""

    name: str
    sign: str
    value: str

    def passes(self, cell: CellRecord) -> bool:
        """Return whether a cell passes; one without such an estimate does not."""
        if key := label_key(self.name, cell.label):
            return (cell.label[key] == self.value) == (self.sign == "=")
        estimate = cell.estimates.get(self.name)
        return estimate is not None and NUMBERS[self.sign](estimate.value, float(self.value))


def passing(cells: Sequence[CellRecord], texts: Sequence[str]) -> tuple[CellRecord, ...]:
    """Return the cells that pass all tests.

    Raises:
        ScenarioError: a text is no test, or names what no cell has.
    """
    found = [_test(text, cells) for text in texts]
    tests = [one for one in found if isinstance(one, Test)]
    if problems := [one for one in found if isinstance(one, Problem)]:
        raise ScenarioError(*problems)
    return tuple(cell for cell in cells if all(test.passes(cell) for test in tests))


def label_key(name: str, label: Mapping[str, str]) -> str | None:
    """Return the key of a label that a name means: the key, or its last word where only one key has it.

    >>> label_key("deadline", {"policy.deadline": "8 s", "strategy": "dfg"})
    'policy.deadline'
    """
    if name in label:
        return name
    ends = [key for key in label if key.rpartition(".")[2] == name]
    return ends[0] if len(ends) == 1 else None


def _test(text: str, cells: Sequence[CellRecord]) -> Test | Problem:
    place = f"option --where {text!r}"
    match = TEST.fullmatch(text)
    if match is None:
        return Problem(place, "is no test", WAY_OUT)
    test = Test(*match.groups())
    if any(label_key(test.name, cell.label) for cell in cells):
        values = dict.fromkeys(cell.label[key] for cell in cells if (key := label_key(test.name, cell.label)))
        if test.sign in NUMBERS:
            return Problem(place, f"{test.name!r} is a key of the sweep, of which only = and != are asked", WAY_OUT)
        return test if test.value in values else Problem(place, f"no cell has {test.value!r}",
                                                         did_you_mean(test.value, values))
    known = dict.fromkeys(name for cell in cells for name in cell.estimates)
    if test.name not in known:
        keys = dict.fromkeys(key for cell in cells for key in cell.label)
        return Problem(place, f"no cell has {test.name!r}", did_you_mean(test.name, [*keys, *known]))
    if test.sign not in NUMBERS:
        return Problem(place, f"{test.name!r} is a number, which is asked for with <, <=, > or >=", WAY_OUT)
    try:
        float(test.value)
    except ValueError:
        return Problem(place, f"{test.value!r} is no number", WAY_OUT)
    return test
