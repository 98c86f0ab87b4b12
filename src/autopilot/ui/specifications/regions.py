"""Regions, and the matrix of categories and regions: which cells there are and what each matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from autopilot.service.matching import NOWHERE
from autopilot.ui.parts.text import plain
from autopilot.ui.specifications.draft import MARK, Draft, Item, new_mark
from autopilot.ui.specifications.fields import (
    acting,
    bind,
    key_of,
    show_problems,
    text_field,
    words_field,
)

if TYPE_CHECKING:
    from autopilot.errors import Problem
    from autopilot.service.matching import Matching

MOST_REGIONS = 60  # in the matrix
COLUMNS, SHORT_NAME, LONGEST_NAME = 4, 10, 40
MOST_STORIES = 50


def show_regions(draft: Draft, problems: tuple[Problem, ...]) -> None:
    """Show the regions with their keywords, and a button for another one."""
    for place, region in enumerate(draft.regions):
        path = f"regions[{place}]"
        title = f"**{plain(region.get('name') or 'unnamed')}** · {plain(region.get('id') or '')}"
        wrong = any(it.path.startswith(path) for it in problems)
        with st.expander(title, expanded=wrong, key=key_of(draft, region, "box")):
            text_field(draft, region, "name", "Name", help="Searched in articles.")
            show_problems(problems, f"{path}.name")
            show_problems(problems, f"{path}.id")
            words_field(draft, region, "keywords", "Words that mean the same")
            show_problems(problems, f"{path}.keywords")
            st.button(
                "Remove this region",
                icon=":material/delete:",
                key=key_of(draft, region, "remove"),
                on_click=acting(draft, _remove),
                args=(draft, place),
                disabled=draft.locked,
            )
    if not draft.regions:
        st.caption("No regions: articles count wherever they happen.")
    if not draft.locked:
        _adding(draft)


def show_matrix(draft: Draft, problems: tuple[Problem, ...]) -> Callable[[Matching | None], None]:
    """Show which cells there are; what is returned shows how many articles each matches."""
    spot = st.container()
    show_problems(problems, "cells")
    if draft.regions and draft.categories:
        with st.expander("Change the cells", key=f"spec-{draft.key}-cells"):
            for category in draft.categories:
                _row(draft, category)
            _limits(draft)

    def fill(counted: Matching | None) -> None:
        with spot:
            st.markdown(_table(draft, counted))
            st.caption(_legend(counted))

    return fill


def _table(draft: Draft, counted: Matching | None) -> str:
    """Tables of a few regions each: a wider one would stand over what is beside it."""
    listed: list[Item | None] = [*draft.regions[:MOST_REGIONS], None]
    blocks = [listed[at : at + COLUMNS] for at in range(0, len(listed), COLUMNS)]
    return "\n\n".join(_block(draft, block, counted) for block in blocks)


def _block(draft: Draft, block: Sequence[Item | None], counted: Matching | None) -> str:
    names = [_short(region, alone=not draft.regions) for region in block]
    lines = [f"| | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    for category in draft.categories:
        cells = [
            _matched(counted, category, NOWHERE)
            if region is None
            else _cell(draft, category, region, counted)
            for region in block
        ]
        name = plain(str(category.get("name") or "unnamed")[:LONGEST_NAME])
        lines.append(f"| **{name}** | {' | '.join(cells)} |")
    return "\n".join(lines)


def _short(region: Item | None, *, alone: bool) -> str:
    if region is None:
        return "articles" if alone else "none named"
    name = str(region.get("name") or "")
    return plain(name if len(name) <= SHORT_NAME else region.get("id") or "")


def _cell(draft: Draft, category: Item, region: Item, counted: Matching | None) -> str:
    limits = _cell_of(draft, category, region)
    if limits is not None and limits.get("max", MOST_STORIES) == 0:
        return "none taken"
    told = _matched(counted, category, str(region.get("id")))
    if limits is None:
        return told
    least, most = limits.get("min", 0), limits.get("max", MOST_STORIES)
    bounds = f"at least {least}" if most == MOST_STORIES else f"{least} to {most}"
    return f"{told} ({bounds})"


def _matched(counted: Matching | None, category: Item, region: str) -> str:
    return (
        "–" if counted is None else f"{counted.cells.get((str(category.get('id')), region), 0):,}"
    )


def _legend(counted: Matching | None) -> str:
    if counted is None:
        return "The counts come as soon as everything above can be read."
    newest = "" if counted.is_all else "newest "
    told = (
        f"Of the {newest}{counted.articles:,} stored articles of the last {counted.weeks} weeks,"
        " those that belong to the cell clearly. In brackets: how many stories it takes."
    )
    away = sum(counted.elsewhere.values())
    told += f" {away:,} more are about countries that are not listed." if away else ""
    return told + (f" Rules bar {counted.barred:,}." if counted.barred else "")


def _row(draft: Draft, category: Item) -> None:
    """One row of the matrix as chips: a chip that is off takes no story."""
    names = {str(it.get("id")): str(it.get("name") or it.get("id")) for it in draft.regions}
    scratch: dict[str, Any] = {MARK: category.get(MARK)}
    scratch["cells"] = [it for it in names if not _is_closed(draft, category, it)]
    key = bind(draft, scratch, "cells")
    st.pills(
        f"{plain(category.get('name') or 'unnamed')}: regions it takes stories from",
        list(names),
        selection_mode="multi",
        format_func=lambda it: plain(names[it]),
        key=key,
        on_change=acting(draft, _open_only),
        args=(draft, category, key),
        disabled=draft.locked,
    )


def _limits(draft: Draft) -> None:
    if draft.locked:
        return
    st.markdown("**How many stories one cell takes**")
    base = f"spec-{draft.key}-limit"
    categories = {str(it.get("id")): it for it in draft.categories}
    regions = {str(it.get("id")): it for it in draft.regions}
    left, right = st.columns(2)
    category = left.selectbox(
        "Category", list(categories), key=f"{base}-category",
        format_func=lambda it: str(categories[it].get("name")),
    )  # fmt: skip
    region = right.selectbox(
        "Region", list(regions), key=f"{base}-region",
        format_func=lambda it: str(regions[it].get("name")),
    )  # fmt: skip
    least = left.number_input("At least", 0, MOST_STORIES, 0, key=f"{base}-min")
    most = right.number_input("At most", 0, MOST_STORIES, MOST_STORIES, key=f"{base}-max")
    if least > most:
        st.markdown(":red[:material/error: The least is more than the most.]")
    st.button(
        "Set this cell",
        key=f"{base}-set",
        on_click=acting(draft, _set),
        args=(draft, category, region, int(least), int(most)),
        disabled=least > most,
    )


def _cell_of(draft: Draft, category: Item, region: Item) -> Item | None:
    return next(
        (
            cell
            for cell in draft.items("cells")
            if cell.get("category") == category.get("id") and cell.get("region") == region.get("id")
        ),
        None,
    )


def _is_closed(draft: Draft, category: Item, region: str) -> bool:
    found = _cell_of(draft, category, {"id": region})
    return found is not None and found.get("max") == 0


def _open_only(draft: Draft, category: Item, key: str) -> None:
    chosen = set(st.session_state[key])
    for region in draft.regions:
        name = str(region.get("id"))
        is_closed = _is_closed(draft, category, name)
        if name in chosen and is_closed:
            _drop(draft, str(category.get("id")), name)
        elif name not in chosen and not is_closed:
            _set(draft, str(category.get("id")), name, 0, 0)


def _set(draft: Draft, category: str, region: str, least: int, most: int) -> None:
    _drop(draft, category, region)
    if (least, most) != (0, MOST_STORIES):
        draft.items("cells").append(
            {"category": category, "region": region, "min": least, "max": most}
        )


def _drop(draft: Draft, category: str, region: str) -> None:
    draft.values["cells"] = [
        cell
        for cell in draft.items("cells")
        if (cell.get("category"), cell.get("region")) != (category, region)
    ]


def _adding(draft: Draft) -> None:
    base = f"spec-{draft.key}-region"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Another region", key=base, placeholder="Germany, or DE")
        st.button(
            "Add the region",
            icon=":material/add:",
            key=f"{base}-add",
            on_click=acting(draft, _add),
            args=(draft, base),
        )


def _add(draft: Draft, key: str) -> None:
    from autopilot.service.proposing import region_named

    typed = str(st.session_state.get(key) or "").strip()
    if not typed:
        return
    taken = {str(it.get("id")) for it in draft.regions}
    identity, name = region_named(typed, str(draft.values.get("language") or "en"), taken)
    draft.regions.append({"id": identity, "name": name, "keywords": [], MARK: new_mark()})
    st.session_state[key] = ""


def _remove(draft: Draft, place: int) -> None:
    gone = draft.regions.pop(place).get("id")
    draft.values["cells"] = [it for it in draft.items("cells") if it.get("region") != gone]
    for source in draft.sources:
        if source.get("region") == gone:
            source["region"], source["local"] = None, False
