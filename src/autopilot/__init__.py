"""Autopilot: newsletters and reports that make themselves, one checked issue per promised time."""

__version__ = "0.1.0"
