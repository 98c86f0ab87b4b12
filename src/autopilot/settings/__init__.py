"""The environment, read once into one frozen value; every problem is reported at once, by name."""

from autopilot.settings.loading import load_settings
from autopilot.settings.values import Journal, LogFormat, Relay, Settings, Tls
from autopilot.settings.variables import VARIABLES

__all__ = ["VARIABLES", "Journal", "LogFormat", "Relay", "Settings", "Tls", "load_settings"]
