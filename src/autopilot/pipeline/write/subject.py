"""Words the two lines an inbox shows: the subject names the lead story, the preheader the next ones."""

from __future__ import annotations

import re
from collections.abc import Iterable

from autopilot.domain.content import DraftStory
from autopilot.domain.specification import Specification
from autopilot.pipeline.write.one_line import cut_at_word, one_line

SUBJECT_CHARACTERS = (20, 60)
PREHEADER_CHARACTERS = (40, 100)
PREHEADER_FULL = 80  # characters an inbox shows beside a subject; below, one more headline fits
_WORD = re.compile(r"[^\W\d_]+")
_ACRONYM_CHARACTERS = 4
_EMOJI = re.compile(
    r"[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\ufe0f\u200d\u20e3\U000e0020-\U000e007f]"
)
_BETWEEN = " · "


def subject_of(stories: tuple[DraftStory, ...], specification: Specification, edition: str) -> str:
    """Return a subject of 20 to 60 characters that states a fact of the lead story."""
    fewest, most = SUBJECT_CHARACTERS
    headlines = [story.headline for story in by_weight(stories)]
    return _filled([*headlines[:1], *_names(specification, edition)], fewest, most)


def preheader_of(
    stories: tuple[DraftStory, ...], specification: Specification, edition: str, subject: str
) -> str:
    """Return 40 to 100 characters that go on where the subject ends: the next headlines."""
    ranked = by_weight(stories)
    nexts = [story.headline for story in ranked[1:]]
    lead = [story.summary for story in ranked[:1]]
    words = [*nexts, *lead, *_names(specification, edition)]
    unsaid = [word for word in words if quiet(word) != subject]
    return _filled(unsaid, PREHEADER_FULL, PREHEADER_CHARACTERS[1])


def by_weight(stories: Iterable[DraftStory]) -> list[DraftStory]:
    """Return the stories by score, the best first; equal ones stay in reading order."""
    return sorted(stories, key=lambda written: -written.story.score)


def quiet(headline: str) -> str:
    """Return the headline without emoji, rows of exclamation marks and shouted words.

    A word of five or more capitals becomes capitalised, also where it is a long acronym: spam
    filters cannot tell the two apart. A headline all in capitals loses them in every word.
    """
    text = one_line(_EMOJI.sub("", headline))
    longest_left = 1 if text.isupper() and " " in text else _ACRONYM_CHARACTERS
    text = _WORD.sub(lambda found: _lowered(found.group(), longest_left), text)
    once = re.sub(r"\s*[!！]+", "!", text)
    return once if once.count("!") <= 1 else once.replace("!", "")


def _lowered(word: str, longest_left: int) -> str:
    return word.capitalize() if word.isupper() and len(word) > longest_left else word


def _names(specification: Specification, edition: str) -> list[str]:
    sections = ", ".join(category.name for category in specification.categories)
    return [specification.name, edition, sections]


def _filled(parts: list[str], enough: int, most: int) -> str:
    """Join parts until the line is long enough, then cut it at a word."""
    line = ""
    for part in filter(None, map(quiet, parts)):
        if len(line) >= enough:
            break
        line = f"{line}{_BETWEEN}{part}" if line else part
    return cut_at_word(line, most)
