"""Words, keywords, categories and regions: what an article says, and about where."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autopilot.domain.content import Article
from autopilot.domain.specification import Category, Region, Specification
from autopilot.pipeline.select.lexicon import Lexicon, keyword
from autopilot.pipeline.select.match import is_clear, match_readings, pooled, ranked
from autopilot.pipeline.select.places import country_code, country_names
from autopilot.pipeline.select.regions import Atlas
from autopilot.pipeline.select.words import Reading, Stemmer, Text, normalised_title, spoken


def reading(title: str, text: str = "", *, region: str | None = None, local: bool = False):
    return Reading(
        Article(
            key=title,
            url="https://example.org/",
            title=title,
            text=text,
            published=datetime(2026, 11, 20, tzinfo=UTC),
            dated=True,
            source="Example",
            source_url="https://example.org/feed",
            region=region,
            local=local,
        )
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "Europe's e-mail, re-read", ["Europe", "e", "mail", "re", "read"], id="english"
        ),
        pytest.param("l’été à Zürich", ["l", "été", "à", "Zürich"], id="accents"),
        pytest.param("ﬁve ｇｒｉｄｓ", ["five", "grids"], id="compatibility"),
        pytest.param("電力網が", ["電", "力", "網", "が"], id="unspaced"),
        pytest.param("전력망을 2배", ["전", "력", "망", "을", "2", "배"], id="hangul"),
        pytest.param("हिन्दी समाचार", ["हिन्दी", "समाचार"], id="vowel signs"),
        pytest.param("snake_case 🔋 …", ["snake", "case"], id="signs"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_a_text_falls_into_words(text, words):
    assert spoken(text) == words


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        pytest.param("en", "grid grids Grid's", id="english"),
        pytest.param("en-GB", "regulation regulations regulate", id="region of a language"),
        pytest.param("de", "Netz Netze Netzen Netzes", id="german"),
        pytest.param("fr", "réseau réseaux", id="french"),
        pytest.param("es", "renovable renovables", id="spanish"),
        pytest.param("ru", "сеть сети сетей", id="russian"),
        pytest.param("sv", "batteri batterier batterierna", id="swedish"),
        pytest.param("xx", "GRID grid", id="unknown language folds case only"),
    ],
)
def test_forms_of_a_word_share_a_stem(language, forms):
    stem = Stemmer(language)
    assert len({stem[word] for word in spoken(forms)}) == 1


def test_a_stemmer_for_some_words_stems_those_and_leaves_others_folded():
    stem = Stemmer("en", sought=["grid", "sky"])
    assert (stem["Grids"], stem["skies"], stem["Élections"]) == ("grid", "sky", "elections")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Grid law: passed at last", "GRID LAW PASSED AT LAST!"),
        ("Élections à la région", "Elections a la region"),
        ("電力網の新しい法律", "電力網 の 新しい 法律"),
    ],
)
def test_copies_of_a_title_are_normalised_alike(one, other):
    assert normalised_title(one) == normalised_title(other) != ""


@pytest.mark.parametrize("title", ["", "Weekly report", "🔋🔋🔋🔋🔋", "電力"])
def test_a_title_too_short_to_tell_is_no_identity(title):
    assert normalised_title(title) == ""


@pytest.mark.parametrize(
    ("word", "text", "times"),
    [
        pytest.param("power grid", "Power grids and the power of the grid", 1, id="phrase"),
        pytest.param("grid", "gridlock", 0, id="whole words only"),
        pytest.param("e-bike", "An e-bike, an E-Bike", 2, id="hyphen"),
        pytest.param("Moody's", "Moody’s rates", 1, id="apostrophe"),
        pytest.param("C++", "C++ and C, c++", 2, id="signs count"),
        pytest.param("C++", "vitamin C", 0, id="signs are needed"),
        pytest.param(".NET", "on .NET 9", 1, id="leading sign"),
        pytest.param("AT&T", "AT&T buys", 1, id="joined capitals"),
        pytest.param("[a-z]+", "plain words a z", 0, id="no pattern"),
        pytest.param("(a+)+$", "a" * 5_000, 0, id="no backtracking"),
        pytest.param("🔋", "charge 🔋 now 🔋", 2, id="emoji"),
        pytest.param("電力", "再生電力網", 1, id="substring without spaces"),
        pytest.param("전력망", "새 전력망을 세운다", 1, id="particle after hangul"),
        pytest.param("شبكة", "شبكة الكهرباء", 1, id="right to left"),
        pytest.param("US", "tell us about US rules", 1, id="acronym in capitals"),
        pytest.param("U.S.", "the U.S. and us", 1, id="dotted acronym"),
        pytest.param("NASA", "Nasa says", 1, id="long acronym in any case"),
        pytest.param("ai", "AI and ai", 2, id="small letters take any case"),
        pytest.param("Zurich", "in Zürich", 1, id="accent"),
    ],
)
def test_a_keyword_is_found_literally(word, text, times):
    lexicon = Lexicon([keyword("x", word)], language="en")
    assert lexicon.find(Text(text)) == ({0: times} if times else {})


def test_one_word_may_speak_for_two_owners_and_counts_once_for_each():
    terms = [keyword("a", "grid"), keyword("a", "grids"), keyword("b", "grid")]
    lexicon = Lexicon(terms, language="en")
    found = lexicon.find(Text("The grid"))
    assert sorted(lexicon.terms[term].owner for term in found) == ["a", "b"]


def test_points_come_from_the_title_first_and_repetition_counts_little():
    category = Category(id="grid", name="Grid", keywords=("grid",))
    titles = ["grid", "no", "no", "no"]
    texts = ["", "the grid", "grid grid grid", "grid " * 300]
    batch = [reading(title, text) for title, text in zip(titles, texts, strict=True)]
    points = [m["grid"].points for m in match_readings(batch, [category], language="en")]
    title, once, thrice, often = points
    assert once < 6 <= title
    assert once < thrice == often == title


def test_a_rare_keyword_weighs_more_than_a_common_one():
    category = Category(id="x", name="X", keywords=("energy", "electrolyser"))
    batch = [reading(f"energy {i}") for i in range(60)] + [reading("electrolyser")]
    points = [m["x"].points for m in match_readings(batch, [category], language="en")]
    assert points[-1] > points[0] >= 6


def test_one_report_of_many_does_not_move_a_story_into_a_category():
    category = Category(id="grid", name="Grid", keywords=("grid",))
    batch = [reading("grid")] + [reading(f"football {i}") for i in range(11)]
    matches = match_readings(batch, [category], language="en")
    assert pooled(matches)["grid"] < 6 <= pooled(matches[:3])["grid"]


@pytest.mark.parametrize(
    ("points", "clear"),
    [
        ({"a": 6.0}, True),
        ({"a": 5.9}, False),
        ({"a": 9.0, "b": 6.0}, True),
        ({"a": 8.9, "b": 6.0}, False),
        ({"a": 12.0, "b": 11.0}, True),
    ],
)
def test_a_story_needs_points_and_a_lead_over_the_next_category(points, clear):
    assert is_clear(points, "a") is clear


def test_equal_points_go_to_the_category_listed_first():
    assert ranked({"b": 7.0, "a": 7.0}, ["b", "a"]) == ["b", "a"]


REGIONS = (
    Region(id="DE", name="Germany"),
    Region(id="FR", name="France"),
    Region(id="benelux", name="Benelux", keywords=("Belgium", "Dutch")),
)


def located(*readings: Reading, regions: tuple[Region, ...] = REGIONS, language: str = "en"):
    wanted = Specification(
        slug="x",
        name="X",
        language=language,
        categories=(Category(id="x", name="X"),),
        regions=regions,
    )
    return Atlas(wanted).locate(readings)


@pytest.mark.parametrize(
    ("title", "text", "region"),
    [
        pytest.param("Germany votes", "", "DE", id="name"),
        pytest.param("German parties quarrel", "", "DE", id="demonym"),
        pytest.param("Parties quarrel", "In Germany's capital", "DE", id="text"),
        pytest.param("Dutch dikes hold", "", "benelux", id="keyword"),
        pytest.param("France meets", "Germany and Germany's friends", "DE", id="sum of evidence"),
        pytest.param("French votes", "x" * 260 + " Germany", "FR", id="title beats the rest"),
        pytest.param("Votes counted", "", None, id="nothing named"),
    ],
)
def test_a_region_is_read_from_the_text(title, text, region):
    assert located(reading(title, text)).region == region


def test_a_local_source_gives_its_region_whatever_the_text_names():
    found = located(reading("France wins", region="DE", local=True))
    assert (found.region, found.how) == ("DE", "local source")


def test_the_source_breaks_ties_and_stands_in_where_nothing_is_named():
    tied = located(reading("France and Germany agree", region="FR"))
    assert (tied.region, tied.how) == ("FR", "text")
    silent = located(reading("Parties agree", region="FR"))
    assert (silent.region, silent.how) == ("FR", "source")


def test_elsewhere_is_said_only_beside_countries():
    countries = REGIONS[:2]
    assert located(reading("Brazil votes"), regions=countries).elsewhere == ("Brazil",)
    assert located(reading("Brazil votes")).elsewhere == ()
    assert located(reading("Brazil and France vote"), regions=countries).region == "FR"


@pytest.mark.parametrize(
    "title", ["Jordan scores again", "Turkey recipes", "Tell us more", "How china is glazed"]
)
def test_names_that_are_also_words_do_not_speak_against_an_article(title):
    assert located(reading(title), regions=REGIONS[:1]).elsewhere == ()


@pytest.mark.parametrize(
    ("region", "title", "language"),
    [
        (Region(id="GB", name="United Kingdom"), "UK votes", "en"),
        (Region(id="US", name="USA"), "U.S. votes", "en"),
        (Region(id="germany", name="Germany"), "German vote", "en"),
        (Region(id="DE", name="Deutschland"), "Deutschlands Netze", "de"),
        (Region(id="JP", name="日本"), "日本の電力", "ja"),
        (Region(id="TR", name="Türkiye"), "Turkish grid", "en"),
    ],
)
def test_a_country_is_known_by_its_names(region, title, language):
    assert located(reading(title), regions=(region,), language=language).region == region.id


def test_country_names_cover_the_world_and_bavaria_is_no_country():
    names = country_names("de")
    assert len(names) > 230
    assert {"Germany", "Deutschland", "German"} <= set(names["DE"])
    assert country_code("bavaria", "Bavaria", "en") is None
    assert country_code("x", "Burma", "en") == "MM"


def test_an_unknown_language_still_has_english_names():
    assert "Germany" in country_names("tlh")["DE"]


def test_without_regions_nothing_is_located():
    assert located(reading("Germany votes", region="DE"), regions=()).region is None
