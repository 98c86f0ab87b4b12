"""Pages: the text, title and date of article pages against their origins' own references."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quality.figures import Figure, needed
from quality.pages import parse
from quality.scoring import f1

PART = "Pages"
SEGMENTS = {"must_contain": (True, 90.0), "must_not_contain": (False, 92.0)}
UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\u0e00-\u0e7f\u1000-\u109f]")


def figures(data: Path) -> Iterator[Figure]:
    """Yield what `quality.pages:parse` keeps, leaves out and gets right of the body."""
    folder = data / "feeds"
    expected = json.loads(needed(folder / "open" / "pages-expected.json").read_text("utf-8"))
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    bodies = []
    for page in expected:
        wanted: dict[str, Any] = page["expect"]
        content = (folder / page["file"]).read_bytes()
        text = _spaced(parse(content, page["source"].get("url"))["text"] or "")
        for key, (inside, _) in SEGMENTS.items():
            for segment in wanted.get(key) or []:
                asked[key] += 1
                right[key] += (_spaced(segment) in text) == inside
        if wanted.get("article_body"):
            bodies.append(_overlap(wanted["article_body"], text))
    for key, (_, bar) in SEGMENTS.items():
        yield Figure(
            part=PART,
            measured=key.replace("_", " "),
            bar=bar,
            unit=" %",
            value=100 * right[key] / max(1, asked[key]),
        )
    yield Figure(part=PART, measured=f"body F1, {len(bodies)} pages",
                 value=sum(bodies) / max(1, len(bodies)), bar=0.93)  # fmt: skip


def _overlap(reference: str, text: str) -> float:
    wanted, given = Counter(_words(reference)), Counter(_words(text))
    shared = sum((wanted & given).values())
    return f1(shared / max(1, sum(given.values())), shared / max(1, sum(wanted.values())))


def _words(text: str) -> list[str]:
    return re.findall(r"\w" if UNSPACED.search(text) else r"\w+", text.lower())


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)
