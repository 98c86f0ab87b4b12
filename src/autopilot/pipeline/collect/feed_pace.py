"""What a feed says of its own pace: ttl, skipHours (RSS 2.0) and the syndication module's period."""

from __future__ import annotations

from lxml import etree

DAY_SECONDS = 24 * 3600
_PERIODS = {
    "hourly": 3600,
    "daily": DAY_SECONDS,
    "weekly": 7 * DAY_SECONDS,
    "monthly": 30 * DAY_SECONDS,
    "yearly": 365 * DAY_SECONDS,
}


def ttl_seconds(channel: etree._Element) -> int | None:
    """Return how long the feed asks to be left alone, at most a day, or None."""
    minutes = _number(_text(channel, "ttl"), 1_440)
    if minutes:
        return minutes * 60
    period = _PERIODS.get(_text(channel, "updatePeriod").lower())
    if period is None:
        return None
    times = _number(_text(channel, "updateFrequency"), 1_000) or 1
    return min(period // times, DAY_SECONDS)


def skip_hours(channel: etree._Element) -> tuple[int, ...]:
    """Return the hours (UTC) in which nothing new comes; naming all of them names none."""
    skip = next(channel.iterchildren("{*}skipHours"), None)
    if skip is None:
        return ()
    stated = {_number(hour.text or "", 24) for hour in list(skip)[:48]}
    hours = {hour % 24 for hour in stated if hour is not None}  # 24 is written for midnight
    return tuple(sorted(hours)) if len(hours) < 24 else ()


def _text(channel: etree._Element, name: str) -> str:
    found = next(channel.iterchildren("{*}" + name), None)
    return "" if found is None else (found.text or "").strip()


def _number(text: str, most: int) -> int | None:
    text = text.strip()
    return (
        int(text)
        if text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= most
        else None
    )
