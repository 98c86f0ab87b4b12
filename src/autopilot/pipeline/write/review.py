"""Reviews what a model wrote: takes it, asks once more with what was wrong, mends it or leaves it.

The reaction to a fault: one retry that names it; then a sentence with a flag is dropped; two flags,
or a fault of structure, and the story is told in its source's own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autopilot.domain.content import DraftStory, Story
from autopilot.domain.specification import Specification
from autopilot.pipeline.write.answer import FrontReply, StoryReply
from autopilot.pipeline.write.draft import headline_of
from autopilot.pipeline.write.extract import count_words, joined
from autopilot.pipeline.write.faithful import Flag, FlagKind, Ground
from autopilot.pipeline.write.one_line import one_line
from autopilot.pipeline.write.prompt import WORDS, shown_texts
from autopilot.pipeline.write.provenance import with_sources
from autopilot.pipeline.write.sentences import sentences
from autopilot.pipeline.write.structure import (
    FEWEST_WORDS,
    HEADLINE_CHARACTERS,
    MAX_CHARACTERS,
    faults,
    within_length,
)
from autopilot.pipeline.write.subject import (
    PREHEADER_CHARACTERS,
    SUBJECT_CHARACTERS,
    by_weight,
    quiet,
)
from autopilot.pipeline.write.tongue import is_in

HEADLINE = -1  # the place of a flag in the headline
INTRO_WORDS = 60
LEADS = 3  # stories whose fact a subject may name
_MEANING = {
    FlagKind.NUMBER: "the number {words} is not in the articles",
    FlagKind.DATE: "the date word {words} is not in the articles",
    FlagKind.NAME: "the name {words} is not in the articles",
    FlagKind.QUOTATION: "these quoted words are not in the articles: {words}",
    FlagKind.CONTENT: "this is not in the articles: {words}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What may be printed of a model's answer for one story: a headline and whole sentences.

    Without sentences the story is told in its source's words, and `note` says why.
    """

    headline: str = ""
    sentences: tuple[str, ...] = ()
    model: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An answer as it could be printed, and what speaks against it."""

    headline: str
    sentences: tuple[str, ...]
    faults: tuple[str, ...]
    flags: tuple[Flag, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.faults and not self.flags

    @property
    def complaints(self) -> tuple[str, ...]:
        """What to tell the model, naming the words."""
        return (*self.faults, *(_told(flag) for flag in self.flags))


class StoryReviewer:
    """Holds the answers for one story against its articles."""

    def __init__(self, story: Story, specification: Specification) -> None:
        self._story = story
        self._language = specification.language
        self._words = WORDS[specification.voice.length]
        self._ground = ground_of(shown_texts(story), self._language)

    def review(self, reply: StoryReply) -> Review:
        """Return what is to be said about an answer."""
        headline = one_line(reply.headline)
        pieces = [piece for said in reply.sentences for piece in sentences(one_line(said))]
        kept = within_length(pieces, self._words)
        wrong = faults(kept, language=self._language, words=self._words)
        wrong += [f"the headline: {fault}" for fault in faults([headline], language=self._language)]
        if len(headline) > HEADLINE_CHARACTERS:
            wrong.append(f"the headline has {len(headline)} characters")
        # What is as long as that was not written for a newsletter; comparing it would only take time.
        told = (headline, *kept) if len(" ".join(kept)) <= MAX_CHARACTERS else ()
        flags = self._ground.flags(told, language=self._language)
        return Review(
            headline=headline,
            sentences=kept,
            faults=tuple(wrong),
            flags=tuple(
                Flag(kind=flag.kind, words=flag.words, sentence=flag.sentence - 1) for flag in flags
            ),
        )

    def settle(self, review: Review, model: str) -> Words:
        """Return what is printed of an answer that is not asked for again."""
        if review.faults:
            return Words(model=model, note=f"The model's text was not taken: {review.faults[0]}.")
        if len(review.flags) > 1:
            told = "; ".join(map(_told, review.flags[:3]))
            return Words(model=model, note=f"The model's text was not taken: {told}.")
        return self._without(review, model)

    def _without(self, review: Review, model: str) -> Words:
        """The answer without the one sentence, or headline, that has a flag."""
        flagged = {flag.sentence for flag in review.flags}
        left = tuple(text for place, text in enumerate(review.sentences) if place not in flagged)
        note = "".join(f"Dropped from the model's text: {_told(flag)}." for flag in review.flags)
        if count_words(" ".join(left)) < FEWEST_WORDS:
            return Words(model=model, note=note.replace("Dropped from", "Nothing is left of"))
        own = headline_of(self._story.lead.title, self._story.lead.source)
        headline = own if HEADLINE in flagged else review.headline
        return Words(headline=headline, sentences=left, model=model, note=note)


def ground_of(texts: Sequence[str], language: str) -> Ground:
    """Return what a text in this language is held against."""
    return Ground(texts, same_language=is_in(" ".join(texts)[:4_000], language))


def written_story(story: Story, words: Words) -> DraftStory:
    """Return a story in a model's words, each sentence with the passages it rests on."""
    return DraftStory(
        story=story,
        headline=words.headline,
        summary=joined(words.sentences),
        excerpt=False,
        sentences=with_sources(words.sentences, (story.lead, *story.also)),
        note=words.note,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Subject, preheader and intro by a model; "" where its words could not be taken."""

    subject: str = ""
    preheader: str = ""
    intro: str = ""


def review_front(
    reply: FrontReply, stories: Sequence[DraftStory], specification: Specification
) -> Front:
    """Return what may be printed of a model's lines for an issue, each held against its stories."""
    language = specification.language
    ground = ground_of([f"{story.headline}.\n{story.summary}" for story in stories], language)
    subject, preheader = quiet(reply.subject), quiet(reply.preheader)
    intro = one_line(reply.intro)
    fits = _is_true(subject, ground, language) and _fits(subject, SUBJECT_CHARACTERS)
    subject = subject if fits and _names_a_lead(subject, stories, language) else ""
    good = _is_true(preheader, ground, language) and _fits(preheader, PREHEADER_CHARACTERS)
    intro_is_true = _is_true(intro, ground, language) and count_words(intro) <= INTRO_WORDS
    return Front(
        subject=subject,
        preheader=preheader if good and preheader.casefold() != subject.casefold() else "",
        intro=intro if intro_is_true else "",
    )


def _is_true(line: str, ground: Ground, language: str) -> bool:
    return not faults([line], language=language) and not ground.flags(
        sentences(line), language=language
    )


def _fits(line: str, characters: tuple[int, int]) -> bool:
    return characters[0] <= len(line) <= characters[1]


def _names_a_lead(subject: str, stories: Sequence[DraftStory], language: str) -> bool:
    """Whether most of a subject is about one of the first stories."""
    return any(
        Ground([f"{story.headline}.\n{story.summary}"]).shares(subject)
        for story in by_weight(stories)[:LEADS]
    ) or language.startswith(("zh", "ja", "th", "ko"))


def _told(flag: Flag) -> str:
    return _MEANING[flag.kind].format(words=f"“{flag.words[:120]}”")
