"""What a rule found: a finding, and what would mend it, to which story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

from autopilot.domain.gate import Finding, Report, Severity

PLACES_NAMED = 3
KINDS_NAMED = 10  # of one rule


class Mend(StrEnum):
    """What can be done to a draft about a finding, from the mildest to the hardest."""

    CLEAN_LINK = "clean_link"
    DROP_ALSO = "drop_also"
    NEW_SUBJECT = "new_subject"
    NEW_PREHEADER = "new_preheader"
    DROP_INTRO = "drop_intro"
    EXTRACT = "extract"
    DROP_SUMMARY = "drop_summary"
    SHRINK = "shrink"
    DROP_REPEAT = "drop_repeat"
    DROP_STORY = "drop_story"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One breach at one place. `story` is the key of the story it is about, `url` the link's."""

    rule: str
    message: str
    where: str = ""
    advice: str = ""
    severity: Severity = Severity.ERROR
    mend: Mend | None = None
    story: str = ""
    url: str = ""


def warning(rule: str, message: str, *, where: str = "", advice: str = "") -> Found:
    """Return a finding that does not keep an issue from being sent."""
    return Found(rule=rule, message=message, where=where, advice=advice, severity=Severity.WARNING)


def report_of(checked: Iterable[str], found: Iterable[Found]) -> Report:
    """Return the report: one finding for each kind of breach, its first places named."""
    kinds: dict[tuple[str, Severity, str, str], list[str]] = {}
    for each in found:
        kinds.setdefault((each.rule, each.severity, each.message, each.advice), []).append(
            each.where
        )
    findings = [
        Finding(rule=rule, severity=severity, message=message, advice=advice, where=_places(places))
        for (rule, severity, message, advice), places in kinds.items()
    ]
    return Report(checked=tuple(checked), findings=tuple(_bounded(sorted(findings, key=_rank))))


def _bounded(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first findings of each rule, and how many kinds more there are: a report stays readable."""
    for _, same in groupby(findings, key=lambda finding: (finding.severity, finding.rule)):
        kinds = list(same)
        yield from kinds[:KINDS_NAMED]
        if len(kinds) > KINDS_NAMED:
            told = f"{len(kinds) - KINDS_NAMED} more kinds of breach"
            yield replace(kinds[-1], message=told, where="", advice="mend the first ones")


def report_values(report: Report) -> dict[str, Any]:
    """Return the report as JSON, as `issues.report` keeps it and `lint --json` prints it."""
    return {
        "score": report.score,
        "passes": report.passes,
        "checked": list(report.checked),
        "findings": [
            {
                "rule": finding.rule,
                "severity": finding.severity.value,
                "message": finding.message,
                "where": finding.where,
                "advice": finding.advice,
            }
            for finding in report.findings
        ],
    }


def _places(places: list[str]) -> str:
    named = list(dict.fromkeys(filter(None, places)))
    more = len(named) - PLACES_NAMED
    told = named[:PLACES_NAMED] + ([f"{more} more"] if more > 0 else [])
    return "; ".join(told)


def _rank(finding: Finding) -> tuple[bool, str, int]:
    return finding.severity is Severity.WARNING, finding.rule[0], int(finding.rule[1:])
