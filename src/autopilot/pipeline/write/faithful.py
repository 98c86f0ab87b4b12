"""Asks whether the sources say what a written text says: its numbers, dates, names and quotations.

A flag means "not in the source", never "false", and no flag never means "true": subtle distortions
pass. The method compares with all articles of a story; it needs no model and a few milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from autopilot.pipeline.write.figures import Figure, figures, unsupported
from autopilot.pipeline.write.names import (
    acronyms,
    calendar_words,
    is_acronym,
    is_title_case,
    kin,
    known_forms,
    names,
    plain,
    roots,
)

QUOTED_WORDS = 3  # a quotation of this many words must be verbatim
NEW_SHARE = 0.72  # of a sentence's content that its source does not have: then all of it is new
NEW_WORDS = 5  # sentences with fewer content words are too short to judge by that
STEM = 5  # letters that two forms of a word share
MAX_SOURCE_CHARACTERS = 60_000

_QUOTATION = re.compile(
    r"“([^”]{2,400})”|„([^“”]{2,400})[“”]|«\s?([^»]{2,400}?)\s?»|\"([^\"]{2,400})\"|(?<!\w)'([^']{8,400})'(?!\w)|‘([^’]{8,400})’(?!\w)"
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SPACES = re.compile(r"[\W_]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_GRAMMAR_LIST = """about above after again against also although among and another are around because been before
    being below between both but came come could day did does doing down during each even ever every few
    for from further gave give goes going gone had has have having her here hers him his how into its
    itself just last later less like made make many may might more most much must near new next not now
    off once one only other our out over own people per put said same say says see set she should since
    some still such take taken than that the their them then there these they this those though through
    told too took toward two under until upon use used very was way well went were what when where which
    while who whom whose why will with within without would year years yet you your according report
    reported reports add added adds state stated states announce announced"""
_GRAMMAR = frozenset(_GRAMMAR_LIST.split())


class FlagKind(StrEnum):
    """What of a text its sources do not have."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    QUOTATION = "quotation"
    CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One thing that a sentence says and no source does; `sentence` counts from 0."""

    kind: FlagKind
    words: str
    sentence: int


class Ground:
    """The articles of one story, read once, against which any number of texts are checked.

    `same_language` is False where the text is written in another language than its articles; then
    only what does not change in translation is compared.
    """

    def __init__(self, texts: Sequence[str], *, same_language: bool = True) -> None:
        whole = "\n".join(texts)[:MAX_SOURCE_CHARACTERS]
        self._same_language = same_language
        self._running = f" {_SPACES.sub(' ', whole).casefold()} "
        written = {part for word in set(_WORD.findall(whole)) for part in re.split(r"['’]", word)}
        words = {plain(word) for word in written}
        # Endings are only looked at where a word may be a name; for the rest, singular and plural.
        capitalised = {plain(word) for word in written if word[:1].isupper()}
        singulars = {word.removesuffix("s") for word in words}
        self._forms = known_forms(capitalised) | words | singulars | _known_countries(whole)
        self._acronyms = frozenset(acronyms(whole)) | {
            plain(word)
            for word in set(re.findall(r"[^\W\d_.]+(?:\.[^\W\d_]+)*\.?", whole))
            if is_acronym(word)
        }
        self._stems = {word[:STEM] for word in words}
        self._figures: list[Figure] = figures(whole, small_counts=True)
        self._dates = {name for _, name in calendar_words(whole)}

    def flags(self, sentences: Sequence[str], *, language: str = "en") -> list[Flag]:
        """Return what the sentences say that no article of the story does, in reading order."""
        return [
            flag
            for place, sentence in enumerate(sentences)
            for flag in self._of(sentence, place, language)
        ]

    def shares(self, line: str, least: float = 0.5) -> bool:
        """Say whether at least this share of a line's content is in the articles."""
        content = _content(line)
        known = [word for word in content if word[:STEM] in self._stems]
        return bool(content) and len(known) / len(content) >= least

    def _of(self, sentence: str, place: int, language: str) -> list[Flag]:
        found = [
            (FlagKind.NUMBER, figure.written)
            for figure in _alternatives(unsupported(figures(sentence), self._figures), sentence)
        ]
        found += [
            (FlagKind.DATE, written)
            for written, name in calendar_words(sentence)
            if name not in self._dates
        ]
        unknown = [name for name in names(sentence, language=language) if not self._knows(name)]
        unknown = [name for name in unknown if not self._spelled_out(name, sentence)]
        if is_title_case(sentence):
            unknown = [name for name in unknown if plain(name)[:STEM] not in self._stems]
        found += [(FlagKind.NAME, name) for name in unknown]
        if self._same_language:
            found += [
                (FlagKind.QUOTATION, quote)
                for quote in quotations(sentence)
                if not self._has(quote)
            ]
            if not found and self._is_new(sentence):
                found.append((FlagKind.CONTENT, sentence))
        told = dict.fromkeys(found)
        return [Flag(kind=kind, words=words, sentence=place) for kind, words in told]

    def _knows(self, name: str) -> bool:
        word = plain(name)
        pieces = re.split(r"['’-]", name.removesuffix("'s").removesuffix("’s"))
        parts = [plain(piece) for piece in pieces if not piece.islower() and plain(piece)] or [word]
        if all(not self._forms.isdisjoint(roots(part) | kin(part)) for part in parts):
            return True
        singular = word.removesuffix("s")
        return word in self._acronyms or singular in self._acronyms

    def _spelled_out(self, name: str, sentence: str) -> bool:
        """The source says "ECB" and the text "European Central Bank": initials that it knows."""
        for run in re.findall(
            r"\b[A-ZÀ-Þ][\w'’-]{1,40}(?:\s+(?:of|for|and|the|de|des|la|du|für|der)?\s*[A-ZÀ-Þ][\w'’-]{1,40}){1,8}",
            sentence,
        ):
            initials = "".join(word[0] for word in run.split() if word[0].isupper()).casefold()
            if name in run and len(initials) >= 2 and initials in self._acronyms:
                return True
        return False

    def _has(self, quotation: str) -> bool:
        return f" {_SPACES.sub(' ', quotation).casefold().strip()} " in self._running

    def _is_new(self, sentence: str) -> bool:
        if _WIDE.search(sentence):
            return False
        content = _content(sentence)
        if len(content) < NEW_WORDS:
            return False
        new = [word for word in content if word[:STEM] not in self._stems]
        return len(new) / len(content) >= NEW_SHARE


