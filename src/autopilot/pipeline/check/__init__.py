"""Checks a rendered issue, or any page, by the rules of docs/reference/gate.md; writes nothing."""

from __future__ import annotations

from autopilot.pipeline.check.checked import Checked
from autopilot.pipeline.check.found import Found, Mend, report_values
from autopilot.pipeline.check.gate import check, check_bytes, check_html, inspect

__all__ = [
    "Checked",
    "Found",
    "Mend",
    "check",
    "check_bytes",
    "check_html",
    "inspect",
    "report_values",
]
