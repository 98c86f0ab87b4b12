"""The Settings page: every section, what is shown once, who sees what, what is asked before it is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from service.conftest import Clock, apply
from streamlit.testing.v1 import AppTest
from ui.conftest import HOSTILE, button, opened, specification, words, workspace

from autopilot.domain.access import LOCAL, Grant, Principal, Role
from autopilot.errors import Forbidden, NotFound
from autopilot.service.access.membership import grant, list_members
from autopilot.service.access.people import add_user
from autopilot.service.access.reach import Reach
from autopilot.service.access.tokens import bearer_of_token, create_token, list_tokens
from autopilot.service.audit_trail import audit_page
from autopilot.service.channel_faults import close_channel
from autopilot.service.channel_standing import channels_of, try_channel
from autopilot.service.context import App
from autopilot.service.inviting import invite
from autopilot.service.sending_guard import may_send, stop_sending, why_not
from autopilot.service.workspace_editing import change_workspace
from autopilot.ui import guard

Shown = Callable[..., AppTest]
EVERY = (
    "workspace",
    "members",
    "tokens",
    "channels",
    "mail",
    "money",
    "api-and-tick",
    "my-sessions",
    "backup",
    "audit-log",
)


def told(page: AppTest) -> str:
    return words(page).replace("\\", "")


def sections(page: AppTest) -> list[str]:
    return [str(it) for it in page.pills[0].options]


def look_as(monkeypatch: pytest.MonkeyPatch, seen: Principal) -> None:
    monkeypatch.setattr(guard, "who", lambda: seen)
    monkeypatch.setattr("autopilot.ui.frame.who", lambda: seen)


def name_of(app: App) -> str:
    return Reach(app, LOCAL).workspace(workspace(app)).name


def test_each_section_is_there_by_its_address(app: App, shown: Shown) -> None:
    for name in EVERY:
        page = shown("settings", section=name)
        assert not page.exception, (name, page.exception)
        assert not page.error, (name, told(page))


def test_the_workspace_is_saved_and_every_problem_told(app: App, shown: Shown) -> None:
    page = shown("settings", section="workspace")
    page.text_input(key="workspace-name").set_value("Acme Two")
    page.text_area(key="workspace-owners").set_value("bob@example.org\n\nann@example.org")
    button(page, "Save").click().run()
    assert not page.exception
    it = Reach(app, LOCAL).workspace(workspace(app))
    assert (it.name, it.owners) == ("Acme Two", ("bob@example.org", "ann@example.org"))
    page.text_area(key="workspace-owners").set_value("not an address")
    page.text_input(key="workspace-logo").set_value("javascript:alert(1)")
    button(page, "Save").click().run()
    assert "owners" in told(page)
    assert "logo" in told(page)
    assert Reach(app, LOCAL).workspace(workspace(app)) == it
    assert page.text_area(key="workspace-owners").value == "not an address"


def test_the_second_of_two_editors_is_told_and_keeps_their_text(app: App, shown: Shown) -> None:
    page = shown("settings", section="workspace")
    change_workspace(app, workspace(app), {"name": "Theirs"}, actor="bob")
    page.text_input(key="workspace-name").set_value("Mine")
    button(page, "Save").click().run()
    assert "changed by somebody else" in told(page)
    assert name_of(app) == "Theirs"
    assert page.text_input(key="workspace-name").value == "Mine"
    page.run()
    page.button(key="workspace-reload").click().run()
    assert page.text_input(key="workspace-name").value == "Theirs"


def test_a_budget_is_set_and_taken_back(app: App, shown: Shown) -> None:
    page = shown("settings", section="money")
    page.text_input(key="budget-month").set_value("25")
    button(page, "Save").click().run()
    assert Reach(app, LOCAL).workspace(workspace(app)).budget.month_usd == 25.0
    for refused in ("a lot", "-1", "nan"):
        page.text_input(key="budget-month").set_value(refused)
        button(page, "Save").click().run()
        assert "month_usd" in told(page), refused
    assert Reach(app, LOCAL).workspace(workspace(app)).budget.month_usd == 25.0
    page.text_input(key="budget-month").set_value("")
    button(page, "Save").click().run()
    assert not page.error
    assert Reach(app, LOCAL).workspace(workspace(app)).budget.month_usd is None


def test_a_token_is_shown_once_and_revoked_after_a_question(app: App, shown: Shown) -> None:
    page = shown("settings", section="tokens")
    page.text_input(key="token-name").set_value("reports")
    button(page, "Create").click().run()
    assert not page.exception
    (secret,) = [it.value for it in page.code]
    assert bearer_of_token(app, secret).grants[workspace(app)] == Grant(role=Role.VIEWER)
    button(page, "I have copied it").click().run()
    assert not page.code
    again = shown("settings", section="tokens")
    assert secret not in told(again)
    assert f"…{secret[-4:]}" in told(again)
    button(again, "Revoke").click().run()
    assert list_tokens(app, workspace(app))[0].revoked_at is None
    again.button(key="token-revoke-confirmed").click().run()
    assert list_tokens(app, workspace(app))[0].revoked_at is not None


def test_another_section_forgets_a_secret_that_was_shown(app: App, shown: Shown) -> None:
    page = shown("settings", section="tokens")
    page.text_input(key="token-name").set_value("reports")
    button(page, "Create").click().run()
    assert page.code
    page.pills(key="settings-section").set_value("Money").run()
    page.pills(key="settings-section").set_value("Tokens").run()
    assert not page.code


def test_members_come_change_and_go(app: App, shown: Shown) -> None:
    add_user(app, "op@example.org", actor="test", is_operator=True)
    page = shown("settings", section="members")
    page.text_input(key="invite-email").set_value("new@example.org")
    page.selectbox(key="invite-role").set_value("editor")
    button(page, "Invite").click().run()
    assert not page.error, told(page)
    (member,) = list_members(app, workspace(app))
    assert member.grant == Grant(role=Role.EDITOR)
    assert "/setup/" in page.code[0].value
    page.checkbox(key=f"member-{member.user_id}-send").check().run()
    page.button(key=f"member-{member.user_id}-save").click().run()
    assert list_members(app, workspace(app))[0].grant.may_send
    button(page, "Remove").click().run()
    page.button(key="member-remove-confirmed").click().run()
    assert list_members(app, workspace(app)) == []


def test_only_an_operator_makes_accounts_and_links(app: App) -> None:
    add_user(app, "op@example.org", actor="test", is_operator=True)
    add_user(app, "there@example.org", actor="test")
    admin = Principal(name="adm", grants={workspace(app): Grant(role=Role.ADMIN)})
    given = Grant(role=Role.VIEWER)
    with pytest.raises(NotFound, match="no account"):
        invite(Reach(app, admin), workspace(app), "stranger@example.org", given)
    done = invite(Reach(app, admin), workspace(app), "there@example.org", given)
    assert done.link is None
    editor = Principal(name="ed", grants={workspace(app): Grant(role=Role.EDITOR)})
    with pytest.raises(Forbidden):
        invite(Reach(app, editor), workspace(app), "there@example.org", given)


def test_a_viewer_sees_no_secrets_and_changes_nothing(
    app: App, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Principal(name="vera", grants={workspace(app): Grant(role=Role.VIEWER)})
    look_as(monkeypatch, seen)
    page = shown("settings", section="members")
    assert sections(page) == ["Workspace", "Channels", "Money", "API and tick", "My sessions"]
    assert button(page, "Save").disabled
    assert page.text_input(key="workspace-name").disabled
    page.pills(key="settings-section").set_value("Channels").run()
    assert button(page, "Test").disabled
    for name in EVERY:
        assert not shown("settings", section=name).exception


def test_an_admin_who_is_no_operator_gets_no_backup(
    app: App, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Principal(name="adm", grants={workspace(app): Grant(role=Role.ADMIN)})
    look_as(monkeypatch, seen)
    page = shown("settings", section="backup")
    assert "Backup" not in sections(page)
    assert "Audit log" in sections(page)
    page = shown("settings", section="audit-log")
    assert not page.toggle
    with pytest.raises(Forbidden):
        audit_page(Reach(app, seen), None)
    viewer = Principal(name="v", grants={workspace(app): Grant(role=Role.VIEWER)})
    with pytest.raises(Forbidden):
        audit_page(Reach(app, viewer), workspace(app))


CHANNELS = """
workspace: tests
name: Tests
timezone: UTC
specifications:
  - slug: wires
    name: Wires
    categories: [{id: grid, name: Grid, keywords: [grid]}]
    sources: [{url: "https://example.org/feed.xml"}]
    channels: [{type: folder, path: out}, {type: archive}]
