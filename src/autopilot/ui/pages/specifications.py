"""Specifications: what each newsletter is about, where it looks, how it speaks and how it looks."""

from __future__ import annotations

from uuid import UUID

from autopilot.ui.guard import Visit, page
from autopilot.ui.specifications.editor import show_stored
from autopilot.ui.specifications.listing import show_list
from autopilot.ui.specifications.places import wanted
from autopilot.ui.specifications.start import show_new


def show(visit: Visit) -> None:
    """Show the list, one specification, or a new one, as the address asks."""
    place = wanted()
    if place is None:
        show_list(visit)
    elif isinstance(place, UUID):
        show_stored(visit, place)
    else:
        show_new(visit)


page(show)
