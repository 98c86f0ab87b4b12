"""Autopilot beside other schedulers and queues: speed, lateness, idle cost, next runs."""
