"""Takes a few lead sentences of an article, verbatim: the summary that needs no model.

On news the lead beats graph and topic methods (LexRank, TextRank, LSA), so the work is in what is
skipped: datelines, bylines, captions, calls to action, and a lead that only repeats the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autopilot.pipeline.write.boilerplate import is_boilerplate, without_dateline, without_tail
from autopilot.pipeline.write.sentences import each_sentence, is_whole

SENTENCES = 2
OWN_SUMMARY_WORDS = (20, 80)  # a feed's own summary of this length is used as written
SENTENCE_WORDS = (6, 50)  # shorter says little by itself, longer is a caption run into its text
MAX_WORDS = 90
CUT_WORDS = 60  # what stays of a text without any sentence mark
MIN_NEW_SHARE = 0.2  # of a sentence's words that the title does not have
READ_CHARACTERS = 6_000  # a lead stands at the start; the rest of a long page is not looked at
_WIDE_CHARACTERS_PER_WORD = 2  # Chinese and Japanese are counted by characters


def excerpt(title: str, text: str, sentences: int = SENTENCES) -> str:
    """Return the lead of `text` in the source's own words, or "" where it adds nothing to `title`.

    A text of 20 to 80 words is a summary already and comes back whole, apart from what is no part
    of it; of a longer one the first `sentences` whole sentences are taken. "…" marks a sentence
    that had to be cut.
    """
    return joined(excerpt_sentences(title, text, sentences))


def excerpt_sentences(title: str, text: str, sentences: int = SENTENCES) -> tuple[str, ...]:
    """Return the sentences of the excerpt one by one."""
    pieces = _start_of(_new_pieces(title, text), sentences)
    if not pieces:
        return ()
    if OWN_SUMMARY_WORDS[0] <= sum(map(count_words, pieces)) <= OWN_SUMMARY_WORDS[1]:
        return tuple(pieces)
    return tuple(_lead(pieces, sentences))


def joined(pieces: Sequence[str]) -> str:
    """Return sentences side by side; Chinese and Japanese ones take no space between them."""
    return re.sub(r"(?<=[。！？」』]) ", "", " ".join(pieces))


def count_words(text: str) -> int:
    """Count words; two Chinese, Japanese or Korean characters without spaces count as one."""
    wide = len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff]", text))
    others = re.sub(r"[\u3040-\u30ff\u3400-\u9fff]+", " ", text)
    return len(re.findall(r"\w[\w'’.-]*", others)) + wide // _WIDE_CHARACTERS_PER_WORD


def _start_of(pieces: Iterator[str], sentences: int) -> list[str]:
    """As many pieces as decide: too many words for a summary, and enough sentences for a lead."""
    taken: list[str] = []
    words = fitting = 0
    for piece in pieces:
        taken.append(piece)
        words += count_words(piece)
        fitting += _fits(piece)
        if words > OWN_SUMMARY_WORDS[1] and fitting >= sentences:
            break
    return taken


def _new_pieces(title: str, text: str) -> Iterator[str]:
    """The article's own sentences in order; one said twice, or by the title, is passed over."""
    seen: set[str] = set()
    for piece in _pieces(text):
        if piece not in seen and re.search(r"\w", piece) and _adds_to(title, piece):
            seen.add(piece)
            yield piece


def _pieces(text: str) -> Iterator[str]:
    opened = False
    for paragraph in _paragraphs(text[:READ_CHARACTERS]):
        body = without_tail(paragraph if opened else without_dateline(paragraph))
        for piece in each_sentence(body):
            if not is_boilerplate(piece):
                opened = True
                yield piece


def _paragraphs(text: str) -> list[str]:
    """Lines, with those that were only wrapped put together again."""
    unwrapped = re.sub(r"(?<=[^\s.!?:])[ \t]*\n[ \t]*(?=[a-zà-þ])", " ", text)
    return [" ".join(line.split()) for line in unwrapped.splitlines() if line.strip()]


def _adds_to(title: str, sentence: str) -> bool:
    known, words = _content(title), _content(sentence)
    return not words or len(words - known) / len(words) >= MIN_NEW_SHARE


def _content(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))


def _lead(pieces: list[str], n: int) -> list[str]:
    fitting = [piece for piece in pieces if _fits(piece)]
    whole = [piece for piece in pieces if is_whole(piece)]
    return fitting[:n] or [_shortened((whole or pieces)[0])]


def _fits(piece: str) -> bool:
    fewest, most = SENTENCE_WORDS
    return is_whole(piece) and fewest <= count_words(piece) <= most


def _shortened(piece: str) -> str:
    """The piece, cut at a word where it is longer than any reader wants."""
    if count_words(piece) <= MAX_WORDS:
        return piece
    words = piece.split()
    cut = " ".join(words[:CUT_WORDS]) if len(words) > CUT_WORDS else piece[: CUT_WORDS * 2]
    return cut.rstrip(" ,;:–-") + " …"
