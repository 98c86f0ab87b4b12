"""Regions: which of the specification's regions a story is about.

Evidence is a region's name and keywords, and for a country its names and demonyms. Counted are
the title three times, the first 250 characters of the text twice, the rest of the lead once. An
article of a local source is about that source's region, whatever it names. Without evidence the
source's region holds, else there is none: a region is never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autopilot.domain.specification import Specification
from autopilot.pipeline.select.lexicon import Form, Lexicon, Term, keyword
from autopilot.pipeline.select.places import DOUBTFUL, country_code, country_names
from autopilot.pipeline.select.words import Reading, Text

_ELSEWHERE = "elsewhere:"


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
        self._lexicon = Lexicon(_terms(specification), language=specification.language)

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

    def _regions_of(self, regions: Iterable[str | None]) -> Counter[str]:
        return Counter(region for region in regions if region in self._regions)

    def _evidence(self, readings: Sequence[Reading]) -> Counter[str]:
        evidence: Counter[str] = Counter()
        for reading in readings if self._regions else ():
            for text, times in _fields(reading):
                for term, count in self._lexicon.find(text).items():
                    evidence[self._lexicon.terms[term].owner] += times * count
        return evidence

    def _most(self, counts: Counter[str], homes: Counter[str] | None = None) -> str:
        """Return the region counted most; among equals the sources' region, then the first listed."""
        held = homes or Counter()
        return max(self._regions, key=lambda region: (counts[region], held[region]))

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
    if not specification.regions:
        return
    language = specification.language
    codes = {r.id: country_code(r.id, r.name, language) for r in specification.regions}
    countries = country_names(language)
    for region in specification.regions:
        yield keyword(region.id, region.name)
        yield from (keyword(region.id, word) for word in region.keywords)
        code = codes[region.id]
        yield from _country_terms(region.id, countries[code] if code else ())
    if None not in codes.values():
        for code, names in countries.items():
            if code not in codes.values():
                sure = [name for name in names if name not in DOUBTFUL]
                yield from _country_terms(f"{_ELSEWHERE}{names[0]}", sure)


def _country_terms(owner: str, names: Sequence[str]) -> Iterator[Term]:
    for name in names:
        acronym = keyword(owner, name)
        yield (
            acronym
            if acronym.form is Form.UPPER
            else Term(owner=owner, label=name, form=Form.CAPITAL)
        )
