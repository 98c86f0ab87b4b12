"""Applying a file: everything or nothing, twice is once, and export writes it back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from service.asking import count, only_schedule, only_specification, rows
from service.conftest import MONDAY_NINE, WEEK, Clock, apply, document

from autopilot.domain.schedule import ScheduleStatus
from autopilot.errors import AutopilotError, Conflict, InputRefused, StoreUnavailable
from autopilot.service.configuration import comparing
from autopilot.service.configuration.applying import Applied
from autopilot.service.configuration.changes import Action
from autopilot.service.configuration.exporting import as_yaml, export_document
from autopilot.service.configuration.reading import read_document
from autopilot.service.context import App
from autopilot.service.lookup import workspace_named
from autopilot.service.schedules import disable_schedule, get_autopilot_schedules
from autopilot.store.tables import metadata

ONE, TWO = "https://example.org/one.xml", "https://example.org/two.xml"
TABLES = ["workspaces", "newsletter_specifications", "sources", "autopilot_schedules"]


def told(applied: Applied) -> list[tuple[str, str, str]]:
    return [(str(it.action), it.kind, it.name) for it in applied.changes]


def fields(applied: Applied) -> list[str]:
    return [sentence for change in applied.changes for sentence in change.fields]


def exported(app: App, slug: str | None = None) -> str:
    return as_yaml(export_document(app, workspace_named(app, slug)))


def test_a_file_makes_everything_it_names(app: App) -> None:
    applied = apply(app, document(ONE, TWO))
    assert told(applied) == [
        ("create", "workspace", "acme"),
        ("create", "specification", "energy"),
        ("create", "source", f"energy: {ONE}"),
        ("create", "source", f"energy: {TWO}"),
        ("create", "schedule", "energy: Monday nine"),
    ]
    assert [count(app, table) for table in TABLES] == [1, 1, 2, 1]
    schedule = only_schedule(app)
    assert (schedule.created_by, schedule.next_run_at) == ("ann@example.org", MONDAY_NINE)


def snapshot(app: App) -> dict[str, Any]:
    return {table: [tuple(row) for row in rows(app, table)] for table in metadata.tables}


def test_a_second_time_changes_nothing(app: App) -> None:
    apply(app, document(ONE))
    before = snapshot(app)
    again = apply(app, document(ONE))
    assert (again.changes, again.left_alone) == ((), ())
    assert snapshot(app) == before


def test_a_plan_tells_the_same_and_writes_nothing(app: App) -> None:
    before = snapshot(app)
    planned = apply(app, document(ONE), write=False)
    assert snapshot(app) == before
    assert told(planned) == told(apply(app, document(ONE)))
    before = snapshot(app)
    changed = document(TWO).replace("weekly", "daily", 1)
    planned = apply(app, changed, write=False, prune=True)
    assert snapshot(app) == before
    assert told(planned) == told(apply(app, changed, prune=True))


CHANGES = {
    "the workspace's name": ("name: Acme Research", "name: Acme Labs", "name: Acme Research -> "),
    "its zone": ("timezone: Europe/Berlin", "timezone: Europe/Paris", "timezone: Europe/Berlin ->"),
    "its colour": ("#0f766e", "#123456", "brand.color: #0f766e -> #123456"),
    "its footer": ("Example Street 1", "Example Street 2", "brand.footer: "),
    "the specification's name": ("Energy Weekly", "Energy", "name: Energy Weekly -> Energy"),
    "its cadence": ("cadence: weekly", "cadence: monthly", "cadence: weekly -> monthly"),
    "its categories": ("name: Power grid", "name: Grids", "categories: "),
    "its regions": ("name: Germany", "name: Deutschland", "regions: "),
    "a source's name": ("name: Source 1", "name: The source", "name: Source 1 -> The source"),
    "a schedule's rule": ('["09:00"]', '["10:00"]', "config: "),
    "a schedule's type": (
        'type: weekly, config: {days: [mon], times: ["09:00"]}',
        'type: daily, config: {times: ["09:00"]}',
        "type: weekly -> daily",
    ),
    "a schedule's zone": ('times: ["09:00"]}}', 'times: ["09:00"]}, timezone: UTC}', "timezone: "),
    "a schedule off": ('times: ["09:00"]}}', 'times: ["09:00"]}, enabled: false}', "enabled: True"),
    "a schedule's notes": ('times: ["09:00"]}}', 'times: ["09:00"]}, notes: Hi}', "notes: none"),
    "a schedule's categories": (
        'times: ["09:00"]}}',
        'times: ["09:00"]}, categories_override: [grid]}',
        "categories_override: none -> ",
    ),
    "a schedule's cadence": (
        'times: ["09:00"]}}',
        'times: ["09:00"]}, cadence_override: daily}',
        "cadence_override: none -> daily",
    ),
}


@pytest.mark.parametrize(("old", "new", "sentence"), CHANGES.values(), ids=list(CHANGES))
def test_a_change_is_told_written_and_done_once(
    app: App, old: str, new: str, sentence: str
) -> None:
    apply(app, document(ONE))
    text = document(ONE)
    assert old in text
    changed = apply(app, text.replace(old, new))
    assert [it.action for it in changed.changes] == [Action.CHANGE]
    assert any(it.startswith(sentence) for it in fields(changed)), fields(changed)
    assert apply(app, text.replace(old, new)).changes == ()
    assert read_document(exported(app)) == export_document(app, workspace_named(app, None))


def test_keys_that_are_not_named_keep_their_value(app: App) -> None:
    apply(app, document(ONE).replace('["09:00"]}', '["09:00"]}, timezone: UTC, notes: Hi'))
    short = """
