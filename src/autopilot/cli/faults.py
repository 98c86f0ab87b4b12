"""Faults: an error as words on standard error or as JSON on standard output, and as an exit code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import typer

from autopilot.cli import output
from autopilot.errors import (
    AutopilotError,
    Conflict,
    InputRefused,
    NotFound,
    Problem,
    StoreUnavailable,
)

OK = 0
FAILED = 1
REFUSED = 2
NOT_THERE = 3
STORE = 4
SKIPPED = 5
INTERNAL = 70
INTERRUPTED = 130

CODES: tuple[tuple[type[AutopilotError], int], ...] = (
    (InputRefused, REFUSED),
    (NotFound, NOT_THERE),
    (Conflict, NOT_THERE),
    (StoreUnavailable, STORE),
    (AutopilotError, FAILED),
)


def is_expected(error: BaseException) -> bool:
    """Whether an error is an outcome that commands foresee and not a fault of ours."""
    return isinstance(error, (AutopilotError, typer.TyperException)) or _names_a_file(error)


def exit_code(error: BaseException) -> int:
    """Return the exit code of an error, by the table of docs/reference/exit-codes.md."""
    if isinstance(error, typer.TyperException):
        return error.exit_code
    for kind, code in CODES:
        if isinstance(error, kind):
            return code
    return FAILED if is_expected(error) else INTERNAL


def tell(error: Exception, *, as_json: bool) -> int:
    """Say what happened, for people or for a program, and return the exit code."""
    told = _told(error)
    if as_json:
        output.show_json({"error": told})
    else:
        _write(told)
    return exit_code(error)


def _told(error: Exception) -> dict[str, Any]:
    """The error as JSON: type, message, hint and every problem."""
    told: dict[str, Any] = {
        "type": type(error).__name__,
        "message": "",
        "hint": None,
        "problems": [],
    }
    if isinstance(error, AutopilotError):
        told |= {"message": error.message, "hint": error.hint}
        if isinstance(error, InputRefused):
            told["problems"] = [problem_values(problem) for problem in error.problems]
    elif isinstance(error, typer.TyperException):
        told |= {"type": "UsageError", "message": error.format_message(), "hint": _usage(error)}
    elif _names_a_file(error) and isinstance(error, OSError):
        told["message"] = f"{error.filename} cannot be used: {error.strerror}."
    else:
        told |= _internal(error)
    told["message"] = _as_sentence(told["message"])
    return told


def _as_sentence(message: str) -> str:
    """Begin with a capital letter, unless the first word is an address or the name of a file."""
    first = message.partition(" ")[0].rstrip(".,:;")
    return message if set(first) & set("./:_") else message[:1].upper() + message[1:]


def problem_values(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON."""
    return {
        "path": problem.path,
        "message": problem.message,
        "allowed": problem.allowed,
        "example": problem.example,
        "line": problem.line,
        "column": problem.column,
    }


def _write(told: dict[str, Any]) -> None:
    output.complain(f"Error: {told['message']}", style="bold red")
    for problem in told["problems"]:
        for line in _lines(problem):
            output.complain(line)
    if told["hint"]:
        output.complain(told["hint"])


def _lines(problem: dict[str, Any]) -> Iterator[str]:
    where = problem["path"]
    if problem["line"] is not None:
        place = f"line {problem['line']}"
        place += f", column {problem['column']}" if problem["column"] is not None else ""
        where = f"{place}, {where}" if where else place
    yield f"  - {where}: {problem['message']}" if where else f"  - {problem['message']}"
    for key in ("allowed", "example"):
        if problem[key]:
            yield f"      {key}: {problem[key]}"


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "autopilot"
    return f"See: {command} --help"


def _names_a_file(error: BaseException) -> bool:
    """Whether the machine refused a named file: permissions, a full disk, a folder in the way."""
    return isinstance(error, OSError) and error.filename is not None and error.strerror is not None


def _internal(error: Exception) -> dict[str, Any]:
    error_id = uuid4().hex[:8]
    again = "Run it again with AUTOPILOT_DEBUG=1 to see the full trace"
    return {
        "message": f"internal error {error_id}: {type(error).__name__}: {str(error)[:300]}",
        "hint": again if not os.environ.get("AUTOPILOT_DEBUG") else None,
    }
