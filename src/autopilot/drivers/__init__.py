"""Drivers: each wakes `tick`, nothing more."""
