"""Lexicon: finds many keywords in a text at once, literally and in time linear in the text."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from autopilot.pipeline.select.words import Stemmer, Text, folded, spoken

MAX_ACRONYM_LETTERS = 3

_JOINING = re.compile(r"(?<=\w)[-‐–_'’.&/](?=\w)|\.(?=\s|$)|[,:;!?\"()]")


class Form(Enum):
    """How a term has to be written in the text to count."""

    ANY = "any"
    CAPITAL = "capital"
    """With a capital first letter, where the script has capitals: Turkey, not turkey."""
    UPPER = "upper"
    """In capitals throughout: US, not us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One thing to look for: `owner` is the category or region it speaks for, `weight` how loudly."""

    owner: str
    label: str
    form: Form = Form.ANY
    weight: float = 1.0


def keyword(owner: str, label: str) -> Term:
    """Return a user's keyword as a term; "EU" or "U.S." has to stand in capitals, "grid" has not."""
    letters = [character for character in label if character.isalpha()]
    acronym = len(letters) <= MAX_ACRONYM_LETTERS and all(letter.isupper() for letter in letters)
    return Term(owner=owner, label=label, form=Form.UPPER if letters and acronym else Form.ANY)


class Lexicon:
    """A set of terms, indexed by their first stem.

    A term of several words is a phrase. A term with signs of its own (C++, .NET, AT&T) has to
    stand in the text with its signs; one without any word (an emoji) is sought as it is. Of
    several terms of one owner with the same stems the first counts.
    """

    def __init__(self, terms: Iterable[Term], *, language: str) -> None:
        stem = Stemmer(language)
        self.terms: list[Term] = []
        self._phrases: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._literal: dict[int, str] = {}
        self._wordless: set[int] = set()
        known: set[tuple[object, ...]] = set()
        for term in terms:
            words = tuple(stem[word] for word in spoken(term.label))
            signs = folded(term.label) if has_signs(term.label) else ""
            if (term.owner, words, signs) not in known:
                known.add((term.owner, words, signs))
                self._add(term, words, signs)
        self._lengths = _lengths_by_start(self._phrases)
        self._stem = Stemmer(language, sought=set(chain.from_iterable(self._phrases)))
        self._known: set[str] = set()
        self._starting: set[str] = set()
        self._starts: dict[str, tuple[Sequence[int], Sequence[int]]] = {}

    def _add(self, term: Term, words: tuple[str, ...], signs: str) -> None:
        index = len(self.terms)
        self.terms.append(term)
        if signs:
            self._literal[index] = signs
        if words:
            self._phrases[words].append(index)
        elif signs:
            self._wordless.add(index)

    def find(self, text: Text) -> dict[int, int]:
        """Return how often each term occurs in the text: index into `terms` -> times, 1 or more."""
        found: dict[int, int] = {}
        if not self._known.issuperset(text.words):
            for word in set(text.words) - self._known:
                self._get_to_know(word)
        if not self._starting.isdisjoint(text.words):
            self._find_phrases(text.words, found)
        return self._as_literal(found, text.folded) if self._literal else found

    def _get_to_know(self, word: str) -> None:
        """Note what a word as written begins: most begin no term and are asked about once."""
        self._known.add(word)
        stem = self._stem[word]
        lengths = self._lengths.get(stem)
        if lengths is not None:
            alone = [
                index for index in self._phrases.get((stem,), ()) if self._fits(index, (word,))
            ]
            self._starting.add(word)
            self._starts[word] = alone, tuple(length for length in lengths if length > 1)

    def _find_phrases(self, words: Sequence[str], found: dict[int, int]) -> None:
        starting = self._starting
        for position in [place for place, word in enumerate(words) if word in starting]:
            alone, lengths = self._starts[words[position]]
            for index in alone:
                found[index] = found.get(index, 0) + 1
            for length in lengths:
                raw = words[position : position + length]
                phrase = tuple([self._stem[word] for word in raw])
                for index in self._phrases.get(phrase, ()):
                    if len(raw) == length and self._fits(index, raw):
                        found[index] = found.get(index, 0) + 1

    def _fits(self, index: int, raw: Sequence[str]) -> bool:
        form = self.terms[index].form
        if form is Form.ANY:
            return True
        if form is Form.CAPITAL:
            return not raw[0][0].islower()
        return all(word.isupper() for word in raw)

    def _as_literal(self, found: dict[int, int], folded: str) -> dict[int, int]:
        """Limit the terms with signs to the times they stand in the text with their signs."""
        for index, literal in self._literal.items():
            if index in found or index in self._wordless:
                times = min(found.get(index, len(folded)), folded.count(literal))
                found.pop(index, None)
                if times:
                    found[index] = times
        return found


def _lengths_by_start(phrases: Iterable[tuple[str, ...]]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = defaultdict(set)
    for phrase in phrases:
        lengths[phrase[0]].add(len(phrase))
    return {start: tuple(sorted(some)) for start, some in lengths.items()}


def has_signs(label: str) -> bool:
    """True for C++, .NET and an emoji; False for e-mail, Moody's, AT&T and U.S., which join words."""
    rest = _JOINING.sub("", label)
    return any(unicodedata.category(character)[0] in "PS" for character in rest)
