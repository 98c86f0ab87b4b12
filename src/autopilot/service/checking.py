"""Checking: a rendered issue passes the gate, is mended until it does, or is held with its reasons.

Links are asked once, before the first look, within ten seconds in all; whatever the network does,
the run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from autopilot.domain.content import Draft, DraftStory, Rendered
from autopilot.domain.gate import Report, Severity
from autopilot.domain.link import LinkAnswer
from autopilot.domain.notice import Notice, NoticeKind
from autopilot.pipeline.check.checked import Checked, Faults
from autopilot.pipeline.check.found import Found, Mend, report_of
from autopilot.service.context import App
from autopilot.service.edition import edition_name, own_links
from autopilot.service.job import Job
from autopilot.store.subjects import last_subjects

ROUNDS = 3
LINK_SECONDS = 10.0
MOST_LINKS = 200
SUBJECTS_REMEMBERED = 10
NEVER_ANSWERED = (".example", ".invalid", ".test", ".localhost")  # reserved names (RFC 2606)


class Vetted(NamedTuple):
    """An issue as it left the gate, and the report; it may be sent if `report.passes`."""

    draft: Draft
    rendered: Rendered
    report: Report


def check_issue(
    app: App,
    job: Job,
    draft: Draft,
    rendered: Rendered,
    render: Callable[[Draft], Rendered],
    *,
    known_urls: Iterable[str] = (),
) -> Vetted:
    """Return the issue, mended where it could be, with the gate's report on what is left.

    At most three rounds of mending; what was mended stands in the report as a warning. `known_urls`
    are addresses that the page may link besides its stories'. The first look costs one question to
    each link; without a network that is a warning.
    """
    given = _known_of(app, job, draft, rendered, known_urls=known_urls)
    return vet(given, job, draft, rendered, render)


def vet(
    given: Checked,
    job: Job,
    draft: Draft,
    rendered: Rendered,
    render: Callable[[Draft], Rendered],
) -> Vetted:
    """Check, mend and check again, by nothing but what is given."""
    from autopilot.pipeline.check.gate import inspect, rules_run
    from autopilot.pipeline.check.mending import mended

    edition = edition_name(job)
    first = set(_addresses(draft))
    done: list[Found] = []
    for round_number in range(ROUNDS + 1):
        now = _with(given, draft, rendered, gone=first - set(_addresses(draft)))
        found = inspect(now)
        to_mend = _not_theirs(found, draft)
        better = mended(draft, to_mend, specification=job.specification, edition=edition)
        if better == draft or round_number == ROUNDS:
            break
        done.extend(_as_done(each) for each in to_mend if each.mend is not None)
        draft, rendered = better, render(better)
    still = {(each.rule, each.message, each.where) for each in found}
    told = [each for each in done if (each.rule, _undone(each), each.where) not in still]
    return Vetted(draft, rendered, report_of(rules_run(now), [*found, *told]))


def _not_theirs(found: Iterable[Found], draft: Draft) -> list[Found]:
    """What may be mended: of a line that a reviewer wrote, only what would keep it from being sent."""
    theirs = {
        mend
        for mend, is_theirs in (
            (Mend.NEW_SUBJECT, draft.edits.subject),
            (Mend.DROP_INTRO, draft.edits.intro),
        )
        if is_theirs
    }
    return [
        each for each in found if each.mend not in theirs or each.severity is not Severity.WARNING
    ]


def _with(given: Checked, draft: Draft, rendered: Rendered, *, gone: set[str]) -> Checked:
    """What is known, for the issue as it is now; links that are `gone` from it are forgotten."""
    return replace(
        given,
        html=rendered.html,
        text=rendered.text,
        subject=rendered.subject,
        preheader=rendered.preheader,
        draft=draft,
        links={url: answer for url, answer in given.links.items() if url not in gone},
    )


_MENDED = "mended: "


def _as_done(found: Found) -> Found:
    from autopilot.pipeline.check.mending import DONE

    assert found.mend is not None
    return replace(
        found,
        message=_MENDED + found.message,
        advice=DONE[found.mend],
        severity=Severity.WARNING,
        mend=None,
    )


def _undone(done: Found) -> str:
    return done.message.removeprefix(_MENDED)


def _known_of(
    app: App, job: Job, draft: Draft, rendered: Rendered, *, known_urls: Iterable[str]
) -> Checked:
    from autopilot.pipeline.render.translations import phrases_for

    specification, brand = job.specification, job.workspace.brand
    own = own_links(app, job)
    with app.database.read() as connection:
        subjects = last_subjects(
            connection,
            job.run.specification_id,
            besides=job.run.id,
            limit=SUBJECTS_REMEMBERED,
        )
    return Checked(
        html=rendered.html,
        specification=specification,
        window=job.run.window,
        zone=job.run.zone,
        subjects=subjects,
        sent=job.memory.keys,
        links=ask_links(app, draft, besides=filter(None, [brand.logo])),
        known_urls=frozenset({*known_urls, own.web}),
        allowed_places=app.settings.allow_hosts | app.settings.public_places,
        unsubscribe_url=own.unsubscribe or None,
        sender=(brand.name or specification.name, *brand.footer.splitlines()),
        late_label=phrases_for(specification.language).late,
        faults=faults_by_sources(specification.language),
    )


def ask_links(app: App, draft: Draft, *, besides: Iterable[str] = ()) -> Mapping[str, LinkAnswer]:
    """Ask `besides` and every link of a draft once, leads first; names that are never answered are
    not asked.
    """
    every = dict.fromkeys([*besides, *_addresses(draft)])
    urls = [url for url in every if not _is_reserved(url)][:MOST_LINKS]
    answers = app.outgoing.ask_links(urls, total_seconds=LINK_SECONDS)
    return {answer.url: answer for answer in answers}


def _addresses(draft: Draft) -> list[str]:
    leads = [written.story.lead.url for written in draft.stories]
    also = [article.url for written in draft.stories for article in written.story.also]
    return [url for url in dict.fromkeys([*leads, *also]) if url]


def _is_reserved(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host.endswith(NEVER_ANSWERED)


def faults_by_sources(language: str) -> Faults:
    """Return what says of a model's story which of its words none of its articles has."""
    from autopilot.pipeline.write.faithful import Ground
    from autopilot.pipeline.write.sentences import each_sentence

    def faults(written: DraftStory) -> tuple[str, ...]:
        articles = (written.story.lead, *written.story.also)
        spoken = {(each.language or language).split("-")[0].lower() for each in articles}
        ground = Ground(
            [f"{each.title}\n{each.text}" for each in articles],
            same_language=spoken == {language.split("-")[0].lower()},
        )
        flags = ground.flags(list(each_sentence(written.summary)), language=language)
        return tuple(f"{flag.kind.value} “{flag.words[:80]}”" for flag in flags)

    return faults


def held_notice(job: Job, report: Report, at: datetime) -> Notice | None:
    """Return word to the owner why an issue is held: each rule, where, what to do; None if it is not."""
    if report.passes:
        return None
    return Notice(
        workspace_id=job.run.workspace_id,
        specification_id=job.run.specification_id,
        schedule_id=job.run.schedule_id,
        run_id=job.run.id,
        kind=NoticeKind.HELD,
        message=f"an issue of {job.specification.name!r} is held back: {_reasons(report)}",
        at=at,
    )


def _reasons(report: Report) -> str:
    return "; ".join(
        f"{finding.rule}: {finding.message}"
        + (f" ({finding.where})" if finding.where else "")
        + (f", {finding.advice}" if finding.advice else "")
        for finding in report.errors
    )
