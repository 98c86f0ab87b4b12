"""The languages an issue's fixed words are written in. A new one is a file and a line here."""

from __future__ import annotations

from autopilot.pipeline.render.phrases import Phrases
from autopilot.pipeline.render.translations.arabic import ARABIC
from autopilot.pipeline.render.translations.english import ENGLISH
from autopilot.pipeline.render.translations.french import FRENCH
from autopilot.pipeline.render.translations.german import GERMAN
from autopilot.pipeline.render.translations.hebrew import HEBREW
from autopilot.pipeline.render.translations.spanish import SPANISH

LANGUAGES = {
    "ar": ARABIC,
    "de": GERMAN,
    "en": ENGLISH,
    "es": SPANISH,
    "fr": FRENCH,
    "he": HEBREW,
}


def has_phrases(language: str) -> bool:
    """Say whether we write the language, so that words and dates of an issue agree."""
    return language.split("-")[0].lower() in LANGUAGES


def phrases_for(language: str) -> Phrases:
    """Return the fixed words of a language tag such as "de-AT"; English where we have none."""
    return LANGUAGES.get(language.split("-")[0].lower(), ENGLISH)
