"""Knows what stands around an article's words but is not part of them.

Datelines, bylines, captions and calls to action, in the languages the phrases are written in
(English, German, French, Spanish, Portuguese, Italian). Everything here only takes away; the words
that stay are the source's own.
"""

from __future__ import annotations

import re

_BYLINE_WORDS = 10
_TAIL_CHARACTERS = 600  # a paragraph's end in which to look for what was hung on it
_SMALL_WORDS = frozenset(
    {"and", "und", "et", "y", "e", "de", "du", "la", "von", "van", "der", "in", "for"}
)
_CAPITAL = "A-ZÀ-ÖØ-ÞĀŁŚŠŻŽ"
_PLACE = rf"[{_CAPITAL}][\w.'’/-]*(?:[ ,]+(?:de|del|la|am|an|der|[{_CAPITAL}])[\w.'’/-]*){{0,4}}"
_DATED = r"(?:,?\s+(?:\d{1,2}\.?\s+(?:de\s+)?[^\W\d]{3,10}\.?|[^\W\d]{3,10}\.?\s+\d{1,2})(?:,?\s+\d{4})?)?"
_AGENCY = rf"\(\s*[{_CAPITAL}][\w ./&'’-]{{1,40}}\)"
_KNOWN_AGENCY = r"\((?i:ap|afp|reuters|dpa|efe|ansa|upi|pti|apa|sda|cnn|bloomberg|europa press)\)"
_DASH = r"\s*(?:\.\s?[-–—]+|[-–—]+)\s*"
_DATELINE = re.compile(
    rf"""^\s*(?:
        {_PLACE}{_DATED}\s*{_AGENCY}{_DASH}                  # BERLIN, 3 March (Agency) -
      | (?:{_PLACE}{_DATED}\s*)?{_KNOWN_AGENCY}(?:{_DASH}|\s*:\s*|\s*)  # Berlin (dpa) Words
      | [{_CAPITAL}][{_CAPITAL} .'’/-]{{2,30}}(?:,\s+[{_CAPITAL}][\w.]{{1,15}}){{0,2}}{_DATED}
        \s+[-–—]+\s+(?=["'“‘„«]?[{_CAPITAL}])                # PARIS, Texas — Words
    )""",
    re.VERBOSE,
)

_TAIL = re.compile(
    r"""(?:
        \bThe\ post\b.{1,300}?\bappeared\ first\ on\b.*
      | \bDer\ Beitrag\b.{1,300}?\berschien\ zuerst\ auf\b.*
      | \bL[’']article\b.{1,300}?\best\ apparu\ en\ premier\ sur\b.*
      | \bLa\ entrada\b.{1,300}?\b(?:se\ publicó\ primero\ en|apareció\ primero\ en)\b.*
      | \bO\ post\b.{1,300}?\bapareceu\ primeiro\ em\b.*
      | \bL[’']articolo\b.{1,300}?\bproviene\ da\b.*
      | (?<!\w)submitted\ by\ \S+.{0,80}?\[link\].*
      | \[(?:link|\d*\ ?comments)\]
      | (?:\bC(?i:ontinue\ reading)|\bR(?i:ead\ (?:more|(?:the\ )?full|the\ rest))|\bF(?i:ull\ story)
          |\bK(?i:eep\ reading)|\bL(?i:earn\ more)|\bW(?i:eiter\ ?lesen)|\bM(?i:ehr\ (?:lesen|dazu))
          |\bL(?i:ire\ la\ suite)|\bE(?i:n\ savoir\ plus)|\bL(?i:eer\ más)|\bS(?i:eguir\ leyendo)
          |\bL(?i:eia\ mais)|\bC(?i:ontinua\ a\ leggere)|\bL(?i:eggi\ tutto)
          |[\[(](?i:read\ more|more|weiterlesen|mehr|lire\ la\ suite|leer\ más)[\])])
        (?i:\ (?:here|story|article|post|of\ (?:the|this)\ \w+))?[\s.…:»>→⇒›\])]*
    )$""",
    re.VERBOSE | re.DOTALL,
)
_CUT_OFF = re.compile(r"\s*[\[(]\s*(?:…|\.{3})\s*[\])]\s*$")

