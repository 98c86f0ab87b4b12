"""Finds the names in a text, and says under which other forms a name may appear.

A name is a capitalised word that is not there for grammar's sake. Possessives, accents, demonyms
("German" for Germany), acronyms ("ECB" for European Central Bank) and endings are one name. In
German, which capitalises every noun, only what stands like a name counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from autopilot.pipeline.write.figures import is_number_word
from autopilot.pipeline.write.openers import is_ordinary


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TOKEN = re.compile(r"[^\W_]+(?:[.’'-][^\W_]+)*\.?|[.!?:;…。！？\"“”„«»()\[\]–—•]+")
_ENDS_A_SENTENCE = frozenset('.!?…:;"“„«»([–—•')
_ACRONYM = re.compile(r"^(?:[^\W\d_]\.){2,}$|^[A-ZÀ-ÖØ-Þ]{2,}s?$")
_LINKING = _words("of the and for de la le du des del di da do dos van von der den und y e et")
_ENDING = re.compile(
    r"(?:ian|ans|an|n|ish|ese|i|is|ic|ics|s|es|er|ers|en|e|isch|ische|ischen|ischer|isches|ien|ienne|"
    r"iens|iennes|ais|aise|aises|ois|oise|oises|ano|ana|anos|anas|eno|ena|in|inne|a|o|y|ia|al|um)$"
)
_SHORTEST_ROOT = 4
_TITLE_WORD = 4  # letters of a word that a title in capitals would not leave small; and how many
_NOUN_CAPITALS = frozenset({"de", "lb"})

# Forms that share no root. Each row is one name.
_SAME = (
    "france french frenchman frenchmen frenchwoman français frankreich französisch",
    "netherlands dutch holland niederlande",
    "britain british briton britons uk united-kingdom great-britain",
    "spain spanish spaniard spaniards españa",
    "poland polish pole poles polen polnisch",
    "denmark danish dane danes",
    "sweden swedish swede swedes",
    "finland finnish finn finns",
    "turkey turkish turk turks türkiye",
    "greece greek greeks griechenland",
    "ireland irish irishman",
    "wales welsh",
    "scotland scottish scot scots",
    "england english englishman",
    "switzerland swiss schweiz suisse",
    "germany german germans deutschland deutsch deutsche deutschen allemagne alemania",
    "portugal portuguese",
    "peru peruvian",
    "norway norwegian norwegians",
    "czechia czech czechs czech-republic",
    "iceland icelandic",
    "thailand thai thais",
    "philippines filipino filipinos philippine",
    "china chinese beijing",
    "us usa american americans america united-states washington",
    "un united-nations",
    "eu european-union brussels european europe",
    "uae emirati emirates united-arab-emirates",
    "cyprus cypriot",
    "argentina argentine argentinian",
    "congo congolese drc",
    "niger nigerien",
    "new-zealand zealander kiwi",
    "russia russian moscow kremlin",
    "slovakia slovak",
    "lebanon lebanese",
    "monday mon", "tuesday tue tues", "wednesday wed", "thursday thu thurs", "friday fri",
    "saturday sat", "sunday sun",
)  # fmt: skip
_KIN: dict[str, frozenset[str]] = {}
for _row in _SAME:
    for _name in _row.split():
        _KIN[_name] = _KIN.get(_name, frozenset()) | frozenset(_row.split())

_TITLES = _words(
    "former coach captain champion mr mrs ms miss dr prof professor sir dame lord lady president prime minister chancellor king queen "
    "prince princess pope senator governor mayor ceo cfo chief i i'm i'll i've i'd ok am pm "
    "herr frau monsieur madame señor señora don doña st"
)
MONTHS = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    )
    for number, name in enumerate(names.split(), start=1)
} | {"sept": 9}
DAYS = {
    name: number
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "mon tue wed thu fri sat sun",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lunes martes miércoles jueves viernes sábado domingo",
    )
    for number, name in enumerate(names.split())
} | {"tues": 1, "thurs": 3, "sonnabend": 5}
_CALENDAR = MONTHS.keys() | DAYS.keys()
_ALSO_WORDS = frozenset({"may", "march", "mar", "sun", "sat", "mon", "mars", "dec", "thu", "wed"})


@lru_cache(maxsize=20_000)
def plain(word: str) -> str:
    """Return a word without case, accents, possessive and the dots of an acronym."""
    bare = word.rstrip(".")
    if "'" in bare or "’" in bare:
        bare = re.sub(r"['’](?:s|t|re|ll|ve|d)?$", "", bare)
    bare = bare.casefold().replace(".", "")
    if bare.isascii():
        return bare
    decomposed = unicodedata.normalize("NFKD", bare)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@lru_cache(maxsize=20_000)
def roots(word: str) -> frozenset[str]:
    """Return the forms under which a plain word counts as the same name."""
    found = {word}
    for form in (word, word[:-1]):
        ending = _ENDING.search(form)
        while ending and ending.start() >= _SHORTEST_ROOT:
            found.add(form[: ending.start()])
            ending = _ENDING.search(form, ending.start() + 1)
    return frozenset(found)


def calendar_words(text: str) -> Iterator[tuple[str, str]]:
    """Yield each month and weekday as it is written and as one name for all languages."""
    for match in re.finditer(r"[^\W\d_]+", text):
        word = match.group()
        if word.casefold() not in _CALENDAR:
            continue
        if word.casefold() in _ALSO_WORDS and not _dated(word, text, match.start(), match.end()):
            continue
        if (month := MONTHS.get(word.casefold())) is not None:
            yield word, f"month {month}"
        elif (day := DAYS.get(word.casefold())) is not None:
            yield word, f"day {day}"


def _dated(word: str, text: str, start: int, end: int) -> bool:
    """Tell the month of May from what may be."""
    beside = text[max(0, start - 6) : start] + " " + text[end : end + 6]
    in_month = re.search(
        r"\b(?:in|of|on|since|until|by|last|next|late|early)\s*$", text[:start], re.I
    )
    return word[0].isupper() and bool(re.search(r"\d", beside) or in_month)


def names(text: str, *, language: str = "en") -> Iterator[str]:
    """Yield the names of a text as they are written, one word each."""
    tokens = _TOKEN.findall(text)
    all_capitals = _capitalises_all(tokens)
    for place, token in enumerate(tokens):
        if not _looks_like_a_name(token):
            continue
        first = all_capitals or _opens_a_sentence(tokens, place)
        if _stands_like_a_name(tokens, place, first=first, language=language):
            yield token if _ACRONYM.match(token) else token.rstrip(".")


def is_title_case(text: str) -> bool:
    """Say whether a headline Capitalises Its Words, so that a capital says nothing."""
    return _capitalises_all(_TOKEN.findall(text))


def _capitalises_all(tokens: list[str]) -> bool:
    words = [token for token in tokens if len(token) >= _TITLE_WORD and token[0].isalpha()]
    return len(words) >= _TITLE_WORD and all(word[0].isupper() for word in words)


def _looks_like_a_name(token: str) -> bool:
    bare = token.rstrip(".")
    if plain(bare) in _TITLES or plain(bare) in MONTHS or plain(bare) in DAYS:
        return False
    has_capital = any(char.isupper() for char in bare)
    return has_capital and any(char.isalpha() for char in bare)


def _opens_a_sentence(tokens: list[str], place: int) -> bool:
    if place == 0:
        return True
    before = tokens[place - 1]
    return (
        before[-1] in _ENDS_A_SENTENCE
        and not _ACRONYM.match(before)
        and plain(before) not in _TITLES
    )


def _stands_like_a_name(tokens: list[str], place: int, *, first: bool, language: str) -> bool:
    token = tokens[place]
    if _ACRONYM.match(token) or any(char.isupper() for char in token[1:]) or _has_digit(token):
        return True
    if language.partition("-")[0] in _NOUN_CAPITALS:
        return _is_german_name(tokens, place, first=first)
    if not first:
        return True
    word = plain(token)
    return not is_ordinary(word) and not is_number_word(word.partition("-")[0], started=False)


def _has_digit(token: str) -> bool:
    return any(char.isdigit() for char in token)


def _is_capitalised(token: str) -> bool:
    return bool(token) and token[0].isupper() and token not in {"I", "I'm"}


_GERMAN_PLACE = frozenset({"in", "aus", "nach", "bei", "von", "herr", "frau", "dr"})


def _is_german_name(tokens: list[str], place: int, *, first: bool) -> bool:
    """Two capitalised words in a row, or one that follows a preposition without an article."""
    token = tokens[place]
    before = tokens[place - 1] if place else ""
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    beside = (
        _is_capitalised(before) and not _opens_a_sentence(tokens, place - 1) and not first
    ) or (_is_capitalised(after) and not first)
    follows = before.casefold().rstrip(".") in _GERMAN_PLACE
    return (beside or follows) and not re.search(r"(?:ung|heit|keit|schaft|tion|ungen|en)$", token)


def acronyms(text: str) -> Iterator[str]:
    """Yield what the capitalised names of a text would be called by their initials."""
    run: list[str] = []
    for token in [*_TOKEN.findall(text), "."]:
        bare = token.rstrip(".")
        if bare[:1].isupper():
            run.append(bare)
        elif not (run and bare.casefold() in _LINKING):
            yield from _initials(run)
            run = []
        if run and token.endswith(".") and len(bare) > 2:
            yield from _initials(run)
            run = []


def _initials(run: list[str]) -> Iterator[str]:
    """Initials of every stretch of a run: a title may stand before the name that is shortened."""
    letters = "".join(word[0] for word in run).casefold()
    for start in range(len(letters)):
        for end in range(start + 2, min(len(letters), start + 7) + 1):
            yield letters[start:end]


def is_acronym(word: str) -> bool:
    """Say whether a word is written as initials: "ECB", "U.S."."""
    return word[:1].isupper() and bool(_ACRONYM.match(word))


def kin(word: str) -> frozenset[str]:
    """Return the other names of a plain name where they share no root, itself included."""
    return _KIN.get(word, frozenset({word}))


def known_forms(words: Iterable[str]) -> frozenset[str]:
    """Return every form under which one of these words may be named."""
    forms: set[str] = set()
    for word in words:
        forms |= roots(word)
        for other in _KIN.get(word, ()):
            forms |= roots(other)
    return frozenset(forms)
