"""A small newsroom for the writer's tests: a claimed run, three stories, and a model behind an address."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from model_server import ModelServer, answer
from service.asking import only_specification
from service.conftest import SUNDAY, apply, document

from autopilot.adapters.model_openai import Api, OpenAIModel
from autopilot.adapters.model_prices import load_prices
from autopilot.domain.content import Article, Selection, Story, Window
from autopilot.domain.editorial import Budget
from autopilot.domain.run import Run, RunStatus, Trigger
from autopilot.domain.specification import Writer
from autopilot.service.claim import claim_new
from autopilot.service.context import App
from autopilot.service.desk import Patience
from autopilot.service.job import Job, assemble

SHORT = Patience(call_seconds=4.0, run_seconds=30.0, together=2)
TEXTS = {
    "Sea cable to the islands opens": (
        "The grid operator Nordwind opened a cable between the mainland and two islands on Monday. It "
        "carries 1,400 megawatts and cost 2.1 billion euros. “The islands will burn no more oil,” said "
        "Marta Ellingsen, the head of the project. A second cable is planned for 2031."
    ),
    "Battery park starts near Leipzig": (
        "A battery park with 300 containers has started near Leipzig. Its owner Solenne Energy says it "
        "can supply 90,000 homes for four hours. The town had fought the plan for seven years. "
        "Tomas Varga, the mayor, now calls it a success."
    ),
    "Transmission fees fall in spring": (
        "Transmission fees will fall by 12 percent in April, the regulator said on Friday. Households "
        "save about 40 euros a year. Industry had asked for more. The regulator's president, Aisha "
        "Rahmani, said further cuts depend on the weather."
    ),
}
GOOD: dict[str, dict[str, Any]] = {
    "Sea cable": {
        "headline": "Islands get their power by sea cable",
        "sentences": [
            "Nordwind has opened a 1,400 megawatt cable to two islands.",
            "It cost €2.1bn; project head Marta Ellingsen says the islands “will burn no more oil”.",
        ],
    },
    "Battery park": {
        "headline": "Batteries for 90,000 homes near Leipzig",
        "sentences": [
            "Solenne Energy has switched on 300 battery containers near Leipzig after seven years."
        ],
    },
    "Transmission fees": {
        "headline": "Grid fees to drop by 12 percent",
        "sentences": [
            "The regulator is to cut transmission fees by 12% in April, which saves households 40 euros."
        ],
    },
}
FRONT = {
    "subject": "Sea cable brings power to two islands",
    "preheader": "Batteries near Leipzig supply 90,000 homes, and grid fees drop by 12 percent",
    "intro": "A cable, batteries and lower fees: this issue is about the grid.",
}


def story(title: str, text: str, *, score: float) -> Story:
    slug = title.lower().replace(" ", "-")
    lead = Article(
        key=f"example.org/{slug}",
        url=f"https://example.org/{slug}",
        title=title,
        text=text,
        published=datetime(2026, 11, 20, tzinfo=UTC),
        dated=True,
        source="Example News",
        source_url="https://example.org/feed.xml",
    )
    return Story(lead=lead, also=(), category="grid", region="DE", score=score, reason="fits")


def selection(**changed: str) -> Selection:
    """Three stories, the first the most important; `changed` exchanges texts by a title's first word."""
    texts = {title: changed.get(title.split()[0], text) for title, text in TEXTS.items()}
    stories = [
        story(title, text, score=9.0 - place) for place, (title, text) in enumerate(texts.items())
    ]
    return Selection(stories=tuple(stories), left_out=())


def with_model(app: App, server: ModelServer, api: Api = Api.RESPONSES) -> App:
    """The App with a model behind this server, as wiring would make it."""
    asked = OpenAIModel(
        "sk-test", base_url=server.api, allow_hosts=frozenset({server.host}), api=api, attempts=2
    )
    return replace(app, model=asked, prices=partial(load_prices, None))


def new_job(
    app: App, *, budget: Budget | None = None, writer: Writer = Writer.AUTO, **voice: Any
) -> Job:
    """A claimed run of the small workspace, ready to be written."""
    apply(app, document().split("    schedules:")[0])
    row = only_specification(app)
    now = app.clock()
    run = Run(
        id=uuid4(),
        workspace_id=row.workspace_id,
        specification_id=row.id,
        schedule_id=None,
        trigger=Trigger.MANUAL,
        scheduled_for=None,
        zone="Europe/Berlin",
        window=Window(start=SUNDAY - timedelta(days=7), end=SUNDAY),
        due_at=now,
        status=RunStatus.QUEUED,
        created_by="ann@example.org",
        created_at=now,
    )
    job = assemble(app, claim_new(app, run).run)
    specification = job.specification.model_copy(update={"writer": writer, **voice})
    workspace = replace(job.workspace, budget=budget or Budget())
    return replace(job, specification=specification, workspace=workspace)


def good_answers(*, but: str = "", tokens: tuple[int, int] = (900, 120)) -> list[dict[str, Any]]:
    """Fixtures with a good answer for every story and the front, apart from one."""
    found = [
        answer(f"Title: {key}", words, tokens=tokens) for key, words in GOOD.items() if key != but
    ]
    return [*found, answer("<stories>", FRONT, tokens=tokens)]