_CALL = re.compile(
    r"""^\W*(?:
        (?:click|tap)\ (?:here|on|the|below|through)\b
      | (?:please\ )?sign\ up\b | subscribe\b | register\ (?:now|here|for)\b
      | follow\ (?:us|@\w+)\b | share\ this\b | join\ (?:us|our)\b
      | (?:download|get|install)\ (?:our|the\ .{1,30})\ (?:app|newsletter|podcast)\b
      | (?:read|see|watch|listen|find\ out|learn|view|discover)\ (?:more|also|the\ full)\b
      | (?:related|read\ also|see\ also|also\ read|more\ on\ this|more\ from.{0,30}|watch|video|listen|gallery)\s*:
      | scroll\ down\b | continue\ reading\b | (?:advertisement|sponsored(?:\ (?:content|post))?|anzeige)\W*$
      | to\ read\ this\ (?:article|story)\ in\ full\b | for\ more\ (?:details|information|on\ this)\b
      | have\ your\ say\b | what\ do\ you\ think\? | let\ us\ know\b | leave\ a\ comment\b
      | this\ (?:article|story|post)\ (?:first\ |originally\ )?(?:appeared|was\ (?:originally\ |first\ )?published)\b
      | there\ is\ no\ excerpt\ because\b
      | article\ url\s*: | comments\ url\s*: | points\s*:\s*\d | \#\ comments\s*: | comments\W*$
      | jetzt\ (?:anmelden|abonnieren|lesen|registrieren)\b | (?:hier\ )?(?:abonnieren|anmelden)\b
      | mehr\ zum\ thema\b | weiterlesen\b | lesen\ sie\ (?:auch|hier|mehr)\b | folgen\ sie\ uns\b
      | lire\ (?:aussi|la\ suite)\b | à\ lire\ aussi\b | abonnez-vous\b | inscrivez-vous\b | suivez-nous\b
      | lee\ (?:también|más)\b | suscríbete\b | regístrate\b | síguenos\b | te\ puede\ interesar\b
      | leia\ (?:também|mais)\b | assine\b | leggi\ anche\b | iscriviti\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_STAMP = re.compile(
    r"""^\W*(?:
        (?:published|updated|last\ updated|posted|veröffentlicht|aktualisiert|stand|publié|mis\ à\ jour
          |publicado|actualizado)\W{1,3}(?:(?:on|at|am|le|el)\s+)?(?:[^\W\d]{3,10}[\s,.]*)?\d.{0,50}$
      | \d{1,2}:\d{2}\b.{0,25}$
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_CAPTION = re.compile(
    r"""^\W*(?:file\ )?(?:photo|image|picture|video|caption|graphic|illustration|photograph|foto|bild|grafik
          |crédits?|credit|imagen)(?:\s+(?:by|credit|source|courtesy|von|par|por)\b[^.!?]{0,40}|\s*)[:/©]
      | ^\W*(?:pictured|symbolbild|archivbild|file\ photo)\b
      | [(\[|/]\s*(?:photo|image|foto|bild|credit|imagen)\s*(?:by\b|:)
      | (?:/|\|\s*|\bvia\s+|©\s*)(?:getty|shutterstock|istock|picture\ alliance|alamy)
      | ^\W*©""",
    re.VERBOSE | re.IGNORECASE,
)
_BYLINE = re.compile(
    r"^\W*(?:by|von|par|por|di|text|words|reporting by|editing by|written by|story by)\s*:?\s+"
    r"(?:[A-ZÀ-ÞĀ-Ž][\w.'’-]*|and|und|et|y|e|de|von|van|der|in|for)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"^\W*(?:https?://|www\.)\S+\W*$", re.IGNORECASE)


def without_dateline(text: str) -> str:
    """Return the text without the place and agency it opens with: "BERLIN (Agency) - "."""
    match = _DATELINE.match(text)
    rest = text[match.end() :] if match else text
    return rest if re.search(r"\w", rest) else text


def without_tail(text: str) -> str:
    """Return a paragraph without what a publishing system puts at its end.

    Goes for "Read more", "The post X appeared first on Y" and the like; the brackets of a cut-off
    mark go as well ("[...]" leaves "…"), so that the reader sees that the source goes on.
    """
    shorter = _without_last(text)
    while shorter != text:
        text, shorter = shorter, _without_last(shorter)
    cut = _CUT_OFF.sub("", text).rstrip()
    return cut if cut == text or cut.endswith(("…", "...")) else f"{cut} …" if cut else ""


def _without_last(text: str) -> str:
    end = max(len(text) - _TAIL_CHARACTERS, 0)
    return text[:end] + _TAIL.sub("", text[end:]).rstrip()


def is_boilerplate(sentence: str) -> bool:
    """Say whether a sentence is a byline, time stamp, caption, bare address or call to action."""
    if any(rule.search(sentence) for rule in (_CALL, _STAMP, _CAPTION, _ADDRESS)):
        return True
    return bool(_BYLINE.match(sentence)) and _reads_as_names(sentence)


def _reads_as_names(sentence: str) -> bool:
    """Tell "By Jane Doe, Political Editor" from "By Monday the river had risen again"."""
    words = re.findall(r"[^\W\d_][\w'’-]*", sentence)[1:]
    if not words or len(words) >= _BYLINE_WORDS:
        return False
    return all(word[0].isupper() or word.lower() in _SMALL_WORDS for word in words)