workspace: acme
name: Acme Research
brand: {color: "#0f766e"}
specifications:
  - slug: energy
    name: Energy Weekly
    categories:
      - {id: grid, name: Power grid, keywords: [grid, transmission, interconnector]}
      - {id: storage, name: Storage, keywords: [battery, storage]}
    schedules:
      - {name: Monday nine, type: weekly, config: {days: [mon], times: ["09:00"]}}
"""
    applied = apply(app, short)
    assert (applied.changes, applied.left_alone, applied.warnings) == ((), (), ())
    assert only_schedule(app).notes == "Hi"
    assert only_schedule(app).timezone == "UTC"


def test_a_sources_keys_that_are_not_named_keep_their_value(app: App) -> None:
    apply(app, document(ONE).replace("name: Source 1", "name: Source 1, region: DE, local: true"))
    bare = document(ONE).replace(", name: Source 1", "")
    assert apply(app, bare).changes == ()
    emptied = apply(app, bare.replace('.xml"', '.xml", region: null'))
    assert fields(emptied) == ["region: DE -> none"]


def test_what_is_not_named_is_left_alone_and_listed(app: App) -> None:
    apply(app, document(ONE, TWO))
    text = document(ONE).replace("Monday nine", "Other")
    applied = apply(app, text)
    assert told(applied) == [("create", "schedule", "energy: Other")]
    left = [(str(it.action), it.kind, it.name) for it in applied.left_alone]
    assert left == [
        ("leave", "source", f"energy: {TWO}"),
        ("leave", "schedule", "energy: Monday nine"),
    ]
    assert len(get_autopilot_schedules(app=app)) == 2


def test_an_unnamed_specification_is_left_alone(app: App) -> None:
    apply(app, document(ONE))
    applied = apply(app, "workspace: acme\nname: Acme Research\n")
    assert [(it.kind, it.name) for it in applied.left_alone] == [("specification", "energy")]
    assert applied.changes == ()


def test_pruning_cancels_what_is_not_named(app: App) -> None:
    apply(app, document(ONE, TWO))
    applied = apply(app, document(ONE).replace("Monday nine", "Other"), prune=True)
    assert ("cancel", "source", f"energy: {TWO}") in told(applied)
    assert ("cancel", "schedule", "energy: Monday nine") in told(applied)
    assert applied.left_alone == ()
    assert [it.name for it in get_autopilot_schedules(app=app)] == ["Other"]
    applied = apply(app, "workspace: acme\nname: Acme Research\n", prune=True)
    assert told(applied) == [
        ("cancel", "schedule", "energy: Other"),
        ("cancel", "specification", "energy"),
    ]
    assert only_specification(app).status == "cancelled"
    assert get_autopilot_schedules(app=app) == []
    assert count(app, "sources") == 2


def test_naming_it_again_brings_it_back(app: App) -> None:
    apply(app, document(ONE))
    apply(app, "workspace: acme\nname: Acme Research\n", prune=True)
    back = apply(app, document(ONE))
    assert told(back) == [
        ("change", "specification", "energy"),
        ("create", "schedule", "energy: Monday nine"),
    ]
    assert only_specification(app).status == "active"
    apply(app, document(TWO), prune=True)
    assert "status: cancelled -> active" in fields(apply(app, document(ONE, TWO)))


def test_a_schedule_somebody_paused_stays_paused(app: App, clock: Clock) -> None:
    apply(app, document(ONE))
    disable_schedule(only_schedule(app).id, reason="holiday", app=app)
    assert apply(app, document(ONE)).changes == ()
    assert apply(app, document(ONE).replace('["09:00"]', '["10:00"]')).changes
    schedule = only_schedule(app)
    assert (schedule.status, schedule.status_reason) == (ScheduleStatus.PAUSED, "holiday")
    named = document(ONE).replace('["09:00"]}', '["09:00"]}, enabled: true')
    clock.now = MONDAY_NINE + WEEK / 2
    apply(app, named)
    assert only_schedule(app).next_run_at == MONDAY_NINE + WEEK


def test_a_mended_rule_switches_a_broken_schedule_on_again(app: App) -> None:
    from sqlalchemy import update

    apply(app, document(ONE))
    table = metadata.tables["autopilot_schedules"]
    with app.database.begin() as connection:
        connection.execute(
            update(table).values(
                status="error", enabled=False, next_run_at=None, schedule_config={"days": 5}
            )
        )
    assert "config: " in " ".join(fields(apply(app, document(ONE))))
    schedule = only_schedule(app)
    assert (schedule.status, schedule.next_run_at) == (ScheduleStatus.ACTIVE, MONDAY_NINE)


@pytest.mark.parametrize("verb", ["save_workspace", "save_specification", "add_source"])
def test_nothing_is_half_applied(app: App, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    apply(app, document(ONE))
    before = snapshot(app)
    place = {
        "save_workspace": comparing.workspaces,
        "save_specification": comparing.specifications,
        "add_source": comparing.sources,
    }[verb]

    def stumble(*_: object, **__: object) -> None:
        raise StoreUnavailable("The server was restarted.")

    monkeypatch.setattr(place, verb, stumble)
    changed = document(ONE, TWO).replace("Acme Research", "Labs").replace("Energy Weekly", "Energy")
    with pytest.raises(StoreUnavailable):
        apply(app, changed)
    assert snapshot(app) == before


def test_a_file_with_a_problem_writes_nothing(app: App) -> None:
    before = snapshot(app)
    with pytest.raises(AutopilotError):
        apply(app, document(ONE).replace("days: [mon]", "days: [mon], every: 9"))
    assert snapshot(app) == before


TWO_WORKSPACES = """
workspace: rival
name: Rival
specifications:
  - slug: energy
    name: Energy
    categories: [{id: grid, name: Grid, keywords: [grid]}]
