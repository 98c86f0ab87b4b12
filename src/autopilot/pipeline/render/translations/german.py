"""German."""

from __future__ import annotations

from autopilot.pipeline.render.phrases import Phrases

GERMAN = Phrases(
    in_this_issue="In dieser Ausgabe",
    stories_from="Meldungen aus der Zeit {window}",
    lead_story="Aufmacher",
    excerpt="Auszug",
    update="Neues zu unserer Ausgabe vom {date}",
    also_in="Auch bei",
    first_seen="zuerst gesehen {date}",
    late="Nachzügler",
    read_at="Die Meldung bei {source} lesen",
    more_stories="Weitere Meldungen",
    left_for_text="{count} weitere stehen in der Textfassung dieser Ausgabe.",
    left_for_web="{count} weitere im Web lesen",
    and_more="{count} weitere",
    stories_one="{count} Meldung",
    stories_many="{count} Meldungen",
    sources_one="{count} Quelle",
    sources_many="{count} Quellen",
    sections_one="{count} Rubrik",
    sections_many="{count} Rubriken",
    about="Über diese Ausgabe",
    made_one="Automatisch zusammengestellt aus 1 Quelle.",
    made_many="Automatisch zusammengestellt aus {count} Quellen.",
    excerpts="Was als Auszug gekennzeichnet ist, steht wörtlich so in der Quelle.",
    model="Die Zusammenfassungen hat {writer} nach den Texten der Quellen geschrieben.",
    usage_one="Das Schreiben brauchte 1 Anfrage an {model} und {tokens} Token ({price}).",
    usage_many="Das Schreiben brauchte {calls} Anfragen an {model} und {tokens} Token ({price}).",
    price_unknown="Preis unbekannt",
    unreached_one="{failed} von {count} Quellen war nicht erreichbar: {names}.",
    unreached_many="{failed} von {count} Quellen waren nicht erreichbar: {names}.",
    nothing_for="Diesmal nichts Neues zu {names}.",
    shortened_one=(
        "1 Zusammenfassung ist hier gekürzt, damit Mailprogramme die ganze Ausgabe zeigen."
    ),
    shortened_many=(
        "{count} Zusammenfassungen sind hier gekürzt, damit Mailprogramme die ganze Ausgabe zeigen."
    ),
    own_template=(
        "Diese Ausgabe hat das Standardlayout; ihre eigene Vorlage ließ sich nicht verwenden."
    ),
    zone="Datum und Uhrzeit gelten für {zone}.",
    traced="Jeder Satz ist mit seinem Quelltext verknüpft",
    on_the_web="Diese Ausgabe im Web lesen",
    why="Sie bekommen dies, weil Ihre Adresse auf der Liste von {name} steht.",
    unsubscribe="{name} abbestellen",
    origin_of="Woher jeder Satz stammt",
    original="Originaltitel: {title}",
    only_headline="beruht auf dem Titel",
    why_here="Warum sie hier steht: {reason}",
    all_issues="Alle Ausgaben",
    subscribe="Abonnieren",
)
