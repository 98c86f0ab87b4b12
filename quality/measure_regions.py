"""Regions: which country generated news is about, told by names, demonyms, states and cities.

The texts are generated from a seed. Their places are drawn from the whole table of cities, those
included that the gazetteer leaves out as plain words or shared names; two in five name another country
in passing, and one in seven of the titles is in title case.
"""

# ruff: noqa: S311, ARG001 - seeded chance, and one signature for all measures
from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autopilot.domain.specification import Category, Region, Specification
from autopilot.pipeline.select.gazetteer import table_of_cities
from autopilot.pipeline.select.places import country_names
from autopilot.pipeline.select.regions import Atlas
from autopilot.pipeline.select.words import Reading
from quality.cluster import article
from quality.figures import Figure

PART = "Regions"
SEED = 20261123
COUNTRIES = [
    "AR",
    "AU",
    "AT",
    "BD",
    "BE",
    "BR",
    "CA",
    "CL",
    "CN",
    "CO",
    "CZ",
    "DE",
    "DK",
    "EG",
    "ES",
    "ET",
    "FI",
    "FR",
    "GB",
    "GH",
    "GR",
    "HU",
    "ID",
    "IE",
    "IL",
    "IN",
    "IR",
    "IT",
    "JP",
    "KE",
    "KR",
    "MA",
    "MX",
    "MY",
    "NG",
    "NL",
    "NO",
    "NZ",
    "PE",
    "PH",
    "PK",
    "PL",
    "PT",
    "RO",
    "RU",
    "SA",
    "SE",
    "TH",
    "TR",
    "TW",
    "UA",
    "US",
    "VN",
    "ZA",
]
TEXTS_PER_COUNTRY = 40
LOCAL_SHARE = 0.7
"""So often a source is at home in the country it writes about."""

TITLES = (
    "Storm cuts power to thousands of homes in {}", "{} plans a new rail line", "Court in {} hears appeal",
    "Mayor opens bridge after four years", "Factory fire leaves workers without jobs",
    "Teachers walk out over pay", "Floods force hundreds to leave in {}", "Museum returns stolen masks",
    "Rents climb again in {}", "New port terminal opens near {}", "Police investigate {} bank fraud",
    "Hospital staff vote to end strike", "Researchers map reef off the coast", "{} cuts tax on fuel",
)  # fmt: skip
LEADS = (
    "Officials in {} said on Tuesday that repairs would take weeks.", "The decision was announced in {}.",
    "The company, based in {}, employs four hundred people.", "Residents of {} woke to closed roads.",
    "The government of {} promised help.", "Witnesses in {} described long queues.",
)  # fmt: skip
MORE = (
    "Experts had warned of it for years.", "The opposition called for an inquiry.",
    "It is the largest project of its kind in a decade.", "Prices have doubled since then.",
)  # fmt: skip
PASSING = "A similar case was reported from {} two years ago."


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A generated article, the country it is about, and the country of its source."""

    country: str
    title: str
    text: str
    home: str


def figures(data: Path) -> Iterator[Figure]:
    """Yield mean accuracy over countries with and without sources, and time; `data` is not read."""
    texts = list(generate(SEED))
    atlas = Atlas(_specification())
    began = time.perf_counter()
    alone = [_located(atlas, text, with_source=False) for text in texts]
    milliseconds = 1000 * (time.perf_counter() - began) / len(texts)
    sourced = [_located(atlas, text, with_source=True) for text in texts]
    yield Figure(
        part=PART,
        measured="mean accuracy over 54 countries, text alone",
        value=_mean(texts, alone),
        bar=0.75,
    )
    yield Figure(
        part=PART,
        measured="the same with the source's region",
        value=_mean(texts, sourced),
        bar=0.83,
    )
    wrong = sum(found not in (None, text.country) for text, found in zip(texts, alone, strict=True))
    yield Figure(
        part=PART,
        measured="put into a wrong country, text alone",
        value=100 * wrong / len(texts),
        unit=" %",
    )
    yield Figure(part=PART, measured="time", value=milliseconds, bar=10.0, most=True, unit=" ms")  # fmt: skip


def generate(seed: int) -> Iterator[Text]:
    """Yield the texts of a seed, forty a country."""
    chance = random.Random(seed)
    cities: dict[str, list[str]] = defaultdict(list)
    for country, _, names in table_of_cities():
        cities[country].append(names[0])
    for country in COUNTRIES:
        others = [code for code in COUNTRIES if code != country]
        for _ in range(TEXTS_PER_COUNTRY):
            home = country if chance.random() < LOCAL_SHARE else chance.choice(others)
            yield _written(country, chance.choice(others), home, cities, chance)


def _written(
    country: str, other: str, home: str, cities: dict[str, list[str]], chance: random.Random
) -> Text:
    title = chance.choice(TITLES).format(_place(country, cities, chance))
    sentences = [chance.choice(LEADS).format(_place(country, cities, chance)), *MORE]
    if chance.random() < 0.4:
        sentences.insert(chance.randint(1, 3), PASSING.format(country_names("en")[other][0]))
    if chance.random() < 1 / 7:
        title = title.title()
    return Text(country=country, title=title, text=" ".join(sentences), home=home)


def _place(country: str, cities: dict[str, list[str]], chance: random.Random) -> str:
    """Return a place of a country: itself in one of three, else one of its cities, large or small."""
    names = country_names("en")[country][:1]
    if chance.random() < 1 / 3 or not cities[country]:
        return chance.choice(names)
    known = cities[country]
    return known[min(int(chance.expovariate(0.08)), len(known) - 1)]


def _specification() -> Specification:
    names = country_names("en")
    return Specification(
        slug="world",
        name="World",
        categories=(Category(id="all", name="All"),),
        regions=tuple(Region(id=code, name=names[code][0]) for code in COUNTRIES),
    )


def _located(atlas: Atlas, text: Text, *, with_source: bool) -> str | None:
    written = article({"id": "", "title": text.title, "text": text.text})
    home = text.home if with_source else None
    return atlas.locate([Reading(replace(written, region=home))]).region


def _mean(texts: Sequence[Text], found: Sequence[str | None]) -> float:
    right: dict[str, list[bool]] = defaultdict(list)
    for text, region in zip(texts, found, strict=True):
        right[text.country].append(region == text.country)
    return sum(sum(some) / len(some) for some in right.values()) / len(right)
