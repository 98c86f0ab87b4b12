"""A pack's sample feeds as answers, in place of the world: what the sources are asked stays in here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from autopilot.adapters.packs import sample_sources, sample_text
from autopilot.adapters.sample_dates import with_dates
from autopilot.adapters.sample_server import content_type_of
from autopilot.domain.content import Fetched, FetchRequest
from autopilot.domain.handover import Handover, Receipt
from autopilot.domain.link import LinkAnswer
from autopilot.domain.specification import Source

HOST = "samples.invalid"  # RFC 2606: no name server will ever know it
NOT_ASKED = "not asked: the news are samples"


class SampleOutgoing:
    """Answers for the `sources` of one pack, and for nothing else; `now` is asked at every request."""

    def __init__(self, pack: str, *, now: Callable[[], datetime]) -> None:
        self._pack = pack
        self._now = now
        self._files = {self._url(listed.file): listed for listed in sample_sources(pack)}

    @property
    def sources(self) -> tuple[Source, ...]:
        """The pack's sample feeds as a specification lists them."""
        return tuple(
            Source(url=url, name=listed.name, region=listed.region, local=listed.local)
            for url, listed in self._files.items()
        )

    def fetch_all(
        self,
        requests: Sequence[FetchRequest],
        *,
        on_done: Callable[[Fetched], None] | None = None,
        within_seconds: float | None = None,
    ) -> tuple[Fetched, ...]:
        """Return one answer for each request, in their order."""
        answers = tuple(self._answer(request.url) for request in requests)
        for answer in answers if on_done is not None else ():
            assert on_done is not None
            on_done(answer)
        return answers

    def ask_links(self, urls: Sequence[str], *, total_seconds: float) -> tuple[LinkAnswer, ...]:
        """Say of every address that nobody asked it."""
        return tuple(LinkAnswer(url=url, problem=NOT_ASKED) for url in urls)

    def hand_over(self, handover: Handover) -> Receipt:
        """Hand nothing over."""
        return Receipt(problem=NOT_ASKED, refused=True)

    def _answer(self, url: str) -> Fetched:
        if url not in self._files:
            return Fetched(url=url, error=NOT_ASKED)
        feed = with_dates(sample_text(self._pack, self._files[url].file), now=self._now())
        return Fetched(
            url=url, body=feed.encode(), content_type=content_type_of(feed), answered_by=url
        )

    def _url(self, file: str) -> str:
        return f"https://{HOST}/{self._pack}/{file}"
