"""Tables of what ``sim fit`` found: the candidates, and each cluster, on the weeks that were not fitted to."""

from __future__ import annotations

import numpy as np

from simulator.report.fitting import FittingTable
from simulator.study.trace_events import BURST
from simulator.study.trace_judge import Compared, Judged, Total

CANDIDATES = "KS: largest distance of distribution functions; mean over clusters, weighted by starts"
CLUSTERS = "in brackets the 95 % band of the unseen weeks (block bootstrap); * the model is inside"


def candidate_table(judged: tuple[Judged, ...], total: Total) -> FittingTable:
    """Return one row a candidate: KS distances, share of starts in bursts, and how often others are down as well."""
    weights = [each.starts[1] for each in judged]

    def mean(values: list[float]) -> str:
        return f"{np.average(values, weights=weights):.2f}"

    rows = [[f"independent, {law}", mean([each.renewal[law][0] for each in judged]),
             mean([each.renewal[law][1] for each in judged]), _alone(judged),
             mean([each.also_down.independent for each in judged])] for law in judged[0].renewal]
    rows.append(["bursts and single failures", mean([each.ks_up for each in judged]),
                 mean([each.ks_down for each in judged]), f"{100 * total.model:.1f}",
                 mean([each.also_down.model for each in judged])])
    rows.append(["trace, seen weeks", "", "", f"{100 * total.seen:.1f}", mean([each.seen[1] for each in judged])])
    rows.append(["trace, unseen weeks", "", "", f"{100 * total.unseen:.1f}",
                 mean([each.also_down.unseen for each in judged])])
    rows.append(["trace, all weeks", "", "", f"{100 * total.whole:.1f}", ""])
    heads = ["fitted to seen weeks", "KS up", "KS down", f"burst {BURST}+ %", "j | i down"]
    return FittingTable("Candidates, judged on the unseen weeks", heads, rows, CANDIDATES)


def _alone(judged: tuple[Judged, ...]) -> str:
    shares = [each.grouped[BURST].independent for each in judged if BURST in each.grouped]
    return f"{100 * max(shares, default=0.0):.1f}"


def cluster_table(judged: tuple[Judged, ...]) -> FittingTable:
    """Return one row a cluster: the burst process beside the unseen weeks, with their bands."""
    rows = [[each.cluster or "all", str(each.machines), f"{each.ks_up:.2f}", f"{each.ks_down:.2f}",
             _compared(each.grouped.get(BURST)), _compared(each.also_down), _sizes(each)] for each in judged]
    heads = ["cluster", "n", "KS up", "KS dn", f"burst {BURST}+ %", "j | i down %", "sizes"]
    return FittingTable("Bursts, cluster by cluster", heads, rows, CLUSTERS)


def _compared(pair: Compared | None) -> str:
    if pair is None:
        return ""
    mark = "*" if pair.is_inside else " "
    return f"{100 * pair.model:.0f}{mark}({100 * pair.low:.0f} to {100 * pair.high:.0f})"


def _sizes(each: Judged) -> str:
    """Return for how many sizes the share of starts in bursts at least so large is inside the band."""
    return f"{sum(pair.is_inside for pair in each.grouped.values())} of {len(each.grouped)}"
