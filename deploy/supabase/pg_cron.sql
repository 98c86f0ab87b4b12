-- Every minute, when something is due: wake the workers that listen. They plan and do it; this job
-- computes no calendar and writes no row, so any number of such jobs makes no run twice.
--
-- Run it once, as the role that ran `autopilot migrate`, in the database that pg_cron is in (on
-- Supabase there is one). Safe to run again. Another schema than "autopilot": replace the name.
-- To take it back: SELECT cron.unschedule('autopilot-wake');
CREATE EXTENSION IF NOT EXISTS pg_cron;
SELECT cron.schedule('autopilot-wake', '* * * * *', $job$
  SELECT pg_notify('autopilot_changed', '')
  WHERE EXISTS (SELECT FROM autopilot.autopilot_schedules
      WHERE enabled AND coalesce(due_at, next_run_at) <= now())
    OR EXISTS (SELECT FROM autopilot.newsletter_runs WHERE status = 'queued' AND due_at <= now())
    OR EXISTS (SELECT FROM autopilot.newsletter_runs
      WHERE status = 'running' AND lease_until <= now())
    OR EXISTS (SELECT FROM autopilot.issues WHERE status = 'waiting' AND release_at <= now())
    OR EXISTS (SELECT FROM autopilot.deliveries WHERE status = 'pending' AND due_at <= now())
$job$);
