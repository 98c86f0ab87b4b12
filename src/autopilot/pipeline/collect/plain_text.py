"""Plain text out of whatever a feed calls text: HTML, escaped HTML, HTML escaped twice, or text.

Nothing here has to be safe to print as HTML (renderers escape); it has to be readable: no tags, no
scripts, no control characters. Every pattern is linear: no quantifier can walk past a "<" again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

MAX_TITLE = 500
MAX_TEXT = 20_000
MAX_MARKUP = 60_000
"""Characters of markup read per field; more is cut before it is looked at."""
MAX_DECODINGS = 4
"""How often text may have been escaped; feeds in the wild reach three."""

_BLOCKS = (
    "address|article|aside|blockquote|br|caption|center|dd|details|dir|div|dl|dt|fieldset|"
    "figcaption|figure|footer|form|h[1-6]|header|hr|legend|li|main|menu|nav|ol|optgroup|option|p|"
    "pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_INLINE = (
    "a|abbr|acronym|area|audio|b|base|basefont|bdi|bdo|big|body|button|canvas|cite|code|col|"
    "colgroup|data|datalist|del|dfn|em|embed|font|frame|frameset|head|html|i|img|image|input|ins|"
    "kbd|label|link|map|mark|marquee|meta|meter|nobr|noframes|output|param|picture|progress|q|rp|"
    "rt|ruby|s|samp|slot|small|source|span|strike|strong|sub|sup|time|track|tt|u|var|video|wbr"
)
_UNREAD = "script|style|template|noscript|iframe|object|applet|svg|math|textarea|select|title|xmp"
_REST = r"""[^<>"']*+(?:"[^"<]*+"[^<>"']*+|'[^'<]*+'[^<>"']*+)*+>"""
"""The rest of a tag; a ">" between quotes does not end it, a "<" always does."""

_NAMED = re.compile(rf"(?i)</?(?:\w{{1,20}}:)?(?:{_BLOCKS}|{_INLINE}|{_UNREAD})(?=[\s/>])")
_UNUSUAL_NAME = re.compile(r"</?(?:[A-Z]|[a-z]{1,20}+:)")
_BLOCK = re.compile(rf"</?(?:p|br|li|div|{_BLOCKS})(?=[\s/>])(?:{_REST}|[^<>]*+>)")
_TAG = re.compile(rf"<[/!?a-zA-Z](?:{_REST}|[^<>]*+>?+)")
_KNOWN_TAG = re.compile(
    rf"<(?:/?(?:{_BLOCKS}|{_INLINE}|{_UNREAD})(?=[\s/>])|[!?])(?:{_REST}|[^<>]*+>)"
)
_PLAIN_TAG = re.compile(r"""</?([a-z][a-z0-9]*+)(?:[\s/][^<>"']*+(?:"[^"<]*+"[^<>"']*+)*+)?+>""")
_IN_PLACE_OF = dict.fromkeys(_INLINE.split("|"), "") | dict.fromkeys(_BLOCKS.split("|"), "\n")
_IN_PLACE_OF |= {f"h{level}": "\n" for level in range(1, 7)}
"""What stands for a tag, by its name."""
_COMMENT = re.compile(r"(?s)<!--.*?(?:-->|\Z)")
_UNREAD_OPEN = re.compile(rf"<({_UNREAD})(?=[\s/>])")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
)


def plain_text(value: str, *, markup: bool = True) -> str:
    """Return readable text, one line per block element, at most MAX_TEXT characters.

    With `markup` every tag goes; without (text that only may be HTML) unknown names such as the
    "<T>" of "Option<T>" stay as they are.
    """
    if _is_plain(value):
        return shortened(" ".join(value.split()), MAX_TEXT)
    return shortened(_tidy(_read(value[:MAX_MARKUP], markup=markup)), MAX_TEXT)


def one_line(value: str, *, markup: bool = False) -> str:
    """Return a title: readable text on one line, at most MAX_TITLE characters."""
    if _is_plain(value):
        return shortened(" ".join(value.split()), MAX_TITLE)
    text = _tidy(_read(value[: MAX_TITLE * 20], markup=markup))
    return shortened(" ".join(text.split()), MAX_TITLE)


def first_words(text: str, *, words: int = 12) -> str:
    """Return the beginning of a text for use as its title, with an ellipsis where words are left."""
    found = text[:MAX_TITLE].split()
    return " ".join(found[:words]) + ("…" if len(found) > words else "")


def shortened(text: str, limit: int) -> str:
    """Return text of at most `limit` characters, cut between words and marked with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ", limit - 100)
    return (cut if space < 0 else cut[:space]).rstrip() + "…"


def _is_plain(value: str) -> bool:
    """Say whether only spaces need a look: most titles are like that, and there are many."""
    return "<" not in value and "&" not in value and value.isascii() and value.isprintable()


def _read(value: str, *, markup: bool) -> str:
    """Return the text with tags removed and entities decoded, once or as often as needed."""
    text = unscrambled(value).replace("\n", " ").replace("\r", " ")
    if "<" in text:
        without = _without_plain_tags(text)
        text = _strip(text, _TAG if markup else _KNOWN_TAG) if without is None else without
    for _ in range(MAX_DECODINGS):
        if "&" not in text or (decoded := html.unescape(text)) == text:
            break
        text = unscrambled(decoded)
        # What the decoding brought to light is markup only where it bears a name HTML knows.
        text = _strip(text, _KNOWN_TAG) if "<" in text else text
    return text


def unscrambled(text: str) -> str:
    """Undo UTF-8 that was read as Latin-1 and encoded again ("Ã¼" for "ü"), as feedparser does.

    Only text that is such a misreading from end to end is touched; other text is no valid UTF-8.
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _without_plain_tags(text: str) -> str | None:
    """Return what `_strip` would, where every "<" begins a known tag as editors' programs write it.

    None for everything else: comments, scripts, capitals, prefixes, unknown names, loose signs.
    """
    parts = _PLAIN_TAG.split(text)
    try:
        parts[1::2] = [_IN_PLACE_OF[name] for name in parts[1::2]]
    except KeyError:
        return None
    text = "".join(parts)
    return None if "<" in text else text


def _strip(text: str, tag: re.Pattern[str]) -> str:
    """Remove tags until none is left: taking one away can join the halves of another."""
    if _UNUSUAL_NAME.search(text):
        text = _NAMED.sub(_plain_name, text)
    if "<![CDATA[" in text:
        text = _CDATA.sub("", text)
    for _ in range(MAX_DECODINGS):
        if "<!--" in text:
            text = _COMMENT.sub("", text)
        if _UNREAD_OPEN.search(text):
            text = _without_unread(text)
        text = _BLOCK.sub("\n", text)
        text, removed = tag.subn("", text)
        if not removed or not tag.search(text):
            return text
    return text.replace("<", " ")


def _plain_name(found: re.Match[str]) -> str:
    """Write a known name in lower case and without a prefix ("<xhtml:P" as "<p")."""
    name = found[0].lower()
    return ("</" if name.startswith("</") else "<") + name.lstrip("</").rpartition(":")[2]


def _without_unread(text: str) -> str:
    """Drop elements whose content no reader sees; an unclosed script or style takes the rest."""
    kept: list[str] = []
    never_closed: set[str] = set()
    position = 0
    while opening := _UNREAD_OPEN.search(text, position):
        name = opening[1]
        closing = None if name in never_closed else _closing(name).search(text, opening.end())
        if closing is None and name in ("script", "style"):
            return "".join([*kept, text[position : opening.start()]])
        if closing is None:
            never_closed.add(name)
        kept.append(text[position : opening.start()])
        kept.append(" " if closing else "<i ")
        position = closing.end() if closing else opening.end()
    return "".join([*kept, text[position:]])


def _closing(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?![\w-])[^<>]*+>?+")


def _tidy(text: str) -> str:
    """Collapse whitespace within lines, drop empty lines and what cannot be printed."""
    lines = text.split("\n")
    if not all(map(str.isprintable, lines)):
        return _made_printable(lines)
    # Of all that separates words only the space can be printed.
    text = "\n".join(filter(None, [line.strip(" ") for line in lines]))
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _made_printable(lines: Iterable[str]) -> str:
    lines = [" ".join(line.split()) for line in lines]
    if not all(map(str.isprintable, lines)):
        lines = [" ".join(_CONTROL.sub(_as_windows, line).split()) for line in lines]
    return "\n".join(filter(None, lines))


def _as_windows(found: re.Match[str]) -> str:
    """C1 controls are Windows-1252 under a wrong label (WHATWG Encoding); the rest says nothing."""
    if "\x80" <= found[0] <= "\x9f":
        return found[0].encode("latin-1").decode("cp1252", errors="ignore")
    return ""