"""


def test_workspaces_do_not_touch_each_other(app: App) -> None:
    apply(app, document(ONE))
    assert len(apply(app, TWO_WORKSPACES, prune=True).changes) == 2
    assert apply(app, document(ONE)).changes == ()
    assert apply(app, TWO_WORKSPACES).changes == ()


RICH = """
workspace: acme
name: "Acme: Research & 'Labs'"
timezone: America/New_York
brand: {name: Ácme ☀, color: "#00AAff", footer: "Line one\\nLine two", logo: "https://example.org/l.png"}
specifications:
  - slug: "007"
    name: "1e3"
    language: de-AT
    cadence: daily
    writer: extractive
    categories:
      - {id: "09", name: "010", description: "yes", keywords: ["08", "1e5", "no", "10:30", "0x1F", "~x", "#tag", "null "], min_stories: 1, max_stories: 2}
      - {id: "null", name: "true"}
      - {id: "1e4", name: ".5"}
    regions: [{id: "NO", name: Norway}, {id: "3e9", name: "- x", keywords: ["12", ": y"]}]
    sources:
      - {url: "https://example.org/z.xml", name: "123", region: "NO", local: true}
      - {url: "https://example.org/a.xml?x=1&y=2#z"}
    schedules:
      - {name: "5", type: custom, config: {cron: "0 9 * * 1-5"}, timezone: UTC, notes: "off", cadence_override: weekly, categories_override: ["09"], regions_override: ["3e9"]}
      - {name: "Paused", type: monthly, config: {days: [1, -1], times: ["09:00"]}, timezone: Asia/Tokyo, enabled: false}
  - slug: empty
    name: Empty
    categories: [{id: a, name: A}]
