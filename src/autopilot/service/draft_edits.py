"""Draft edits: subject, introduction and order by a reviewer's hand, a story dropped or pinned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from autopilot.domain.content import Draft, DraftStory
from autopilot.errors import Conflict, InputRefused, NotFound, Problem
from autopilot.pipeline.write.one_line import one_line
from autopilot.service.checking import Vetted
from autopilot.service.context import App, current_app
from autopilot.service.edition import edition_name
from autopilot.service.next_best import next_best
from autopilot.service.redrawing import Opened, opened, redrawn, saved
from autopilot.store.issues import IssueRow

MOST_SUBJECT, MOST_INTRO = 200, 2_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An issue after an edit, and sentences about what else changed with it."""

    issue: IssueRow
    told: tuple[str, ...] = ()


def drop_story(
    app: App | None, issue_id: UUID, story: int | str, *, actor: str, version: int | None = None
) -> Edited:
    """Take a story out, by its number from 1 or its article's key; the next best takes its place.

    Lines that spoke of it and are nobody's own are written anew. Raises NotFound for a story that is
    not in the issue, and Conflict for the only one.
    """
    app = current_app(app)
    seen = opened(app, issue_id, version)
    out = story_of(seen.draft, story)
    without = _without(seen.draft, out)
    filling = next_best(app, seen.job, without, out.story.category)
    if filling is not None:
        without = replace(without, stories=_placed(seen, (*without.stories, filling)))
    if not without.stories:
        raise Conflict("This is the only story; drop the whole issue instead.")
    changed, told = _told_anew(seen, without, out)
    vetted = redrawn(app, seen, changed)
    is_in = filling is not None and _has(vetted.draft, filling)
    if is_in and filling is not None:
        told = (f"In its place: {filling.headline}", *told)
    else:
        told = ("Nothing else fits: the issue is one story shorter.", *told)
    detail = {
        "title": out.headline,
        "in_its_place": filling.headline if is_in and filling else None,
    }
    issue = saved(app, seen, vetted, actor=actor, action="issue.story_dropped", detail=detail)
    return Edited(issue=issue, told=told)


def pin_story(
    app: App | None, issue_id: UUID, story: int | str, *, actor: str, version: int | None = None
) -> Edited:
    """Put a story first in its section and let it count as the best: it is the last to be shortened."""
    app = current_app(app)
    seen = opened(app, issue_id, version)
    chosen = story_of(seen.draft, story)
    best = max(written.story.score for written in seen.draft.stories)
    reason = f"{chosen.story.reason}; pinned by a reviewer".removeprefix("; ")
    pinned = replace(chosen, story=replace(chosen.story, score=best, reason=reason))
    rest = [written for written in seen.draft.stories if written is not chosen]
    changed = replace(seen.draft, stories=_placed(seen, (pinned, *rest)))
    vetted = redrawn(app, seen, changed)
    detail = {"title": chosen.headline}
    issue = saved(app, seen, vetted, actor=actor, action="issue.story_pinned", detail=detail)
    return Edited(issue=issue)


def edit(
    app: App | None,
    issue_id: UUID,
    *,
    actor: str,
    subject: str | None = None,
    intro: str | None = None,
    order: Sequence[int] | None = None,
    version: int | None = None,
) -> Edited:
    """Change subject, introduction ("" takes it away) and the order of stories; None leaves them.

    `order` names stories by number, those it leaves out follow; stories stay in their sections. What
    a person wrote is theirs: the gate may warn of it or refuse it, and never writes it anew.
    """
    app = current_app(app)
    seen = opened(app, issue_id, version)
    changed = _edited(seen, subject, intro, order)
    if changed == seen.draft:
        raise InputRefused(
            "Nothing to change:",
            [Problem(path="subject, intro, order", message="all are as they were, or not given")],
        )
    vetted = redrawn(app, seen, changed)
    _refuse_rewritten(changed, vetted)
    lines = {"subject": changed.subject, "intro": changed.intro}
    detail = {
        name: lines.get(name, order)
        for name, given in (("subject", subject), ("intro", intro), ("order", order))
        if given is not None
    }
    issue = saved(app, seen, vetted, actor=actor, action="issue.edited", detail=detail)
    return Edited(issue=issue)


def story_of(draft: Draft, story: int | str) -> DraftStory:
    """Return a story by its number from 1, or by its lead article's key."""
    for number, written in enumerate(draft.stories, start=1):
        if story in (number, written.story.lead.key):
            return written
    count = len(draft.stories)
    hint = f"Its stories are numbered 1 to {count}." if isinstance(story, int) else None
    raise NotFound("That story is not in the issue, or no longer.", hint=hint)


