"""autopilot sources: how they are, found, added, in and out of OPML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from adapters.hostile_server import HostileServer
from faces.conftest import CONFIGURATION, Autopilot
from service.sites import PARAGRAPH, answer, feed, listing, refusal

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
SPEC = "energy-weekly"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    server = HostileServer()
    monkeypatch.setenv("AUTOPILOT_ALLOW_HOSTS", server.place)
    yield server
    server.close()


def wire(web: HostileServer, path: str, *, newest: datetime = NOW - HOUR) -> str:
    links = [web.url(f"{path}/{number}") for number in range(4)]
    body = feed(*links, newest=newest, step=timedelta(days=1), text=PARAGRAPH * 3)
    return web.on(path, answer(body, "application/rss+xml"))


def applied(autopilot: Autopilot, *urls: str) -> None:
    listed = "".join(f"\n      - {{url: '{url}', name: Wire {n}}}" for n, url in enumerate(urls))
    Path("newsletter.yaml").write_text(CONFIGURATION.format(sources=listed or " []"))
    assert autopilot("apply", "newsletter.yaml").code == 0


def test_check_says_what_is_the_matter_with_each(autopilot: Autopilot, web: HostileServer) -> None:
    web.on("/old", refusal(301, "Location: /moved"))
    wire(web, "/moved")
    login = b"<!doctype html><form><input type=password></form>"
    applied(
        autopilot,
        wire(web, "/well"),
        web.on("/dead", refusal(404)),
        wire(web, "/silent", newest=NOW - timedelta(days=30)),
        web.url("/old"),
        web.on("/members", answer(login)),
    )
    ended = autopilot("sources", "check", SPEC, "--json")
    assert ended.code == 1
    found = ended.json
    assert found["unreadable"] == 2
    states = [one["state"] for one in found["sources"]]
    assert states == ["ok", "dead", "silent", "moved", "login"]
    assert "nothing for 30 days" in found["sources"][2]["sentence"]
    assert found["sources"][3]["moved_to"] == web.url("/moved")
    assert found["sources"][0]["stored"] == 4
    shown = autopilot("sources", "list", SPEC)
    assert shown.code == 0
    for words in ("answered 404 Not Found", "nothing for 30 days", "moved for good", "what to do"):
        assert words in shown.out


def test_check_is_content_when_all_can_be_read(autopilot: Autopilot, web: HostileServer) -> None:
    applied(autopilot, wire(web, "/well"))
    ended = autopilot("sources", "check", SPEC)
    assert ended.code == 0
    assert "All 1 sources can be read." in ended.out


def test_one_bad_answer_is_not_yet_a_dead_source(autopilot: Autopilot, web: HostileServer) -> None:
    url = wire(web, "/feed")
    applied(autopilot, url)
    good, asked = web._scripts["/feed"], []

    def first_bad(client: object, head: bytes) -> None:
        asked.append(head)
        if len(asked) == 1:
            client.sendall(refusal(503))  # type: ignore[attr-defined]
        else:
            good(client, head)  # type: ignore[arg-type]

    web.on("/feed", first_bad)
    assert autopilot("sources", "check", SPEC).code == 0
    assert len(asked) == 2


@pytest.mark.parametrize("command", ["list", "check"])
def test_a_specification_without_sources_says_how_to_add_one(
    autopilot: Autopilot, command: str
) -> None:
    applied(autopilot)
    ended = autopilot("sources", command, SPEC)
    assert ended.code == 0
    assert f"autopilot sources add {SPEC}" in ended.out


def test_a_site_is_found_and_added_by_its_address(autopilot: Autopilot, web: HostileServer) -> None:
    head = "<link rel=alternate type='application/rss+xml' href='/wire'>"
    web.on("/", answer(listing(head=head)))
    url = wire(web, "/wire")
    applied(autopilot)
    found = autopilot("sources", "find", web.url("/"), "--json").json["found"]
    assert [(one["url"], one["kind"], one["entries"]) for one in found] == [(url, "feed", 4)]
    done = autopilot(
        "sources", "add", SPEC, web.url("/"), "--name", "Wire", "--region", "DE", "--json"
    )
    assert done.json["added"] == [url]
    again = autopilot("sources", "add", SPEC, url, "--json").json
    assert (again["added"], again["known"]) == ([], [url])
    (source,) = autopilot("export", "--json").json["specifications"][0]["sources"]
    assert (source["url"], source["name"], source["region"]) == (url, "Wire", "DE")


@pytest.mark.parametrize(
    ("place", "kind"),
    [("/feed.xml", "feed"), ("/news-sitemap.xml", "sitemap")],
)
def test_a_site_that_advertises_nothing_is_asked_at_the_usual_places(
    autopilot: Autopilot, web: HostileServer, place: str, kind: str
) -> None:
    web.on("/about", answer(b"<!doctype html><p>Hello"))
    entry = f"<url><loc>{web.url('/2026/a-b-c')}</loc></url>"
    if kind == "feed":
        wire(web, place)
    else:
        web.on(place, answer(f"<urlset>{entry}</urlset>".encode(), "text/xml"))
    found = autopilot("sources", "find", web.url("/about"), "--json").json["found"]
    assert [(one["url"], one["kind"]) for one in found] == [(web.url(place), kind)]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("find", "ftp://example.org"), 2, "not an absolute http or https address"),
        (("find", "{web}/nowhere"), 1, "answered 404 Not Found"),
        (("find", "{web}/words"), 1, "offers nothing to read"),
        (("add", SPEC, "{web}/a-feed", "--region", "XX"), 2, "there is no region 'XX'"),
        (("add", "nobody", "{web}/a-feed"), 3, "no specification 'nobody'"),
        (("import", SPEC, "nowhere.opml"), 2, "cannot be read"),
        (("import", SPEC, "newsletter.yaml"), 2, "not well-formed XML"),
    ],
)
def test_what_cannot_be_done_is_said(
    autopilot: Autopilot, web: HostileServer, arguments: tuple[str, ...], code: int, told: str
) -> None:
    wire(web, "/a-feed")
    web.on("/words", answer(b"<!doctype html><p>Hello"))
    applied(autopilot)
    place = f"http://{web.place}"
    ended = autopilot("sources", *(part.format(web=place) for part in arguments))
    assert (ended.code, told in ended.err) == (code, True), ended.err


OPML = """<opml version="2.0"><body>
<outline text="Germany">
  <outline type="rss" text="One" xmlUrl="https://one.example/feed"/>
