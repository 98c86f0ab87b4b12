"""Newsroom: from 100 feeds of 50 entries on a local server to a stored issue, in seconds of CPU.

Beside it a bare loop of feedparser over the same files, which stores nothing; both are processes
of their own, start-up included. And the readers alone, in entries a second: fastfeedparser as it
comes, and with its texts cleaned as ours are.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.case import OURS, Case

ENTRIES = 50
SEED = 20261123
PASSES = 5
FEEDPARSER, FASTFEEDPARSER = "feedparser", "fastfeedparser"
LABELS = {
    OURS: "Autopilot: fetch, read, select, write, check and store an issue",
    FEEDPARSER: "feedparser: reads the files, stores nothing",
    FASTFEEDPARSER: "fastfeedparser",
}
WORDS = [
    "grid",
    "operator",
    "line",
    "power",
    "price",
    "storage",
    "battery",
    "plant",
    "wind",
    "solar",
    "minister",
    "law",
    "court",
    "market",
    "supply",
    "demand",
    "winter",
    "network",
    "company",
    "region",
    "city",
    "council",
    "plan",
    "budget",
    "report",
    "study",
    "engineer",
    "contract",
    "investor",
    "harbour",
    "turbine",
    "cable",
    "station",
    "voltage",
    "repair",
    "outage",
    "record",
    "climate",
    "target",
    "subsidy",
    "permit",
    "village",
    "farm",
    "bank",
    "fund",
    "union",
    "strike",
    "wage",
    "export",
    "import",
    "pipeline",
    "hydrogen",
    "heat",
]
UNFAIR = frozenset({"PYTHONDONTWRITEBYTECODE"})
"""With it every start would compile all of a program anew."""
LOOP = (
    "import sys, feedparser\n"
    "for name in sys.argv[1:]:\n"
    "    with open(name, 'rb') as file:\n"
    "        feedparser.parse(file.read())\n"
)
URL = "https://news.example/feed"


def measure(case: Case) -> dict[str, float]:
    """Return CPU seconds of the whole way, or entries a second of a reader alone."""
    folder = Path(tempfile.mkdtemp(prefix="newsroom-"))
    try:
        feeds = _written(folder, case.count)
        if case.peer == FEEDPARSER:
            _cpu([sys.executable, "-c", "import feedparser"], {})
            return {"cpu_seconds": _cpu([sys.executable, "-c", LOOP, *map(str, feeds)], {})}
        bodies = [feed.read_bytes() for feed in feeds]
        if case.peer == FASTFEEDPARSER:
            return {
                "raw_entries": _rate(_fastfeedparser, bodies),
                "clean_entries": _rate(_fastfeedparser_cleaned, bodies),
            }
        whole = _issue(case, folder, bodies)
        from benchmarks.desk import desk_figures

        read = _rate(_ours, bodies)
        return {"cpu_seconds": whole, "clean_entries": read, **desk_figures(bodies)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(folder: Path, count: int) -> list[Path]:
    """Write the feeds, the same for everybody but for the dates, which end now.

    An entry has as many elements, tags and characters as those of news sites have on average.
    """
    drawn = random.Random(SEED)  # noqa: S311 - the same words for everybody
    now = datetime.now(UTC).replace(microsecond=0)
    paths = []
    for number in range(count):
        items = "".join(_item(drawn, number, place, now) for place in range(ENTRIES))
        text = (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'xmlns:media="http://search.yahoo.com/mrss/"><channel>'
            f"<title>Paper {number}</title><link>https://paper-{number}.example/</link>"
            f"<language>en</language>{items}</channel></rss>"
        )
        paths.append(folder / f"{number}.xml")
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def _item(drawn: random.Random, feed: int, place: int, now: datetime) -> str:
    link = f"https://paper-{feed}.example/news/{place}-{drawn.randrange(10**6)}"
    text = "".join(
        f'<p>{_words(drawn, 40)} &amp; <a href="{link}#{n}">{_words(drawn, 3)}</a>.</p>'
        for n in range(4)
    )
    published = now - timedelta(minutes=drawn.randrange(6 * 24 * 60))
    return (
        f"<item><title>{_words(drawn, 9)}</title><link>{link}</link><guid>{link}</guid>"
        f"<dc:creator>{_words(drawn, 2)}</dc:creator><comments>{link}#respond</comments>"
        + f"<category>{_words(drawn, 1)}</category>"
        * 3
        + f'<media:thumbnail url="{link}.jpg" width="640" height="360"/>'
        f"<media:credit>{_words(drawn, 2)}</media:credit>"
        f"<pubDate>{format_datetime(published)}</pubDate>"
        f"<description><![CDATA[<p>{_words(drawn, 45)}.</p>]]></description>"
        f"<content:encoded><![CDATA[{text}]]></content:encoded></item>"
    )


def _words(drawn: random.Random, count: int) -> str:
    return " ".join(drawn.choices(WORDS, k=count)).capitalize()


def _rate(read: Callable[[bytes], int], bodies: Sequence[bytes]) -> float:
    """The best of some passes: whoever else uses the processor is not part of the question."""
    best = float("inf")
    for _ in range(PASSES):
        started = time.process_time()
        entries = sum(read(body) for body in bodies)
        best = min(best, time.process_time() - started)
    return entries / best


def _ours(body: bytes) -> int:
    from autopilot.pipeline.collect.feeds import parse_feed

    return len(parse_feed(body, URL).entries)


def _fastfeedparser(body: bytes) -> int:
    import fastfeedparser

    return len(fastfeedparser.parse(body)["entries"])


def _fastfeedparser_cleaned(body: bytes) -> int:
    """Its entries with what an issue needs: text without markup, a link that is safe, an instant."""
    import fastfeedparser

    from autopilot.pipeline.collect.dates import read_date
    from autopilot.pipeline.collect.links import absolute_link
    from autopilot.pipeline.collect.plain_text import one_line, plain_text

    entries = fastfeedparser.parse(body)["entries"]
    for entry in entries:
        one_line(entry.get("title") or "")
        absolute_link(entry.get("link"), URL)
        plain_text(entry.get("description") or "")
        for content in (entry.get("content") or ())[:1]:
            plain_text(content.get("value") or "")
        read_date(entry.get("published"))
    return len(entries)


def _issue(case: Case, folder: Path, bodies: Sequence[bytes]) -> float:
    """CPU seconds of `autopilot generate` with an empty store and all feeds on a local server."""
    server = _Server(bodies)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    hosts = [f"127.0.{number // 200}.{number % 200 + 1}:{port}" for number in range(len(bodies))]
    environment = {
        "AUTOPILOT_DATABASE_URL": case.url,
        "AUTOPILOT_DATA_DIR": str(folder / "data"),
        "AUTOPILOT_ALLOW_HOSTS": ",".join(hosts),
    }
    document = folder / "newsletter.yaml"
    sources = ", ".join(f"{{url: 'http://{host}/{n}.xml'}}" for n, host in enumerate(hosts))
    document.write_text(
        "workspace: bench\nname: Bench\nspecifications:\n"
        "  - slug: bench\n    name: Bench\n    categories:\n"
        "      - {id: grid, name: Grid, keywords: [grid, cable, voltage, outage]}\n"
        "      - {id: storage, name: Storage, keywords: [storage, battery, hydrogen]}\n"
        f"    sources: [{sources}]\n"
    )
    command = [sys.executable, "-m", "autopilot"]
    _cpu([*command, "apply", str(document)], environment)
    _cpu([*command, "runs", "list"], environment)
    try:
        return _cpu([*command, "generate", "bench", "--out", str(folder / "out")], environment)
    finally:
        server.shutdown()
        server.server_close()


def _cpu(command: Sequence[str], environment: dict[str, str]) -> float:
    """Run a command to its end and return the CPU seconds it took, start-up included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - our own program
        list(command),
        env={name: text for name, text in os.environ.items() if name not in UNFAIR} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[-3:]} ended with {done.returncode}: {done.stderr[-300:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class _Server(ThreadingHTTPServer):
    """Serves the feeds by number, on every address of the loopback: each feed is a host of its own."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, bodies: Sequence[bytes]) -> None:
        super().__init__(("0.0.0.0", 0), _Handler)  # noqa: S104 - 127.0.x.y, for the time of a case
        self.bodies = bodies


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        body = self.server.bodies[int(self.path.strip("/").removesuffix(".xml"))]
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""
