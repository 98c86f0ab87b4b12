#!/bin/sh
# Makes the secrets that compose.yaml mounts, once: what is there stays as it is.
# The folder is shut to other users; the files are readable, since the containers' user is another one.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
chmod 700 secrets

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

make() { # name, value
    if [ -e "secrets/$1" ]; then
        echo "secrets/$1 is there and stays." >&2
        return
    fi
    printf '%s' "$2" >"secrets/$1"
    chmod 444 "secrets/$1"
}

make database_password "$(random)"
make database_url "postgresql://autopilot:$(cat secrets/database_password)@database:5432/autopilot"
make secret_key "$(random)"
echo "Keep a copy of deploy/compose/secrets/secret_key where the backups are not: they are sealed with it." >&2
