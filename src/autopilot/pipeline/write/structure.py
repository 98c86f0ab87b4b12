"""Finds what no written text may have, whatever its source says: links, markup, instructions, length.

A text with such a fault is not mended, since whoever put it there may have put more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autopilot.pipeline.write.extract import count_words
from autopilot.pipeline.write.faithful import quotations
from autopilot.pipeline.write.tongue import is_in

FEWEST_WORDS = 5
LENGTH_TOLERANCE = 1.6  # times the words that were asked for
HEADLINE_CHARACTERS = 120
MAX_CHARACTERS = 3_000  # more is not even looked at
MAX_QUOTED_WORDS = 25

_ADDRESS = re.compile(
    r"https?:|www\.|://|\b[\w.+-]+@[\w-]+\.\w+|(?<![\w@.])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"
    r"(?:com|org|net|info|biz|io|co|app|dev|example|test|invalid|xyz|top|site|online|shop|club|link|click|ru|cn|de|fr"
    r"|es|uk|us|eu|ai|me|tv|ly|gg|gl|tk|vip|live|pro|store|page|ink|cc|to|in|it|nl|pl|ch|at|se|no|br|mx|ca|au|jp|kr)\b(?!\.\w)",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"<\s*/?\s*[a-z!][^>]*>|\]\(|\[[^\]]*\]\[|^\s*(?:#{1,6}\s|[-*]\s)|```|\*\*|&(?:#\d+|lt|gt|amp|quot);",
    re.I | re.M,
)
_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{%|<%|\bTODO\b|\bTBD\b|\blorem ipsum\b|\[(?:name|date|insert|link|title|source)\b|\$\{|^\s*(?:None|null|nan|undefined)\s*$",
    re.I | re.M,
)
_INSTRUCTION = re.compile(
    r"""
      \b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|above|previous|prior)
    | \b(?:system|developer)\s+(?:prompt|message|instruction)
    | \bas\ an?\ (?:ai|language\ model|assistant)\b | \blanguage\ model\b.{0,30}\bcannot\b
    | \bi\ (?:cannot|can't|am\ unable\ to|won't|will\ not)\ (?:help|assist|comply|summari[sz]e|provide|fulfil)
    | \A\s*i(?:'m|’m|\ am)\ sorry\b | \bhere\ (?:is|are)\ (?:the|a|your)\ (?:summary|headline|json|rewritten)
    | \b(?:the|this)\ (?:article|text)\ (?:asks|instructs|tells)\ (?:me|the\ (?:ai|model|assistant))
    | \bjson\b.{0,20}\b(?:object|schema)\b | "(?:headline|sentences|subject|preheader)"\s*:
    | \b(?:click|tap)\ (?:here|below|the\ link|this\ link|on\ the\ link)\b
    | (?:^|[.!?]\s+)(?:subscribe|sign\ up|register|buy|order|claim|download|donate|call|text|visit|email|reply|enter|verify|confirm|log\ in|act)\s
      (?:now|today|here|your|us|our|to|at|for|the\ (?:link|site|app|code))\b
    | \b(?:send|transfer|wire)\b.{0,30}\b(?:bitcoin|btc|crypto|gift\ cards?|to\ (?:the|this)\ (?:address|wallet|account))
    | \byour\ (?:password|account|credit\ card|bank\ details|seed\ phrase|login)\b
    | \b(?:promo|discount|coupon|voucher)\ code\b
    | \byou\ (?:have|'ve)\ (?:won|been\ selected)\b
    | \bdear\ (?:reader|subscriber|customer|user)s?\b
    """,
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip
_PHONE = re.compile(
    r"(?<!\d)\+\d[\d\s().-]{7,}\d|\b0x[0-9a-f]{16,}\b|\b(?:bc1|[13])[a-km-zA-HJ-NP-Z1-9]{25,}\b"
)
_HIDDEN = re.compile(
    r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
_RULES = (
    (_ADDRESS, "it has a web or mail address in it"),
    (_MARKUP, "it has markup in it"),
    (_PLACEHOLDER, "it has a placeholder in it"),
    (_INSTRUCTION, "it speaks to the reader or the model instead of reporting"),
    (_PHONE, "it has a phone number or an account in it"),
    (_HIDDEN, "it has hidden characters in it"),
)


def faults(sentences: Sequence[str], *, language: str, words: int | None = None) -> list[str]:
    """Return what is wrong with a text whatever its sources say, as sentences for whoever wrote it.

    `words` is the length that was asked for; None leaves the length alone.
    """
    text = " ".join(sentences).strip()
    if not text:
        return ["it is empty"]
    if len(text) > MAX_CHARACTERS:
        return [f"it has {len(text)} characters"]
    return list(_faults(text, language, words))


def _faults(text: str, language: str, words: int | None) -> Iterator[str]:
    for pattern, meaning in _RULES:
        if found := pattern.search(text):
            yield f"{meaning} ({found.group().strip()[:60]!r})"
    for quotation in quotations(text):
        if count_words(quotation) > MAX_QUOTED_WORDS:
            yield f"it quotes more than {MAX_QUOTED_WORDS} words in a row"
    if words is not None:
        count = count_words(text)
        if count < FEWEST_WORDS:
            yield f"it has {count} words; at least {FEWEST_WORDS} are needed"
        elif count > words * LENGTH_TOLERANCE:
            yield f"it has {count} words; about {words} were asked for"
    if not is_in(text, language):
        yield f"it is not written in the language asked for ({language})"


def within_length(sentences: Sequence[str], words: int) -> tuple[str, ...]:
    """Return the first sentences that keep to the length, at least one: the last ones matter least."""
    kept: list[str] = []
    for sentence in sentences:
        if kept and count_words(" ".join([*kept, sentence])) > words * LENGTH_TOLERANCE:
            break
        kept.append(sentence)
    return tuple(kept)
