"""Documents: workspaces whose schedules fall due at once and in the next minutes, wave after wave."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu"),
    *("Australia/Adelaide", "America/St_Johns", "Pacific/Auckland", "America/Sao_Paulo"),
)
SAVED_BEFORE = timedelta(minutes=14)  # as if every worker had been down for so long
SCHEDULES_EACH = 20  # schedules of one specification
SEVERAL_TIMES_EACH = 5  # of them with two missed slots and one to come
FARTHEST_DAYS = 420  # the clock trial goes 400 days ahead
NIGHT_ENDS_HOUR = 5  # on no zone's clock is a time left out or repeated later in the day
DEAD_EVERY = 25  # every so many specifications have only sources that nobody serves
STAMP = "%Y%m%dT%H%M%S"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def wave(
    rng: random.Random, number: int, schedules: int, *, now: datetime, feeds: str, dead: str
) -> tuple[dict[str, Any], datetime]:
    """Return a workspace document of about so many schedules, and when it counts as saved.

    `feeds` and `dead` are host:port of the stub server and of a port where nobody listens.
    """
    minute = now.replace(second=0, microsecond=0)
    zones = [name for name in ZONES if _is_calm(name, minute)]
    document = {
        "workspace": f"wave-{number}",
        "name": f"Wave {number}",
        "timezone": "UTC",
        "specifications": [
            _specification(rng, number * 1_000 + place, minute, zones, feeds, dead)
            for place in range(max(1, round(schedules / SCHEDULES_EACH)))
        ],
    }
    return document, minute - SAVED_BEFORE


def _specification(
    rng: random.Random, number: int, minute: datetime, zones: list[str], feeds: str, dead: str
) -> dict[str, Any]:
    host = dead if number % DEAD_EVERY == DEAD_EVERY - 1 else feeds
    rules = [_single(rng, minute, zones) for _ in range(SCHEDULES_EACH)]
    if (
        host == feeds
    ):  # one slot each where nothing can succeed: schedules that only fail are paused
        rules[:SEVERAL_TIMES_EACH] = [
            _several(rng, minute, zones) for _ in range(SEVERAL_TIMES_EACH)
        ]
        often = {"type": "custom", "config": {"cron": "*/5 * * * *"}, "timezone": rng.choice(zones)}
        rules[-1] = often
    return {
        "slug": f"energy-{number}",
        "name": f"Energy {number}",
        "cadence": rng.choice(["daily", "weekly"]),
        "categories": [{"id": "grid", "name": "Grid", "keywords": ["grid", "power"]}],
        "sources": [{"url": f"http://{host}/{number}/{place}.xml"} for place in range(2)],
        "schedules": [{"name": f"slot {place}", **rule} for place, rule in enumerate(rules)],
    }


def _single(rng: random.Random, minute: datetime, zones: list[str]) -> dict[str, Any]:
    """A rule of any kind with one slot in the last minutes and the next one tomorrow or later."""
    zone = rng.choice(zones)
    local = (minute - timedelta(minutes=rng.randrange(4))).astimezone(ZoneInfo(zone))
    clock = f"{local:%H:%M}"
    cron = f"{local.minute} {local.hour}"
    kind, config = rng.choice(
        [
            ("custom", _interval(local, timedelta(days=1), steps=rng.randrange(60))),
            ("custom", _interval(local, timedelta(hours=rng.randrange(7, 50)), steps=3)),
            (
                "custom",
                {"dates": [f"{local + timedelta(days=n):%Y-%m-%dT%H:%M}" for n in (-9, 0, 30)]},
            ),
            ("custom", {"rrule": _daily(local, every=rng.randrange(1, 4))}),
            ("custom", {"rrule": _weekly(local, every=rng.randrange(1, 3))}),
            ("custom", {"rrule": _monthly(local)}),
            ("custom", {"cron": f"{cron} * * *"}),
            ("custom", {"cron": f"{cron} * * {local.isoweekday() % 7}"}),
            ("custom", {"cron": f"{cron} {local.day} {local.month} *"}),
            ("daily", {"times": [clock]}),
            ("weekly", {"days": [DAYS[local.weekday()]], "times": [clock]}),
            ("monthly", {"days": [local.day], "times": [clock]}),
        ]
    )
    return {"type": kind, "config": config, "timezone": zone}


def _several(rng: random.Random, minute: datetime, zones: list[str]) -> dict[str, Any]:
    """Slots that nobody made in time, and such as come while others run, of one rule."""
    zone = rng.choice(zones)
    offsets = (-12, -rng.randrange(1, 5), rng.randrange(4, 7))
    moments = [(minute + timedelta(minutes=o)).astimezone(ZoneInfo(zone)) for o in offsets]
    times = sorted({f"{moment:%H:%M}" for moment in moments})
    kind, config = rng.choice(
        [
            ("daily", {"times": times}),
            ("custom", {"dates": [f"{moment:%Y-%m-%dT%H:%M}" for moment in moments]}),
            ("custom", _interval(moments[1], timedelta(minutes=rng.randrange(5, 12)), steps=9)),
            ("custom", {"rrule": _minutely(moments[1], minutes=rng.randrange(5, 12))}),
        ]
    )
    return {"type": kind, "config": config, "timezone": zone}


def _interval(local: datetime, step: timedelta, *, steps: int) -> dict[str, Any]:
    """An elapsed rule one of whose instants this is; its anchor lies some steps before."""
    anchor = (local - steps * step).astimezone(UTC)
    hours, minutes = divmod(int(step.total_seconds()) // 60, 60)
    length = {"hours": hours, "minutes": minutes}
    return {
        "interval": {unit: number for unit, number in length.items() if number},
        "anchor": f"{anchor:%Y-%m-%dT%H:%M:%SZ}",
    }


def _daily(local: datetime, *, every: int) -> str:
    """Its last occurrence but one is left out, and the one after this is its last."""
    start = local - timedelta(days=4 * every)
    left_out = local - timedelta(days=every)
    return (
        f"DTSTART:{start:{STAMP}}\nRRULE:FREQ=DAILY;INTERVAL={every};COUNT=6\n"
        f"EXDATE:{left_out:{STAMP}}"
    )


def _weekly(local: datetime, *, every: int) -> str:
    """Two days a week from a date some weeks before; UNTIL is a month away."""
    start = local - timedelta(weeks=2 * every)
    days = f"{DAYS[local.weekday()][:2]},{DAYS[(local.weekday() + 3) % 7][:2]}".upper()
    until = local + timedelta(days=30)
    rule = f"FREQ=WEEKLY;INTERVAL={every};BYDAY={days};WKST=MO;UNTIL={until:{STAMP}}"
    return f"DTSTART:{start:{STAMP}}\nRRULE:{rule}"


def _monthly(local: datetime) -> str:
    start = local.replace(year=local.year - 1, day=1)
    return f"DTSTART:{start:{STAMP}}\nRRULE:FREQ=MONTHLY;BYMONTHDAY={local.day}"


def _minutely(local: datetime, *, minutes: int) -> str:
    start = local - timedelta(minutes=5 * minutes)
    return f"DTSTART:{start:{STAMP}}\nRRULE:FREQ=MINUTELY;INTERVAL={minutes}"


def _is_calm(name: str, moment: datetime) -> bool:
    """Whether no slot of this zone may fall into a clock change, as far as a trial goes ahead.

    None is due within two days, and it is not an hour of the night in which this zone has them.
    """
    local = moment.astimezone(ZoneInfo(name))
    near = {_offset_in(local, days) for days in range(-2, 3)}
    far = {_offset_in(local, days) for days in range(0, FARTHEST_DAYS, 30)}
    return len(near) == 1 and (local.hour >= NIGHT_ENDS_HOUR or len(far) == 1)


def _offset_in(local: datetime, days: int) -> timedelta | None:
    moment = local.astimezone(UTC) + timedelta(days=days)
    return moment.astimezone(local.tzinfo).utcoffset()
