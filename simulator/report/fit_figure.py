"""The figure of ``sim fit``: what the fitted process says beside the weeks that it was not fitted to."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report.style import GREY, INK, PALETTE, styled
from simulator.study.trace_judge import Judged

MODEL, UNSEEN, ALONE = PALETTE[1], PALETTE[0], PALETTE[2]
HOUR_S = 3600


def fit_figure(judged: tuple[Judged, ...]) -> Figure:
    """Return four panels: times up, times down and burst sizes of the busiest cluster, and P(j down | i down) of all.

    Bands are 95 %, of the unseen weeks, drawn anew week by week.
    """
    busiest = max(judged, key=lambda each: each.starts[1])
    with styled():
        figure = Figure(figsize=(11.0, 8.4), layout="constrained")
        panels = figure.subplots(2, 2)
        _lasting(panels[0][0], busiest, "up")
        _lasting(panels[0][1], busiest, "down")
        _sizes(panels[1][0], busiest)
        _also_down(panels[1][1], judged)
        figure.suptitle(f"Fitted on seen weeks, judged on unseen weeks (cluster {busiest.cluster or 'all'}, "
                        f"{busiest.machines} machines)", x=0.01, ha="left", fontweight="bold")
    return figure


def _lasting(axes: Axes, each: Judged, of: str) -> None:
    share = 1 - np.linspace(0, 1, len(each.drawn[of, "unseen"]))
    distance = each.ks_up if of == "up" else each.ks_down
    lines = (("unseen", UNSEEN, "-", "unseen weeks"), ("model", MODEL, "--", "bursts, fitted"))
    for whose, color, line, label in lines:
        axes.plot(np.maximum(each.drawn[of, whose], 1) / HOUR_S, share, color=color, linestyle=line, label=label)
    axes.set_xscale("log")
    axes.set_ylim(0, 1)
    axes.set_xlabel(f"Time {of} (hours)")
    axes.set_ylabel("Share that lasts longer")
    axes.set_title(f"Times {of}: KS distance {distance:.2f}")
    axes.legend(loc="upper right")


def _sizes(axes: Axes, each: Judged) -> None:
    least, pairs = np.array(list(each.grouped)), list(each.grouped.values())
    low, high = (100 * np.array([getattr(pair, end) for pair in pairs]) for end in ("low", "high"))
    axes.fill_between(least, low, high, color=UNSEEN, alpha=0.2, linewidth=0, label="95 % band of unseen weeks")
    for name, color, line, marker, label in (("unseen", UNSEEN, "-", "o", "unseen weeks"),
                                             ("model", MODEL, "--", "s", "bursts, fitted"),
                                             ("independent", ALONE, ":", "^", "each machine on its own")):
        axes.plot(least, [100 * getattr(pair, name) for pair in pairs], color=color, linestyle=line, marker=marker,
                  label=label)
    axes.set_xscale("log")
    axes.set_xticks(least, [str(size) for size in least])
    axes.minorticks_off()
    axes.set_ylim(-3, 103)
    axes.set_xlabel("Burst size: machines that go down in one minute, at least")
    axes.set_ylabel("Share of all starts (%)")
    axes.set_title("Starts in bursts")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False)


def _also_down(axes: Axes, judged: tuple[Judged, ...]) -> None:
    for place, pair in enumerate(each.also_down for each in judged):
        axes.plot([100 * pair.low, 100 * pair.high], [place, place], color=UNSEEN, linewidth=7, alpha=0.25,
                  solid_capstyle="butt", label="95 % band of unseen weeks" if place == 0 else None)
        for value, color, marker, label in ((pair.unseen, UNSEEN, "o", "unseen weeks"),
                                            (pair.model, MODEL, "s", "bursts, fitted"),
                                            (pair.independent, ALONE, "^", "each machine on its own")):
            axes.plot(100 * value, place, marker, color=color, markeredgecolor=INK if marker == "s" else color,
                      markeredgewidth=0.5, label=label if place == 0 else None)
    axes.set_yticks(range(len(judged)), [each.cluster or "all" for each in judged])
    axes.invert_yaxis()
    axes.set_xlim(-2, 102)
    axes.set_xlabel("P(another machine of the cluster is down | one is down) (%)")
    axes.set_title("Down together")
    axes.tick_params(axis="y", labelcolor=GREY if len(judged) > 1 else INK)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False)
