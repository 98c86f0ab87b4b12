"""The desk: asks a model for the words of an issue, story by story and a few at a time.

What a story costs is bounded (two answers), what a run costs in time too, and what was paid for is
handed on at once, so that a run which dies goes on without paying again.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

import structlog

from autopilot.domain.content import DraftStory, Story
from autopilot.domain.model import ModelAnswer, ModelRequest, PriceList
from autopilot.pipeline.write.answer import FrontReply, Reply, StoryReply, read_reply, schema_of
from autopilot.pipeline.write.prompt import (
    VERSION,
    front_instructions,
    front_material,
    story_instructions,
    story_material,
)
from autopilot.pipeline.write.review import Front, StoryReviewer, Words, review_front
from autopilot.pipeline.write.subject import by_weight
from autopilot.service.budget import Budget, Cap
from autopilot.service.checkpoint import pack, unpack
from autopilot.service.context import Model
from autopilot.service.job import Job

log = structlog.get_logger(__name__)

TOGETHER = 4  # calls at once: enough for speed, few enough for most servers' limits
CALL_SECONDS = 60.0
RUN_SECONDS = 300.0
LEAST_SECONDS = 2.0  # with less left, no call is begun
ANSWERS = 2  # for one story: the first, and one that was told what was wrong
FAILURES_IN_A_ROW = 3  # then the server is left alone for this run
OUTPUT_TOKENS, THINKING_TOKENS = 900, 1_600
UNREADABLE = "it was not the JSON object that was asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """The words that were paid for, by story, and the front; kept between the attempts of a run."""

    words: Mapping[str, Words] = field(default_factory=dict)
    front: Front | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a call and all calls of a run may take, in seconds, and how many run at once."""

    call_seconds: float = CALL_SECONDS
    run_seconds: float = RUN_SECONDS
    together: int = TOGETHER


