"""The witness: triggers inside the store that note every write no rightful owner makes.

They see each write in the order it is committed, whatever the workers say about themselves.
"""

from __future__ import annotations

from autopilot.store.database import Database

SQLITE = """
CREATE TABLE chaos_witness (id INTEGER PRIMARY KEY, what TEXT NOT NULL, run_id TEXT, detail TEXT);

CREATE TRIGGER chaos_watch_runs AFTER UPDATE ON newsletter_runs
WHEN NEW.epoch < OLD.epoch
  OR (OLD.finished_at IS NOT NULL
      AND (NEW.status, NEW.epoch, NEW.finished_at) IS NOT (OLD.status, OLD.epoch, OLD.finished_at))
  OR (OLD.status = 'running' AND NEW.status = 'running' AND NEW.epoch = OLD.epoch
      AND NEW.owner_token IS NOT OLD.owner_token)
  OR NEW.epoch > OLD.epoch + 1
BEGIN
  INSERT INTO chaos_witness (what, run_id, detail)
  VALUES ('a run was written by no owner of it', NEW.id,
          OLD.status || ' epoch ' || OLD.epoch || ' -> ' || NEW.status || ' epoch ' || NEW.epoch);
END;

CREATE TRIGGER chaos_watch_new_steps AFTER INSERT ON run_steps
WHEN NEW.epoch <> (SELECT epoch FROM newsletter_runs WHERE id = NEW.run_id)
BEGIN
  INSERT INTO chaos_witness (what, run_id, detail)
  VALUES ('a step was written by another epoch', NEW.run_id, NEW.step || ' epoch ' || NEW.epoch);
END;

CREATE TRIGGER chaos_watch_steps AFTER UPDATE ON run_steps
WHEN (NEW.epoch, NEW.finished_at) IS NOT (OLD.epoch, OLD.finished_at)
 AND NEW.epoch <> (SELECT epoch FROM newsletter_runs WHERE id = NEW.run_id)
BEGIN
  INSERT INTO chaos_witness (what, run_id, detail)
  VALUES ('a step was written by another epoch', NEW.run_id, NEW.step || ' epoch ' || NEW.epoch);
END
"""

POSTGRES = """
CREATE TABLE {schema}.chaos_witness (id bigserial PRIMARY KEY, what text NOT NULL, run_id text,
                                     detail text);

CREATE FUNCTION {schema}.chaos_note_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO {schema}.chaos_witness (what, run_id, detail)
  VALUES ('a run was written by no owner of it', NEW.id,
          OLD.status || ' epoch ' || OLD.epoch || ' -> ' || NEW.status || ' epoch ' || NEW.epoch);
  RETURN NULL;
END $$;

CREATE FUNCTION {schema}.chaos_note_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.epoch, NEW.finished_at) IS NOT DISTINCT FROM (OLD.epoch, OLD.finished_at) THEN
      RETURN NULL;
    END IF;
  END IF;
  IF NEW.epoch <> (SELECT epoch FROM {schema}.newsletter_runs WHERE id = NEW.run_id) THEN
    INSERT INTO {schema}.chaos_witness (what, run_id, detail)
    VALUES ('a step was written by another epoch', NEW.run_id, NEW.step || ' epoch ' || NEW.epoch);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER chaos_watch_runs AFTER UPDATE ON {schema}.newsletter_runs FOR EACH ROW
WHEN (NEW.epoch < OLD.epoch
  OR (OLD.finished_at IS NOT NULL AND (NEW.status, NEW.epoch, NEW.finished_at)
      IS DISTINCT FROM (OLD.status, OLD.epoch, OLD.finished_at))
  OR (OLD.status = 'running' AND NEW.status = 'running' AND NEW.epoch = OLD.epoch
      AND NEW.owner_token IS DISTINCT FROM OLD.owner_token)
  OR NEW.epoch > OLD.epoch + 1)
EXECUTE FUNCTION {schema}.chaos_note_run();

CREATE TRIGGER chaos_watch_steps AFTER INSERT OR UPDATE ON {schema}.run_steps FOR EACH ROW
EXECUTE FUNCTION {schema}.chaos_note_step();
"""


def install(database: Database, schema: str) -> None:
    """Put the triggers into a store that has its tables."""
    script = POSTGRES.format(schema=schema) if database.is_postgres else SQLITE
    with database.begin() as connection:
        for statement in script.split("\n\n"):
            connection.exec_driver_sql(statement.strip())


def testimony(database: Database, schema: str) -> list[str]:
    """Return what was seen, a line each."""
    table = f"{schema}.chaos_witness" if database.is_postgres else "chaos_witness"
    with database.read() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT what, run_id, detail FROM {table} ORDER BY id"  # noqa: S608
        ).all()
    return [f"{what}: run {run}, {detail}" for what, run, detail in rows]
