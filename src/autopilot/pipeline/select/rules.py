"""Rules: what an editor bars or lets in, whatever its score.

Patterns are words, not regular expressions: they are cut into words once and found in one pass over
the words of an article, so no pattern and no text takes more than linear time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlsplit

from autopilot.domain.content import Article
from autopilot.domain.editorial import Rules
from autopilot.pipeline.select.lexicon import has_signs
from autopilot.pipeline.select.words import folded, plain, spoken

ANY_ENDING = "*"
_TITLE, _SITE = "title:", "site:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phrase:
    """One pattern: `words` in a row, of the last one only the beginning where `open_ended`."""

    rule: str
    words: tuple[str, ...]
    signs: str
    open_ended: bool

    def stands_at(self, position: int, words: Sequence[str]) -> bool:
        last = position + len(self.words) - 1
        if last >= len(words) or tuple(words[position:last]) != self.words[:-1]:
            return False
        if self.open_ended:
            return words[last].startswith(self.words[-1])
        return words[last] == self.words[-1]


class _Phrases:
    """Phrases by their first word, or by its beginning where an open-ended phrase has no other."""

    def __init__(self, patterns: Iterable[tuple[str, str]]) -> None:
        self._starts: dict[str, list[_Phrase]] = defaultdict(list)
        self._beginnings: dict[str, str] = {}
        self._wordless: list[_Phrase] = []
        self._signs: set[str] = set()
        for rule, pattern in patterns:
            self._add(_phrase(rule, pattern))
        self._lengths = sorted(set(map(len, self._beginnings)))

    def _add(self, phrase: _Phrase) -> None:
        if phrase.signs:
            self._signs.add(phrase.signs)
        if not phrase.words:
            if phrase.signs:
                self._wordless.append(phrase)
        elif phrase.open_ended and len(phrase.words) == 1 and not phrase.signs:
            self._beginnings.setdefault(phrase.words[0], phrase.rule)
        else:
            self._starts[phrase.words[0]].append(phrase)

    def __bool__(self) -> bool:
        return bool(self._starts or self._beginnings or self._wordless)

    def rule_in(self, text: str) -> str | None:
        """Return the rule that matches first, or None."""
        words = [plain(word) for word in spoken(text)]
        standing = self._standing(text)
        for position, word in enumerate(words):
            for length in self._lengths:
                if (rule := self._beginnings.get(word[:length])) is not None:
                    return rule
            for phrase in self._starts.get(word, ()):
                if phrase.signs in standing and phrase.stands_at(position, words):
                    return phrase.rule
        return next((item.rule for item in self._wordless if item.signs in standing), None)

    def _standing(self, text: str) -> set[str]:
        """Return the phrases with signs that stand in the text as written, and "" for the others."""
        if not self._signs:
            return {""}
        written = folded(text)
        return {"", *(signs for signs in self._signs if signs in written)}


class Barrier:
    """An editor's rules, made ready once for all articles of a run."""

    def __init__(self, rules: Rules) -> None:
        self._block, self._allow = _Side(rules.block), _Side(rules.allow)
        self._names_allowed = bool(rules.allow)

    def objection(self, article: Article) -> str | None:
        """Return the sentence that says why an article is barred, or None where it is not."""
        if (rule := self._block.rule_for(article)) is not None:
            return f'barred by the rule "{rule}"'
        if self._names_allowed and self._allow.rule_for(article) is None:
            return "matches none of the rules that say what is allowed"
        return None


class _Side:
    """All rules of one list: for titles, for title and text, and for sites."""

    def __init__(self, patterns: Iterable[str]) -> None:
        titles: list[tuple[str, str]] = []
        anywhere: list[tuple[str, str]] = []
        self._sites: dict[str, str] = {}
        for pattern in patterns:
            kind = pattern.casefold()
            if kind.startswith(_SITE):
                self._sites[_host(pattern[len(_SITE) :])] = pattern
            elif kind.startswith(_TITLE):
                titles.append((pattern, pattern[len(_TITLE) :]))
            else:
                anywhere.append((pattern, pattern))
        self._sites.pop("", None)
        self._titles, self._anywhere = _Phrases(chain(titles, anywhere)), _Phrases(anywhere)

    def rule_for(self, article: Article) -> str | None:
        if self._sites and (rule := self._site_rule(article.url)) is not None:
            return rule
        if self._titles and (rule := self._titles.rule_in(article.title)) is not None:
            return rule
        return self._anywhere.rule_in(article.text) if self._anywhere else None

    def _site_rule(self, url: str) -> str | None:
        labels = _host(url).split(".")
        domains = (".".join(labels[start:]) for start in range(len(labels)))
        return next((self._sites[domain] for domain in domains if domain in self._sites), None)


def _phrase(rule: str, pattern: str) -> _Phrase:
    written = pattern.strip()
    open_ended = written.endswith(ANY_ENDING)
    written = written.rstrip(ANY_ENDING).rstrip() if open_ended else written
    return _Phrase(
        rule=rule,
        words=tuple(plain(word) for word in spoken(written)),
        signs=folded(written) if has_signs(written) else "",
        open_ended=open_ended,
    )


def _host(address: str) -> str:
    """Return the host of an address or of a bare host, without "www.", or "".

    >>> _host("https://www.Example.org:8080/a"), _host(" example.org "), _host("http://[")
    ('example.org', 'example.org', '')
    """
    written = address.strip()
    try:
        host = urlsplit(written if "//" in written else f"//{written}").hostname or ""
    except ValueError:
        return ""
    return host.rstrip(".").removeprefix("www.")
