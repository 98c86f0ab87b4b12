"""Reads the numbers of a text as values, so that "1.2bn", "1,200 million" and "1.2 Milliarden" are one.

Numbers in digits and in words (English, German, French, Spanish), with separators of thousands,
decimals and magnitudes. What is not a quantity is left out: list numbers, vague words ("dozens"),
and counts up to four in words, which any sentence may use.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ROUNDING = 0.055  # a rounded number may be this far from the source's
SMALL_COUNT = 4  # "two", "four": counted by whoever writes, seldom stated by the source
YEARS = range(1_000, 2_200)  # four plain digits in here are a year, which nobody rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number: its value, how it is written, its significant digits, and whether it is exact
    (a year, a time of day, a part of a code).
    """

    value: float
    written: str
    digits: int
    exact: bool = False


_MAGNITUDES = {
    word: value
    for value, words in (
        (1e3, "k thousand tausend tsd mille mil milliers miles"),
        (1e5, "lakh lakhs"),
        (
            1e6,
            "m mn mln million millions mio millionen millón millones milhão milhões milione milioni",
        ),
        (1e7, "crore crores"),
        (
            1e9,
            "b bn billion billions mrd milliarde milliarden milliard milliards miliardo miliardi",
        ),
        (1e12, "tn trillion trillions billionen"),
    )
    for word in words.split()
}
_HUNDRED = frozenset({"hundred", "hundert", "cent", "cien", "ciento", "cientos"})
_UNIT_LISTS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn
zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize
cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve
"""
_UNITS = {
    word: value
    for words in _UNIT_LISTS.strip().splitlines()
    for value, word in enumerate(words.split())
}
_UNITS |= {"dozen": 12, "dutzend": 12, "eine": 1, "une": 1, "una": 1}
_TENS = {
    word: value
    for words in (
        "twenty thirty forty fifty sixty seventy eighty ninety",
        "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
        "vingt trente quarante cinquante soixante",
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    )
    for value, word in zip(range(20, 100, 10), words.split(), strict=False)
}
_ORDINAL_LIST = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_ORDINALS = {word: value for value, word in enumerate(_ORDINAL_LIST.split(), start=1)}
_FIRST_WORDS = _UNITS.keys() | _TENS.keys() | _ORDINALS.keys()
_GERMAN_TEEN = re.compile(r"^(\w+)und(\w+zig|\w+ßig)$")
# "one", "once" and "second" are ordinary words far more often than numbers.
_SELDOM_NUMBERS = frozenset(
    {"once", "second", "null", "ein", "eine", "un", "une", "una", "uno", "six"}
)

_DIGITS = re.compile(
    r"""
    (?<![\w.,’'])(?<![A-Z]-)                      # not inside a word or another number
    (?P<sign>[$€£¥₹#]|US\$|A\$|C\$)?\s?
    (?P<number>\d{1,3}(?:[,.'’\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?!\d)   # 1,234,567.8   1.234.567,8
      | \d+(?:[.,]\d+)?)
    (?P<clock>[:h]\d{2}(?!\d))?
    (?P<tail>\s?-?(?:[A-Za-zäöüßéèñãõ']+\b)?)
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LIST_NUMBER = re.compile(r"(?m)^\s*\(?\d{1,2}[.)](?=\s|$)")
_GROUPED = re.compile(r"^(\d{1,3})((?:[,.'’\u00a0\u202f ]\d{3})+)([.,]\d+)?$")


def figures(text: str, *, small_counts: bool = False) -> list[Figure]:
    """Return the numbers of a text, those in digits first; counts up to four in words when asked."""
    text = _LIST_NUMBER.sub(" ", text)
    spoken = _in_words(text)
    return [
        *_in_digits(text),
        *(figure for figure in spoken if small_counts or figure.value > SMALL_COUNT),
    ]


def unsupported(said: Iterable[Figure], known: Iterable[Figure]) -> list[Figure]:
    """Return the numbers of a summary that no number of its source equals or rounds to."""
    values = list(known)
    return [figure for figure in said if not any(_agrees(figure, other) for other in values)]


def _agrees(said: Figure, known: Figure) -> bool:
    if abs(said.value - known.value) <= 1e-9 * max(abs(known.value), 1.0):
        return True
    if said.exact or known.exact or not known.value:
        return False
    # Only a rounder number is a rounded one: 48 may become 50, but never 49, nor 50 become 48.
    far = abs(said.value - known.value)
    is_near = far <= ROUNDING * abs(known.value) and far < _last_place(said)
    return is_near and said.digits < known.digits


def _last_place(figure: Figure) -> float:
    """The worth of a number's last significant digit: 100 for 3,500."""
    if not figure.value:
        return 1.0
    return float(10 ** (math.floor(math.log10(abs(figure.value))) - figure.digits + 1))


def _in_digits(text: str) -> Iterator[Figure]:
    for match in _DIGITS.finditer(text):
        number = match["number"]
        if match["clock"]:
            yield from _clock(number, match["clock"])
            continue
        tail = match["tail"].strip(" -").casefold()
        magnitude = _magnitude(tail, after=text[match.end() : match.end() + 14])
        written = (match.group() if magnitude != 1 else (match["sign"] or "") + number).strip()
        for value in _readings(number, decade=tail == "s"):
            plain = magnitude == 1 and not match["sign"]
            yield Figure(
                value=value * magnitude,
                written=written,
                digits=_significant(value),
                exact=plain and number.isdigit() and len(number) == 4 and int(number) in YEARS,
            )


def _clock(hour: str, rest: str) -> Iterator[Figure]:
    if hour.isdigit():
        written = hour + rest
        yield Figure(value=int(hour) + int(rest[1:]) / 100, written=written, digits=4, exact=True)


def _magnitude(tail: str, *, after: str) -> float:
    """The factor that a word behind a number makes of it; Spanish says "1.200 millones", "mil millones"."""
    if tail in {"mil", "mille"} and re.match(r"\s*mill", after):
        return 1e9
    return _MAGNITUDES.get(tail, 1.0)


def _readings(number: str, *, decade: bool) -> list[float]:
    """What the digits may mean: "1.234" is a thousand and more in German, a decimal in English."""
    if decade and len(number) == 2:
        return [float(number), 1900 + float(number)]  # the 70s
    grouped = _GROUPED.match(number)
    if not grouped:
        return [float(number.replace(",", "."))]
    head, groups, decimals = grouped.groups()
    whole = float(re.sub(r"\D", "", head + groups) + (decimals or "").replace(",", "."))
    if decimals is None and len(groups) == 4 and groups[0] in ".,":
        return [whole, float(f"{head}.{groups[1:]}")]
    return [whole]


def _significant(value: float) -> int:
    digits = f"{value:.6f}".rstrip("0").rstrip(".").replace(".", "").lstrip("0-")
    return max(len(digits.rstrip("0") if float(value).is_integer() else digits), 1)


def _in_words(text: str) -> Iterator[Figure]:
    """Runs of number words: "two hundred and five thousand", "dreiundzwanzig"."""
    run: list[str] = []
    for match in _WORD.finditer(text.casefold()):
        word = match.group()
        if not run and word not in _FIRST_WORDS and "und" not in word:
            continue
        if is_number_word(word, started=bool(run)) or (run and word == "and"):
            run.append(word)
        elif run:
            yield from _spoken(run)
            run = []
    if run:
        yield from _spoken(run)


def is_number_word(word: str, *, started: bool) -> bool:
    """Say whether a word in lower case is a number, at the start of one or inside it."""
    if word in _UNITS or word in _TENS or word in _ORDINALS or _GERMAN_TEEN.match(word):
        return started or word not in _SELDOM_NUMBERS
    # "thousands of" is vague and "a million" is not preceded by a number word.
    return started and (word in _HUNDRED or (word in _MAGNITUDES and len(word) > 2))


def _spoken(words: list[str]) -> Iterator[Figure]:
    value = total = 0.0
    while words and words[-1] == "and":
        words.pop()
    for word in words:
        if word in _HUNDRED:
            value = (value or 1) * 100
        elif word in _MAGNITUDES and len(word) > 2 and word not in _UNITS:
            total, value = total + (value or 1) * _MAGNITUDES[word], 0
        else:
            value += _small(word)
    total += value
    yield Figure(value=total, written=" ".join(words), digits=_significant(total))


def _small(word: str) -> float:
    if (joined := _GERMAN_TEEN.match(word)) is not None:
        return _UNITS.get(joined[1], 0) + _TENS.get(joined[2], 0)
    return _UNITS.get(word) or _TENS.get(word) or _ORDINALS.get(word) or 0
