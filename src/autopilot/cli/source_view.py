"""How sources are shown: as a table with advice below it, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from autopilot.cli import output

if TYPE_CHECKING:
    from autopilot.service.finding import Found
    from autopilot.service.source_health import Facts

NAME_WIDTH = 40


def show_facts(facts: Sequence[Facts]) -> None:
    """Print sources as a table, then what is the matter with those that are not well."""
    rows = [
        (
            output.shortened(_name(one), NAME_WIDTH),
            one.health.state.value,
            one.row.state.found_kind or one.row.source.kind.value,
            f"{one.per_week:g}",
            _day(one.row.state.newest_article_at),
            str(one.stock.stored),
            str(one.stock.chosen),
        )
        for one in facts
    ]
    columns = ("Source", "State", "Kind", "A week", "Newest", "Stored", "Chosen")
    output.show_table(columns, rows, whole=columns[1:])
    for one in facts:
        if one.health.state.value not in ("ok", "new"):
            output.say(f"{_name(one)} ({one.row.source.url})", style="bold")
            output.say(f"  {one.health.state.value}: {one.health.sentence}")
            if one.health.advice:
                output.say(f"  what to do: {one.health.advice}")


def facts_values(facts: Iterable[Facts]) -> list[dict[str, Any]]:
    """Return the facts as plain values; times are RFC 3339 in UTC."""
    return [_values(one) for one in facts]


def show_found(found: Sequence[Found]) -> None:
    """Print what a site offers, the best first."""
    rows = [
        (
            one.url,
            one.kind.value,
            output.shortened(one.title, NAME_WIDTH),
            one.entries,
            _day(one.newest),
        )
        for one in found
    ]
    output.show_table(("Address", "Kind", "Title", "Entries", "Newest"), rows, whole=("Kind",))


def found_values(found: Iterable[Found]) -> list[dict[str, Any]]:
    """Return what a site offers as plain values."""
    from autopilot.domain.instants import iso

    return [
        {
            "url": one.url,
            "kind": one.kind.value,
            "title": output.clean(one.title),
            "entries": one.entries,
            "newest": iso(one.newest),
        }
        for one in found
    ]


def _values(one: Facts) -> dict[str, Any]:
    from autopilot.domain.instants import iso

    state = one.row.state
    return {
        "url": one.row.source.url,
        "name": _name(one),
        "region": one.row.source.region,
        "state": one.health.state.value,
        "sentence": output.clean(one.health.sentence),
        "advice": one.health.advice,
        "kind": state.found_kind or one.row.source.kind.value,
        "moved_to": state.moved_to,
        "per_week": one.per_week,
        "newest": iso(state.newest_article_at),
        "last_looked": iso(state.last_fetched_at),
        "last_good": iso(state.last_good_at),
        "next_look": iso(state.check_at),
        "failures": state.consecutive_failures,
        "stored": one.stock.stored,
        "extracted": one.stock.extracted,
        "chosen": one.stock.chosen,
    }


def _name(one: Facts) -> str:
    return output.clean(one.row.source.name or one.row.state.title or one.row.source.url)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
