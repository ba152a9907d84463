"""What a rare event is: something that is said of a delivery, and so of a set of causes at work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from simulator.expect.scored import Floats, Places, Scored
from simulator.failures.cause_law import Bools, CauseLaw

ROUNDING = 1e-12  # a mean over samples that should equal the level does


@final
@dataclass(frozen=True, eq=False)
class Event:
    """Accuracy is below a level, or there is no answer.

    Args:
        scored: What each delivery is worth.
        level: Scores below it belong to the event, up to rounding; None: where there is no answer.
    """

    scored: Scored
    level: float | None = None

    @property
    def name(self) -> str:
        """The event in words.

        >>> Event(None, 0.5).name, Event(None).name
        ('accuracy below 0.5', 'no answer')
        """
        return "no answer" if self.level is None else f"accuracy below {self.level:g}"

    def of(self, places: Places) -> Bools:
        """Return which deliveries belong to it, shape ``(places,)``; what is not counted (NaN) does not."""
        found: Bools
        if self.level is None:
            found = places == 0
        else:
            found = np.asarray(self.scored.scores(places) < self.level - ROUNDING)
        return found

    def value(self, places: Places) -> Floats:
        """Return 1 for the deliveries that belong to it, 0 for others, NaN for what is not counted."""
        found: Floats = self.of(places).astype(np.float64)
        return found if self.level is None else np.where(np.isnan(self.scored.scores(places)), np.nan, found)

    def at(self, law: CauseLaw, at_work: Bools) -> Bools:
        """Return for which sets of causes it happens, shape ``(sets,)``.

        Args:
            law: Which components each cause fells.
            at_work: Shape ``(sets, causes)``.
        """
        if not len(at_work):
            return np.zeros(0, dtype=bool)
        return self.of(self.scored.places(law.up(at_work)))
