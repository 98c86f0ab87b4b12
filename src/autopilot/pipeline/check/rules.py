"""The table of rules: what each asks, what it is worth, and what mends it (docs/reference/gate.md)."""

from __future__ import annotations

from dataclasses import dataclass

from autopilot.domain.gate import Severity

E, W = Severity.ERROR, Severity.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: its id, what an issue has to do, and what the gate does where it does not.

    `severity` is what a breach weighs at most; `mended` is "" where a person has to see to it.
    """

    id: str
    what: str
    severity: Severity
    mended: str = ""


def _rule(id: str, severity: Severity, what: str, mended: str = "") -> Rule:
    return Rule(id=id, what=what, severity=severity, mended=mended)


RULES = (
    _rule(
        "E3", E, "Sender identity and postal address are visible; in a mail, a link to unsubscribe"
    ),
    _rule(
        "E5", E, "Subject and preheader hold no line break and no control character", "written anew"
    ),
    _rule("E6", E, "The subject names a fact of a lead story", "written anew from the lead story"),
    _rule(
        "E7",
        E,
        "The text part has every story's title and address; lines of 998 octets at most",
        "story without a usable address dropped",
    ),
    _rule(
        "E8",
        E,
        "HTML under 102,400 octets (a warning from 80,000)",
        "lowest-ranked stories lose their summaries, then go",
    ),
    _rule("E9", E, "Style blocks under 16,000 octets, in the head; colours inline as well"),
    _rule(
        "E10",
        E,
        "No script, form, frame, video, external CSS, CSS variables, position, flex, grid, base64,"
        " SVG, WebP, nor a background image that carries meaning",
    ),
    _rule("E11", E, "Tables for layout, 640 px at most, one column on a phone of 320 px"),
    _rule("E12", E, "Nothing essential on `<body>`"),
    _rule(
        "E13",
        E,
        '`lang`, `dir`, `<title>`, `role="presentation"` on layout tables, one h1, no skipped level',
    ),
    _rule(
        "E14",
        E,
        "Images have alt, width, height and HTTPS, are under 1 MB, and the page reads without them",
    ),
    _rule(
        "E15",
        E,
        "Contrast 4.5:1 (3:1 from 24 px) in light and dark; text of 14 px; line height 1.4 (1.2 from"
        " 18 px)",
    ),
    _rule("E16", E, "Link texts mean something by themselves; targets are 24 px high"),
    _rule(
        "E17",
        E,
        "Links are absolute, public, without trackers (W), answered (W; 404 and 410: E); no story"
        " twice, here or in the last issues",
        "story or link dropped, tracker taken off",
    ),
    _rule("E18", E, "Every story shows headline, source, date, region; late ones say so"),
    _rule(
        "E19",
        E,
        "What a model says is in the sources; excerpts are verbatim; no long quotation, no whole"
        " article",
        "the source's own words instead",
    ),
    _rule(
        "E20",
        E,
        "Nothing runs; every link is known from the stories or the brand",
        "a model's text with a foreign address replaced by the source's",
    ),
    _rule(
        "E21",
        E,
        "Not empty; sections in order, within their maximum (below a minimum: W); no placeholder;"
        " the language that was asked for",
        "lowest-ranked or unfilled story dropped, or its source's words taken",
    ),
    _rule(
        "W1",
        W,
        'Subject of 20 to 60 characters, no shouting, one emoji and one "!" at most, not one of the'
        " last ten",
        "written anew",
    ),
    _rule(
        "W2",
        W,
        "Preheader of 40 to 100 characters, not the subject, hidden and padded at the top",
        "written anew",
    ),
    _rule(
        "W3", W, "Dark mode is announced and drawn; no pure black or white that inversion spoils"
    ),
)
RULE_IDS = tuple(rule.id for rule in RULES)
