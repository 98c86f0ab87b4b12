-- Autopilot's tables for PostgreSQL 15+ and Supabase: paste it into the SQL editor and run it.
-- Printed by `autopilot migrate --sql`; do not edit by hand. Safe to run twice.
-- Everything lives in the schema "autopilot", which PostgREST does not expose.
BEGIN;
SELECT pg_advisory_xact_lock(4701170001);
CREATE SCHEMA IF NOT EXISTS "autopilot";
SET LOCAL search_path TO "autopilot";
CREATE TABLE IF NOT EXISTS alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
DO $migration$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM alembic_version) THEN
    CREATE TABLE artifacts (
        sha256 VARCHAR(64) NOT NULL,
        media_type VARCHAR(100) NOT NULL,
        content BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_artifacts PRIMARY KEY (sha256)
    );
    CREATE TABLE workers (
        id UUID NOT NULL,
        hostname VARCHAR(255) NOT NULL,
        pid INTEGER NOT NULL,
        version VARCHAR(32) NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL,
        last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        last_tick_at TIMESTAMP WITH TIME ZONE,
        stopped_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_workers PRIMARY KEY (id)
    );
    CREATE INDEX ix_workers_last_seen ON workers (last_seen_at);
    CREATE TABLE workspaces (
        id UUID NOT NULL,
        slug VARCHAR(64) NOT NULL,
        name VARCHAR(200) NOT NULL,
        timezone VARCHAR(64) NOT NULL,
        brand JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_workspaces PRIMARY KEY (id),
        CONSTRAINT uq_workspaces_slug UNIQUE (slug)
    );
    CREATE TABLE audit_log (
        id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        workspace_id UUID,
        actor VARCHAR(255) NOT NULL,
        action VARCHAR(64) NOT NULL,
        subject_type VARCHAR(32) NOT NULL,
        subject_id UUID,
        detail JSONB NOT NULL,
        CONSTRAINT pk_audit_log PRIMARY KEY (id),
        CONSTRAINT fk_audit_log_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
    );
    CREATE INDEX ix_audit_log_workspace ON audit_log (workspace_id, at);
    CREATE TABLE newsletter_specifications (
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        slug VARCHAR(64) NOT NULL,
        document JSONB NOT NULL,
        status VARCHAR(16) DEFAULT 'active' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_newsletter_specifications PRIMARY KEY (id),
        CONSTRAINT ck_newsletter_specifications_status CHECK (status IN ('active', 'cancelled')),
        CONSTRAINT fk_newsletter_specifications_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
        CONSTRAINT uq_newsletter_specifications_workspace_id_slug UNIQUE (workspace_id, slug)
    );
    CREATE TABLE autopilot_schedules (
        id UUID NOT NULL,
        specification_id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        created_by VARCHAR(255) NOT NULL,
        schedule_name VARCHAR(255) NOT NULL,
        schedule_type VARCHAR(50) NOT NULL,
        schedule_config JSONB NOT NULL,
        timezone VARCHAR(64) NOT NULL,
        policies JSONB DEFAULT '{}' NOT NULL,
        categories_override JSONB,
        regions_override JSONB,
        cadence_override VARCHAR(20),
        enabled BOOLEAN DEFAULT true NOT NULL,
        status VARCHAR(50) DEFAULT 'active' NOT NULL,
        status_reason TEXT,
        version INTEGER DEFAULT '1' NOT NULL,
        last_run_at TIMESTAMP WITH TIME ZONE,
        last_run_status VARCHAR(50),
        last_run_error TEXT,
        next_run_at TIMESTAMP WITH TIME ZONE,
        run_count INTEGER DEFAULT '0' NOT NULL,
        success_count INTEGER DEFAULT '0' NOT NULL,
        failure_count INTEGER DEFAULT '0' NOT NULL,
        notes TEXT,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_autopilot_schedules PRIMARY KEY (id),
        CONSTRAINT ck_autopilot_schedules_enabled_is_active CHECK (enabled = (status = 'active')),
        CONSTRAINT ck_autopilot_schedules_type CHECK (schedule_type IN ('daily', 'weekly', 'monthly', 'custom')),
        CONSTRAINT ck_autopilot_schedules_status CHECK (status IN ('active', 'paused', 'cancelled', 'error', 'finished')),
        CONSTRAINT ck_autopilot_schedules_active_has_next_run CHECK (NOT enabled OR next_run_at IS NOT NULL),
        CONSTRAINT fk_autopilot_schedules_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE CASCADE,
        CONSTRAINT fk_autopilot_schedules_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
    );
    CREATE INDEX idx_autopilot_schedules_enabled ON autopilot_schedules (enabled, next_run_at);
    CREATE INDEX idx_autopilot_schedules_next_run ON autopilot_schedules (next_run_at) WHERE enabled = true;
    CREATE INDEX idx_autopilot_schedules_spec ON autopilot_schedules (specification_id);
    CREATE INDEX idx_autopilot_schedules_workspace ON autopilot_schedules (workspace_id);
    CREATE UNIQUE INDEX uq_autopilot_schedules_name ON autopilot_schedules (specification_id, schedule_name) WHERE status <> 'cancelled';
    CREATE TABLE sources (
        id UUID NOT NULL,
        specification_id UUID NOT NULL,
        url TEXT NOT NULL,
        position INTEGER DEFAULT '0' NOT NULL,
        document JSONB NOT NULL,
        status VARCHAR(16) DEFAULT 'active' NOT NULL,
        etag TEXT,
        last_modified TEXT,
        last_fetched_at TIMESTAMP WITH TIME ZONE,
        last_status VARCHAR(16),
        last_error TEXT,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_sources PRIMARY KEY (id),
        CONSTRAINT ck_sources_status CHECK (status IN ('active', 'cancelled')),
        CONSTRAINT fk_sources_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE CASCADE,
        CONSTRAINT uq_sources_specification_id_url UNIQUE (specification_id, url)
    );
    CREATE TABLE articles (
        id UUID NOT NULL,
        source_id UUID NOT NULL,
        key TEXT NOT NULL,
        url TEXT NOT NULL,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        published_at TIMESTAMP WITH TIME ZONE NOT NULL,
        dated BOOLEAN NOT NULL,
        language VARCHAR(35),
        first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        source_name TEXT NOT NULL,
        CONSTRAINT pk_articles PRIMARY KEY (id),
        CONSTRAINT fk_articles_source_id FOREIGN KEY(source_id) REFERENCES sources (id) ON DELETE CASCADE,
        CONSTRAINT uq_articles_source_id_key UNIQUE (source_id, key)
    );
    CREATE INDEX ix_articles_source_published ON articles (source_id, published_at);
    CREATE TABLE newsletter_runs (
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        specification_id UUID NOT NULL,
        autopilot_schedule_id UUID,
        trigger VARCHAR(16) NOT NULL,
        scheduled_for TIMESTAMP WITH TIME ZONE,
        slot_local VARCHAR(32),
        slot_fold INTEGER DEFAULT '0' NOT NULL,
        zone VARCHAR(64) NOT NULL,
        tzdata_version VARCHAR(16),
        window_start TIMESTAMP WITH TIME ZONE NOT NULL,
        window_end TIMESTAMP WITH TIME ZONE NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        status VARCHAR(16) NOT NULL,
        reason TEXT,
        owner_token UUID,
        lease_until TIMESTAMP WITH TIME ZONE,
        epoch INTEGER DEFAULT '0' NOT NULL,
        attempt INTEGER DEFAULT '0' NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE,
        finished_at TIMESTAMP WITH TIME ZONE,
        source_reports JSONB,
        categories_override JSONB,
        regions_override JSONB,
        cadence_override VARCHAR(20),
        created_by VARCHAR(255) NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_newsletter_runs PRIMARY KEY (id),
        CONSTRAINT ck_newsletter_runs_running_has_lease CHECK ((status = 'running') = (owner_token IS NOT NULL AND lease_until IS NOT NULL)),
        CONSTRAINT ck_newsletter_runs_ended_has_time CHECK ((status IN ('queued', 'running')) = (finished_at IS NULL)),
        CONSTRAINT ck_newsletter_runs_status CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'skipped', 'cancelled')),
        CONSTRAINT ck_newsletter_runs_no_issue_has_reason CHECK (status NOT IN ('failed', 'skipped', 'cancelled') OR reason IS NOT NULL),
        CONSTRAINT ck_newsletter_runs_slot_known CHECK (trigger <> 'schedule' OR scheduled_for IS NOT NULL),
        CONSTRAINT ck_newsletter_runs_trigger CHECK (trigger IN ('schedule', 'manual')),
        CONSTRAINT fk_newsletter_runs_autopilot_schedule_id FOREIGN KEY(autopilot_schedule_id) REFERENCES autopilot_schedules (id) ON DELETE SET NULL,
        CONSTRAINT fk_newsletter_runs_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE CASCADE,
        CONSTRAINT fk_newsletter_runs_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
    );
    CREATE INDEX ix_newsletter_runs_leased ON newsletter_runs (lease_until) WHERE status = 'running';
    CREATE INDEX ix_newsletter_runs_queued ON newsletter_runs (due_at) WHERE status = 'queued';
    CREATE INDEX ix_newsletter_runs_schedule ON newsletter_runs (autopilot_schedule_id, scheduled_for);
    CREATE INDEX ix_newsletter_runs_specification ON newsletter_runs (specification_id, created_at);
    CREATE INDEX ix_newsletter_runs_workspace ON newsletter_runs (workspace_id, created_at);
    CREATE UNIQUE INDEX uq_newsletter_runs_slot ON newsletter_runs (autopilot_schedule_id, scheduled_for) WHERE trigger = 'schedule';
    CREATE TABLE issues (
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        specification_id UUID NOT NULL,
        run_id UUID NOT NULL,
        scheduled_for TIMESTAMP WITH TIME ZONE,
        status VARCHAR(16) NOT NULL,
        subject TEXT NOT NULL,
        preheader TEXT NOT NULL,
        writer VARCHAR(64) NOT NULL,
        html_sha256 VARCHAR(64) NOT NULL,
        text_sha256 VARCHAR(64) NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_issues PRIMARY KEY (id),
        CONSTRAINT ck_issues_status CHECK (status IN ('draft', 'held', 'waiting', 'approved', 'sending', 'sent', 'partly_sent', 'not_sent', 'expired', 'withdrawn')),
        CONSTRAINT fk_issues_run_id FOREIGN KEY(run_id) REFERENCES newsletter_runs (id) ON DELETE CASCADE,
        CONSTRAINT fk_issues_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE CASCADE,
        CONSTRAINT fk_issues_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
        CONSTRAINT uq_issues_run_id UNIQUE (run_id)
    );
    CREATE INDEX ix_issues_specification ON issues (specification_id, scheduled_for);
    CREATE INDEX ix_issues_workspace ON issues (workspace_id, created_at);
    CREATE TABLE run_steps (
        run_id UUID NOT NULL,
        step VARCHAR(16) NOT NULL,
        epoch INTEGER NOT NULL,
        count_in INTEGER NOT NULL,
        count_out INTEGER NOT NULL,
        seconds FLOAT NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
        output BYTEA,
        CONSTRAINT pk_run_steps PRIMARY KEY (run_id, step),
        CONSTRAINT ck_run_steps_step CHECK (step IN ('collect', 'select', 'write', 'render', 'store')),
        CONSTRAINT fk_run_steps_run_id FOREIGN KEY(run_id) REFERENCES newsletter_runs (id) ON DELETE CASCADE
    );
    CREATE TABLE issue_stories (
        issue_id UUID NOT NULL,
        position INTEGER NOT NULL,
        key TEXT NOT NULL,
        document JSONB NOT NULL,
        CONSTRAINT pk_issue_stories PRIMARY KEY (issue_id, position),
        CONSTRAINT fk_issue_stories_issue_id FOREIGN KEY(issue_id) REFERENCES issues (id) ON DELETE CASCADE
    );
    CREATE FUNCTION set_updated_at() RETURNS trigger
                LANGUAGE plpgsql SET search_path = '' AS $function$
                BEGIN NEW.updated_at := clock_timestamp(); RETURN NEW; END
                $function$;
    CREATE TRIGGER update_workspaces_updated_at BEFORE UPDATE ON workspaces FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    CREATE TRIGGER update_newsletter_specifications_updated_at BEFORE UPDATE ON newsletter_specifications FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    CREATE TRIGGER update_sources_updated_at BEFORE UPDATE ON sources FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    CREATE TRIGGER update_autopilot_schedules_updated_at BEFORE UPDATE ON autopilot_schedules FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    CREATE TRIGGER update_newsletter_runs_updated_at BEFORE UPDATE ON newsletter_runs FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    CREATE TRIGGER update_issues_updated_at BEFORE UPDATE ON issues FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    INSERT INTO alembic_version (version_num) VALUES ('0001');
  END IF;
