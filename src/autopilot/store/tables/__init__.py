"""The tables. Constraints state what can never be; every index names the query it serves.

Names of the original plan are kept (`autopilot_schedules`, `newsletter_runs`, the four
`idx_autopilot_schedules_*`). Migrations create what stands here; a test compares the two.
"""

from autopilot.store.tables.access import (
    api_tokens,
    done_requests,
    members,
    users,
    web_sessions,
)
from autopilot.store.tables.configuration import (
    autopilot_schedules,
    newsletter_specifications,
    sources,
    workspaces,
)
from autopilot.store.tables.content import (
    articles,
    artifacts,
    audit_log,
    issue_stories,
    issue_texts,
    issues,
)
from autopilot.store.tables.delivery import (
    channels,
    deliveries,
    sending,
    subscribers,
    suppressions,
)
from autopilot.store.tables.review import review_letters
from autopilot.store.tables.shared import metadata
from autopilot.store.tables.work import (
    newsletter_runs,
    notices,
    run_steps,
    usage,
    workers,
)

__all__ = [
    "api_tokens",
    "articles",
    "artifacts",
    "audit_log",
    "autopilot_schedules",
    "channels",
    "deliveries",
    "done_requests",
    "issue_stories",
    "issue_texts",
    "issues",
    "members",
    "metadata",
    "newsletter_runs",
    "newsletter_specifications",
    "notices",
    "review_letters",
    "run_steps",
    "sending",
    "sources",
    "subscribers",
    "suppressions",
    "usage",
    "users",
    "web_sessions",
    "workers",
    "workspaces",
]
