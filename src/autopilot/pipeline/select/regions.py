"""Regions: which of the specification's regions a story is about.

Evidence is a region's name and keywords, and for a country or continent the names, demonyms, states and
cities of its countries. Counted are the title three times, the first 250 characters of the text
twice, the rest of the lead once. An article of a local source is about that source's region, whatever it names. Without evidence the
source's region holds, else there is none: a region is never guessed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autopilot.domain.specification import Region, Specification
from autopilot.pipeline.select.gazetteer import CONTINENTS, places
from autopilot.pipeline.select.lexicon import Form, Lexicon, Term, keyword
from autopilot.pipeline.select.places import DOUBTFUL, country_code, country_names
from autopilot.pipeline.select.words import Reading, Text

AS_WRITTEN = "und"  # no language: cities have no endings
CONTINENT_WEIGHT = 0.9
"""A country that is a region itself goes before its continent."""

_ELSEWHERE = "elsewhere:"

Counts = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where a story happens. `how` is "text", "source" or "local source", "" where region is None.

    `elsewhere` names the countries the story is about instead, when none of them is wanted.
    """

    region: str | None
    how: str = ""
    elsewhere: tuple[str, ...] = ()


class Atlas:
    """The specification's regions, ready to be found in articles."""

    def __init__(self, specification: Specification) -> None:
        self._regions = {region.id: region.name for region in specification.regions}
        self._lexicons = (
            Lexicon(_terms(specification), language=specification.language),
            Lexicon(_place_terms(specification), language=AS_WRITTEN),
        )

    def locate(self, readings: Sequence[Reading]) -> Located:
        """Return the region of a story told by these articles."""
        articles = [reading.article for reading in readings]
        local = self._regions_of(article.region for article in articles if article.local)
        if local:
            return Located(region=self._most(local), how="local source")
        homes = self._regions_of(article.region for article in articles)
        evidence = self._evidence(readings)
        if any(place in self._regions for place in evidence):
            return Located(region=self._most(evidence, homes), how="text")
        if evidence:
            places = sorted(evidence, key=lambda place: (-evidence[place], place))
            return Located(
                region=None, elsewhere=tuple(place.removeprefix(_ELSEWHERE) for place in places)
            )
        return Located(region=self._most(homes), how="source") if homes else Located(region=None)

    def _regions_of(self, regions: Iterable[str | None]) -> Counts:
        counted = Counter(region for region in regions if region in self._regions)
        return {region: float(times) for region, times in counted.items()}

    def _evidence(self, readings: Sequence[Reading]) -> Counts:
        evidence: Counts = defaultdict(float)
        for reading in readings if self._regions else ():
            for text, times in _fields(reading):
                for lexicon in self._lexicons:
                    for index, count in lexicon.find(text).items():
                        term = lexicon.terms[index]
                        evidence[term.owner] += times * count * term.weight
        return evidence

    def _most(self, counts: Counts, homes: Counts | None = None) -> str:
        """Return the region counted most; among equals the sources' region, then the first listed."""
        held = homes or {}
        return max(
            self._regions,
            key=lambda region: (round(counts.get(region, 0.0), 6), held.get(region, 0.0)),
        )

    def name(self, region: str) -> str:
        """Return what the user calls a region."""
        return self._regions[region]

    @property
    def names(self) -> tuple[str, ...]:
        """What the user calls the regions, in their order."""
        return tuple(self._regions.values())


def _fields(reading: Reading) -> tuple[tuple[Text, int], ...]:
    return (reading.title, 3), (reading.opening, 2), (reading.rest, 1)


def _terms(specification: Specification) -> Iterator[Term]:
    """Yield the terms of the regions, and those of every other country where that says "elsewhere".

    Only a list of countries tells what it leaves out: "Europe" or "Bavaria" may well include the
    country an article names, so beside such a region nothing counts as elsewhere.
    """
    language = specification.language
    countries = country_names(language)
    for region in specification.regions:
        yield keyword(region.id, region.name)
        yield from (keyword(region.id, word) for word in region.keywords)
    for owner, weight, code in _owners(specification):
        names = countries.get(code, ())
        if owner.startswith(_ELSEWHERE):
            names = tuple(name for name in names if name not in DOUBTFUL)
        yield from _country_terms(owner, names, weight)


def _place_terms(specification: Specification) -> Iterator[Term]:
    """Yield the cities and states of the same countries."""
    owners: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for owner, weight, code in _owners(specification):
        owners[code].append((owner, weight))
    for place in places() if owners else ():
        for owner, weight in owners.get(place.country, ()):
            if place.sure or not owner.startswith(_ELSEWHERE):
                yield Term(
                    owner=owner,
                    label=place.name,
                    form=Form.CAPITAL,
                    weight=weight * place.weight,
                )


def _owners(specification: Specification) -> Iterator[tuple[str, float, str]]:
    """Yield who a country speaks for, how strongly, and the country's code."""
    if not specification.regions:
        return
    language = specification.language
    countries = country_names(language)
    wanted: set[str] = set()
    for region in specification.regions:
        code = country_code(region.id, region.name, language)
        if code:
            wanted.add(code)
            yield region.id, 1.0, code
        for member in _members(region) if not code else ():
            yield region.id, CONTINENT_WEIGHT, member
    if len(wanted) == len(specification.regions):
        for code, names in countries.items():
            if code not in wanted:
                yield f"{_ELSEWHERE}{names[0]}", 1.0, code


def _members(region: Region) -> list[str]:
    names = (region.name.casefold(), region.id.casefold().replace("-", " "))
    return next((CONTINENTS[name].split() for name in names if name in CONTINENTS), [])


def _country_terms(owner: str, names: Sequence[str], weight: float) -> Iterator[Term]:
    for name in names:
        form = Form.UPPER if keyword(owner, name).form is Form.UPPER else Form.CAPITAL
        yield Term(owner=owner, label=name, form=form, weight=weight)
