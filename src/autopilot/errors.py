"""Every error Autopilot raises on purpose, as one tree.

AutopilotError
├── InputRefused            something a person gave; carries every problem at once
│   ├── SettingsInvalid     the environment
│   ├── DocumentInvalid     a YAML or JSON document
│   ├── RuleInvalid         a schedule's type, config or zone
│   └── BackupUnusable      a backup that is another file, of another key, damaged or not whole
├── LoginRequired           nobody has said who is asking, or not truly
├── Forbidden               who is asking may look at it, and not do this to it
├── NotFound                no such workspace, specification, schedule, run, artifact
├── Conflict                it exists already, or its state does not allow the step
│   └── LeaseLost           the row is no longer ours: stop before the next effect
├── StoreUnavailable        the database cannot be reached, or is locked or full
│   └── SchemaMismatch      the tables are older or newer than this program
├── OutgoingRefused         the guard refused an address; nothing was fetched
├── SourceUnreachable       a feed or page did not answer, or answered nonsense
├── RelayUnusable           the mail relay cannot be used as things are; the mail did not leave
└── ArtifactLost            stored content is missing or does not match its hash

Library errors become one of these at the adapter that saw them, with `from`. Expected outcomes
(a dead feed, an empty selection) are values, not errors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class AutopilotError(Exception):
    """Says what happened, to which thing, and in `hint` what to do next."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with an input.

    `path` is where ("specifications[0].schedules[1].timezone" or a variable's name), `line` and
    `column` count from 1 and are None where the input has no lines; `allowed` and `example` show
    what would have been accepted.
    """

    path: str
    message: str
    allowed: str | None = None
    example: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        where = self.path if self.line is None else f"line {self.line}, {self.path}"
        told = f"{where}: {self.message}" if where else self.message
        if self.allowed:
            told += f"; allowed: {self.allowed}"
        if self.example:
            told += f"; for example: {self.example}"
        return told


class InputRefused(AutopilotError):
    """An input with one or more problems; nothing of it was applied."""

    def __init__(
        self, message: str, problems: Iterable[Problem] = (), *, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  - {problem}" for problem in self.problems)])


class SettingsInvalid(InputRefused):
    """One or more environment variables cannot be used."""


class DocumentInvalid(InputRefused):
    """A document does not follow its format."""


class RuleInvalid(InputRefused):
    """A schedule's rule is malformed, never matches, or matches too often."""


class BackupUnusable(InputRefused):
    """A backup cannot be opened or is not as it was written; nothing of it was restored."""


class LoginRequired(AutopilotError):
    """Who is asking is not known: no key, a wrong, revoked or expired one, or nobody signed in."""


class Forbidden(AutopilotError):
    """The one who asks is known, belongs here and lacks the right that this act needs."""


class NotFound(AutopilotError):
    """The thing asked for is not in this store, or not in this workspace."""


class Conflict(AutopilotError):
    """The store already holds something that excludes this step."""


class LeaseLost(Conflict):
    """Another worker owns the run now, or it has ended; nothing was written."""


class StoreUnavailable(AutopilotError):
    """The database did not do its part; the same call may succeed later."""


class SchemaMismatch(StoreUnavailable):
    """The tables belong to another version of Autopilot."""


class OutgoingRefused(AutopilotError):
    """The outgoing guard refused a scheme, port or address before anything was sent."""


class SourceUnreachable(AutopilotError):
    """A source could not be fetched within its limits."""


class RelayUnusable(AutopilotError):
    """The mail relay, not an address, is at fault; nothing of the mail in hand has left.

    `passing` says that it may be over soon: the connection broke, or the relay is busy.
    """

    def __init__(self, message: str, *, hint: str | None = None, passing: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.passing = passing


class ArtifactLost(AutopilotError):
    """Stored content is gone or altered; it is never shown in place of the right one."""
