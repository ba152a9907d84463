"""Rows of the tables of crashes inside a network; every number is of an input first, and a mean over inputs second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.expect.clusters import cluster_mean
from simulator.neurons import tail_bounds
from simulator.neurons.comparison import agreement, share_beyond
from simulator.neurons.moments import Moments
from simulator.study.quick import spread

if TYPE_CHECKING:
    from simulator.neurons.estimators.estimator import Estimator, Setting
    from simulator.neurons.watching import Watch

Floats = NDArray[np.float64]
OF_LOSSES = ("first_order", "second_order", "single_crash", "pairs", "exact")  # those that take any function
MOST_INPUT_ROWS = 300
BY_MOMENTS = ("exact", "pairs", "single_crash", "first_order")  # whose moments bound tails, the best first
Row = dict[str, Any]


def error_row(name: str, told: Moments, measured: Moments, estimator: Estimator | None, passes: float) -> Row:
    """Return what one estimator says of the error, and how well it agrees with what was measured.

    Args:
        name: Its name.
        told: What it says.
        measured: What Monte Carlo says.
        estimator: The estimator; None for Monte Carlo itself.
        passes: Passes through the tail for one input.
    """
    row: Row = {"estimator": name, "kind": told.kind, "order": estimator.order if estimator else "all",
                "passes": passes, "mean": float(told.mean.mean()), "size": float(np.abs(told.mean).mean()),
                "deviation": _root_mean(told.variance),
                "variance": None if told.variance is None else float(told.variance.mean())}
    if estimator is None:
        square = None if told.variance is None else cluster_mean(told.variance.mean(axis=1))
        row["mean_error"] = _pooled(told.mean_error)
        row["deviation_low"] = np.sqrt(max(square.low, 0.0)) if square else None
        row["deviation_high"] = np.sqrt(square.high) if square else None
        return _plain(row)
    if told.kind == "baseline":
        return _plain(row)
    mean, error = _measured_mean(estimator, told, measured)
    found = agreement(told.mean, mean)
    row |= {f"{key}_of_mean": value for key, value in vars(found).items()}
    if told.kind == "upper bound" and error is not None:
        row["beyond"] = share_beyond(mean, error, told.mean)
    if told.variance is not None and measured.variance is not None:
        found = agreement(np.sqrt(told.variance), np.sqrt(measured.variance))
        row |= {f"{key}_of_deviation": value for key, value in vars(found).items()}
    return _plain(row)


def _measured_mean(estimator: Estimator, told: Moments, measured: Moments) -> tuple[Floats, Floats | None]:
    """Return what an estimate of the mean is held against: a bound against sizes, a bound of norms against norms."""
    if estimator.norm is not None:
        return np.linalg.norm(measured.mean, estimator.norm, axis=1)[:, np.newaxis], _norm_of(measured.mean_error,
                                                                                             estimator.norm)
    if told.kind == "upper bound":
        return np.abs(measured.mean), measured.mean_error
    return measured.mean, measured.mean_error


def _norm_of(error: Floats | None, norm: Any) -> Floats | None:
    return None if error is None else np.linalg.norm(error, norm, axis=1)[:, np.newaxis]


def input_rows(samples: NDArray[np.intp], measured: Moments, told: Mapping[str, Moments]) -> list[Row]:
    """Return a row for each input and output, at most 300 spread evenly: what was measured, and what each says."""
    inputs, outputs = measured.mean.shape
    rows = []
    for flat in spread(inputs * outputs, MOST_INPUT_ROWS):
        at = divmod(int(flat), outputs)
        row: Row = {"input": int(samples[at[0]]), "output": at[1], "mean": measured.mean[at],
                    "deviation": measured.deviation[at] if measured.deviation is not None else None,
                    "mean_error": measured.mean_error[at] if measured.mean_error is not None else None}
        for name, moments in told.items():
            if moments.mean.shape == measured.mean.shape:
                row[f"{name} mean"] = moments.mean[at]
                row[f"{name} deviation"] = None if moments.deviation is None else moments.deviation[at]
        rows.append(_plain(row))
    return rows


def histogram_rows(watch: Watch) -> list[Row]:
    """Return the shape of all errors, of every input, output and repetition: a row for each bin."""
    total = int(watch.counts.sum())
    return [_plain({"low": low, "high": high, "share": int(count) / total})
            for low, high, count in zip(watch.edges[:-1], watch.edges[1:], watch.counts, strict=True)]


def tail_rows(setting: Setting, measured: Moments, told: Mapping[str, Moments], watch: Watch) -> list[Row]:
    """Return P(error >= level), the mean over inputs and outputs: as counted, and as each bound says."""
    from simulator.neurons.estimators.first_order import contributions  # noqa: PLC0415
    from simulator.neurons.estimators.path_bound import reaches  # noqa: PLC0415

    if not watch.above:
        return []
    p = setting.crashes.probability
    if setting.dense is not None:
        signed = reach = reaches(setting.dense, setting.activations, setting.crashes)
    else:
        signed = -contributions(setting.tail, setting.activations, setting.crashes)
        reach = np.maximum(signed, 0)
    known = next((name for name in BY_MOMENTS if name in told), None)
    rows = []
    for level, frequency in zip(watch.above, watch.frequency, strict=True):
        chance = frequency * (1 - frequency) / watch.repetitions
        row: Row = {"level": level, "measured": float(frequency.mean()),
                    "measured_error": float(np.sqrt(chance.sum()) / chance.size),
                    "hoeffding": float(tail_bounds.weighted_hoeffding(signed, p, level).mean()),
                    "chernoff": float(tail_bounds.weighted_chernoff(reach, p, level).mean()),
                    "reach": "absolute weights" if setting.dense is not None else "first order"}
        for name, moments in {"measured": measured, **({known: told[known]} if known else {})}.items():
            if moments.variance is not None:
                row[f"chebyshev by {name}"] = float(tail_bounds.chebyshev(moments.mean, moments.variance, level).mean())
                row[f"cantelli by {name}"] = float(tail_bounds.cantelli(moments.mean, moments.variance, level).mean())
        rows.append(_plain(row))
    return rows


def loss_row(name: str, told: Moments, measured: Moments, loss: str) -> Row:
    """Return the mean growth of a sample's loss, and how it agrees with what was measured."""
    row: Row = {"estimator": name, "loss": loss, "mean": float(told.mean.mean()),
                "deviation": _root_mean(told.variance), "mean_error": _pooled(told.mean_error)}
    if told is not measured:
        row |= vars(agreement(told.mean, measured.mean))
    return _plain(row)


