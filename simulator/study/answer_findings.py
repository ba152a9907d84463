"""What is noted of a cell's network: how many answers it took, of what weights, and on what data."""

from __future__ import annotations

from simulator.dataflow.graph import PartGraph
from simulator.evaluate.plan import RunPlan
from simulator.study.answers import Answers
from simulator.study.codec_findings import find_messages
from simulator.study.findings import Findings


def note_answers(graph: PartGraph, answers: Answers | None, found: Findings) -> None:
    """Add counts of deliveries, part runs and samples, the hash of the weights, and whether data were made up."""
    if answers is None:
        return
    asked = answers.outcomes.asked
    found.counts |= {"deliveries": len(asked), "part_runs": RunPlan.of(graph, asked).part_runs,
                     "test_samples": answers.samples}
    find_messages(graph, answers.costs.payload_bytes, found)
    found.tables["weights"] = [{"hash": answers.weights}]
    if answers.is_synthetic:
        found.notes.append("SYNTHETIC: the data set or the given network is missing, random numbers of the same shapes "
                           "stand in; accuracies mean nothing")
