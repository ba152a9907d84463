"""Scores without a network: a chain with skips over one part, of which any number of parts may fail."""

import numpy as np

from simulator.expect.methods.expectation import Question
from simulator.failures.cause_law import CauseLaw, independent_law
from simulator.seeds import stream

WORST, GAIN, EACH = 0.1, 0.85, 0.97


def chain_scores(up):
    """Return the accuracy of each pattern: no answer iff two neighbours are down, else 0.1 + 0.85 x 0.97^down."""
    down = ~up
    is_lost = (down[:, 1:] & down[:, :-1]).any(axis=1)
    return np.where(is_lost, WORST, WORST + GAIN * EACH ** down.sum(axis=1))


class ScoredPatterns:
    """Fulfils ``Scored``: every pattern that answers is a delivery of its own."""

    def __init__(self, components, scores=chain_scores, *, counts_no_answer=True):
        self.components, self._of = tuple(components), scores
        self.bounds = (0.0, 1.0)
        self.counts_no_answer = counts_no_answer
        self._place, self._table = {}, [np.nan if not counts_no_answer else WORST]
        self._scored, self._values = np.array([True]), np.array(self._table)

    @property
    def forwards(self):
        return int(self._scored.sum()) - 1

    def places(self, up):
        scores = self._of(up)
        packed = np.packbits(up, axis=1)
        found = np.zeros(len(up), dtype=np.intp)
        for row in np.flatnonzero(scores != WORST).tolist():
            key = packed[row].tobytes()
            if key not in self._place:
                self._place[key] = len(self._table)
                self._table.append(float(scores[row]))
            found[row] = self._place[key]
        return found

    def scores(self, places):
        self._grow()
        self._scored[places] = True
        return self._values[places]

    def is_scored(self, places):
        self._grow()
        return self._scored[places]

    def _grow(self):
        if more := len(self._table) - len(self._scored):
            self._scored = np.pad(self._scored, (0, more))
            self._values = np.array(self._table)


def names(count):
    return tuple(f"f{place}" for place in range(count))


def chain_law(count, q):
    return independent_law(names(count), np.full(count, 1 - q))


def unequal_law(count):
    return independent_law(names(count), 1 - np.linspace(0.02, 0.3, count))


def mixture_law(count):
    """Return two states of weather, a shared cause that fells the first three, and each component's own."""
    fells = np.concatenate([np.eye(count, dtype=bool), np.zeros((1, count), dtype=bool)])
    fells[-1, :3] = True
    chance = np.array([[0.02] * count + [0.05], [0.2] * count + [0.1]])
    return CauseLaw(names(count), (*names(count), "shared"), fells, np.array([0.8, 0.2]), chance)


def question(law, seed=1, *, no_flow=None, **options):
    scored = ScoredPatterns(law.components, **options)
    return Question(scored, law, lambda name: stream(seed, 0, "", name), no_flow=no_flow)


def exact_by_force(law, scores=chain_scores):
    """Return the expected score and P(no answer) over all sets of causes and states."""
    causes = len(law.causes)
    at_work = (np.arange(2**causes)[:, np.newaxis] >> np.arange(causes)) & 1 == 1
    found = scores(law.up(at_work))
    chance = np.zeros(len(at_work))
    for weight, own in zip(law.weight, law.chance, strict=True):
        chance += weight * np.where(at_work, own, 1 - own).prod(axis=1)
    return float(chance @ found), float(chance @ (found == WORST))


def exact_chain(count, q):
    """Return the exact expected accuracy of the chain, by the recursion over (last is down, lost)."""
    survives = [1.0, 0.0]  # weighted by 0.97^down: the last part is up, is down
    flows = [1.0, 0.0]
    for _ in range(count):
        survives = [(1 - q) * sum(survives), q * EACH * survives[0]]
        flows = [(1 - q) * sum(flows), q * flows[0]]
    return WORST + GAIN * sum(survives), 1 - sum(flows)
