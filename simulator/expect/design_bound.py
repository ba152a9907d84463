"""An upper bound that no design can exceed, from where information can flow with every candidate present.

A request is answered only where some path leads from a source to an exit, over parts on nodes that are up and
hyperconnections with a route. Laid over all designs, that is a path among (part, node) pairs over all candidates: there
are no fewer of them than in any single design, whatever joins need. So with F = P(such a path), a the most accurate
answer there is and g the worth of no answer, no design expects more than F max(a, g) + (1 - F) g. That more inputs
make answers better is not assumed. Where designs may raise survivals, F is at the highest: what comes up only adds
paths, so that F grows with each survival (of independent components).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.topology.routes import Routes


@dataclass(frozen=True)
class Everything:
    """All candidates of all designs at once.

    Args:
        order: Sources and parts, each behind what feeds it.
        edges: (source, target) of every hyperconnection that a design may have.
        nodes: Every node that a design may put a part on.
        sources: Parts that hold a sensor's data.
        exits: Parts that answer.
        routes: Routes between nodes.
    """

    order: Sequence[str]
    edges: Sequence[tuple[str, str]]
    nodes: Mapping[str, Sequence[str]]
    sources: Sequence[str]
    exits: Sequence[str]
    routes: Routes

    @property
    def relevant(self) -> frozenset[str]:
        """What may be down for a difference."""
        return frozenset(node for nodes in self.nodes.values() for node in nodes) | self.routes.relevant

    def can_flow(self, down: frozenset[str]) -> bool:
        """Return whether some path of (part, node) pairs leads from a source to an exit while these are down."""
        fed: dict[str, list[str]] = {}
        for part in self.order:
            up = [node for node in self.nodes[part] if node not in down]
            senders = [node for source, target in self.edges if target == part for node in fed[source]]
            fed[part] = up if part in self.sources else [
                node for node in up if any(self.routes.find(sender, node, down) for sender in senders)]
        return any(fed[part] for part in self.exits)


def most_expected(flow: float, answer: float, no_answer: float) -> float:
    """Return the most that a design can expect.

    Args:
        flow: P(some path) over all candidates.
        answer: The highest accuracy of an answer.
        no_answer: What no answer is worth.

    >>> most_expected(0.75, 1.0, 0.5)
    0.875
    """
    return flow * max(answer, no_answer) + (1 - flow) * no_answer
