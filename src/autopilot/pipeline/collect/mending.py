"""Cheap repairs that make most broken feeds well-formed, so that the fast path can read them."""

from __future__ import annotations

import codecs
import re

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{2,40})["']""")
_HEADER_CHARSET = re.compile(r"""(?i)charset\s*=\s*["']?([A-Za-z0-9._:-]{2,40})""")
_ONE_BYTE = re.compile(r"(?i)(?:iso[-_]?8859|windows-125|cp125|latin|us-ascii|ascii|koi8)")
_IMPOSSIBLE = re.compile(r"(?i)(?:utf|ucs|iso-10646)[-_]?(?:16|32|2|4|ucs)")
"""Labels that cannot hold for bytes without a mark and without zeros."""
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDER = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
}
"""Labels that in the wild mean the larger set (https://encoding.spec.whatwg.org)."""

_START = re.compile(
    r"(?i)<(?:\?xml\s|!doctype\s+rss|rss[\s>]|(?:\w+:)?feed[\s>]|(?:\w+:)?rdf[\s>])"
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_END = re.compile(r"</(?:rss|(?:\w+:)?feed|(?:\w+:)?rdf)\s*>", re.IGNORECASE)
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)",
    re.DOTALL,
)


def is_cut_off(text: str) -> bool:
    """Say whether the feed ends before its root element does."""
    return _last_end(text) is None


def trusted_as_is(body: bytes) -> bool:
    """Say whether libxml2 reads the same letters as `decoded` would: UTF-8, stated or by default."""
    declared = _declared(body)
    return body.isascii() or declared is None or declared.lower() in ("utf-8", "utf8")


def decoded(body: bytes, content_type: str = "", *, stated: str | None = None) -> str:
    """Return the body as text. Never fails: wrong labels are corrected, wrong bytes replaced.

    A byte order mark wins, then UTF-8 over labels of one-byte sets (text that is valid UTF-8 by
    chance does not occur), then the XML declaration or what a page has `stated`, then the header's.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, errors="replace")
    if b"\x00" in body[:4]:
        return body.decode("utf-16-be" if body[0] == 0 else "utf-16-le", errors="replace")
    header = _HEADER_CHARSET.search(content_type)
    labels = [label for label in (_declared(body), stated, header and header[1]) if label]
    if not labels or _ONE_BYTE.match(labels[0]):
        labels.insert(0, "utf-8")
    for label in labels:
        if _IMPOSSIBLE.match(label):
            continue
        try:
            return _decode(body, _WIDER.get(label.lower(), label))
        except (UnicodeDecodeError, LookupError):
            continue
    return _best_guess(body)


def mended(text: str) -> str:
    """Return the text as XML that is more likely well-formed.

    Drops what stands before and after the feed and characters XML forbids; escapes bare ampersands
    and writes HTML's named entities so that they survive as text for the HTML they came from.
    """
    start = _START.search(text)
    text = text[start.start() :] if start else text
    text = _DECLARATION.sub("", text).lstrip()
    end = _last_end(text)
    text = text[:end] if end else text
    return _AMPERSAND.sub(_escaped, _NO_XML.sub("", text))


def _last_end(text: str) -> int | None:
    """Only the tail is searched: a feed is followed by a comment or a script, not by a book."""
    ends = [found.end() for found in _END.finditer(text, max(0, len(text) - 20_000))]
    return ends[-1] if ends else None


def _decode(body: bytes, encoding: str, errors: str = "strict") -> str:
    """Decode without minding a letter cut in two at the end."""
    return codecs.getincrementaldecoder(encoding)(errors).decode(body)


def _escaped(found: re.Match[str]) -> str:
    return "&amp;" if found[0] == "&" else found[0]


def _best_guess(body: bytes) -> str:
    """UTF-8 with a few broken bytes stays UTF-8; anything else is the web's default."""
    text = _decode(body, "utf-8", "replace")
    foreign = len(text) - len(text.encode("ascii", errors="ignore"))
    if text.count("\ufffd") * 10 <= foreign:
        return text
    return body.decode("cp1252", errors="replace")


def _declared(body: bytes) -> str | None:
    found = _DECLARED.search(body[:400])
    return found[1].decode("ascii") if found else None
