"""Reasons: the sentences that say why an article is in or out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from autopilot.pipeline.select.match import MIN_POINTS

NO_KEYWORD = "matches no category (none of the keywords occurs)"


def same_article(title: str, source: str, other_source: str) -> str:
    """Say that an article is a copy of another."""
    where = "" if source == other_source else f" from {other_source}"
    return f'same article as "{title}"{where}'


def near_a_story(title: str) -> str:
    """Say that an article is on the subject of a story, and not its event told again."""
    return f'close to "{title}", which is in; too unlike it to stand beside it'


def elsewhere(places: Iterable[str], regions: Iterable[str]) -> str:
    """Say that a story is about countries that nobody asked for."""
    return f"is about {listed(places)}; the region is none of {listed(regions)}"


def doubt(points: Mapping[str, float], best: Sequence[str], names: Mapping[str, str]) -> str:
    """Say why a story belongs clearly to no category; `best` holds those with points, best first."""
    most, name = points[best[0]], names[best[0]]
    if most < MIN_POINTS or len(best) == 1:
        needed = f"{number(most)} of the {number(MIN_POINTS)} points needed"
        return f"matches no category (best: {name}, {needed})"
    return (
        f"fits no category clearly ({name} {number(most)} points, "
        f"{names[best[1]]} {number(points[best[1]])})"
    )


def weaker(points: float, asking: str, minimum: int) -> str:
    """Say that a story is in because a section or a cell was short of stories."""
    return (
        f"a weaker match ({number(points)} points), taken because {asking} asks for at least "
        f"{minimum}"
    )


def listed(names: Iterable[str], *, most: int = 4) -> str:
    """Return names as a list for people.

    >>> listed("ABC"), listed("ABCDEF")
    ('A, B and C', 'A, B, C, D and 2 more')
    """
    shown = list(names)
    if len(shown) > most:
        return f"{', '.join(shown[:most])} and {len(shown) - most} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def number(points: float) -> str:
    """Write points for people, rounded down so that 5.97 does not read as the 6 it is not.

    >>> number(5.97), number(6.0)
    ('5.9', '6')
    """
    return f"{int(points * 10 + 1e-6) / 10:g}"


def ordinal(place: int) -> str:
    """Write a place in a ranking.

    >>> ordinal(3), ordinal(12), ordinal(21)
    ('3rd', '12th', '21st')
    """
    teen = 10 < place % 100 < 20
    return f"{place}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th')}"
