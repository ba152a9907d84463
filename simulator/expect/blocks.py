"""The YAML blocks of what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from simulator.blocks import Block
from simulator.evaluate.score_blocks import ScoreBlock
from simulator.expect.methods.union import ByMethod
from simulator.expect.predicted_block import PredictedFailures
from simulator.expect.sensitivity_block import Sensitivity
from simulator.expect.tail.blocks import AccuracyExceedance
from simulator.neurons.blocks import NeuronErrors
from simulator.units import PositiveDurationNs

OF_REQUESTS = ("timed", "accuracy_over_time", "availability", "around_outages", "accuracy_vs_deadline", "per_answer",
               "detection")


def listed(value: Any) -> Any:
    """Return what is no list as a list of one."""
    return value if isinstance(value, list | tuple) else [value]


Levels = Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=1), BeforeValidator(listed)]


class IndividualFailures(Block):
    """Accuracy when exactly one of what can fail is down, for each of them, and the probability of that."""


class Timed(Block):
    """Latency, endings, served and on-time accuracy from the timed engine.

    ``machines`` is whether what each machine did is measured too, which costs some of the engine's speed. ``scores``
    are further scores of what is served: F1, top-k, by class, errors.
    """

    machines: bool = True
    scores: tuple[ScoreBlock, ...] = ()


class AccuracyVsFailure(Block):
    """Expected accuracy when all that can fail does so with probability p, for ``points`` values of p in [0, max].

    ``score`` is another score of the answers to draw instead.
    """

    points: Annotated[int, Field(ge=2)] = 21
    max: Annotated[float, Field(gt=0, le=1)] = 0.5
    score: ScoreBlock = "accuracy"

    @model_validator(mode="after")
    def _is_one_score(self) -> Self:
        if self.score == "per_class":
            raise ValueError("score: 'per_class' are several scores, and a curve is of one; write {recall: 1}")
        return self


class AccuracyOverTime(Block):
    """Served accuracy in ``bins`` equal slices of simulated time, over all replications."""

    bins: Annotated[int, Field(ge=2)] = 40


class Traffic(Block):
    """Expected bytes of a request, on each hyperconnection and link: skips always sent, on demand, and without skips.

    Exact over all patterns of what can fail (refused above ``max_components`` that can fail); nothing is trained.
    """

    max_components: Annotated[int, Field(gt=0, le=24)] = 20


class Availability(Block):
    """Share of time with an ``accuracy`` (one, or a list), crossings, mean spells, and the resilience triangle.

    From each replication's failures and the exact accuracy of what each pattern delivers. Exact values stand beside
    them: shares where patterns have a known probability, all where components fail independently, and where no more
    than ``max_components`` can fail.
    """

    accuracy: Levels
    max_components: Annotated[int, Field(gt=0, le=20)] = 12


class AroundOutages(Block):
    """Served accuracy of requests born from ``before`` each crash of a component to ``after`` it, in ``bins``.

    ``components`` are those whose crashes count; without it those that matter to the model, at most eight.
    """

    before_ns: PositiveDurationNs = 10_000_000_000
    after_ns: PositiveDurationNs = 30_000_000_000
    bins: Annotated[int, Field(ge=2)] = 40
    components: Annotated[tuple[str, ...], Field(min_length=1)] | None = None


class AccuracyVsDeadline(Block):
    """Share of arrivals answered correctly within d, for all deadlines d."""


class PerAnswer(Block):
    """Bytes and joules for each correct answer within the deadline.

    Joules are those of the nodes with a ``device``, and ``joules_per_byte`` for each byte on each link.
    """

    joules_per_byte: Annotated[float, Field(ge=0)] = 0.0


class Detection(Block):
    """What detection did: time from crash to suspicion, missed outages, wrong suspicions, time to recover, its loss.

    The loss is against perfect detection on the same draws, for which every replication is run once more.
    """


class NoInformationFlow(Block):
    """P(no information flow): that no data of a source reaches an exit. Exact at any size; nothing is trained."""


class Measures(Block):
    """What to measure; in a file a list of names, or of ``name: options``."""

    expected_accuracy: ByMethod | None = None
    accuracy_exceedance: AccuracyExceedance | None = None
    individual_failures: IndividualFailures | None = None
    timed: Timed | None = None
    accuracy_vs_failure: AccuracyVsFailure | None = None
    sensitivity: Sensitivity | None = None
    predicted_failures: PredictedFailures | None = None
    neurons: NeuronErrors | None = None
    accuracy_over_time: AccuracyOverTime | None = None
    traffic: Traffic | None = None
    no_information_flow: NoInformationFlow | None = None
    availability: Availability | None = None
    around_outages: AroundOutages | None = None
    accuracy_vs_deadline: AccuracyVsDeadline | None = None
    per_answer: PerAnswer | None = None
    detection: Detection | None = None

    @property
    def scores(self) -> tuple[ScoreBlock, ...]:
        """All scores that are asked for beside accuracy, by whichever measure."""
        expected, timed, curve = self.expected_accuracy, self.timed, self.accuracy_vs_failure
        listed = (*(expected.scores if expected else ()), *(timed.scores if timed else ()))
        return (*listed, curve.score) if curve and curve.score != "accuracy" else listed

    @property
    def asked_of_requests(self) -> tuple[str, ...]:
        """The measures that need requests in time, as far as they are asked for."""
        return tuple(name for name in OF_REQUESTS if getattr(self, name) is not None)

    def is_sampled(self, components: int) -> bool:
        """Return whether expected accuracy is not summed over all patterns when so many components can fail."""
        asked = self.expected_accuracy
        return asked is not None and asked.method != "exact" and components > asked.exact_up_to

    @property
    def summed_by(self) -> tuple[str, int]:
        """The measure for which all patterns are listed, and how many components may be able to fail for it."""
        asked = self.expected_accuracy
        if asked is not None and asked.exact_up_to:
            return "expected_accuracy", asked.exact_up_to
        if self.traffic is not None:
            return "traffic", self.traffic.max_components
        return "expected_accuracy", 20

    @property
    def need_answers(self) -> bool:
        """Whether anything is asked that a trained model must answer; traffic needs no more than its shapes."""
        names = set(type(self).model_fields) - {"traffic", "no_information_flow"}
        return any(getattr(self, name) is not None for name in names)

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        merged: dict[str, Any] = {}
        for item in value:
            merged.update(item if isinstance(item, Mapping) else {item: {}})
        return {name: {} if options is None else options for name, options in merged.items()}
