"""Backups: a store as one sealed file, and back, on this database or the other one."""
