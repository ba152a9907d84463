"""Tags of silent errors over columns: the same as ``tags``, for all requests at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from simulator.dataflow.graph import Mark
from simulator.network.blame import BY_LOSS, blame_code
from simulator.network.column_joins import Fired
from simulator.network.columns import Bools, Column, lives_of
from simulator.network.tags import whole_way_blame
from simulator.network.world import World


class ColumnTags:
    """The marks of a replication; without marks each column stays as it is.

    Args:
        world: Plan and draws, whose timeline has the states.
    """

    def __init__(self, world: World) -> None:
        self.world, self.graph = world, world.plan.graph
        self.of: dict[str, list[tuple[int, Mark]]] = {}
        for place, mark in enumerate(self.graph.marks):
            self.of.setdefault(mark.place, []).append((self.graph.mark_bit(place), mark))

    def fired(self, part: str, fired: Fired) -> Fired:
        """Return what a part fires with, tagged by what holds at its node then."""
        return replace(fired, column=self._tagged(part, self.world.plan.placement[part], fired.column))

    def handed_over(self, edge: int, link: str, message: Column) -> Column:
        """Return a message that is handed to a link, tagged by what holds there then."""
        return self._tagged(self.graph.edges[edge].name, link, message)

    def across(self, edge: int, link: str, message: Column) -> Column:
        """Return a message after a link: what is known to be damaged goes no further."""
        marks = self.of.get(self.graph.edges[edge].name, ())
        bits = sum(bit for bit, mark in marks if mark.is_lost and link in mark.strikes)
        if not bits:
            return message
        return message.lost((message.fed & bits) > 0, message.when, blame_code(self.world.index[link], BY_LOSS))

    def arriving(self, edge: int, message: Column) -> Column:
        """Return a message at its end: the hyperconnection's own coins strike the whole way."""
        name = self.graph.edges[edge].name
        for bit, mark, hit in self._hits(name, name, message):
            if mark.is_lost:
                message = message.lost(hit, message.when, whole_way_blame(self.world, edge))
            else:
                message = replace(message, fed=np.where(hit & (message.fed > 0), message.fed | bit, message.fed))
        return message

    def _tagged(self, place: str, where: str, column: Column) -> Column:
        for bit, _, hit in self._hits(place, where, column):
            column = replace(column, fed=np.where(hit, column.fed | bit, column.fed))
        return column

    def _hits(self, place: str, where: str, column: Column) -> Iterator[tuple[int, Mark, Bools]]:
        """Yield the marks that strike at a place, and whom: who is not lost, while the state holds."""
        for bit, mark in self.of.get(place, ()):
            lives = lives_of(self.world.draws.timeline, mark.strikes[where]) if where in mark.strikes else None
            if lives is not None:
                yield bit, mark, (column.fed > 0) & (lives.until(column.when) < 0)
