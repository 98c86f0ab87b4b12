"""The web app alone: Streamlit serves it itself (`streamlit run generator_app.py`), as hosts do that
know nothing else.

No gate of ours stands before it and it can set no cookie, so each look asks who is looking, and a sign-in
lasts as long as the page is open. The rules are those of `autopilot serve`: without a login it is for
whoever sits at this machine.
"""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import streamlit as st
import structlog

from autopilot.errors import AutopilotError
from autopilot.service.access.entrance import (
    check_entrance,
    is_asked_here,
    is_open,
    prepare_entrance,
)
from autopilot.service.context import App
from autopilot.settings import load_settings
from autopilot.ui.appearance import configure
from autopilot.ui.host import is_served, serve_for
from autopilot.ui.parts.faults import show_fault
from autopilot.wiring import build_app, configure_logging

log = structlog.get_logger(__name__)
SCRIPT = Path(__file__).with_name("app_alone.py")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what Streamlit listens to unless it is told otherwise
_one_at_a_time = threading.Lock()


def prepared_script() -> Path:
    """Set every option, and return the script that Streamlit runs at each click."""
    configure()
    return SCRIPT


def stop_unless_served() -> None:
    """See that this process serves a store; what keeps it from that is told in place of all pages.

    The settings are read at the first look and not before: some hosts give them as Streamlit's secrets.
    """
    try:
        with _one_at_a_time:
            if not is_served():
                _serve()
    except AutopilotError as error:
        log.error("The web app is not shown.", action="page", error=str(error))
        show_fault(error)
        st.stop()


def _serve() -> None:
    settings, address = load_settings(), _address()
    configure_logging(settings.log_format)
    app = build_app(settings)
    try:
        check_entrance(app, address)
        prepare_entrance(app, base=settings.public_url or f"http://{address}")
    except AutopilotError:
        app.close()
        raise
    serve_for(app, is_local=lambda: _is_for_anybody_here(app, address), is_alone=True)


def _is_for_anybody_here(app: App, address: str) -> bool:
    """Whether this look needs no login: no login is set up, and it comes from this machine."""
    return is_open(app, address) and is_asked_here(st.context.headers)


def _address() -> str:
    """The address that Streamlit listens to, as a number; every address where that cannot be told."""
    from streamlit import config

    named = config.get_option("server.address") or EVERYWHERE
    try:
        return str(socket.getaddrinfo(named, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        return EVERYWHERE
