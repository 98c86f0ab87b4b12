"""Parts: what several pages show the same way."""