END
$migration$;

DO $migration$
BEGIN
  IF EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '0001') THEN
    ALTER TABLE autopilot_schedules ADD COLUMN due_at TIMESTAMP WITH TIME ZONE;
    ALTER TABLE autopilot_schedules ADD COLUMN computed_with VARCHAR(64);
    ALTER TABLE autopilot_schedules ADD COLUMN consecutive_failures INTEGER DEFAULT 0 NOT NULL;
    ALTER TABLE newsletter_runs ADD COLUMN deaths INTEGER DEFAULT 0 NOT NULL;
    ALTER TABLE newsletter_runs ADD COLUMN failures INTEGER DEFAULT 0 NOT NULL;
    ALTER TABLE newsletter_runs ADD COLUMN retries INTEGER DEFAULT 0 NOT NULL;
    ALTER TABLE newsletter_runs ADD COLUMN priority INTEGER DEFAULT 0 NOT NULL;
    ALTER TABLE newsletter_runs ADD COLUMN retry_until TIMESTAMP WITH TIME ZONE;
    ALTER TABLE newsletter_runs ADD COLUMN alone BOOLEAN DEFAULT true NOT NULL;
    CREATE INDEX ix_autopilot_schedules_due ON autopilot_schedules (coalesce(due_at, next_run_at), id) WHERE enabled = true;
    CREATE UNIQUE INDEX uq_newsletter_runs_alone ON newsletter_runs (autopilot_schedule_id) WHERE status = 'running' AND alone;
    DROP INDEX ix_newsletter_runs_queued;
    CREATE INDEX ix_newsletter_runs_queued ON newsletter_runs (workspace_id, priority DESC, due_at, id) WHERE status = 'queued';
    CREATE INDEX ix_newsletter_runs_due ON newsletter_runs (due_at) WHERE status = 'queued';
    CREATE INDEX ix_newsletter_runs_served ON newsletter_runs (workspace_id, started_at);
    CREATE TABLE notices (
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        specification_id UUID,
        schedule_id UUID,
        run_id UUID,
        kind VARCHAR(16) NOT NULL,
        message TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        told_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_notices PRIMARY KEY (id),
        CONSTRAINT ck_notices_kind CHECK (kind IN ('failed', 'missed', 'paused', 'recovered')),
        CONSTRAINT fk_notices_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
        CONSTRAINT fk_notices_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE CASCADE,
        CONSTRAINT fk_notices_schedule_id FOREIGN KEY(schedule_id) REFERENCES autopilot_schedules (id) ON DELETE SET NULL,
        CONSTRAINT fk_notices_run_id FOREIGN KEY(run_id) REFERENCES newsletter_runs (id) ON DELETE SET NULL
    );
    CREATE INDEX ix_notices_untold ON notices (at) WHERE told_at IS NULL;
    CREATE INDEX ix_notices_workspace ON notices (workspace_id, at);
    CREATE INDEX ix_notices_schedule ON notices (schedule_id);
    UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';
  END IF;
