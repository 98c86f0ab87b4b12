"""Proposed keywords: what sets a category's articles apart, and never a filler word."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from autopilot.domain.content import Article
from autopilot.domain.specification import Category
from autopilot.pipeline.select.propose import Basis, propose
from autopilot.pipeline.select.stopwords import FILLERS
from autopilot.pipeline.select.words import plain, spoken

NOW = datetime(2026, 11, 29, tzinfo=UTC)
TOPICS = {
    "energy": "turbine electrolyser voltage transmission interconnector substation megawatt inverter",
    "health": "vaccine hospital surgeon antibiotic diagnosis ventilator clinic pathogen",
    "sport": "goalkeeper penalty marathon referee midfielder stadium relegation sprinter",
    "law": "plaintiff tribunal verdict appeal lawsuit prosecutor testimony injunction",
    "food": "harvest tractor fertiliser orchard dairy irrigation livestock granary",
    "space": "rocket astronaut satellite orbit launchpad telescope lander spacecraft",
}
FILLING = sorted(FILLERS["en"])
NEUTRAL = [
    f"{a}{b}"
    for a in ("bar", "cor", "del", "fin", "gol", "har")
    for b in ("man", "lin", "ter", "vok")
]


def corpus(*, seed: int = 7, size: int = 600) -> list[tuple[str, Article]]:
    """Made-up articles of six topics: three words of its topic, neutral ones, and many fillers."""
    rng = random.Random(seed)
    made = []
    for number in range(size):
        topic = rng.choice(sorted(TOPICS))
        words = [*rng.sample(TOPICS[topic].split(), 3), *rng.sample(NEUTRAL, 2)]
        words += rng.sample(FILLING, 6)
        rng.shuffle(words)
        made.append((topic, article(number, " ".join(words).capitalize())))
    return made


def article(number: int, title: str, *, source: str = "") -> Article:
    source = source or f"Wire {number % 5}"
    return Article(
        key=str(number),
        url=f"https://example.org/{number}",
        title=title,
        text="",
        published=NOW - timedelta(minutes=number),
        dated=True,
        source=source,
        source_url=f"https://example.org/{source}.xml",
    )


def category(name: str, *keywords: str, description: str = "") -> Category:
    return Category(id="one", name=name, keywords=keywords, description=description)


def test_proposals_belong_to_the_topic_of_the_keywords():
    made = corpus()
    articles = [one for _, one in made]
    for topic, words in TOPICS.items():
        seeds = words.split()[:2]
        found = propose(articles, category(topic.title(), *seeds), language="en")
        assert found.basis is Basis.KEYWORDS
        terms = [proposal.term.lower() for proposal in found.proposals]
        right = [term for term in terms if set(term.split()) <= set(words.split())]
        assert len(right) >= 0.9 * len(terms), (topic, terms)
        assert len(set(right)) >= 5, (topic, terms)
        assert all(proposal.new > 0 for proposal in found.proposals)


def test_a_name_alone_is_enough_where_articles_speak_of_it():
    found = propose([one for _, one in corpus()], category("The hospital"), language="en")
    assert found.basis is Basis.NAME
    terms = [proposal.term.lower() for proposal in found.proposals]
    assert terms[0] == "hospital"
    assert set(" ".join(terms).split()) <= set(TOPICS["health"].split())


def test_a_word_of_the_name_is_proposed_even_where_few_articles_have_it():
    articles = [article(1, "Storage park opens"), article(2, "Football club wins the cup")]
    found = propose(articles, category("Storage news"), language="en")
    assert (found.basis, [it.term for it in found.proposals]) == (Basis.NAME, ["Storage"])


def test_without_a_hint_it_says_what_is_written_about_most():
    found = propose([one for _, one in corpus()], category("Whatever"), language="en")
    assert found.basis is Basis.TOPICS
    assert found.own == 0
    assert found.proposals


def test_fillers_numbers_and_names_of_sources_are_never_proposed():
    made = [one for _, one in corpus()]
    made += [
        article(1000 + n, "Turbine 2026 the wire says", source="Turbine Post") for n in range(9)
    ]
    for keywords in (("turbine",), ()):
        found = propose(made, category("Turbine", *keywords), language="en", most=500)
        words = {plain(word) for it in found.proposals for word in spoken(it.term)}
        assert not words & FILLERS["en"]
        assert not [word for word in words if word.isdigit()]
        assert "post" not in words


def test_what_is_a_keyword_or_taken_already_is_not_proposed():
    articles = [one for _, one in corpus()]
    found = propose(
        articles, category("Energy", "turbine", "voltage"), language="en", taken=["substations"]
    )
    said = " ".join(it.term.lower() for it in found.proposals).split()
    assert not {"turbine", "voltage", "substation"} & set(said)


def test_the_order_of_the_articles_does_not_matter():
    articles = [one for _, one in corpus()]
    sought = category("Energy", "turbine")
    there = propose(articles, sought, language="en")
    assert propose(articles[::-1], sought, language="en") == there


def test_nothing_stored_proposes_nothing():
    assert propose([], category("Energy", "turbine"), language="en").proposals == ()


def test_a_term_of_one_source_alone_is_its_habit():
    articles = [one for _, one in corpus()]
    articles += [
        article(2000 + n, f"Turbine advertisement {word}", source="Pusher")
        for n, word in enumerate(NEUTRAL[:12])
    ]
    found = propose(articles, category("Energy", "turbine"), language="en", most=500)
    assert "advertisement" not in {it.term for it in found.proposals}
