"""No answer as a guess that scores can judge: of a class, or of a number, by the rule of ``policy.no_answer``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.evaluate.judged import NONE, Floats, Ints, JudgedClasses, JudgedNumbers, judged_numbers
from simulator.evaluate.no_answer import PLACE, no_answer_worth

Rule = str | Mapping[Any, Any]
NUMBER_RULES = ("training_mean", "expected_guess", "sampled_guess", "exclude")
ROWS_AT_ONCE = 256


def guessed_classes(rule: Rule, train: Ints, test: Ints, rng: np.random.Generator, classes: int) -> JudgedClasses:
    """Return the guess of a class for each test sample; what it is worth is ``no_answer_worth``, to the last digit.

    ``expected_guess`` and ``uniform`` guess a class by probabilities, ``sampled_guess`` and ``majority`` name one;
    ``wrong`` is none of the classes; ``constant`` and ``exclude`` say what every score is. Among k is one of k guesses:
    the training set's k largest classes (``majority``), k different ones (``uniform``), or k drawn one by one.

    Args:
        rule: As in ``Policy.no_answer``.
        train: Classes of the training samples.
        test: Classes of the test samples.
        rng: As ``no_answer_worth`` has it, at the same state.
        classes: Number of classes.
    """
    if isinstance(rule, Mapping) and "constant" in rule:
        no_answer_worth(rule, train, test, rng)  # refuses what is no share
        return JudgedClasses(test, np.full(len(test), np.nan), given=float(rule["constant"]))
    if rule == "exclude":
        return JudgedClasses(test, np.full(len(test), np.nan), given=float("nan"))
    if rule == "sampled_guess":
        state = rng.bit_generator.state
        first = train[rng.integers(0, len(train), len(test))]
        rng.bit_generator.state = state
        return JudgedClasses(test, np.asarray(first == test, dtype=np.float64), first,
                             among=lambda k: _drawn_among(k, train, test, rng, state))
    right = no_answer_worth(rule, train, test, rng)
    size = max(classes, int(train.max(initial=0)) + 1, int(test.max(initial=0)) + 1)
    shares = np.bincount(train, minlength=size) / len(train)
    if rule == "wrong":
        return JudgedClasses(test, right, np.full(len(test), NONE), among=lambda k: np.zeros(len(test)))
    if rule == "majority":
        order = np.argsort(-shares, kind="stable")
        return JudgedClasses(test, right, np.full(len(test), order[0]),
                             among=lambda k: np.isin(test, order[:k]).astype(np.float64))
    if rule == "expected_guess":
        return JudgedClasses(test, right, shares=shares, among=lambda k: 1 - (1 - shares[test]) ** k)
    listed = np.asarray(list(rule["uniform"]) if isinstance(rule, Mapping) else [], dtype=np.intp)
    return JudgedClasses(test, right, shares=np.isin(np.arange(size), listed) / len(listed),
                         among=lambda k: np.where(np.isin(test, listed), min(1.0, k / len(listed)), 0.0))


def _drawn_among(k: int, train: Ints, test: Ints, rng: np.random.Generator, state: Any) -> Floats:
    """Return whether one of k draws from the training set is the class; the first are those of ``k = 1``."""
    rng.bit_generator.state = state
    drawn = train[rng.integers(0, len(train), (k, len(test)))]
    return np.asarray((drawn == test).any(axis=0), dtype=np.float64)


def guessed_numbers(rule: Rule, train: Floats, test: Floats, rng: np.random.Generator) -> JudgedNumbers:
    """Return the errors of a guessed number for each test sample.

    ``training_mean`` answers the mean of the training targets, ``{"value": x}`` answers x; ``sampled_guess`` draws a
    training target, ``expected_guess`` is the expected error of that draw; ``exclude`` is NaN.

    Args:
        rule: As in ``Policy.no_answer``.
        train: Targets of the training samples.
        test: Targets of the test samples, shape ``(samples,)``.
        rng: Used by ``sampled_guess`` only, one draw a sample.

    Raises:
        ScenarioError: the rule is none for numbers.
    """
    if rule == "training_mean":
        return judged_numbers(np.full(len(test), train.mean()), test)
    if rule == "sampled_guess":
        return judged_numbers(train[rng.integers(0, len(train), len(test))], test)
    if rule == "exclude":
        return JudgedNumbers(np.full(len(test), np.nan), np.full(len(test), np.nan))
    if rule == "expected_guess":
        return _expected_errors(train, test)
    if isinstance(rule, Mapping) and list(rule) == ["value"]:
        return judged_numbers(np.full(len(test), float(rule["value"])), test)
    known = ", ".join(NUMBER_RULES) + " or value: x"
    raise ScenarioError(Problem(PLACE, f"{rule!r} says nothing about the error of no answer", f"write {known}"))


def _expected_errors(train: Floats, test: Floats) -> JudgedNumbers:
    rows = [test[start : start + ROWS_AT_ONCE, np.newaxis] for start in range(0, len(test), ROWS_AT_ONCE)]
    absolute: list[NDArray[np.float64]] = [np.abs(train - some).mean(axis=1) for some in rows]
    squared = train.var() + (train.mean() - test) ** 2
    return JudgedNumbers(np.concatenate(absolute), squared)
