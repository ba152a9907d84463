"""Designs are counted and listed right, the best is the best, and greedy is never better than that."""

from itertools import product

import numpy as np
import pytest

from simulator.expect.design_search import Score, best_of, exhaustive, front, greedy
from simulator.expect.design_space import Option, Slot, Space

each_seed = pytest.mark.parametrize("seed", range(30))


def dice(seed):
    return np.random.Generator(np.random.PCG64(seed))


def random_space(rng):
    """Return a space of up to six slots in two choices."""
    slots = tuple(Slot(int(rng.integers(2)), tuple(Option(f"{place}{option}", float(rng.integers(4)))
                                                   for option in range(rng.integers(1, 3))))
                  for place in range(rng.integers(2, 7)))
    return Space(slots, (int(rng.integers(0, 4)), int(rng.integers(0, 4))))


def all_by_hand(space):
    """Return every design by product and count, the obvious way."""
    found = []
    for design in product(*(range(len(slot.options) + 1) for slot in space.slots)):
        changed = [sum(option > 0 for slot, option in zip(space.slots, design, strict=True) if slot.choice == choice)
                   for choice in range(2)]
        if all(count <= most for count, most in zip(changed, space.at_most, strict=True)):
            found.append(bytes(design))
    return found


def random_judge(space, rng, limit=None):
    """Return a judge with a random value for each design, and random bytes of which a limit allows some."""
    known = {design: (round(float(rng.random()), 2), float(rng.integers(100))) for design in all_by_hand(space)}

    def judge(designs):
        return {design: Score(known[design][0],
                              0.0 if limit is None else max(0.0, (known[design][1] - limit) / limit),
                              known[design][1], space.cost(design)) for design in designs}

    return judge


@each_seed
def test_designs_are_all_and_each_once(seed):
    space = random_space(dice(seed))
    listed = list(space.designs())
    assert listed == all_by_hand(space)
    assert space.count == len(set(listed)) == len(listed)
    assert all(space.holds(design) for design in listed)


@each_seed
def test_steps_and_swaps_are_the_designs_one_and_two_slots_away(seed):
    rng = dice(seed)
    space = random_space(rng)
    listed = list(space.designs())
    here = listed[rng.integers(len(listed))]
    away = {design: sum(a != b for a, b in zip(here, design, strict=True)) for design in listed}
    assert sorted(space.steps(here)) == sorted(design for design, count in away.items() if count == 1)
    touched = {design for design, count in away.items() if count == 2
               and any(a for a, b in zip(here, design, strict=True) if a != b)}
    assert set(space.swaps(here)) == touched


@each_seed
@pytest.mark.parametrize("limit", [None, 40.0])
def test_exhaustive_is_the_best_of_all_subsets_and_greedy_never_above(seed, limit):
    rng = dice(seed)
    space = random_space(rng)
    judge = random_judge(space, rng, limit)
    scores = judge(all_by_hand(space))
    allowed = [score for score in scores.values() if score.excess == 0]
    every, some = exhaustive(space, judge), greedy(space, judge)
    assert every.seen == scores
    if allowed:
        assert scores[every.best].excess == 0
        assert scores[every.best].value == max(score.value for score in allowed)
    else:
        assert scores[every.best].excess == min(score.excess for score in scores.values())
    assert some.seen[some.best].rank <= scores[every.best].rank
    assert set(some.seen) <= set(scores)


@each_seed
def test_greedy_ends_where_no_step_and_no_swap_is_better_and_always_there(seed):
    rng = dice(seed)
    space = random_space(rng)
    judge = random_judge(space, rng, 40.0)
    first, again = greedy(space, judge), greedy(space, judge)
    assert first == again
    near = judge([*space.steps(first.best), *space.swaps(first.best)])
    assert all(score.rank <= first.seen[first.best].rank for score in near.values())


def test_greedy_leaves_a_start_beyond_the_limits():
    space = Space((Slot(0, (Option("a"),)), Slot(0, (Option("b"),))), (2,))
    scores = {b"\x00\x00": Score(0.9, 1.0, 0, 0), b"\x00\x01": Score(0.1, 0.5, 0, 0),
              b"\x01\x00": Score(0.2, 0.7, 0, 0), b"\x01\x01": Score(0.3, 0.0, 0, 0)}
    assert greedy(space, lambda designs: {design: scores[design] for design in designs}).best == b"\x01\x01"


def test_greedy_swaps_where_no_single_change_helps():
    space = Space((Slot(0, (Option("a"),)), Slot(0, (Option("b"),))), (1,))
    scores = {b"\x00\x00": Score(0.1, 0, 0, 0), b"\x01\x00": Score(0.2, 0, 0, 0), b"\x00\x01": Score(0.3, 0, 0, 0)}
    hides = {b"\x00\x00": Score(0.1, 0, 0, 0), b"\x01\x00": Score(0.2, 0, 0, 0), b"\x00\x01": Score(0.05, 0, 0, 0)}
    assert greedy(space, lambda designs: {design: scores[design] for design in designs}).best == b"\x00\x01"
    assert greedy(space, lambda designs: {design: hides[design] for design in designs}).best == b"\x01\x00"


def test_of_equal_designs_the_one_with_fewer_bytes_then_less_cost_then_fewer_changes_is_best():
    equal = {b"\x01\x01": Score(0.5, 0, 10, 1), b"\x00\x01": Score(0.5, 0, 9, 2), b"\x01\x00": Score(0.5, 0, 9, 1)}
    assert best_of(equal) == b"\x01\x00"
    assert best_of(equal | {b"\x00\x00": Score(0.5 + 1e-15, 0, 9, 1)}) == b"\x00\x00"
    assert best_of(equal | {b"\x00\x00": Score(float("nan"), float("inf"), 0, 0)}) == b"\x01\x00"


@each_seed
def test_the_front_is_what_no_other_point_dominates(seed):
    rng = dice(seed)
    points = [(float(x), float(y)) for x, y in rng.integers(0, 6, (20, 2))]

    def is_dominated(place):
        x, y = points[place]
        return any((a <= x and b >= y and (a, b) != (x, y)) or ((a, b) == (x, y) and other < place)
                   for other, (a, b) in enumerate(points))

    assert front(points) == [not is_dominated(place) for place in range(len(points))]