</outline>
<outline text="Other"><outline text="Two" xmlUrl="https://two.example/feed"/></outline>
<outline text="One again" xmlUrl="http://one.example/feed/"/>
{more}
</body></opml>"""


def test_a_list_of_feeds_goes_in_and_out(autopilot: Autopilot) -> None:
    applied(autopilot, "https://two.example/feed")
    Path("feeds.opml").write_text(OPML.format(more=""))
    done = autopilot("sources", "import", SPEC, "feeds.opml", "--json").json
    assert done["added"] == ["https://one.example/feed"]
    assert (done["known"], done["repeated"]) == (["https://two.example/feed"], 1)
    exported = autopilot("sources", "export", SPEC).out
    assert 'xmlUrl="https://one.example/feed"' in exported
    applied_regions = {
        it["url"]: it["region"]
        for it in autopilot("export", "--json").json["specifications"][0]["sources"]
    }
    assert applied_regions["https://one.example/feed"] == "DE"
    Path("again.opml").write_text(exported)
    again = autopilot("sources", "import", SPEC, "again.opml", "--json").json
    assert again["added"] == []


def test_faulty_feeds_are_told_all_at_once_and_nothing_is_imported(autopilot: Autopilot) -> None:
    applied(autopilot)
    bad = '<outline text="A" xmlUrl="gopher://a.example"/>\n<outline text="B" xmlUrl="b"/>'
    Path("feeds.opml").write_text(OPML.format(more=bad))
    ended = autopilot("sources", "import", SPEC, "feeds.opml")
    assert ended.code == 2
    assert "line 7" in ended.err
    assert "line 8" in ended.err
    assert autopilot("sources", "list", SPEC, "--json").json["sources"] == []
    done = autopilot("sources", "import", SPEC, "feeds.opml", "--skip-faulty", "--json").json
    assert (len(done["added"]), len(done["faulty"])) == (2, 2)


def test_a_name_from_outside_does_not_steer_the_terminal(
    autopilot: Autopilot, web: HostileServer
) -> None:
    body = "<rss><channel><title>\u202eevil\x9b31m</title><item><title>A</title><link>/a</link></item></channel></rss>"
    applied(autopilot)
    found = autopilot("sources", "find", web.on("/feed", answer(body.encode(), "text/xml")))
    assert found.code == 0
    assert "\u202e" not in found.out
    assert "\x9b" not in found.out


def test_a_source_can_be_told_by_its_name_in_eighty_columns(
    autopilot: Autopilot, web: HostileServer
) -> None:
    applied(autopilot, wire(web, "/well"))
    assert "Wire 0" in autopilot("sources", "check", SPEC).out


def test_export_names_a_source_as_its_feed_does(autopilot: Autopilot, web: HostileServer) -> None:
    applied(autopilot, wire(web, "/well"))
    text = Path("newsletter.yaml").read_text().replace(", name: Wire 0", "")
    Path("newsletter.yaml").write_text(text.replace("/well", "/other"))
    wire(web, "/other")
    autopilot("apply", "newsletter.yaml")
    autopilot("sources", "check", SPEC)
    assert 'text="Grid Wire"' in autopilot("sources", "export", SPEC).out


def test_an_error_keeps_addresses_and_names_of_files_as_they_are_written(
    autopilot: Autopilot, web: HostileServer
) -> None:
    applied(autopilot)
    gone = web.on("/gone", refusal(404))
    assert f"Error: {gone}: answered 404" in autopilot("sources", "find", gone).err
    assert "Error: nowhere.opml cannot" in autopilot("sources", "import", SPEC, "nowhere.opml").err


def test_a_line_without_a_column_is_told_without_one(autopilot: Autopilot) -> None:
    applied(autopilot)
    Path("bad.opml").write_text("no list")
    told = autopilot("sources", "import", SPEC, "bad.opml").err
    assert "line 1: " in told
    assert "None" not in told
