"""French."""

from __future__ import annotations

from autopilot.pipeline.render.phrases import Phrases

FRENCH = Phrases(
    in_this_issue="Dans ce numéro",
    stories_from="Actualités : {window}",
    lead_story="À la une",
    excerpt="extrait",
    update="Du nouveau depuis notre numéro du {date}",
    also_in="À lire aussi dans",
    first_seen="repéré le {date}",
    late="arrivé tardivement",
    read_at="Lire l’article sur {source}",
    more_stories="Autres actualités",
    left_for_text="{count} autres figurent dans la version texte de ce numéro.",
    left_for_web="Lire les {count} autres sur le web",
    and_more="{count} autres",
    stories_one="{count} article",
    stories_many="{count} articles",
    sources_one="{count} source",
    sources_many="{count} sources",
    sections_one="{count} rubrique",
    sections_many="{count} rubriques",
    about="À propos de ce numéro",
    made_one="Composé automatiquement à partir d’une source.",
    made_many="Composé automatiquement à partir de {count} sources.",
    excerpts="Ce qui est signalé comme extrait est cité mot pour mot de sa source.",
    model="Les résumés ont été rédigés par {writer} d’après les textes des sources.",
    usage_one="La rédaction a demandé 1 appel à {model} et {tokens} jetons ({price}).",
    usage_many="La rédaction a demandé {calls} appels à {model} et {tokens} jetons ({price}).",
    price_unknown="prix inconnu",
    unreached_one="{failed} source sur {count} n’a pas répondu : {names}.",
    unreached_many="{failed} sources sur {count} n’ont pas répondu : {names}.",
    nothing_for="Rien de nouveau cette fois pour {names}.",
    shortened_one="1 résumé est abrégé ici, pour que les messageries affichent tout le numéro.",
    shortened_many=(
        "{count} résumés sont abrégés ici, pour que les messageries affichent tout le numéro."
    ),
    own_template=(
        "Ce numéro a la présentation standard ; son propre modèle n’a pas pu être utilisé."
    ),
    zone="Dates et heures de {zone}.",
    traced="Chaque phrase est reliée au texte de sa source",
    on_the_web="Lire ce numéro sur le web",
    why="Vous recevez ceci parce que votre adresse figure sur la liste de {name}.",
    unsubscribe="Se désabonner de {name}",
    origin_of="D’où vient chaque phrase",
    original="Titre d’origine : {title}",
    only_headline="repose sur le titre",
    why_here="Pourquoi cet article : {reason}",
    all_issues="Tous les numéros",
    subscribe="S’abonner",
)
