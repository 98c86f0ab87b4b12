"""schedules preview --batch: one rule a line in, its next slots a line out, without a store."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn

from autopilot.cli import output
from autopilot.errors import InputRefused, Problem
from autopilot.service.slot_preview import preview_answer, refusal

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def answer_lines(lines: Iterable[bytes], now: datetime) -> Iterator[dict[str, Any]]:
    """Yield one answer for each line, in their order, as soon as it is known; `now` is the default `after`.

    An answer is {"slots", "description", "warnings", "error"}. A line that cannot be used has its
    problems in `error`, one a line of that text, and no slots. Nothing in a line raises.
    """
    for place, line in enumerate(lines):
        try:
            given = _object(line if place else line.removeprefix(_BYTE_ORDER_MARK))
            yield preview_answer(given, now)
        except InputRefused as refused:
            yield refusal("\n".join(str(problem) for problem in refused.problems))
        except Exception as error:  # noqa: BLE001 - one line must not take the others along
            yield refusal(f"internal error: {type(error).__name__}: {str(error)[:300]}")


def run_batch() -> None:
    """Answer standard input on standard output, line by line, until it ends or nobody reads on."""
    from autopilot.wiring import now

    try:
        for answer in answer_lines(sys.stdin.buffer, now()):
            output.show_json(answer, lines=True)
    except BrokenPipeError:
        # The reader has had enough. What is still buffered must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise _only("is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise _only(f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise _only("is not a JSON object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _only(message: str) -> InputRefused:
    example = '{"type": "daily", "config": {"times": ["09:00"]}, "timezone": "Europe/Berlin"}'
    return InputRefused("", [Problem(path="line", message=message, example=example)])
