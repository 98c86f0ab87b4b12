"""/api/v1/subscribers: people on lists and off them, and whole lists in and out."""

from __future__ import annotations

from typing import Any

import pytest
from api.conftest import V1, Desk
from service.asking import rows

AT = "/subscribers"


def add(desk: Desk, email: str, name: str = "") -> Any:
    given = {"specification_id": desk.specification_id, "email": email, "name": name}
    return desk.ask("POST", AT, given)


def emails(desk: Desk, **params: object) -> list[str]:
    answer = desk.get(AT, specification_id=desk.specification_id, **params)
    assert answer.status_code == 200, answer.text
    return [it["email"] for it in answer.json()["items"]]


def send(desk: Desk, body: str | bytes, more: str = "") -> Any:
    at = f"{V1}{AT}/import?specification_id={desk.specification_id}{more}"
    content = body.encode() if isinstance(body, str) else body
    return desk.client.post(at, content=content, headers={"Content-Type": "text/csv"})


def test_somebody_is_added_once_shown_and_deleted(desk: Desk) -> None:
    first = add(desk, "Ann@Example.org", "Ann Lee")
    assert (first.status_code, first.json()["status"]) == (201, "active")
    again = add(desk, "ann@example.org")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    at = f"{AT}/{first.json()['id']}"
    assert desk.get(at).json()["name"] == "Ann Lee"
    assert desk.ask("DELETE", at).status_code == 204
    assert desk.get(at).status_code == 404
    assert desk.ask("DELETE", at).status_code == 404
    assert rows(desk.app, "subscribers") == []


WRONG = ["", "ann", "ann@", "ann@example.org,bob@example.org", "a@b\r\nBcc: c@d.org", "x" * 400]


@pytest.mark.parametrize("email", WRONG)
def test_what_is_no_address_is_refused(desk: Desk, email: str) -> None:
    assert add(desk, email).status_code == 422
    assert rows(desk.app, "subscribers") == []


def test_a_name_that_a_spreadsheet_would_run_is_refused(desk: Desk) -> None:
    assert add(desk, "ann@example.org", '=HYPERLINK("https://evil")').status_code == 422


def test_lists_are_paged_counted_and_filtered(desk: Desk) -> None:
    for name in ("cid", "ann", "bob", "eve", "dan"):
        add(desk, f"{name}@example.org")
    page = desk.get(AT, specification_id=desk.specification_id, limit=2).json()
    found = [it["email"] for it in page["items"]]
    while page["next"]:
        page = desk.get(
            AT, specification_id=desk.specification_id, limit=2, cursor=page["next"]
        ).json()
        found += [it["email"] for it in page["items"]]
    assert found == [f"{it}@example.org" for it in ("ann", "bob", "cid", "dan", "eve")]
    assert emails(desk, status="pending") == []
    counts = desk.get(f"{AT}/counts", specification_id=desk.specification_id).json()
    assert counts == {"pending": 0, "active": 5, "unsubscribed": 0, "bounced": 0}
    assert desk.get(AT).status_code == 422


def test_a_suppressed_address_gets_nothing_until_it_is_allowed(desk: Desk) -> None:
    add(desk, "ann@example.org")
    given = {"email": "ANN@example.org", "detail": "asked by phone"}
    assert desk.ask("POST", f"{AT}/suppress", given).json() == {"changed": True}
    assert desk.ask("POST", f"{AT}/suppress", given).json() == {"changed": False}
    assert emails(desk, status="active") == []
    assert add(desk, "ann@example.org").status_code == 409
    listed = desk.get(f"{AT}/suppressions").json()
    assert [(it["email"], it["reason"]) for it in listed] == [("ann@example.org", "manual")]
    assert desk.ask("POST", f"{AT}/allow", {"email": "ann@example.org"}).status_code == 200
    assert add(desk, "ann@example.org").status_code == 201
    assert desk.ask("POST", f"{AT}/allow", {"email": "ann@example.org"}).status_code == 404


def test_whole_lists_go_in_and_out_as_csv(desk: Desk) -> None:
    body = "\ufeffE-Mail;Name\nann@example.org;Ann\nbob@example.org;Bob\nANN@example.org;Again\n"
    done = send(desk, body).json()
    assert (done["added"], done["repeated"], done["faulty"]) == (2, 1, 0)
    out = desk.client.get(f"{V1}{AT}/export?specification_id={desk.specification_id}")
    assert out.headers["content-type"].startswith("text/csv")
    assert out.headers["content-disposition"] == 'attachment; filename="energy-subscribers.csv"'
    lines = out.text.splitlines()
    assert lines[0] == "email,name,status,source,since"
    assert [line.split(",")[0] for line in lines[1:]] == ["ann@example.org", "bob@example.org"]
    assert send(desk, out.text).json()["known"] == 2


def test_an_empty_list_is_a_file_with_its_header(desk: Desk) -> None:
    out = desk.client.get(f"{V1}{AT}/export?specification_id={desk.specification_id}")
    assert out.text == "email,name,status,source,since\n"


def test_a_large_list_comes_whole(desk: Desk) -> None:
    people = "".join(f"reader{number:05}@example.org\n" for number in range(2_500))
    assert send(desk, f"email\n{people}").json()["added"] == 2_500
    out = desk.client.get(f"{V1}{AT}/export?specification_id={desk.specification_id}")
    assert len(out.text.splitlines()) == 2_501
    assert len(set(out.text.splitlines())) == 2_501


def test_a_faulty_file_changes_nothing_unless_it_is_to_be_passed_over(desk: Desk) -> None:
    body = "email,name\nann@example.org,Ann\nnobody,X\n"
    refused = send(desk, body)
    assert (refused.status_code, len(refused.json()["problems"])) == (422, 1)
    assert rows(desk.app, "subscribers") == []
    done = send(desk, body, "&skip_faulty=true").json()
    assert (done["added"], done["faulty"]) == (1, 1)
    for strange in (b"", b"\xff\xfe\x00", b"\0", b'email\n"'):
        assert send(desk, strange).status_code == 422, strange
