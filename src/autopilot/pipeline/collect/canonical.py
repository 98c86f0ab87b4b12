"""The address of an article, as a key that copies share and as a link without trackers."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

_TRACKING = re.compile(
    r"""(?ix)
    (?:utm|mtm|piwik|matomo|hsa|_hs|__hs)_?\w* | pk_(?:campaign|kwd|medium|source|content)
    | fbclid | fb_(?:action|source|ref)\w* | igshid | igsh | gclid | gclsrc | dclid | gbraid | wbraid
    | msclkid | twclid | ttclid | yclid | ysclid | li_fat_id | rdt_cid | irclickid | _ga | _gl
    | mc_(?:cid|eid) | mkt_tok | ml_subscriber\w* | oly_(?:enc|anon)_id | vero_(?:id|conv)
    | at_(?:medium|campaign|custom\d|link_\w+) | ns_(?:mchannel|source|campaign|linkname|fee)
    | _openstat | wickedid | wt_z?mc | xtor | cmpid | cmp | ncid | ocid | s_cid | s_kwcid | ito | smid
    | ftag | trk | trkcampaign | trkinfo | __twitter_impression | guccounter
    | guce_referrer(?:_sig)? | spm | scm | sr_share | sref | srnd
    """
)
_ORIGINS = frozenset({"ref", "referrer", "source", "src", "from", "via", "partner", "cid"})
_FROM_A_FEED = re.compile(
    r"(?i)(?:rss|feed|feedburner|atom|newsletter|twitter|facebook)(?:[-_\d]\S*)?"
)
_AMP_QUERY = frozenset({("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp")})
_AMP_CACHE = re.compile(r"/amp/(?:s/)?([^/]+\.[^/]+/.*)")
_AMP_ENDING = re.compile(r"(?<=[^/])/amp(?:\.html?)?\Z|\.amp(?=(?:\.html?)?\Z)")
_DEFAULT_PORTS = {("http", 80), ("https", 443)}
_PLAIN = re.compile(
    r"https?://(?:www\.)?+([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(/[A-Za-z0-9._~/+,-]*)?"
)
"""An address without port, query, fragment, escapes and capitals in its host: most are like that."""
_UNRESERVED = "!$&'()*+,;=:@/~-._"


def canonical_url(url: str) -> str:
    """Return the article's key: the address without scheme, www., trackers, fragment and order.

    Two addresses with one key lead to one article. What is no web address is its own key.
    """
    if (plain := _PLAIN.fullmatch(url)) and not plain[1].startswith("google."):
        return plain[1] + _without_ending(plain[2] or "")
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url.strip()
    if parts.scheme.lower() not in ("http", "https") or not host:
        return url.strip()
    if host.removeprefix("www.").startswith("google.") and (cached := _AMP_CACHE.match(parts.path)):
        return canonical_url(f"https://{cached[1]}?{parts.query}")
    shown_port = (
        "" if port is None or (parts.scheme.lower(), port) in _DEFAULT_PORTS else f":{port}"
    )
    query = "&".join(sorted(_kept(parts.query, amp=False)))
    return host.removeprefix("www.") + shown_port + _path(parts) + (f"?{query}" if query else "")


def clean_url(url: str) -> str:
    """Return the link for readers: the same address, tracking parameters stripped, else untouched."""
    before, mark, fragment = url.partition("#")
    path, question, query = before.partition("?")
    kept = "&".join(_kept(query, amp=True)) if question else ""
    kept_fragment = f"#{fragment}" if mark and not _is_tracking(fragment) else ""
    return path + (f"?{kept}" if kept else "") + kept_fragment


def _kept(query: str, *, amp: bool) -> list[str]:
    """Return the parameters that choose what is shown; `amp` keeps the one that asks for AMP."""
    pairs = [pair for pair in query.split("&") if pair and not _is_tracking(pair)]
    return pairs if amp else [pair for pair in pairs if not _asks_for_amp(pair)]


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    if _TRACKING.fullmatch(name):
        return True
    return name.lower() in _ORIGINS and _FROM_A_FEED.fullmatch(value) is not None


def _asks_for_amp(pair: str) -> bool:
    name, _, value = pair.partition("=")
    return (name.lower(), value.lower()) in _AMP_QUERY


def _path(parts: SplitResult) -> str:
    """Return the path with one spelling of its escapes, no AMP ending and no slash at the end."""
    path = (
        quote(unquote_to_bytes(parts.path), safe=_UNRESERVED) if _is_escaped(parts) else parts.path
    )
    return _without_ending(path)


def _without_ending(path: str) -> str:
    path = path.rstrip("/")
    return _AMP_ENDING.sub("", path).rstrip("/") if "amp" in path else path


def _is_escaped(parts: SplitResult) -> bool:
    return not parts.path.isascii() or ("%" in parts.path and "%2f" not in parts.path.lower())
