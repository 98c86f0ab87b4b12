-- Every minute, when something is due: call POST /tick of `autopilot serve`, or the Edge Function
-- beside this file, which calls it. For a web service that sleeps, and where no worker runs.
--
-- First put the address and the secret (AUTOPILOT_TICK_SECRET, or for the Edge Function its
-- TICK_CALLER_SECRET) into the Vault, once; they are in no job and no log then:
--   SELECT vault.create_secret('https://news.example.org/tick', 'autopilot_tick_url');
--   SELECT vault.create_secret('the secret', 'autopilot_tick_secret');
-- Then run this, as the role that ran `autopilot migrate`. Safe to run again. Another schema than
-- "autopilot": replace the name. To take it back: SELECT cron.unschedule('autopilot-tick');
-- What was answered: SELECT * FROM net._http_response ORDER BY id DESC LIMIT 5;
CREATE EXTENSION IF NOT EXISTS pg_cron;
CREATE EXTENSION IF NOT EXISTS pg_net;
SELECT cron.schedule('autopilot-tick', '* * * * *', $job$
  SELECT net.http_post(
    url := (SELECT decrypted_secret FROM vault.decrypted_secrets
      WHERE name = 'autopilot_tick_url'),
    headers := jsonb_build_object(
      'Content-Type', 'application/json',
      'Authorization', 'Bearer ' || (SELECT decrypted_secret FROM vault.decrypted_secrets
        WHERE name = 'autopilot_tick_secret')),
    body := '{"seconds": 50}'::jsonb,
    timeout_milliseconds := 55000)
  WHERE EXISTS (SELECT FROM autopilot.autopilot_schedules
      WHERE enabled AND coalesce(due_at, next_run_at) <= now())
    OR EXISTS (SELECT FROM autopilot.newsletter_runs WHERE status = 'queued' AND due_at <= now())
    OR EXISTS (SELECT FROM autopilot.newsletter_runs
      WHERE status = 'running' AND lease_until <= now())
    OR EXISTS (SELECT FROM autopilot.issues WHERE status = 'waiting' AND release_at <= now())
    OR EXISTS (SELECT FROM autopilot.deliveries WHERE status = 'pending' AND due_at <= now())
$job$);