END
$migration$;

DO $migration$
BEGIN
  IF EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '0002') THEN
    ALTER TABLE workspaces ADD COLUMN budget JSONB DEFAULT '{}' NOT NULL;
    ALTER TABLE sources ADD COLUMN title TEXT;
    ALTER TABLE sources ADD COLUMN found_kind VARCHAR(16);
    ALTER TABLE sources ADD COLUMN last_good_at TIMESTAMP WITH TIME ZONE;
    ALTER TABLE sources ADD COLUMN newest_article_at TIMESTAMP WITH TIME ZONE;
    ALTER TABLE sources ADD COLUMN consecutive_failures INTEGER DEFAULT 0 NOT NULL;
    ALTER TABLE sources ADD COLUMN moved_to TEXT;
    ALTER TABLE sources ADD COLUMN interval_seconds INTEGER;
    ALTER TABLE sources ADD COLUMN check_at TIMESTAMP WITH TIME ZONE;
    CREATE INDEX ix_sources_check ON sources (check_at);
    ALTER TABLE articles ADD COLUMN extracted BOOLEAN DEFAULT false NOT NULL;
    CREATE INDEX ix_articles_first_seen ON articles (first_seen_at);
    ALTER TABLE issues ADD COLUMN intro TEXT DEFAULT '' NOT NULL;
    ALTER TABLE issues ADD COLUMN notes JSONB;
    ALTER TABLE issues ADD COLUMN report JSONB;
    CREATE TABLE usage (
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        specification_id UUID,
        run_id UUID,
        model VARCHAR(128) NOT NULL,
        calls INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        micro_usd BIGINT,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_usage PRIMARY KEY (id),
        CONSTRAINT fk_usage_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
        CONSTRAINT fk_usage_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE SET NULL,
        CONSTRAINT fk_usage_run_id FOREIGN KEY(run_id) REFERENCES newsletter_runs (id) ON DELETE SET NULL
    );
    CREATE INDEX ix_usage_workspace ON usage (workspace_id, at);
    CREATE INDEX ix_usage_run ON usage (run_id);
    ALTER TABLE run_steps ADD COLUMN partial BOOLEAN DEFAULT false NOT NULL;
    ALTER TABLE notices DROP CONSTRAINT ck_notices_kind;
    ALTER TABLE notices ADD CONSTRAINT ck_notices_kind CHECK (kind IN ('failed', 'missed', 'paused', 'recovered', 'held', 'source', 'budget'));
    ALTER TABLE run_steps DROP CONSTRAINT ck_run_steps_step;
    ALTER TABLE run_steps ADD CONSTRAINT ck_run_steps_step CHECK (step IN ('collect', 'select', 'write', 'render', 'check', 'store'));
    UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';
  END IF;
END
$migration$;

DO $migration$
BEGIN
  IF EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '0003') THEN
    DROP INDEX uq_newsletter_runs_slot;
    DROP INDEX ix_newsletter_runs_schedule;
    CREATE UNIQUE INDEX uq_newsletter_runs_slot ON newsletter_runs (autopilot_schedule_id, scheduled_for, nullif(trigger, 'manual'));
    DROP INDEX ix_autopilot_schedules_due;
    CREATE INDEX ix_autopilot_schedules_due ON autopilot_schedules (coalesce(due_at, next_run_at)) WHERE enabled = true;
    UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';
  END IF;
END
$migration$;

