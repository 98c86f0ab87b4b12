"""Splits running text into sentences, so that an extract can quote whole ones.

Rules instead of a model: a mark ends a sentence unless what stands before it is an abbreviation,
an initial or an ordinal, or what follows goes on in lower case. Scripts without capitals (Arabic,
Urdu, Hebrew, Devanagari, Chinese, Japanese, Korean) end at their own marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MARK = re.compile(
    r"""
    (?P<mark>[.!?…؟۔।॥]+)
    ["'”’»›)\]]*(?=\s|$)
    (?P<apart>[ ]["'”’](?=\s|$))?   # some publishers set the closing quote apart
    | (?P<wide>[。！？｡]+[」』”’）】]*)
    """,
    re.VERBOSE,
)
_OPENED = re.compile(r"(?:^|\s)[\"'“‘]")
_OPENERS = "\"'“‘«‹„‚([¿¡「『-–—• "
_LAST_WORD = re.compile(r"[\w'’-]+(?:\.[\w'’-]+)*$")
_DOTTED = re.compile(r"^(?:\w\.)+\w$")  # U.S, a.m, z.B
_ORDINAL_NOUN = re.compile(
    r"(?:Jan|Feb|März|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Jahrhundert|Platz|Mal|Tag|Spieltag|Minute)"
)
_HALF_DAYS = frozenset({"a.m", "p.m"})
_AFTER_HALF_DAY = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|[A-Z]{2,4}\b|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
)
_STARTERS = _words(
    "a after all also although an and as at but by despite during each even for from he her his how "
    "however i if in it its last many meanwhile more most no now of on one our she since so some "
    "that the their then there these they this those to two under we what when where which while "
    "who why with you"
)
# Written as they stand before a name or number: "Sat." is a day, "sat." ends a sentence.
_BEFORE_A_NAME = _words(
    "Mr Mrs Ms Dr Prof Sen Rep Gov Gen Lt Col Sgt Capt Cmdr Adm Maj Hon Rev St Mt Ft vs al approx "
    "dept figs Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri "
    "Hr Fr bzw ca evtl ggf inkl sog usw vgl zzgl Ing Dipl Mme Mlle Mgr M Sra Srta Sr Dra Ud Uds Avda "
    "núm pág"
)
_MAY_CLOSE = _words("Jr Inc Corp Ltd Co Bros etc Ave Blvd Mio Mrd")
_NUMBERED = _words("no nos nr art sec ch p pp fig vol s abs")
_PAIRS = (("(", ")"), ("“", "”"), ("„", "“"), ("«", "»"), ("「", "」"), ("『", "』"))
_STRAIGHT_CLOSING = re.compile(r'^[^"]*[^\s"]"(?:[\s.,;:!?)]|$)')
_NEXT = 40  # characters after a mark that tell whether a sentence begins
_REACH = 200  # characters; a longer quotation is split all the same


def sentences(paragraph: str) -> list[str]:
    """Return the sentences of one paragraph, verbatim apart from runs of white space.

    A paragraph without any mark comes back as one sentence; nothing is ever lost.
    """
    return list(each_sentence(paragraph))


def each_sentence(paragraph: str) -> Iterator[str]:
    """Yield the sentences one by one, so that who needs the first two pays for two."""
    text = " ".join(paragraph.split())
    start = 0
    for end in _starts(text):
        yield text[start:end].strip()
        start = end
    if text[start:].strip():
        yield text[start:].strip()


def is_whole(sentence: str) -> bool:
    """Say whether a sentence ends in a mark of its own and was not cut off by its publisher."""
    bare = sentence.rstrip("\"'”’»›)]」』）】 ")
    return bool(bare) and bare[-1] in ".!?؟۔।॥。！？｡" and not bare.endswith("..")


def _starts(text: str) -> Iterator[int]:
    start = 0
    for match in _MARK.finditer(text):
        end = match.end()
        if match["apart"] and not _OPENED.search(text[start : match.start("mark")]):
            end = match.start("apart")
        ended = match["wide"] or _ends(
            text[start : match.start("mark")], match["mark"], text[end : end + _NEXT]
        )
        if ended and end < len(text) and not _inside(text, start, end):
            start = end
            yield start


def _ends(before: str, mark: str, after: str) -> bool:
    following = after.lstrip(_OPENERS)
    if not following:
        return True
    if following[0].islower():
        return False
    return mark != "." or not _is_abbreviated(before, following)


def _is_abbreviated(before: str, following: str) -> bool:
    found = _LAST_WORD.search(before)
    if not found:
        return False
    word = found.group()
    lower = word.lower()
    next_word = (re.match(r"[\w'’-]+", following) or [""])[0]
    if lower in _HALF_DAYS:
        return bool(_AFTER_HALF_DAY.match(following))
    if word in _BEFORE_A_NAME:
        return True
    initial = len(word) == 1 and word.isupper() and word != "I"
    if initial or word in _MAY_CLOSE or _DOTTED.match(word):
        return next_word.lower() not in _STARTERS
    if lower in _NUMBERED and following[0].isdigit():
        return True
    if word.isdigit() and len(word) <= 2:  # German: am 3. Oktober
        return bool(_ORDINAL_NOUN.match(following))
    return len(word) == 1 and word.islower()


def _inside(text: str, start: int, end: int) -> bool:
    """Say whether a parenthesis or quotation is open at `end` and closes soon after."""
    piece, ahead = text[start:end], text[end : end + _REACH]
    for opening, closing in _PAIRS:
        if piece.count(opening) > piece.count(closing):
            closes, opens = ahead.find(closing), ahead.find(opening)
            if closes != -1 and (opens == -1 or closes < opens):
                return True
    return piece.count('"') % 2 == 1 and bool(_STRAIGHT_CLOSING.search(ahead))
