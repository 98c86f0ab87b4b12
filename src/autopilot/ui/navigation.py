"""Navigation: which pages there are, in which order, and at which addresses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PAGES_FOLDER = Path(__file__).with_name("pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One page: the name of its file and address, what the menu says, its sign, its group.

    One that is not `listed` has an address and no line in the menu.
    """

    name: str
    title: str
    icon: str
    group: str = ""
    listed: bool = True

    @property
    def file(self) -> Path:
        """The script of the page."""
        return PAGES_FOLDER / f"{self.name}.py"


PLACES = (
    Place(name="home", title="Home", icon=":material/home:"),
    Place(name="start", title="First steps", icon=":material/rocket_launch:", listed=False),
    Place(name="autopilot", title="Autopilot", icon=":material/event_repeat:"),
    Place(name="generate", title="Generate", icon=":material/bolt:"),
    Place(name="review", title="Review", icon=":material/rate_review:"),
    Place(name="history", title="History", icon=":material/history:"),
    Place(
        name="specifications", title="Specifications", icon=":material/tune:", group="Newsletter"
    ),
    Place(name="subscribers", title="Subscribers", icon=":material/group:", group="Newsletter"),
    Place(name="settings", title="Settings", icon=":material/settings:", group="Newsletter"),
)
PATHS = tuple(f"/{place.name}" for place in PLACES)
