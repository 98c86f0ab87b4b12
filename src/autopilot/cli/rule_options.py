"""A schedule's rule from the options people type: --daily, --weekly, --monthly, --cron, --config."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autopilot.errors import InputRefused, Problem, RuleInvalid

if TYPE_CHECKING:
    from autopilot.domain.recurrence.rules import Rule

Daily = Annotated[
    str | None, typer.Option("--daily", metavar="TIMES", help="Every day: 08:00 or 08:00,18:00.")
]
Weekly = Annotated[
    str | None, typer.Option("--weekly", metavar="DAYS@TIMES", help="On weekdays: mon,thu@09:00.")
]
Monthly = Annotated[
    str | None,
    typer.Option(
        "--monthly", metavar="DAYS@TIMES", help="On days: 1@09:00, 1,15@09:00, last@09:00."
    ),
]
CronLine = Annotated[
    str | None, typer.Option("--cron", metavar="LINE", help='A cron line: "0 9 * * 1-5".')
]
Config = Annotated[
    str | None,
    typer.Option("--config", metavar="JSON", help="The rule as in a file, together with --type."),
]
Type = Annotated[
    str | None, typer.Option("--type", help="daily, weekly, monthly or custom, for --config.")
]
Timezone = Annotated[
    str | None,
    typer.Option("--timezone", metavar="ZONE", help="Whose clock (default: the workspace's)."),
]

EXAMPLES = {
    "--daily": "--daily 08:00",
    "--weekly": "--weekly mon,thu@09:00",
    "--monthly": "--monthly 1@09:00",
    "--cron": '--cron "0 9 * * 1-5"',
    "--config": """--type weekly --config '{"days": ["mon"], "times": ["09:00"]}'""",
}
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was typed: the option, and the type and config it stands for."""

    option: str
    type: str
    config: dict[str, Any]

    def rule(self, timezone: str) -> Rule:
        """Return the checked rule; raises RuleInvalid whose problems name the option."""
        from autopilot.domain.recurrence.rules import parse_rule

        try:
            return parse_rule(self.type, self.config, timezone)
        except RuleInvalid as error:
            raise RuleInvalid(
                "The schedule's rule cannot be used:",
                [self._named(item) for item in error.problems],
            ) from error

    def _named(self, problem: Problem) -> Problem:
        if problem.path == "timezone":
            return replace(problem, path="--timezone")
        if self.option == "--config":
            return problem
        return replace(problem, path=self.option, example=EXAMPLES[self.option])


def read_options(
    *,
    daily: str | None,
    weekly: str | None,
    monthly: str | None,
    cron: str | None,
    config: str | None,
    kind: str | None,
) -> Wanted | None:
    """Return the rule that was typed, or None when there is none; several are refused."""
    given = {
        option: text
        for option, text in (
            ("--daily", daily),
            ("--weekly", weekly),
            ("--monthly", monthly),
            ("--cron", cron),
            ("--config", config),
        )
        if text is not None
    }
    if len(given) > 1:
        raise refused(" and ".join(given), "only one of these can be given")
    if kind is not None and config is None:
        raise refused("--type", "goes with --config only", EXAMPLES["--config"])
    for option, text in given.items():
        if option == "--config":
            return _from_json(text, kind)
        return READERS[option](text.strip())
    return None


def refused(option: str, message: str, example: str | None = None) -> InputRefused:
    """Return the refusal of one option."""
    return InputRefused(
        "The schedule cannot be made as asked:",
        [Problem(path=option, message=message, example=example)],
    )


def _daily(text: str) -> Wanted:
    return Wanted(option="--daily", type="daily", config={"times": _times(text)})


def _weekly(text: str) -> Wanted:
    days, times = _halves("--weekly", text)
    named = [day.lower() for day in _parts(days)]
    config = {"days": [day[:3] if day in _LONG_DAYS else day for day in named], "times": times}
    return Wanted(option="--weekly", type="weekly", config=config)


def _monthly(text: str) -> Wanted:
    days, times = _halves("--monthly", text)
    config = {"days": [_day_number(day) for day in _parts(days)], "times": times}
    return Wanted(option="--monthly", type="monthly", config=config)


def _cron(text: str) -> Wanted:
    return Wanted(option="--cron", type="custom", config={"cron": text})


READERS: dict[str, Callable[[str], Wanted]] = {
    "--daily": _daily,
    "--weekly": _weekly,
    "--monthly": _monthly,
    "--cron": _cron,
}


def _from_json(text: str, kind: str | None) -> Wanted:
    if kind is None:
        raise refused(
            "--type", "is missing: --config needs the type of its rule", EXAMPLES["--config"]
        )
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refused("--config", f"is not JSON: {error}", EXAMPLES["--config"]) from error
    if not isinstance(config, dict):
        raise refused("--config", "must be a JSON object", EXAMPLES["--config"])
    return Wanted(option="--config", type=kind, config=config)


def _halves(option: str, text: str) -> tuple[str, list[str]]:
    days, at, times = text.partition("@")
    if not at or not days.strip() or not times.strip():
        raise refused(
            option, f"{text!r} needs days and times with @ between them", EXAMPLES[option]
        )
    return days, _times(times)


def _times(text: str) -> list[str]:
    """The times as typed, with "8:00" written as "08:00"."""
    return [
        part.zfill(5) if re.fullmatch(r"\d:\d\d", part, re.ASCII) else part for part in _parts(text)
    ]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _day_number(text: str) -> int | str:
    if text.lower() == "last":
        return -1
    return int(text) if re.fullmatch(r"-?\d{1,4}", text, re.ASCII) else text
