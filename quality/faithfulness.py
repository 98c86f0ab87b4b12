"""How well the faithfulness checks tell what a source says from what it does not.

The test set is generated from a seed: made-up articles, good summaries of them, and copies of these
summaries in which one number or one name was exchanged, or a sentence was invented.
"""

from __future__ import annotations

import calendar
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from autopilot.pipeline.write.extract import excerpt
from autopilot.pipeline.write.faithful import Ground
from autopilot.pipeline.write.sentences import sentences

STORIES = yaml.safe_load(Path(__file__).with_name("faithful_stories.yaml").read_text("utf-8"))
COUNTRIES = tuple(STORIES["countries"].items())
MONTHS = tuple(calendar.month_name)[1:]
DAYS = tuple(calendar.day_name)
SEED = 20261123
ARTICLES = 400
KNOWING = 0.04  # of the good summaries say what their writer knew anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An article, a good summary of it, and the same summary made wrong in three ways."""

    article: str
    good: str
    wrong_number: str
    wrong_name: str
    invented: str


def measure(*, seed: int = SEED, articles: int = ARTICLES) -> dict[str, float]:
    """Return the share of texts with a flag for each kind, and milliseconds for one summary."""
    cases = list(generate(seed, articles))
    extracts = [excerpt("", case.article) for case in cases]
    began = time.process_time()
    good = [_is_flagged(case.article, case.good) for case in cases]
    seconds = time.process_time() - began
    return {
        "articles": len(cases),
        "extractive": _share(map(_is_flagged, [case.article for case in cases], extracts)),
        "good": _share(good),
        "wrong_numbers": _share(_is_flagged(case.article, case.wrong_number) for case in cases),
        "wrong_names": _share(_is_flagged(case.article, case.wrong_name) for case in cases),
        "invented": _share(_is_flagged(case.article, case.invented) for case in cases),
        "ms": round(1000 * seconds / len(cases), 2),
    }


def generate(seed: int, articles: int) -> Iterator[Case]:
    """Yield the cases of a seed; the same seed always gives the same ones."""
    chance = random.Random(seed)  # noqa: S311 - a test set, not a secret
    for number in range(articles):
        frame = STORIES["frames"][number % len(STORIES["frames"])]
        words = _words(chance)
        written = _filled(chance.choice(frame["summaries"]), words)
        good = _knowingly(written, chance)
        yield Case(
            article=_filled(frame["article"], words),
            good=good,
            wrong_number=_with_a_wrong_number(written, chance),
            wrong_name=_with_a_wrong_name(written, words, chance),
            invented=f"{written} {_invention(words, chance)}",
        )


def _words(chance: random.Random) -> dict[str, str]:
    country, demonym = chance.choice(COUNTRIES)
    body, abbreviation = chance.choice(tuple(STORIES["bodies"].items()))
    people, firms, cities = (
        chance.sample(STORIES["people"], 3),
        chance.sample(STORIES["firms"], 3),
        chance.sample(STORIES["cities"], 2),
    )
    money, money2 = chance.randrange(1_020, 9_990, 10), chance.randrange(120, 990)
    count = chance.randrange(1_110, 48_000)
    return {
        "country": country,
        "demonym": demonym,
        "body": body,
        "abbr": chance.choice([abbreviation, body]),
        "person": people[0],
        "person2": people[1],
        "other": people[2],
        "firm": firms[0],
        "firm2": firms[1],
        "firm_other": firms[2],
        "city": cities[0],
        "city_other": cities[1],
        "country_other": chance.choice([name for name, _ in COUNTRIES if name != country]),
        "day": chance.choice(DAYS),
        "month": chance.choice([month for month in MONTHS if month != "May"]),
        "year": str(chance.randrange(2027, 2041)),
        "years": chance.choice(
            ["six", "seven", "eight", "nine", "eleven", "twelve", "15", "18", "23"]
        ),
        "km": str(chance.randrange(11, 90)),
        "stations": str(chance.randrange(6, 60)),
        "pct": chance.choice([str(chance.randrange(6, 95)), f"{chance.randrange(60, 300) / 10}"]),
        "pct2": str(chance.randrange(6, 60)),
        "money": f"{money / 1000:g} billion",
        "money_short": chance.choice([f"{money / 1000:g}bn", f"{money:,} million"]),
        "money_round": f"{money / 1000:.1f} billion",
        "money2": f"{money2} million",
        "money2_short": chance.choice([f"{money2}m", f"{money2} million"]),
        "count": f"{count:,}",
        "count_round": f"{round(count, -2 if count < 10_000 else -3):,}",
        "wrong": str(chance.randrange(131, 989)),
        "two": str(chance.randrange(42, 80)),
    }


def _filled(template: str, words: dict[str, str]) -> str:
    """Fill the slots; a name that is told a second time is shortened to its last word."""
    text = template.format(**words)
    for name in (words["person"], words["person2"]):
        first, rest = text.partition(name)[:2], text.partition(name)[2]
        text = "".join(first) + rest.replace(name, name.split()[-1])
    return text.replace("the the", "the").replace("The the", "The")


def _knowingly(summary: str, chance: random.Random) -> str:
    if chance.random() >= KNOWING:
        return summary
    country, known = chance.choice(tuple(STORIES["knowledge"].items()))
    return (
        f"{summary} It is a first for {known}."
        if country not in summary
        else summary.replace(country, known, 1)
    )


def _with_a_wrong_number(summary: str, chance: random.Random) -> str:
    """Exchange one number in digits; where there is none, add a sentence with one."""
    places = [
        match
        for match in re.finditer(r"\d[\d,.]*\d|\d", summary)
        if not match.group().startswith("0")
    ]
    if not places:
        return f"{summary} It took {chance.randrange(131, 989)} days."
    place = chance.choice(places)
    return summary[: place.start()] + _another(place.group(), chance) + summary[place.end() :]


def _another(number: str, chance: random.Random) -> str:
    """A number of the same form in which digits were changed, so that it is well off."""
    value = float(number.replace(",", ""))
    while True:
        digits = [chance.choice("123456789") if char.isdigit() else char for char in number]
        changed = "".join(digits)
        if abs(float(changed.replace(",", "")) - value) > 0.12 * value:
            return changed


def _with_a_wrong_name(summary: str, words: dict[str, str], chance: random.Random) -> str:
    """Exchange one person, firm, city, country or nationality for another."""
    swaps = [
        (words[kind], other)
        for kind, pool in (
            ("person", STORIES["people"]), ("person2", STORIES["people"]), ("firm", STORIES["firms"]), ("firm2", STORIES["firms"]), ("city", STORIES["cities"]),
            ("country", [name for name, _ in COUNTRIES]), ("demonym", [name for _, name in COUNTRIES]),
        )
        if words[kind] in summary
        and (other := chance.choice([item for item in pool if item not in words.values()]))
    ]  # fmt: skip
    if not swaps:
        return f"{summary} {words['other']} was not surprised."
    name, other = chance.choice(swaps)
    return summary.replace(name, other)


def _invention(words: dict[str, str], chance: random.Random) -> str:
    return chance.choice(STORIES["invented"]).format(**words)


def _is_flagged(article: str, summary: str) -> bool:
    return bool(Ground([article]).flags(sentences(summary)))


def _share(flagged: Iterator[bool] | list[bool] | map[bool]) -> float:
    outcomes = list(flagged)
    return round(100 * sum(outcomes) / len(outcomes), 1)


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:14} {figure:g}")  # noqa: T201 - the figures are its output
