"""Write: the stories' words, by a model where there is one and money for it, else the sources' own.

The structure of an issue comes from us: which stories, in which order, with which links. A model
only fills in texts, and each text is held against its story's articles before it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from autopilot.domain.content import Draft, DraftStory, Selection
from autopilot.domain.model import PriceList
from autopilot.domain.specification import Specification, Writer
from autopilot.domain.usage import Usage
from autopilot.pipeline.write.draft import EXTRACTIVE, extract_story, write_extractive
from autopilot.pipeline.write.notes import Why, own_words_note
from autopilot.pipeline.write.prompt import VERSION
from autopilot.pipeline.write.review import Words, written_story
from autopilot.pipeline.write.subject import preheader_of, subject_of
from autopilot.service.budget import Budget, Cap
from autopilot.service.context import App
from autopilot.service.desk import Desk, Patience
from autopilot.service.edition import edition_name
from autopilot.service.job import Job
from autopilot.settings import Settings
from autopilot.store import usage

WRITER_CHARACTERS = 64  # what the column of issues takes


def forget(_content: bytes) -> None:
    """Keep nothing: what is paid for is lost if the run dies."""


def write(
    app: App,
    job: Job,
    selection: Selection,
    *,
    kept: bytes | None = None,
    keep: Callable[[bytes], None] = forget,
    patience: Patience | None = None,
) -> Draft:
    """Return the draft of a selection, its stories in the order given.

    `keep` is handed the words that were paid for, after each story; `kept` is what it was handed
    last by an earlier attempt at the same run. What `keep` raises ends the writing. A model that
    fails, or writes what its sources do not say, never fails the run: those stories are told in the
    sources' own words, and `Draft.notes` says so.
    """
    edition = edition_name(job)
    if app.model is None or app.prices is None or job.specification.writer is Writer.EXTRACTIVE:
        return _extractive(job, selection, edition)
    prices = app.prices()
    budget = Budget(app, job, prices, models_of(app.settings, prices))
    desk = Desk(job, app.model, budget, prices, kept=kept, keep=keep, patience=patience)
    words = desk.words_for(selection.stories)
    stories = tuple(
        _told(words.get(story.lead.key), extract_story(story)) for story in selection.stories
    )
    draft = _assembled(desk, stories, job.specification, edition)
    if Cap.MONTH in desk.caps:
        budget.tell_owner()
    return replace(
        draft,
        writer=_writer(stories, words),
        notes=_notes(desk, stories, words, job.specification.language),
        usage=_usage(app, job),
    )


def models_of(settings: Settings, prices: PriceList) -> tuple[str, ...]:
    """Return the models to try, the best first.

    The small one of the price list is OpenAI's; another server may not know it.
    """
    small = settings.small_model
    if small is None and settings.openai_base_url is None:
        small = prices.small_model
    return tuple(dict.fromkeys(filter(None, (settings.model or prices.model, small))))


def _extractive(job: Job, selection: Selection, edition: str) -> Draft:
    draft = write_extractive(selection, job.specification, edition)
    if job.specification.writer is not Writer.OPENAI:
        return draft
    total = len(draft.stories)
    note = own_words_note(Why.NO_KEY, count=total, total=total, language=job.specification.language)
    return replace(draft, notes=(note,))


def _told(words: Words | None, extract: DraftStory) -> DraftStory:
    if words is None:
        return extract
    if not words.sentences:
        return replace(extract, note=words.note)
    return written_story(extract.story, words)


def _assembled(
    desk: Desk, stories: tuple[DraftStory, ...], specification: Specification, edition: str
) -> Draft:
    """Put the front before the stories: the model's lines where they hold, else headlines."""
    has_model_text = any(not story.excerpt for story in stories)
    front = desk.front_for(stories) if has_model_text else None
    subject = (front and front.subject) or subject_of(stories, specification, edition)
    preheader = (front and front.preheader) or ""
    if not preheader or preheader.casefold() == subject.casefold():
        preheader = preheader_of(stories, specification, edition, subject)
    return Draft(
        subject=subject,
        preheader=preheader,
        stories=stories,
        writer=EXTRACTIVE,
        intro=front.intro if front else "",
    )


def _writer(stories: tuple[DraftStory, ...], words: Mapping[str, Words]) -> str:
    """Name the models whose words are printed, and the version of what they were asked."""
    used = [words[story.story.lead.key].model for story in stories if not story.excerpt]
    if not used:
        return EXTRACTIVE
    return f"{', '.join(dict.fromkeys(used))} (prompts {VERSION})"[:WRITER_CHARACTERS]


def _notes(
    desk: Desk, stories: tuple[DraftStory, ...], words: Mapping[str, Words], language: str
) -> tuple[str, ...]:
    excerpts = [story.story.lead.key for story in stories if story.excerpt]
    if not excerpts:
        return ()
    unanswered = any(key not in words for key in excerpts)
    why = Why.MONEY if desk.caps else Why.AWAY if unanswered else Why.UNFIT
    return (own_words_note(why, count=len(excerpts), total=len(stories), language=language),)


def _usage(app: App, job: Job) -> tuple[Usage, ...]:
    with app.database.read() as connection:
        return usage.usage_of(connection, job.run.id)
