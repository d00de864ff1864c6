// Emptying of a database after a test, for the next one: to make a database takes a hundred times the work.

/** Describes a database but for its rows: its tables, columns, indexes and the version of its schema. */
export const shape = `
  SELECT md5(string_agg(concat_ws(' ', attrelid::regclass, attname, atttypid::regtype), ',' ORDER BY attrelid::regclass::text, attnum)) AS columns,
    (SELECT string_agg(plantain_schema::text, ',') FROM plantain_schema) AS version
  FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) AND attnum > 0`;

/** Larger tables would be slow to read while what was deleted from them is still there. */
const maxTableBytes = 1_000_000;

/** Gives a row where a table has become large. */
export const large = `
  SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > ${maxTableBytes}`;

/** Puts rows and sequences back to what the migrations leave. */
export const empty = `DO $$ DECLARE name text; BEGIN
  -- Foreign keys are not looked at then, nor the order of tables.
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0 LOOP
    IF name NOT IN ('plantain_schema', 'change_numbers', 'installation') THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
  UPDATE change_numbers SET added = 0 WHERE added <> 0;
  -- Deadlocks are counted from here on, too.
  PERFORM pg_stat_reset();
  PERFORM setval(format('%I', sequencename), start_value, false) FROM pg_sequences WHERE schemaname = 'public';
END $$`;
