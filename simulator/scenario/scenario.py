"""A scenario: one question, as a frozen block that unites the blocks of all rooms."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.dataflow.placement import Nodes
from simulator.dataflow.weights import Scheme
from simulator.evaluate.blocks import GivenOutcomes
from simulator.expect.blocks import Measures
from simulator.expect.design_blocks import DesignBlock
from simulator.expect.limits import Limit
from simulator.expect.precision_block import Precision
from simulator.expect.search_blocks import SearchBlock
from simulator.expect.trend_blocks import TrendBlock
from simulator.failures.blocks import Failure
from simulator.failures.errors import SilentError
from simulator.failures.slow import Slow
from simulator.model.blocks import Constant, Failout, Strategy, Training
from simulator.model.codecs import Codec
from simulator.model.graph import Skips
from simulator.network.blocks import EngineChoice, Policy, Workload
from simulator.network.disturbances import Disturbance
from simulator.neurons.certify_block import CertifyBlock
from simulator.scenario.designs import Axis
from simulator.scenario.others import Other
from simulator.scenario.plots import Plot


class Repeats(Block):
    """Every point of the grid again, with another root seed: initial weights, order of samples, failout and requests.

    In a file a number, or ``{count: 5, with: {data.fold: [0, 1, 2, 3, 4]}}``: repeat r takes the r-th value of each
    list too. Repeat r has the root seed ``seed + r``, r = 0, 1, ..., the same for all points of the grid, unless
    ``seed`` is among these keys. ``against`` are values of the sweep's first key: the differences from each of them are
    reported, paired; the first value when it is not given.
    """

    count: Annotated[int, Field(gt=0)] = 1
    values: dict[str, tuple[Any, ...]] = Field(default={}, alias="with")
    against: tuple[Any, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        return {"count": value} if isinstance(value, int) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _has_a_value_for_each(self) -> Self:
        for key, values in self.values.items():
            if len(values) != self.count:
                raise ValueError(f"{key} has {len(values)} values for {self.count} repeats")
        return self


class Scenario(Block):
    """What was asked, as written in a scenario file.

    ``topology`` and ``model`` are names on the shelf or paths; everything else is here. ``sweep`` maps a dotted key
    (``strategy``, ``policy.deadline``, ``failures.0.availability``) to the list or range of its values, and a name
    to keys that go together or to points that are drawn: the grid of cells.
    ``constants`` are numbers in place of the model's own, such as a width;
    ``partition`` names one of the model's ways to be split; ``skips`` are those that stay, ``all``, ``none`` or a list;
    ``weights`` is a scheme for the constant weights of hyperconnections, by name or by the literature's number;
    ``engine`` runs requests in time: ``simpy``, ``vectorised`` (the same rows, many times faster, where no request
    comes to one queue twice and no route is found anew) or ``auto``, which takes the faster one that can;
    ``slow`` are machines that are up but slow, at times; ``errors`` are silent ones: values that are damaged, at times,
    and tag the answers that rest on them; ``disturbances`` are scripted trouble on links, spikes of
    latency and messages that are lost for certain; ``others`` are models, by name, that share its machines and links;
    ``placement`` says on which node a part stands, or on which, in order, where it has replicas;
    ``design`` asks which skips, nodes or machines are best within a budget; ``search`` for the best values of settings;
    ``precision`` adds replications until intervals are narrow enough; ``assert`` claims what estimates are, by name;
    ``plots`` are the figures of a study, chosen from its axes where none is asked for;
    ``certify`` trains networks until one is certified to bear crashes of its neurons;
    ``trends`` asks of the cells side by side: slopes along an axis, and which number foretells which;
    ``codecs`` are those of ``all``, ``skips`` or ``simple`` hyperconnections, or of one by name.
    """

    title: str
    question: str = ""
    topology: str
    model: str
    strategy: Strategy = "resilinet"
    partition: str | None = None
    constants: dict[str, Constant] = {}
    skips: Skips = "all"
    weights: Scheme = "given"
    codecs: dict[str, Codec] = {}
    placement: dict[str, Nodes] = {}
    failures: tuple[Failure, ...] = ()
    slow: tuple[Slow, ...] = ()
    errors: tuple[SilentError, ...] = ()
    workload: Workload | None = None
    disturbances: tuple[Disturbance, ...] = ()
    others: dict[str, Other] = {}
    policy: Policy = Policy()
    outcomes: GivenOutcomes | None = None
    failout: Failout | None = None
    training: Training | None = None
    data: dict[str, Any] | None = None
    measure: Measures
    design: DesignBlock | None = None
    certify: CertifyBlock | None = None
    search: SearchBlock | None = None
    trends: TrendBlock | None = None
    precision: Precision | None = None
    plots: tuple[Plot, ...] = ()
    claims: dict[str, Limit] = Field(default={}, alias="assert")
    sweep: dict[str, Axis] = {}
    seed: Annotated[int, Field(ge=0)] = 1
    repeats: Repeats = Repeats()
    replications: Annotated[int, Field(gt=0)] = 10
    starved: Literal["silent", "emit"] = "silent"
    engine: EngineChoice = "auto"
