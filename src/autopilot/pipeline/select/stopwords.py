"""Filler words of a few languages, which say nothing about what an article is about."""

from __future__ import annotations

_LISTS = {
    "en": """a about after again all also amid an and any are as at back be been before being but by
        can could did do does down during for from had has have he her here his how i if in into is
        it its just like may me might more most my new no not now of off on one only or our out over
        own s said say says she should so some such t than that the their them then there these they
        this those through to too under up us very was we were what when where which while who why
        will with would you your""",
    "de": """aber alle als am an auch auf aus bei bis das dass dem den der des die doch durch ein
        eine einem einen einer eines er es für gegen hat haben ich im in ist jetzt kann kein keine
        man mehr mit nach nicht noch nur oder ohne sich sie sind so soll über um und unter vom von
        vor war was wegen wenn werden wie will wir wird wurde zu zum zur zwischen""",
    "fr": """à après au aux avec avant c ce ces cette comme contre d dans de depuis des du elle en
        entre est et être face il ils je l la le les leur leurs mais même n ne nous on ont ou où par
        pas plus pour qu que qui s sa sans se selon ses son sont sous sur un une vers vous""",
    "es": """a al ante como con contra cuando de del desde donde el ella en entre era es esta este
        esto ha han hasta hay la las le les lo los más me mi muy no nos o para pero por que qué se
        según ser si sin sobre son su sus también tras un una uno y ya""",
    "it": """a al alla alle anche che chi ci come con contro cui da dal dalla dei del della delle
        di dopo e è ed fra gli ha hanno i il in la le lo ma nel nella non o per perché più quando
        questa questo se senza si sono su sul sulla tra un una uno""",
    "nl": """aan al als bij dan dat de der die dit door een en er geen had heeft het hij hoe in is
        je kan maar meer met na naar niet nog nu of om omdat onder ook op over te tegen tot uit van
        veel voor waar wat weer wel werd wie wil worden wordt ze zich zij zijn zo zonder""",
    "pt": """a ao aos após as até com como contra da das de depois do dos e é em entre era essa esse
        esta este foi há isso já mais mas mesmo na não nas no nos o os ou para pela pelo por quando
        que quem se sem ser seu sob sobre sua são também um uma""",
    "sv": """alla att av blir de den det där efter ej eller en ett från för ha han har hon hur i
        in inte jag kan man med men mot mycket nu när och om på sig sin ska som så till under upp ut
        vad var vi vid vill än är över""",
}  # fmt: skip

FILLERS = {language: frozenset(words.split()) for language, words in _LISTS.items()}
"""ISO 639 language -> words, in lower case."""
