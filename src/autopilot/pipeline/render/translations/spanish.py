"""Spanish."""

from __future__ import annotations

from autopilot.pipeline.render.phrases import Phrases

SPANISH = Phrases(
    in_this_issue="En este número",
    stories_from="Noticias: {window}",
    lead_story="En portada",
    excerpt="extracto",
    update="Novedades desde nuestro número del {date}",
    also_in="También en",
    first_seen="visto por primera vez el {date}",
    late="llegó tarde",
    read_at="Leer la noticia en {source}",
    more_stories="Más noticias",
    left_for_text="Otras {count} están en la versión de texto de este número.",
    left_for_web="Leer otras {count} en la web",
    and_more="{count} más",
    stories_one="{count} noticia",
    stories_many="{count} noticias",
    sources_one="{count} fuente",
    sources_many="{count} fuentes",
    sections_one="{count} sección",
    sections_many="{count} secciones",
    about="Sobre este número",
    made_one="Elaborado automáticamente a partir de 1 fuente.",
    made_many="Elaborado automáticamente a partir de {count} fuentes.",
    excerpts="Lo marcado como extracto se cita de su fuente palabra por palabra.",
    model="Los resúmenes fueron escritos por {writer} a partir de los textos de las fuentes.",
    usage_one="La redacción requirió 1 llamada a {model} y {tokens} tokens ({price}).",
    usage_many="La redacción requirió {calls} llamadas a {model} y {tokens} tokens ({price}).",
    price_unknown="precio desconocido",
    unreached_one="{failed} de {count} fuentes no respondió: {names}.",
    unreached_many="{failed} de {count} fuentes no respondieron: {names}.",
    nothing_for="Esta vez no hay novedades sobre {names}.",
    shortened_one="1 resumen está abreviado aquí, para que el correo muestre todo el número.",
    shortened_many=(
        "{count} resúmenes están abreviados aquí, para que el correo muestre todo el número."
    ),
    own_template="Este número tiene el aspecto estándar; no se pudo usar su propia plantilla.",
    zone="Fechas y horas de {zone}.",
    traced="Cada frase está enlazada con el texto de su fuente",
    on_the_web="Leer este número en la web",
    why="Recibe esto porque su dirección está en la lista de {name}.",
    unsubscribe="Darse de baja de {name}",
    origin_of="De dónde viene cada frase",
    original="Titular original: {title}",
    only_headline="se basa en el titular",
    why_here="Por qué está aquí: {reason}",
    all_issues="Todos los números",
    subscribe="Suscribirse",
)
