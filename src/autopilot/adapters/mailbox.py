"""A mailbox with what came back: over IMAP, a Maildir or mbox of this machine, or one saved mail."""

from __future__ import annotations

import imaplib
import mailbox
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from autopilot.errors import InputRefused, Problem, SourceUnreachable

TIMEOUT_SECONDS = 30.0
MAX_MAILS = 10_000  # at once; the next call goes on
MAX_MAIL_BYTES = 5_000_000
IMAP = ("imap", "imaps")


def read_mails(place: str, *, password: str | None = None) -> Iterator[bytes]:
    """Yield the mails of `imaps://user@host/INBOX`, a Maildir, an mbox or a .eml file.

    Over IMAP those not seen yet; each is marked as seen after it was dealt with, so one that was in
    hand when the program died comes again. Raises InputRefused, SourceUnreachable.
    """
    if urlsplit(place).scheme in IMAP:
        return _over_imap(place, password)
    path = Path(place)
    if path.is_dir():
        return _of_maildir(path)
    if path.is_file():
        return _of_file(path)
    raise _refused(f"{place!r} is no folder, no file and no imaps:// address")


def _of_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as opened:
        is_mbox = opened.read(5) == b"From "
        opened.seek(0)
        if not is_mbox:
            yield opened.read(MAX_MAIL_BYTES)
            return
    with closing(mailbox.mbox(path, create=False)) as box:
        for key in box.iterkeys():
            yield box.get_bytes(key)[:MAX_MAIL_BYTES]


def _of_maildir(path: Path) -> Iterator[bytes]:
    """Mails of `new` and `cur`; read ones move to `cur`, marked as seen."""
    if not (path / "new").is_dir():
        for each in sorted(path.glob("*.eml")):
            yield from _of_file(each)
        return
    box = mailbox.Maildir(path, create=False)
    for key in sorted(box.keys()):
        message = box[key]
        if "S" in message.get_flags():
            continue
        yield box.get_bytes(key)[:MAX_MAIL_BYTES]
        message.set_subdir("cur")
        message.add_flag("S")
        box[key] = message


def _over_imap(place: str, password: str | None) -> Iterator[bytes]:
    parts = urlsplit(place)
    if not parts.hostname or not parts.username:
        raise _refused(f"{parts.scheme}://... names no user or no host")
    secret = password if password is not None else unquote(parts.password or "")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    try:
        server = _connected(parts.scheme, parts.hostname, parts.port)
        try:
            server.login(unquote(parts.username), secret)
            _told(server.select(f'"{folder}"'))
            yield from _unseen(server)
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                server.logout()
    except (OSError, imaplib.IMAP4.error) as error:
        # The library's words may quote the command, but never the password.
        raise SourceUnreachable(
            f"The mailbox at {parts.hostname} cannot be read: {_words(error)}.",
            hint="Check host, user, folder and the password's variable.",
        ) from error


def _connected(scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
    """A connection that nobody reads along: from its first byte, or after STARTTLS."""
    context = ssl.create_default_context()
    if scheme == "imaps":
        return imaplib.IMAP4_SSL(host, port or 993, ssl_context=context, timeout=TIMEOUT_SECONDS)
    server = imaplib.IMAP4(host, port or 143, timeout=TIMEOUT_SECONDS)
    if host not in ("localhost", "127.0.0.1", "::1"):
        server.starttls(context)
    return server


def _unseen(server: imaplib.IMAP4) -> Iterator[bytes]:
    found = _told(server.uid("SEARCH", "UNSEEN"))
    numbers = b" ".join(each for each in found if isinstance(each, bytes)).split()
    for number in numbers[:MAX_MAILS]:
        answer = _told(server.uid("FETCH", number.decode(), f"(BODY.PEEK[]<0.{MAX_MAIL_BYTES}>)"))
        for part in answer:
            if isinstance(part, tuple):
                yield part[1]
        server.uid("STORE", number.decode(), "+FLAGS", "(\\Seen)")


def _told(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(_words(data[0] if data else status))
    return data


def _words(said: object) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return re.sub(r"\s+", " ", text)[:200]


def _refused(why: str) -> InputRefused:
    problem = Problem(
        path="--mailbox",
        message=why,
        allowed="an imaps:// address, a Maildir, a folder of .eml files, an mbox or a .eml file",
        example="imaps://bounces@mail.example.org/INBOX",
    )
    return InputRefused("The mailbox cannot be read:", [problem])
