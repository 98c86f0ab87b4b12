"""What it is about: name and rhythm, categories, regions, the matrix of both, and what is barred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from autopilot.domain.specification import Cadence
from autopilot.service.matching import Matching, matching
from autopilot.ui.guard import Visit
from autopilot.ui.specifications.categories import show_categories
from autopilot.ui.specifications.draft import Draft
from autopilot.ui.specifications.fields import (
    choice_field,
    lines_field,
    show_problems,
    text_field,
)
from autopilot.ui.specifications.regions import show_matrix, show_regions

if TYPE_CHECKING:
    from autopilot.domain.specification import SpecificationDocument
    from autopilot.errors import Problem

CADENCES = {
    Cadence.DAILY.value: "Daily: the last day",
    Cadence.WEEKLY.value: "Weekly: the last week",
    Cadence.MONTHLY.value: "Monthly: the last month",
}
LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian",
    "nl": "Dutch", "pt": "Portuguese", "sv": "Swedish", "da": "Danish", "nb": "Norwegian",
    "fi": "Finnish", "pl": "Polish", "cs": "Czech", "ja": "Japanese", "zh": "Chinese",
}  # fmt: skip


def show_about(
    visit: Visit,
    draft: Draft,
    document: SpecificationDocument | None,
    problems: tuple[Problem, ...],
) -> None:
    """Show the section; the counts come last, since they take a moment."""
    _basics(draft, problems)
    st.subheader("Categories")
    fill_categories = show_categories(draft, problems)
    st.subheader("Regions")
    show_regions(draft, problems)
    st.subheader("Categories by region")
    fill_matrix = show_matrix(draft, problems)
    with st.expander("What is barred, or alone allowed", key=f"spec-{draft.key}-rules"):
        _rules(draft, problems)
    counted = _counted(visit, document)
    fill_categories(visit, document, counted)
    fill_matrix(counted)


def _basics(draft: Draft, problems: tuple[Problem, ...]) -> None:
    text_field(draft, draft.values, "name", "Name of the newsletter")
    show_problems(problems, "name")
    if draft.is_new:
        text_field(
            draft, draft.values, "slug", "Short name",
            help="For addresses and commands; it cannot be changed later.",
        )  # fmt: skip
        show_problems(problems, "slug")
    left, right = st.columns(2)
    with left:
        choice_field(draft, draft.values, "language", "Language", LANGUAGES)
        show_problems(problems, "language")
    with right:
        choice_field(
            draft, draft.values, "cadence", "How far back an issue looks", CADENCES,
            help="When issues are made is said by its schedules.",
        )  # fmt: skip
        show_problems(problems, "cadence")


def _rules(draft: Draft, problems: tuple[Problem, ...]) -> None:
    rules = draft.part("rules")
    st.caption(
        "One phrase a line, found as whole words in title or text; \\* at its end stands for any"
        " ending. title: before it looks at titles only, site: and a host means everything from there."
    )
    for name, label in (
        ("block", "Never take articles with"),
        ("allow", "Take only articles with (empty: all)"),
    ):
        lines_field(draft, rules, name, label)
        show_problems(problems, f"rules.{name}")


def _counted(visit: Visit, document: SpecificationDocument | None) -> Matching | None:
    if document is None:
        return None
    with st.spinner("Counting stored articles", show_time=False):
        return matching(visit.app, document, workspace=visit.workspace.slug)