def _content(text: str) -> set[str]:
    words = (word for word in _WORD.findall(text) if len(word) > 3 or word[0].isupper())
    return {plain(word) for word in words} - _GRAMMAR


def quotations(text: str) -> list[str]:
    """Return the quotations of three words and more."""
    quoted = (next(filter(None, match.groups())) for match in _QUOTATION.finditer(text))
    return [words.strip(" ,.") for words in quoted if len(_WORD.findall(words)) >= QUOTED_WORDS]


def _alternatives(missing: list[Figure], sentence: str) -> list[Figure]:
    """Leave one flag a written number, and none where another reading of it is known.

    "1.234" is read as a thousand and as a decimal; either will do.
    """
    count: dict[str, int] = {}
    for figure in figures(sentence):
        count[figure.written] = count.get(figure.written, 0) + 1
    absent: dict[str, list[Figure]] = {}
    for figure in missing:
        absent.setdefault(figure.written, []).append(figure)
    return [found[0] for written, found in absent.items() if len(found) == count[written]]


def _known_countries(text: str) -> frozenset[str]:
    """Names of two words that have another form: "United States" is also US."""
    found: set[str] = set()
    for name in (
        "United States",
        "United Kingdom",
        "Great Britain",
        "United Nations",
        "European Union",
        "United Arab Emirates",
        "New Zealand",
        "Czech Republic",
    ):
        if name in text:
            found |= kin(name.casefold().replace(" ", "-"))
    return frozenset(found)
