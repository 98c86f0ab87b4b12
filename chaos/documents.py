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
DEAD_EVERY = 25  # every so many specifications have only sources that nobody serves
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
    """A daily rule with two slots that nobody made in time and one that comes while others run."""
    zone = rng.choice(zones)
    offsets = (-12, -rng.randrange(1, 5), rng.randrange(4, 7))
    moments = [(minute + timedelta(minutes=o)).astimezone(ZoneInfo(zone)) for o in offsets]
    times = sorted({f"{moment:%H:%M}" for moment in moments})
    return {"type": "daily", "config": {"times": times}, "timezone": zone}


def _is_calm(name: str, moment: datetime) -> bool:
    """Whether no clock of this zone is changed from two days before to two days after."""
    zone = ZoneInfo(name)
    days = [moment.astimezone(UTC) + timedelta(days=n) for n in range(-2, 3)]
    return len({day.astimezone(zone).utcoffset() for day in days}) == 1
