"""/archive/...: past issues of newsletters that have an `archive` channel, and their feeds.

What is another workspace's, unknown, unsent or withdrawn is the same 404.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from autopilot.errors import ArtifactLost, NotFound
from autopilot.http.feeds import json_feed, rss
from autopilot.http.pages import html_answer, show
from autopilot.service.archiving import archive_at, issue_page, list_for_feed, list_past, tag_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autopilot.service.context import App
    from autopilot.service.newsletter import Newsletter

PUBLIC = {"Cache-Control": "public, max-age=300", "X-Robots-Tag": "all"}
MOST_PAGES = 1_000


def routes(app: App) -> Sequence[BaseRoute]:
    """Return the addresses of the archives."""

    async def listed(request: Request) -> Response:
        return await _answer(request, lambda: _list(app, request))

    async def feed(request: Request) -> Response:
        return await _answer(request, lambda: _feed(app, request))

    async def issue(request: Request) -> Response:
        return await _answer(request, lambda: _issue(app, request))

    async def without_slash(request: Request) -> Response:
        return await _answer(request, lambda: _to_list(app, request))

    at = "/archive/{workspace}/{specification}/"
    return [
        Route(at, listed),
        Route(at.rstrip("/"), without_slash),
        Route(at + "feed.{kind:str}", feed),
        Route(at + "{issue:uuid}", issue),
        Route(at + "{issue:uuid}/{sources:str}", issue),
    ]


async def _answer(request: Request, make: Callable[[], Response]) -> Response:
    """Make the answer in a thread; say only "unchanged" to whoever has it."""
    try:
        answer = await run_in_threadpool(make)
    except (NotFound, ArtifactLost) as error:
        raise HTTPException(404) from error
    answer.headers.update(PUBLIC)
    answer.headers["ETag"] = f'"{tag_of(bytes(answer.body))}"'
    if answer.headers["ETag"] in request.headers.get("if-none-match", ""):
        headers = PUBLIC | {"ETag": answer.headers["ETag"]}
        return Response(status_code=304, headers=headers)
    return answer


def _newsletter(app: App, request: Request) -> Newsletter:
    return archive_at(app, request.path_params["workspace"], request.path_params["specification"])


def _list(app: App, request: Request) -> Response:
    newsletter = _newsletter(app, request)
    page = _page(request.query_params.get("page", "1"))
    past, older = list_past(app, newsletter, page=page)
    if page > 1 and not past:
        raise NotFound("There is no such page.")
    return show(
        "archive.html", color=newsletter.color, it=newsletter, past=past, page=page, older=older
    )


def _to_list(app: App, request: Request) -> Response:
    """Relative: behind a proxy this process knows neither the scheme nor the name it is reached by."""
    return RedirectResponse(f"{_newsletter(app, request).specification}/", status_code=308)


def _feed(app: App, request: Request) -> Response:
    newsletter = _newsletter(app, request)
    base = (app.settings.public_url or str(request.base_url).rstrip("/")) + request.url.path
    base = base.rpartition("/")[0] + "/"
    match request.path_params["kind"]:
        case "xml":
            body = rss(newsletter, list_for_feed(app, newsletter), base)
            return Response(body, media_type="application/rss+xml")
        case "json":
            document = json_feed(newsletter, list_for_feed(app, newsletter), base)
            body = json.dumps(document, ensure_ascii=False).encode()
            return Response(body, media_type="application/feed+json")
        case _:
            raise NotFound("There is no such feed.")


def _issue(app: App, request: Request) -> Response:
    newsletter = _newsletter(app, request)
    sources, identity = request.path_params.get("sources"), request.path_params["issue"]
    if sources not in (None, "sources"):
        raise NotFound("There is no such page.")
    assert isinstance(identity, UUID)
    base = f"/archive/{newsletter.workspace}/{newsletter.specification}/"
    page = issue_page(app, newsletter, identity, base=base, with_sources=sources is not None)
    return html_answer(page, images=True)


def _page(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= MOST_PAGES:
        raise NotFound("There is no such page.")
    return int(text)
