"""What every verb is given: the App, with its store, its edges and its clock.

The edges are named here by what the verbs ask of them; `wiring` chooses the concrete ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from autopilot.domain.content import Fetched, FetchRequest
from autopilot.domain.handover import Handover, Receipt
from autopilot.domain.letter import Answer, Letter, Mail
from autopilot.domain.link import LinkAnswer
from autopilot.domain.model import ModelAnswer, ModelRequest, PriceList
from autopilot.service.tracing import Traces
from autopilot.settings import Settings
from autopilot.store.database import Database


class Outgoing(Protocol):
    """The one client that reaches out. A failure is a value, never an exception."""

    def fetch_all(
        self,
        requests: Sequence[FetchRequest],
        *,
        on_done: Callable[[Fetched], None] | None = None,
        within_seconds: float | None = None,
    ) -> tuple[Fetched, ...]:
        """Return one answer for each request, in their order."""

    def ask_links(self, urls: Sequence[str], *, total_seconds: float) -> tuple[LinkAnswer, ...]:
        """Return whether each address's page is there, in their order."""

    def hand_over(self, handover: Handover) -> Receipt:
        """Send one request to another program, once, and return what came back."""


class Artifacts(Protocol):
    """Content by its SHA-256."""

    def put(self, content: bytes, media_type: str) -> str:
        """Store content and return its hash in hexadecimal; storing it twice is harmless."""

    def get(self, sha256: str) -> bytes:
        """Return the content; raises ArtifactLost when it is gone or altered."""

    def path(self, sha256: str) -> Path | None:
        """Return the file that holds it, or None where there is no file."""


class Model(Protocol):
    """A language model. A failure is a value, never an exception; threads may share one."""

    def complete(self, request: ModelRequest) -> ModelAnswer:
        """Return the answer to one question, within the seconds that it gives."""


class Line(Protocol):
    """One connection to the relay, for many mails one after the other; of one thread.

    What is wrong with the relay rather than an address is raised as RelayUnusable.
    """

    @property
    def is_open(self) -> bool:
        """Whether another mail may be offered."""

    def offer(self, mail: Mail) -> Answer | None:
        """Return why the mail cannot go, or None where the relay takes mail for its address."""

    def hand_over(self, meanwhile: Callable[[], None] | None = None) -> Answer:
        """Send the content of the mail that was offered and return what the relay said.

        `meanwhile` is called while the relay makes up its mind.
        """

    def close(self) -> None:
        """Say goodbye."""


class Post(Protocol):
    """The way out for mails; threads may share one."""

    def send(self, letter: Letter) -> Answer:
        """Send one letter now and return what the relay said; a failure is a value."""

    def connect(self) -> Line:
        """Return a new connection; raises RelayUnusable."""

    def await_turn(self, stopping: Callable[[], bool]) -> bool:
        """Wait until one more mail may leave; False when it stopped before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One running Autopilot. `clock` is the only place that reads the time, as aware UTC.

    `model` is None without a key; `prices` reads the price list when a model is to be asked;
    `post` is None without a relay, `traces` where nobody collects them.
    """

    settings: Settings
    database: Database
    artifacts: Artifacts
    outgoing: Outgoing
    clock: Callable[[], datetime]
    model: Model | None = None
    prices: Callable[[], PriceList] | None = None
    post: Post | None = None
    traces: Traces | None = None

    def close(self) -> None:
        """Give back what is held open."""
        if self.traces is not None:
            self.traces.close()
        self.database.close()


_current: list[App] = []


def use(app: App) -> App:
    """Make this the App that verbs called without one work on, and return it."""
    _current[:] = [app]
    return app


def current_app(app: App | None = None) -> App:
    """Return the App given, else the one in use, else one built from the environment.

    The original plan's functions (`execute_generator`, `create_autopilot_schedule`, ...) take no
    App, so a script can import and call them as they stand there.
    """
    if app is not None:
        return app
    if not _current:
        # Looked up by name: the verbs must not depend on the room that depends on them.
        use(cast("App", import_module("autopilot.wiring").build_app()))
    return _current[0]