DO $migration$
BEGIN
  IF EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '0004') THEN
    ALTER TABLE workspaces ADD COLUMN owners JSONB DEFAULT '[]' NOT NULL;
    ALTER TABLE workspaces ADD COLUMN telling_until TIMESTAMP WITH TIME ZONE;
    ALTER TABLE workspaces ADD COLUMN reported_for VARCHAR(10);
    ALTER TABLE workspaces ADD COLUMN reported_to JSONB DEFAULT '[]' NOT NULL;
    ALTER TABLE notices ADD COLUMN told_to JSONB DEFAULT '[]' NOT NULL;
    ALTER TABLE notices ADD COLUMN tell_at TIMESTAMP WITH TIME ZONE;
    CREATE INDEX ix_notices_tell ON notices (tell_at) WHERE tell_at IS NOT NULL;
    ALTER TABLE issues ADD COLUMN draft_sha256 VARCHAR(64);
    ALTER TABLE issues ADD COLUMN review JSONB;
    ALTER TABLE issues ADD COLUMN release_at TIMESTAMP WITH TIME ZONE;
    ALTER TABLE issues ADD COLUMN version INTEGER DEFAULT 1 NOT NULL;
    CREATE INDEX ix_issues_release ON issues (release_at) WHERE status = 'waiting';
    CREATE INDEX ix_issues_sending ON issues (id) WHERE status = 'sending';
    CREATE TABLE channels (
        id UUID NOT NULL,
        specification_id UUID NOT NULL,
        key TEXT NOT NULL,
        consecutive_errors INTEGER DEFAULT 0 NOT NULL,
        paused_until TIMESTAMP WITH TIME ZONE,
        paused_reason TEXT,
        last_error TEXT,
        last_sent_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_channels PRIMARY KEY (id),
        CONSTRAINT uq_channels_specification_id_key UNIQUE (specification_id, key),
        CONSTRAINT ck_channels_paused_has_reason CHECK (paused_until IS NULL OR paused_reason IS NOT NULL),
        CONSTRAINT fk_channels_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE CASCADE
    );
    CREATE TABLE subscribers (
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        specification_id UUID NOT NULL,
        email VARCHAR(320) NOT NULL,
        mailbox VARCHAR(320) NOT NULL,
        name VARCHAR(200) DEFAULT '' NOT NULL,
        status VARCHAR(16) NOT NULL,
        source VARCHAR(64) NOT NULL,
        confirmed_at TIMESTAMP WITH TIME ZONE,
        ended_at TIMESTAMP WITH TIME ZONE,
        asks INTEGER DEFAULT 0 NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_subscribers PRIMARY KEY (id),
        CONSTRAINT uq_subscribers_specification_id_mailbox UNIQUE (specification_id, mailbox),
        CONSTRAINT ck_subscribers_status CHECK (status IN ('pending', 'active', 'unsubscribed', 'bounced')),
        CONSTRAINT ck_subscribers_active_is_confirmed CHECK (status <> 'active' OR confirmed_at IS NOT NULL),
        CONSTRAINT fk_subscribers_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
        CONSTRAINT fk_subscribers_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE CASCADE
    );
    CREATE INDEX ix_subscribers_workspace ON subscribers (workspace_id, mailbox);
    CREATE TABLE suppressions (
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        specification_id UUID,
        mailbox VARCHAR(320) NOT NULL,
        reason VARCHAR(16) NOT NULL,
        detail TEXT DEFAULT '' NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_suppressions PRIMARY KEY (id),
        CONSTRAINT ck_suppressions_reason CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'manual')),
        CONSTRAINT fk_suppressions_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
        CONSTRAINT fk_suppressions_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE CASCADE
    );
    CREATE UNIQUE INDEX uq_suppressions_mailbox ON suppressions (workspace_id, mailbox, specification_id);
    CREATE UNIQUE INDEX uq_suppressions_everywhere ON suppressions (workspace_id, mailbox) WHERE specification_id IS NULL;
    CREATE INDEX ix_suppressions_specification ON suppressions (specification_id);
    CREATE TABLE deliveries (
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        specification_id UUID NOT NULL,
        issue_id UUID NOT NULL,
        channel TEXT NOT NULL,
        address TEXT NOT NULL,
        target TEXT NOT NULL,
        name VARCHAR(200) DEFAULT '' NOT NULL,
        status VARCHAR(16) NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        owner_token UUID,
        lease_until TIMESTAMP WITH TIME ZONE,
        epoch INTEGER DEFAULT 0 NOT NULL,
        failures INTEGER DEFAULT 0 NOT NULL,
        reason TEXT,
        response TEXT,
        ended_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_deliveries PRIMARY KEY (id),
        CONSTRAINT uq_deliveries_issue_id_channel_target UNIQUE (issue_id, channel, target),
        CONSTRAINT ck_deliveries_status CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'suppressed', 'unknown')),
        CONSTRAINT ck_deliveries_ended_has_time CHECK ((status IN ('pending', 'sending')) = (ended_at IS NULL)),
        CONSTRAINT ck_deliveries_sending_has_owner CHECK (status <> 'sending' OR owner_token IS NOT NULL),
        CONSTRAINT ck_deliveries_owner_has_lease CHECK ((owner_token IS NULL) = (lease_until IS NULL)),
        CONSTRAINT ck_deliveries_not_sent_has_reason CHECK (status NOT IN ('failed', 'suppressed', 'unknown') OR reason IS NOT NULL),
        CONSTRAINT fk_deliveries_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
        CONSTRAINT fk_deliveries_specification_id FOREIGN KEY(specification_id) REFERENCES newsletter_specifications (id) ON DELETE CASCADE,
        CONSTRAINT fk_deliveries_issue_id FOREIGN KEY(issue_id) REFERENCES issues (id) ON DELETE CASCADE
    );
    CREATE INDEX ix_deliveries_specification ON deliveries (specification_id, created_at);
    CREATE INDEX ix_deliveries_workspace ON deliveries (workspace_id, created_at);
    CREATE INDEX ix_deliveries_due ON deliveries (due_at, id) WHERE status = 'pending';
    CREATE INDEX ix_deliveries_leased ON deliveries (lease_until) WHERE owner_token IS NOT NULL;
    CREATE TABLE sending (
        one BOOLEAN DEFAULT true NOT NULL,
        allowed BOOLEAN DEFAULT true NOT NULL,
        place TEXT,
        generation INTEGER DEFAULT 0 NOT NULL,
        reason TEXT,
        changed_at TIMESTAMP WITH TIME ZONE,
        changed_by VARCHAR(255),
        CONSTRAINT pk_sending PRIMARY KEY (one),
        CONSTRAINT ck_sending_stopped_has_reason CHECK (allowed OR reason IS NOT NULL)
    );
    CREATE TABLE review_letters (
        issue_id UUID NOT NULL,
        mailbox VARCHAR(320) NOT NULL,
        address VARCHAR(320) NOT NULL,
        status VARCHAR(16) NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        taken_until TIMESTAMP WITH TIME ZONE,
        failures INTEGER DEFAULT 0 NOT NULL,
        reason TEXT,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_review_letters PRIMARY KEY (issue_id, mailbox),
        CONSTRAINT ck_review_letters_status CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'unknown')),
        CONSTRAINT ck_review_letters_sending_is_taken CHECK ((status = 'sending') = (taken_until IS NOT NULL)),
        CONSTRAINT fk_review_letters_issue_id FOREIGN KEY(issue_id) REFERENCES issues (id) ON DELETE CASCADE
    );
    CREATE INDEX ix_review_letters_due ON review_letters (due_at) WHERE status IN ('pending', 'sending');
    ALTER TABLE notices DROP CONSTRAINT ck_notices_kind;
    ALTER TABLE notices ADD CONSTRAINT ck_notices_kind CHECK (kind IN ('failed', 'missed', 'paused', 'recovered', 'held', 'expired', 'source', 'budget'));
    CREATE TRIGGER update_channels_updated_at BEFORE UPDATE ON channels FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    CREATE TRIGGER update_subscribers_updated_at BEFORE UPDATE ON subscribers FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';
  END IF;
