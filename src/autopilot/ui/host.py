"""The host: the one App whose web app this process serves, and what surrounds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autopilot.service.context import App, use
from autopilot.ui import single_sign_on
from autopilot.ui.appearance import assets, configure, script_sources
from autopilot.ui.navigation import PATHS

SCRIPT = Path(__file__).with_name("app.py")
HERE = "http://127.0.0.1:8501"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What a visitor's script run has to know.

    `is_open` says, at each look, whether the web app is for whoever sits at this machine: it listens
    to that alone, and no login is set up. `claims_of` reads a login elsewhere from cookies. Where
    `is_alone`, no pages of ours are beside it: people sign in on the page itself.
    """

    app: App
    is_open: Callable[[], bool]
    claims_of: Callable[[Mapping[str, str]], Mapping[str, Any] | None]
    is_alone: bool = False

    @property
    def is_local(self) -> bool:
        """Whether nobody needs to sign in."""
        return self.is_open()


class NotServed(RuntimeError):
    """A page ran in a process that serves no web app: it was started by itself."""


_hosts: list[Host] = []  # of this process; Streamlit has one script, so there is one


def host() -> Host:
    """Return what this process serves."""
    if not _hosts:
        raise NotServed("Pages are served by `autopilot serve`.")
    return _hosts[-1]


def is_served() -> bool:
    """Whether this process serves a store already."""
    return bool(_hosts)


def serve_for(
    app: App,
    *,
    is_local: bool | Callable[[], bool],
    claims_of: Callable[[Mapping[str, str]], Mapping[str, Any] | None] = lambda _cookies: None,
    is_alone: bool = False,
) -> None:
    """Let this process's pages be those of this App."""
    is_open = is_local if callable(is_local) else lambda: is_local
    _hosts[:] = [Host(app=use(app), is_open=is_open, claims_of=claims_of, is_alone=is_alone)]


class WebApp:
    """The web app as `http.app.build_web` is given it.

    `key` signs its cookies; `base` is where a browser finds it.
    """

    def __init__(
        self, app: App, *, is_open: Callable[[], bool], key: bytes, base: str = HERE
    ) -> None:
        from streamlit.starlette import App as StreamlitApp

        self._base = app.settings.public_url or base
        self._secret = single_sign_on.cookie_secret(key)
        self._has_provider = app.settings.oidc_issuer is not None
        self.is_open = is_open
        configure(cookie_secret=self._secret)
        serve_for(app, is_local=is_open, claims_of=self.claims_of)
        secrets = single_sign_on.secrets_of(app.settings, base=self._base, key=key)
        self._streamlit = StreamlitApp(SCRIPT, secrets=secrets)

    @property
    def app(self) -> Any:
        """What answers."""
        return self._streamlit

    @property
    def paths(self) -> Sequence[str]:
        """The addresses of the pages."""
        return PATHS

    @property
    def lifespan(self) -> Callable[[Any], AbstractAsyncContextManager[None]]:
        """What has to surround all serving."""
        return self._streamlit.lifespan()

    @property
    def assets(self) -> Path:
        """The folder of scripts and styles."""
        return assets() / "static"

    @property
    def script_sources(self) -> Sequence[str]:
        """What `script-src` has to name for the scripts in the page itself."""
        return script_sources((assets() / "index.html").read_text(encoding="utf-8"))

    def way_in(self) -> str | None:
        """The address where a login elsewhere begins, None where there is no provider."""
        return single_sign_on.way_in() if self._has_provider else None

    def claims_of(self, cookies: Mapping[str, str]) -> Mapping[str, Any] | None:
        """The claims of a login elsewhere that these cookies hold, truly; None where they hold none."""
        if not self._has_provider:
            return None
        return single_sign_on.claims_of(cookies, base=self._base, secret=self._secret)