def additivity_row(name: str, together: Moments, alone: Sequence[Moments]) -> Row:
    """Return what a set of crash points does, against the sum of what each does alone.

    The mean is the length of the vector of the outputs' mean errors, the variance the sum of theirs; both are means
    over inputs.
    """
    summed = np.sum([one.mean for one in alone], axis=0)
    variance = np.sum([one.variance for one in alone if one.variance is not None], axis=0)
    row: Row = {"crash": name, "points": len(alone), "mean": _length(together.mean), "sum_of_means": _length(summed),
                "mean_off": _length(together.mean - summed) / max(_length(together.mean), 1e-300)}
    if together.variance is not None:
        whole, parts = (float(each.sum(axis=1).mean()) for each in (together.variance, variance))
        row |= {"variance": whole, "sum_of_variances": parts, "variance_off": abs(parts - whole) / max(whole, 1e-300)}
    return _plain(row)


def _length(vectors: Floats) -> float:
    return float(np.linalg.norm(vectors, axis=1).mean())


def _root_mean(variance: Floats | None) -> float | None:
    return None if variance is None else float(np.sqrt(variance.mean()))


def _pooled(error: Floats | None) -> float | None:
    """Return the standard error of a mean over inputs and outputs, whose draws are taken as apart by input only.

    Outputs of one input meet the same crashes: their errors add before they are squared, which is never too little.
    """
    return None if error is None else float(np.sqrt((error.mean(axis=1) ** 2).sum()) / len(error))


def _plain(row: Mapping[str, Any]) -> Row:
    return {key: float(value) if isinstance(value, np.floating) else value for key, value in row.items()}
