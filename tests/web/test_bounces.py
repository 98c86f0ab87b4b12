"""Bounces: what relays post and mail servers send ends an address, or is only counted."""

from __future__ import annotations

import json
import mailbox
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from web.conftest import delivery, ids
from web.test_subscribe import status
from web.test_unsubscribe import off

from autopilot.adapters.mailbox import read_mails
from autopilot.domain.bounce import BounceKind
from autopilot.domain.signing import Purpose, read_token
from autopilot.domain.subscriber import SubscriberStatus, SuppressionReason
from autopilot.errors import InputRefused, SourceUnreachable
from autopilot.pipeline.bounces.posted import read_posted
from autopilot.pipeline.bounces.reports import kind_of, read_report
from autopilot.service.bounces import hear_mails, hook_url
from autopilot.service.context import App
from autopilot.service.lookup import specification_named, workspace_named
from autopilot.service.secret import secret_key
from autopilot.service.subscribers import add_subscriber

HARD = (Path(__file__).parent / "reports" / "hard.eml").read_text()
ANN = "ann@example.org"
SES = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bouncedRecipients": [
            {"emailAddress": ANN, "status": "5.1.1", "diagnosticCode": "smtp; 550 unknown"}
        ],
    },
    "mail": {"headers": [{"name": "Message-ID", "value": "<x@example.org>"}]},
}
POSTED: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("ses", SES, [("hard", ANN)]),
    ("sns", {"Type": "Notification", "Message": json.dumps(SES)}, [("hard", ANN)]),
    ("ses-soft", SES | {"bounce": SES["bounce"] | {"bounceType": "Transient"}}, [("soft", ANN)]),  # type: ignore[operator]
    (
        "ses-complaint",
        {"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": ANN}]}},
        [("complaint", ANN)],
    ),
    (
        "sendgrid",
        [
            {"event": "bounce", "type": "bounce", "email": ANN, "status": "5.1.1", "reason": "550 no"},
            {"event": "bounce", "type": "blocked", "email": "bo@example.org"},
            {"event": "deferred", "email": "cy@example.org"},
            {"event": "spamreport", "email": "di@example.org"},
            {"event": "group_unsubscribe", "email": "eve@example.org"},
            {"event": "delivered", "email": "fay@example.org"},
            {"event": "dropped", "email": "guy@example.org", "reason": "Bounced Address"},
        ],
        [
            ("hard", ANN),
            ("soft", "bo@example.org"),
            ("soft", "cy@example.org"),
            ("complaint", "di@example.org"),
            ("unsubscribe", "eve@example.org"),
            ("hard", "guy@example.org"),
        ],
    ),
    (
        "mailgun",
        {"signature": {}, "event-data": {"event": "failed", "severity": "permanent", "recipient": ANN, "delivery-status": {"code": 550, "message": "5.1.1 no such user"}}},
        [("hard", ANN)],
    ),
    (
        "mailgun-full",
        {"event-data": {"event": "failed", "severity": "permanent", "recipient": ANN, "delivery-status": {"code": 552, "message": "5.2.2 over quota"}}},
        [("soft", ANN)],
    ),
    ("mailgun-complaint", {"event-data": {"event": "complained", "recipient": ANN}}, [("complaint", ANN)]),
    ("postmark", {"RecordType": "Bounce", "Type": "HardBounce", "Email": ANN}, [("hard", ANN)]),
    ("postmark-soft", {"RecordType": "Bounce", "Type": "SoftBounce", "Email": ANN}, [("soft", ANN)]),
    ("postmark-spam", {"RecordType": "SpamComplaint", "Email": ANN}, [("complaint", ANN)]),
    (
        "postmark-off",
        {"RecordType": "SubscriptionChange", "SuppressSending": True, "Recipient": ANN, "SuppressionReason": "ManualSuppression"},
        [("unsubscribe", ANN)],
    ),
    ("plain", {"kind": "hard", "email": ANN, "reason": "550"}, [("hard", ANN)]),
    ("plain-many", {"events": [{"kind": "soft", "email": ANN}, {"kind": "x", "email": ANN}]}, [("soft", ANN)]),
    ("nonsense", {"events": [1, None, {}, {"event": [], "email": {}}, {"event-data": {}}]}, []),
    ("empty", [], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("posted", "told"), [case[1:] for case in POSTED], ids=[c[0] for c in POSTED]
)
def test_what_each_relay_posts_is_read(posted: Any, told: list[tuple[str, str]]) -> None:
    found = read_posted(json.dumps(posted).encode()).bounces
    assert [(bounce.kind.value, bounce.address) for bounce in found] == told


@pytest.mark.parametrize("body", [b"", b"x", b"1", b'"a"', b"[" * 100_000, b"\xff", b"null"])
def test_what_is_no_document_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        read_posted(body)


