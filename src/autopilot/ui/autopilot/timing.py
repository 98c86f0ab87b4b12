"""When: days and times first; whatever else the calendar language has, one click behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from autopilot.service.schedule_form import Seen
from autopilot.ui.autopilot.fields import told_problems
from autopilot.ui.autopilot.forms import WEEKDAYS, Form

REPEATS = {"daily": "Daily", "weekly": "Weekly", "monthly": "Monthly", "custom": "Custom"}
UNITS = {"daily": "days", "weekly": "weeks", "monthly": "months"}
MONTHLY = {"days": "Days of the month", "nth": "A weekday of it", "business_day": "A business day"}
CUSTOM = {"cron": "Cron line", "rrule": "RRULE", "interval": "Interval", "dates": "Dates"}
NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
LONG_WEEKDAYS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday",
    "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip
HOLIDAYS = {
    "skip": "no issue on a holiday (default)",
    "previous_business_day": "on the business day before",
    "next_business_day": "on the business day after",
}
TIMES = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)]


def ask(form: Form, seen: Seen) -> None:
    """Ask for the rule."""
    st.segmented_control(
        "Repeats",
        list(REPEATS),
        format_func=REPEATS.__getitem__,
        key=form.key("kind"),
        required=True,
    )
    kind = form.answers.kind
    if kind in _KINDS:
        _KINDS[kind](form, seen)
    if kind != "custom":
        _times(form, seen)
    st.selectbox("Time zone", _zones(form.answers.timezone), key=form.key("timezone"))
    told_problems(form, seen, "timezone")
    told = _told_exceptions(form)
    label = f"Exceptions, holidays, beginning and end: {told}"
    with st.expander(label, key=f"{form.token}-exceptions"):
        if kind != "custom":
            _steps(form, seen)
        _bounds(form, seen)
        _dates(form, seen)
        _holidays(form, seen)


def _told_exceptions(form: Form) -> str:
    a = form.answers
    set_ones = [
        a.every > 1 and a.kind != "custom", a.business_days_only and a.kind == "daily",
        a.start_date, a.end_date, a.max_runs, a.exclude_dates, a.include_dates, a.country,
    ]  # fmt: skip
    count = sum(1 for it in set_ones if it)
    return f"{count} set" if count else "none (default)"


@lru_cache(maxsize=1)
def _known_zones() -> tuple[str, ...]:
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name))


def _zones(given: str) -> list[str]:
    known = _known_zones()
    return [*known] if given in known else [given, *known]


def _times(form: Form, seen: Seen) -> None:
    st.multiselect(
        "Time",
        sorted({*TIMES, *form.answers.times}),
        key=form.key("times"),
        accept_new_options=True,
        placeholder="09:00",
        help="Choose or type a time; several times a day are possible.",
    )
    told_problems(form, seen, "times")


def _weekly(form: Form, seen: Seen) -> None:
    st.pills(
        "Days",
        list(WEEKDAYS),
        format_func=WEEKDAYS.__getitem__,
        selection_mode="multi",
        key=form.key("days"),
    )
    told_problems(form, seen, "days")


def _monthly(form: Form, seen: Seen) -> None:
    st.segmented_control(
        "On",
        list(MONTHLY),
        format_func=MONTHLY.__getitem__,
        key=form.key("month_by"),
        required=True,
    )
    _MONTHLY[form.answers.month_by](form, seen)


def _month_days(form: Form, seen: Seen) -> None:
    st.multiselect(
        "Days",
        [*range(1, 32), -1],
        format_func=lambda day: "last day" if day == -1 else str(day),
        key=form.key("month_days"),
    )
    told_problems(form, seen, "month_days")
    if max(form.answers.month_days, default=0) > 28:
        choices = {"last": "it is on the last day (default)", "skip": "there is no issue"}
        _choice(form, seen, "missing_day", "In a month without that day", choices)


def _nth_weekday(form: Form, seen: Seen) -> None:
    which, day = st.columns(2)
    with which:
        _choice(form, seen, "nth", "Which", NTH)
    with day:
        _choice(form, seen, "weekday", "Weekday", LONG_WEEKDAYS)


def _business_day(form: Form, seen: Seen) -> None:
    choices = {n: f"{n}. of the month" for n in range(2, 24)}
    last = {-n: f"{n}. before the end" for n in range(2, 24)}
    _choice(
        form, seen, "business_day", "Business day",
        {1: "first", -1: "last", **choices, **last},
    )  # fmt: skip


def _custom(form: Form, seen: Seen) -> None:
    st.segmented_control(
        "Written as",
        list(CUSTOM),
        format_func=CUSTOM.__getitem__,
        key=form.key("custom_by"),
        required=True,
    )
    _CUSTOM[form.answers.custom_by](form, seen)


def _cron(form: Form, seen: Seen) -> None:
    st.text_input(
        "Cron line",
        key=form.key("cron"),
        placeholder="0 9 * * 1-5",
        help="Minute, hour, day of the month, month, weekday; names, L, LW, # and @daily too.",
    )
    told_problems(form, seen, "cron")


def _rrule(form: Form, seen: Seen) -> None:
    st.text_area(
        "Recurrence rule (RFC 5545)",
        key=form.key("rrule"),
        placeholder="DTSTART:20260105T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO,TH",
    )
    told_problems(form, seen, "rrule")


def _interval(form: Form, seen: Seen) -> None:
    for column, unit in zip(st.columns(3), ("days", "hours", "minutes"), strict=True):
        column.number_input(unit.capitalize(), 0, 100_000, key=form.key(f"interval_{unit}"))
    told_problems(form, seen, "interval_hours")
    st.text_input(
        "First time",
        key=form.key("interval_from"),
        placeholder="2026-01-05T08:00:00Z",
        help="An instant with Z or an offset. Elapsed time is counted from it; clocks do not matter.",
    )
    told_problems(form, seen, "interval_from")


def _listed_dates(form: Form, seen: Seen) -> None:
    _chips(form, "dates", "Dates with their time", "2026-12-24T08:00")
    told_problems(form, seen, "dates")


def _steps(form: Form, seen: Seen) -> None:
    kind = form.answers.kind
    every, anchor = st.columns(2)
    with every:
        st.number_input(f"Every how many {UNITS[kind]}", 1, 400, key=form.key("every"))
        told_problems(form, seen, "every")
    with anchor:
        if form.answers.every > 1:
            st.date_input("Counted from", key=form.key("anchor"), format="YYYY-MM-DD")
            told_problems(form, seen, "anchor")
    if kind == "daily":
        st.checkbox("Business days only", key=form.key("business_days_only"))
        told_problems(form, seen, "business_days_only")


def _bounds(form: Form, seen: Seen) -> None:
    start, end = st.columns(2)
    with start:
        st.date_input("Not before", key=form.key("start_date"), format="YYYY-MM-DD")
        told_problems(form, seen, "start_date")
    with end:
        st.date_input("Not after", key=form.key("end_date"), format="YYYY-MM-DD")
        told_problems(form, seen, "end_date")
    st.number_input(
        "Number of issues", 1, 1_000_000, key=form.key("max_runs"), placeholder="no end (default)"
    )
    told_problems(form, seen, "max_runs")


def _dates(form: Form, seen: Seen) -> None:
    _chips(form, "exclude_dates", "Not on these dates", "2026-12-24")
    told_problems(form, seen, "exclude_dates")
    a = form.answers
    if a.kind != "custom" or a.custom_by in ("cron", "rrule") or a.include_dates:
        _chips(form, "include_dates", "Also on these dates", "2026-12-27")
        told_problems(form, seen, "include_dates")


def _holidays(form: Form, seen: Seen) -> None:
    country, part = st.columns(2)
    with country:
        st.text_input(
            "Holidays of",
            key=form.key("country"),
            placeholder="DE",
            help="A country's two letters.",
        )
    with part:
        st.text_input("Part of it", key=form.key("subdivision"), placeholder="BY")
    told_problems(form, seen, "country", "subdivision")
    if form.answers.country:
        _choice(form, seen, "holidays", "On a public holiday", HOLIDAYS)


def _choice(form: Form, seen: Seen, name: str, label: str, known: Mapping[Any, str]) -> None:
    given = form.value(name)
    options = [*known] if given in known else [*known, given]
    st.selectbox(label, options, format_func=lambda it: known.get(it, str(it)), key=form.key(name))
    told_problems(form, seen, name)


def _chips(form: Form, name: str, label: str, example: str) -> None:
    """Values typed one by one; each becomes a chip that can be taken away."""
    st.multiselect(
        label,
        list(form.value(name)),
        key=form.key(name),
        accept_new_options=True,
        placeholder=example,
        help=f"Type each as {example} and press Enter.",
    )


_Ask = Callable[[Form, Seen], None]
_KINDS: dict[str, _Ask] = {"weekly": _weekly, "monthly": _monthly, "custom": _custom}
_MONTHLY: dict[str, _Ask] = {
    "days": _month_days, "nth": _nth_weekday, "business_day": _business_day,
}  # fmt: skip
_CUSTOM: dict[str, _Ask] = {
    "cron": _cron, "rrule": _rrule, "interval": _interval, "dates": _listed_dates,
}  # fmt: skip
