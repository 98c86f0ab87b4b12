"""The fixed words of an issue in the languages we write: English, German, French, Spanish."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's fixed words; {braces} are filled by the page, _one and _many go by a count."""

    in_this_issue: str
    stories_from: str
    excerpt: str
    also_in: str
    first_seen: str
    late: str
    more_stories: str
    left_for_text: str
    and_more: str
    about: str
    made_one: str
    made_many: str
    excerpts: str
    model: str
    unreached_one: str
    unreached_many: str
    nothing_for: str
    zone: str


ENGLISH = Phrases(
    in_this_issue="In this issue",
    stories_from="Stories from {window}",
    excerpt="excerpt",
    also_in="Also in",
    first_seen="first seen {date}",
    late="late arrival",
    more_stories="More stories",
    left_for_text="{count} more are in the plain text version of this issue.",
    and_more="{count} more",
    about="About this issue",
    made_one="Put together automatically from 1 source.",
    made_many="Put together automatically from {count} sources.",
    excerpts="What is marked as an excerpt is quoted from its source, word for word.",
    model="Summaries were written by {writer} from the sources’ texts.",
    unreached_one="{failed} of {count} sources could not be reached: {names}.",
    unreached_many="{failed} of {count} sources could not be reached: {names}.",
    nothing_for="Nothing new this time for {names}.",
    zone="Dates and times are those of {zone}.",
)

GERMAN = Phrases(
    in_this_issue="In dieser Ausgabe",
    stories_from="Meldungen aus der Zeit {window}",
    excerpt="Auszug",
    also_in="Auch bei",
    first_seen="zuerst gesehen {date}",
    late="Nachzügler",
    more_stories="Weitere Meldungen",
    left_for_text="{count} weitere stehen in der Textfassung dieser Ausgabe.",
    and_more="{count} weitere",
    about="Über diese Ausgabe",
    made_one="Automatisch zusammengestellt aus 1 Quelle.",
    made_many="Automatisch zusammengestellt aus {count} Quellen.",
    excerpts="Was als Auszug gekennzeichnet ist, steht wörtlich so in der Quelle.",
    model="Die Zusammenfassungen hat {writer} nach den Texten der Quellen geschrieben.",
    unreached_one="{failed} von {count} Quellen war nicht erreichbar: {names}.",
    unreached_many="{failed} von {count} Quellen waren nicht erreichbar: {names}.",
    nothing_for="Diesmal nichts Neues zu {names}.",
    zone="Datum und Uhrzeit gelten für {zone}.",
)

FRENCH = Phrases(
    in_this_issue="Dans ce numéro",
    stories_from="Actualités : {window}",
    excerpt="extrait",
    also_in="À lire aussi dans",
    first_seen="repéré le {date}",
    late="arrivé tardivement",
    more_stories="Autres actualités",
    left_for_text="{count} autres figurent dans la version texte de ce numéro.",
    and_more="{count} autres",
    about="À propos de ce numéro",
    made_one="Composé automatiquement à partir d’une source.",
    made_many="Composé automatiquement à partir de {count} sources.",
    excerpts="Ce qui est signalé comme extrait est cité mot pour mot de sa source.",
    model="Les résumés ont été rédigés par {writer} d’après les textes des sources.",
    unreached_one="{failed} source sur {count} n’a pas répondu : {names}.",
    unreached_many="{failed} sources sur {count} n’ont pas répondu : {names}.",
    nothing_for="Rien de nouveau cette fois pour {names}.",
    zone="Dates et heures de {zone}.",
)

SPANISH = Phrases(
    in_this_issue="En este número",
    stories_from="Noticias: {window}",
    excerpt="extracto",
    also_in="También en",
    first_seen="visto por primera vez el {date}",
    late="llegó tarde",
    more_stories="Más noticias",
    left_for_text="Otras {count} están en la versión de texto de este número.",
    and_more="{count} más",
    about="Sobre este número",
    made_one="Elaborado automáticamente a partir de 1 fuente.",
    made_many="Elaborado automáticamente a partir de {count} fuentes.",
    excerpts="Lo marcado como extracto se cita de su fuente palabra por palabra.",
    model="Los resúmenes fueron escritos por {writer} a partir de los textos de las fuentes.",
    unreached_one="{failed} de {count} fuentes no respondió: {names}.",
    unreached_many="{failed} de {count} fuentes no respondieron: {names}.",
    nothing_for="Esta vez no hay novedades sobre {names}.",
    zone="Fechas y horas de {zone}.",
)

_BY_LANGUAGE = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH}


def has_phrases(language: str) -> bool:
    """Say whether we write the language, so that words and dates of an issue agree."""
    return language.split("-")[0].lower() in _BY_LANGUAGE


def phrases_for(language: str) -> Phrases:
    """Return the fixed words of a language tag such as "de-AT"; English where we have none."""
    return _BY_LANGUAGE.get(language.split("-")[0].lower(), ENGLISH)