END
$migration$;

DO $migration$
BEGIN
  IF EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '0005') THEN
    CREATE INDEX ix_newsletter_runs_open ON newsletter_runs (autopilot_schedule_id) WHERE status IN ('queued', 'running');
    DROP INDEX uq_newsletter_runs_alone;
    CREATE UNIQUE INDEX uq_newsletter_runs_alone ON newsletter_runs (autopilot_schedule_id) WHERE status = 'running' AND alone AND trigger = 'schedule';
    DROP INDEX ix_autopilot_schedules_due;
    CREATE INDEX ix_autopilot_schedules_due ON autopilot_schedules (coalesce(due_at, next_run_at)) WHERE enabled;
    UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005';
  END IF;
END
$migration$;

DO $migration$
BEGIN
  IF EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '0006') THEN
    CREATE TABLE users (
        id UUID NOT NULL,
        email VARCHAR(320) NOT NULL,
        name VARCHAR(200) DEFAULT '' NOT NULL,
        password_hash VARCHAR(255),
        is_operator BOOLEAN DEFAULT false NOT NULL,
        is_disabled BOOLEAN DEFAULT false NOT NULL,
        failed_logins INTEGER DEFAULT 0 NOT NULL,
        locked_until TIMESTAMP WITH TIME ZONE,
        sessions_from TIMESTAMP WITH TIME ZONE,
        last_login_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_users PRIMARY KEY (id),
        CONSTRAINT uq_users_email UNIQUE (email)
    );
    CREATE TABLE members (
        workspace_id UUID NOT NULL,
        user_id UUID NOT NULL,
        role VARCHAR(16) NOT NULL,
        may_send BOOLEAN DEFAULT false NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_members PRIMARY KEY (workspace_id, user_id),
        CONSTRAINT fk_members_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
        CONSTRAINT fk_members_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT ck_members_role CHECK (role IN ('viewer', 'editor', 'admin'))
    );
    CREATE INDEX ix_members_user ON members (user_id);
    CREATE TABLE api_tokens (
        id UUID NOT NULL,
        workspace_id UUID NOT NULL,
        name VARCHAR(100) NOT NULL,
        role VARCHAR(16) NOT NULL,
        may_send BOOLEAN DEFAULT false NOT NULL,
        token_hash VARCHAR(64) NOT NULL,
        hint VARCHAR(8) NOT NULL,
        created_by VARCHAR(255) NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        revoked_at TIMESTAMP WITH TIME ZONE,
        last_used_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
        CONSTRAINT pk_api_tokens PRIMARY KEY (id),
        CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash),
        CONSTRAINT fk_api_tokens_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
        CONSTRAINT ck_api_tokens_role CHECK (role IN ('viewer', 'editor', 'admin'))
    );
    CREATE INDEX ix_api_tokens_workspace ON api_tokens (workspace_id);
    CREATE UNIQUE INDEX uq_api_tokens_name ON api_tokens (workspace_id, name) WHERE revoked_at IS NULL;
    CREATE TABLE web_sessions (
        id UUID NOT NULL,
        user_id UUID NOT NULL,
        token_hash VARCHAR(64) NOT NULL,
        client VARCHAR(255) DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_web_sessions PRIMARY KEY (id),
        CONSTRAINT uq_web_sessions_token_hash UNIQUE (token_hash),
        CONSTRAINT fk_web_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
    );
    CREATE INDEX ix_web_sessions_user ON web_sessions (user_id);
    CREATE TABLE done_requests (
        id UUID NOT NULL,
        key_hash VARCHAR(64) NOT NULL,
        request_hash VARCHAR(64) NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        status INTEGER,
        answer BYTEA,
        CONSTRAINT pk_done_requests PRIMARY KEY (id),
        CONSTRAINT uq_done_requests_key_hash UNIQUE (key_hash)
    );
    CREATE INDEX ix_done_requests_at ON done_requests (at);
    CREATE TRIGGER update_users_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    CREATE TRIGGER update_api_tokens_updated_at BEFORE UPDATE ON api_tokens FOR EACH ROW EXECUTE FUNCTION set_updated_at();
    UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0006';
  END IF;
END
$migration$;

DO $migration$
BEGIN
  IF EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '0007') THEN
    DROP INDEX ix_newsletter_runs_specification;
    CREATE INDEX ix_newsletter_runs_specification ON newsletter_runs (specification_id, created_at, id);
    DROP INDEX ix_newsletter_runs_workspace;
    CREATE INDEX ix_newsletter_runs_workspace ON newsletter_runs (workspace_id, created_at, id);
    CREATE INDEX ix_newsletter_runs_without_issue ON newsletter_runs (workspace_id, status, created_at, id) WHERE status IN ('failed', 'skipped', 'cancelled');
    CREATE INDEX ix_newsletter_runs_manual ON newsletter_runs (workspace_id, created_at, id) WHERE trigger = 'manual';
    CREATE INDEX ix_issues_review ON issues (workspace_id, created_at, id) WHERE status IN ('held', 'waiting');
    UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007';
  END IF;
END
$migration$;

