"""The environment variables: their names, what each accepts and an example that works."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Variable(BaseModel):
    """One environment variable: its field, what it accepts and an example that works."""

    model_config = ConfigDict(frozen=True)

    name: str
    field: str
    allowed: str
    example: str


VARIABLES = tuple(
    Variable(name=name, field=field, allowed=allowed, example=example)
    for name, field, allowed, example in (
        ("AUTOPILOT_DATA_DIR", "data_dir", "a folder", "/var/lib/autopilot"),
        (
            "AUTOPILOT_DATABASE_URL",
            "database_url",
            "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME",
            "postgresql://autopilot@localhost:5432/autopilot",
        ),
        (
            "AUTOPILOT_DATABASE_DIRECT_URL",
            "database_direct_url",
            "as AUTOPILOT_DATABASE_URL, past any connection pooler",
            "postgresql://autopilot@localhost:5432/autopilot",
        ),
        ("AUTOPILOT_DATABASE_SCHEMA", "database_schema", "a schema name", "autopilot"),
        ("AUTOPILOT_SQLITE_JOURNAL", "sqlite_journal", "auto, wal, truncate", "auto"),
        ("AUTOPILOT_ARTIFACTS", "artifacts", "folder, database", "folder"),
        ("AUTOPILOT_POLL_INTERVAL", "poll_interval", "seconds, up to 86400", "300"),
        ("AUTOPILOT_LEASE_SECONDS", "lease", "seconds, 1 to 3600", "60"),
        ("AUTOPILOT_MAX_RUNNING", "max_running", "runs at once in all workspaces", "4"),
        (
            "AUTOPILOT_MAX_RUNNING_PER_WORKSPACE",
            "max_running_per_workspace",
            "runs at once in one workspace",
            "2",
        ),
        ("AUTOPILOT_ALLOW_HOSTS", "allow_hosts", "a comma list of host:port", "localhost:8000"),
        ("AUTOPILOT_LOG_FORMAT", "log_format", "console, json", "console"),
        ("AUTOPILOT_RETENTION_DAYS", "retention_days", "days, 31 or more", "400"),
        ("AUTOPILOT_MODEL", "model", "the name of a model", "gpt-6.2-sol"),
        ("AUTOPILOT_SMALL_MODEL", "small_model", "the name of a cheaper model", "gpt-6-luna"),
        ("AUTOPILOT_MONTHLY_BUDGET", "monthly_budget", "US dollars, 0 or more", "10"),
        ("AUTOPILOT_MAX_TOKENS_PER_RUN", "max_tokens_per_run", "tokens, 1000 or more", "500000"),
        ("AUTOPILOT_PRICES", "prices", "a YAML file of model prices", "/etc/autopilot/prices.yaml"),
        ("OPENAI_API_KEY", "openai_api_key", "a key", "sk-..."),
        ("OPENAI_BASE_URL", "openai_base_url", "an http(s) address", "http://localhost:11434/v1"),
        (
            "AUTOPILOT_SMTP_URL",
            "smtp_url",
            "smtp://USER:PASSWORD@HOST:PORT?tls=starttls, implicit or none",
            "smtp://news:secret@smtp.example.org:587?tls=starttls",
        ),
        (
            "AUTOPILOT_MAIL_FROM",
            "mail_from",
            "an address, with a name before it or not",
            "Energy News <news@example.org>",
        ),
        ("AUTOPILOT_MAIL_RATE", "mail_rate", "mails a second, 0 for no limit", "10"),
        ("AUTOPILOT_MAIL_CONNECTIONS", "mail_connections", "1 to 64", "4"),
        ("AUTOPILOT_DKIM_SELECTOR", "dkim_selector", "a name in the DNS", "autopilot"),
        (
            "AUTOPILOT_DKIM_KEY",
            "dkim_key",
            "a private key in PEM",
            "-----BEGIN PRIVATE KEY-----...",
        ),
        (
            "AUTOPILOT_PUBLIC_URL",
            "public_url",
            "the http(s) address readers reach this at",
            "https://news.example.org",
        ),
        (
            "AUTOPILOT_SECRET_KEY",
            "secret_key",
            "32 or more characters nobody can guess",
            "(the output of: openssl rand -hex 32)",
        ),
        (
            "AUTOPILOT_NOTICE_WEBHOOK",
            "notice_webhook",
            "an http(s) address that takes JSON",
            "https://hooks.example.org/autopilot",
        ),
        (
            "AUTOPILOT_NOTICE_WEBHOOK_SECRET",
            "notice_webhook_secret",
            "a secret of 16 bytes or more, as it is or as whsec_ and base64",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ),
        (
            "AUTOPILOT_PING_URL",
            "ping_url",
            "an http(s) address that is asked after each good tick",
            "https://watch.example.org/ping/abc",
        ),
        (
            "AUTOPILOT_TICK_SECRET",
            "tick_secret",
            "16 or more characters nobody can guess",
            "(the output of: openssl rand -hex 32)",
        ),
        (
            "AUTOPILOT_TICK_OIDC_ISSUER",
            "tick_oidc_issuer",
            "the http(s) address of who signs the tokens of an outside clock",
            "https://accounts.google.com",
        ),
        (
            "AUTOPILOT_TICK_OIDC_AUDIENCE",
            "tick_oidc_audience",
            "the audience that those tokens must name",
            "https://news.example.org/tick",
        ),
        (
            "AUTOPILOT_TICK_OIDC_SERVICE_ACCOUNT",
            "tick_oidc_service_account",
            "the mail address that those tokens must name",
            "clock@project.iam.gserviceaccount.com",
        ),
        (
            "AUTOPILOT_OIDC_ISSUER",
            "oidc_issuer",
            "the http(s) address of who knows your people",
            "https://login.example.org",
        ),
        ("AUTOPILOT_OIDC_CLIENT_ID", "oidc_client_id", "what it calls Autopilot", "autopilot"),
        (
            "AUTOPILOT_OIDC_CLIENT_SECRET",
            "oidc_client_secret",
            "the secret it gave to Autopilot",
            "(what the provider shows once)",
        ),
        (
            "AUTOPILOT_ADMIN_EMAIL",
            "admin_email",
            "a mail address",
            "ann@example.org",
        ),
        (
            "AUTOPILOT_ADMIN_PASSWORD",
            "admin_password",
            "12 to 200 characters",
            "(best as AUTOPILOT_ADMIN_PASSWORD_FILE)",
        ),
        (
            "AUTOPILOT_TRUSTED_PROXIES",
            "trusted_proxies",
            "a comma list of addresses and networks",
            "127.0.0.1, 10.0.0.0/8",
        ),
        ("AUTOPILOT_ALERT_TICK_SECONDS", "alert_tick_seconds", "seconds, up to 86400", "30"),
        ("AUTOPILOT_ALERT_LATE_SECONDS", "alert_late_seconds", "seconds, up to 86400", "300"),
        ("AUTOPILOT_ALERT_FAILED_PERCENT", "alert_failed_percent", "0 to 100", "1"),
        ("AUTOPILOT_ALERT_UPTIME_PERCENT", "alert_uptime_percent", "0 to 100", "99"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "otlp_endpoint",
            "the http(s) address of a collector of traces",
            "http://localhost:4318",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "otlp_traces_endpoint",
            "the http(s) address that takes traces, with its path",
            "http://localhost:4318/v1/traces",
        ),
        (
            "AUTOPILOT_CELERY_BROKER",
            "celery_broker",
            "redis://HOST:PORT/NUMBER, or rediss, amqp, amqps with user and password",
            "redis://127.0.0.1:6379/0",
        ),
        (
            "AUTOPILOT_HUEY_URL",
            "huey_url",
            "redis://HOST:PORT/NUMBER, or rediss",
            "redis://127.0.0.1:6379/1",
        ),
        ("OPENAI_ASSISTANT_ID", "openai_assistant_id", "nothing: it is ignored", "(unset)"),
    )
)
