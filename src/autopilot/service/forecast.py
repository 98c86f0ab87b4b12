"""Forecast: what a model would take for a selection, before anybody asks it."""

from __future__ import annotations

from autopilot.domain.content import Selection
from autopilot.domain.model import PriceList
from autopilot.domain.specification import Specification
from autopilot.domain.usage import Usage
from autopilot.pipeline.write.prompt import (
    WORDS,
    front_instructions,
    story_instructions,
    story_material,
)
from autopilot.service.budget import OVERHEAD_TOKENS, estimated_tokens

TOKENS_PER_WORD = 1.5
FORM_TOKENS = 60  # the headline and the marks of JSON around a summary
THOUGHT_TOKENS = 250  # of a model that reasons, with little effort
FRONT_TOKENS = 120
SUMMARY_TOKENS = 130  # of a finished story, as the front is asked about it


def forecast(
    selection: Selection, specification: Specification, prices: PriceList, model: str
) -> Usage:
    """Return what one answer a story and one for the front usually take; retries come on top."""
    stories = len(selection.stories)
    price = prices.price_of(model)
    thoughts = THOUGHT_TOKENS if price is not None and price.effort else 0
    told = estimated_tokens(story_instructions(specification)) + OVERHEAD_TOKENS
    front = estimated_tokens(front_instructions(specification)) + OVERHEAD_TOKENS
    given = sum(told + estimated_tokens(story_material(story)) for story in selection.stories)
    given += front + SUMMARY_TOKENS * stories if stories else 0
    words = WORDS[specification.voice.length] * TOKENS_PER_WORD
    written = round(stories * (words + FORM_TOKENS + thoughts))
    written += FRONT_TOKENS + thoughts if stories else 0
    return Usage(
        model=model,
        calls=stories + 1 if stories else 0,
        input_tokens=given,
        output_tokens=written,
        micro_usd=prices.micro_usd(model, input_tokens=given, output_tokens=written),
    )
