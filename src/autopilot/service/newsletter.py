"""A newsletter's public face: what anybody may know of a specification, found by its two slugs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from autopilot.domain.channel import ArchiveChannel, EmailChannel
from autopilot.domain.specification import Cadence
from autopilot.errors import NotFound
from autopilot.service.context import App
from autopilot.store import specifications, workspaces
from autopilot.store.specifications import SpecificationRow
from autopilot.store.workspaces import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """What a public page says of a newsletter: its name, whose it is, its colour and its rhythm.

    `sender` is the brand's name, else the workspace's; `subscribes` and `archives` say whether it
    has a public form and a public archive.
    """

    workspace_id: UUID
    specification_id: UUID
    workspace: str
    specification: str
    name: str
    sender: str
    postal_address: str
    color: str
    language: str
    timezone: str
    cadence: Cadence
    subscribes: bool
    archives: bool


def newsletter_at(app: App, workspace: str, specification: str) -> Newsletter:
    """Return the newsletter at these slugs; raises NotFound for a wrong one of either alike.

    One that was cancelled keeps its archive, and takes no subscribers.
    """
    with app.database.read() as connection:
        owner = workspaces.find_workspace(connection, workspace)
        rows = owner and specifications.list_specifications(
            connection, workspace_id=owner.id, slug=specification, with_cancelled=True
        )
    if not owner or not rows:
        raise NotFound("There is no such newsletter.")
    return newsletter_of(owner, rows[0])


def newsletter_of(owner: Workspace, row: SpecificationRow) -> Newsletter:
    """Return the public face of a specification."""
    document = row.document
    mail = [each for each in document.channels if isinstance(each, EmailChannel)]
    return Newsletter(
        workspace_id=owner.id,
        specification_id=row.id,
        workspace=owner.slug,
        specification=row.slug,
        name=document.name,
        sender=owner.brand.name or owner.name,
        postal_address=owner.brand.postal_address,
        color=owner.brand.color,
        language=document.language,
        timezone=owner.timezone,
        cadence=document.cadence,
        # Colleagues are written down by their owner; strangers do not join them.
        subscribes=row.status == specifications.ACTIVE
        and any(not channel.internal for channel in mail),
        archives=any(isinstance(each, ArchiveChannel) for each in document.channels),
    )
