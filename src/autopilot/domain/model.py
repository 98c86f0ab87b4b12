"""A language model as the verbs see it: what is asked, what comes back, and what it costs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

MICRO = 1_000_000  # millionths of a dollar in a dollar; also the tokens that a price is for
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One question to a model: our instructions, then the material, then the form of the answer.

    `schema` is a JSON schema named `schema_name`. The whole call, with its retries, takes at most
    `seconds`; the answer has at most `max_output_tokens`, thoughts included. `effort` is how hard a
    model that reasons should, None where it does not.
    """

    model: str
    instructions: str
    material: str
    schema_name: str
    schema: Mapping[str, Any]
    max_output_tokens: int
    seconds: float
    effort: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """What came back. A failure is a value: `error` is a sentence for people.

    `text` is what the model wrote, whole or not. Tokens are those the server charges for, also
    with an error. `is_final` says that other questions would fail as well (a refused key, an
    unknown model, no money left); `is_lost` that the server may have charged for an answer that
    never arrived.
    """

    text: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    error: str | None = None
    is_final: bool = False
    is_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens in each direction, and the model's `effort` (see ModelRequest)."""

    input: float
    output: float
    effort: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """Prices of models on one day, and which models write where nobody chose one."""

    dated: date
    model: str
    small_model: str | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)

    def price_of(self, model: str) -> Price | None:
        """Return a model's price, None where it is unknown.

        A dated version ("name-2026-09-22") and a reseller's spelling ("openai/name") count as the
        model itself.
        """
        bare = _DATED.sub("", model)
        for name in (model, bare, bare.rpartition("/")[2]):
            if name in self.prices:
                return self.prices[name]
        return None

    def micro_usd(self, model: str, *, input_tokens: int, output_tokens: int) -> int | None:
        """Return what these tokens cost in millionths of a dollar, rounded up; None if unknown."""
        price = self.price_of(model)
        if price is None:
            return None
        return math.ceil(input_tokens * price.input + output_tokens * price.output)
