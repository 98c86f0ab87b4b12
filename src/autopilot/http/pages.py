"""Pages: a template with its values becomes an answer whose policy allows its own style and no more."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from datetime import datetime

    from jinja2 import Environment

    from autopilot.service.newsletter import Newsletter

DEFAULT_COLOR = "#0f766e"


def show(
    template: str, *, status: int = 200, color: str = DEFAULT_COLOR, **values: object
) -> HTMLResponse:
    """Return a page of `http/templates` in tones of this colour; every value is escaped."""
    from autopilot.pipeline.render.palette import palette_of

    palette = palette_of(color)
    html = (
        _environment()
        .get_template(template)
        .render(light=palette.light, dark=palette.dark, **values)
    )
    return html_answer(html, status=status)


def html_answer(html: str, *, status: int = 200, images: bool = False) -> HTMLResponse:
    """Return a finished page: its one style element may be used, its forms may come back here, and
    with `images` pictures of https addresses may be shown.
    """
    from autopilot.pipeline.render.web import style_source

    policy = [
        "default-src 'none'",
        f"style-src {style_source(html)}",
        *(["img-src https:"] if images else []),
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
    return HTMLResponse(
        html, status_code=status, headers={"Content-Security-Policy": "; ".join(policy)}
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("autopilot.http"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = _day
    return environment


def _day(moment: datetime, newsletter: Newsletter) -> str:
    """A date as readers of a newsletter write it: in its language, on its workspace's calendar."""
    from autopilot.pipeline.render.languages import long_date

    return long_date(moment, newsletter.language, newsletter.timezone)
