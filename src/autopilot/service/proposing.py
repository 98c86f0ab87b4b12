"""Proposing: keywords for a category of a document, from the articles that its sources have given."""

from __future__ import annotations

from collections.abc import Collection

from autopilot.domain.specification import SpecificationDocument
from autopilot.errors import NotFound
from autopilot.pipeline.select.places import country_code, country_names
from autopilot.pipeline.select.propose import Basis, Proposal, Proposed, propose
from autopilot.service.context import App
from autopilot.service.recent import Recent
from autopilot.service.starting import slug_of
from autopilot.service.stored import WEEKS, articles_of, shelved_of

__all__ = ["Basis", "Proposal", "Proposed", "propose_keywords", "region_named"]
MOST_READ = 3_000
_recent: Recent[Proposed] = Recent()


def propose_keywords(
    app: App, document: SpecificationDocument, category_id: str, *, workspace: str
) -> Proposed:
    """Return keywords for one category of a document that need not be stored, from the newest 3,000
    stored articles of the last weeks. Raises NotFound for a category it does not have.
    """
    category = next((it for it in document.categories if it.id == category_id), None)
    if category is None:
        raise NotFound(f"There is no category {category_id!r} in {document.slug!r}.")
    shelved = shelved_of(app, document, workspace=workspace, weeks=WEEKS)
    taken = tuple(_taken(document, category_id))
    asked = (shelved.state, document.language, category, taken)
    return _recent.get(
        asked,
        lambda: propose(
            articles_of(app, shelved, most=MOST_READ),
            category,
            language=document.language,
            taken=taken,
        ),
    )


def region_named(text: str, language: str, taken: Collection[str]) -> tuple[str, str]:
    """Return id and name of a region from what somebody typed: a country's code or name in either
    language has its ISO code, anything else a short name of its own.
    """
    code = country_code(text, text, language)
    if code is not None and code not in taken:
        is_code = text.upper() == code
        return code, country_names(language)[code][0] if is_code else text
    return slug_of(text, taken), text


def _taken(document: SpecificationDocument, category_id: str) -> list[str]:
    others = [word for it in document.categories if it.id != category_id for word in it.keywords]
    places = [word for it in document.regions for word in (it.name, *it.keywords)]
    return [*others, *places]