"""


@pytest.mark.parametrize(
    "text", [RICH, document(TWO, ONE), TWO_WORKSPACES], ids=["rich", "small", "bare"]
)
def test_an_export_applied_to_an_empty_store_exports_alike(
    app: App, new_app: Callable[..., App], new_store: Callable[[str], str], text: str
) -> None:
    apply(app, text)
    first = exported(app)
    assert apply(app, first).changes == ()
    empty = new_app(new_store("sqlite"))
    apply(empty, first)
    assert exported(empty) == first
    assert read_document(first) == export_document(app, workspace_named(app, None))


def test_secrets_are_in_no_export(app: App) -> None:
    apply(app, document(ONE))
    assert "password" not in exported(app)
    assert app.settings.database_url not in exported(app)


def test_a_region_that_goes_must_not_be_named_by_what_stays(app: App) -> None:
    """The file names neither source nor schedule, so both stay and would name what is gone."""
    full = document(ONE).replace("name: Source 1", "name: Source 1, region: DE")
    full = full.replace('["09:00"]}', '["09:00"]}, categories_override: [storage]')
    apply(app, full)
    before = snapshot(app)
    short = """
workspace: acme
name: Acme Research
specifications:
  - slug: energy
    name: Energy Weekly
    regions: []
    categories: [{id: grid, name: Power grid, keywords: [grid]}]
"""
    with pytest.raises(InputRefused) as refused:
        apply(app, short)
    words = str(refused.value)
    assert "'DE'" in words
    assert "'storage'" in words
    assert snapshot(app) == before
    assert read_document(exported(app))


def test_two_files_at_once_leave_one_workspace(app: App, new_app: Callable[..., App]) -> None:
    start = threading.Barrier(3)
    faults: list[BaseException] = []

    def work(own: App) -> None:
        start.wait()
        try:
            apply(own, document(ONE, TWO))
        except Conflict:
            pass  # on PostgreSQL the second one may be told to look again
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    working = [threading.Thread(target=work, args=(new_app(),)) for _ in range(3)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    assert faults == []
    assert [count(app, table) for table in TABLES] == [1, 1, 2, 1]


def test_a_long_list_of_sources_is_applied_and_read_in_its_order(app: App) -> None:
    urls = [f"https://example.org/{(n * 7) % 300}.xml" for n in range(300)]
    apply(app, document(*urls))
    found = export_document(app, workspace_named(app, None)).specifications[0].sources
    assert [source.url for source in found] == urls
