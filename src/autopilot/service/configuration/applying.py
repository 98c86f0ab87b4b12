"""Applying a configuration file: everything or nothing, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autopilot.domain.channel import EmailChannel
from autopilot.domain.specification import WorkspaceDocument
from autopilot.errors import DocumentInvalid
from autopilot.service.configuration.changes import Action, Change, Comparison
from autopilot.service.configuration.comparing import compare
from autopilot.service.configuration.dangling import dangling
from autopilot.service.configuration.looks import unusable_templates
from autopilot.service.context import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a file changed, what it left alone, and what its author should know."""

    workspace: str
    changes: tuple[Change, ...]
    left_alone: tuple[Change, ...]
    warnings: tuple[str, ...]


def apply_document(
    app: App, document: WorkspaceDocument, *, actor: str, prune: bool = False, write: bool = True
) -> Applied:
    """Bring the store to what the document says and return what changed.

    A second call changes nothing. With `write` False nothing is written: the changes are only
    shown. With `prune` what the document does not name is cancelled. Raises DocumentInvalid when
    something that stays would name a category or region that goes, or a template cannot be used.
    """
    if problems := tuple(unusable_templates(document, app.settings.data_dir)):
        raise DocumentInvalid("The file names templates that cannot be used:", problems)
    transaction = app.database.begin() if write else app.database.read()
    with transaction as connection:
        comparison = Comparison(connection=connection, now=app.clock(), actor=actor, prune=prune)
        _refuse_dangling(comparison, document)
        found = tuple(compare(comparison, document))
        for change in found:
            if write and change.effect is not None:
                change.effect(connection)
    return Applied(
        workspace=document.workspace,
        changes=tuple(change for change in found if change.action is not Action.LEAVE),
        left_alone=tuple(change for change in found if change.action is Action.LEAVE),
        warnings=(*_warnings(document), *_unsendable(app, document)),
    )


def _refuse_dangling(comparison: Comparison, document: WorkspaceDocument) -> None:
    problems = tuple(dangling(comparison, document))
    if problems:
        raise DocumentInvalid("The file does not fit what is in the store:", problems)


def _unsendable(app: App, document: WorkspaceDocument) -> Iterator[str]:
    """Say where mails will wait, and for what; issues are made all the same."""
    for specification in document.specifications:
        mail = [each for each in specification.channels if isinstance(each, EmailChannel)]
        if mail:
            from autopilot.service.mail_copies import why_unfit  # late: most files send no mail

            reason = why_unfit(app, specification, len(mail[0].recipients))
            if reason is not None:
                yield f"{specification.slug}: its mails wait, and its issues are made: {reason}."


def _warnings(document: WorkspaceDocument) -> list[str]:
    told: list[str] = []
    for specification in document.specifications:
        if not specification.sources and "sources" in specification.model_fields_set:
            told.append(
                f"{specification.slug} has no sources yet: its runs are skipped until it has some."
            )
        told += [
            f"{specification.slug}: the category {category.id!r} has no keywords and finds nothing."
            for category in specification.categories
            if not category.keywords
        ]
    return told