DO $migration$
BEGIN
  IF EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '0008') THEN
    CREATE TABLE issue_texts (
        place SERIAL NOT NULL,
        issue_id UUID NOT NULL,
        subject TEXT NOT NULL,
        intro TEXT NOT NULL,
        stories TEXT NOT NULL,
        words TSVECTOR,
        CONSTRAINT pk_issue_texts PRIMARY KEY (place),
        CONSTRAINT uq_issue_texts_issue_id UNIQUE (issue_id),
        CONSTRAINT fk_issue_texts_issue_id FOREIGN KEY(issue_id) REFERENCES issues (id) ON DELETE CASCADE
    );
    CREATE INDEX ix_issue_texts_words ON issue_texts USING gin (words);
    INSERT INTO issue_texts (issue_id, subject, intro, stories, words) SELECT id, subject, intro, stories, setweight(to_tsvector('simple', subject), 'A') || setweight(to_tsvector('simple', intro), 'B') || setweight(to_tsvector('simple', stories), 'C') FROM (SELECT i.id, translate(lower(left(i.subject, 1000)), '._-/@&#~?=+<>*,;!()[]{}|€£·–—‘’“”„«»… ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĐĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦĨĩĪīĬĭĮįİĲĴĵĶķĹĺĻļĽľĿŁŃńŅņŇňŊŌōŎŏŐőŒŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠơƢƤƦƧƩƬƮƯưƱƲƳƵƷƸƼǄǅǇǈǊǋǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǠǡǢǣǤǦǧǨǩǪǫǬǭǮǯǰǱǲǴǵǶǷǸǹǺǻǼǽǾǿȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȜȞȟȠȢȤȦȧȨȩȪȫȬȭȮȯȰȱȲȳȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲʹͶͿΆΈΉΊΌΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫάέήίΰϊϋόύώϏϓϔϘϚϜϞϠϢϤϦϨϪϬϮϴϷϹϺϽϾϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯйѐёѓїќѝўѠѢѤѦѨѪѬѮѰѲѴѶѷѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӂӃӅӇӉӋӍӐӑӒӓӔӖӗӘӚӛӜӝӞӟӠӢӣӤӥӦӧӨӪӫӬӭӮӯӰӱӲӳӴӵӶӸӹӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẛẞẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹỺỼỾἀἁἂἃἄἅἆἇἈἉἊἋἌἍἎἏἐἑἒἓἔἕἘἙἚἛἜἝἠἡἢἣἤἥἦἧἨἩἪἫἬἭἮἯἰἱἲἳἴἵἶἷἸἹἺἻἼἽἾἿὀὁὂὃὄὅὈὉὊὋὌὍὐὑὒὓὔὕὖὗὙὛὝὟὠὡὢὣὤὥὦὧὨὩὪὫὬὭὮὯὰάὲέὴήὶίὸόὺύὼώᾀᾁᾂᾃᾄᾅᾆᾇᾈᾉᾊᾋᾌᾍᾎᾏᾐᾑᾒᾓᾔᾕᾖᾗᾘᾙᾚᾛᾜᾝᾞᾟᾠᾡᾢᾣᾤᾥᾦᾧᾨᾩᾪᾫᾬᾭᾮᾯᾰᾱᾲᾳᾴᾶᾷᾸᾹᾺΆᾼιῂῃῄῆῇῈΈῊΉῌῐῑῒΐῖῗῘῙῚΊῠῡῢΰῤῥῦῧῨῩῪΎῬῲῳῴῶῷῸΌῺΏῼ', '                                      aaaaaaæceeeeiiiiðnoooooøuuuuyþaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddđeeeeeeeeeegggggggghhħiiiiiiiiiĳjjkkllllllŀłnnnnnnŋooooooœrrrrrrssssssssttttŧuuuuuuuuuuuuwwyyyzzzzzzɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵooƣƥʀƨʃƭʈuuʊʋƴƶʒƹƽǆǆǉǉǌǌaaiioouuuuuuuuuuaaaaææǥggkkooooʒʒjǳǳggƕƿnnaaææøøaaaaeeeeiiiioooorrrruuuussttȝhhƞȣȥaaeeooooooooyyⱥȼƚⱦɂƀʉʌɇɉɋɍɏͱͳʹͷϳαεηιουωιαβγδεζηθικλμνξοπρστυφχψωιυαεηιυιυουωϗϒϒϙϛϝϟϡϣϥϧϩϫϭϯθϸϲϻͻͼͽееђгєѕііјљњћкиуџабвгдежзииклмнопрстуфхцчшщъыьэюяиеегікиуѡѣѥѧѩѫѭѯѱѳѵѵѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏжжӄӆӈӊӌӎааааӕееәәәжжззӡииииооөөөээууууууччӷыыӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyſßaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyyỻỽỿααααααααααααααααεεεεεεεεεεεεηηηηηηηηηηηηηηηηιιιιιιιιιιιιιιιιοοοοοοοοοοοουυυυυυυυυυυυωωωωωωωωωωωωωωωωααεεηηιιοουυωωααααααααααααααααηηηηηηηηηηηηηηηηωωωωωωωωωωωωωωωωααααααααααααιηηηηηεεηηηιιιιιιιιιιυυυυρρυυυυυυρωωωωωοοωωω') AS subject, translate(lower(left(i.intro, 10000)), '._-/@&#~?=+<>*,;!()[]{}|€£·–—‘’“”„«»… ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĐĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦĨĩĪīĬĭĮįİĲĴĵĶķĹĺĻļĽľĿŁŃńŅņŇňŊŌōŎŏŐőŒŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠơƢƤƦƧƩƬƮƯưƱƲƳƵƷƸƼǄǅǇǈǊǋǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǠǡǢǣǤǦǧǨǩǪǫǬǭǮǯǰǱǲǴǵǶǷǸǹǺǻǼǽǾǿȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȜȞȟȠȢȤȦȧȨȩȪȫȬȭȮȯȰȱȲȳȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲʹͶͿΆΈΉΊΌΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫάέήίΰϊϋόύώϏϓϔϘϚϜϞϠϢϤϦϨϪϬϮϴϷϹϺϽϾϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯйѐёѓїќѝўѠѢѤѦѨѪѬѮѰѲѴѶѷѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӂӃӅӇӉӋӍӐӑӒӓӔӖӗӘӚӛӜӝӞӟӠӢӣӤӥӦӧӨӪӫӬӭӮӯӰӱӲӳӴӵӶӸӹӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẛẞẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹỺỼỾἀἁἂἃἄἅἆἇἈἉἊἋἌἍἎἏἐἑἒἓἔἕἘἙἚἛἜἝἠἡἢἣἤἥἦἧἨἩἪἫἬἭἮἯἰἱἲἳἴἵἶἷἸἹἺἻἼἽἾἿὀὁὂὃὄὅὈὉὊὋὌὍὐὑὒὓὔὕὖὗὙὛὝὟὠὡὢὣὤὥὦὧὨὩὪὫὬὭὮὯὰάὲέὴήὶίὸόὺύὼώᾀᾁᾂᾃᾄᾅᾆᾇᾈᾉᾊᾋᾌᾍᾎᾏᾐᾑᾒᾓᾔᾕᾖᾗᾘᾙᾚᾛᾜᾝᾞᾟᾠᾡᾢᾣᾤᾥᾦᾧᾨᾩᾪᾫᾬᾭᾮᾯᾰᾱᾲᾳᾴᾶᾷᾸᾹᾺΆᾼιῂῃῄῆῇῈΈῊΉῌῐῑῒΐῖῗῘῙῚΊῠῡῢΰῤῥῦῧῨῩῪΎῬῲῳῴῶῷῸΌῺΏῼ', '                                      aaaaaaæceeeeiiiiðnoooooøuuuuyþaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddđeeeeeeeeeegggggggghhħiiiiiiiiiĳjjkkllllllŀłnnnnnnŋooooooœrrrrrrssssssssttttŧuuuuuuuuuuuuwwyyyzzzzzzɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵooƣƥʀƨʃƭʈuuʊʋƴƶʒƹƽǆǆǉǉǌǌaaiioouuuuuuuuuuaaaaææǥggkkooooʒʒjǳǳggƕƿnnaaææøøaaaaeeeeiiiioooorrrruuuussttȝhhƞȣȥaaeeooooooooyyⱥȼƚⱦɂƀʉʌɇɉɋɍɏͱͳʹͷϳαεηιουωιαβγδεζηθικλμνξοπρστυφχψωιυαεηιυιυουωϗϒϒϙϛϝϟϡϣϥϧϩϫϭϯθϸϲϻͻͼͽееђгєѕііјљњћкиуџабвгдежзииклмнопрстуфхцчшщъыьэюяиеегікиуѡѣѥѧѩѫѭѯѱѳѵѵѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏжжӄӆӈӊӌӎааааӕееәәәжжззӡииииооөөөээууууууччӷыыӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyſßaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyyỻỽỿααααααααααααααααεεεεεεεεεεεεηηηηηηηηηηηηηηηηιιιιιιιιιιιιιιιιοοοοοοοοοοοουυυυυυυυυυυυωωωωωωωωωωωωωωωωααεεηηιιοουυωωααααααααααααααααηηηηηηηηηηηηηηηηωωωωωωωωωωωωωωωωααααααααααααιηηηηηεεηηηιιιιιιιιιιυυυυρρυυυυυυρωωωωωοοωωω') AS intro, translate(lower(left(coalesce((SELECT string_agg(coalesce(s.document ->> 'title', '') || ' ' || coalesce(s.document ->> 'summary', ''), ' ' ORDER BY s.position) FROM issue_stories s WHERE s.issue_id = i.id), ''), 100000)), '._-/@&#~?=+<>*,;!()[]{}|€£·–—‘’“”„«»… ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĐĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦĨĩĪīĬĭĮįİĲĴĵĶķĹĺĻļĽľĿŁŃńŅņŇňŊŌōŎŏŐőŒŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠơƢƤƦƧƩƬƮƯưƱƲƳƵƷƸƼǄǅǇǈǊǋǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǠǡǢǣǤǦǧǨǩǪǫǬǭǮǯǰǱǲǴǵǶǷǸǹǺǻǼǽǾǿȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȜȞȟȠȢȤȦȧȨȩȪȫȬȭȮȯȰȱȲȳȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲʹͶͿΆΈΉΊΌΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫάέήίΰϊϋόύώϏϓϔϘϚϜϞϠϢϤϦϨϪϬϮϴϷϹϺϽϾϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯйѐёѓїќѝўѠѢѤѦѨѪѬѮѰѲѴѶѷѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӂӃӅӇӉӋӍӐӑӒӓӔӖӗӘӚӛӜӝӞӟӠӢӣӤӥӦӧӨӪӫӬӭӮӯӰӱӲӳӴӵӶӸӹӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẛẞẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹỺỼỾἀἁἂἃἄἅἆἇἈἉἊἋἌἍἎἏἐἑἒἓἔἕἘἙἚἛἜἝἠἡἢἣἤἥἦἧἨἩἪἫἬἭἮἯἰἱἲἳἴἵἶἷἸἹἺἻἼἽἾἿὀὁὂὃὄὅὈὉὊὋὌὍὐὑὒὓὔὕὖὗὙὛὝὟὠὡὢὣὤὥὦὧὨὩὪὫὬὭὮὯὰάὲέὴήὶίὸόὺύὼώᾀᾁᾂᾃᾄᾅᾆᾇᾈᾉᾊᾋᾌᾍᾎᾏᾐᾑᾒᾓᾔᾕᾖᾗᾘᾙᾚᾛᾜᾝᾞᾟᾠᾡᾢᾣᾤᾥᾦᾧᾨᾩᾪᾫᾬᾭᾮᾯᾰᾱᾲᾳᾴᾶᾷᾸᾹᾺΆᾼιῂῃῄῆῇῈΈῊΉῌῐῑῒΐῖῗῘῙῚΊῠῡῢΰῤῥῦῧῨῩῪΎῬῲῳῴῶῷῸΌῺΏῼ', '                                      aaaaaaæceeeeiiiiðnoooooøuuuuyþaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddđeeeeeeeeeegggggggghhħiiiiiiiiiĳjjkkllllllŀłnnnnnnŋooooooœrrrrrrssssssssttttŧuuuuuuuuuuuuwwyyyzzzzzzɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵooƣƥʀƨʃƭʈuuʊʋƴƶʒƹƽǆǆǉǉǌǌaaiioouuuuuuuuuuaaaaææǥggkkooooʒʒjǳǳggƕƿnnaaææøøaaaaeeeeiiiioooorrrruuuussttȝhhƞȣȥaaeeooooooooyyⱥȼƚⱦɂƀʉʌɇɉɋɍɏͱͳʹͷϳαεηιουωιαβγδεζηθικλμνξοπρστυφχψωιυαεηιυιυουωϗϒϒϙϛϝϟϡϣϥϧϩϫϭϯθϸϲϻͻͼͽееђгєѕііјљњћкиуџабвгдежзииклмнопрстуфхцчшщъыьэюяиеегікиуѡѣѥѧѩѫѭѯѱѳѵѵѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏжжӄӆӈӊӌӎааааӕееәәәжжззӡииииооөөөээууууууччӷыыӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyſßaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyyỻỽỿααααααααααααααααεεεεεεεεεεεεηηηηηηηηηηηηηηηηιιιιιιιιιιιιιιιιοοοοοοοοοοοουυυυυυυυυυυυωωωωωωωωωωωωωωωωααεεηηιιοουυωωααααααααααααααααηηηηηηηηηηηηηηηηωωωωωωωωωωωωωωωωααααααααααααιηηηηηεεηηηιιιιιιιιιιυυυυρρυυυυυυρωωωωωοοωωω') AS stories FROM issues i ORDER BY i.created_at, i.id) told;
    UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008';
  END IF;
