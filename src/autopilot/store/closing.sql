DO $closing$
DECLARE
  ours constant text[] := '{tables}';
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
