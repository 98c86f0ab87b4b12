"""Forms in the session: what somebody is filling in stays there until it is saved or thrown away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn
from uuid import UUID

import streamlit as st

from autopilot.domain.access import Right
from autopilot.service.schedule_answers import FIELDS, Answers, answers_of, with_rule
from autopilot.service.schedule_form import named
from autopilot.service.schedule_overview import choices
from autopilot.ui.autopilot.places import Wanted, go_to
from autopilot.ui.guard import Visit
from autopilot.ui.parts.text import plain

HANDED_OVER = "autopilot-new"  # another page asks for a form that is filled in
WEEKDAYS: dict[str, str] = {
    "mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun",
}  # fmt: skip
_FORMS, _COUNT = "autopilot-forms", "autopilot-forms-count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """What somebody else saved while this form was open."""

    answers: Answers
    version: int
    who: str


@dataclass(slots=True, kw_only=True)
class Form:
    """One form. `opened` is how it was when `version` of its schedule was read.

    `token` begins the keys of its widgets; `refused` are problems by field that only saving found.
    """

    place: str
    token: str
    answers: Answers
    opened: Answers
    workspace_id: UUID
    schedule_id: UUID | None = None
    version: int | None = None
    was_tried: bool = False
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    theirs: Theirs | None = None

    @property
    def is_touched(self) -> bool:
        """Whether there is anything to lose."""
        return self.answers != self.opened

    def key(self, name: str) -> str:
        """Return the key of a widget, and let it begin with what the form has."""
        key = f"{self.token}-{name}"
        if key not in st.session_state:
            value = self.value(name)
            is_list = isinstance(value, tuple) or name in ("categories", "regions")
            st.session_state[key] = list(value or ()) if is_list else value
        return key

    def value(self, name: str) -> Any:
        """Return an answer, or None for a policy that is as usual."""
        return getattr(self.answers, name) if name in FIELDS else self.answers.policies.get(name)

    def absorb(self) -> None:
        """Take over what stands in the widgets since the last look."""
        typed = {
            name: _AS_KEPT.get(name, _as_kept)(st.session_state[f"{self.token}-{name}"])
            for name in FIELDS
            if f"{self.token}-{name}" in st.session_state
        }
        if any(typed[name] != getattr(self.answers, name) for name in typed):
            self.refused = {}
        self.answers = replace(self.answers, **typed)

    def put(self, answers: Answers) -> None:
        """Set all answers, whatever the widgets have."""
        self.answers = answers
        self.token = _next_token()


def take_handed_over(visit: Visit) -> None:
    """Open the form that another page has filled in, if it did."""
    given: Mapping[str, Any] | None = st.session_state.pop(HANDED_OVER, None)
    if given is None:
        return
    row = visit.reach.specification(UUID(str(given["specification_id"])), Right.EDIT)
    zone = visit.reach.workspace(row.workspace_id).timezone
    answers = Answers(
        specification_id=row.id,
        name=str(given.get("name") or ""),
        timezone=zone,
        categories=_chosen(given.get("categories")),
        regions=_chosen(given.get("regions")),
        cadence=str(given["cadence"]) if given.get("cadence") else None,
    )
    answers = with_rule(answers, str(given.get("type", "weekly")), given.get("config") or {})
    _open(row.workspace_id, answers)


def begin_anew(visit: Visit) -> NoReturn:
    """Open an empty form; where there is one specification only, it is chosen."""
    visit.reach.workspace(visit.workspace.id, Right.EDIT)
    known = list(choices(visit.reach, [visit.workspace.id]).specifications)
    only = known[0] if len(known) == 1 else None
    answers = Answers(specification_id=only, timezone=visit.workspace.timezone)
    _open(visit.workspace.id, answers)


def form_for(visit: Visit, place: Wanted) -> Form:
    """Return the form that the address asks for, as it was left; a strange number opens a new one."""
    forms = _forms()
    if place.schedule_id is None:
        return forms.get(place.new or "") or begin_anew(visit)
    schedule = visit.reach.schedule(place.schedule_id, Right.EDIT)
    key = str(schedule.id)
    if key not in forms or not (forms[key].is_touched or forms[key].version == schedule.version):
        answers = answers_of(schedule)
        forms[key] = Form(
            place=key,
            token=_next_token(),
            answers=answers,
            opened=answers,
            workspace_id=schedule.workspace_id,
            schedule_id=schedule.id,
            version=schedule.version,
        )
    return forms[key]


def throw_away(form: Form) -> None:
    """Forget a form."""
    _forms().pop(form.place, None)


def show_unfinished() -> None:
    """Show the new schedules that somebody began and did not save."""
    for form in [it for it in _forms().values() if it.schedule_id is None and it.is_touched]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            name = plain(named(form.answers).name.strip()) or "without a name"
            st.markdown(f":material/edit_note: Unfinished schedule: **{name}**", width="stretch")
            if st.button("Go on", key=f"go-on-{form.place}"):
                go_to(new=form.place)
            st.button(
                "Throw away", key=f"away-{form.place}", type="tertiary", on_click=throw_away,
                args=(form,),
            )  # fmt: skip


def _open(workspace_id: UUID, answers: Answers) -> NoReturn:
    token = _next_token()
    empty = Answers(specification_id=answers.specification_id, timezone=answers.timezone)
    _forms()[token] = Form(
        place=token, token=token, answers=answers, opened=empty, workspace_id=workspace_id
    )
    go_to(new=token)


def _forms() -> dict[str, Form]:
    found: dict[str, Form] = st.session_state.setdefault(_FORMS, {})
    return found


def _next_token() -> str:
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    return f"form-{st.session_state[_COUNT]}"


def _as_kept(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _chosen(value: Any) -> tuple[str, ...] | None:
    """None chosen is all of them."""
    return tuple(value) if value else None


_AS_KEPT: dict[str, Callable[[Any], Any]] = {
    "categories": _chosen,
    "regions": _chosen,
    "days": lambda value: tuple(it for it in WEEKDAYS if it in (value or ())),
    "name": lambda value: value or "",
    "every": lambda value: value or 1,
}
