"""From an empty store to autopilot: left and taken up at each step, and nothing is there twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from service.asking import all_runs, count, rows
from service.conftest import Clock

from autopilot.adapters.sample_outgoing import HOST
from autopilot.domain.access import LOCAL, Grant, Principal, Right, Role
from autopilot.domain.channel import ArchiveChannel, EmailChannel
from autopilot.domain.content import Fetched
from autopilot.domain.run import RunStatus
from autopilot.errors import Conflict, DocumentInvalid, Forbidden
from autopilot.service.access.reach import Reach
from autopilot.service.attendance import arrive
from autopilot.service.context import App
from autopilot.service.first_samples import make_of_samples
from autopilot.service.first_steps import (
    FirstStep,
    Standing,
    is_new,
    mail_to,
    pass_over,
    standing,
    switch_on,
)
from autopilot.service.first_topic import (
    LANGUAGES,
    Topic,
    choose_topic,
    make_workspace,
    tell_owner,
)
from autopilot.service.making_now import begin, progress
from autopilot.service.packs import list_packs
from autopilot.service.specifying import change_specification
from autopilot.store.specifications import SpecificationRow

ENERGY = Topic(pack="energy", name="Volt Weekly", zone="Europe/Paris", language="de")


class CutOff:
    """A machine without a network: nothing answers."""

    def fetch_all(self, requests, **_how):  # type: ignore[no-untyped-def]
        return tuple(Fetched(url=it.url, error="no network", unknown_host=True) for it in requests)

    def ask_links(self, urls, **_how):  # type: ignore[no-untyped-def]
        return ()


@pytest.fixture
def reach(app: App) -> Reach:
    return Reach(replace(app, outgoing=CutOff()), LOCAL)


def chosen(reach: Reach, topic: Topic = ENERGY) -> tuple[UUID, SpecificationRow]:
    workspace = choose_topic(reach, None, topic)
    return workspace.id, specification(standing(reach, workspace.id))


def specification(at: Standing) -> SpecificationRow:
    assert at.specification is not None
    return at.specification


def wait() -> None:
    """Until the threads of this process have made what they were asked for."""
    for thread in threading.enumerate():
        if thread.name == "making":
            thread.join(30)


def test_it_begins_with_a_topic(reach: Reach) -> None:
    assert standing(reach, None).step is FirstStep.TOPIC
    workspace_id, row = chosen(reach)
    at = standing(reach, workspace_id)
    assert at.step is FirstStep.ISSUE
    assert (row.document.name, row.document.language) == ("Volt Weekly", "de")
    assert at.workspace is not None
    assert (at.workspace.timezone, at.workspace.brand.name) == ("Europe/Paris", "Volt Weekly")
    assert is_new(reach, workspace_id)


def test_every_pack_can_be_chosen_and_says_what_it_is(reach: Reach) -> None:
    workspace_id = None
    for pack in list_packs():
        assert pack.sections
        assert pack.feeds > 0
        topic = Topic(pack=pack.name, name=pack.title, zone="UTC", language=pack.language)
        workspace_id = choose_topic(reach, workspace_id, topic).id
        assert specification(standing(reach, workspace_id)).document.name == pack.title
    assert len([it for it in rows(reach.app, "newsletter_specifications")
                if it.status == "active"]) == 1  # fmt: skip


def test_choosing_twice_changes_what_is_there(reach: Reach) -> None:
    workspace_id, row = chosen(reach)
    choose_topic(reach, None, ENERGY)
    choose_topic(reach, workspace_id, replace(ENERGY, name="Amp Weekly", zone="UTC"))
    at = standing(reach, workspace_id)
    assert specification(at).id == row.id
    assert specification(at).document.name == "Amp Weekly"
    assert at.workspace is not None
    assert (at.workspace.timezone, at.workspace.brand.name) == ("UTC", "Amp Weekly")
    assert (count(reach.app, "workspaces"), count(reach.app, "newsletter_specifications")) == (1, 1)


def test_another_pack_does_not_take_what_is_on_autopilot_away(reach: Reach) -> None:
    workspace_id, row = chosen(reach)
    switch_on(reach, row.id)
    with pytest.raises(Conflict):
        choose_topic(reach, workspace_id, replace(ENERGY, pack="health-tech"))
    assert specification(standing(reach, workspace_id)).id == row.id


def test_faulty_answers_are_told_and_change_nothing(reach: Reach) -> None:
    for faulty in ({"name": ""}, {"zone": "Mars/Base"}, {"language": "none at all"}):
        with pytest.raises(DocumentInvalid):
            choose_topic(reach, None, replace(ENERGY, **faulty))
    assert count(reach.app, "workspaces") == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_that_is_offered_is_one_of_ours(reach: Reach, language: str) -> None:
    _, row = chosen(reach, replace(ENERGY, language=language))
    assert row.document.language == language


def test_without_a_network_the_issue_is_made_of_samples(reach: Reach, clock: Clock) -> None:
    workspace_id, row = chosen(reach)
    live = begin(reach.app, row.id, actor="ann@example.org")
    wait()
    at = standing(reach, workspace_id)
    assert (at.is_cut_off, at.step, at.issue_id) == (True, FirstStep.ISSUE, None)
    clock.pass_(timedelta(seconds=3))
    arrive(reach.app)  # a worker could not read samples; this process makes it all the same
    made = make_of_samples(reach, row.id)
    assert make_of_samples(reach, row.id).id == made.id
    wait()
    at = standing(reach, workspace_id)
    assert at.run is not None
    assert (at.run.id, at.run.status, at.is_sample_run) == (made.id, RunStatus.SUCCEEDED, True)
    assert (at.has_sample_issue, at.is_cut_off) == (True, False)
    assert {run.id for run in all_runs(reach.app)} == {live.id, made.id}
    assert specification(at).id == row.id
    assert not is_new(reach, workspace_id)


def test_samples_never_become_what_the_newsletter_knows(reach: Reach) -> None:
    workspace_id, row = chosen(reach)
    make_of_samples(reach, row.id)
    wait()
    by_id = {it.id: it for it in rows(reach.app, "newsletter_specifications")}
    made_up = next(it for it in by_id.values() if it.slug.endswith("-samples"))
    assert made_up.status == "cancelled"
    own = {it.id for it in rows(reach.app, "sources") if it.specification_id == row.id}
    assert not any(HOST in it.url for it in rows(reach.app, "sources") if it.id in own)
    assert {it.source_id for it in rows(reach.app, "articles")}.isdisjoint(own)
    assert standing(reach, workspace_id).issue_id is not None


def test_samples_can_be_made_again(reach: Reach) -> None:
    _, row = chosen(reach)
    first = make_of_samples(reach, row.id)
    wait()
    second = make_of_samples(reach, row.id)
    wait()
    assert first.id != second.id
    assert progress(reach.app, second.id).outcome == "draft"
    assert count(reach.app, "newsletter_specifications") == 2


def test_each_step_is_gone_on_from_after_a_restart(
    reach: Reach, new_app: Callable[..., App]
) -> None:
    workspace_id, row = chosen(reach)
    later = Reach(new_app(), LOCAL)
    assert standing(later, workspace_id).step is FirstStep.ISSUE
    make_of_samples(reach, row.id)
    wait()
    assert standing(later, workspace_id).step is FirstStep.ISSUE  # it wants to be looked at
    pass_over(reach, workspace_id, FirstStep.ISSUE)
    assert standing(later, workspace_id).step is FirstStep.DELIVERY
    pass_over(reach, workspace_id, FirstStep.DELIVERY)
    pass_over(reach, workspace_id, FirstStep.DELIVERY)
    assert standing(later, workspace_id).step is FirstStep.SCHEDULE
    first, second = switch_on(reach, row.id), switch_on(reach, row.id)
    assert first.id == second.id
    assert standing(later, workspace_id).step is FirstStep.DONE
    assert (first.type, first.timezone) == ("weekly", "Europe/Paris")
    passed = [it for it in rows(reach.app, "audit_log") if it.action == "first_steps.passed"]
    assert len(passed) == 2


def test_all_of_it_can_be_left_out_but_the_topic(reach: Reach) -> None:
    workspace_id, _ = chosen(reach)
    for step in (FirstStep.ISSUE, FirstStep.DELIVERY, FirstStep.SCHEDULE):
        assert standing(reach, workspace_id).step is step
        pass_over(reach, workspace_id, step)
    assert standing(reach, workspace_id).step is FirstStep.DONE
    assert count(reach.app, "autopilot_schedules") == 0


def test_mail_joins_the_channels_that_are_there(reach: Reach) -> None:
    workspace_id, row = chosen(reach)
    change_specification(
        reach.app, row.id, {"channels": [{"type": "archive"}]}, actor="ann", seen=None
    )
    mail_to(reach, row.id, "me@example.org")
    mail_to(reach, row.id, "me@example.org")
    mail_to(reach, row.id, "you@example.org")
    at = standing(reach, workspace_id)
    assert specification(at).document.channels == (
        ArchiveChannel(type="archive"),
        EmailChannel(type="email", recipients=("me@example.org", "you@example.org"), internal=True),
    )
    assert at.is_done(FirstStep.DELIVERY)
    with pytest.raises(DocumentInvalid):
        mail_to(reach, row.id, "no address")


def test_who_hears_of_failures_is_kept_once(reach: Reach) -> None:
    workspace_id, _ = chosen(reach)
    tell_owner(reach, workspace_id, "me@example.org")
    assert tell_owner(reach, workspace_id, "me@example.org").owners == ("me@example.org",)


def test_whoever_brings_their_own_feeds_has_an_empty_workspace(reach: Reach) -> None:
    workspace = make_workspace(reach, "Europe/Rome")
    assert make_workspace(reach, "Europe/Rome").id == workspace.id
    at = standing(reach, workspace.id)
    assert (at.step, at.specification) == (FirstStep.TOPIC, None)
    assert workspace.timezone == "Europe/Rome"


def test_only_an_operator_makes_a_workspace_and_only_editors_change_one(reach: Reach) -> None:
    with pytest.raises(Forbidden):
        choose_topic(Reach(reach.app, Principal(name="eve")), None, ENERGY)
    workspace_id, row = chosen(reach)
    viewer = Reach(reach.app, Principal(name="vic", grants={workspace_id: Grant(role=Role.VIEWER)}))
    assert viewer.may(Right.READ, workspace_id)
    assert standing(viewer, workspace_id).step is FirstStep.ISSUE
    for act in (
        lambda: choose_topic(viewer, workspace_id, ENERGY),
        lambda: pass_over(viewer, workspace_id, FirstStep.ISSUE),
        lambda: make_of_samples(viewer, row.id),
        lambda: switch_on(viewer, row.id),
        lambda: mail_to(viewer, row.id, "me@example.org"),
        lambda: tell_owner(viewer, workspace_id, "me@example.org"),
    ):
        with pytest.raises(Forbidden):
            act()
    editor = Reach(reach.app, Principal(name="ed", grants={workspace_id: Grant(role=Role.EDITOR)}))
    with pytest.raises(Forbidden):
        mail_to(editor, row.id, "me@example.org")  # whom mails go to needs the right to send
    choose_topic(editor, workspace_id, replace(ENERGY, zone="UTC"))
    at = standing(editor, workspace_id)
    assert at.workspace is not None
    assert at.workspace.timezone == "Europe/Paris"  # the zone is an admin's
