"""Draws a workspace's own template where it can do no harm: in a sandbox, in a process with limits.

Jinja's sandbox keeps a template from reaching Python; only the limits of a process stop a loop, a
memory bomb or an endless page. The values are plain: texts, numbers, lists and mappings.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Any

from autopilot.errors import AutopilotError
from autopilot.pipeline.render.html import MAX_HTML_OCTETS, SPACERS
from autopilot.pipeline.render.page import Page
from autopilot.pipeline.render.palette import Palette
from autopilot.pipeline.render.saving import Fitted, fit

CHILD = Path(__file__).with_name("custom_child.py")
MAX_TEMPLATE_CHARACTERS = 200_000


class TemplateFailed(AutopilotError):
    """A workspace's own template could not be drawn; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one drawing may take; a drawing of thirty stories takes a tenth of a second and 40 MB."""

    cpu_seconds: int = 2
    wall_seconds: float = 5.0
    memory_bytes: int = 512 * 1024 * 1024
    characters: int = 1_000_000


LIMITS = Limits()


def draw_custom(page: Page, palette: Palette, template: str, limits: Limits = LIMITS) -> str:
    """Return the page in a template that we did not write, under 96,000 octets, styles inlined.

    Raises TemplateFailed where it has faults, takes more than the limits, or stays too large.
    """
    html = fit(page, lambda fitted: _drawn(fitted, palette, template, limits), MAX_HTML_OCTETS)
    if len(html.encode()) > MAX_HTML_OCTETS:
        raise TemplateFailed(
            f"the template's page stays above {MAX_HTML_OCTETS:,} octets, however few stories it"
            " gets; leave out what no story needs"
        )
    return html


def values_of(fitted: Fitted, palette: Palette) -> dict[str, Any]:
    """Return what a template can name: plain values, safe to hand to a stranger."""
    lead = fitted.lead
    return {
        "page": asdict(fitted.page),
        "lead": asdict(lead) if lead else None,
        "cut": fitted.cut,
        "titles": [asdict(item) for item in fitted.titles],
        "untold": fitted.untold,
        "light": asdict(palette.light),
        "dark": asdict(palette.dark),
        "spacers": SPACERS,
    }


def _drawn(fitted: Fitted, palette: Palette, template: str, limits: Limits) -> str:
    if len(template) > MAX_TEMPLATE_CHARACTERS:
        raise TemplateFailed(f"the template has more than {MAX_TEMPLATE_CHARACTERS:,} characters")
    values = values_of(fitted, palette)
    request = {"template": template, "values": values, "limits": asdict(limits)}
    answer = _answer(json.dumps(request).encode(), limits)
    if "html" not in answer:
        raise TemplateFailed(f"the template could not be drawn: {answer['problem']}")
    return str(answer["html"])


def _answer(request: bytes, limits: Limits) -> Mapping[str, Any]:
    most = 6 * limits.characters + 1_000_000  # JSON writes a character in six octets at most
    with subprocess.Popen(  # noqa: S603 - our own file, by its path; the template goes to its input
        [sys.executable, "-I", str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        close_fds=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        clock = Timer(limits.wall_seconds, child.kill)
        clock.start()
        try:
            _give(child.stdin, request)
            said = child.stdout.read(most + 1)
        finally:
            timely = clock.is_alive()
            clock.cancel()
            child.kill()
    return _understood(said if len(said) <= most else b"", limits, timely=timely)


def _give(stream: IO[bytes], request: bytes) -> None:
    """Hand over what to draw; a child that died before it had read all tells by what it says."""
    with suppress(BrokenPipeError):
        stream.write(request)
    with suppress(BrokenPipeError):  # closing tries to write what is left
        stream.close()


def _understood(said: bytes, limits: Limits, *, timely: bool) -> Mapping[str, Any]:
    with suppress(ValueError):
        answer = json.loads(said)
        if isinstance(answer, dict) and answer.keys() & {"html", "problem"}:
            return answer
    if timely:
        return {"problem": f"it took more than {limits.cpu_seconds} s of computing, or crashed"}
    return {"problem": f"it took more than {limits.wall_seconds:g} s"}
