"""Fields: the inputs of the form. Each writes into the draft, and says below what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from autopilot.errors import Problem
from autopilot.ui.parts.text import plain
from autopilot.ui.specifications.draft import MARK, Bound, Draft, Item, problems_at


def absorb(draft: Draft) -> None:
    """Take over what was typed since the last look; call it before anything is read or changed."""
    for key, bound in draft.bound.items():
        if key in st.session_state:
            bound.item[bound.name] = bound.kept(st.session_state[key])


def refresh(draft: Draft) -> None:
    """Let every field show what the draft says: after it was changed by anything but a field."""
    for key in draft.bound:
        st.session_state.pop(key, None)
    draft.bound.clear()


def acting(draft: Draft, act: Callable[..., None]) -> Callable[..., None]:
    """Return what a button does to a draft: nothing that was typed is lost, and the form shows it."""

    def done(*args: Any) -> None:
        absorb(draft)
        act(*args)
        refresh(draft)

    return done


def text_field(
    draft: Draft, item: Item, name: str, label: str, *, empty: Any = "", **how: Any
) -> None:
    """One line; `empty` is what is kept where nothing is typed (None: no value)."""
    key = bind(draft, item, name, kept=lambda text: text or empty, shown=lambda it: it or "")
    st.text_input(label, key=key, disabled=draft.locked, max_chars=2_000, **how)


def area_field(draft: Draft, item: Item, name: str, label: str, **how: Any) -> None:
    """Several lines."""
    key = bind(draft, item, name, kept=lambda text: text or "", shown=lambda it: it or "")
    st.text_area(label, key=key, disabled=draft.locked, **how)


def lines_field(draft: Draft, item: Item, name: str, label: str, **how: Any) -> None:
    """A list, one entry a line."""
    key = bind(draft, item, name, kept=_entries, shown=lambda it: "\n".join(it or ()))
    st.text_area(label, key=key, disabled=draft.locked, **how)


def number_field(
    draft: Draft, item: Item, name: str, label: str, default: float, **how: Any
) -> None:
    """A number within bounds."""
    key = bind(
        draft, item, name, kept=lambda it: it, shown=lambda it: default if it is None else it
    )
    st.number_input(label, key=key, disabled=draft.locked, **how)


def choice_field(
    draft: Draft, item: Item, name: str, label: str, options: Mapping[Any, str], **how: Any
) -> None:
    """One of a few, by their words; a value that is none of them stays and is named as it is."""
    value = item.get(name)
    known = dict(options) if value in options else {**options, value: str(value)}
    key = bind(draft, item, name)
    if st.session_state.get(key) not in known:
        st.session_state[key] = value
    st.selectbox(
        label, list(known), format_func=lambda it: known[it], key=key, disabled=draft.locked, **how
    )


def switch_field(draft: Draft, item: Item, name: str, label: str, **how: Any) -> None:
    """On or off."""
    key = bind(draft, item, name, kept=bool, shown=bool)
    st.toggle(label, key=key, disabled=draft.locked, **how)


def words_field(
    draft: Draft, item: Item, name: str, label: str, *, more: Iterable[str] = (), **how: Any
) -> None:
    """Words as chips: typed and ended with Enter, taken away with a click."""
    key = bind(draft, item, name, kept=_cleaned, shown=lambda it: list(it or ()))
    here = st.session_state[key]
    st.multiselect(
        label,
        list(dict.fromkeys([*here, *more])),
        key=key,
        accept_new_options=True,
        disabled=draft.locked,
        **how,
    )


def bind(
    draft: Draft,
    item: Item,
    name: str,
    *,
    kept: Callable[[Any], Any] = lambda it: it,
    shown: Callable[[Any], Any] = lambda it: it,
) -> str:
    """Return the key of a field, which shows what the draft has and writes what is typed."""
    key = key_of(draft, item, name)
    if key in st.session_state:
        item[name] = kept(st.session_state[key])
    else:
        st.session_state[key] = shown(item.get(name))
    draft.bound[key] = Bound(item, name, kept)
    return key


def key_of(draft: Draft, item: Item, name: str) -> str:
    """Return the key of a field: the same for as long as its item is there."""
    return f"spec-{draft.key}-{item.get(MARK, 0)}-{name}"


def show_problems(problems: Sequence[Problem], path: str) -> None:
    """Say what is wrong with one field, below it."""
    for problem in problems_at(problems, path):
        allowed = f" Allowed: {plain(problem.allowed)}." if problem.allowed else ""
        st.markdown(f":red[:material/error: {plain(problem.message)}]{allowed}")


def _entries(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _cleaned(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))
