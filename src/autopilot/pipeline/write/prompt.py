"""Words what a model is asked: our templates, the editor's voice, and articles fenced off as material.

Templates are files of ours with a version; their words never come from an article. Articles are
data: they stand between marks that they cannot contain, nothing of theirs is expanded, and neither
recipients nor keys nor addresses are ever part of what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from string import Template

from autopilot.domain.content import Article, DraftStory, Story
from autopilot.domain.editorial import Length, Voice
from autopilot.domain.specification import Specification
from autopilot.pipeline.write.one_line import cut_at_word, one_line

VERSION = 1  # of the templates; kept with each issue, so that it can be told what was asked
LEAD_CHARACTERS = 6_000
OTHER_CHARACTERS = 2_000
OTHERS = 3  # further articles of a story that are shown
WORDS = {Length.SHORT: 30, Length.MEDIUM: 60, Length.LONG: 110}
SENTENCES = {
    Length.SHORT: "one or two sentences",
    Length.MEDIUM: "two to four sentences",
    Length.LONG: "four to six sentences",
}
_FENCE = re.compile(r"<(?=/?\s*(?:article|stories|story)\b)", re.IGNORECASE)


def story_instructions(specification: Specification) -> str:
    """Return what a model is told before a story."""
    voice = specification.voice
    return _filled(
        "story",
        newsletter=one_line(specification.name),
        language=language_name(specification.language),
        words=str(WORDS[voice.length]),
        sentences=SENTENCES[voice.length],
        **_voice(voice),
    )


def front_instructions(specification: Specification) -> str:
    """Return what a model is told before the finished stories of an issue."""
    return _filled(
        "front",
        newsletter=one_line(specification.name),
        language=language_name(specification.language),
        **_voice(specification.voice),
    )


def story_material(story: Story, complaints: Sequence[str] = ()) -> str:
    """Return a story's articles between their marks, and what was wrong with the answer before."""
    parts = [_article(story.lead, LEAD_CHARACTERS)]
    parts += [
        _article(other, OTHER_CHARACTERS) for other in story.also[:OTHERS] if other.text.strip()
    ]
    return _with_complaints("\n\n".join(parts), complaints)


def front_material(stories: Iterable[DraftStory]) -> str:
    """Return the finished stories, the most important one first."""
    told = (
        f"<story>\n{_fenced(story.headline)}\n{_fenced(cut_at_word(story.summary, 400))}\n</story>"
        for story in stories
    )
    return "\n".join(["<stories>", *told, "</stories>"])


def shown_texts(story: Story) -> list[str]:
    """Return all that a story's articles say: what its summary is held against."""
    return [f"{one_line(article.title)}.\n{article.text}" for article in (story.lead, *story.also)]


def language_name(code: str) -> str:
    """Return a language's English name, or its code where it has none."""
    from babel import Locale, UnknownLocaleError  # late: reading its tables takes time

    try:
        return Locale.parse(code.replace("-", "_")).get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


def _article(article: Article, most: int) -> str:
    title, text = _fenced(one_line(article.title)), _fenced(cut_at_word(article.text.strip(), most))
    return f"<article>\nTitle: {title}\n\n{text}\n</article>"


def _fenced(text: str) -> str:
    """The text without anything that could be taken for our own marks."""
    return _FENCE.sub("(", text)


def _with_complaints(material: str, complaints: Sequence[str]) -> str:
    if not complaints:
        return material
    listed = "\n".join(f"- {_fenced(one_line(complaint))[:300]}" for complaint in complaints[:8])
    return f"{material}\n\n{_filled('again', complaints=listed)}"


def _voice(voice: Voice) -> dict[str, str]:
    return {
        "tone": f"Tone: {one_line(voice.tone)}." if voice.tone else "Tone: factual and calm.",
        "wishes": f"The editor's wishes: {voice.instructions}\n" if voice.instructions else "",
    }


def _filled(name: str, **words: str) -> str:
    # One pass: what is filled in is not looked at again, so a "$" in it stays what it is.
    return Template(_template(name)).substitute(words).strip()


@cache
def _template(name: str) -> str:
    folder = files("autopilot.pipeline.write") / "prompts"
    return (folder / f"{name}-{VERSION}.txt").read_text(encoding="utf-8")
