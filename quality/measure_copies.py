"""Planted copies: how many of each kind land in the story of their original, and how many originals
that have nothing to do with each other do.

The articles are generated from a seed, of made-up words: five fields of 2,000 words each, and in an
article some thirty of its field that it keeps coming back to, a few of them the field's commonplaces.
"""

# ruff: noqa: S311, ARG001 - seeded chance, and one signature for all measures
from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from autopilot.pipeline.collect.canonical import canonical_url
from quality.cluster import stories
from quality.figures import Figure

PART = "Planted copies"
SEED = 20261123
ORIGINALS, PLANTED = 1_000, 200
CHANGED = 0.12
FIELDS, WORDS, COMMONPLACES = 5, 10_000, 60
GLUE = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "for",
    "on",
    "with",
    "at",
    "by",
    "from",
    "as",
    "that",
    "it",
    "is",
    "was",
    "are",
    "has",
    "will",
    "said",
    "after",
    "over",
    "about",
    "its",
]
ONSETS = [
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "g",
    "gr",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "pr",
    "r",
    "s",
    "st",
    "t",
    "tr",
    "v",
    "w",
]
VOWELS = ["a", "e", "i", "o", "u", "ea", "ou"]
CODAS = ["n", "r", "s", "t", "l", "m", "nd", "rt", "ck", "st", "ng"]

Item = dict[str, str]


def figures(data: Path) -> Iterator[Figure]:
    """Yield the share of each kind that is found, and false pairs per 1,000; `data` is not read."""
    writer = Writer(SEED)
    originals = [writer.article(number) for number in range(ORIGINALS)]
    kinds: dict[str, Callable[[Item], Item]] = {
        "address with trackers": writer.readdressed,
        "title with the paper's name": writer.suffixed,
        "retitled and cut": writer.retitled,
        f"{CHANGED:.0%} of the words changed": writer.reworded,
    }
    copies = {
        kind: [plant(item) for item in writer.chance.sample(originals, PLANTED)]
        for kind, plant in kinds.items()
    }
    planted = [copy for some in copies.values() for copy in some]
    story = dict(zip(*_labelled([*originals, *planted]), strict=True))
    for kind, some in copies.items():
        found = sum(story[copy["id"]] == story[copy["of"]] for copy in some)
        yield Figure(part=PART, measured=kind, value=100 * found / len(some), bar=95.0, unit=" %")
    sizes = Counter(story[item["id"]] for item in originals)
    false = sum(size * (size - 1) // 2 for size in sizes.values())
    yield Figure(part=PART, measured=f"false pairs among {ORIGINALS} originals",
                 value=1000 * false / ORIGINALS, bar=10.0, most=True)  # fmt: skip


def _labelled(items: Sequence[Item]) -> tuple[list[str], list[int]]:
    """Return ids and stories; articles of one canonical address are copies before they are read."""
    first: dict[str, int] = {}
    place = [first.setdefault(canonical_url(item["url"]), i) for i, item in enumerate(items)]
    kept = sorted(set(place))
    label = dict(zip(kept, stories([items[index] for index in kept]), strict=True))
    return [item["id"] for item in items], [label[index] for index in place]


class Writer:
    """Writes articles and copies of them; the same seed always writes the same ones."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        # Real words that begin alike are mostly forms of one word; made-up ones must not be.
        words = list({word[:5]: word for word in (self._word() for _ in range(60_000))}.values())
        self._fields = [words[number:WORDS:FIELDS] for number in range(FIELDS)]
        self._number = 0

    def article(self, number: int) -> Item:
        """Return an article on one matter of one field."""
        field = self._fields[number % FIELDS]
        common, special = field[:COMMONPLACES], field[COMMONPLACES:]
        matter = [*self.chance.sample(common, 4), *self.chance.sample(special, 26)]
        title = self._title(matter)
        text = " ".join(self._sentence(matter, field) for _ in range(self.chance.randint(8, 20)))
        slug = "-".join(title.lower().split()[:6])
        url = f"https://paper{number % 40}.example/{2026}/{number}/{slug}"
        return {"id": f"o{number}", "title": title, "text": text, "url": url}

    def readdressed(self, item: Item) -> Item:
        """Return the same article under an address with trackers, a fragment and another host."""
        host, _, path = item["url"].removeprefix("https://").partition("/")
        trackers = self.chance.choice(["utm_source=feed&utm_medium=rss", "fbclid=x1", "gclid=77"])
        return self._copy(item, url=f"http://www.{host}/{path}?{trackers}#top")

    def suffixed(self, item: Item) -> Item:
        """Return the same article elsewhere, its title followed by the paper's name."""
        sign = self.chance.choice([" - ", " | ", ": "])
        return self._copy(item, title=f"{item['title']}{sign}The Daily Paper")

    def retitled(self, item: Item) -> Item:
        """Return the first half of the text under another title made of its words."""
        words = item["text"].split()
        half = words[: len(words) // 2]
        matter = [word for word in dict.fromkeys(half) if word not in GLUE and word.isalpha()]
        return self._copy(item, title=self._title(matter), text=" ".join(half))

    def reworded(self, item: Item) -> Item:
        """Return the article with some of its words exchanged for any others."""
        return self._copy(
            item, title=self._changed(item["title"]), text=self._changed(item["text"])
        )

    def _changed(self, text: str) -> str:
        field = self._fields[0]
        words = text.split()
        for place in self.chance.sample(range(len(words)), round(CHANGED * len(words))):
            words[place] = self.chance.choice(field)
        return " ".join(words)

    def _copy(self, item: Item, **changes: str) -> Item:
        self._number += 1
        url = f"https://other{self._number}.example/{self._number}"
        return item | {"id": f"c{self._number}", "of": item["id"], "url": url} | changes

    def _title(self, matter: Sequence[str]) -> str:
        words = self.chance.sample(matter, min(len(matter), self.chance.randint(5, 8)))
        words.insert(2, self.chance.choice(GLUE))
        return " ".join(words).capitalize()

    def _sentence(self, matter: Sequence[str], field: Sequence[str]) -> str:
        words = [
            self.chance.choice(GLUE if draw < 0.45 else matter if draw < 0.85 else field)
            for draw in (self.chance.random() for _ in range(self.chance.randint(9, 16)))
        ]
        return " ".join(words).capitalize() + "."

    def _word(self) -> str:
        syllables = self.chance.choice([1, 2, 2, 3])
        parts = [self.chance.choice(ONSETS) + self.chance.choice(VOWELS) for _ in range(syllables)]
        return "".join(parts) + self.chance.choice(CODAS)
