"""The demo's own store and document: a fresh folder each time, and a schedule due this minute."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autopilot.domain.specification import Source, WorkspaceDocument

FOLDER = "demo"
OURS = re.compile(r"\d{8}-\d{6}-\w+")  # only folders named like this are ever removed
KEPT_SECONDS = 24 * 60 * 60.0


def fresh_folder() -> Path:
    """Make and return a new folder for one demo; those that lay untouched for a day are removed.

    It lies in the data folder (AUTOPILOT_DATA_DIR or the platform's), under `demo`.
    """
    from platformdirs import user_data_path

    given = os.environ.get("AUTOPILOT_DATA_DIR", "").strip()
    base = Path(given) if given else user_data_path("autopilot", appauthor=False)
    demos = base.expanduser().absolute() / FOLDER
    demos.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=demos))
    for other in demos.iterdir():
        if OURS.fullmatch(other.name) and _is_old(other):
            shutil.rmtree(other, ignore_errors=True)
    return folder


def demo_document(pack: str, sources: Sequence[Source] | None, now: datetime) -> WorkspaceDocument:
    """Return a pack's document with these sources (default: its own) and a slot of this minute."""
    from autopilot.adapters.packs import pack_text
    from autopilot.domain.recurrence.civil_time import zone_of
    from autopilot.domain.specification import ScheduleDocument
    from autopilot.service.configuration.reading import read_document

    document = read_document(pack_text(pack))
    local = now.astimezone(zone_of(document.timezone).info)
    # In the hour that comes twice a wall time means its first pass, which may be over.
    zone, minute = ("UTC", now) if local.fold else (document.timezone, local)
    schedule = ScheduleDocument(
        name="This very minute",
        type="daily",
        config={"times": [f"{minute:%H:%M}"]},
        timezone=zone,
        retries=0,  # who watches wants to hear of a failure now
    )
    first = document.specifications[0]
    changes: dict[str, object] = {"schedules": (schedule,)}
    if sources is not None:
        changes["sources"] = tuple(sources)
    return document.model_copy(update={"specifications": (first.model_copy(update=changes),)})


def _is_old(folder: Path) -> bool:
    try:
        newest = max(item.stat().st_mtime for item in (folder, *folder.iterdir()))
    except OSError:
        return False
    return time.time() - newest > KEPT_SECONDS
