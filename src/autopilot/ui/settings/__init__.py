"""Settings: the parts of its page."""
