"""Supabase's Edge Function, run by Node in the place of Deno, called once; it calls POST /tick."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
from acceptance.processes import free_port
from drivers.firing import Firing
from drivers.scene import Scene, until
from model_server import installed_program
from required import missing

FUNCTION = Path(__file__).parents[2] / "deploy/supabase/functions/tick/index.ts"
SECRET, CALLER = "of-the-outside-clock-0123456789", "of-pg-cron-0123456789"
# What Deno gives a function; each line of standard input is a request, each of output its answer.
PLACE = """
globalThis.Deno = {
  env: { get: (name) => process.env[name] },
  serve: (handler) => { globalThis.handler = handler; },
};
"""
CALLS = """
for (const { method, headers } of JSON.parse(process.argv[2])) {
  const answer = await globalThis.handler(new Request("http://edge/tick", { method, headers }));
  console.log(JSON.stringify([answer.status, await answer.json()]));
}
"""


def call(folder: Path, environ: dict[str, str], *calls: dict[str, Any]) -> list[list[Any]]:
    """Calls the function with each of these requests, and returns status and body of each answer."""
    node = installed_program("node")
    if node is None:
        missing("no node (Debian: apt install nodejs)")
    program = folder / "edge.mjs"
    program.write_text(PLACE + FUNCTION.read_text(encoding="utf-8") + CALLS, encoding="utf-8")
    ended = subprocess.run(
        [node, program, json.dumps(calls)], env=environ, capture_output=True, text=True, timeout=90
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def of_pg_cron(secret: str = CALLER) -> dict[str, Any]:
    """The request that pg_net makes."""
    return {"method": "POST", "headers": {"authorization": f"Bearer {secret}"}}


def fire(scene: Scene) -> None:
    port = free_port()
    more = {
        "AUTOPILOT_TICK_SECRET": SECRET,
        "AUTOPILOT_SECRET_KEY": "of-these-tests-0123456789-abcdefghij",
    }
    here = replace(scene, environment={**scene.environment, **more})
    serve = ("serve", "--no-ui", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    folder = scene.folder / f"edge-{port}"
    folder.mkdir()
    with here.process(sys.executable, "-m", "autopilot", *serve):
        until(lambda: _answers(url))
        environ = {
            "AUTOPILOT_TICK_URL": f"{url}/tick",
            "AUTOPILOT_TICK_SECRET": SECRET,
            "TICK_CALLER_SECRET": CALLER,
        }
        ((status, body),) = call(folder, environ, of_pg_cron())
    assert status == 200, body


def _answers(url: str) -> bool:
    try:
        httpx2.get(f"{url}/healthz", trust_env=False)
    except httpx2.TransportError:
        return False
    return True


FIRING = Firing(name="edge function", fire=fire)
