#!/bin/sh
# Puts Autopilot on Google Cloud as one function and one clock, or brings both up to date.
#
#   PROJECT=my-project sh deploy/google/deploy.sh http     Cloud Scheduler calls the function
#   PROJECT=my-project sh deploy/google/deploy.sh event    Cloud Scheduler sends a message, Eventarc calls
#
# REGION (europe-west1), MAIL_FROM and PUBLIC_URL may be given as well. Needs gcloud, signed in, and
# the secrets in Secret Manager that docs/how-to/run-on-google-cloud.md names. May be run again.
set -eu
cd "$(dirname "$0")/../.."

way=${1:-http}
region=${REGION:-europe-west1}
schedule='* * * * *'
# A call begins nothing new after 240 seconds and has 600 to end; `tick_event` knows it by itself.
seconds=240
most_seconds=600
topic=autopilot-tick

say() { printf '%s\n' "$*" >&2; }

stop() {
    say "$@"
    exit 1
}

g() { gcloud --project="$project" --quiet "$@"; }

is_there() { g "$@" >/dev/null 2>&1; }

check() {
    case $way in http | event) ;; *) stop "Say http or event, not $way." ;; esac
    project=${PROJECT:-}
    [ -n "$project" ] || stop "Set PROJECT to the id of a project: PROJECT=my-project sh $0 $way"
    command -v gcloud >/dev/null || stop "gcloud is not installed here."
    number=$(g projects describe "$project" --format='value(projectNumber)')
    service=autopilot-tick
    [ "$way" = http ] || service=autopilot-event
    # Google's rule for the address of a service: known before the service is there.
    url="https://$service-$number.$region.run.app"
}

enable() {
    more=
    [ "$way" = http ] || more='eventarc.googleapis.com pubsub.googleapis.com'
    # shellcheck disable=SC2086 # words on purpose
    g services enable run.googleapis.com cloudbuild.googleapis.com artifactregistry.googleapis.com \
        cloudscheduler.googleapis.com secretmanager.googleapis.com $more
}

account() { # name, what for; leaves its address in `made`
    made="$1@$project.iam.gserviceaccount.com"
    is_there iam service-accounts describe "$made" ||
        g iam service-accounts create "$1" --display-name="$2"
}

accounts() {
    account autopilot-function 'Autopilot: the function'
    function=$made
    account autopilot-clock 'Autopilot: who may call the function'
    clock=$made
}

secret() { # name, variable
    g secrets add-iam-policy-binding "$1" --role=roles/secretmanager.secretAccessor \
        --member="serviceAccount:$function" >/dev/null
    secrets="${secrets:+$secrets,}$2=$1:latest"
}

collect_secrets() {
    secrets=
    for name in autopilot-database-url autopilot-secret-key; do
        is_there secrets describe $name || stop "There is no secret $name in $project. Make it first:" \
            "printf %s 'VALUE' | gcloud --project=$project secrets create $name --data-file=-"
    done
    secret autopilot-database-url AUTOPILOT_DATABASE_URL
    secret autopilot-secret-key AUTOPILOT_SECRET_KEY
    if is_there secrets describe autopilot-smtp-url; then
        secret autopilot-smtp-url AUTOPILOT_SMTP_URL
    fi
    if is_there secrets describe autopilot-openai-api-key; then
        secret autopilot-openai-api-key OPENAI_API_KEY
    fi
}

# What Google builds: our functions, the project, and the versions that the tests ran with.
stage() {
    staged=$(mktemp -d)
    trap 'rm -rf "$staged"' EXIT
    mkdir "$staged/project"
    cp deploy/google/main.py "$staged/main.py"
    cp -R pyproject.toml README.md LICENSE src "$staged/project/"
    find "$staged/project" -name __pycache__ -type d -prune -exec rm -rf {} +
    sed -n 's/^\([A-Za-z0-9].*[^ \\]\) *\\$/\1/p' requirements-dev.lock >"$staged/constraints.txt"
    printf '%s\n' '-c constraints.txt' './project[postgres,openai,dkim,gcp]' \
        >"$staged/requirements.txt"
}

settings() { # joined by | since a value may hold a comma
    told="AUTOPILOT_DATA_DIR=/tmp/autopilot|AUTOPILOT_LOG_FORMAT=json"
    [ -z "${MAIL_FROM:-}" ] || told="$told|AUTOPILOT_MAIL_FROM=$MAIL_FROM"
    [ -z "${PUBLIC_URL:-}" ] || told="$told|AUTOPILOT_PUBLIC_URL=$PUBLIC_URL"
    if [ "$way" = http ]; then
        told="$told|AUTOPILOT_TICK_OIDC_ISSUER=https://accounts.google.com"
        told="$told|AUTOPILOT_TICK_OIDC_AUDIENCE=$url"
        told="$told|AUTOPILOT_TICK_OIDC_SERVICE_ACCOUNT=$clock"
    fi
}

deploy() { # function, who may call
    g run deploy $service --region="$region" --source="$staged" --function="$1" \
        --base-image=python312 --service-account="$function" "$2" --ingress=internal \
        --set-secrets="$secrets" --set-env-vars="^|^$told" --timeout=$most_seconds \
        --memory=1Gi --cpu=1 --concurrency=1 --min-instances=0 --max-instances=2
}

job() { # kind, then its options
    kind=$1
    shift
    verb=create
    if is_there scheduler jobs describe $service --location="$region"; then verb=update; fi
    g scheduler jobs $verb "$kind" $service --location="$region" --schedule="$schedule" \
        --time-zone=Etc/UTC --max-retry-attempts=0 "$@"
}

by_http() {
    # Who calls is checked by the function itself, which needs the token whole: where Google checks
    # it first, it takes the signature away. Only Google's own services in the project get so far.
    deploy tick_http --allow-unauthenticated
    job http --uri="$url/" --http-method=POST --message-body="{\"seconds\": $seconds}" \
        --attempt-deadline=${most_seconds}s --oidc-service-account-email="$clock" \
        --oidc-token-audience="$url"
}

by_event() {
    deploy tick_event --no-allow-unauthenticated
    g run services add-iam-policy-binding $service --region="$region" --role=roles/run.invoker \
        --member="serviceAccount:$clock" >/dev/null
    g projects add-iam-policy-binding "$project" --role=roles/eventarc.eventReceiver \
        --member="serviceAccount:$clock" --condition=None >/dev/null
    is_there pubsub topics describe $topic || g pubsub topics create $topic
    is_there eventarc triggers describe $service --location="$region" ||
        g eventarc triggers create $service --location="$region" \
            --destination-run-service=$service --destination-run-region="$region" \
            --event-filters=type=google.cloud.pubsub.topic.v1.messagePublished \
            --transport-topic="projects/$project/topics/$topic" --service-account="$clock"
    # Unless told otherwise Pub/Sub sends a message again after ten seconds.
    subscription=$(g eventarc triggers describe $service --location="$region" \
        --format='value(transport.pubsub.subscription)')
    g pubsub subscriptions update "$subscription" --ack-deadline=$most_seconds
    job pubsub --topic=$topic --message-body=tick
}

check
enable
accounts
collect_secrets
stage
settings
by_"$way"
say "Done: $service is called once a minute." \
    "See its log: gcloud --project=$project run services logs read $service --region=$region"
