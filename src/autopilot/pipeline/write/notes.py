"""What an issue tells its readers about its own writing, in the languages whose fixed texts we have."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """Why summaries are in the sources' own words although a model was to write them."""

    NO_KEY = "no_key"
    MONEY = "money"
    AWAY = "away"
    UNFIT = "unfit"


_REASONS = {
    "en": {
        Why.NO_KEY: "no model is set up",
        Why.MONEY: "the budget for the model is used up",
        Why.AWAY: "the model could not be reached",
        Why.UNFIT: "the model's text did not hold up against its sources",
    },
    "de": {
        Why.NO_KEY: "es ist kein Modell eingerichtet",
        Why.MONEY: "das Budget für das Modell ist aufgebraucht",
        Why.AWAY: "das Modell war nicht erreichbar",
        Why.UNFIT: "der Text des Modells hielt dem Vergleich mit den Quellen nicht stand",
    },
    "fr": {
        Why.NO_KEY: "aucun modèle n'est configuré",
        Why.MONEY: "le budget du modèle est épuisé",
        Why.AWAY: "le modèle était injoignable",
        Why.UNFIT: "le texte du modèle ne correspondait pas à ses sources",
    },
    "es": {
        Why.NO_KEY: "no hay ningún modelo configurado",
        Why.MONEY: "el presupuesto para el modelo se ha agotado",
        Why.AWAY: "no se pudo contactar con el modelo",
        Why.UNFIT: "el texto del modelo no coincidía con sus fuentes",
    },
}
_SOME = {
    "en": "{count} of {total} summaries are in the sources' own words: {reason}.",
    "de": "{count} von {total} Zusammenfassungen stehen im Wortlaut der Quellen: {reason}.",
    "fr": "{count} résumés sur {total} reprennent les mots des sources : {reason}.",
    "es": "{count} de {total} resúmenes conservan las palabras de las fuentes: {reason}.",
}


def own_words_note(why: Why, *, count: int, total: int, language: str) -> str:
    """Return the sentence for readers; English where there is no text in their language."""
    code = language.partition("-")[0]
    code = code if code in _SOME else "en"
    return _SOME[code].format(count=count, total=total, reason=_REASONS[code][why])
