#!/bin/sh
# Runs a worker until it is told to end, with the environment of this checkout where there is one.
# Settings: the environment, or a file of NAME=value lines named by AUTOPILOT_ENV_FILE (default: .env here).
#
#   ./run_autopilot_worker.sh            one worker
#   ./run_autopilot_worker.sh --json     what follows goes to `autopilot worker`
set -eu
cd "$(dirname "$0")"

settings=${AUTOPILOT_ENV_FILE:-.env}
if [ -f "$settings" ]; then
    set -a
    case $settings in /*) . "$settings" ;; *) . "./$settings" ;; esac
    set +a
elif [ -n "${AUTOPILOT_ENV_FILE:-}" ]; then
    echo "AUTOPILOT_ENV_FILE names $settings, and there is no such file." >&2
    exit 2
fi

python=.venv/bin/python
[ -x "$python" ] || python=${PYTHON:-python3}
# `exec`: signals reach the worker, which then ends in good order.
exec "$python" autopilot_worker.py "$@"
