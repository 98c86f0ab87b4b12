"""Dates in sample feeds, written relative to now so that a sample never grows old.

`{{hours:-5}}`, `{{days:-21}}` or `{{minutes:-90}}` becomes a date in the feed's own style: RFC 822
in RSS 2.0, RFC 3339 in Atom, RDF and JSON Feed.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import format_datetime

from autopilot.domain.instants import as_utc, iso

PLACEHOLDER = re.compile(r"\{\{(minutes|hours|days):-(\d+(?:\.\d+)?)\}\}")
RSS_2 = re.compile(r"<rss[\s>]")


def with_dates(feed: str, *, now: datetime) -> str:
    """Return a feed with every placeholder as a date before `now`, which is cut to the full hour.

    Within one hour the text stays the same, so that a conditional request can be answered.
    """
    full_hour = as_utc(now).replace(minute=0, second=0, microsecond=0)
    style = _rfc_822 if RSS_2.search(feed) else iso

    def dated(match: re.Match[str]) -> str:
        unit, amount = match.groups()
        moment = full_hour - timedelta(**{unit: float(amount)})
        return style(moment.replace(microsecond=0)) or ""

    return PLACEHOLDER.sub(dated, feed)


def _rfc_822(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
