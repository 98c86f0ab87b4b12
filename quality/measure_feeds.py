"""Collector: entry counts, titles, links and dates of captured feeds against what others expect.

Two references: the tests of the projects the feeds come from, and what two independent readers agree on.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from quality.feeds import parse
from quality.figures import Figure, needed

PART = "Collector"
BASE = "https://example.org/feed"
REFERENCES = {
    "source_repo_expectation": "origins' own tests",
    "consensus": "two readers agree",
}
BARS = {"count": 99.0, "titles": 99.5, "links": None, "dates": 99.5}
FIELDS = {"titles": "title", "links": "link", "dates": "published"}

Told = tuple[str, str]


def figures(data: Path) -> Iterator[Figure]:
    """Yield what `quality.feeds:parse` gets right."""
    folder = data / "feeds"
    expected = json.loads(needed(folder / "open" / "feeds-expected.json").read_text("utf-8"))
    asked: Counter[Told] = Counter()
    right: Counter[Told] = Counter()
    raised, seconds = 0, 0.0
    for feed in expected:
        content = (folder / feed["file"]).read_bytes()
        began = time.perf_counter()
        try:
            found = parse(content, BASE)
        except Exception:  # noqa: BLE001 - raising at all is what is counted
            found, raised = None, raised + 1
        seconds += time.perf_counter() - began
        for reference in REFERENCES:
            _compare(feed.get(reference) or {}, found, reference, asked, right)
    yield Figure(
        part=PART,
        measured=f"feeds of {len(expected)} on which it raises",
        value=raised,
        bar=0,
        most=True,
    )
    for (reference, field), count in sorted(asked.items()):
        yield Figure(
            part=PART,
            measured=f"{field}, {REFERENCES[reference]}",
            unit=" %",
            value=100 * right[reference, field] / count,
            bar=BARS[field],
        )
    yield Figure(part=PART, measured="time for one feed", value=1000 * seconds / len(expected),
                 unit=" ms")  # fmt: skip


def _compare(
    wanted: Mapping[str, Any],
    found: list[dict[str, str | None]] | None,
    reference: str,
    asked: Counter[Told],
    right: Counter[Told],
) -> None:
    if wanted.get("n_entries") is None:
        return
    same = found is not None and len(found) == wanted["n_entries"]
    asked[reference, "count"] += 1
    right[reference, "count"] += same
    for field, key in FIELDS.items():
        for place, want in enumerate(wanted.get(field) or []):
            if want in (None, "") or "\ufffd" in str(want):
                continue
            asked[reference, field] += 1
            if same and found is not None:
                right[reference, field] += _agree(field, str(want), found[place][key] or "")


def _agree(field: str, want: str, got: str) -> bool:
    if field == "titles":
        return _text(want) == _text(got)
    if field == "links":
        return got.strip() in (want.strip(), urljoin(BASE, want.strip()))
    return _moment(want) == _moment(got)


def _text(written: str) -> str:
    plain = re.sub(r"<[^>]+>", "", html.unescape(html.unescape(written)))
    return re.sub(r"\s+", " ", plain).strip()


def _moment(written: str) -> datetime | str:
    """Read RFC 3339 or RFC 5322, to the second; what is neither stays as it is."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError):
            moment = read(written)
            zoned = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
            return zoned.astimezone(UTC).replace(microsecond=0)
    return written
