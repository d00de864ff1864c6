// Bytes of a task's pictures, as long as these are stored. Pictures of earlier versions are counted too.

/** By a pattern, as texts in the JSON may hold escapes that PostgreSQL refuses; quotes in them have a backslash, so that no text looks like a member. */
export const storedBytes = `
  ALTER TABLE tasks ADD COLUMN stored_bytes bigint CHECK (stored_bytes >= 0);
  UPDATE tasks SET stored_bytes =
      (SELECT coalesce(sum(bytes[1]::bigint), 0) FROM regexp_matches(result, '"bytes":([0-9]+)', 'g') AS bytes)
    WHERE state = 'succeeded' AND pictures_deleted_at IS NULL;
  -- storedBytes.
  CREATE INDEX tasks_stored ON tasks (key_id, stored_bytes) WHERE stored_bytes > 0 AND pictures_deleted_at IS NULL;
`;
