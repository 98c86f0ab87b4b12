"""How subscribers, suppressions, imports and bounces are shown, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autopilot.cli import output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from autopilot.domain.subscriber import Subscriber, SubscriberStatus
    from autopilot.service.subscriber_lists import Imported
    from autopilot.store.suppressions import Suppression

EVERYTHING = "everything"


def subscriber_values(subscriber: Subscriber) -> dict[str, Any]:
    """Return a subscriber as JSON."""
    from autopilot.domain.instants import iso

    def moment(value: Any) -> str | None:
        return None if value is None else iso(value)

    return {
        "email": subscriber.email,
        "name": subscriber.name,
        "status": subscriber.status.value,
        "source": subscriber.source,
        "created_at": iso(subscriber.created_at),
        "confirmed_at": moment(subscriber.confirmed_at),
        "ended_at": moment(subscriber.ended_at),
    }


def show_list(
    slug: str, found: Sequence[Subscriber], counts: Mapping[SubscriberStatus, int]
) -> None:
    """Print a list, and how many there are in all."""
    if not counts:
        output.say(f"Nobody is on the list of {slug} yet.")
        output.next_steps(
            f"autopilot subscribers import {slug} FILE.csv",
            f"autopilot subscribers add {slug} EMAIL",
        )
        return
    rows = [
        (each.email, each.name, each.status.value, each.source, f"{_since(each):%Y-%m-%d}")
        for each in found
    ]
    output.show_table(("address", "name", "status", "from", "since"), rows, whole=("since",))
    told = ", ".join(f"{count} {status.value}" for status, count in counts.items())
    output.say(f"{slug}: {told}." + (" Not all are shown." if len(found) < _all(counts) else ""))
    output.next_steps(f"autopilot subscribers export {slug} --out {slug}.csv")


def show_imported(slug: str, done: Imported) -> None:
    """Print what an import did, and what was wrong with rows it passed over."""
    from autopilot.service.subscriber_lists import MOST_SHOWN

    parts = [f"Added {done.added} to {slug}"]
    for count, words in (
        (done.known, "there already"),
        (done.activated, "confirmed by it"),
        (done.repeated, "repeated in the file"),
        (done.suppressed, "left off: suppressed, unsubscribed or bounced"),
        (done.faulty, "passed over as faulty"),
    ):
        if count:
            parts.append(f"{count} {words}")
    output.say("; ".join(parts) + ".", style="bold")
    output.warn(str(problem) for problem in done.problems)
    if done.faulty > MOST_SHOWN:
        output.say(f"... and {done.faulty - MOST_SHOWN} more.")
    output.next_steps(f"autopilot subscribers list {slug}")


def imported_values(done: Imported) -> dict[str, Any]:
    """Return what an import did as JSON."""
    return {
        "added": done.added,
        "activated": done.activated,
        "known": done.known,
        "repeated": done.repeated,
        "suppressed": done.suppressed,
        "faulty": done.faulty,
        "problems": [str(problem) for problem in done.problems],
    }


def suppression_values(suppression: Suppression, names: Mapping[UUID, str]) -> dict[str, Any]:
    """Return a suppression as JSON; without a specification it is of all newsletters."""
    from autopilot.domain.instants import iso

    identity = suppression.specification_id
    return {
        "mailbox": suppression.mailbox,
        "specification": None if identity is None else names.get(identity),
        "reason": suppression.reason.value,
        "detail": suppression.detail,
        "at": iso(suppression.at),
    }


def show_suppressions(found: Sequence[Suppression], names: Mapping[UUID, str]) -> None:
    """Print addresses that get no mail."""
    if not found:
        output.say("No address is suppressed.")
        return
    rows = [
        (
            each.mailbox,
            EVERYTHING if each.specification_id is None else names.get(each.specification_id, ""),
            each.reason.value,
            f"{each.at:%Y-%m-%d}",
            output.shortened(each.detail, 60),
        )
        for each in found
    ]
    output.show_table(("address", "of", "reason", "since", "detail"), rows, whole=("since",))
    output.next_steps(f"autopilot subscribers suppress {found[0].mailbox} --undo")


def bounce_words(counts: Mapping[str, int]) -> str:
    """Return in words what a mailbox held."""
    words = {
        "hard": "hard bounces (no more mail there)",
        "soft": "soft bounces (only counted)",
        "complaint": "complaints (no more mail there)",
        "unsubscribe": "unsubscribed",
        "not_ours": "reports about mails that are not ours",
        "ignored": "other mails",
    }
    told = [f"{counts[key]} {word}" for key, word in words.items() if counts.get(key)]
    return ("; ".join(told) or "No new mail") + "."


def _since(subscriber: Subscriber) -> Any:
    return subscriber.ended_at or subscriber.confirmed_at or subscriber.created_at


def _all(counts: Mapping[SubscriberStatus, int]) -> int:
    return sum(counts.values())
