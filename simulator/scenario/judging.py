"""Scores and regression: what goes with a model's task, and what only answers with classes can have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from simulator.errors import Problem
from simulator.evaluate.score_blocks import task_of
from simulator.model.edge_codecs import has_codecs
from simulator.scenario.parts import Parts
from simulator.scenario.scenario import Scenario

OF_NUMBERS = ("expected_accuracy", "individual_failures", "timed", "accuracy_vs_failure", "traffic", "neurons")
RULES_OF_NUMBERS = {"training_mean", "expected_guess", "sampled_guess", "exclude", "value"}
RULES_OF_CLASSES = {"expected_guess", "sampled_guess", "majority", "wrong", "exclude", "uniform", "constant"}
OF_CLASSES: Mapping[str, tuple[str, Callable[[Scenario], bool]]] = {
    "errors": ("silent errors", lambda s: bool(s.errors)),
    "policy.held": ("'held'", lambda s: s.policy.held is not None),
    "others": ("several models", lambda s: bool(s.others)),
    "outcomes": ("a table of accuracies", lambda s: s.outcomes is not None),
    "design": ("'design'", lambda s: s.design is not None),
    "repeats": ("'repeats'", lambda s: s.repeats.count > 1 and s.measure.neurons is None),
    "workload.persistence": ("'persistence', which is of a class,",
                             lambda s: bool(s.workload and s.workload.persistence)),
}


def judging_problems(parts: Parts) -> Iterator[Problem]:
    """Yield a problem for each score of another task than the model's, and for what a regression cannot have."""
    if not (parts.scenario and parts.model):
        return
    task, at = parts.model.task, parts.document.place
    scores = parts.scenario.measure.scores
    for block in scores:
        if task_of(block) != task:
            name = block if isinstance(block, str) else next(iter(block.model_dump()))
            yield Problem(at("measure"), f"the score {name!r} is of a {task_of(block)}, and the model's task is {task}",
                          "write accuracy, per_class, f1, precision, recall, top_k" if task == "classification" else
                          "write mae, mse or rmse")
    if scores and parts.scenario.outcomes is not None:
        yield Problem(at("outcomes"), "'scores' need the answers of a model, and a table has accuracies only",
                      "leave scores or outcomes out")
    timed = parts.scenario.measure.timed
    if timed and timed.scores and parts.scenario.policy.held is not None:
        yield Problem(at("policy.held"), "'scores' of what is served do not know answers that rest on held values",
                      "leave scores or held out")
    yield from _rule_problems(parts.scenario, task, parts)
    if task == "regression":
        yield from _regression_problems(parts.scenario, parts)
    for name, other in parts.others.items():
        if other.model and other.model.task == "regression":
            yield Problem(at(f"others.{name}.model"), "a regression does not share machines with other models yet",
                          "run it by itself")


def _rule_problems(scenario: Scenario, task: str, parts: Parts) -> Iterator[Problem]:
    rule = scenario.policy.no_answer
    name = rule if isinstance(rule, str) else next(iter(rule), "")
    known = RULES_OF_NUMBERS if task == "regression" else RULES_OF_CLASSES
    if name not in known:
        yield Problem(parts.document.place("policy.no_answer"), f"{name!r} says nothing about a {task}",
                      f"write {', '.join(sorted(known))}")


def _regression_problems(scenario: Scenario, parts: Parts) -> Iterator[Problem]:
    measured = [name for name in type(scenario.measure).model_fields if getattr(scenario.measure, name) is not None]
    for name in measured:
        if name not in OF_NUMBERS:
            yield Problem(parts.document.place("measure"), f"{name!r} is about answers that are right or wrong, and a "
                          "regression has errors", f"measure {', '.join(OF_NUMBERS)}")
    for place, (words, is_in) in OF_CLASSES.items():
        if is_in(scenario):
            yield Problem(parts.document.place(place), f"{words} does not go together with a regression yet",
                          "leave it out, or use a model of classes")
    if parts.model and has_codecs(parts.model):
        yield Problem(parts.document.place("codecs"), "codecs do not go together with a regression yet",
                      "leave codecs out of the scenario and the model file")
