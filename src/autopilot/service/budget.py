"""The budget: who may write the next text, a large model, a small one or none, with the money left.

Every call is counted with the most it can take before it is made, in one transaction with the look
at what was spent; what it really took is written after it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from autopilot.domain.model import MICRO, ModelAnswer, ModelRequest, PriceList
from autopilot.domain.notice import Notice, NoticeKind
from autopilot.domain.recurrence.civil_time import zone_of
from autopilot.service.context import App
from autopilot.service.job import Job
from autopilot.store import notices, usage

CHARACTERS_PER_TOKEN = 3.0  # English has about 4; what is more than was counted is given back
WIDE_FROM = "\u2e80"  # Chinese, Japanese and Korean take about a token a character
OVERHEAD_TOKENS = 200  # what the schema and the server's own marks take


class Cap(StrEnum):
    """Which limit kept a model from being asked."""

    RUN = "run"
    MONTH = "month"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """A call that may be made: the model, and the row that counts it."""

    call_id: UUID
    model: str


class Budget:
    """What one run may spend. Threads may share it.

    `models` are tried in order, the best first; the first whose price still fits is taken.
    """

    def __init__(self, app: App, job: Job, prices: PriceList, models: Sequence[str]) -> None:
        self._app = app
        self._job = job
        self._prices = prices
        self._models = tuple(models)
        limits = job.workspace.budget
        monthly = limits.month_usd if limits.month_usd is not None else app.settings.monthly_budget
        self._caps = {Cap.RUN: _micro(limits.run_usd), Cap.MONTH: _micro(monthly)}

    def reserve(self, request: ModelRequest) -> Reserved | Cap:
        """Return the model that may answer, counted as spent, or the cap that forbids all of them."""
        now = self._app.clock()
        given = estimated_tokens(request.instructions) + estimated_tokens(request.material)
        with self._app.database.begin() as connection:
            usage.hold_workspace(connection, self._job.workspace.id)
            month = usage.spent_since(
                connection, self._job.workspace.id, month_start(now, self._job.workspace.timezone)
            )
            run = usage.spent_in(connection, self._job.run.id)
            reached = Cap.TOKENS
            for model in self._models:
                call = self._call(model, given + OVERHEAD_TOKENS, request.max_output_tokens, now)
                cap = self._exceeded(call, run, month)
                if cap is None:
                    return Reserved(call_id=usage.add_call(connection, call), model=model)
                reached = cap
            return reached

    def settle(self, reserved: Reserved, answer: ModelAnswer) -> None:
        """Write what the call took, also where its answer is of no use."""
        counted = bool(answer.input_tokens or answer.output_tokens)
        if not counted and (answer.error is None or answer.is_lost):
            return  # charged for, and nobody says how much: the most it can be stays
        with self._app.database.begin() as connection:
            if not counted:
                usage.drop_call(connection, reserved.call_id)
                return
            usage.settle_call(
                connection,
                reserved.call_id,
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
                micro_usd=self._prices.micro_usd(
                    reserved.model,
                    input_tokens=answer.input_tokens,
                    output_tokens=answer.output_tokens,
                ),
            )

    def tell_owner(self) -> None:
        """Tell the owner that the month's money is used up, once in a month."""
        now, workspace = self._app.clock(), self._job.workspace
        with self._app.database.begin() as connection:
            usage.hold_workspace(connection, workspace.id)
            since = month_start(now, workspace.timezone)
            if usage.was_told_of_budget(connection, workspace.id, since):
                return
            cap = (self._caps[Cap.MONTH] or 0) / MICRO
            notices.add_notice(
                connection,
                Notice(
                    workspace_id=workspace.id,
                    specification_id=self._job.run.specification_id,
                    schedule_id=self._job.run.schedule_id,
                    run_id=self._job.run.id,
                    kind=NoticeKind.BUDGET,
                    message=(
                        f"The month's {cap:.2f} US dollars for model calls are used up; until the "
                        "month ends, summaries are taken from the sources. Raise budget.month_usd, "
                        "or AUTOPILOT_MONTHLY_BUDGET, to let a model write again."
                    ),
                    at=now,
                ),
            )

    def _call(self, model: str, given: int, most: int, now: datetime) -> usage.Call:
        return usage.Call(
            workspace_id=self._job.workspace.id,
            specification_id=self._job.run.specification_id,
            run_id=self._job.run.id,
            model=model,
            input_tokens=given,
            output_tokens=most,
            micro_usd=self._prices.micro_usd(model, input_tokens=given, output_tokens=most),
            at=now,
        )

    def _exceeded(self, call: usage.Call, run: usage.Spent, month: usage.Spent) -> Cap | None:
        """The first limit that this call could break; an unknown price is bounded by tokens alone."""
        tokens = run.tokens + call.input_tokens + call.output_tokens
        if tokens > self._app.settings.max_tokens_per_run:
            return Cap.TOKENS
        for cap, before in ((Cap.RUN, run), (Cap.MONTH, month)):
            limit = self._caps[cap]
            if limit is None:
                continue
            if limit == 0 or before.micro_usd + (call.micro_usd or 0) > limit:
                return cap
        return None


def month_start(now: datetime, zone: str) -> datetime:
    """Return the instant at which the calendar month of `now` began in a zone."""
    local = now.astimezone(zone_of(zone).info)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text takes, rather too many than too few."""
    wide = sum(char >= WIDE_FROM for char in text)
    return math.ceil((len(text) - wide) / CHARACTERS_PER_TOKEN + wide)


def _micro(usd: float | None) -> int | None:
    return None if usd is None else round(usd * MICRO)