"""


def test_a_folder_gets_a_test_file_that_says_so(app: App, tmp_path: Path) -> None:
    apply(app, CHANNELS)
    reach = Reach(app, LOCAL)
    row = reach.specification(specification(app, "wires"))
    told_ = try_channel(reach, row.id, "folder:out")
    (file,) = app.settings.data_dir.glob("out/*.json")
    assert "[Test] Wires" in file.read_text()
    assert "written to" in told_
    viewer = Principal(name="v", grants={row.workspace_id: Grant(role=Role.EDITOR)})
    with pytest.raises(Forbidden):
        try_channel(Reach(app, viewer), row.id, "folder:out")
    with pytest.raises(NotFound):
        try_channel(reach, row.id, "slack:https://example.org")


def test_a_closed_channel_says_why_and_is_opened_again(app: App, shown: Shown) -> None:
    close_channel(app, specification(app), "archive", "410 Gone <b>")
    page = shown("settings", section="channels")
    assert "410 Gone <b>" in told(page)
    assert "until somebody resumes it" in told(page)
    button(page, "Resume").click().run()
    assert not page.error
    (standing,) = channels_of(Reach(app, LOCAL), workspace(app))
    assert standing.row.paused_until is None
    button(page, "Test").click().run()
    assert not page.error


def test_a_store_that_may_not_send_says_so_and_asks(app: App, shown: Shown) -> None:
    may_send(app)
    stop_sending(app, reason="it was moved", actor="ann")
    page = shown("settings")
    assert "it was moved" in told(page)
    button(page, "Allow sending").click().run()
    assert why_not(app) is not None
    page.button(key="sending-allow-confirmed").click().run()
    assert why_not(app) is None
    assert "it was moved" not in told(page)


def test_a_backup_is_made_and_offered(app: App, shown: Shown) -> None:
    page = shown("settings", section="backup")
    button(page, "Make a backup").click().run()
    assert not page.error, told(page)
    assert "rows" in told(page)
    labels = [it.proto.label for it in page.get("download_button")]
    assert [it for it in labels if it.startswith("Download the backup")]


def test_the_log_is_filtered_and_paged(app: App, shown: Shown, clock: Clock) -> None:
    for number in range(60):
        create_token(app, workspace(app), f"t{number}", Grant(role=Role.VIEWER), actor="ann")
    page = shown("settings", section="audit-log")
    page.selectbox(key="log-noun").set_value("token").run()
    first = token_lines(page)
    assert len(first) == 50
    page.button(key="log-places-next").click().run()
    second = token_lines(page)
    assert len(second) == 10
    assert not first & second
    page.selectbox(key="log-noun").set_value("member").run()
    assert "Nothing of this kind" in told(page)
    page.toggle(key="log-whole").set_value(True).run()
    assert not page.exception


def token_lines(page: AppTest) -> set[str]:
    return {line for line in told(page).splitlines() if "name: t" in line}


def test_nobody_signs_in_where_the_pages_are_local(app: App, shown: Shown) -> None:
    assert "Nobody signs in here" in told(shown("settings", section="my-sessions"))


def test_names_stand_as_they_are_written(awkward: App, shown: Shown) -> None:
    add_user(awkward, "op@example.org", actor="test", is_operator=True)
    grant(
        awkward,
        workspace(awkward, "awkward"),
        "op@example.org",
        Grant(role=Role.VIEWER),
        actor=HOSTILE[1],
    )
    for number, name in enumerate(HOSTILE):
        create_token(
            awkward,
            workspace(awkward, "awkward"),
            name[:100],
            Grant(role=Role.VIEWER),
            actor=HOSTILE[number],
        )
    page = opened("settings", workspace="awkward", section="channels").run()
    for name in HOSTILE:
        assert name in told(page), name
    for name in ("Tokens", "Audit log"):
        page.pills(key="settings-section").set_value(name).run()
        assert not page.exception
        for hostile in HOSTILE[:4]:
            assert hostile in told(page), (name, hostile)
        assert "**bold**" not in words(page)
        assert ":red[x]" not in words(page)
    for name in EVERY:
        assert not opened("settings", workspace="awkward", section=name).run().exception
