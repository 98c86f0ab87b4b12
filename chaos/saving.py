"""Saves a document as somebody did a while ago: `python -m chaos.saving FILE INSTANT`.

It goes through the product's own reading, checking and applying; only the clock is set back, so
that slots are due at once instead of at the next full minute.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from autopilot.service.configuration.applying import apply_document
from autopilot.service.configuration.reading import read_document
from autopilot.settings import load_settings
from autopilot.wiring import assemble_app


def main(file: str, saved_at: str) -> None:
    """Apply a document in one transaction at the instant given."""
    app = assemble_app(load_settings())
    before = replace(app, clock=lambda: datetime.fromisoformat(saved_at))
    document = read_document(Path(file).read_text(encoding="utf-8"))
    apply_document(before, document, actor="chaos@example.org")
    app.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
