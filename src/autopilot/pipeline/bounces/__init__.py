"""Reads what comes back: reports of mail servers, and what relays post about it."""
