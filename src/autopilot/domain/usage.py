"""Usage: what calls of a model took, in tokens and in money."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The calls of one model in one step.

    `micro_usd` is the price in millionths of a US dollar, None where the model's price is unknown.
    """

    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    micro_usd: int | None

    @property
    def tokens(self) -> int:
        """Tokens in both directions."""
        return self.input_tokens + self.output_tokens

    @property
    def usd(self) -> float | None:
        """The price in US dollars, where it is known."""
        return None if self.micro_usd is None else self.micro_usd / 1_000_000
