"""The extractive summary as the scorer of public summary sets calls it."""

from __future__ import annotations

from autopilot.pipeline.write.extract import excerpt


def extract(title: str, text: str, n: int) -> str:
    """Return at most about `n` lead sentences of `text` as the writer would print them."""
    return excerpt(title, text, sentences=n)
