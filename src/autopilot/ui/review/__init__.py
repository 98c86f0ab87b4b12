"""The pieces of the Review page: what waits, one issue with its countdown, and what is done to it."""
