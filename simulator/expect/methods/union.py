"""The union of the methods, the only list of them; without a name it is ``auto``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from simulator.expect.methods.auto import Auto
from simulator.expect.methods.exact import Exact
from simulator.expect.methods.head import Head
from simulator.expect.methods.importance import Importance
from simulator.expect.methods.monte_carlo import MonteCarlo
from simulator.expect.methods.stratified import Stratified


def named(value: Any) -> Any:
    """Return the options of a method with its name.

    >>> named({"max_components": 24})
    {'method': 'auto', 'max_components': 24}
    """
    return {"method": "auto", **value} if isinstance(value, Mapping) else value


Methods = Auto | Exact | Head | Stratified | MonteCarlo | Importance
ByMethod = Annotated[Annotated[Methods, Field(discriminator="method")], BeforeValidator(named)]
