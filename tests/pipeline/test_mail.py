"""Mail: headers nobody breaks out of, a body every mail program reads, the same octets each time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.domain.letter import Letter, Mail
from autopilot.pipeline.check.message import inspect_message
from autopilot.pipeline.mail import Issue, Letterhead, mail_of, mail_to, sender_of
from autopilot.pipeline.mail.body import longest_line, pieces_of, quoted
from autopilot.pipeline.mail.headers import address_header, checked, header
from autopilot.pipeline.write.one_line import one_line

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DELIVERY = UUID("6a0c2a53-6f5d-4f40-9a35-0f9f6a0d7b11")
LINK = "https://news.example.org/u/" + "AbC-_" * 20
HOSTILE = (
    "=?utf-8?q?Prices_rise=0d=0aBcc:_everybody=40example.org?=",
    "=?utf-8?b?YQ0KQmNjOiB4QGV4YW1wbGUub3Jn?=",
    "Prices rise\r\nBcc: everybody@example.org",
    "Prices rise\r\n\r\n<script>alert(1)</script>",
    "Prices\x0brise\x0cnow\x85and\u2028then\u2029more\x1c",
    'Ann" <ann@example.org>, "Bob',
    "Zoë, the \\ first",
    "=?",
    "x" * 2_000,
    "é" * 2_000,
    "word " * 400,
)


def issue(**changes: object) -> Issue:
    given = {
        "subject": "Grid operator plans a line",
        "html": "<p>Grid</p><a href='PLACE'>leave</a>",
        "text": "Grid\n\nLeave:\nPLACE\n",
        "placeholder": "PLACE",
        "sender_name": "Energy News",
        "sender": "news@example.org",
        "list_name": "Energy Weekly",
        "list_id": "energy.acme.example.org",
        "date": NOW,
    }
    return Issue(**given | changes)  # type: ignore[arg-type]


def sent(made: Issue, *, name: str = "", address: str = "ann@example.org") -> Mail:
    return mail_to(Letterhead(made), delivery_id=DELIVERY, address=address, name=name, link=LINK)


def read(mail: Mail) -> EmailMessage:
    return message_from_bytes(mail.content, policy=policy.default)


def names_of(mail: Mail) -> list[str]:
    head = mail.content.partition(b"\r\n\r\n")[0]
    return [line.partition(b":")[0].decode() for line in re.split(rb"\r\n(?![ \t])", head)]


@pytest.mark.parametrize("words", HOSTILE)
def test_words_from_outside_stay_in_their_header(words: str) -> None:
    plain = sent(issue())
    for mail in (
        sent(issue(subject=words)),
        sent(issue(sender_name=words)),
        sent(issue(list_name=words)),
        sent(issue(), name=words),
    ):
        assert names_of(mail) == names_of(plain)
        assert read(mail)["Bcc"] is None
        assert re.search(rb"\r(?!\n)|(?<!\r)\n", mail.content) is None
        assert max(map(len, mail.content.split(b"\r\n"))) <= 998
    assert inspect_message(sent(issue(subject=words)).content) == ()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_a_subject_arrives_as_it_was_written(words: str) -> None:
    mail = sent(issue(subject=words))
    arrived = str(read(mail)["Subject"] or "")
    assert " ".join(arrived.split()) == " ".join(one_line(words).split())
    assert names_of(mail) == names_of(sent(issue()))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_a_name_leaves_its_address_alone(words: str) -> None:
    mail = sent(issue(), name=words)
    (address,) = read(mail)["To"].addresses
    assert address.addr_spec == "ann@example.org"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_a_body_arrives_as_it_was_written_with_the_readers_own_link(
    before: str, after: str
) -> None:
    text = f"{before}PLACE{after}"
    mail = sent(issue(text=text))
    arrived = read(mail).get_body(("plain",))
    assert arrived is not None
    wanted = re.sub(r"\r\n|\r|\n", "\n", text.replace("PLACE", LINK))
    content = arrived.get_payload(decode=True).decode().replace("\r\n", "\n")
    assert content.removesuffix("\n") == wanted.encode("utf-8", "replace").decode().removesuffix(
        "\n"
    )
    assert longest_line(pieces_of(text, "PLACE").with_(quoted(LINK))) <= 76


def test_a_mail_made_again_is_the_same_mail() -> None:
    assert sent(issue()).content == sent(issue()).content


def test_the_text_comes_first_and_both_parts_have_the_link() -> None:
    message = read(sent(issue()))
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert all(LINK in part.get_content() for part in message.iter_parts())
    assert message["List-Unsubscribe"] == f"<{LINK}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"] == f"<{DELIVERY}@example.org>"


def test_an_international_domain_goes_over_the_wire_in_ascii() -> None:
    mail = sent(issue(), address="ann@bücher.example")
    assert mail.recipient == "ann@xn--bcher-kva.example"
    assert sent(issue(), address="änn@example.org").recipient == "änn@example.org"


@pytest.mark.parametrize(
    "head",
    [
        b"From: a\r\nBcc: b\r\n",
        b"From: a\r\nFrom: b\r\n",
        b"From: a\r\n\r\nBody",
        b"From: a\nTo: b\r\n",
        b"From: a\rTo: b\r\n",
        b"From: " + b"a" * 999 + b"\r\n",
        b"From a\r\n",
    ],
)
def test_a_head_that_holds_more_than_its_headers_is_refused(head: bytes) -> None:
    with pytest.raises(ValueError, match="head"):
        checked(head, names=frozenset({"from", "to"}))


def test_headers_refuse_what_would_break_them() -> None:
    assert header("Subject", "a\r\nb") == b"Subject: a b\r\n"
    with pytest.raises(ValueError, match="cannot stand"):
        address_header("To", "", "a@b.org>\r\nBcc: x@y.org")


def test_a_letter_brings_no_header_of_ours_and_no_line_break() -> None:
    letter = Letter(identity="confirm/1", to="ann@example.org", subject="S", text="T")
    mail = mail_of(letter, sender_name="N", sender="news@example.org", at=NOW)
    assert read(mail).get_content() == "T"
    assert (
        mail.content == mail_of(letter, sender_name="N", sender="news@example.org", at=NOW).content
    )
    for headers in ({"Bcc": "x@example.org"}, {"X-A: b\r\nBcc": "x"}):
        bad = Letter(identity="1", to="ann@example.org", subject="S", text="T", headers=headers)
        with pytest.raises(ValueError, match="header"):
            mail_of(bad, sender_name="N", sender="news@example.org", at=NOW)
    broken = Letter(
        identity="1", to="a@example.org", subject="S", text="T", headers={"X-A": "b\r\nBcc: x"}
    )
    made = mail_of(broken, sender_name="N", sender="news@example.org", at=NOW)
    assert read(made)["Bcc"] is None


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("news@example.org", "", "news@example.org"),
        ("Energy News <news@example.org>", "Energy News", "news@example.org"),
        ('"Energy, News" <news@example.org>', "Energy, News", "news@example.org"),
    ],
)
def test_a_sender_is_a_name_and_an_address(text: str, name: str, address: str) -> None:
    assert sender_of(text) == (name, address)


BREACHES = {
    "E1": lambda raw: raw.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
    "E3": lambda raw: raw.replace(b"<p>Grid</p><a href=3D'", b"<p>Grid</p><a href=3D'x"),
    "E5": lambda raw: raw.replace(b"To: ann@example.org", b"To: a@example.org, b@example.org"),
    "E7": lambda raw: raw.replace(b"text/plain", b"text/other"),
}


@pytest.mark.parametrize("rule", BREACHES)
def test_a_breach_of_a_rule_for_mails_is_found(rule: str) -> None:
    raw = sent(issue()).content
    assert inspect_message(raw) == ()
    if rule == "E3":
        raw = raw.replace(quoted(LINK), quoted("https://news.example.org/u/other"), 1)
    else:
        raw = BREACHES[rule](raw)
    assert rule in {found.rule for found in inspect_message(raw)}


def test_lines_that_are_not_of_mail_are_found() -> None:
    raw = sent(issue()).content
    assert "E7" in {found.rule for found in inspect_message(raw.replace(b"\r\n", b"\n"))}
    long = raw.replace(b"Grid", b"G" * 1_200)
    assert "E7" in {found.rule for found in inspect_message(long)}
