"""The gate: what a finished issue was found to do wrong, rule by rule, and its score."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ERROR_POINTS, WARNING_POINTS = 20, 4


class Severity(StrEnum):
    """An error keeps an issue from being sent; a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One breach of one rule: `rule` as in docs/reference/gate.md ("E8"), where, and what to do."""

    rule: str
    severity: Severity
    message: str
    where: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the gate found, and the rules it checked."""

    checked: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep the issue from being sent."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)

    @property
    def passes(self) -> bool:
        """Whether the issue may be sent."""
        return not self.errors

    @property
    def score(self) -> int:
        """100 for a faultless issue, less 20 an error and 4 a warning, never below 0."""
        lost = sum(
            ERROR_POINTS if each.severity is Severity.ERROR else WARNING_POINTS
            for each in self.findings
        )
        return max(0, 100 - lost)
