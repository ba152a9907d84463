"""What uncertain survivals leave of a cell's expectations: their intervals, and which survival matters most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.delivered import Delivered
from simulator.dataflow.graph import EMPTY
from simulator.evaluate.outcomes import Outcomes
from simulator.evaluate.table import TableAccuracy
from simulator.expect.estimate import Estimate
from simulator.expect.exact import Patterns
from simulator.expect.inputs import TooManyInputs, Unsure, given_who_is_down, over_inputs, swings
from simulator.failures.bernoulli import BernoulliBlock
from simulator.failures.overlay_law import table_of
from simulator.failures.process import NoLaw
from simulator.failures.survival_trace import SurvivalTrace
from simulator.failures.trace_block import MOST_TOLD
from simulator.failures.uncertain import Watched, uncertain_in
from simulator.seeds import Streams
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.given_outcomes import PatternAccuracy
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]
MOST_KEPT = 8  # uncertain survivals whose 2^n accuracies are in a record


@dataclass(frozen=True)
class PatternScores:
    """What an expectation is made of, pattern by pattern.

    Args:
        accuracy: Shape ``(patterns,)``; 0 where the pattern is left out.
        is_counted: Whether it counts, 1 or 0; None: all do.
        is_empty: 1 where there is no answer, else 0; None where deliveries are not known.
    """

    accuracy: Floats
    is_counted: Floats | None = None
    is_empty: Floats | None = None

    @staticmethod
    def given(table: PatternAccuracy, patterns: Patterns, deliveries: Delivered) -> PatternScores:
        """Return the scores that were given; a table of patterns does not say which of them have no answer."""
        return PatternScores(table.accuracy(patterns.up), None,
                             None if isinstance(table, TableAccuracy) else emptiness(deliveries))

    @staticmethod
    def of(outcomes: Outcomes, deliveries: Delivered) -> PatternScores:
        """Return the scores of the patterns that these deliveries come from."""
        means = np.array([np.asarray(outcomes.correct(delivery), dtype=np.float64).mean()
                          for delivery in deliveries.distinct])
        counts = ~np.isnan(means)
        accuracy = np.where(counts, means, 0.0)[deliveries.places]
        return PatternScores(accuracy, None if counts.all() else counts.astype(np.float64)[deliveries.places],
                             emptiness(deliveries))


def emptiness(deliveries: Delivered) -> Floats:
    """Return 1 for each pattern without an answer, else 0, shape ``(patterns,)``."""
    empty: Floats = (np.array(deliveries.distinct) == EMPTY).astype(np.float64)[deliveries.places]
    return empty


def note_counted(assembly: Assembly, found: Findings) -> None:
    """Note the survivals that were counted from traces: of which machine, over how many failures, and how sure."""
    for asked, block in zip(assembly.scenario.failures, assembly.failures, strict=True):
        traced = asked.survival if isinstance(asked, BernoulliBlock) else None
        if not isinstance(traced, SurvivalTrace) or not isinstance(block, BernoulliBlock):
            continue
        rows = [_counted(name, known) for name, known in uncertain_in(block.survival).items()
                if isinstance(known, Watched)]
        found.tables.setdefault("counted", []).extend(rows)
        told = [f"{row['component']} {row['survival']:.4f} ({row['low']:.4f} to {row['high']:.4f}, {row['failures']} "
                f"failures)" for row in rows[:MOST_TOLD]]
        more = f" and {len(rows) - MOST_TOLD} more" if len(rows) > MOST_TOLD else ""
        found.notes.append(f"survivals counted from {traced.block.path}: {', '.join(told)}{more}")


def _counted(name: str, known: Watched) -> dict[str, object]:
    low, high = known.interval()
    return {"component": name, "survival": known.mean, "low": low, "high": high, "up_s": known.up_ns / SECOND_NS,
            "down_s": known.down_ns / SECOND_NS, "failures": known.failures}


def note_left_out(assembly: Assembly, found: Findings) -> None:
    """Note that uncertain survivals are not carried into an expectation that is sampled."""
    if assembly.inputs:
        found.notes.append("some survivals are uncertain, but expected accuracy was sampled, at their means: what they "
                           "leave of it is worked out where it is exact")


def find_inputs(
    assembly: Assembly, patterns: Patterns, judged: tuple[Delivered, PatternAccuracy | Outcomes | None], found: Findings
) -> None:
    """Find what the uncertain survivals leave of expected accuracy and of the chance of no answer, without new runs.

    Args:
        assembly: The cell's objects.
        patterns: All of them.
        judged: The delivery of each, and what says how accurate it is.
        found: Gets the estimates ``*_inputs`` and the table ``inputs``, or a note where there are too many.
    """
    inputs = unsure(assembly, patterns.components)
    deliveries, by = judged
    if not inputs or by is None:
        return
    scores = PatternScores.of(by, deliveries) if isinstance(by, Outcomes) else PatternScores.given(
        by, patterns, deliveries)
    columns = [patterns.components.index(each.component) for each in inputs]
    try:
        weight = table_of(assembly.certain, patterns.components)
        accuracy = (given_who_is_down(weight, scores.accuracy, columns), None if scores.is_counted is None
                    else given_who_is_down(weight, scores.is_counted, columns))
        empty = None if scores.is_empty is None else given_who_is_down(weight, scores.is_empty, columns)
    except (NoLaw, TooManyInputs) as reason:
        found.notes.append(f"what uncertain survivals leave of expected accuracy is not worked out: {reason}")
        return
    streams = Streams(assembly.scenario.seed)

    def over(name: str, tables: tuple[Floats, Floats | None]) -> Estimate:
        return over_inputs(found.estimates[name].value, tables, inputs, streams.of("", "uncertain survivals"))

    found.estimates["expected_accuracy_inputs"] = over("expected_accuracy", accuracy)
    if empty is not None:
        found.estimates["no_information_flow_inputs"] = over("no_information_flow", (empty, None))
    found.tables["inputs"] = swings(accuracy, inputs)
    if scores.is_counted is None and len(inputs) <= MOST_KEPT:
        known = [[piece.written() for piece in each.knowledge] for each in inputs]
        found.tables["given_down"] = [{"components": [each.component for each in inputs], "known": known,
                                       "accuracy": accuracy[0].tolist()}]


def unsure(assembly: Assembly, components: tuple[str, ...]) -> list[Unsure]:
    """Return the components with an uncertain survival that can fail, and all that is known of each."""
    known = {name: tuple(each.knowledge for each in assembly.inputs if each.component == name) for name in components}
    return [Unsure(name, pieces) for name, pieces in known.items() if pieces]
