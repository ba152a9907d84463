"""From a ``search:`` block to the values of its settings, and what does not go with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.documents.yaml_text import Document
from simulator.errors import Problem
from simulator.expect.blocks import Measures
from simulator.scenario.parts import Parts
from simulator.scenario.scenario import Scenario

UNSEARCHED = {"title", "question", "topology", "model", "measure", "design", "seed", "sweep", "repeats", "search",
              "trends"}
OF_TIME = ("on_time_accuracy", "served_accuracy", "share_", "latency_")


def searched_ends(document: Document) -> dict[str, dict[str, Any]]:
    """Return both ends of each setting that a well-formed search varies, by dotted key."""
    search = document.value.get("search") if isinstance(document.value, Mapping) else None
    over = search.get("over") if isinstance(search, Mapping) else None
    found = {key: {end: block[end] for end in ("from", "to") if end in block}
             for key, block in (over if isinstance(over, Mapping) else {}).items() if isinstance(block, Mapping)}
    return {key: ends for key, ends in found.items() if not _is_unsearched(key)}


def search_problems(parts: Parts) -> Iterator[Problem]:
    """Yield what does not go with a scenario's ``search:``, with places."""
    scenario = parts.scenario
    if scenario is None or scenario.search is None:
        return
    place, search = parts.document.place, scenario.search
    for key in search.over:
        if _is_unsearched(key):
            yield Problem(place(f"search.over.{key}"), f"{key!r} is no setting that can be searched",
                          "name a number or a quantity, such as policy.wait.after or failout.survival")
    for key in (key for key, has in (("sweep", bool(scenario.sweep)), ("repeats", scenario.repeats.count > 1)) if has):
        yield Problem(place(key), f"'{key}' asks for a grid of cells, and 'search' chooses its own",
                      "leave one of the two out; a search compares on fresh_seeds already")
    aim = "maximise" if search.maximise else "minimise"
    if needed := unmeasured(search.estimate, scenario.measure):
        yield Problem(place(f"search.{aim}"), f"{search.estimate!r} is not measured", f"add '{needed}' to 'measure'")


def unmeasured(estimate: str, measure: Measures) -> str:
    """Return the measure that an estimate needs and that is not asked for, "" where none is known to be missing."""
    if estimate == "expected_accuracy" and not measure.expected_accuracy:
        return "expected_accuracy"
    return "timed" if estimate.startswith(OF_TIME) and not measure.timed else ""


def _is_unsearched(key: str) -> bool:
    return key.partition(".")[0] in UNSEARCHED


def value_at(scenario: Scenario, key: str) -> Any:
    """Return what a scenario has at a dotted key, as in a file, defaults included; None where it has nothing."""
    value: Any = scenario.model_dump(mode="json", by_alias=True)
    for step in key.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, Sequence) and not isinstance(value, str) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
