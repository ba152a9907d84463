"""``--set key=value``: dotted keys; the values are read as YAML where they are put in."""

from __future__ import annotations

from simulator.errors import Problem, ScenarioError


def overrides(sets: list[str]) -> dict[str, str]:
    """Return the text of the values by dotted key.

    Raises:
        ScenarioError: one is no ``key=value``.

    >>> overrides(["policy.deadline=100 ms", "replications=3"])
    {'policy.deadline': '100 ms', 'replications': '3'}
    """
    pairs = [text.partition("=") for text in sets]
    problems = [
        Problem(f"option --set {key}", "is no key=value", "write --set policy.deadline='100 ms'")
        for key, equals, _ in pairs
        if not equals or not key.strip()
    ]
    if problems:
        raise ScenarioError(*problems)
    return {key.strip(): value.strip() for key, _, value in pairs}
