"""Single sign-on: Streamlit's login with a provider of OpenID Connect, and the claims it keeps.

Its routes check signature, issuer, audience and nonce, and keep the claims in a cookie signed with a key
derived from ours. The cookie is read here, so that pages and the gate before them know the same people.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from autopilot.settings import Settings

CALLBACK = "/oauth2callback"
DISCOVERY = "/.well-known/openid-configuration"  # OpenID Connect Discovery, section 4


def cookie_secret(key: bytes) -> str:
    """Return the key of the web app's own cookies."""
    return hmac.digest(key, b"autopilot cookies of the web app", "sha256").hex()


def secrets_of(settings: Settings, *, base: str, key: bytes) -> Mapping[str, Any] | None:
    """Return what Streamlit has to know of the provider, None where there is none.

    `base` is where a browser finds the pages: the provider leads back there.
    """
    if settings.oidc_issuer is None or settings.oidc_client_secret is None:
        return None
    return {
        "auth": {
            "redirect_uri": f"{base}{CALLBACK}",
            "cookie_secret": cookie_secret(key),
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret.get_secret_value(),
            "server_metadata_url": f"{settings.oidc_issuer}{DISCOVERY}",
        }
    }


def claims_of(cookies: Mapping[str, str], *, base: str, secret: str) -> Mapping[str, Any] | None:
    """Return the claims in the cookies of a login, None where there is none or it was not made here."""
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    def read(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(secret, name, value)

    try:
        raw = get_cookie_with_chunks(read, USER_COOKIE_NAME)
        claims = None if raw is None else json.loads(raw)
    except ValueError:
        return None
    if not isinstance(claims, dict) or not claims.get("is_logged_in"):
        return None
    parts = urlsplit(base)
    return claims if claims.get("origin") == f"{parts.scheme}://{parts.netloc}" else None


def way_in() -> str:
    """Return the address where a login begins; good for two minutes."""
    from streamlit.user_info import generate_login_redirect_url

    return generate_login_redirect_url("default")