def test_only_the_relays_own_address_is_asked_to_confirm() -> None:
    def asked(url: object) -> str | None:
        body = {"Type": "SubscriptionConfirmation", "SubscribeURL": url}
        return read_posted(json.dumps(body).encode()).confirmation

    good = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"
    assert asked(good) == good
    for bad in (
        "https://sns.eu-west-1.amazonaws.com.example.org/",
        "https://evil@sns.eu-west-1.amazonaws.com/",
        "http://sns.eu-west-1.amazonaws.com/",
        "https://sns.eu.west.amazonaws.com/",
        "https://169.254.169.254/",
        None,
    ):
        assert asked(bad) is None


def hook(app: App) -> str:
    url = hook_url(app, workspace_named(app, "acme"))
    assert url is not None
    return url.removeprefix("https://news.example.org")


def test_a_relay_ends_an_address_once(web: httpx2.Client, public: App) -> None:
    add_subscriber(public, specification_named(public, "energy"), ANN, actor="test")
    for _ in range(2):
        answer = web.post(hook(public), json=SES)
        assert answer.status_code == 200
        assert answer.json() == {"hard": 1, "ignored": 0}
    assert off(public, address=ANN) is SuppressionReason.BOUNCED
    assert off(public, "inside", ANN) is SuppressionReason.BOUNCED
    assert status(public) is SubscriberStatus.BOUNCED
    web.post(hook(public), json={"kind": "complaint", "email": ANN})
    web.post(hook(public), json=SES)
    assert off(public, address=ANN) is SuppressionReason.COMPLAINED


def test_a_soft_bounce_is_only_counted(web: httpx2.Client, public: App) -> None:
    add_subscriber(public, specification_named(public, "energy"), ANN, actor="test")
    answer = web.post(
        hook(public), json=[{"kind": "soft", "email": ANN}, {"kind": "soft", "email": "x"}]
    )
    assert answer.json() == {"soft": 1, "ignored": 1}
    assert off(public, address=ANN) is None
    assert status(public) is SubscriberStatus.ACTIVE


def test_only_who_has_the_address_may_post(web: httpx2.Client, public: App) -> None:
    other = delivery(public, ANN)  # a token of ours, for another purpose
    for token in ("x", other, hook(public)[:-2]):
        path = token if token.startswith("/") else f"/hooks/bounces/{token}"
        assert web.post(path, json=SES).status_code == 404
    assert web.get(hook(public)).status_code == 405
    assert web.post(hook(public), content=b"x").status_code == 400
    assert web.post(hook(public), content=b"[" + b" " * 3_000_000 + b"]").status_code == 413
    assert off(public, address=ANN) is None


def report(public: App, text: str = HARD, address: str = "Ann@example.org") -> bytes:
    """A report about a mail that we did send."""
    content = read_token(
        secret_key(public), Purpose.UNSUBSCRIBE, delivery(public, address), now=public.clock()
    )
    assert content is not None
    return text.replace("DELIVERY", str(UUID(bytes=content))).encode()


def test_a_report_is_read_to_the_letter() -> None:
    identity = uuid4()
    (bounce,) = read_report(HARD.replace("DELIVERY", str(identity)).encode())
    assert bounce.address == "Ann@example.org"
    assert bounce.kind is BounceKind.HARD
    assert bounce.delivery_id == identity
    assert bounce.detail.startswith("5.1.1 smtp; 550 5.1.1")
    (late,) = read_report(HARD.replace("Action: failed", "Action: delayed").encode())
    assert late.kind is BounceKind.SOFT
    assert read_report(HARD.replace("Action: failed", "Action: delivered").encode()) == ()
    assert read_report(b"Subject: Out of office\n\nBack on Monday: 5.1.1 550") == ()
    for size in range(0, len(HARD), 97):  # cut anywhere
        read_report(HARD[:size].encode())


@pytest.mark.parametrize(
    ("code", "kind"),
    [("5.1.1", "hard"), ("5.0.0", "hard"), ("5.1.10", "hard"), ("5.2.1", "hard"), ("5.2.2", "soft"), ("5.7.1", "soft"), ("4.4.1", "soft"), ("", "soft")],
)  # fmt: skip
def test_only_what_is_final_for_an_address_ends_it(code: str, kind: str) -> None:
    assert kind_of(code) == kind


def test_a_report_about_our_mail_ends_the_address(public: App) -> None:
    counts = hear_mails(public, ids(public, "energy")[0], [report(public), b"Subject: hello\n\nhi"])
    assert counts["hard"] == 1
    assert counts["ignored"] == 1
    assert off(public, address=ANN) is SuppressionReason.BOUNCED


