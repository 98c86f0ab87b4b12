"""Tells in which language a text is written, as far as that matters: is it the one that was asked for?"""

from __future__ import annotations

import re
from collections import Counter

from autopilot.pipeline.select.stopwords import FILLERS

MIN_HITS = 4  # filler words that make a vote
LEAD = 1.5  # times as many as the second
_SCRIPTS = {
    "cyrillic": (r"[\u0400-\u04ff]", "ru uk bg sr mk be kk mn"),
    "greek": (r"[\u0370-\u03ff]", "el"),
    "arabic": (r"[\u0600-\u06ff]", "ar fa ur ps"),
    "hebrew": (r"[\u0590-\u05ff]", "he yi"),
    "devanagari": (r"[\u0900-\u097f]", "hi mr ne"),
    "thai": (r"[\u0e00-\u0e7f]", "th"),
    "hangul": (r"[\uac00-\ud7af]", "ko"),
    "han": (r"[\u3040-\u30ff\u4e00-\u9fff]", "ja zh"),
}
_FOREIGN_SHARE = 0.3  # of the letters in another script


def is_in(text: str, language: str) -> bool:
    """Say whether a text may be in this language (a BCP 47 code); only a clear "no" is False."""
    code = language.partition("-")[0]
    script = script_of(text)
    expected = next(
        (name for name, (_, codes) in _SCRIPTS.items() if code in codes.split()), "latin"
    )
    if script != expected:
        return script == "" or (
            expected != "latin" and script == "latin" and not re.search(r"\w{4}", text)
        )
    guess = guessed(text)
    return guess is None or guess == code or code not in FILLERS


def guessed(text: str) -> str | None:
    """Return the language whose filler words clearly prevail, or None."""
    words = Counter(re.findall(r"[^\W\d_]+", text.casefold()))
    votes = Counter(
        {code: sum(words[filler] for filler in fillers) for code, fillers in FILLERS.items()}
    )
    (best, most), (_, second) = votes.most_common(2)
    return best if most >= MIN_HITS and most >= LEAD * second else None


def script_of(text: str) -> str:
    """Return the script of most of a text: "latin", one of the others, or "" without letters."""
    letters = len(re.findall(r"[^\W\d_]", text))
    if not letters:
        return ""
    for name, (pattern, _) in _SCRIPTS.items():
        if len(re.findall(pattern, text)) >= _FOREIGN_SHARE * letters:
            return name
    return "latin"
