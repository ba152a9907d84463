"""``--set key=value``: dotted keys, values read as YAML."""

from __future__ import annotations

from typing import Any

import yaml

from simulator.errors import Problem, ScenarioError


def overrides(sets: list[str]) -> dict[str, Any]:
    """Return the values by dotted key.

    Raises:
        ScenarioError: one has no ``=``, or its value is no YAML.

    >>> overrides(["policy.deadline=100 ms", "replications=3"])
    {'policy.deadline': '100 ms', 'replications': 3}
    """
    found: dict[str, Any] = {}
    problems = []
    for text in sets:
        key, equals, value = text.partition("=")
        try:
            found[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            problems.append(Problem(f"--set {text}", f"{value!r} is no YAML value", "quote it: --set key=\"'a: b'\""))
        if not equals or not key.strip():
            problems.append(Problem(f"--set {text}", "has no key=value", "write --set policy.deadline='100 ms'"))
    if problems:
        raise ScenarioError(*problems)
    return found
