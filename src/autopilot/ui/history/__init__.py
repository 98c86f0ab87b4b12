"""History: the parts of its page."""
