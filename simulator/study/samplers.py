"""What a search tries next: points of a unit cube, from the trials before or evenly spread. Optuna is touched here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from simulator.errors import Problem, ScenarioError
from simulator.seeds import stream

Point = tuple[float, ...]
"""A share from 0 to 1 for each setting."""


class Sampler(ABC):
    """Proposes points; told of each one's value it gives the same points again."""

    @abstractmethod
    def ask(self) -> Point:
        """Return the next point to try."""

    @abstractmethod
    def tell(self, value: float | None) -> None:
        """Hear what the point asked for last is worth; None: it cannot be."""

    @abstractmethod
    def add(self, point: Point, value: float) -> None:
        """Hear of a point that was not asked for, before the first that is."""


class Spread(Sampler):
    """Halton's points, scrambled: any number of them fills the cube evenly."""

    def __init__(self, settings: int, seed: int) -> None:
        from scipy.stats.qmc import Halton  # noqa: PLC0415 - heavy

        self._points = Halton(settings, rng=stream(seed, 0, "", "search"))

    def ask(self) -> Point:
        """Return the next point of the sequence."""
        return tuple(self._points.random(1)[0].tolist())

    def tell(self, value: float | None) -> None:
        """Learn nothing."""

    def add(self, point: Point, value: float) -> None:
        """Learn nothing."""


class Tpe(Sampler):
    """Optuna's tree-structured Parzen estimator (Bergstra and others, NeurIPS 2011), of all settings together.

    The same seed and values give the same points, so that a search that was stopped goes on by being told again what
    is known.

    Raises:
        ScenarioError: Optuna is not installed.
    """

    def __init__(self, settings: int, seed: int, *, is_maximised: bool, place: str) -> None:
        optuna = _optuna(place)
        drawn = int(stream(seed, 0, "", "search").integers(2**31))
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=drawn, multivariate=True)
        self._study = optuna.create_study(direction="maximize" if is_maximised else "minimize", sampler=sampler)
        self._axes = {f"{n:03}": optuna.distributions.FloatDistribution(0.0, 1.0) for n in range(settings)}
        self._optuna = optuna
        self._asked: Any = None

    def ask(self) -> Point:
        """Return a point that is likely to be better than most of those before."""
        self._asked = self._study.ask(self._axes)
        return tuple(self._asked.params[name] for name in self._axes)

    def tell(self, value: float | None) -> None:
        """Learn the value of the point asked for last."""
        state = self._optuna.trial.TrialState.FAIL if value is None else None
        self._study.tell(self._asked, value, state=state)

    def add(self, point: Point, value: float) -> None:
        """Learn the value of a point."""
        params = dict(zip(self._axes, point, strict=True))
        self._study.add_trial(self._optuna.trial.create_trial(params=params, distributions=self._axes, value=value))


def _optuna(place: str) -> Any:
    try:
        import optuna  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        way_out = 'pip install "graceful-sim[search]", or write \'by: spread\', which needs no package'
        raise ScenarioError(Problem(place, "a search by tpe needs the package 'optuna', which is not installed",
                                    way_out)) from error
    return optuna


def sampler_of(by: str, settings: Sequence[str], seed: int, *, is_maximised: bool, place: str) -> Sampler:
    """Return the sampler of that name.

    Args:
        by: ``tpe`` or ``spread``.
        settings: What is searched, in order.
        seed: The scenario's root seed.
        is_maximised: Whether the largest value is wanted.
        place: Where the scenario asks for it, for problems.
    """
    if by == "spread":
        return Spread(len(settings), seed)
    return Tpe(len(settings), seed, is_maximised=is_maximised, place=place)
