"""An issue in full: all that is shown of one and offered to take away, wherever it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from autopilot.domain.gate import Finding, Severity
from autopilot.domain.letter import Letter
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.service.context import App
from autopilot.service.links import PLACEHOLDER, public
from autopilot.service.review_view import ReviewView, review_view

NOBODY = "reader@example.invalid"  # RFC 2606: an address that is nobody's


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What the gate found in an issue: `score` of 100, how many rules it checked, errors first."""

    score: int
    checked: int
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps the issue from being sent."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueInFull:
    """An issue as reviewers see it, and what else there is to tell.

    `name` is a file name without suffix, such as energy-weekly-2026-11-23-1a2b3c4d; `gate` is None
    for an issue of before there was one.
    """

    view: ReviewView
    name: str
    gate: GateReport | None
    notes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The page and the text part of an issue as people take them away: readers' own links lead nowhere."""

    html: bytes
    text: bytes


def issue_in_full(app: App, issue_id: UUID) -> IssueInFull:
    """Return an issue in full; raises NotFound where it or its newsletter is gone."""
    view = review_view(app, issue_id)
    day = (view.issue.scheduled_for or view.issue.created_at).astimezone(zone_of(view.zone).info)
    return IssueInFull(
        view=view,
        name=f"{view.slug}-{day:%Y-%m-%d}-{str(view.issue.run_id)[:8]}",
        gate=_gate(view),
        notes=tuple(view.issue.notes),
    )


def content_of(app: App, view: ReviewView) -> Content:
    """Return what an issue consists of; raises ArtifactLost where the store has lost it."""
    here = (public(app, "/u/test") or PLACEHOLDER).encode()
    html, text = (
        app.artifacts.get(name).replace(PLACEHOLDER.encode(), here)
        for name in (view.issue.html_sha256, view.issue.text_sha256)
    )
    return Content(html=html, text=text)


def as_mail(app: App, view: ReviewView) -> bytes:
    """Return an issue as a mail file (.eml), addressed to nobody: mail programs open it as a draft."""
    from autopilot.pipeline.mail import mail_of, sender_of

    content = content_of(app, view)
    name, sender = sender_of(app.settings.mail_from or NOBODY)
    letter = Letter(
        identity=f"issue.{view.issue.id}",
        to=NOBODY,
        subject=view.issue.subject,
        text=content.text.decode(),
        html=content.html.decode(),
        headers={"X-Unsent": "1"},  # what mail programs know a draft by
    )
    written = view.issue.scheduled_for or view.issue.created_at
    shown = name or view.workspace.brand.name or view.workspace.name
    return mail_of(letter, sender_name=shown, sender=sender, at=written).content


def _gate(view: ReviewView) -> GateReport | None:
    report = view.issue.report
    if report is None:
        return None
    findings = [
        Finding(
            rule=each["rule"],
            severity=Severity(each["severity"]),
            message=each["message"],
            where=each["where"],
            advice=each["advice"],
        )
        for each in report.get("findings", ())
    ]
    findings.sort(key=lambda each: each.severity is not Severity.ERROR)
    return GateReport(
        score=int(report.get("score", 0)),
        checked=len(report.get("checked", ())),
        findings=tuple(findings),
    )
