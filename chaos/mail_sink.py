"""A mail relay that writes down what it takes before it says so, and fails now and then.

`python -m chaos.mail_sink FILE SEED SHARE` prints its port and appends a JSON line for each mail it
took; SHARE of the recipients meet one of its faults, once: put off, refused a connection, left
alone after DATA, after the final dot, or right after the answer.
"""

# ruff: noqa: N802  (the server looks its handlers up by these names)

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from email import message_from_bytes
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

PUT_OFF, GONE, AFTER_DATA, AFTER_DOT, AFTER_ANSWER = (
    "put off",
    "gone at RCPT",
    "gone after DATA",
    "gone after the dot",
    "gone after the answer",
)
FAULTS = (PUT_OFF, GONE, AFTER_DATA, AFTER_DOT, AFTER_ANSWER)


class Handler:
    """Keeps the log; the fault of a recipient is drawn once, from its name."""

    def __init__(self, file: str, seed: int, share: float) -> None:
        self._log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._seed, self._share = seed, share
        self._met: set[str] = set()

    def meets(self, recipient: str, *faults: str) -> str | None:
        """Return which of these faults a recipient meets now, for the first and only time."""
        rng = random.Random(f"{self._seed}:{recipient}")  # noqa: S311
        fault = rng.choice(FAULTS) if rng.random() < self._share else None
        if fault not in faults or recipient in self._met:
            return None
        self._met.add(recipient)
        self.note("fault", recipient, fault=fault)
        return fault

    def note(self, event: str, recipient: str, **more: object) -> None:
        """Append one line; it is in the file before anything else happens."""
        line = {"event": event, "recipient": recipient, "at": time.time(), **more}
        os.write(self._log, (json.dumps(line) + "\n").encode())

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        fault = self.meets(address, PUT_OFF, GONE)
        if fault == PUT_OFF:
            return "451 4.7.1 try again later"
        if fault == GONE:
            server.transport.abort()
            return "421 gone"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (recipient,) = envelope.rcpt_tos
        content = envelope.content
        assert isinstance(content, bytes)
        self.note("taken", recipient, id=message_from_bytes(content)["Message-ID"])
        fault = self.meets(recipient, AFTER_DOT, AFTER_ANSWER)
        if fault == AFTER_DOT:
            server.transport.abort()
        if fault == AFTER_ANSWER:
            server.loop.call_soon(server.transport.abort)
        return "250 OK"


class Server(SMTP):
    """Goes away after DATA where it is to."""

    async def smtp_DATA(self, arg: str) -> None:
        handler = self.event_handler
        recipients = self.envelope.rcpt_tos if self.envelope else []
        if recipients and handler.meets(recipients[0], AFTER_DATA):
            await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


async def main(file: str, seed: str, share: str) -> None:
    """Serve until killed."""
    handler = Handler(file, int(seed), float(share))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(handler, loop=loop), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
