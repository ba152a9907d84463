"""Held inputs as data: which missing inputs of a join the values held from earlier requests stand in for."""

from __future__ import annotations

from collections.abc import Collection

from simulator.dataflow.join import Join


def stand_ins(join: Join, fresh: Collection[int], held: Collection[int]) -> tuple[int, ...] | None:
    """Return the inputs for which a held value is taken, in order of index; None where the needs are not met even so.

    Of each group the alternative is that of the fresh inputs, as ever; its missing members are taken held. Where no
    input of a group is fresh, it is the first alternative with a held value. A held value counts for what is needed.

    Args:
        join: The join.
        fresh: The inputs of this request that are here.
        held: The inputs of which a value is held.

    >>> select = Join((((1,), (0,)),))  # the edge 1, or else the edge 0
    >>> stand_ins(select, {0}, {1}), stand_ins(select, set(), {0, 1}), stand_ins(select, set(), set())
    ((), (1,), None)
    """
    taken, held_taken, is_complete = 0, list[int](), True
    for group in join.groups:
        chosen = _chosen(group, fresh) or _chosen(group, held)
        missing = [edge for edge in chosen if edge not in fresh]
        filled = [edge for edge in missing if edge in held]
        is_complete &= bool(chosen) and len(filled) == len(missing)
        taken += len(chosen) - len(missing) + len(filled)
        held_taken += filled
    needed = 1 if isinstance(join.needs, str) else join.needs
    if taken < needed or (join.needs == "all" and not is_complete):
        return None
    return tuple(sorted(held_taken))


def _chosen(group: Collection[tuple[int, ...]], present: Collection[int]) -> tuple[int, ...]:
    return next((alternative for alternative in group if any(edge in present for edge in alternative)), ())
