"""What no answer is worth, for each test sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError

Labels = NDArray[Any]
Worth = NDArray[np.float64]
PLACE = "policy.no_answer"


def no_answer_worth(rule: str | Mapping[Any, Any], train_labels: Labels, test_labels: Labels,
                    rng: np.random.Generator) -> Worth:
    """Return what no answer is worth for each test sample, shape ``(samples,)``; NaN where it is not to be counted.

    ``expected_guess`` is the probability that a guess by the training set's class shares is right, so that its mean is
    the sum over classes of training share x test share; ``sampled_guess`` draws that guess; ``majority`` answers the
    most frequent training class (of equals the smallest); ``{"uniform": classes}`` guesses among these;
    ``{"constant": x}`` is x; ``wrong`` is 0; ``exclude`` is NaN.

    Args:
        rule: As in ``Policy.no_answer``.
        train_labels: Classes of the training samples.
        test_labels: Classes of the test samples, shape ``(samples,)``.
        rng: Used by ``sampled_guess`` only, one draw a sample.

    Raises:
        ScenarioError: the rule is unknown, or its value makes no sense.
    """
    if isinstance(rule, str) and rule in WORTHS:
        return WORTHS[rule](np.asarray(train_labels), np.asarray(test_labels), rng)
    if isinstance(rule, Mapping) and len(rule) == 1 and (name := next(iter(rule))) in GIVEN_WORTHS:
        return GIVEN_WORTHS[name](rule[name], np.asarray(train_labels), np.asarray(test_labels))
    known = ", ".join(WORTHS) + ", uniform: [classes] or constant: x"
    raise ScenarioError(Problem(PLACE, f"{rule!r} says nothing about the worth of no answer", f"write {known}"))


def _expected_guess(train: Labels, test: Labels, rng: np.random.Generator) -> Worth:
    classes, counts = np.unique(train, return_counts=True)
    share = dict(zip(classes.tolist(), counts / len(train), strict=True))
    return np.array([share.get(label, 0.0) for label in test.tolist()], dtype=np.float64)


def _sampled_guess(train: Labels, test: Labels, rng: np.random.Generator) -> Worth:
    return np.asarray(train[rng.integers(0, len(train), len(test))] == test, dtype=np.float64)


def _majority(train: Labels, test: Labels, rng: np.random.Generator) -> Worth:
    classes, counts = np.unique(train, return_counts=True)
    return np.asarray(test == classes[counts.argmax()], dtype=np.float64)


def _wrong(train: Labels, test: Labels, rng: np.random.Generator) -> Worth:
    return np.zeros(len(test))


def _exclude(train: Labels, test: Labels, rng: np.random.Generator) -> Worth:
    return np.full(len(test), np.nan)


def _uniform(classes: Sequence[int], train: Labels, test: Labels) -> Worth:
    known = sorted({*train.tolist(), *test.tolist()})
    if not classes or len(set(classes)) < len(classes) or not set(classes) <= set(known):
        message = f"{list(classes)!r} is not a list of classes, each once"
        raise ScenarioError(Problem(f"{PLACE}.uniform", message, f"the data set has {known}"))
    return np.isin(test, list(classes)) / len(classes)


def _constant(worth: float, train: Labels, test: Labels) -> Worth:
    if not 0 <= worth <= 1:
        raise ScenarioError(Problem(f"{PLACE}.constant", f"{worth!r} is no accuracy", "write a number from 0 to 1"))
    return np.full(len(test), float(worth))


WORTHS: Mapping[str, Callable[[Labels, Labels, np.random.Generator], Worth]] = {
    "expected_guess": _expected_guess, "sampled_guess": _sampled_guess, "majority": _majority, "wrong": _wrong,
    "exclude": _exclude,
}
GIVEN_WORTHS: Mapping[str, Callable[[Any, Labels, Labels], Worth]] = {"uniform": _uniform, "constant": _constant}
