"""Tick callers: whether somebody outside may make Autopilot tick - by a secret, or by an OIDC token.

A token is checked with the keys that its issuer publishes (OpenID Connect Discovery 1.0), which are
fetched through the one outgoing client and kept for an hour.
"""

from __future__ import annotations

import hmac
import json
import threading
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from autopilot.domain.content import FetchRequest
from autopilot.errors import LoginRequired
from autopilot.service.context import App
from autopilot.settings import Settings

if TYPE_CHECKING:
    from autopilot.adapters.oidc_tokens import Keys

log = structlog.get_logger(__name__)
DISCOVERY = "/.well-known/openid-configuration"
KEYS_KEPT = timedelta(hours=1)
ASK_PAUSE = timedelta(
    minutes=1
)  # whoever sends tokens of unknown keys cannot make us ask more often
WITHIN_SECONDS = 5.0


def takes_ticks(settings: Settings) -> bool:
    """Whether anybody outside may tick at all."""
    return settings.tick_secret is not None or settings.tick_oidc_issuer is not None


def is_tick_secret(app: App, given: str) -> bool:
    """Whether this is the secret; how long that takes says nothing of it."""
    secret = app.settings.tick_secret
    if secret is None:
        return False
    return hmac.compare_digest(_hash(given), _hash(secret.get_secret_value()))


class TickCallers:
    """Knows who may tick; it keeps the keys of the issuer."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._keys: Keys = {}
        self._asked_at: datetime | None = None
        self._good_until: datetime | None = None

    def admit(self, bearer: str) -> str:
        """Return who is calling, for the log; raises LoginRequired for anybody else."""
        if is_tick_secret(self._app, bearer):
            return "secret"
        if self._app.settings.tick_oidc_issuer is None or bearer.count(".") != 2:
            raise _refused()
        return self._admit_token(bearer)

    def _admit_token(self, token: str) -> str:
        from autopilot.adapters.oidc_tokens import Expected, TokenRefused, UnknownKey, check_token

        settings, now = self._app.settings, self._app.clock()
        expected = Expected(
            issuer=settings.tick_oidc_issuer or "",
            audience=settings.tick_oidc_audience or "",
            service_account=settings.tick_oidc_service_account or "",
        )
        try:
            try:
                check_token(token, self._known(now), expected, now)
            except UnknownKey:
                check_token(token, self._known(now, afresh=True), expected, now)
        except TokenRefused as error:
            log.warning("A token that was to tick is refused.", action="tick", reason=str(error))
            raise _refused() from error
        return expected.service_account

    def _known(self, now: datetime, *, afresh: bool = False) -> Keys:
        """The keys: those that are kept, or asked for again where they are old or `afresh`."""
        with self._lock:
            is_old = self._good_until is None or now >= self._good_until
            may_ask = self._asked_at is None or abs(now - self._asked_at) >= ASK_PAUSE
            if (is_old or afresh) and may_ask:
                self._asked_at = now
                if (found := self._fetch()) is not None:
                    self._keys, self._good_until = found, now + KEYS_KEPT
            return self._keys

    def _fetch(self) -> Keys | None:
        """The issuer's keys; None where they cannot be had."""
        from autopilot.adapters.oidc_tokens import TokenRefused, read_keys

        issuer = self._app.settings.tick_oidc_issuer or ""
        body = self._ask(issuer.rstrip("/") + DISCOVERY)
        place = _keys_of(body, issuer)
        keys = None if place is None else self._ask(place)
        if keys is None:
            log.warning("The keys of AUTOPILOT_TICK_OIDC_ISSUER cannot be had.", action="tick")
            return None
        try:
            return read_keys(keys)
        except TokenRefused:
            log.warning("The keys of AUTOPILOT_TICK_OIDC_ISSUER are no keys.", action="tick")
            return None

    def _ask(self, url: str) -> bytes | None:
        (answer,) = self._app.outgoing.fetch_all(
            [FetchRequest(url=url)], within_seconds=WITHIN_SECONDS
        )
        if answer.error is not None:
            log.warning("An issuer does not answer.", action="tick", reason=answer.error)
            return None
        return answer.body


def _keys_of(document: bytes | None, issuer: str) -> str | None:
    """Where the keys are, as the issuer's own document says; never less safe than the issuer itself."""
    try:
        told = json.loads(document or b"")
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("issuer") != issuer:
        return None
    place = told.get("jwks_uri")
    if not isinstance(place, str):
        return None
    is_safe = urlsplit(place).scheme == "https" or urlsplit(issuer).scheme == "http"
    return place if is_safe else None


def _hash(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogateescape")).digest()


def _refused() -> LoginRequired:
    return LoginRequired(
        "The caller is not known.",
        hint="Send the header `Authorization: Bearer SECRET` with AUTOPILOT_TICK_SECRET, "
        "or a token of the service account.",
    )
