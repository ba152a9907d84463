"""The predictions of deliveries, part by part: each part output is computed once, in large calls, and freed in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import PartGraph
from simulator.evaluate.damage import Damage, Undamaged
from simulator.evaluate.plan import RunPlan, Sent
from simulator.evaluate.runner import PartRunner, Tensor
from simulator.evaluate.stack import stacked

Classes = NDArray[Any]
"""Of each sample its class (intp) or, in a regression, its number (float64)."""
Read = Callable[[str, Tensor, NDArray[np.intp]], Classes]
"""From an exit, its output and the samples to what is kept of each answer."""
Outputs = Mapping[str, Mapping[int, Tensor]]
TENSORS_PER_CALL = 4  # alive at once, of a call's widest: inputs and outputs, ours and the runner's


class Evaluation:
    """Predicted classes by delivery, for all test samples.

    Outputs are remembered by (part, taken edges behind it). Parts run in topological order, all outputs of one part
    together, the rows of several stacked into one call; an output is freed when no later part needs it. Samples are
    taken in chunks such that what is kept at once stays within ``memory_bytes`` (at least one sample, however).

    Args:
        graph: The part graph.
        runner: Runs one part on a batch.
        samples: Number of test samples.
        memory_bytes: Bound of what is kept at once (the weights, and what a part has inside, are not counted).
        rows_per_call: The most rows of one call, however many the runner asks for.
        damage: What becomes of outputs and messages that carry a mark.
    """

    def __init__(self, graph: PartGraph, runner: PartRunner, samples: int, memory_bytes: int = 80_000_000,
                 rows_per_call: int = 1024, *, damage: Damage | None = None) -> None:
        self.graph = graph
        self.runner = runner
        self.samples = samples
        self.memory_bytes = memory_bytes
        self.rows_per_call = rows_per_call
        self.damage = damage or Undamaged()
        self.part_runs = 0  # distinct outputs computed so far; sources and adapters are not counted
        self._sent_bytes: dict[int, float] = {}  # of one row, learnt from the first chunk

    def predictions(self, deliveries: Sequence[int], read: Read | None = None) -> dict[int, Classes]:
        """Return the answer to every test sample for each delivery, shape ``(samples,)``.

        The empty delivery has no answer and is not in what comes back. With ``read`` it is what that keeps of outputs,
        shape ``(samples, ...)``.
        """
        read = read or (lambda part, output, samples: self.runner.predict(part, output))
        plan = RunPlan.of(self.graph, deliveries)
        self.part_runs += plan.part_runs
        predicted: dict[int, Classes] = {}
        start = 0
        while plan.deliveries and start < self.samples:
            samples = np.arange(start, min(start + self.chunk_rows(plan), self.samples))
            with self.damage.tolerance():
                for delivery, answers in self._chunk(plan, samples, read):
                    whole = predicted.setdefault(delivery, np.empty((self.samples, *answers.shape[1:]), answers.dtype))
                    whole[samples] = answers
            start += len(samples)
        return predicted

    def chunk_rows(self, plan: RunPlan) -> int:
        """Return how many samples are evaluated at once so that the plan stays within the memory."""
        calls = TENSORS_PER_CALL * max(self._call_rows(part) * self._widest(part) for part in plan.inputs)
        peak = plan.peak_bytes(self.runner.row_bytes, self._row_bytes_sent)
        return max(1, int((self.memory_bytes - calls) // peak))

    def _row_bytes_sent(self, edge: int) -> float:
        return self._sent_bytes.get(edge, self._widest(self.graph.edges[edge].target))

    def _widest(self, part: str) -> int:
        """Return an upper bound of the bytes of one row of a part's input or output."""
        senders = (self.graph.edges[edge].source for edge in self.graph.inputs[part])
        return max(1, *map(self.runner.row_bytes, (part, *senders)))  # an adapter gives the shape of a simple input

    def _call_rows(self, part: str) -> int:
        if part in self.graph.sources:
            return 0
        bound = self.memory_bytes // 8 // self._widest(part)
        return max(1, min(self.rows_per_call, self.runner.call_rows(part), bound))

    def _chunk(self, plan: RunPlan, samples: Classes, read: Read) -> Iterator[tuple[int, Classes]]:
        """Yield the predictions of these samples, delivery by delivery."""
        outputs: dict[str, dict[int, Tensor]] = {}
        self.damage.begin(samples)
        for part, runs in plan.inputs.items():
            whole, own = plan.undamaged(part), self.graph.own_marks.get(part, 0)
            if part in self.graph.sources:
                made = {fed: self.runner.source(part, samples) for fed in whole}
            else:
                made = self._run(part, whole, outputs, len(samples))
            outputs[part] = {fed: self.damage.part(part, fed, made[fed & ~own]) for fed in runs}
            for delivery, fed in plan.answers[part].items():
                yield delivery, read(part, outputs[part][fed], samples)
            for done in plan.done_with[part]:
                del outputs[done]

    def _run(
        self, part: str, runs: Mapping[int, tuple[Sent, ...]], outputs: Outputs, rows: int
    ) -> dict[int, Tensor]:
        """Return the outputs of one part for all that it is fed; a starved part that emits runs on zeros."""
        wanted = sorted({sent for inputs in runs.values() for sent in inputs})  # edge by edge
        arrived = {sent: self._send(sent, outputs) for sent in wanted}
        taken = {fed: [arrived[sent] for sent in inputs] or [self.runner.no_input(part, rows)]
                 for fed, inputs in runs.items()}
        return stacked(partial(self.runner.run, part), taken, self._call_rows(part))

    def _send(self, sent: Sent, outputs: Outputs) -> Tensor:
        edge, key = sent
        own = key & self.graph.own_marks.get(self.graph.edges[edge].name, 0)
        output = outputs[self.graph.edges[edge].source][key & ~own]
        tensor = self.runner.send(edge, output, partial(self.damage.message, edge, key) if own else None)
        self._sent_bytes[edge] = 0.0 if tensor is output else tensor.nbytes / len(tensor)
        return tensor
