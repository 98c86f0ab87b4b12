"""The host: the one App whose web app this process serves, and what surrounds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autopilot.service.context import App, use
from autopilot.ui.appearance import configure
from autopilot.ui.navigation import PATHS

SCRIPT = Path(__file__).with_name("app.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What a visitor's script run has to know. `is_local`: bound to this machine, no login set up."""

    app: App
    is_local: bool


class NotServed(RuntimeError):
    """A page ran in a process that serves no web app: it was started by itself."""


_hosts: list[Host] = []  # of this process; Streamlit has one script, so there is one


def host() -> Host:
    """Return what this process serves."""
    if not _hosts:
        raise NotServed("Pages are served by `autopilot serve`.")
    return _hosts[-1]


def serve_for(app: App, *, is_local: bool) -> None:
    """Let this process's pages be those of this App."""
    _hosts[:] = [Host(app=use(app), is_local=is_local)]


class WebApp:
    """The web app as `http.app.build_web` is given it."""

    def __init__(
        self, app: App, *, is_local: bool, secrets: Mapping[str, Any] | None = None
    ) -> None:
        from streamlit.runtime.pages_manager import PagesManager
        from streamlit.starlette import App as StreamlitApp

        configure()
        # Else the first visitor of a process gets the folder `pages` as a menu, without the frame.
        PagesManager.uses_pages_directory = False
        serve_for(app, is_local=is_local)
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
