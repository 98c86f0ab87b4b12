"""Appearance and behaviour of the web app: set in code, since the environment is not read here."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
ICON = Path(__file__).with_name("icon.svg")
MAX_UPLOAD_MB = 10
TEAL = "#0f766e"
OPTIONS: dict[str, object] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "client.showSidebarNavigation": True,
    "server.maxUploadSize": MAX_UPLOAD_MB,
    "server.maxMessageSize": 50,
    "server.enableStaticServing": False,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "runner.magicEnabled": False,
    "runner.fastReruns": True,
    "global.developmentMode": False,
    "logger.level": "warning",
    "logger.enableRich": False,
    "theme.primaryColor": TEAL,
    "theme.baseRadius": "8px",
    "theme.showWidgetBorder": True,
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f4f6f6",
    "theme.light.textColor": "#16211f",
    "theme.dark.primaryColor": "#10857b",
    "theme.dark.backgroundColor": "#101615",
    "theme.dark.secondaryBackgroundColor": "#1a2322",
    "theme.dark.linkColor": "#5eead4",
    "theme.dark.textColor": "#e6eeec",
}


def configure(*, cookie_secret: str = "") -> None:
    """Set every option; call it before the web app is built."""
    from streamlit import config
    from streamlit.runtime.pages_manager import PagesManager

    # The pages are told by the script; otherwise whoever comes first to the address of a page is
    # shown it by itself, with the folder's files for a menu and none of what the script does.
    PagesManager.uses_pages_directory = False
    for name, value in OPTIONS.items():
        config.set_option(name, value)
    if cookie_secret:
        config.set_option("server.cookieSecret", cookie_secret)


def assets() -> Path:
    """Return the folder of the web framework's page, scripts and styles."""
    from streamlit.file_util import get_static_dir

    return Path(get_static_dir())


def script_sources(page: str) -> Sequence[str]:
    """Return what `script-src` of a Content-Security-Policy has to name for the scripts that stand in a
    page: "'sha256-...'" each (CSP Level 3, section 2.3.1).
    """
    digests = (sha256(script.encode()).digest() for script in _SCRIPT.findall(page))
    return [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]
