"""Stories: reports of one event come together, neighbouring events stay apart."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

import pytest

from autopilot.domain.content import Article
from autopilot.pipeline.select.linkage import link, pairs
from autopilot.pipeline.select.stories import group_stories
from autopilot.pipeline.select.vectors import vectors
from autopilot.pipeline.select.words import Reading

DAM = [
    "Dam breach floods three villages in the northern valley",
    "Three villages under water after dam breach",
    "Northern valley: breach of dam forces villagers to flee flood",
]
BANK = [
    "Central bank lifts interest rate to four percent",
    "Interest rate rises to four percent, central bank says",
]
CUP = ["Underdogs win the cup final on penalties", "Penalties decide cup final for underdogs"]


def readings(titles: list[str], *, texts: list[str] | None = None, urls: list[str] | None = None):
    texts, urls = texts or [""] * len(titles), urls or [""] * len(titles)
    return [
        Reading(
            Article(
                key=str(index),
                url=url,
                title=title,
                text=text,
                published=datetime(2026, 11, 20, tzinfo=UTC),
                dated=True,
                source="Example",
                source_url="https://example.org/feed",
            )
        )
        for index, (title, text, url) in enumerate(zip(titles, texts, urls, strict=True))
    ]


def grouped(titles: list[str], **more: list[str]) -> list[int]:
    return group_stories(readings(titles, **more), language="en")


def test_reports_of_one_event_are_one_story():
    assert grouped([*DAM, *BANK, *CUP]) == [0, 0, 0, 3, 3, 5, 5]


@pytest.mark.parametrize("seed", range(5))
def test_the_grouping_does_not_depend_on_the_order(seed):
    titles = [*DAM, *BANK, *CUP]
    order = random.Random(seed).sample(range(len(titles)), len(titles))
    labels = grouped([titles[index] for index in order])
    found = {
        frozenset(order[i] for i, other in enumerate(labels) if other == label) for label in labels
    }
    assert found == {frozenset({0, 1, 2}), frozenset({3, 4}), frozenset({5, 6})}


def test_one_title_is_one_story_whatever_the_text():
    texts = ["Completely different words here.", "Nothing in common whatsoever."]
    assert grouped(["A dam breaks in March", "A DAM breaks, in March"], texts=texts) == [0, 0]


def test_short_titles_alone_do_not_make_a_story():
    texts = ["Wheat prices fell on the exchange.", "A comet passes the southern sky tonight."]
    assert grouped(["Morning briefing", "Evening notes"], texts=texts) == [0, 1]


def test_the_address_helps_where_titles_differ():
    titles = ["Disaster in the north", "Hundreds flee their homes"]
    urls = [
        "https://a.example/2026/dam-breach-floods-three-villages",
        "https://b.example/news/dam-breach-floods-villages-north?id=3",
    ]
    assert grouped(titles) == [0, 1]
    assert grouped(titles, urls=urls) == [0, 0]


def test_events_are_not_chained_through_one_shared_word():
    titles = ["Alpha beta gamma delta", "Delta epsilon zeta eta", "Eta theta iota kappa"]
    assert grouped(titles) == [0, 1, 2]


@pytest.mark.parametrize(
    "titles", [[], [""], ["", ""], ["a"], ["🔋", "🔋"], ["the of and", "the of and"]]
)
def test_titles_without_words_stand_alone(titles):
    assert len(grouped(titles)) == len(titles)


def test_unspaced_titles_are_compared_by_their_characters():
    titles = [
        "北部の谷でダムが決壊し村が浸水",
        "ダム決壊で北部の村が浸水",
        "中央銀行が政策金利を引き上げ",
    ]
    assert group_stories(readings(titles), language="ja") == [0, 0, 2]


def test_pairs_have_exact_cosines():
    weighed = vectors(readings(DAM), language="en")
    found = {(a, b): cosine for a, b, cosine in pairs(weighed, at_least=0.0)}
    assert sorted(found) == [(0, 1), (0, 2), (1, 2)]
    for (a, b), cosine in found.items():
        exact = sum(weighed[a][term] * weighed[b].get(term, 0.0) for term in weighed[a])
        assert cosine == pytest.approx(exact)


@pytest.mark.parametrize(
    ("threshold", "labels"), [(0.5, [0, 1, 1]), (0.31, [0, 1, 1]), (0.29, [0, 0, 0])]
)
def test_average_link_weighs_all_pairs(threshold, labels):
    """The first is like the second (.6) and unlike the third (0): .3 on average, once these met."""
    half = 0.5**0.5
    close = {"a": half, "b": half}
    between = {"a": 0.6 * half, "b": 0.6 * half, "c": 0.8 * half, "d": 0.8 * half}
    other = {"c": half, "d": half}
    assert link([close, between, other], threshold=threshold) == labels


def test_one_shared_word_is_never_enough():
    assert link([{"grid": 1.0}, {"grid": 1.0}], threshold=0.1) == [0, 1]


def test_keywords_weigh_less_for_they_name_subjects():
    titles = ["Grid operator hires engineers", "Grid operator sued over pylons"]
    assert group_stories(readings(titles), language="en") == [0, 0]
    told = group_stories(readings(titles), language="en", subjects=["grid operator"])
    assert told == [0, 1]


def test_five_thousand_articles_of_one_template_are_grouped_in_time():
    titles = [f"Quarterly update for fund number {i} from the registrar" for i in range(5_000)]
    start = time.process_time()
    labels = grouped(titles)
    assert len(labels) == len(titles)
    assert time.process_time() - start < 20  # a guard against quadratic work, not a measurement
