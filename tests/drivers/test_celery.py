"""The Celery fleet with a real Redis and real processes: killed at work, told twice, fed nonsense."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from acceptance.processes import free_port
from celery import signals
from drivers.celery_fleet import CELERY, beat, worker
from drivers.conftest import SetScene
from drivers.scene import Scene, until
from redis_server import RedisServer
from sqlalchemy import select

from autopilot.drivers.fleet_queues import CLASSES, TICKS, USUAL
from autopilot.drivers.on_celery import EXECUTE, TICK, build_celery
from autopilot.service.fleet import prepare
from autopilot.store.tables import issues, newsletter_runs, workers


@pytest.fixture
def new_scene(set_scene: SetScene, redis_url: str) -> SetScene:
    def make(**how: Any) -> Scene:
        return set_scene(AUTOPILOT_CELERY_BROKER=redis_url, **how)

    return make


@pytest.fixture
def celery(new_scene: SetScene) -> Iterator[tuple[Scene, Any]]:
    """A scene with one queued run, and a Celery that sends to its fleet."""
    scene = new_scene()
    prepare(scene.app)
    sender = build_celery(scene.app.settings)
    yield scene, sender
    signals.worker_process_shutdown.send(sender=None)  # those of its tasks that were called here
    sender.close()


def runs(scene: Scene) -> list[Any]:
    with scene.app.database.read() as connection:
        return list(connection.execute(select(newsletter_runs)).all())


def issues_made(scene: Scene) -> int:
    with scene.app.database.read() as connection:
        return len(connection.execute(select(issues.c.id)).all())


def waiting(sender: Any, *queues: str) -> int:
    with sender.connection_for_read() as connection, connection.channel() as channel:
        return sum(
            channel.queue_declare(queue=name, durable=True, auto_delete=False).message_count
            for name in queues
        )


def is_running(scene: Scene) -> bool:
    return any(run.status == "running" for run in runs(scene))


def assert_each_made_once(scene: Scene, count: int) -> None:
    ended = runs(scene)
    assert [run.status for run in ended] == ["succeeded"] * count
    assert len({run.autopilot_schedule_id for run in ended}) == issues_made(scene) == count


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_a_run_whose_worker_is_killed_in_the_middle_of_it_ends_once(
    new_scene: SetScene, pool: str
) -> None:
    scene = new_scene(delay_seconds=1.5, schedules=2)
    with beat(scene):
        with worker(scene, pool=pool) as victim:
            until(lambda: is_running(scene))
            scene.kill(victim)
        with worker(scene, pool=pool) as survivor:
            scene.until_ticked(survivor)
    assert sorted(run.deaths for run in runs(scene)) == [0, 1]
    assert_each_made_once(scene, 2)


def test_a_child_that_is_killed_is_replaced_and_its_run_taken_back(new_scene: SetScene) -> None:
    scene = new_scene(delay_seconds=1.5)
    with beat(scene), worker(scene) as working:
        until(lambda: is_running(scene))
        (child,) = [it for it in _ticking(scene) if it != working.pid]
        os.kill(child, signal.SIGKILL)
        scene.until_ticked(working)
    (run,) = runs(scene)
    assert (run.attempt, run.deaths) == (2, 1)
    assert_each_made_once(scene, 1)


def _ticking(scene: Scene) -> list[int]:
    with scene.app.database.read() as connection:
        return list(connection.scalars(select(workers.c.pid)))


def test_a_message_that_comes_again_finds_its_run_done(celery: tuple[Scene, Any]) -> None:
    scene, sender = celery
    (run,) = runs(scene)
    for _ in range(3):
        sender.send_task(EXECUTE, (str(run.id),), queue=USUAL)
    with worker(scene), worker(scene):
        until(lambda: not scene.open_runs() and not waiting(sender, USUAL))
        sender.send_task(EXECUTE, (str(run.id),), queue=USUAL)
        until(lambda: not waiting(sender, USUAL))
    assert_each_made_once(scene, 1)


def test_messages_that_name_no_run_are_dropped_in_peace(celery: tuple[Scene, Any]) -> None:
    scene, sender = celery
    (run,) = runs(scene)
    for nonsense in (str(uuid4()), "no id", ""):
        sender.send_task(EXECUTE, (nonsense,), queue=USUAL)
    sender.send_task(EXECUTE, (str(run.id),), queue=USUAL)
    with worker(scene):
        until(lambda: not scene.open_runs() and not waiting(sender, USUAL))
    assert_each_made_once(scene, 1)


def test_a_message_that_is_no_json_runs_nothing(celery: tuple[Scene, Any]) -> None:
    scene, sender = celery
    (run,) = runs(scene)
    trap = scene.folder / "trap"
    with sender.connection_for_write() as connection, connection.Producer() as producer:
        producer.publish(
            b"cos\nsystem\n(S'touch %s'\ntR." % os.fsencode(trap),
            routing_key=USUAL,
            exchange=USUAL,
            content_type="application/x-python-serialize",
            content_encoding="binary",
            headers={"task": EXECUTE, "id": str(uuid4()), "lang": "py"},
        )
    sender.send_task(EXECUTE, (str(run.id),), queue=USUAL)
    with worker(scene):
        until(lambda: not scene.open_runs() and not waiting(sender, USUAL))
    assert_each_made_once(scene, 1)
    assert not trap.exists()


def test_a_tick_sends_a_run_once_while_its_message_waits(celery: tuple[Scene, Any]) -> None:
    _, sender = celery
    for _ in range(3):
        sender.tasks[TICK]()
        assert waiting(sender, *CLASSES) == 1


def test_what_a_broker_lost_is_sent_again(
    celery: tuple[Scene, Any], redis_server: RedisServer
) -> None:
    scene, sender = celery
    sender.tasks[TICK]()
    with worker(scene, "-Q", TICKS):  # nobody to execute; it has to find the broker again
        redis_server.stop()
        redis_server.start()
        sender.tasks[TICK]()
        until(lambda: waiting(sender, USUAL) == 1)
        with worker(scene, "-Q", USUAL):
            until(lambda: not scene.open_runs())
    assert_each_made_once(scene, 1)


def test_status_shows_the_fleet_alive_and_flower_its_workers(new_scene: SetScene) -> None:
    scene = new_scene(FLOWER_UNAUTHENTICATED_API="true")
    port = free_port()
    with (
        worker(scene) as working,
        beat(scene),
        scene.process(*CELERY, "flower", f"--port={port}", "--address=127.0.0.1"),
    ):
        scene.until_ticked(working)
        told = json.loads(scene.run(CELERY[0], "-m", "autopilot", "status", "--json"))
        until(lambda: _asked(port, "workers?refresh=true"))
        until(lambda: EXECUTE in {it["name"] for it in _asked(port, "tasks").values()})
        (state,) = {it["state"] for it in _asked(port, "tasks").values() if it["name"] == EXECUTE}
    assert state == "SUCCESS"
    assert told["scheduler"]["health"] == "on_time"
    assert [worker["hostname"] for worker in told["workers"]]


def _asked(port: int, what: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{what}", timeout=5) as answer:
            return dict(json.load(answer))
    except OSError:
        return {}