END
$migration$;

DO $migration$
BEGIN
  IF EXISTS (SELECT 1 FROM alembic_version WHERE version_num = '0009') THEN
    ALTER TABLE workers ADD COLUMN last_tick_seconds FLOAT;
    ALTER TABLE workers ADD COLUMN slowest_tick_seconds FLOAT;
    ALTER TABLE workers ADD COLUMN slowest_tick_at TIMESTAMP WITH TIME ZONE;
    UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0009';
  END IF;
END
$migration$;

DO $closing$
DECLARE
  ours constant text[] := '{alembic_version,api_tokens,articles,artifacts,audit_log,autopilot_schedules,channels,deliveries,done_requests,issue_stories,issue_texts,issues,members,newsletter_runs,newsletter_specifications,notices,review_letters,run_steps,sending,sources,subscribers,suppressions,usage,users,web_sessions,workers,workspaces}';
  house record;
  own boolean;
  strangers oid[];
  them text;
  thing record;
BEGIN
  SELECT oid, nspname, nspacl INTO STRICT house FROM pg_namespace WHERE nspname = current_schema();
  own := house.nspname <> 'public';
  SELECT array_agg(oid) || 0::oid,
      'PUBLIC' || coalesce(string_agg(', ' || quote_ident(rolname), ''), '')
    INTO strangers, them FROM pg_roles WHERE rolname IN ('anon', 'authenticated');

  -- Nothing for PUBLIC and the roles that Supabase gives to browsers.
  IF own AND EXISTS (SELECT 1 FROM aclexplode(house.nspacl) WHERE grantee = ANY (strangers)) THEN
    EXECUTE 'REVOKE ALL ON SCHEMA ' || quote_ident(house.nspname) || ' FROM ' || them || ' CASCADE';
  END IF;
  FOR thing IN
    SELECT DISTINCT d.defaclrole::regrole::text AS maker, CASE d.defaclobjtype
        WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES'
      END AS kind
    FROM pg_default_acl d, aclexplode(d.defaclacl) a
    WHERE own AND d.defaclnamespace = house.oid AND a.grantee = ANY (strangers)
      AND pg_has_role(d.defaclrole, 'MEMBER')
  LOOP
    EXECUTE 'ALTER DEFAULT PRIVILEGES FOR ROLE ' || thing.maker || ' IN SCHEMA '
      || quote_ident(house.nspname) || ' REVOKE ALL ON ' || thing.kind || ' FROM ' || them;
  END LOOP;
  FOR thing IN
    SELECT p.oid::regprocedure::text AS name FROM pg_proc p
    WHERE p.pronamespace = house.oid AND (own OR p.proname = 'set_updated_at')
      AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.objid = p.oid AND e.deptype = 'e')
      AND EXISTS (
        SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        WHERE a.grantee = ANY (strangers))
  LOOP
    EXECUTE 'REVOKE ALL ON ROUTINE ' || thing.name || ' FROM ' || them || ' CASCADE';
  END LOOP;
  FOR thing IN
    SELECT c.oid::regclass::text AS name, c.relkind = 'S' AS is_sequence FROM pg_class c
    WHERE c.relnamespace = house.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND (own OR c.relname = ANY (ours) OR EXISTS (
        SELECT 1 FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
        WHERE d.objid = c.oid AND c.relkind = 'S' AND t.relname = ANY (ours)))
      AND EXISTS (
        SELECT 1 FROM aclexplode(c.relacl) a WHERE a.grantee = ANY (strangers)
        UNION ALL
        SELECT 1 FROM pg_attribute t, aclexplode(t.attacl) a
        WHERE t.attrelid = c.oid AND a.grantee = ANY (strangers))
  LOOP
    EXECUTE 'REVOKE ALL ON ' || CASE WHEN thing.is_sequence THEN 'SEQUENCE ' ELSE 'TABLE ' END
      || thing.name || ' FROM ' || them || ' CASCADE';
  END LOOP;

  -- Rows for the owner, and for roles that somebody granted something by name.
  FOR thing IN
    SELECT c.oid::regclass::text AS name, c.relrowsecurity AND c.relforcerowsecurity AS is_on,
      known.policy, granted.roles <@ known.roles AND known.roles <@ granted.roles AS is_right,
      (SELECT string_agg(each::regrole::text, ', ') FROM unnest(granted.roles) each) AS roles
    FROM pg_class c
    CROSS JOIN LATERAL (
      SELECT array_agg(DISTINCT role) AS roles FROM (
        SELECT c.relowner AS role
        UNION ALL
        SELECT a.grantee FROM aclexplode(c.relacl) a
        UNION ALL
        SELECT a.grantee FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = c.oid
      ) given WHERE role <> ALL (strangers)
    ) granted
    LEFT JOIN LATERAL (
      SELECT p.polname AS policy, p.polroles AS roles FROM pg_policy p
      WHERE p.polrelid = c.oid AND p.polname = 'autopilot_only'
    ) known ON true
    WHERE c.relnamespace = house.oid AND c.relkind IN ('r', 'p') AND (own OR c.relname = ANY (ours))
  LOOP
    IF thing.policy IS NULL THEN
      EXECUTE 'CREATE POLICY autopilot_only ON ' || thing.name || ' TO ' || thing.roles
        || ' USING (true) WITH CHECK (true)';
    ELSIF NOT thing.is_right THEN
      EXECUTE 'ALTER POLICY autopilot_only ON ' || thing.name || ' TO ' || thing.roles;
    END IF;
    IF NOT thing.is_on THEN
      EXECUTE 'ALTER TABLE ' || thing.name || ' ENABLE ROW LEVEL SECURITY';
      EXECUTE 'ALTER TABLE ' || thing.name || ' FORCE ROW LEVEL SECURITY';
    END IF;
  END LOOP;
END
$closing$;

COMMIT;