def test_a_report_that_anybody_could_have_written_ends_nobody(public: App) -> None:
    forged = HARD.replace("DELIVERY", str(uuid4())).encode()
    stolen = report(public, HARD.replace("Ann@", "bo@").replace("ann@", "bo@"))
    unnamed = HARD.replace("Message-ID: <DELIVERY@news.example.org>\n", "").encode()
    counts = hear_mails(public, ids(public, "energy")[0], [forged, stolen, unnamed])
    assert counts["not_ours"] == 3
    assert off(public, address=ANN) is None
    assert off(public, address="bo@example.org") is None


def test_a_complaint_by_mail_is_one(public: App) -> None:
    text = HARD.replace("report-type=delivery-status", "report-type=feedback-report")
    a, b = (
        text.index("Content-Description: Delivery report"),
        text.index("--b1\nContent-Description: Und"),
    )
    fields = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n"
    counts = hear_mails(
        public, ids(public, "energy")[0], [report(public, text[:a] + fields + text[b:])]
    )
    assert counts["complaint"] == 1
    assert off(public, address=ANN) is SuppressionReason.COMPLAINED


def test_mails_are_read_from_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_text(HARD)
    assert list(read_mails(str(tmp_path / "one.eml"))) == [HARD.encode()]
    assert list(read_mails(str(tmp_path))) == [HARD.encode()]
    box = mailbox.Maildir(tmp_path / "mail")
    box.add(HARD)
    assert len(list(read_mails(str(tmp_path / "mail")))) == 1
    assert list(read_mails(str(tmp_path / "mail"))) == []
    old = mailbox.mbox(tmp_path / "box")
    old.add(HARD)
    old.add(HARD)
    old.close()
    assert len(list(read_mails(str(tmp_path / "box")))) == 2
    with pytest.raises(InputRefused):
        read_mails(str(tmp_path / "nothing"))


class ImapServer:
    """A mailbox of one folder as RFC 3501 has it, as much of it as is asked for."""

    def __init__(self, mails: list[bytes]) -> None:
        self.mails, self.seen, self.said = mails, set[int](), list[bytes]()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                stream.write(b"* OK ready\r\n")
                stream.flush()
                for line in stream:
                    tag, _, command = line.strip().partition(b" ")
                    self.said.append(command)
                    stream.write(self._answer(command, tag))
                    stream.flush()
                    if command == b"LOGOUT":
                        break

    def _answer(self, command: bytes, tag: bytes) -> bytes:
        words = command.split()
        if words[0] == b"CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n"
        if words[0] == b"LOGIN" and b'"good word"' not in command:
            return tag + b" NO wrong password\r\n"
        if words[:2] == [b"UID", b"SEARCH"]:
            left = [b"%d" % n for n in range(1, len(self.mails) + 1) if n not in self.seen]
            return b"* SEARCH " + b" ".join(left) + b"\r\n" + tag + b" OK done\r\n"
        if words[:2] == [b"UID", b"FETCH"]:
            mail = self.mails[int(words[2]) - 1]
            head = b"* 1 FETCH (UID %s BODY[]<0> {%d}\r\n" % (words[2], len(mail))
            return head + mail + b")\r\n" + tag + b" OK done\r\n"
        if words[:2] == [b"UID", b"STORE"]:
            self.seen.add(int(words[2]))
        return tag + b" OK done\r\n"


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    server = ImapServer([HARD.replace("\n", "\r\n").encode(), b"Subject: hi\r\n\r\nhello\r\n"])
    yield server
    server.close()


def test_a_mailbox_over_imap_is_read_once(imap: ImapServer) -> None:
    place = f"imap://bounces%40example.org@127.0.0.1:{imap.port}/In%20Box"
    mails = read_mails(place, password="good word")
    first = next(mails)
    assert read_report(first)[0].address == "Ann@example.org"
    assert imap.seen == set(), "not before it was dealt with"
    assert len(list(mails)) == 1
    assert imap.seen == {1, 2}
    assert list(read_mails(place, password="good word")) == []
    assert b'SELECT "In Box"' in imap.said


def test_a_mailbox_that_cannot_be_read_says_why_without_its_password(imap: ImapServer) -> None:
    place = f"imap://ann@127.0.0.1:{imap.port}"
    with pytest.raises(SourceUnreachable, match="wrong password") as refused:
        list(read_mails(place, password="s3cret"))
    assert "s3cret" not in str(refused.value)
    imap.close()
    with pytest.raises(SourceUnreachable):
        list(read_mails("imap://ann@127.0.0.1:1", password="x"))
    with pytest.raises(InputRefused):
        list(read_mails("imaps://127.0.0.1/INBOX", password="x"))
