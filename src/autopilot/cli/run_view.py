"""Runs as people read them: the outcome in a sentence, and tables of steps, sources and stories."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from autopilot.cli import output

MOST_LEFT_OUT = 25  # of more articles left out the reasons are counted; --json has them all
STYLES = {
    "succeeded": "bold green",
    "sent": "bold green",
    "failed": "bold red",
    "not_sent": "bold red",
}


def show_outcome(report: dict[str, Any]) -> None:
    """Print how the run ended and why."""
    status, told = report["outcome"], ""
    if report["error"]:
        told = f": {report['error']}"
    elif report["subject"]:
        told = f": {report['subject']}"
    words = status.replace("_", " ").capitalize()
    output.say(f"{words}{told}", style=STYLES.get(status, "yellow"))
    if (report["error"] or "").startswith("internal error"):
        output.say("Run it again with AUTOPILOT_DEBUG=1 to see the full trace.")
    for note in report["notes"]:
        output.say(note, style="yellow")


def show_header(report: dict[str, Any], specification: str) -> None:
    """Print what the run is: which specification, for which slot and window."""
    zone = report["timezone"]
    window = report["window"]
    span = f"{local(window['from'], zone)} to {local(window['to'], zone)}"
    slot = (
        f"the slot {local(report['scheduled_for'], zone)}"
        if report["scheduled_for"]
        else "a person"
    )
    output.say(f"Run           {report['run_id']}")
    output.say(f"Specification {specification}")
    output.say(f"Asked for by  {slot}")
    output.say(f"Window        {span}")
    if report["finished_at"]:
        output.say(
            f"Finished      {local(report['finished_at'], zone)}, attempt {report['attempt']}"
        )


def show_steps(report: dict[str, Any]) -> None:
    """Print what each step took in, gave out and needed."""
    rows = [
        (name, step["in"], step["out"], f"{step['seconds']:.2f} s")
        for name, step in report["steps"].items()
    ]
    if rows:
        output.show_table(("Step", "In", "Out", "Time"), rows)


def show_making(report: dict[str, Any]) -> None:
    """Print who wrote the issue, what that took, and what the gate found."""
    if report["gate"] is None:
        return
    output.say(f"Written by    {report['writer']}{_spent(report['usage'])}")
    gate = report["gate"]
    verdict = "" if gate["passes"] else ", held back"
    output.say(f"Gate          {gate['score']} of 100{verdict}")
    for finding in gate["findings"]:
        place = f" ({finding['where']})" if finding["where"] else ""
        style = "red" if finding["severity"] == "error" else "yellow"
        output.say(f"  {finding['rule']:<4} {finding['message']}{place}", style=style)


def show_deliveries(report: dict[str, Any]) -> None:
    """Print how many readers and channels have the issue, and of how many that is not known."""
    counts = report["deliveries"]
    if not counts:
        return
    sent, total = counts.get("sent", 0), sum(counts.values())
    others = [f"{count} {status}" for status, count in counts.items() if status != "sent"]
    output.say(f"Delivered     {', '.join([f'{sent} of {total}', *others])}")


def _spent(usage: list[dict[str, Any]]) -> str:
    if not usage:
        return ""
    tokens = sum(one["input_tokens"] + one["output_tokens"] for one in usage)
    prices = [one["usd"] for one in usage]
    money = "price unknown" if None in prices else f"${sum(prices):.3f}"
    return f", {tokens:,} tokens, {money}"


def show_sources(report: dict[str, Any], *, only_failed: bool = False) -> None:
    """Print how many sources answered, and a line for each, or for each that did not."""
    sources = report["sources"]
    if not sources:
        return
    counts = Counter(source["status"] for source in sources)
    told = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    output.say(f"Sources: {len(sources)} ({told})")
    for source in sources:
        if source["status"] == "failed":
            output.say(f"  failed     {source['url']}: {source['error']}", style="yellow")
        elif not only_failed:
            output.say(f"  {source['status']:<9}  {source['url']}, {source['entries']} entries")


def show_stories(report: dict[str, Any], *, reasons: bool = False) -> None:
    """Print the stories in reading order under their sections, with the reason for each if asked."""
    if not report["stories"]:
        return
    columns = ("Story", "Why it is in" if reasons else "Sources")
    rows: list[tuple[str, str]] = []
    section = None
    for story in report["stories"]:
        if story["category"] != section:
            section = story["category"]
            rows.append((f"[{section}]", ""))
        sources = ", ".join(story["sources"])
        told = f"{story['title']} ({sources})" if reasons else story["title"]
        rows.append((told, story["reason"] if reasons else sources))
    output.show_table(columns, rows)
    output.say(
        f"Stories: {len(report['stories'])}. Left out: {len(report['left_out'])}, each for a reason."
    )


def show_left_out(report: dict[str, Any]) -> None:
    """Print the articles that are not in the issue, and why; many are counted, not listed."""
    left = report["left_out"]
    if not left:
        return
    rows = [(item["title"], item["reason"]) for item in left[:MOST_LEFT_OUT]]
    output.show_table(("Left out", "Why"), rows)
    if len(left) > MOST_LEFT_OUT:
        output.say(f"and {len(left) - MOST_LEFT_OUT} more: --json lists them all.")


def local(text: str, zone: str) -> str:
    """Return an RFC 3339 time as people of the zone read it."""
    return output.when(datetime.fromisoformat(text), zone)