class Desk:
    """Writes one run's stories with a model. `caps` and `trouble` say afterwards what stood in the way."""

    def __init__(
        self,
        job: Job,
        model: Model,
        budget: Budget,
        prices: PriceList,
        *,
        kept: bytes | None = None,
        keep: Callable[[bytes], None],
        patience: Patience | None = None,
    ) -> None:
        self._specification = job.specification
        self._model = model
        self._budget = budget
        self._prices = prices
        self._patience = patience or Patience()
        self._ends = time.monotonic() + self._patience.run_seconds
        self._so_far = _read(kept)
        self._keep = keep
        self._counting = threading.Lock()
        self._failures = 0
        self._closed = False
        self.caps: set[Cap] = set()
        self.trouble: str | None = None

    def words_for(self, stories: Sequence[Story]) -> dict[str, Words]:
        """Return the words for each story that got some, by the key of its lead article."""
        open_stories = [story for story in stories if _key(story) not in self._so_far.words]
        pool = ThreadPoolExecutor(self._patience.together, thread_name_prefix="model")
        try:
            asked = {pool.submit(self._words, story): story for story in open_stories}
            for done in as_completed(asked):
                if (words := done.result()) is not None:
                    self._note(asked[done], words)
        finally:
            # Whatever ended this (a lost lease, a stop), no further story is begun.
            self._closed = True
            pool.shutdown(wait=True, cancel_futures=True)
            self._closed = self.trouble is not None
        found = ((story, self._so_far.words.get(_key(story))) for story in stories)
        return {story.lead.key: words for story, words in found if words is not None}

    def front_for(self, stories: Sequence[DraftStory]) -> Front:
        """Return subject, preheader and intro, each "" where the model's words were not taken."""
        if self._so_far.front is None and (front := self._front(stories)) is not None:
            self._so_far = replace(self._so_far, front=front)
            self._keep(pack(self._so_far))
        return self._so_far.front or Front()

    def _words(self, story: Story) -> Words | None:
        """Ask until an answer is clean, at most twice; None where nothing was paid for."""
        reviewer = StoryReviewer(story, self._specification)
        complaints: tuple[str, ...] = ()
        best: Words | None = None
        for _ in range(ANSWERS):
            request = self._request(
                StoryReply,
                story_instructions(self._specification),
                story_material(story, complaints),
            )
            asked = self._ask(request)
            if asked is None:
                break
            answer, model = asked
            if answer.error is not None:
                paid = answer.output_tokens > 0
                return best or (Words(model=model, note=_sentence(answer.error)) if paid else None)
            reply = read_reply(StoryReply, answer.text)
            if reply is None:
                complaints = (UNREADABLE,)
                best = best or Words(model=model, note="The model's answer could not be read.")
                continue
            review = reviewer.review(reply)
            if review.is_clean:
                return Words(headline=review.headline, sentences=review.sentences, model=model)
            complaints = review.complaints
            settled = reviewer.settle(review, model)
            best = settled if settled.sentences or not (best and best.sentences) else best
        return best

    def _front(self, stories: Sequence[DraftStory]) -> Front | None:
        ranked = by_weight(stories)
        asked = self._ask(
            self._request(
                FrontReply, front_instructions(self._specification), front_material(ranked)
            )
        )
        if asked is None or asked[0].error is not None:
            return None
        reply = read_reply(FrontReply, asked[0].text)
        return Front() if reply is None else review_front(reply, stories, self._specification)

    def _request(self, kind: type[Reply], instructions: str, material: str) -> ModelRequest:
        return ModelRequest(
            model="",
            instructions=instructions,
            material=material,
            schema_name=kind.__name__,
            schema=schema_of(kind),
            max_output_tokens=OUTPUT_TOKENS + THINKING_TOKENS,
            seconds=self._patience.call_seconds,
        )

    def _ask(self, request: ModelRequest) -> tuple[ModelAnswer, str] | None:
        """Return an answer and who gave it; None where time, money or the server are at an end."""
        seconds = min(request.seconds, self._ends - time.monotonic())
        if seconds < LEAST_SECONDS and not self._closed:
            self._close(f"the run's {self._patience.run_seconds:g} s for the model were over")
        if self._closed:
            return None
        reserved = self._budget.reserve(request)
        if isinstance(reserved, Cap):
            self.caps.add(reserved)
            return None
        price = self._prices.price_of(reserved.model)
        answer = self._model.complete(
            replace(
                request,
                model=reserved.model,
                seconds=seconds,
                effort=price.effort if price else None,
            )
        )
        self._budget.settle(reserved, answer)
        self._count(answer)
        return answer, reserved.model

    def _count(self, answer: ModelAnswer) -> None:
        """Leave a server alone that fails for good, or again and again."""
        unanswered = answer.error is not None and not answer.output_tokens
        with self._counting:
            self._failures = self._failures + 1 if unanswered else 0
            if unanswered and (answer.is_final or self._failures >= FAILURES_IN_A_ROW):
                self._close(answer.error or "")
            elif unanswered:
                log.warning("A model call failed.", action="model", reason=answer.error)

    def _close(self, reason: str) -> None:
        if self.trouble is None:
            log.warning(
                "The model is not asked any more in this run.", action="model", reason=reason
            )
        self.trouble = self.trouble or reason
        self._closed = True

    def _note(self, story: Story, words: Words) -> None:
        self._so_far = replace(self._so_far, words={**self._so_far.words, _key(story): words})
        self._keep(pack(self._so_far))


def _read(kept: bytes | None) -> SoFar:
    """What was kept; nothing where another version of the program kept it in another form."""
    if kept is None:
        return SoFar()
    try:
        return unpack(SoFar, kept)
    except (ValueError, zlib.error):
        log.warning("The words kept by an earlier attempt cannot be read.", action="model")
        return SoFar()


def _key(story: Story) -> str:
    return f"{VERSION} {story.lead.key}"


def _sentence(fault: str) -> str:
    return f"{fault[:1].upper()}{fault[1:]}."
