"""Appearance and behaviour of the web app: set in code, since the environment is not read here."""

from __future__ import annotations

from pathlib import Path

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
    "theme.primaryColor": TEAL,
    "theme.baseRadius": "8px",
    "theme.showWidgetBorder": True,
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f4f6f6",
    "theme.light.textColor": "#16211f",
    "theme.dark.primaryColor": "#2dd4bf",
    "theme.dark.backgroundColor": "#101615",
    "theme.dark.secondaryBackgroundColor": "#1a2322",
    "theme.dark.textColor": "#e6eeec",
}


def configure() -> None:
    """Set every option; call it before the web app is built."""
    from streamlit import config

    for name, value in OPTIONS.items():
        config.set_option(name, value)
