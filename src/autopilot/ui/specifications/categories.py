"""Categories: the sections of the newsletter, the keywords that find articles, and how many each finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from autopilot.service.starting import slug_of
from autopilot.ui.guard import Visit
from autopilot.ui.parts.text import plain
from autopilot.ui.specifications.draft import MARK, Draft, Item, new_mark
from autopilot.ui.specifications.fields import (
    acting,
    area_field,
    key_of,
    number_field,
    show_problems,
    text_field,
    words_field,
)
from autopilot.ui.specifications.proposals import show_proposals

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from autopilot.domain.specification import SpecificationDocument
    from autopilot.errors import Problem
    from autopilot.service.matching import Matching

MOST = 50
BLIND = "Without keywords it finds nothing: its name alone is not searched."


def show_categories(
    draft: Draft, problems: tuple[Problem, ...]
) -> Callable[[Visit, SpecificationDocument | None, Matching | None], None]:
    """Show the categories; what is returned fills in the counts, which take a moment."""
    spots: dict[int, DeltaGenerator] = {}
    show_problems([it for it in problems if it.path == "categories"], "categories")
    for place, category in enumerate(draft.categories):
        spots[place] = _category(draft, place, category, problems)
    st.button(
        "Add a category",
        icon=":material/add:",
        key=f"spec-{draft.key}-add-category",
        on_click=acting(draft, _add),
        args=(draft,),
        disabled=draft.locked or len(draft.categories) >= MOST,
    )

    def fill(
        visit: Visit, document: SpecificationDocument | None, counted: Matching | None
    ) -> None:
        for place, spot in spots.items():
            with spot:
                category = draft.categories[place]
                if counted is not None:
                    _counts(category, counted)
                if not draft.locked:
                    show_proposals(visit, draft, category, document)

    return fill


def _category(
    draft: Draft, place: int, category: Item, problems: tuple[Problem, ...]
) -> DeltaGenerator:
    path = f"categories[{place}]"
    count = len(category.get("keywords") or ())
    told = f"{count} keyword{'s' * (count != 1)}" if count else "no keywords yet"
    wrong = any(it.path.startswith(path) for it in problems)
    sign = ":material/error: " if wrong else "" if count else ":material/warning: "
    title = f"{sign}**{plain(category.get('name') or 'unnamed')}** · {told}"
    with st.expander(title, expanded=not count or wrong, key=key_of(draft, category, "box")):
        text_field(draft, category, "name", "Name of the section")
        show_problems(problems, f"{path}.name")
        show_problems(problems, f"{path}.id")
        words_field(
            draft,
            category,
            "keywords",
            "Keywords",
            placeholder="Type a word or a phrase and press Enter",
            help="As people write them in headlines. Endings do not matter: grid finds grids.",
        )
        show_problems(problems, f"{path}.keywords")
        if not count:
            st.warning(BLIND, icon=":material/warning:")
        spot = st.container()
        area_field(
            draft, category, "description", "What belongs here", help="For people; not searched."
        )
        show_problems(problems, f"{path}.description")
        _limits(draft, place, category, problems)
        _acts(draft, place, category)
    return spot


def _limits(draft: Draft, place: int, category: Item, problems: tuple[Problem, ...]) -> None:
    least, most = st.columns(2)
    with least:
        number_field(
            draft, category, "min_stories", "At least so many stories", 0, min_value=0, max_value=50,
            help="Filled up with weaker matches.",
        )  # fmt: skip
    with most:
        number_field(
            draft, category, "max_stories", "At most so many stories", 5, min_value=1, max_value=50
        )
    for name in ("min_stories", "max_stories"):
        show_problems(problems, f"categories[{place}].{name}")
    show_problems([it for it in problems if it.path == f"categories[{place}]"], "categories")


def _acts(draft: Draft, place: int, category: Item) -> None:
    last = len(draft.categories) - 1
    with st.container(horizontal=True):
        for label, icon, to, is_off in (
            ("Up", "arrow_upward", place - 1, place == 0),
            ("Down", "arrow_downward", place + 1, place == last),
        ):
            st.button(
                label,
                icon=f":material/{icon}:",
                key=key_of(draft, category, label),
                on_click=acting(draft, _move),
                args=(draft, place, to),
                disabled=draft.locked or is_off,
            )
        st.button(
            "Remove this category",
            icon=":material/delete:",
            key=key_of(draft, category, "remove"),
            on_click=acting(draft, _remove),
            args=(draft, place),
            disabled=draft.locked or last == 0,
            help="A newsletter has at least one." if last == 0 else None,
        )


def _counts(category: Item, counted: Matching) -> None:
    words: Mapping[str, int | None] = counted.keywords.get(str(category.get("id")), {})
    if not words:
        return
    told = " · ".join(_count(word, times) for word, times in words.items())
    found, clear = counted.found[category["id"]], counted.clear[category["id"]]
    st.markdown(told)
    st.caption(
        f"Stored articles of the last {counted.weeks} weeks with each keyword. {found:,} of"
        f" {counted.articles:,} have one of them; {clear:,} belong here clearly."
    )


def _count(word: str, times: int | None) -> str:
    if times is None:
        return f"{plain(word)}: counted with a keyword before it"
    return (
        f"{plain(word)} **{times:,}**" if times else f":orange[{plain(word)} **0**, finds nothing]"
    )


def _add(draft: Draft) -> None:
    taken = {str(it.get("id")) for it in draft.categories}
    name = f"Category {len(draft.categories) + 1}"
    added = {"id": slug_of(name, taken), "name": name, "description": "", "keywords": []}
    draft.categories.append({**added, "min_stories": 0, "max_stories": 5, MARK: new_mark()})


def _move(draft: Draft, place: int, to: int) -> None:
    moved = draft.categories.pop(place)
    draft.categories.insert(to, moved)


def _remove(draft: Draft, place: int) -> None:
    gone = draft.categories.pop(place)
    draft.values["cells"] = [
        cell for cell in draft.items("cells") if cell.get("category") != gone.get("id")
    ]
