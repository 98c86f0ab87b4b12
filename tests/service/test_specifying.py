"""Specifying: one specification at a time, by the rules of a whole file, and nobody's edit is lost."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from service.asking import only_specification, rows
from service.conftest import apply, document

from autopilot.domain.access import Grant, Principal, Right, Role
from autopilot.domain.channel import WebhookChannel
from autopilot.errors import Conflict, DocumentInvalid, Forbidden, NotFound
from autopilot.service.access.reach import Reach
from autopilot.service.context import App
from autopilot.service.specification_secrets import allow_channels, masked
from autopilot.service.specifying import (
    cancel_specification,
    change_specification,
    check_specification,
    create_specification,
    document_of,
    fingerprint,
)

ANN = "ann@example.org"
ONE, TWO = "https://example.org/one.xml", "https://example.org/two.xml"
HOOK = "https://hooks.example.org/T0/B0/hidden"
SMALL: dict[str, Any] = {
    "slug": "wind",
    "name": "Wind",
    "categories": [{"id": "grid", "name": "Grid", "keywords": ["grid"]}],
    "sources": [{"url": ONE}],
}


@pytest.fixture
def acme(app: App) -> App:
    apply(app, document(ONE))
    return app


def workspace_id(app: App) -> UUID:
    return only_specification(app).workspace_id


def urls(app: App, identity: UUID) -> list[str]:
    found = [row for row in rows(app, "sources") if row.specification_id == identity]
    return sorted(row.url for row in found if row.status == "active")


def actions(app: App) -> list[str]:
    return [row.action for row in sorted(rows(app, "audit_log"), key=lambda row: row.at)]


def paths(refused: pytest.ExceptionInfo[DocumentInvalid]) -> list[str]:
    return sorted(problem.path for problem in refused.value.problems)


def test_a_specification_is_created_with_its_sources(acme: App) -> None:
    row = create_specification(acme, workspace_id(acme), SMALL, actor=ANN)
    made = document_of(acme, row)
    assert (row.slug, row.status, made.name) == ("wind", "active", "Wind")
    assert [source.url for source in made.sources] == [ONE]
    assert "specification.created" in actions(acme)


def test_what_was_created_can_be_created_again_in_a_file(acme: App) -> None:
    row = create_specification(acme, workspace_id(acme), SMALL, actor=ANN)
    assert check_specification(document_of(acme, row).model_dump(mode="json")) is not None


def test_a_taken_slug_is_a_conflict(acme: App) -> None:
    with pytest.raises(Conflict, match="energy"):
        create_specification(acme, workspace_id(acme), SMALL | {"slug": "energy"}, actor=ANN)


def test_every_problem_is_told_at_once_with_its_path(acme: App) -> None:
    broken = {
        "slug": "Not A Slug",
        "name": "",
        "colour": "red",
        "categories": [{"id": "a", "name": "A", "min_stories": 99}],
        "sources": [{"url": "ftp://example.org"}, {"url": ONE, "region": "XX"}],
    }
    with pytest.raises(DocumentInvalid) as refused:
        create_specification(acme, workspace_id(acme), broken, actor=ANN)
    assert paths(refused) == [
        "categories[0].min_stories", "colour", "name", "slug", "sources[0].url", "sources[1].region",
    ]  # fmt: skip


def test_cells_of_what_is_not_listed_are_told(acme: App) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        create_specification(
            acme,
            workspace_id(acme),
            SMALL | {"cells": [{"category": "nowhere", "region": "XX"}]},
            actor=ANN,
        )
    assert len(refused.value.problems) == 1
    assert "nowhere" in refused.value.problems[0].message


def test_an_unknown_template_and_schedules_are_refused(acme: App) -> None:
    for key, value in (("template", "no-such"), ("schedules", [{"name": "x"}])):
        with pytest.raises(DocumentInvalid) as refused:
            create_specification(acme, workspace_id(acme), SMALL | {key: value}, actor=ANN)
        assert paths(refused) == [key]


def test_an_unknown_workspace_has_no_specifications(acme: App) -> None:
    with pytest.raises(NotFound):
        create_specification(acme, uuid4(), SMALL, actor=ANN)


def test_keys_that_are_not_named_keep_what_they_have(acme: App) -> None:
    row = only_specification(acme)
    changed = change_specification(acme, row.id, {"name": "Power"}, actor=ANN, seen=None)
    assert changed.document.name == "Power"
    assert changed.document.categories == row.document.categories
    assert urls(acme, row.id) == [ONE]


def test_listed_sources_are_all_there_is(acme: App) -> None:
    row = only_specification(acme)
    change_specification(acme, row.id, {"sources": [{"url": TWO}]}, actor=ANN, seen=None)
    assert urls(acme, row.id) == [TWO]
    change_specification(
        acme, row.id, {"sources": [{"url": ONE}, {"url": TWO}]}, actor=ANN, seen=None
    )
    assert urls(acme, row.id) == [ONE, TWO]


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(acme: App) -> None:
    row = only_specification(acme)
    for of_document in (False, True):
        seen = fingerprint(document_of(acme, row) if of_document else row)
        name = f"First with {seen}"
        newer = change_specification(acme, row.id, {"name": name}, actor=ANN, seen=seen)
        with pytest.raises(Conflict, match="Somebody else"):
            change_specification(acme, row.id, {"name": "Second"}, actor="bob", seen=seen)
        assert only_specification(acme).document.name == name
        row = newer


def test_a_source_added_meanwhile_is_seen_by_whoever_edits_the_sources(acme: App) -> None:
    row = only_specification(acme)
    seen = fingerprint(document_of(acme, row))
    change_specification(
        acme, row.id, {"sources": [{"url": ONE}, {"url": TWO}]}, actor=ANN, seen=seen
    )
    with pytest.raises(Conflict):
        change_specification(acme, row.id, {"sources": [{"url": ONE}]}, actor="bob", seen=seen)
    assert urls(acme, row.id) == [ONE, TWO]


def test_a_category_that_a_schedule_names_cannot_go(app: App) -> None:
    text = document(ONE).replace(
        'times: ["09:00"]}}', 'times: ["09:00"]}, categories_override: [storage]}'
    )
    apply(app, text)
    row = only_specification(app)
    with pytest.raises(DocumentInvalid) as refused:
        change_specification(app, row.id, {"categories": SMALL["categories"]}, actor=ANN, seen=None)
    assert paths(refused) == ["categories"]
    assert "Monday nine" in str(refused.value)


def test_the_slug_stays(acme: App) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        change_specification(
            acme, only_specification(acme).id, {"slug": "other"}, actor=ANN, seen=None
        )
    assert paths(refused) == ["slug"]


def test_a_change_to_what_it_is_changes_nothing(acme: App) -> None:
    row = only_specification(acme)
    before = (actions(acme), rows(acme, "newsletter_specifications"), rows(acme, "sources"))
    given = document_of(acme, row)
    change_specification(acme, row.id, given, actor=ANN, seen=fingerprint(given))
    assert (actions(acme), rows(acme, "newsletter_specifications"), rows(acme, "sources")) == before


def test_cancelling_takes_the_schedules_along_and_creating_brings_it_back(acme: App) -> None:
    row = only_specification(acme)
    for _ in range(2):
        cancel_specification(acme, row.id, actor=ANN)
    assert [it.status for it in rows(acme, "autopilot_schedules")] == ["cancelled"]
    with pytest.raises(Conflict, match="cancelled"):
        change_specification(acme, row.id, {"name": "X"}, actor=ANN, seen=None)
    again = create_specification(
        acme, row.workspace_id, SMALL | {"slug": "energy", "sources": []}, actor=ANN
    )
    assert (again.id, again.status, again.document.name) == (row.id, "active", "Wind")
    assert urls(acme, row.id) == []
    assert again.document.regions == ()


def test_the_audit_log_has_the_keys_and_no_values(acme: App) -> None:
    row = only_specification(acme)
    hooks = {"channels": [{"type": "webhook", "url": HOOK}], "sources": [{"url": TWO}]}
    change_specification(acme, row.id, hooks, actor=ANN, seen=None)
    (noted,) = [it for it in rows(acme, "audit_log") if it.action == "specification.edited"]
    assert noted.detail == {"slug": "energy", "changes": ["channels", "sources"]}
    assert noted.actor == ANN


def test_a_masked_address_that_comes_back_is_the_stored_one(acme: App) -> None:
    row = only_specification(acme)
    hooks = {"channels": [{"type": "webhook", "url": HOOK}]}
    row = change_specification(acme, row.id, hooks, actor=ANN, seen=None)
    shown = masked(document_of(acme, row))
    assert "hidden" not in shown.model_dump_json()
    kept = change_specification(
        acme, row.id, shown.model_dump(mode="json", exclude={"schedules"}), actor=ANN, seen=None
    )
    assert kept.document.channels == (WebhookChannel(type="webhook", url=HOOK),)


def test_a_mask_of_nothing_is_refused(acme: App) -> None:
    hooks = {"channels": [{"type": "webhook", "url": "https://hooks.example.org/***"}]}
    with pytest.raises(DocumentInvalid) as refused:
        change_specification(acme, only_specification(acme).id, hooks, actor=ANN, seen=None)
    assert paths(refused) == ["channels[0].url"]


CHANNELS = {
    "a webhook": ({"type": "webhook", "url": HOOK}, Role.ADMIN),
    "a folder": ({"type": "folder", "path": "/etc"}, None),
    "a variable": ({"type": "webhook", "url": HOOK, "secret_env": "AUTOPILOT_SECRET_KEY"}, None),
}


@pytest.mark.parametrize("name", CHANNELS)
def test_channels_are_for_admins_and_what_reaches_beyond_for_operators(
    acme: App, name: str
) -> None:
    channel, least = CHANNELS[name]
    row = only_specification(acme)
    wanted = check_specification(SMALL | {"channels": [channel]})
    for role in (Role.EDITOR, Role.ADMIN):
        reach = Reach(acme, Principal(name="x", grants={row.workspace_id: Grant(role=role)}))
        if role is least:
            allow_channels(reach, row.workspace_id, row.document, wanted)
            continue
        if role is Role.ADMIN or not reach.may(Right.MANAGE, row.workspace_id):
            with pytest.raises(Forbidden):
                allow_channels(reach, row.workspace_id, row.document, wanted)
    operator = Reach(acme, Principal(name="op", is_operator=True))
    allow_channels(operator, row.workspace_id, row.document, wanted)
