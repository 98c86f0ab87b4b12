"""Source names: what a publication is called, out of what its feed is called."""

from __future__ import annotations

import re

_GENERIC = frozenset({
    "home", "home page", "homepage", "front page", "front pages", "main", "blog", "world",
    "all", "all posts", "all articles", "all news", "all stories", "articles", "posts", "entries",
    "latest", "latest news", "latest articles", "latest posts", "latest stories", "headlines",
    "news", "news feed", "world news", "top news", "top stories", "breaking news",
    "feed", "feeds", "rss", "rss feed", "rss 2.0", "atom",
    "startseite", "aktuell", "nachrichten", "alle artikel", "schlagzeilen",
    "à la une", "actualités", "accueil", "portada", "noticias", "últimas noticias",
})  # fmt: skip
_BETWEEN = re.compile(r"\s+[>|»·:–—-]\s+|:\s+")
_TAIL = re.compile(
    r"(?i)\s+(?:(?:latest|all|recent) (?:articles|news|posts|stories)|rss(?: feed)?)$"
)


def publication(title: str) -> str:
    """Return a feed's title without what only says which feed of its publication it is.

    >>> publication("NYT > Home Page"), publication("Japan Times latest articles")
    ('NYT', 'Japan Times')
    """
    parts = [part.strip() for part in _BETWEEN.split(title)]
    named = [part for part in parts if " ".join(part.casefold().split()) not in _GENERIC]
    name = named[0] if len(named) == 1 else title
    return _TAIL.sub("", name) or title
