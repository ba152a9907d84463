"""How a user says what each component's survival, availability or mean time is, and which components that concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.topology.graph import NO_FAILURE, Topology
from simulator.units import TIME_LADDER, Quantity

WAY_OUT = "write a named setting of the topology, a probability such as 0.9, or {component: probability}"


def read_probabilities(value: object) -> str | float | dict[str, float]:
    """Return a setting's name, one probability, or a probability for each component, as a file has it.

    Raises:
        ValueError: neither of the three; quotes every value that is wrong.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        wrong = [f"{name}: {p!r}" for name, p in value.items() if not is_probability(p)]
        if not value or wrong:
            raise ValueError(f"{', '.join(wrong) or '{}'} is not a probability in [0, 1]; write {{component: 0.9}}")
        return {str(name): float(p) for name, p in value.items()}
    if not is_probability(value):
        raise ValueError(f"{value!r} is not a probability in [0, 1]; {WAY_OUT}")
    return float(value)  # type: ignore[arg-type]  # is_probability has looked


def is_probability(value: object) -> bool:
    """Return whether the value is a number in [0, 1]; NaN and booleans are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


PROBABILITY_SCHEMA = {"type": "number", "minimum": 0, "maximum": 1}
Probabilities = Annotated[
    str | float | dict[str, float],
    PlainValidator(read_probabilities),
    WithJsonSchema({"description": WAY_OUT, "anyOf": [
        {"type": "string"}, PROBABILITY_SCHEMA, {"type": "object", "additionalProperties": PROBABILITY_SCHEMA}]}),
]
DURATION = Quantity("nanosecond", TIME_LADDER, is_whole=True, is_positive=True)


def read_durations(value: object) -> int | dict[str, int]:
    """Return one duration > 0, or a duration for each component, in nanoseconds.

    Raises:
        ValueError: neither of the two; quotes every value that is wrong.
    """
    if not isinstance(value, Mapping):
        return int(DURATION.read(value))
    durations, wrong = {}, []
    for name, text in value.items():
        try:
            durations[str(name)] = int(DURATION.read(text))
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    if wrong or not value:
        raise ValueError("; ".join(wrong) or "{} has no duration; write {component: 10 s}")
    return durations


def show_durations(value: int | dict[str, int]) -> str | dict[str, str]:
    """Return the durations as a user would write them."""
    if isinstance(value, dict):
        return {name: DURATION.show(duration) for name, duration in value.items()}
    return DURATION.show(value)


def show_listed(value: object) -> object:
    """Return a value as a file has it, a tuple as a list."""
    return list(value) if isinstance(value, tuple) else value


DURATION_SCHEMA = {"type": "string", "examples": ["10 s"]}
Durations = Annotated[
    int | dict[str, int],
    PlainValidator(read_durations),
    PlainSerializer(show_durations),
    WithJsonSchema({"description": "a duration for all, or {component: duration}", "anyOf": [
        DURATION_SCHEMA, {"type": "object", "additionalProperties": DURATION_SCHEMA}]}),
]


def fallible(topology: Topology) -> tuple[str, ...]:
    """Return the components that can fail: those with a survival below 1 in some named setting of the topology."""
    named = [topology.survival(setting) for setting in topology.settings if setting != NO_FAILURE]
    return tuple(name for name in topology.components if any(survival[name] < 1 for survival in named))


def unknown_components(key: str, names: Mapping[str, object], topology: Topology) -> list[Problem]:
    """Return a problem for each name that is not a component of the topology."""
    return [Problem(f"{key}.{name}", f"no component {name!r} in the topology", did_you_mean(name, topology.components))
            for name in names if name not in topology.components]


def all_fallible(key: str, topology: Topology) -> tuple[str, ...]:
    """Return the components that can fail, for one value that is meant for all of them.

    Raises:
        ScenarioError: the topology does not say what can fail.
    """
    names = fallible(topology)
    if not names:
        message = "one value is meant for all that can fail, but the topology names no survival below 1"
        way_out = f"write {{component: value}} for some of: {', '.join(topology.components)}"
        raise ScenarioError(Problem(key, message, way_out))
    return names


def components_of(key: str, names: Sequence[str] | None, topology: Topology) -> tuple[str, ...]:
    """Return the components of a list, in the order of the topology; without a list those that can fail.

    Raises:
        ScenarioError: an unknown component, one that is listed twice, or no list where the topology does not say what
            can fail; all at once.
    """
    known = topology.components
    if names is None and not fallible(topology):
        message = "all that can fail are meant, but the topology names no survival below 1"
        raise ScenarioError(Problem(key, message, f"write {key}: [...] with some of: {', '.join(known)}"))
    if names is None:
        return fallible(topology)
    problems = [Problem(f"{key}.{place}", f"no component {name!r} in the topology", did_you_mean(name, known))
                for place, name in enumerate(names) if name not in known]
    problems += [Problem(f"{key}.{place}", f"{name!r} is listed twice", "name a component once")
                 for place, name in enumerate(names) if name in names[:place]]
    if problems:
        raise ScenarioError(*problems)
    return tuple(name for name in known if name in names)


def probabilities_of(key: str, value: str | float | dict[str, float], topology: Topology) -> dict[str, float]:
    """Return the probability of each component that is below 1, in the order of the topology.

    Raises:
        ScenarioError: an unknown setting or component, or no component that can fail; all at once.
    """
    if isinstance(value, str):
        if value not in topology.settings:
            message = f"no survival setting {value!r} in the topology"
            raise ScenarioError(Problem(key, message, did_you_mean(value, topology.settings)))
        given: Mapping[str, float] = topology.survival(value)
    elif isinstance(value, dict):
        if problems := unknown_components(key, value, topology):
            raise ScenarioError(*problems)
        given = value
    else:
        given = dict.fromkeys(all_fallible(key, topology), value) if value < 1 else {}
    return {name: given[name] for name in topology.components if given.get(name, 1.0) < 1}


def durations_of(key: str, value: int | dict[str, int], names: tuple[str, ...], topology: Topology) -> dict[str, int]:
    """Return the duration of each of these components, in nanoseconds.

    Raises:
        ScenarioError: an unknown component, or one of ``names`` without a duration; all at once.
    """
    if not isinstance(value, dict):
        return dict.fromkeys(names, value)
    problems = unknown_components(key, value, topology)
    missing = [name for name in names if name not in value]
    if missing:
        message = f"no duration for {', '.join(map(repr, missing))}"
        problems.append(Problem(key, message, "give one duration for all, or one for each"))
    if problems:
        raise ScenarioError(*problems)
    return {name: value[name] for name in names}
