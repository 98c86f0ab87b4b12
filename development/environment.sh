#!/bin/sh
# Makes .venv at the root of the checkout, and makes it again when it is stale.
#
#   sh development/environment.sh run    what the program needs (requirements.lock)
#   sh development/environment.sh dev    that, and what tests and checks need (requirements-dev.lock)
#
# A stamp in .venv says for which locks, pyproject.toml, Python and folder the environment was
# finished. While it is right nothing is installed and no network is touched. Packages come through
# plain pip with its own settings (index, find-links, proxy, certificates) and must match the hashes
# in the lock. PYTHON=/path/to/python chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

oldest='3, 11'
untested='3, 14'
unfinished=.venv/.unfinished
ready=.venv/.ready
ready_dev=.venv/.ready-dev

say() { printf '%s\n' "$*" >&2; }

stop() { # one line each
    printf '%s\n' "$@" >&2
    exit 1
}

# --- is there anything to do? ---------------------------------------------------------------------

# Asking the environment's own interpreter also notices one that is gone or is another version now.
fingerprint() {
    .venv/bin/python -I - pyproject.toml "$@" 2>/dev/null <<'END'
import hashlib, pathlib, sys
total = hashlib.sha256(repr((sys.version_info[:2], sys.prefix)).encode())
for name in sys.argv[1:]:
    total.update(hashlib.sha256(pathlib.Path(name).read_bytes()).digest())
print(total.hexdigest())
END
}

fingerprint_run() { fingerprint requirements.lock; }

fingerprint_dev() { fingerprint requirements.lock requirements-dev.lock; }

is_ready() {
    [ ! -e "$unfinished" ] && [ -f "$1" ] && [ "$(cat "$1")" = "$("$2")" ]
}

# --- which Python, and how can it make environments? ----------------------------------------------

is_between() { # python, first version, version past the last
    "$1" -c "import sys; sys.exit(not (($2) <= sys.version_info[:2] < ($3)))" >/dev/null 2>&1
}

candidates() { # the active python3 first; versions the tests have not met last
    for limit in "$untested" '99, 0'; do
        for python in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
            if is_between "$python" "$oldest" "$limit"; then echo "$python"; fi
        done
    done
}

# Leaves `python` and `maker` set, or says what to install and stops.
choose_python() {
    fitting=$(candidates)
    [ -n "$fitting" ] || stop \
        "Autopilot needs Python 3.11 or newer, and found none as ${PYTHON:-python3}." \
        "Install one (on Debian and Ubuntu: apt install python3 python3-venv), or name it:" \
        "make PYTHON=/path/to/python3 ..."
    for python in $fitting; do
        maker=venv
        if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then return; fi
    done
    for python in $fitting; do
        maker=virtualenv
        if "$python" -m virtualenv --version >/dev/null 2>&1; then return; fi
        maker=virtualenv-command
        if command -v virtualenv >/dev/null 2>&1; then return; fi
    done
    for python in $fitting; do break; done
    case $(basename "$python") in
        python3.*) package=$(basename "$python")-venv ;;
        *) package=python3-venv ;;
    esac
    stop "$python cannot make virtual environments: its 'venv' is incomplete, and there" \
        "is no 'virtualenv' either. Install one package and run the same command again:" \
        "    apt install $package"
}

make_venv() {
    case $maker in
        venv) "$python" -m venv .venv ;;
        virtualenv) "$python" -m virtualenv --quiet .venv ;;
        virtualenv-command) virtualenv --quiet --python "$python" .venv ;;
    esac || stop "$python could not make .venv (see above)."
}

# --- set up ---------------------------------------------------------------------------------------

stop_if_another_is_at_work() {
    [ -s "$unfinished" ] || return 0
    other=$(cat "$unfinished")
    if kill -0 "$other" 2>/dev/null; then
        stop "Another set-up (process $other) is at work in .venv. Wait for it and run this again;" \
            "if there is none, delete $unfinished first."
    fi
    say "The last set-up of .venv was interrupted: starting it afresh."
    rm -rf .venv
}

# The commands in .venv/bin name their folder: after the checkout was moved they call into nothing.
is_usable() {
    is_between .venv/bin/python "$oldest" '99, 0' &&
        .venv/bin/python -m pip --version >/dev/null 2>&1 &&
        grep -qF "$(pwd -P)/.venv/" .venv/bin/pip
}

prepare_venv() {
    stop_if_another_is_at_work
    if ! is_usable; then
        if [ -e .venv ]; then say "The present .venv cannot be used (moved, or its Python or pip is gone): replacing it."; fi
        choose_python
        rm -rf .venv
        mkdir .venv
        echo $$ >"$unfinished"
        make_venv
    fi
    echo $$ >"$unfinished"
    rm -f "$ready" "$ready_dev"
}

# PIP_USER: a user-wide `user = true` would make pip refuse to install into an environment.
pip_install() {
    PIP_USER=0 .venv/bin/python -m pip --quiet --quiet --disable-pip-version-check --no-input \
        install "$@" || stop \
        "pip could not install the packages (see above). It was asked with its own settings; show them" \
        "with: .venv/bin/python -m pip config list. Nothing half-made is used: run the same command again."
}

set_up() { # lock, what and how long
    begun=$(date +%s)
    prepare_venv
    say "Setting up .venv with $(.venv/bin/python --version): $2"
    pip_install --require-hashes --requirement "$1"
    pip_install --no-deps --no-build-isolation --editable .
}

finish() {
    fingerprint_run >"$ready"
    if [ "$1" = dev ]; then fingerprint_dev >"$ready_dev"; fi
    rm -f "$unfinished"
    say ".venv is ready after $(($(date +%s) - begun)) s."
}

unset PYTHONHOME
case ${1-} in
    run)
        is_ready "$ready" fingerprint_run && exit 0
        set_up requirements.lock \
            "the program's packages, about 150 MB, usually a minute or two; only this once."
        finish run
        ;;
    dev)
        is_ready "$ready_dev" fingerprint_dev && exit 0
        set_up requirements-dev.lock \
            "the program, tests and checks, about 145 MB, usually one to two minutes; only this once."
        finish dev
        ;;
    *) stop "usage: sh development/environment.sh run|dev" ;;
esac
