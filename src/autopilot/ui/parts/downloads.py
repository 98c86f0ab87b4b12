"""Downloads: an issue as files that anybody can open - the page, the text part, the mail."""

from __future__ import annotations

import streamlit as st

from autopilot.service.issue_in_full import IssueInFull, as_mail, content_of
from autopilot.ui.guard import Visit


def show_downloads(visit: Visit, shown: IssueInFull, *, key: str) -> None:
    """Show one button for each form of an issue; the file is made when it is asked for."""
    app, view = visit.app, shown.view
    forms = (
        (".html", "text/html", "The page, for a browser", lambda: content_of(app, view).html),
        (".txt", "text/plain", "The text part", lambda: content_of(app, view).text),
        (".eml", "message/rfc822", "A draft for your mail program", lambda: as_mail(app, view)),
    )
    with st.container(horizontal=True):
        for suffix, mime, told, made in forms:
            st.download_button(
                f"Download {suffix}",
                data=made,
                file_name=f"{shown.name}{suffix}",
                mime=mime,
                help=told,
                icon=":material/download:",
                on_click="ignore",
                key=f"{key}-download{suffix}",
            )