def _without(draft: Draft, out: DraftStory) -> Draft:
    keys = tuple(article.key for article in (out.story.lead, *out.story.also))
    dropped = tuple(dict.fromkeys((*draft.edits.dropped, *keys)))
    return replace(
        draft,
        stories=tuple(written for written in draft.stories if written is not out),
        edits=replace(draft.edits, dropped=dropped),
    )


def _has(draft: Draft, wanted: DraftStory) -> bool:
    return any(written.story.lead.key == wanted.story.lead.key for written in draft.stories)


def _placed(seen: Opened, stories: Sequence[DraftStory]) -> tuple[DraftStory, ...]:
    """Stories in the order given, section by section as the specification lists them."""
    ranks = {item.id: rank for rank, item in enumerate(seen.job.specification.categories)}
    return tuple(sorted(stories, key=lambda it: ranks.get(it.story.category, len(ranks))))


def _told_anew(seen: Opened, draft: Draft, out: DraftStory) -> tuple[Draft, tuple[str, ...]]:
    """The draft with the lines that spoke of a story that is gone written anew, and which they are."""
    from autopilot.pipeline.write.subject import preheader_of, subject_of

    specification, edition = seen.job.specification, edition_name(seen.job)
    told: list[str] = []
    if _speaks_of(draft.subject, out) and not draft.edits.subject:
        draft = replace(draft, subject=subject_of(draft.stories, specification, edition))
        told.append("The subject spoke of it and was written anew.")
    if draft.intro and _speaks_of(draft.intro, out):
        if draft.edits.intro:
            told.append("Your introduction may still speak of it.")
        else:
            draft = replace(draft, intro="")
            told.append("The introduction spoke of it and was taken away.")
    line = preheader_of(draft.stories, specification, edition, draft.subject)
    return replace(draft, preheader=line), tuple(told)


def _speaks_of(line: str, out: DraftStory) -> bool:
    from autopilot.pipeline.check.wording import content_words

    said = content_words(line)
    told = content_words(f"{out.headline} {out.summary} {out.story.lead.title}")
    return len(said & told) >= min(2, max(len(said), 1))


def _edited(
    seen: Opened, subject: str | None, intro: str | None, order: Sequence[int] | None
) -> Draft:
    draft, edits = seen.draft, seen.draft.edits
    if subject is not None:
        draft, edits = replace(draft, subject=_subject(subject)), replace(edits, subject=True)
    if intro is not None:
        draft, edits = (
            replace(draft, intro=_intro(intro)),
            replace(edits, intro=bool(intro.strip())),
        )
    if order is not None:
        draft = replace(draft, stories=_placed(seen, _ordered(draft, order)))
    return draft if draft == seen.draft else replace(draft, edits=edits)


def _subject(text: str) -> str:
    line = one_line(text)
    if 0 < len(line) <= MOST_SUBJECT:
        return line
    problem = Problem(
        path="subject", message=f"has {len(line)} characters", allowed=f"1 to {MOST_SUBJECT}"
    )
    raise InputRefused("The subject cannot be used:", [problem])


def _intro(text: str) -> str:
    lines = "\n".join(filter(None, map(one_line, text.splitlines())))
    if len(lines) <= MOST_INTRO:
        return lines
    problem = Problem(
        path="intro", message=f"has {len(lines)} characters", allowed=f"up to {MOST_INTRO}"
    )
    raise InputRefused("The introduction cannot be used:", [problem])


def _ordered(draft: Draft, order: Sequence[int]) -> list[DraftStory]:
    count = len(draft.stories)
    wrong = [number for number in order if not 1 <= number <= count]
    if wrong or len(set(order)) != len(order):
        told = f"{wrong[0]} is no story" if wrong else "a story is named twice"
        problem = Problem(
            path="order",
            message=told,
            allowed=f"numbers from 1 to {count}, each once",
            example="3,1",
        )
        raise InputRefused("The stories cannot be ordered so:", [problem])
    named = [draft.stories[number - 1] for number in order]
    return [*named, *(written for written in draft.stories if written not in named)]


def _refuse_rewritten(asked: Draft, vetted: Vetted) -> None:
    """Refuse an edit that the gate took back; its own words say why."""
    took_back = [
        name for name in ("subject", "intro") if getattr(asked, name) != getattr(vetted.draft, name)
    ]
    if not took_back:
        return
    why = [
        Problem(path=took_back[0], message=finding.message.removeprefix("mended: "))
        for finding in vetted.report.findings
        if finding.message.startswith("mended: ")
        and took_back[0] in finding.advice.replace("introduction", "intro")
    ]
    raise InputRefused("The gate would not let this through; nothing was changed:", why)
