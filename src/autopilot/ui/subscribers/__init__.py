"""Subscribers: the parts of its page."""
