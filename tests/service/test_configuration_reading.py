"""Reading a configuration file: every problem at once, each with its line and what to write."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from service.conftest import document

from autopilot.errors import DocumentInvalid, Problem
from autopilot.service.configuration.reading import read_document
from autopilot.service.configuration.yaml_text import YamlText, read_yaml

URL = "https://example.org/feed.xml"


def problems(text: str) -> list[Problem]:
    with pytest.raises(DocumentInvalid) as told:
        read_document(text)
    return list(told.value.problems)


WHOLE = """\
workspace: acme
name: Acme
timezone: Europe/Berlin
specifications:
  - slug: energy
    name: Energy
    categories: [{id: grid, name: Grid, keywords: [grid]}]
    regions: [{id: DE, name: Germany}]
    sources:
      - {url: "https://example.org/feed.xml", region: DE}
    schedules:
      - {name: Nine, type: daily, config: {times: ["09:00"]}}
"""

# What to change in the whole file -> (line, path, words of the message).
WRONG: dict[str, tuple[str, str, int, str, str]] = {
    "no such zone": ("Europe/Berlin", "Mars/Base", 3, "timezone", "not an IANA time zone"),
    "an abbreviation": ("Europe/Berlin", "EST", 3, "timezone", "not an IANA time zone"),
    "an unknown key": ("name: Acme\n", "name: Acme\ncolour: red\n", 3, "colour", "unknown key"),
    "a misspelled key": (
        "    sources:",
        "    sorces:",
        9,
        "specifications[0].sorces",
        "did you mean 'sources'",
    ),
    "a slug with spaces": ("slug: energy", "slug: My Energy", 5, "specifications[0].slug", "form"),
    "a number for a name": ("name: Energy", "name: 5", 6, "specifications[0].name", "quotes"),
    "no categories": (
        "    categories: [{id: grid, name: Grid, keywords: [grid]}]",
        "    categories: []",
        7,
        "specifications[0].categories",
        "at least 1",
    ),
    "a category without a name": (
        "{id: grid, name: Grid, keywords: [grid]}",
        "{id: grid}",
        7,
        "specifications[0].categories[0].name",
        "is missing",
    ),
    "more stories at least than at most": (
        "keywords: [grid]}",
        "keywords: [grid], min_stories: 9, max_stories: 2}",
        7,
        "specifications[0].categories[0]",
        "more than max_stories",
    ),
    "a region that is not listed": (
        "region: DE}",
        "region: FR}",
        10,
        "specifications[0].sources[0].region",
        "'FR' is not among the regions",
    ),
    "an address that is none": (
        '"https://example.org/feed.xml"',
        '"ftp://example.org/feed.xml"',
        10,
        "specifications[0].sources[0].url",
        "http",
    ),
    "sources that are no list": (
        '      - {url: "https://example.org/feed.xml", region: DE}',
        "      url: x",
        9,
        "specifications[0].sources",
        "must be a list",
    ),
    "two sources of one address": (
        "    schedules:",
        '      - {url: "https://example.org/feed.xml"}\n    schedules:',
        11,
        "specifications[0].sources[1].url",
        "stands here and in",
    ),
    "no such type": ("type: daily", "type: hourly", 12, "specifications[0].schedules[0].type", ""),
    "no such time": (
        '["09:00"]',
        '["25:00"]',
        12,
        "specifications[0].schedules[0].config.times[0]",
        "not a time",
    ),
    "a config that is none": (
        '{times: ["09:00"]}',
        "nine",
        12,
        "specifications[0].schedules[0].config",
        "",
    ),
    "two schedules of one name": (
        "      - {name: Nine, type: daily",
        "      - {name: Nine, type: daily, config: {times: ['08:00']}}\n      - {name: Nine, type: daily",
        13,
        "specifications[0].schedules[1].name",
        "stands here and in",
    ),
    "a cron that never fires": (
        'type: daily, config: {times: ["09:00"]}',
        'type: custom, config: {cron: "0 9 30 2 *"}',
        12,
        "specifications[0].schedules[0].config",
        "",
    ),
    "a cron that fires too often": (
        'type: daily, config: {times: ["09:00"]}',
        'type: custom, config: {cron: "* * * * *"}',
        12,
        "specifications[0].schedules[0].config",
        "",
    ),
    "an override that names nothing": (
        "type: daily,",
        "type: daily, categories_override: [cars],",
        12,
        "specifications[0].schedules[0].categories_override",
        "'cars' is not among the categories",
    ),
    "a key twice": ("name: Acme\n", "name: Acme\nname: Other\n", 3, "name", "stands twice"),
    "two specifications of one slug": (
        "specifications:\n",
        "specifications:\n  - {slug: energy, name: E, categories: [{id: a, name: A}]}\n",
        6,
        "specifications[1].slug",
        "stands here and in",
    ),
}


def test_the_whole_file_is_read() -> None:
    assert read_document(WHOLE).workspace == "acme"


@pytest.mark.parametrize(("old", "new", "line", "path", "words"), WRONG.values(), ids=list(WRONG))
def test_a_problem_is_told_with_its_place(
    old: str, new: str, line: int, path: str, words: str
) -> None:
    assert old in WHOLE
    told = problems(WHOLE.replace(old, new))
    fitting = [it for it in told if it.path.startswith(path) and words in it.message]
    assert fitting, told
    assert fitting[0].line == line
    assert len(told) == 1, told


def test_every_problem_is_told_at_once_in_the_order_of_the_file() -> None:
    text = WHOLE
    for name in (
        "no such zone",
        "a number for a name",
        "a region that is not listed",
        "no such time",
        "an unknown key",
    ):
        old, new, *_ = WRONG[name]
        text = text.replace(old, new)
    told = problems(text)
    assert [it.line for it in told] == [3, 4, 7, 11, 13]
    with pytest.raises(DocumentInvalid, match="has 5 problems; nothing was applied"):
        read_document(text)


def test_a_problem_shows_what_is_allowed_and_an_example() -> None:
    (told,) = problems(WHOLE.replace("Europe/Berlin", "Mars/Base"))
    assert "allowed: an IANA time zone" in str(told)
    assert "for example: timezone: Europe/Berlin" in str(told)


@pytest.mark.parametrize(
    "text", ["", "# nothing", "[]", "5", "just words", "null", "--- \n...", "- a\n- b"], ids=repr
)
def test_what_is_no_workspace_is_refused(text: str) -> None:
    assert problems(text)


SCALARS = {
    "NO": "NO",
    "yes": "yes",
    "off": "off",
    "10:30": "10:30",
    "2026-11-23": "2026-11-23",
    "0x1F": "0x1F",
    "1_000": "1_000",
    "true": True,
    "null": None,
    "~": None,
    "12": 12,
    "09": 9,
    "010": 10,
    "-3": -3,
    "1.5": 1.5,
    "1e3": 1000.0,
    "'12'": "12",
}


@pytest.mark.parametrize(("text", "value"), SCALARS.items(), ids=list(SCALARS))
def test_values_are_read_as_yaml_1_2_reads_them(text: str, value: object) -> None:
    found = read_yaml(f"key: {text}").value
    assert found == {"key": value}
    assert type(found["key"]) is type(value)  # type: ignore[index]


def test_norway_stays_norway() -> None:
    text = WHOLE.replace("id: DE", "id: NO").replace("region: DE", "region: NO")
    assert read_document(text).specifications[0].regions[0].id == "NO"


def test_a_time_without_quotes_stays_a_time() -> None:
    text = WHOLE.replace('["09:00"]', "[10:30]")
    assert read_document(text).specifications[0].schedules[0].config == {"times": ["10:30"]}


BAD_TEXTS = {
    "an open bracket": "a: [1, 2",
    "a tab": "a:\n\t- b",
    "two documents": "a: 1\n---\nb: 2",
    "an unknown anchor": "a: *b",
    "a Python object": "a: !!python/object/apply:os.system ['true']",
    "a NUL": "a: \x00",
    "a bell": "a: \x07",
    "half a character": "a: \ud800",
    "a time that is none": "a: !!timestamp nonsense",
    "a truth that is none": "a: !!bool maybe",
    "a number that is none": "a: !!int ''",
    "a number of five thousand digits": "a: " + "9" * 5_000,
    "a binary that is none": "a: !!binary '\u00e9'",
    "an alias to itself": "a: &a [*a]",
    "a mapping to itself": "a: &a {b: *a}",
    "a deep nest": "[" * 32 + "]" * 32,
    "a very deep nest": "[" * 50_000 + "]" * 50_000,
    "a deep nest of keys": "a: " + "{a: " * 31 + "1" + "}" * 31,
}


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=list(BAD_TEXTS))
def test_text_that_cannot_be_read_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(DocumentInvalid, match="not valid YAML"):
        read_yaml(text)


@pytest.mark.parametrize(
    "text", ["? [a, b]\n: c", "? {a: b}\n: c", "[a]: b", "1: a", "true: a", "null: a", "a[: 1"]
)
def test_odd_keys_are_unknown_keys(text: str) -> None:
    assert "unknown key" in " ".join(it.message for it in problems(WHOLE + text))


def test_thirty_levels_are_enough_for_anybody() -> None:
    assert read_yaml("[" * 30 + "]" * 30).value


def test_an_alias_is_followed_and_a_bomb_is_not() -> None:
    assert read_yaml("a: &x [1]\nb: *x").value == {"a": [1], "b": [1]}
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    started = time.perf_counter()
    with pytest.raises(DocumentInvalid, match="more than 200,000 values"):
        read_yaml("\n".join(layers))
    assert time.perf_counter() - started < 5


def test_a_file_of_three_megabytes_is_refused_at_once() -> None:
    with pytest.raises(DocumentInvalid, match=r"3,000,000 characters; 2,000,000 is the most"):
        read_document("x" * 3_000_000)


def test_very_many_problems_take_no_time_beyond_reading() -> None:
    sources = "\n".join(f"      - {{url: nowhere-{n}, colour: red}}" for n in range(1_900))
    text = WHOLE.replace('      - {url: "https://example.org/feed.xml", region: DE}', sources)
    started = time.process_time()
    read_yaml(text)
    reading = time.process_time() - started
    started = time.process_time()
    assert len(problems(text)) == 3_800
    assert time.process_time() - started < 3 * reading + 1


@pytest.mark.parametrize(
    "path", ["a[", "a.b[", "a[0", "]", "[", ".", "..", "a]b[c", "config.days[", "a.[", "x" * 99]
)
def test_looking_for_a_place_always_ends(path: str) -> None:
    found: list[Any] = []
    looking = threading.Thread(
        target=lambda: found.append(YamlText(value=None, places={"": (1, 1)}).place(path)),
        daemon=True,
    )
    looking.start()
    looking.join(5)
    assert not looking.is_alive()
    assert found in ([(1, 1)], [None])


def test_odd_config_keys_are_told_with_their_line() -> None:
    for key in ("days[", "a.b", "times]", "'[0'"):
        told = problems(WHOLE.replace('{times: ["09:00"]}', f'{{times: ["09:00"], {key!r}: 1}}'))
        assert told[0].line == 12


def test_the_small_workspace_of_these_tests_is_sound() -> None:
    assert read_document(document(URL)).specifications[0].sources[0].url == URL
