"""A small page and a small issue that break no rule, and how a test breaks one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from autopilot.domain.content import Article, Draft, DraftStory, Story, Window
from autopilot.domain.gate import Report
from autopilot.domain.specification import Specification
from autopilot.pipeline.check import Checked, check

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = Window(start=NOW - timedelta(days=7), end=NOW)
SUBJECT = "Harbour battery starts its first winter"
PREHEADER = "Regulator asks who pays for the northern ring of cables"
TEXT = "The harbour battery started on Sunday. It holds 900 megawatt-hours, its owner said."

GOOD = """<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>Harbour battery starts its first winter</title>
<style>
@media (prefers-color-scheme: dark) { .card { background-color: #1e2125 !important; }
.ink { color: #e7e5e0 !important; } }
</style>
</head>
<body style="margin:0">
<div style="display:none">Regulator asks who pays for the northern ring of cables__SPACERS__</div>
<table role="presentation" class="card" width="640" bgcolor="#fdfcf9" style="width:100%;max-width:640px">
<tr><td class="ink" style="color:#22262b;font-size:16px;line-height:26px">
<h1 style="font-size:32px;line-height:40px">Energy Weekly</h1>
<h2 style="font-size:20px;line-height:26px">Storage</h2>
<h3 style="font-size:18px;line-height:26px"><a class="ink" style="color:#22262b" href="https://example.org/harbour">Harbour battery starts its first winter</a></h3>
<p>Example News · Nov 22 · Germany</p>
<p>The harbour battery started on Sunday. It holds 900 megawatt-hours, its owner said.</p>
<h3 style="font-size:18px;line-height:26px"><a class="ink" style="color:#22262b" href="https://example.org/ring">Regulator asks who pays for the northern ring</a></h3>
<p>Example News · Nov 22 · Germany</p>
<img src="https://example.org/a.png" alt="A battery" width="300" height="100">
<p>Acme Research<br>Example Street 1, Berlin</p>
</td></tr>
</table>
</body>
</html>
""".replace("__SPACERS__", "&#847;&#8199;" * 70)
PLAIN = f"""Energy Weekly

Harbour battery starts its first winter
{TEXT}
https://example.org/harbour

Regulator asks who pays for the northern ring
https://example.org/ring
"""
SPECIFICATION = Specification.model_validate(
    {
        "slug": "energy",
        "name": "Energy Weekly",
        "categories": [{"id": "storage", "name": "Storage", "max_stories": 3}],
        "regions": [{"id": "DE", "name": "Germany"}],
    }
)


def article(name: str = "harbour", **changes: Any) -> Article:
    """One article of yesterday."""
    values: dict[str, Any] = {
        "key": f"example.org/{name}",
        "url": f"https://example.org/{name}",
        "title": "Harbour battery starts its first winter",
        "text": TEXT,
        "published": NOW - timedelta(days=1),
        "dated": True,
        "source": "Example News",
        "source_url": "https://example.org/feed.xml",
    }
    return Article(**{**values, **changes})


def written(lead: Article, **changes: Any) -> DraftStory:
    """The article as an excerpt."""
    story = Story(lead=lead, also=(), category="storage", region="DE", score=1.0, reason="fits")
    values: dict[str, Any] = {
        "story": story,
        "headline": lead.title,
        "summary": lead.text,
        "excerpt": True,
    }
    told = {name: changes.pop(name) for name in list(changes) if name in values}
    values["story"] = replace(story, **changes)
    return DraftStory(**{**values, **told})


HARBOUR = written(article(), score=2.0)
RING = written(
    article("ring", title="Regulator asks who pays for the northern ring", text=""), summary=""
)
DRAFT = Draft(subject=SUBJECT, preheader=PREHEADER, stories=(HARBOUR, RING), writer="extractive")
ISSUE = Checked(
    html=GOOD,
    text=PLAIN,
    subject=SUBJECT,
    preheader=PREHEADER,
    draft=DRAFT,
    specification=SPECIFICATION,
    window=WEEK,
    zone="Europe/Berlin",
    sender=("Acme Research", "Example Street 1, Berlin"),
    late_label="late arrival",
    faults=lambda written: (),
)


def issue(old: str = "", new: str = "", **changes: Any) -> Checked:
    """The good issue with a piece of its page, and any other part, changed."""
    assert old in GOOD
    html = GOOD.replace(old, new, 1) if old else GOOD
    return replace(ISSUE, **{"html": html, **changes})


def drafted(*stories: DraftStory, **changes: Any) -> Draft:
    """The good draft with other stories."""
    return replace(DRAFT, stories=stories or DRAFT.stories, **changes)


def breaches(given: Checked | Report) -> list[str]:
    """Each finding as "RULE severity"."""
    report = given if isinstance(given, Report) else check(given)
    return [f"{each.rule} {each.severity.value}" for each in report.findings]
