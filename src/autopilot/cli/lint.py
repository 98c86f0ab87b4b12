"""lint: any page before it is mailed, by the rules that every issue has to pass."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autopilot.cli import faults, output
from autopilot.cli.options import Json
from autopilot.errors import InputRefused, Problem

if TYPE_CHECKING:
    from autopilot.domain.gate import Finding, Report

MOST_BYTES = 10_000_000
STDIN = "-"


def lint(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="HTML files; - reads standard input."),
    ],
    as_json: Json = False,
) -> None:
    """Check HTML pages for what mail programs break and readers cannot use.

    The exit code is 0 when no page has an error; warnings do not count.
    """
    from autopilot.pipeline.check import check_bytes

    reports = [(name, check_bytes(content)) for name, content in _read_all(files)]
    if as_json:
        _show_json(reports)
    else:
        for place, (name, report) in enumerate(reports):
            _show(name, report, first=place == 0)
    if not all(report.passes for _, report in reports):
        raise typer.Exit(faults.FAILED)


def _read_all(names: list[str]) -> list[tuple[str, bytes]]:
    """Read every file, or refuse them all with every reason."""
    read: list[tuple[str, bytes]] = []
    problems: list[Problem] = []
    for name in dict.fromkeys(names):
        try:
            content = _read(name)
        except OSError as error:
            problems.append(Problem(path=name, message=(error.strerror or str(error)).lower()))
            continue
        if fault := _unreadable(content):
            problems.append(Problem(path=name, message=fault, example="newsletter.html"))
        read.append((name, content))
    if problems:
        raise InputRefused("nothing was checked: not every file is an HTML page", problems)
    return read


def _read(name: str) -> bytes:
    if name == STDIN:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _unreadable(content: bytes) -> str:
    """Return why a file is no page that can be checked, or ""."""
    if len(content) > MOST_BYTES:
        return f"larger than {MOST_BYTES // 1_000_000} MB; no mail program shows such a page"
    if not content.strip():
        return "empty"
    if b"\x00" in content[:100_000]:
        return "not text; a binary file, or not UTF-8"
    return "" if b"<" in content else "no HTML: there is no tag in it"


def _show_json(reports: list[tuple[str, Report]]) -> None:
    from autopilot.pipeline.check import report_values

    output.show_json(
        {
            "passes": all(report.passes for _, report in reports),
            "files": [{"file": name} | report_values(report) for name, report in reports],
        }
    )


def _show(name: str, report: Report, *, first: bool) -> None:
    if not first:
        output.say()
    errors, warnings = len(report.errors), len(report.findings) - len(report.errors)
    counted = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
    shown = "standard input" if name == STDIN else name
    output.say(f"{shown}: score {report.score} of 100, {counted}", style="bold")
    for finding in report.findings:
        _show_finding(finding)
    output.say(f"Checked: {', '.join(report.checked)}. The rules: docs/reference/gate.md")


def _show_finding(finding: Finding) -> None:
    from autopilot.domain.gate import Severity

    is_error = finding.severity is Severity.ERROR
    style = "red" if is_error else "yellow"
    output.say(f"  {finding.rule:<4}{finding.severity.value}: {finding.message}", style=style)
    for label, words in (("where", finding.where), ("to do", finding.advice)):
        if words:
            output.say(f"        {label}: {words}")
