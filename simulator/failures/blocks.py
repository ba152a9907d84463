"""The union of the failure processes' YAML blocks: the only list of their kinds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.failures.bernoulli import BernoulliBlock
from simulator.failures.renewal import RenewalBlock
from simulator.failures.scripted import ScriptedBlock

Failure = Annotated[BernoulliBlock | RenewalBlock | ScriptedBlock, Field(discriminator="kind")]
