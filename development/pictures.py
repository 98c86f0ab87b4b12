"""Takes the documentation's pictures of an issue, made from a pack's invented sample feeds.

python development/pictures.py [PACK]   (needs Chromium; writes docs/pictures/issue-*.png)
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Literal

import yaml
from playwright.sync_api import sync_playwright

from autopilot.adapters.packs import (
    DEFAULT_PACK,
    SampleSource,
    pack_text,
    sample_sources,
    sample_text,
)
from autopilot.adapters.sample_dates import with_dates
from autopilot.domain.content import Article, Draft, Fetched, SourceReport, Window
from autopilot.domain.specification import Source, Specification, WorkspaceDocument
from autopilot.pipeline.collect.articles import read_source
from autopilot.pipeline.collect.collection import gather
from autopilot.pipeline.render import TEMPLATES, Look, render_html
from autopilot.pipeline.render.languages import long_date
from autopilot.pipeline.select.choose import select
from autopilot.pipeline.write.draft import write_extractive

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WEEK = Window(start=MONDAY - timedelta(days=7), end=MONDAY)
VIEWS: tuple[tuple[str, str, int, int, Literal["light", "dark"]], ...] = (
    # file, template, width, height, colours
    ("desktop", "standard", 700, 920, "light"),
    ("phone", "standard", 380, 920, "dark"),
    ("briefing", "briefing", 700, 920, "light"),
    ("magazine", "magazine", 700, 920, "light"),
)


def main(pack: str) -> None:
    """Write one picture for each view."""
    workspace = WorkspaceDocument.model_validate(yaml.safe_load(pack_text(pack)))
    look = _look(workspace, len(sample_sources(pack)))
    draft = _draft(pack, workspace.specifications[0], look)
    _take({each: render_html(draft, replace(look, template=each)) for each in TEMPLATES})


def _look(workspace: WorkspaceDocument, sources: int) -> Look:
    specification = workspace.specifications[0]
    return Look(
        brand=workspace.brand,
        name=specification.name,
        categories={item.id: item.name for item in specification.categories},
        regions={item.id: item.name for item in specification.regions},
        language=specification.language,
        zone=str(workspace.timezone),
        window=WEEK,
        edition=MONDAY,
        sources=sources,
    )


def _draft(pack: str, specification: Specification, look: Look) -> Draft:
    collection = gather([_read(pack, sample) for sample in sample_sources(pack)], WEEK)
    selection = select(collection.articles, specification)
    return write_extractive(selection, specification, long_date(MONDAY, look.language, look.zone))


def _read(pack: str, sample: SampleSource) -> tuple[tuple[Article, ...], SourceReport]:
    url = f"https://example.org/{sample.file}"
    source = Source(url=url, name=sample.name, region=sample.region, local=sample.local)
    feed = with_dates(sample_text(pack, sample.file), now=MONDAY)
    return read_source(source, Fetched(url=url, body=feed.encode()), MONDAY, {})


def _take(pages: dict[str, str]) -> None:
    path = which("chromium") or which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for file, template, width, height, scheme in VIEWS:
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.set_content(pages[template])
            page.screenshot(path=FOLDER / f"issue-{file}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_PACK)
