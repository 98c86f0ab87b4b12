"""/metrics: the installation in numbers, for Prometheus. It names nobody, and not everybody may ask."""

from __future__ import annotations

import platform
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from autopilot import __version__
from autopilot.errors import StoreUnavailable
from autopilot.http.bearer import bearer_of
from autopilot.service.metering import Gauge
from autopilot.service.tick_callers import is_tick_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from prometheus_client.metrics_core import Metric
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autopilot.service.context import App
    from autopilot.service.metering import Figures

QUANTILES = (0.5, 0.95, 0.99, 1.0)
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers of a request that came from elsewhere, through a proxy on this machine."""


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the address that Prometheus scrapes."""
    gauge = Gauge()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Numbers(app, gauge))

    async def metrics(request: Request) -> Response:
        """404 for whoever may not ask; 503 where the store does not answer."""
        if not (is_tick_secret(app, bearer_of(request)) or is_from_here(request)):
            raise HTTPException(404)
        try:
            text = await run_in_threadpool(generate_latest, registry)
        except StoreUnavailable:
            text = b"# The store does not answer.\n"
            return Response(text, status_code=503, media_type="text/plain")
        return Response(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    return [Route("/metrics", metrics)]


def is_from_here(request: Request) -> bool:
    """Whether a program on this machine asks by itself, not for somebody elsewhere."""
    if request.client is None or any(name in request.headers for name in PASSED_ON):
        return False
    try:
        asked = urlsplit(f"//{request.headers.get('host', '')}").hostname
        return asked in LOCAL_NAMES and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class Numbers(Collector):
    """Gives the figures their names."""

    def __init__(self, app: App, gauge: Gauge) -> None:
        self._app, self._gauge = app, gauge

    def collect(self) -> Iterator[Metric]:
        """Yield every number of one reading."""
        return numbers(self._gauge.figures(self._app), self._app)


def numbers(it: Figures, app: App) -> Iterator[Metric]:
    """Yield figures as metrics."""
    yield _info(app)
    yield from _counted(it)
    yield from _held_against_thresholds(it)


def _counted(it: Figures) -> Iterator[Metric]:
    yield _by(it.things, "autopilot_things", "Things there are, by kind.", "kind")
    yield _one("autopilot_workers", "Workers believed alive.", it.workers)
    if it.last_tick_at is not None:
        at = it.last_tick_at.timestamp()
        yield _one("autopilot_last_tick_timestamp_seconds", "When a tick last ended well.", at)
        age = max((it.at - it.last_tick_at).total_seconds(), 0.0)
        yield _one("autopilot_last_tick_age_seconds", "How long ago that is.", age)
    yield _one("autopilot_slots_due", "Slots whose time has come and that are not planned.", it.due)
    yield _one("autopilot_slots_overdue", "Those due for more than five minutes.", it.overdue)
    yield _one("autopilot_runs_queued", "Runs that wait for a worker.", it.queued)
    yield _one("autopilot_runs_running", "Runs that a worker has.", it.running)
    yield _by(it.runs, "autopilot_runs_24h", "Runs made in the last 24 hours, by status.", "status")
    yield _lateness(it)
    told = "Deliveries written down in the last 24 hours, by status."
    yield _by(it.deliveries, "autopilot_deliveries_24h", told, "status")
    yield _one("autopilot_deliveries_waiting", "Deliveries that have not ended.", it.to_deliver)
    yield _one("autopilot_sending_allowed", "1 where mail may leave this store.", it.may_send)
    told = "Sources that failed three times in a row or more."
    yield _one("autopilot_sources_failing", told, it.failing_sources)
    told = "What model calls took since the first of the month (UTC)."
    yield _one("autopilot_model_usd_this_month", told, it.usd_this_month)
    told = "Workspaces with a monthly limit for models, by what is left of it."
    yield _by(it.budgets, "autopilot_budgets", told, "left")


def _held_against_thresholds(it: Figures) -> Iterator[Metric]:
    """What there is an alert for, and the thresholds, which are settings."""
    found = it.measured
    if found.ticks.last is not None and found.ticks.slowest is not None:
        told = "How long the last tick took, without the making of issues."
        yield _one("autopilot_tick_seconds", told, found.ticks.last)
        told = "How long the slowest tick of the last 24 hours took."
        yield _one("autopilot_slowest_tick_seconds", told, found.ticks.slowest)
    told = "Slots' runs of the last 24 hours that began past the threshold."
    yield _one("autopilot_runs_late_24h", told, len(found.late))
    told = "Slots that are due for longer than the threshold and are not begun."
    yield _one("autopilot_runs_waiting_late", told, found.waiting.count)
    told = "Failed runs among those of the last 24 hours that failed or succeeded."
    yield _one("autopilot_failure_ratio_24h", told, found.failure_ratio)
    if found.uptime is not None:
        told = "The share of the last 30 days in which a worker was there."
        yield _one("autopilot_worker_uptime_ratio_30d", told, found.uptime.ratio)
    told = "What the settings say is too much, in seconds or as a share."
    yield _by(it.thresholds, "autopilot_alert_threshold", told, "alert")


def _info(app: App) -> Metric:
    store = "postgresql" if app.database.is_postgres else "sqlite"
    value = {"version": __version__, "python": platform.python_version(), "store": store}
    return InfoMetricFamily("autopilot_build", "What is running.", value=value)


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=float(value))


def _by(values: Mapping[str, float], name: str, told: str, label: str) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


def _lateness(it: Figures) -> Metric:
    told = "By how much the slots' runs of the last 24 hours began after their time."
    family = GaugeMetricFamily("autopilot_lateness_seconds", told, labels=["quantile"])
    for quantile in QUANTILES:
        family.add_metric([f"{quantile:g}"], it.lateness_at(quantile))
    return family
