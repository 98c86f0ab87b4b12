"""The form of a schedule while it is filled in: the rule in words, the next slots, what is missing.

The slots come from the code that schedules. What is missing is not called wrong before somebody
wants to save.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from autopilot.domain.recurrence.describe import describe, warnings
from autopilot.domain.recurrence.preview import preview
from autopilot.domain.recurrence.slot import Slot
from autopilot.domain.schedule import Schedule, ScheduleStatus
from autopilot.domain.specification import Specification
from autopilot.errors import InputRefused, Problem, RuleInvalid
from autopilot.service.schedule_answers import TIMING, Answers
from autopilot.service.schedules import check_schedule

SLOTS = 5
_NOBODY = UUID(int=0)
_MISSING = "is missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormStep:
    """One step of the form: what it is about, what nobody has answered yet, what cannot stay.

    `missing` are words for people; `missing_fields` and `wrong` are fields of `Answers`.
    """

    title: str
    missing: tuple[str, ...] = ()
    missing_fields: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether nothing keeps it from being saved."""
        return not self.missing and not self.wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the form says of its answers. `sentence` is None until the rule is one.

    `problems` are by field of `Answers`, or by a policy's name.
    """

    sentence: str | None
    slots: tuple[Slot, ...]
    warnings: tuple[str, ...]
    steps: tuple[FormStep, ...]
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether it can be saved."""
        return all(step.is_done for step in self.steps)


def look(answers: Answers, document: Specification | None, now: datetime) -> Seen:
    """Return what can be said of a form as it stands; `document` is that of its specification."""
    missing = dict(_missing(answers))
    wrong = {
        name: told
        for name, told in _by_field(answers, _problems(answers, document)).items()
        if name not in missing
    }
    rule = None
    if not (missing.keys() | wrong.keys()) & {*TIMING, "timezone"}:
        sound = {key: value for key, value in answers.policies.items() if key not in wrong}
        rule = _schedule(replace(answers, policies=sound)).rule
    return Seen(
        sentence=None if rule is None else describe(rule),
        slots=() if rule is None else preview(rule, now, SLOTS),
        warnings=() if rule is None else warnings(rule),
        steps=tuple(_steps(missing, wrong)),
        problems={name: (f"{label} {_MISSING}",) for name, label in missing.items()} | wrong,
    )


def proposed_name(answers: Answers) -> str:
    """Return days and times in words, for a schedule that nobody has named; "" until they are whole."""
    plain = replace(answers, policies={}, **_NO_EXCEPTIONS)
    try:
        return describe(_schedule(plain).rule).rpartition(",")[0][:200]
    except RuleInvalid:
        return ""


_NO_EXCEPTIONS: dict[str, Any] = {
    **dict.fromkeys(("start_date", "end_date", "max_runs")),
    **dict.fromkeys(("exclude_dates", "include_dates"), ()),
    "country": "",
}


def _missing(answers: Answers) -> Iterator[tuple[str, str]]:
    if answers.specification_id is None:
        yield "specification_id", "Specification"
    if answers.kind == "custom":
        if answers.custom_by == "interval":
            if not (answers.interval_days or answers.interval_hours or answers.interval_minutes):
                yield "interval_hours", "Length of the interval"
            if not answers.interval_from.strip():
                yield "interval_from", "First time"
        elif not getattr(answers, answers.custom_by):
            yield answers.custom_by, _LABELS[answers.custom_by]
        return
    if answers.kind == "weekly" and not answers.days:
        yield "days", "Day"
    if answers.kind == "monthly" and answers.month_by == "days" and not answers.month_days:
        yield "month_days", "Day"
    if not answers.times:
        yield "times", "Time"
    if answers.every > 1 and answers.anchor is None:
        yield "anchor", "Date to count from"


_LABELS = {"cron": "Cron line", "rrule": "Recurrence rule", "dates": "Date"}
_STEPS = (
    ("Newsletter", frozenset({"specification_id", "name", "notes"})),
    ("When", TIMING | {"timezone"}),
    ("Content", frozenset({"categories", "regions", "cadence"})),
)


def _steps(missing: Mapping[str, str], wrong: Mapping[str, tuple[str, ...]]) -> Iterator[FormStep]:
    told: set[str] = set()
    for title, names in _STEPS:
        told |= names
        yield FormStep(
            title=title,
            missing=tuple(label.lower() for name, label in missing.items() if name in names),
            missing_fields=tuple(name for name in missing if name in names),
            wrong=tuple(sorted(wrong.keys() & names)),
        )
    yield FormStep(title="More", wrong=tuple(sorted(wrong.keys() - told)))


def named(answers: Answers) -> Answers:
    """Return answers with a name: one that nobody named is named after its rule."""
    return answers if answers.name.strip() else replace(answers, name=proposed_name(answers))


def _problems(answers: Answers, document: Specification | None) -> tuple[Problem, ...]:
    if document is None:
        document = Specification.model_construct(slug="", name="", categories=(), regions=())
        answers = replace(answers, categories=None, regions=None)
    try:
        check_schedule(_schedule(replace(answers, name=answers.name.strip() or "-")), document)
    except InputRefused as refused:
        return refused.problems
    return ()


def _schedule(answers: Answers) -> Schedule:
    """The schedule that the answers would be, to be checked by the code that checks all."""
    return Schedule(
        id=_NOBODY,
        workspace_id=_NOBODY,
        specification_id=answers.specification_id or _NOBODY,
        created_by="",
        name=answers.name.strip(),
        type=answers.kind,
        config=answers.config,
        timezone=answers.timezone,
        status=ScheduleStatus.PAUSED,
        categories_override=answers.categories,
        regions_override=answers.regions,
        cadence_override=answers.cadence,
        policies=answers.policies,
    )


def problems_by_field(
    answers: Answers, problems: tuple[Problem, ...]
) -> dict[str, tuple[str, ...]]:
    """Return the problems of a refused schedule by the field of the form that each is about."""
    return _by_field(answers, problems)


def _by_field(answers: Answers, problems: tuple[Problem, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for problem in problems:
        name = _field_of(answers, problem.path)
        found[name] = (*found.get(name, ()), str(replace(problem, path="")))
    return found


def _field_of(answers: Answers, path: str) -> str:
    if path.startswith("config.holidays."):
        last = path.rpartition(".")[2]
        return last if last in ("country", "subdivision") else "holidays"
    if path.startswith("config.interval"):
        return "interval_hours"
    key = path.removeprefix("config.").partition("[")[0].partition(".")[0]
    if key == "days" and answers.kind == "monthly":
        return "month_days"
    if key == "anchor" and answers.kind == "custom":
        return "interval_from"
    if key == "holidays":
        return "country"
    if key in ("config", ""):  # the whole rule: that it never comes, or too often
        return _WHOLE[answers.custom_by] if answers.kind == "custom" else "times"
    return key.removesuffix("_override")


_WHOLE = {"cron": "cron", "rrule": "rrule", "interval": "interval_hours", "dates": "dates"}
